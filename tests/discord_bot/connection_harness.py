"""Runs a `GatewayConnection` with the real discord.py against the stand-in for Discord."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import discord

from discarr.core.errors import StoreError
from discarr.discord_bot.connection import GatewayConnection
from discarr.discord_bot.connection_state import ConnectionPhase, ConnectionState
from tests.fakes.clock import FakeClock
from tests.fakes.discord_server import DiscordServer, running_discord, until


class RecordingClock(FakeClock):
    """A fake clock that remembers every wait that was asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await super().sleep(seconds)


class MemoryIdentifyLog:
    """An `IdentifyLog` without a file."""

    def __init__(self) -> None:
        self.identifies: list[datetime] = []
        self.trouble: StoreError | None = None
        """Raised at every use."""

    async def record(self, at: datetime) -> None:
        if self.trouble:
            raise self.trouble
        self.identifies.append(at)

    async def count_since(self, since: datetime) -> int:
        if self.trouble:
            raise self.trouble
        return sum(at > since for at in self.identifies)


class Harness:
    """One connection under test with everything around it."""

    def __init__(self, server: DiscordServer) -> None:
        self.server = server
        self.clock = RecordingClock()
        self.identify_log = MemoryIdentifyLog()
        self.states: list[ConnectionState] = []
        self.clients: list[discord.Client] = []
        self.tokens: Iterator[str] | None = None
        """What each reading of the token gives; None: always the right one."""
        self.heartbeat_timeout_s = 60.0
        self.client_class: type[discord.Client] = discord.Client
        self._passed: Counter[float] = Counter()
        self.connection = GatewayConnection(
            self.read_token,
            clock=self.clock,
            identify_log=self.identify_log,
            on_state=self.states.append,
            jitter=lambda: 0.0,
        )

    def read_token(self) -> str:
        return self.server.world.token if self.tokens is None else next(self.tokens)

    def make_bot(self) -> discord.Client:
        client = self.client_class(
            intents=discord.Intents(guilds=True),
            guild_ready_timeout=0.02,
            heartbeat_timeout=self.heartbeat_timeout_s,
            max_ratelimit_timeout=60.0,
        )
        self.clients.append(client)
        return client

    @property
    def phase(self) -> ConnectionPhase | None:
        return self.states[-1].phase if self.states else None

    @property
    def phases(self) -> list[ConnectionPhase]:
        return [state.phase for state in self.states]

    def remember_identifies(self, count: int, *, age: timedelta) -> None:
        """Pretend that this many IDENTIFYs were sent that long ago."""
        self.identify_log.identifies += [self.clock.now() - age] * count

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Task[None]]:
        """Keep the connection up in a task, and cancel it at the end."""
        task = asyncio.create_task(self.connection(self.make_bot))
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def reach(self, phase: ConnectionPhase) -> None:
        await until(lambda: self.phase is phase)

    async def pass_waits(self, seconds: float, count: int = 1) -> None:
        """Let this many waits of exactly that length go by, each as soon as it is asked for."""
        for _ in range(count):
            self._passed[seconds] += 1
            await until(lambda: self.clock.waits.count(seconds) >= self._passed[seconds])
            await self.clock.advance(seconds)


async def let_sockets_work() -> None:
    """Give what waits for sockets and threads a moment of real time."""
    await asyncio.sleep(0.02)


@asynccontextmanager
async def discord_and_harness() -> AsyncIterator[Harness]:
    async with running_discord() as server:
        yield Harness(server)
