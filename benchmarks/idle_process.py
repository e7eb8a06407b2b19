"""One of the two processes whose memory is compared; imports nothing that the other does not need."""

import sys

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route


def _run(who: str, api_url: str, gateway_url: str, token: str) -> int:
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = api_url, yarl.URL(gateway_url)
    if who == "bare":
        discord.Client(intents=discord.Intents(guilds=True)).run(token, log_handler=None)
        return 0
    from discarr.main import main

    return main(["run"])


if __name__ == "__main__":
    sys.exit(_run(*sys.argv[1:]))
