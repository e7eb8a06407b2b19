"""How long the event loop stands still."""

import asyncio
import time
from pathlib import Path

TICK_S = 0.001
"""How often the loop is looked at."""
_SCHEDSTAT = Path("/proc/thread-self/schedstat")


class Stalls:
    """The longest time in which nothing else could run, without and with what other programs took."""

    def __init__(self) -> None:
        self._longest_ms = (0.0, 0.0)

    async def watch(self) -> None:
        """Notice every late awakening until cancelled."""
        while True:
            before, queued_before = time.perf_counter(), _queued_ms()
            await asyncio.sleep(TICK_S)
            late_ms = (time.perf_counter() - before - TICK_S) * 1000
            own_ms = late_ms - (_queued_ms() - queued_before)
            self._longest_ms = max(self._longest_ms[0], own_ms), max(self._longest_ms[1], late_ms)

    def take(self) -> tuple[float, float]:
        """Return the longest since the last call: the product's own, and as the clock saw it."""
        longest, self._longest_ms = self._longest_ms, (0.0, 0.0)
        return longest


def _queued_ms() -> float:
    """Return how long this thread has been ready to run while others had the processors (Linux tells)."""
    try:
        return int(_SCHEDSTAT.read_text().split()[1]) / 1e6
    except OSError:
        return 0.0
