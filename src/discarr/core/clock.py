"""Time as an argument: the product never asks the operating system for the time by itself."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol

from discarr.core.memory import collect_the_young


class Clock(Protocol):
    """Where every module gets its time from, so that tests and the demo can supply their own."""

    def now(self) -> datetime:
        """Return the current instant, timezone-aware, in UTC."""

    def monotonic(self) -> float:
        """Return seconds that never jump; only differences mean anything."""

    async def sleep(self, seconds: float) -> None:
        """Wait for the given number of seconds."""

    async def give_way(self) -> None:
        """Let everything else run before going on with a long computation.

        Of all computations that do so between their pieces, one piece runs in a round of the event loop:
        several that are under way at once hold it up no longer than one.
        """


class SystemClock:
    """The machine's own clock."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def give_way(self) -> None:
        """Let everything else run, after the garbage of the last piece was looked through."""
        # Whoever waits for the lock gets it in a later round than the one in which it is released.
        async with self._turn:
            collect_the_young()
            await asyncio.sleep(0)
