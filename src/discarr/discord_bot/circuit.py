"""Leaves Discord alone when it turns too many requests away: 10,000 in 10 minutes ban an address."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from discarr.core.clock import Clock
from discarr.monitoring.alerts.dispatcher import NotNow

MAX_INVALID: Final = 50
INVALID_WINDOW_S: Final = 600.0
FIRST_PAUSE_S: Final = 900.0
LONGEST_PAUSE_S: Final = 7200.0
_SOON_S = 1.0


class Circuit:
    """Opens after 50 refused requests in 10 minutes, or at once when the proxy in front of Discord blocks.

    Open, it lets nothing pass for 15 minutes; each time that nothing has worked since, twice as long, up to
    two hours.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._invalid: deque[float] = deque()
        """When requests were turned away lately (monotonic)."""
        self._in_flight = 0
        self._open_until = 0.0
        self._openings = 0

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Hold around one request.

        Raises:
            NotNow: the circuit is open, or so many are on their way that they could be too many.
        """
        now = self._clock.monotonic()
        if self._open_until > now:
            raise NotNow(
                "Discord turned too many requests away, so Discarr leaves it alone for a while.",
                retry_after_s=self._open_until - now,
            )
        if self._count(now) + self._in_flight >= MAX_INVALID:
            raise NotNow("Discarr asks much of Discord already.", retry_after_s=_SOON_S)
        self._in_flight += 1
        try:
            yield
        finally:
            self._in_flight -= 1

    def note_success(self) -> None:
        """Note that Discord took a request."""
        self._openings = 0

    def note_invalid(self, *, is_block: bool) -> None:
        """Note that a request was turned away; `is_block` says by the proxy."""
        now = self._clock.monotonic()
        self._invalid.append(now)
        # What was on its way when it opened is one trouble with what opened it.
        if (is_block or self._count(now) >= MAX_INVALID) and self._open_until <= now:
            self._open_until = now + min(FIRST_PAUSE_S * 2.0 ** min(self._openings, 10), LONGEST_PAUSE_S)
            self._openings += 1

    def _count(self, now: float) -> int:
        while self._invalid and self._invalid[0] <= now - INVALID_WINDOW_S:
            self._invalid.popleft()
        return len(self._invalid)
