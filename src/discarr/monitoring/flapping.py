"""Whether an instance changes so often that its single changes say nothing any more.

Two rules, since either alone is blind to half of it. The share of changes among the last confirmed
observations (Naemon's, with its weights) sees what comes and goes within minutes, too briefly to ever count
as down. But an instance that fails is asked often: an outage of ten minutes fills the window with equal
observations, and so it is also flapping when its verdict turned three times within half an hour.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

from discarr.monitoring.health_thresholds import HealthThresholds

_NEWEST_WEIGHT = 1.25
_OLDEST_WEIGHT = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRecord:
    """What changed of late in one instance; all times are in the seconds of one clock."""

    confirmed: tuple[tuple[float, bool], ...] = ()
    """When it was confirmed whether the instance answers, and whether it does; oldest first."""
    turns: tuple[float, ...] = ()
    """The last turns of the verdict between up and anything worse, oldest first."""
    changed_at: float | None = None
    """The last change of either."""

    def with_confirmed(self, answers: bool, now: float, limits: HealthThresholds) -> Self:
        """Return the record with one more confirmed observation."""
        is_change = bool(self.confirmed) and self.confirmed[-1][1] is not answers
        return replace(
            self,
            confirmed=(*self.confirmed, (now, answers))[-limits.flap_window :],
            changed_at=now if is_change else self.changed_at,
        )

    def with_turn(self, now: float, limits: HealthThresholds) -> Self:
        """Return the record with one more turn of the verdict."""
        return replace(self, turns=(*self.turns, now)[-limits.flap_turns :], changed_at=now)

    def share(self, now: float, limits: HealthThresholds) -> float:
        """Return the weighted share of changes in the window, 0 … 1; what is not there has not changed."""
        slope = (_NEWEST_WEIGHT - _OLDEST_WEIGHT) / (limits.flap_window - 2)
        weights = (_NEWEST_WEIGHT - slope * place for place in self._changes(now, limits))
        return sum(weights) / (limits.flap_window - 1)

    def is_restless(self, now: float, limits: HealthThresholds) -> bool:
        """Whether flapping begins."""
        has_turned_often = len(self.turns) == limits.flap_turns and now - self.turns[0] <= limits.flap_turns_s
        return has_turned_often or self.share(now, limits) > limits.flap_high

    def is_calm(self, now: float, limits: HealthThresholds) -> bool:
        """Whether flapping is over."""
        is_still = self.changed_at is None or now - self.changed_at >= limits.flap_calm_s
        return is_still and self.share(now, limits) < limits.flap_low

    def _changes(self, now: float, limits: HealthThresholds) -> Iterator[int]:
        """Yield the place of each change that is recent enough to count, 0 for the newest pair."""
        pairs = pairwise(reversed(self.confirmed))
        for place, ((at, answers), (_, answered)) in enumerate(pairs):
            if answers is not answered and now - at <= limits.flap_turns_s:
                yield place
