"""What clean-up went by when it proposed a download, and whether that holds to the end."""

from datetime import datetime, timedelta
from typing import Final, Self

from msgspec import Struct

from discarr.core.cleanup_config import CleanupRule
from discarr.core.models import Download
from discarr.monitoring.cleanup.rules import Limits, Seen, Verdict, is_understood, judge

_LONGEST_AGE: Final = timedelta(minutes=10)
"""The app looks every 60–90 s; data that seems older tells of a clock that was set (fault S21)."""
_SHORTEST_WINDOW_S: Final = 1.0


class Grounds(Struct, frozen=True, kw_only=True, gc=False):
    """What a rule needs to judge a download again right before it is acted on; stored as JSON."""

    rule: CleanupRule
    left_bytes: int
    """What was left to load."""
    taken_at: datetime
    """When that was taken for so, by the clock of Discarr."""
    looked_at: datetime | None
    """When the app saw that, by its own clock; None where the download does not tell."""
    slow_bytes_s: float
    """Below this it was slow."""

    @classmethod
    def of(cls, download: Download, rule: CleanupRule, *, slow_bytes_s: float, now: datetime) -> Self:
        """Return what speaks for a rule that finds a download bad, read not after `now`."""
        return cls(
            rule=rule,
            left_bytes=download.size_left_bytes,
            taken_at=now,
            looked_at=_looked_at(download),
            slow_bytes_s=slow_bytes_s,
        )

    def judge_again(self, download: Download, *, now: datetime, is_monitored: bool | None) -> Verdict:
        """Say what the rule finds of the download as it was read at `now`.

        `is_monitored` is what the library says then, None where it was not asked or does not know.
        """
        if not is_understood(download):
            return Verdict.OPEN
        seen = Seen(
            idle_s=0.0,  # it was idle for long enough, and is until something arrives
            rate_bytes_s=self._rate_bytes_s(download, now),
            is_monitored=is_monitored,
            stalled_at_bytes=self.left_bytes,
        )
        return judge(self.rule, download, seen, Limits(stalled_s=0.0, slow_bytes_s=self.slow_bytes_s))

    def _rate_bytes_s(self, download: Download, now: datetime) -> float | None:
        """Return the average since; None for what was checked again, and has less than it had."""
        loaded = self.left_bytes - download.size_left_bytes
        window_s = max(self._window(download, now).total_seconds(), _SHORTEST_WINDOW_S)
        return None if loaded < 0 else loaded / window_s

    def _window(self, download: Download, now: datetime) -> timedelta:
        """Return the time from look to look of the app, else from question to answer: two of one clock."""
        asked = now - self.taken_at
        looked_at = _looked_at(download)
        if looked_at is None or self.looked_at is None:
            return asked
        return min(looked_at - self.looked_at, asked + _LONGEST_AGE)


def _looked_at(download: Download) -> datetime | None:
    """Return when the app looked at its download client, by its own clock: the time left counts from there.

    None where the download does not tell, or tells of no time that there is.
    """
    if download.time_left is None or download.estimated_completion is None:
        return None
    try:
        return download.estimated_completion - download.time_left
    except OverflowError:
        return None
