"""Registers the slash commands with Discord, but only when they changed."""

import hashlib
import json
import logging

import discord
from discord import app_commands

from discarr.core.store import Store

_log = logging.getLogger(__name__)


def tree_hash(tree: app_commands.CommandTree[discord.Client]) -> str:
    """Return a fingerprint of everything Discord would be told."""
    payload = [command.to_dict(tree) for command in tree.get_commands()]
    text = json.dumps([tree.client.application_id, payload], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


async def sync_commands(tree: app_commands.CommandTree[discord.Client], store: Store) -> bool:
    """Tell Discord the commands if they differ from what it was told last; return whether it was told.

    They are global: the guild need not be known for it, and they outlive being removed from it. Discord
    allows 200 creations a day, so a restart loop must not sync each time.
    """
    fingerprint = tree_hash(tree)
    if await store.get_meta("commands_hash") == fingerprint:
        return False
    await tree.sync()
    await store.put_meta("commands_hash", fingerprint)
    _log.info("Slash commands registered with Discord")
    return True
