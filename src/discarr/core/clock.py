"""Time as an argument: the product never asks the operating system for the time by itself."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where every module gets its time from, so that tests and the demo can supply their own."""

    def now(self) -> datetime:
        """Return the current instant, timezone-aware, in UTC."""

    def monotonic(self) -> float:
        """Return seconds that never jump; only differences mean anything."""

    async def sleep(self, seconds: float) -> None:
        """Wait for the given number of seconds."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
