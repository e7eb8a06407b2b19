"""Registers the slash commands with Discord, but only when they changed."""

import hashlib
import json
import logging

import discord
from discord import app_commands

from discarr.core.store import Store

_log = logging.getLogger(__name__)


def tree_hash(tree: app_commands.CommandTree[discord.Client], guild: discord.abc.Snowflake) -> str:
    """Return a fingerprint of everything Discord would be told about the guild's commands."""
    payload = [command.to_dict(tree) for command in tree.get_commands(guild=guild)]
    text = json.dumps([tree.client.application_id, guild.id, payload], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


async def sync_commands(
    tree: app_commands.CommandTree[discord.Client],
    guild: discord.abc.Snowflake,
    store: Store,
    *,
    force: bool = False,
) -> bool:
    """Tell Discord the guild's commands if they differ from what it was told last; return whether it was.

    `force` is for a guild that was just joined: Discord forgets an application's commands when it leaves.
    Discord allows 200 creations a day and guild, so a restart loop must not sync each time.
    """
    fingerprint = tree_hash(tree, guild)
    if not force and await store.get_meta("commands_hash") == fingerprint:
        return False
    await tree.sync(guild=guild)
    await store.put_meta("commands_hash", fingerprint)
    _log.info("Slash commands registered with Discord")
    return True
