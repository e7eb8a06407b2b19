"""Permissions and the invite link, in Discord's own words."""

from collections.abc import Collection
from typing import Final

import discord

NEEDED_CHANNEL_PERMISSIONS: Final = discord.Permissions(
    view_channel=True, send_messages=True, embed_links=True, read_message_history=True
)
"""What the bot needs in its channel; no privileged intent, and never Administrator."""

_DISPLAY_NAMES: Final = {
    "read_messages": "View Channel",
    "external_emojis": "Use External Emojis",
}
"""Where Discord's settings page words a permission differently from discord.py."""


def is_guild_owner(member: discord.Member | discord.User) -> bool:
    """Whether somebody owns the guild they are acting in; False outside of a guild."""
    return isinstance(member, discord.Member) and member.guild.owner_id == member.id


def has_admin_permissions(member: discord.Member | discord.User, admin_role_ids: Collection[int]) -> bool:
    """Whether somebody may use Discarr's admin features.

    The guild's owner always may, and members with one of the configured roles. Discord's own permissions do
    not count: whoever manages a server need not be allowed to see what is hidden. The id of @everyone among
    the roles grants nothing: everybody has it. Pass the interaction's own user: it carries the roles of that
    very moment.
    """
    if not isinstance(member, discord.Member):
        return False
    if is_guild_owner(member):
        return True
    granting = set(admin_role_ids) - {member.guild.id}
    return any(role.id in granting for role in member.roles)


def missing_permissions(permissions: discord.Permissions, needed: discord.Permissions) -> tuple[str, ...]:
    """Name what `needed` has and `permissions` lacks, as Discord's settings page does."""
    held = dict(permissions)
    return tuple(_display_name(name) for name, is_needed in needed if is_needed and not held[name])


def invite_url(application_id: int, permissions: discord.Permissions = NEEDED_CHANNEL_PERMISSIONS) -> str:
    """Return the link that invites the bot with its commands and these permissions."""
    return discord.utils.oauth_url(
        application_id, permissions=permissions, scopes=("bot", "applications.commands")
    )


def _display_name(permission: str) -> str:
    return _DISPLAY_NAMES.get(permission, permission.replace("_", " ").title())
