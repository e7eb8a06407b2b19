"""How far people are trusted right now: an interaction only tells of the moment in which it was made."""

import asyncio
import logging
from typing import Final

import aiohttp
import discord

from discarr.discord_bot.home import Home
from discarr.utils.discord_utils import level_of
from discarr.utils.permissions import Grants, Level

_log = logging.getLogger(__name__)

_MEMBER_TIMEOUT_S: Final = 10.0


class Levels:
    """Asks Discord for the roles of a member, through whichever bot is there."""

    def __init__(self, grants: Grants) -> None:
        self._grants = grants
        self._home: Home | None = None

    def attach(self, home: Home) -> None:
        """Ask through this bot's home, whose channel is known, from now on."""
        self._home = home

    def detach(self, home: Home) -> None:
        """Stop asking through it, unless another one took over meanwhile."""
        if self._home is home:
            self._home = None

    async def level_of(self, user_id: int) -> Level | None:
        """Return how far somebody is trusted; a stranger who left, None where Discord cannot be asked."""
        channel = None if self._home is None else self._home.channel
        if channel is None:
            return None
        try:
            async with asyncio.timeout(_MEMBER_TIMEOUT_S):
                member = await channel.guild.fetch_member(user_id)
        except discord.NotFound:
            return Level.STRANGER
        except (discord.DiscordException, aiohttp.ClientError, OSError) as exc:
            _log.info("Discord did not say what roles somebody has: %s", type(exc).__name__)
            return None
        return level_of(member, self._grants)
