"""Discord, asked over REST only: the gateway stays closed, so that a diagnosis costs no identify."""

import asyncio
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

import aiohttp
import discord
from discord.http import Route

from discarr.discord_bot.connection import log_in
from discarr.discord_bot.connection_faults import ConnectionLost
from discarr.discord_bot.ui import texts
from discarr.doctor.discord_facts import ApplicationFacts, GuildFacts, read_application, read_guild
from discarr.doctor.off_loop import look_up
from discarr.doctor.report import Check, Verdict
from discarr.utils.discord_utils import (
    ALERT_PERMISSIONS,
    NEEDED_CHANNEL_PERMISSIONS,
    invite_url,
    missing_permissions,
)

_LOGIN = "Discord token"
_BOT = "Discord bot"
_CHANNEL = "Discord channel"
_THREADS = "Discord threads"
_COPY_LINK = "In Discord right-click the text channel, choose Copy Link, and set DISCORD_CHANNEL_ID to it."

_NEEDED = texts.list_of(missing_permissions(discord.Permissions.none(), NEEDED_CHANNEL_PERMISSIONS))


@dataclass(slots=True)
class DiscordFindings:
    """What was found so far; filled while the examination goes on, so that a time-out loses nothing."""

    checks: list[Check] = field(default_factory=list)
    invite_url: str | None = None
    application: ApplicationFacts | None = None
    """None: Discord was not reached, or refused the token."""
    guild: GuildFacts | None = None
    """None: nothing came to light about the channel's guild."""

    def add(self, subject: str, verdict: Verdict, text: str, remedy: str | None = None) -> None:
        """Append one finding."""
        self.checks.append(Check(subject=subject, verdict=verdict, text=text, remedy=remedy))


async def check_discord(token: str, channel_id: int, *, timeout_s: float) -> DiscordFindings:
    """Examine the token, the bot it belongs to, and the bot's rights in the channel."""
    findings = DiscordFindings()
    try:
        async with asyncio.timeout(timeout_s):
            await look_up(urlsplit(Route.BASE).hostname or "")
            async with discord.Client(
                intents=discord.Intents(guilds=True), max_ratelimit_timeout=30.0
            ) as client:
                await log_in(client, token)
                _examine_bot(client, findings)
                await _examine_channel(client, channel_id, findings)
    except discord.LoginFailure:
        findings.add(
            _LOGIN,
            Verdict.PROBLEM,
            "Discord refuses the token in DISCORD_TOKEN.",
            "In the developer portal open your application → Bot → Reset Token, and copy what it shows: "
            "it is neither the client secret nor the public key.",
        )
    except ConnectionLost as error:
        findings.add(_LOGIN, Verdict.PROBLEM, error.reason, error.remedy)
    except (discord.HTTPException, discord.RateLimited):
        findings.add(_LOGIN, Verdict.PROBLEM, "Discord has trouble answering.", "Try again in a few minutes.")
    except (aiohttp.ClientError, OSError):  # TimeoutError and a name that is unknown are OSErrors
        findings.add(
            _LOGIN,
            Verdict.PROBLEM,
            "Discord cannot be reached from here.",
            "Check this machine's internet access, name server (DNS) and firewall.",
        )
    return findings


def _examine_bot(client: discord.Client, findings: DiscordFindings) -> None:
    findings.add(_LOGIN, Verdict.OK, f"Discord knows it as {client.user}.")
    application = cast(discord.AppInfo, client.application)  # set by `login`
    findings.invite_url = invite_url(application.id)
    findings.application = read_application(application)
    if application.bot_public:
        findings.add(
            _BOT,
            Verdict.WARNING,
            "It is public: everybody may add it to a server of theirs, although Discarr leaves those again.",
            'In the developer portal first set Installation → Install Link to "None", then switch off '
            'Bot → "Public Bot".',
        )


async def _examine_channel(client: discord.Client, channel_id: int, findings: DiscordFindings) -> None:
    try:
        channel = await client.fetch_channel(channel_id)
    except discord.NotFound:
        findings.add(
            _CHANNEL,
            Verdict.PROBLEM,
            "There is no channel with the id in DISCORD_CHANNEL_ID.",
            _COPY_LINK,
        )
        return
    except discord.Forbidden:
        await _explain_no_access(client, findings)
        return
    except discord.InvalidData:  # a kind of channel that discord.py does not know
        channel = None
    if not isinstance(channel, discord.TextChannel):
        findings.add(
            _CHANNEL,
            Verdict.PROBLEM,
            "DISCORD_CHANNEL_ID does not name a text channel of a server.",
            _COPY_LINK,
        )
        return
    await _examine_rights(client, channel, findings)


async def _explain_no_access(client: discord.Client, findings: DiscordFindings) -> None:
    # Discord says the same for a strange server and for a hidden channel, and since October 2026 it
    # leaves hidden channels out of Get Guild Channels (discord-api-docs #8454): no name can be had.
    if not [guild async for guild in client.fetch_guilds(limit=1, with_counts=False)]:
        findings.add(
            _CHANNEL,
            Verdict.PROBLEM,
            "Discarr is on no server yet.",
            "Invite it with the link that is printed here.",
        )
        return
    findings.add(
        _CHANNEL,
        Verdict.PROBLEM,
        "Discarr cannot see the channel in DISCORD_CHANNEL_ID.",
        f"Give Discarr {_NEEDED} in that channel. If it is on another server, invite "
        "Discarr there with the link that is printed here.",
    )


async def _examine_rights(
    client: discord.Client, channel: discord.TextChannel, findings: DiscordFindings
) -> None:
    """Compute the rights from roles and overwrites as fetched: there is no cache without a gateway."""
    guild = await client.fetch_guild(channel.guild.id, with_counts=False)
    member = await guild.fetch_member(cast(discord.ClientUser, client.user).id)  # set by `login`
    with_roles = await guild.fetch_channel(channel.id)
    findings.guild = read_guild(guild, member, with_roles)
    rights = with_roles.permissions_for(member)
    missing = missing_permissions(rights, NEEDED_CHANNEL_PERMISSIONS)
    if missing:
        findings.add(
            _CHANNEL,
            Verdict.PROBLEM,
            f"Discarr cannot do its work in #{channel.name}.",
            f"Give Discarr {texts.list_of(missing)} in #{channel.name}.",
        )
    else:
        findings.add(_CHANNEL, Verdict.OK, f"Discarr has {_NEEDED} in #{channel.name}.")
    for_threads = missing_permissions(rights, ALERT_PERMISSIONS)
    if for_threads:
        findings.add(
            _THREADS,
            Verdict.WARNING,
            f"Alerts cannot have a thread in #{channel.name}; they go to the server's owner instead.",
            f"Give Discarr {texts.list_of(for_threads)} in #{channel.name}.",
        )
    if member.guild_permissions.administrator:
        findings.add(
            _BOT,
            Verdict.WARNING,
            "Its role has Administrator, which Discarr never needs.",
            "Take Administrator away from that role in the server's settings.",
        )
