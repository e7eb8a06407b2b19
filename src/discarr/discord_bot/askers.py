"""Who asks, and what they may: judged anew for every click, because anybody can press."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import discord

from discarr.core.config import Config
from discarr.discord_bot.drafts import Draft, Drafts
from discarr.discord_bot.error_reports import MemberUnknown, NoHome, Refused, WrongGuild
from discarr.discord_bot.home import Home
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.operation import Person
from discarr.monitoring.acting.refusals import Refusal
from discarr.monitoring.download_rows import NOTHING_HIDDEN, Hidden
from discarr.utils.discord_utils import level_of
from discarr.utils.permissions import REQUIRED, Capability, Grants, Level

_log = logging.getLogger(__name__)

_MEMBER_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Somebody who asks, as far as they are trusted at this moment."""

    user_id: int
    level: Level
    grants: Grants
    hidden: Hidden
    """What is kept from them."""
    role_ids: frozenset[int] = frozenset()
    """As Discord said with the click; for the audit trail."""

    @property
    def person(self) -> Person:
        """Who acts, for those who carry it out."""
        return Person(user_id=self.user_id, level=self.level, role_ids=self.role_ids)

    def may(self, capability: Capability) -> bool:
        """Whether they may do something."""
        return self.grants.allows(self.level, capability)

    def require(self, capability: Capability) -> None:
        """Refuse what they may not do.

        Raises:
            Refused: they may not, or nobody may, because the settings name no admin.
        """
        if self.may(capability):
            return
        is_trusted = self.level >= REQUIRED[capability]
        raise self.refused(capability, Refusal.NO_ADMIN if is_trusted else Refusal.NOT_ALLOWED)

    def refused(self, capability: Capability, refusal: Refusal) -> Refused:
        """Return what says that they tried something in vain."""
        action = ActionKind.IMPORT if capability is Capability.IMPORT else capability
        return Refused(self.person, action.value, refusal, needed=REQUIRED[capability])

    def own[D: Draft](self, drafts: Drafts[D], draft_id: str, capability: Capability) -> D | None:
        """Return a draft of theirs; None when there is none of that id (any more).

        Raises:
            Refused: it is another's; or it is not theirs, and they may not do what it is for.
        """
        draft = drafts.find(draft_id, self.user_id)
        if draft is None:
            self.require(capability)
            if drafts.is_anybodys(draft_id):
                raise self.refused(capability, Refusal.NOT_YOURS)
        return draft


class Askers:
    """Knows everybody in the served guild, also when they write in private."""

    def __init__(self, settings: Config, home: Home) -> None:
        self._settings = settings
        self._home = home

    @property
    def kept_from_members(self) -> Hidden:
        """What only those see who may see everything."""
        return Hidden(instances=self._settings.hidden_instances, tags=self._settings.hidden_tags)

    def here(self, interaction: discord.Interaction[Any]) -> Asker:
        """Judge somebody who asks in the served guild: at once, for what cannot wait.

        Raises:
            NoHome: nobody knows which guild is served.
            WrongGuild: it is asked elsewhere.
        """
        if self._home.guild_id is None:
            raise NoHome
        if interaction.guild_id != self._home.guild_id:
            raise WrongGuild
        return self.judge(interaction.user)

    async def identify(self, interaction: discord.Interaction[Any]) -> Asker:
        """Judge somebody who asks in the served guild or in a direct message, as they are there.

        Raises:
            NoHome: nobody knows which guild is served.
            WrongGuild: it is asked elsewhere.
            Refused: they are no member.
            MemberUnknown: Discord did not say whether they are.
        """
        if interaction.guild_id is not None or self._home.channel is None:
            return self.here(interaction)
        try:
            async with asyncio.timeout(_MEMBER_TIMEOUT_S):
                member = await self._home.channel.guild.fetch_member(interaction.user.id)
        except discord.NotFound:
            stranger = Person(user_id=interaction.user.id, level=Level.STRANGER)
            raise Refused(stranger, Capability.LOOK.value, needed=Level.VIEWER) from None
        except (discord.DiscordException, aiohttp.ClientError, OSError) as exc:
            _log.info("Discord did not say who somebody is in its server: %s", type(exc).__name__)
            raise MemberUnknown from exc
        return self.judge(member)

    def judge(self, person: discord.Member | discord.User) -> Asker:
        """Say how far a member of the served guild is trusted; whoever is none, not at all."""
        grants = self._settings.grants
        level = level_of(person, grants)
        sees_all = grants.allows(level, Capability.SEE_HIDDEN)
        return Asker(
            user_id=person.id,
            level=level,
            grants=grants,
            hidden=NOTHING_HIDDEN if sees_all else self.kept_from_members,
            role_ids=_roles_of(person),
        )


def _roles_of(person: discord.Member | discord.User) -> frozenset[int]:
    return frozenset(role.id for role in person.roles) if isinstance(person, discord.Member) else frozenset()
