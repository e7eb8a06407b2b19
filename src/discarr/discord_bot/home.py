"""The one guild Discarr serves: that of its channel (design decision 17)."""

import asyncio
import logging
from dataclasses import dataclass

import aiohttp
import discord

from discarr.discord_bot.ui import texts
from discarr.utils.discord_utils import NEEDED_CHANNEL_PERMISSIONS, missing_permissions

_log = logging.getLogger(__name__)

_REQUEST_TIMEOUT_S = 15.0


@dataclass(frozen=True, slots=True)
class HomeProblem:
    """Why the channel cannot be used (yet), in words for the log and for doctor."""

    text: str
    is_lasting: bool = True
    """False when only Discord has to answer: then it is worth asking again soon."""


class Home:
    """Finds the channel of the live message and keeps the bot out of every other guild."""

    def __init__(self, client: discord.Client, channel_id: int) -> None:
        self._client = client
        self._channel_id = channel_id
        self.channel: discord.TextChannel | None = None
        """The channel as last fetched; None until it was found."""

    @property
    def guild_id(self) -> int | None:
        """Id of the guild that is served; None until the channel was found."""
        return self.channel.guild.id if self.channel is not None else None

    async def find(self) -> discord.TextChannel | HomeProblem:
        """Return the channel, or why it cannot be used; asks Discord only while it is not known."""
        known = self._client.get_channel(self._channel_id) or self.channel
        if known is None:
            try:
                async with asyncio.timeout(_REQUEST_TIMEOUT_S):
                    known = await self._client.fetch_channel(self._channel_id)
            except discord.NotFound:
                return HomeProblem(
                    "There is no channel with the id in DISCORD_CHANNEL_ID. Copy a text channel's link again."
                )
            except discord.Forbidden:
                return HomeProblem(
                    "Discarr cannot see the channel in DISCORD_CHANNEL_ID. Invite Discarr to that server and "
                    "give it View Channel there."
                )
            except (discord.DiscordException, aiohttp.ClientError, OSError) as exc:
                _log.debug("The channel could not be fetched", exc_info=exc)
                return HomeProblem("Discord did not say which channel this is.", is_lasting=False)
        if not isinstance(known, discord.TextChannel):
            return HomeProblem("DISCORD_CHANNEL_ID is not a text channel. Copy the link of a text channel.")
        self.channel = known
        me = known.guild.me
        rights = known.permissions_for(me) if me is not None else None
        if rights is not None and (missing := missing_permissions(rights, NEEDED_CHANNEL_PERMISSIONS)):
            # Discord hides the name of a channel that the bot may not see (discord-api-docs #8454).
            where = f"#{known.name}" if rights.view_channel else "the channel in DISCORD_CHANNEL_ID"
            return HomeProblem(f"Give Discarr {texts.list_of(missing)} in {where}.")
        return known

    async def leave_strangers(self) -> None:
        """Leave every guild but the served one, with a polite word where one can be left."""
        if self.guild_id is None:
            return
        for guild in self._client.guilds:
            if guild.id != self.guild_id:
                await self._leave(guild)

    async def _leave(self, guild: discord.Guild) -> None:
        _log.warning("Leaving a server that Discarr was added to: it serves only the server of its channel")
        try:
            async with asyncio.timeout(_REQUEST_TIMEOUT_S):
                channel = guild.system_channel
                if channel is not None and guild.me and channel.permissions_for(guild.me).send_messages:
                    await channel.send(texts.WRONG_SERVER_GOODBYE)
        except (discord.DiscordException, aiohttp.ClientError, OSError):
            _log.info("No farewell could be left there")
        try:
            async with asyncio.timeout(_REQUEST_TIMEOUT_S):
                await guild.leave()
        except (discord.DiscordException, aiohttp.ClientError, OSError):
            _log.warning("The server could not be left; Discarr tries again when it reconnects")
