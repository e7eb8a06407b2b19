"""The bot in Discord: what it may do, who sees it, and what its token would give away."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import discord

from discarr.discord_bot.ui import texts
from discarr.doctor.discord_facts import ApplicationFacts, GuildFacts
from discarr.doctor.security.finding import Found, Rule, Severity
from discarr.utils.discord_utils import NEEDED_CHANNEL_PERMISSIONS, missing_permissions

_BOT = "Discord bot"
_CHANNEL = "Discord channel"
_ELEVATED = discord.Permissions.elevated()
"""What Discord itself calls so: it asks moderators for a second factor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordEvidence:
    """What the rules about Discord judge."""

    application: ApplicationFacts
    guild: GuildFacts | None
    """None: the bot does not see its channel."""
    trusted_roles: Mapping[str, frozenset[int]]
    """Role ids by the variable that names them."""


def _administrator(evidence: DiscordEvidence) -> Iterator[Found]:
    if evidence.guild and evidence.guild.bot_permissions.administrator:
        yield _BOT, "Its role has Administrator: whoever gets the token gets the whole Discord server."


def _privileged_intents(evidence: DiscordEvidence) -> Iterator[Found]:
    if intents := evidence.application.privileged_intents:
        verb = "are" if len(intents) > 1 else "is"
        yield (
            _BOT,
            f"{texts.list_of(intents)} {verb} on: Discarr needs none, whoever gets the token could use it.",
        )


def _open_channel(evidence: DiscordEvidence) -> Iterator[Found]:
    if evidence.guild and evidence.guild.can_everyone_see_channel:
        yield _CHANNEL, "Everybody on the Discord server sees it, and with it what is downloading."


def _wrong_roles(evidence: DiscordEvidence) -> Iterator[Found]:
    if evidence.guild is None:
        return
    for variable, role_ids in evidence.trusted_roles.items():
        if evidence.guild.guild_id in role_ids:
            yield variable, "It names @everyone, which Discarr trusts with nothing: everybody has that role."
        for role_id in sorted(role_ids - evidence.guild.role_ids - {evidence.guild.guild_id}):
            yield variable, f"It names {role_id}, which is no role of this Discord server."


def _needless_permissions(evidence: DiscordEvidence) -> Iterator[Found]:
    if evidence.guild is None or evidence.guild.bot_permissions.administrator:
        return
    # What everybody may do is the server's affair: no role of the bot's grants it.
    granted = evidence.guild.bot_permissions & ~evidence.guild.everyone_permissions
    if needless := missing_permissions(NEEDED_CHANNEL_PERMISSIONS, granted & _ELEVATED):
        yield _BOT, f"Its role has {texts.list_of(needless)}, which Discarr does not need."


def _public_bot(evidence: DiscordEvidence) -> Iterator[Found]:
    if evidence.application.is_public:
        yield _BOT, "It is public: everybody may add it to a server of theirs, although Discarr leaves those."


def _interactions_endpoint(evidence: DiscordEvidence) -> Iterator[Found]:
    if evidence.application.has_interactions_endpoint:
        yield _BOT, "Commands and buttons go to a web address, with who used them, and never reach Discarr."


RULES: tuple[Rule[DiscordEvidence], ...] = (
    Rule(
        code="DS012",
        severity=Severity.HIGH,
        title="The bot has Administrator",
        remedy="Take Administrator away from its role in the server's settings.",
        find=_administrator,
    ),
    Rule(
        code="DS013",
        severity=Severity.MEDIUM,
        title="Privileged intents are switched on",
        remedy="In the developer portal switch off everything under Bot → Privileged Gateway Intents.",
        find=_privileged_intents,
    ),
    Rule(
        code="DS014",
        severity=Severity.LOW,
        title="The channel of the live message is visible to @everyone",
        remedy="If that is not meant to be, deny @everyone View Channel there and allow it to the roles that "
        "may look.",
        find=_open_channel,
    ),
    Rule(
        code="DS015",
        severity=Severity.MEDIUM,
        title="A role in the settings is @everyone, or does not exist",
        remedy="Turn on Developer Mode in Discord, then right-click the role → Copy Role ID; or remove it "
        "from the setting.",
        find=_wrong_roles,
    ),
    Rule(
        code="DS026",
        severity=Severity.MEDIUM,
        title="The bot's role has powerful permissions that it does not need",
        remedy="Take them away from its role in the server's settings.",
        find=_needless_permissions,
    ),
    Rule(
        code="DS027",
        severity=Severity.LOW,
        title="The bot is public",
        remedy='In the developer portal first set Installation → Install Link to "None", then switch off '
        'Bot → "Public Bot".',
        find=_public_bot,
    ),
    Rule(
        code="DS034",
        severity=Severity.MEDIUM,
        title="Interactions are sent to a web address",
        remedy="In the developer portal clear General Information → Interactions Endpoint URL.",
        find=_interactions_endpoint,
    ),
)
