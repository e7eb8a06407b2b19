"""What changes in the course of a scenario: windows of time, and values between given points.

Times are seconds since the start.
"""

import math
from bisect import bisect_right
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When something is the case: from `first_at_s` on for `lasts_s`, and again every `every_s` if given."""

    first_at_s: float = 0.0
    lasts_s: float = math.inf
    every_s: float | None = None

    def is_open(self, moment_s: float) -> bool:
        """Whether it is the case at a moment."""
        return 0 <= self._age_s(moment_s) < self.lasts_s

    def next_change_s(self, moment_s: float) -> float:
        """Return how long it stays as it is at a moment; infinite if for ever."""
        age_s = self._age_s(moment_s)
        if age_s < 0:
            return -age_s
        if age_s < self.lasts_s:
            return self.lasts_s - age_s
        return math.inf if self.every_s is None else self.every_s - age_s

    def _age_s(self, moment_s: float) -> float:
        """Return the time since it last opened, negative before it first does."""
        age_s = moment_s - self.first_at_s
        return age_s if age_s < 0 or self.every_s is None else age_s % self.every_s


ALWAYS = Window()
NEVER = Window(lasts_s=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A number that goes straight from point to point; before the first and after the last it stays.

    `points` are pairs of time and value, earliest first, at least one. With `every_s` it begins anew.
    """

    points: tuple[tuple[float, int], ...]
    every_s: float | None = None

    def value_at(self, moment_s: float) -> int:
        """Return the number at a moment."""
        if self.every_s is not None:
            moment_s %= self.every_s
        following = bisect_right(self.points, moment_s, key=lambda point: point[0])
        if following == 0:
            return self.points[0][1]
        if following == len(self.points):
            return self.points[-1][1]
        (since_s, before), (until_s, after) = self.points[following - 1 : following + 1]
        return round(before + (after - before) * (moment_s - since_s) / (until_s - since_s))
