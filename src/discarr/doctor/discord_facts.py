"""What Discord says about the bot and its place: values only, so that rules over them need no Discord."""

from dataclasses import dataclass

import discord


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationFacts:
    """The application that the token belongs to, as the developer portal shows it."""

    is_public: bool
    privileged_intents: tuple[str, ...]
    """The portal's names of those that are switched on."""
    has_interactions_endpoint: bool
    """Whether Discord sends interactions to a web address instead of the gateway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuildFacts:
    """The guild of the channel, and the bot's place in it."""

    guild_id: int
    """Also the id of the role @everyone."""
    role_ids: frozenset[int]
    bot_permissions: discord.Permissions
    """What the bot's roles allow it anywhere in the guild."""
    everyone_permissions: discord.Permissions
    """What @everyone allows anywhere in the guild."""
    can_everyone_see_channel: bool


def read_application(application: discord.AppInfo) -> ApplicationFacts:
    """Return what matters of an application; the flags are "limited" ones until a bot is verified."""
    flags = application.flags
    intents = {
        "Presence Intent": flags.gateway_presence or flags.gateway_presence_limited,
        "Server Members Intent": flags.gateway_guild_members or flags.gateway_guild_members_limited,
        "Message Content Intent": flags.gateway_message_content or flags.gateway_message_content_limited,
    }
    return ApplicationFacts(
        is_public=application.bot_public,
        privileged_intents=tuple(name for name, is_on in intents.items() if is_on),
        has_interactions_endpoint=bool(application.interactions_endpoint_url),
    )


def read_guild(
    guild: discord.Guild, bot: discord.Member, channel: discord.abc.GuildChannel | discord.Thread
) -> GuildFacts:
    """Return what matters of a guild, from its roles and the channel's overwrites as fetched."""
    return GuildFacts(
        guild_id=guild.id,
        role_ids=frozenset(role.id for role in guild.roles),
        bot_permissions=bot.guild_permissions,
        everyone_permissions=guild.default_role.permissions,
        can_everyone_see_channel=channel.permissions_for(guild.default_role).view_channel,
    )
