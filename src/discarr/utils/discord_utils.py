"""Permissions and the invite link, in Discord's own words."""

from typing import Final

import discord

from discarr.utils.permissions import Capability, Grants, Level

NEEDED_CHANNEL_PERMISSIONS: Final = discord.Permissions(
    view_channel=True, send_messages=True, embed_links=True, read_message_history=True
)
"""What the bot needs in its channel; no privileged intent, and never Administrator."""

THREAD_PERMISSIONS: Final = discord.Permissions(
    view_channel=True, send_messages_in_threads=True, embed_links=True, read_message_history=True
)
"""What it needs in a channel to write in a thread there."""

ALERT_PERMISSIONS: Final = discord.Permissions(create_public_threads=True, send_messages_in_threads=True)
"""What it needs besides to tell alerts in a thread under the live message; without, they go to the owner."""

_DISPLAY_NAMES: Final = {
    "read_messages": "View Channel",
    "external_emojis": "Use External Emojis",
    "send_messages_in_threads": "Send Messages in Threads",
}
"""Where Discord's settings page words a permission differently from discord.py."""


def is_guild_owner(member: discord.Member | discord.User) -> bool:
    """Whether somebody owns the guild they are acting in; False outside of a guild."""
    return isinstance(member, discord.Member) and member.guild.owner_id == member.id


def level_of(member: discord.Member | discord.User, grants: Grants) -> Level:
    """Return how far somebody is trusted in the guild they are acting in; a stranger outside of a guild.

    Discord's own permissions do not count: whoever manages a server need not be allowed to see what is
    hidden. Pass the interaction's own user: it carries the roles of that very moment.
    """
    if not isinstance(member, discord.Member):
        return Level.STRANGER
    return grants.level(
        user_id=member.id,
        role_ids=[role.id for role in member.roles],
        guild_id=member.guild.id,
        is_guild_owner=is_guild_owner(member),
    )


def may(member: discord.Member | discord.User, grants: Grants, capability: Capability) -> bool:
    """Whether somebody may do something in the guild they are acting in."""
    return grants.allows(level_of(member, grants), capability)


def has_admin_permissions(member: discord.Member | discord.User, grants: Grants) -> bool:
    """Whether somebody may use Discarr's admin features."""
    return level_of(member, grants) >= Level.ADMIN


def missing_permissions(permissions: discord.Permissions, needed: discord.Permissions) -> tuple[str, ...]:
    """Name what `needed` has and `permissions` lacks, as Discord's settings page does."""
    held = dict(permissions)
    return tuple(_display_name(name) for name, is_needed in needed if is_needed and not held[name])


def invite_url(
    application_id: int, permissions: discord.Permissions = NEEDED_CHANNEL_PERMISSIONS | ALERT_PERMISSIONS
) -> str:
    """Return the link that invites the bot with its commands and these permissions."""
    return discord.utils.oauth_url(
        application_id, permissions=permissions, scopes=("bot", "applications.commands")
    )


def _display_name(permission: str) -> str:
    return _DISPLAY_NAMES.get(permission, permission.replace("_", " ").title())
