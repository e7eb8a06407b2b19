"""A clock that moves only when the test says so."""

import asyncio
import heapq
import sys
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 2, 20, 47, tzinfo=UTC)


class FakeClock:
    """A `discarr.core.clock.Clock` under the test's control."""

    most_rounds = 20
    """Of the event loop, from one sleeper to the next."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._elapsed = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._sleepers, (self._elapsed + seconds, self._count, future))
        await future

    async def give_way(self) -> None:
        await asyncio.sleep(0)

    async def settle(self) -> None:
        """Let every runnable task run, but none for ever."""
        runnable = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]  # of every loop of asyncio
        for _ in range(self.most_rounds):
            await asyncio.sleep(0)
            if not runnable:
                return

    async def advance(self, seconds: float) -> None:
        """Move time forward, waking sleepers in order and letting their work run in between."""
        await self.settle()
        target = self._elapsed + seconds
        while self._sleepers and self._sleepers[0][0] <= target:
            due, _, future = heapq.heappop(self._sleepers)
            if future.done():
                continue  # whoever slept was cancelled
            self._elapsed = max(due, self._elapsed)
            future.set_result(None)
            await self.settle()
        self._elapsed = target
        await self.settle()


class VirtualClock(FakeClock):
    """A clock for whole days: time moves as soon as nothing can run, and not before.

    What waits for a thread or a socket cannot be seen here: the store has to be an `InlineStore`.
    """

    most_rounds = sys.maxsize
