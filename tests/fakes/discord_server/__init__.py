"""A stand-in for Discord on real sockets: REST and gateway for the real discord.py, with scripted faults.

::

    async with running_discord() as discord_server:
        discord_server.faults.add("GET", "/users/@me", status(503), times=2)
"""

from tests.fakes.discord_server.server import DiscordServer, running_discord
from tests.fakes.discord_server.waiting import until, until_count

__all__ = ["DiscordServer", "running_discord", "until", "until_count"]
