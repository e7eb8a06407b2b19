"""The brake on new messages: at most so many in so long in one channel, whatever happens."""

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Final

from discarr.core.clock import Clock

MAX_MESSAGES: Final = 30
MESSAGES_WINDOW_S: Final = 300.0
"""At most so many new messages in so many seconds in one channel."""
_COUNTS_S: Final = MESSAGES_WINDOW_S + 1.0
"""How long a message counts: it arrives a little later than it is counted."""


class Brake:
    """Counts the new messages of each channel, also those that an earlier process sent."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sent_at: dict[int, list[float]] = {}
        """By channel: when new messages were sent lately (monotonic), in no order."""
        self._earlier: dict[str, list[float]] = {}
        """The same by route, of an earlier process: where these routes lead is not known yet."""

    @property
    def unsettled(self) -> tuple[str, ...]:
        """Routes that an earlier process used, and of which it is not known where they lead."""
        return tuple(self._earlier)

    def remember(self, ages_s: Mapping[str, Iterable[float]]) -> None:
        """Count what was sent before: how many seconds ago, by route."""
        now_s = self._clock.monotonic()
        self._earlier = {route: [now_s - max(0.0, age) for age in ages] for route, ages in ages_s.items()}

    def settle(self, route: str, channel_id: int) -> None:
        """Note where a route leads."""
        self._sent_at.setdefault(channel_id, []).extend(self._earlier.pop(route, ()))

    def wait_s(self, channel_id: int) -> float:
        """Return for how many seconds the channel has had its share; 0: it has not.

        What went by an unsettled route may have gone to this channel, so it counts.
        """
        now_s = self._clock.monotonic()
        own = self._sent_at.setdefault(channel_id, [])
        own[:] = [at for at in own if at + _COUNTS_S > now_s]
        latest = sorted(chain(own, *self._earlier.values()))[-MAX_MESSAGES:]
        if len(latest) < MAX_MESSAGES:
            return 0.0
        return max(0.0, latest[0] + _COUNTS_S - now_s)

    def take(self, channel_id: int) -> float:
        """Count a message that is about to be sent; the answer is what `give_back` wants."""
        now_s = self._clock.monotonic()
        self._sent_at.setdefault(channel_id, []).append(now_s)
        return now_s

    def give_back(self, channel_id: int, taken: float) -> None:
        """Do not count a message after all: it was certainly not sent."""
        sent_at = self._sent_at[channel_id]
        if taken in sent_at:
            sent_at.remove(taken)
