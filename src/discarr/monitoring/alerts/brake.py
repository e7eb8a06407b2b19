"""The brake on new messages: at most so many in so long in one channel, whatever happens."""

from collections.abc import Iterable, Mapping
from typing import Final

from discarr.core.clock import Clock

MAX_MESSAGES: Final = 30
MESSAGES_WINDOW_S: Final = 300.0
"""At most so many new messages in so many seconds in one channel."""


class Brake:
    """Counts the new messages of each channel, also those that an earlier process sent."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sent_at: dict[int, list[float]] = {}
        """By channel: when new messages were sent lately (monotonic), in no order."""
        self._earlier: dict[str, list[float]] = {}
        """The same by route, of an earlier process: where the routes lead is not known yet."""

    def remember(self, ages_s: Mapping[str, Iterable[float]]) -> None:
        """Count what was sent before: how many seconds ago, by route."""
        now_s = self._clock.monotonic()
        self._earlier = {route: [now_s - max(0.0, age) for age in ages] for route, ages in ages_s.items()}

    def wait_s(self, route: str, channel_id: int) -> float:
        """Return for how many seconds the channel has had its share; 0: it has not."""
        now_s = self._clock.monotonic()
        sent_at = self._sent_at.setdefault(channel_id, [])
        sent_at += self._earlier.pop(route, ())
        sent_at[:] = sorted(at for at in sent_at if at + MESSAGES_WINDOW_S > now_s)
        if len(sent_at) < MAX_MESSAGES:
            return 0.0
        return sent_at[-MAX_MESSAGES] + MESSAGES_WINDOW_S - now_s

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
