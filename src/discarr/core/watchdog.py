"""Notices an event loop that no longer turns: measures its delay, and ends a process that hangs."""

import faulthandler
import resource
import sys
from collections import deque
from pathlib import Path
from typing import TextIO

from discarr.core.clock import Clock

HANG_TIMEOUT_S = 120
_REARM_INTERVAL_S = 5.0
_SAMPLE_INTERVAL_S = 1.0
_SAMPLES_KEPT = 300
_STATM = Path("/proc/self/statm")


async def guard_loop(
    *, clock: Clock, timeout_s: float = HANG_TIMEOUT_S, stream: TextIO | None = None
) -> None:
    """Keep a timer alive that, once the loop stops re-arming it, prints all stacks and exits with 1.

    The timer is a C thread and needs no interpreter lock, so it also fires inside a blocked call.
    `stream` needs a file descriptor; None is stderr. Docker restarts processes that end, not those
    that are merely unhealthy.
    """
    try:
        while True:
            faulthandler.dump_traceback_later(timeout_s, exit=True, file=stream or sys.stderr)
            await clock.sleep(_REARM_INTERVAL_S)
    finally:
        faulthandler.cancel_dump_traceback_later()


class LoopMonitor:
    """How late the event loop wakes a sleeping task."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._delays_s: deque[float] = deque(maxlen=_SAMPLES_KEPT)

    @property
    def recent_delay_s(self) -> float:
        """The longest of the last five minutes; 0 before the first sample."""
        return max(self._delays_s, default=0.0)

    async def run(self) -> None:
        """Sample until cancelled."""
        while True:
            before = self._clock.monotonic()
            await self._clock.sleep(_SAMPLE_INTERVAL_S)
            self._delays_s.append(max(0.0, self._clock.monotonic() - before - _SAMPLE_INTERVAL_S))


def rss_bytes() -> int:
    """Return the memory this process holds right now; where there is no /proc, its highest ever."""
    try:
        pages = int(_STATM.read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return pages * resource.getpagesize()
