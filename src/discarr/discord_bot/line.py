"""The line to Discord: through whichever bot is there, bounded in time, and never with an error of others."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
import discord

from discarr.core.clock import Clock
from discarr.discord_bot.circuit import Circuit
from discarr.discord_bot.delivery_faults import is_block, is_invalid_request, sink_error
from discarr.discord_bot.home import Home
from discarr.monitoring.alerts.dispatcher import NotNow

_log = logging.getLogger(__name__)

REQUEST_TIMEOUT_S: Final = 45.0
"""Above the 30 s that the bot waits for a rate limit: longer ones come as `RateLimited`."""


class Line:
    """Speaks to Discord; every failure is a `SinkError`."""

    def __init__(self, clock: Clock, *, timeout_s: float = REQUEST_TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self.ready = asyncio.Event()
        """Set while there is a bot that has heard from Discord what there is."""
        self._circuit = Circuit(clock)
        self._client: discord.Client | None = None
        self._home: Home | None = None

    def attach(self, client: discord.Client, home: Home) -> None:
        """Speak through this bot, which is ready, from now on."""
        self._client, self._home = client, home
        self.ready.set()

    def detach(self, client: discord.Client) -> None:
        """Stop speaking through this bot, unless another one took over meanwhile."""
        if self._client is client:
            self._client = self._home = None
            self.ready.clear()

    @property
    def home(self) -> Home:
        """Where the live message is.

        Raises:
            NotNow: there is no bot.
        """
        if self._home is None:
            raise NotNow("Discarr is not connected to Discord.")
        return self._home

    @asynccontextmanager
    async def request(self, *, is_send: bool = False) -> AsyncIterator[discord.Client]:
        """Bound what is asked of Discord within the block, and say what its failure means.

        Raises:
            SinkError: of the kind that fits; with `is_send` a new message may have been made nevertheless.
        """
        client = self._client
        if client is None:
            raise NotNow("Discarr is not connected to Discord.")
        try:
            with self._circuit.passing():
                async with asyncio.timeout(self._timeout_s):
                    yield client
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            if is_invalid_request(error):
                self._circuit.note_invalid(is_block=is_block(error))
            _log.debug("A request for a message failed", exc_info=error)
            raise sink_error(error, is_send=is_send) from error
        except RuntimeError as error:
            # What aiohttp says of a session that was closed while it was used.
            if not client.is_closed():
                raise
            raise sink_error(ConnectionError(), is_send=is_send) from error
        self._circuit.note_success()
