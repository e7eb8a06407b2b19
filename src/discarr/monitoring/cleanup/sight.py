"""Since when, and how well, an instance is being watched.

Strikes count observations, not wall time (faults H08, H09): everything here goes by the monotonic clock, a
gap makes all of it begin anew, and only refreshes that the app itself made count.
"""

from collections.abc import Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from discarr.core.cleanup_config import CleanupRule
from discarr.core.models import Download, DownloadKey, InstanceSnapshot, InstanceState
from discarr.monitoring.cleanup.protection import Protection
from discarr.monitoring.cleanup.rules import Seen

SETTLE_S: Final = 300.0
"""After a start or an absence an app needs 30–90 s to fill its queue, and its health checks need longer."""
_STALE_S: Final = 600.0
"""The app looks at its download clients every 60–90 s, seldom later behind long searches."""
_JITTER_S: Final = 5.0
"""The age of the data is computed from values in whole seconds, of whatever row there is."""
_GAP_INTERVALS: Final = 3
_SHORTEST_GAP_S: Final = 90.0
"""With a short interval a slow answer or a back-off is no reason to forget what was seen before."""


def gap_of(interval_s: float) -> float:
    """Return how many seconds without a refresh are a gap, for instances refreshed every `interval_s`."""
    return max(_GAP_INTERVALS * interval_s, _SHORTEST_GAP_S)


class Mark(Struct, frozen=True, gc=False):
    """Where a download stood when the measuring of its rate began."""

    watch_s: float
    size_bytes: int
    left_bytes: int

    def precedes(self, download: Download) -> bool:
        """Whether a download can have come here from there; not when it was checked again, for one."""
        return self.size_bytes == download.size_bytes and self.left_bytes >= download.size_left_bytes


class Judged(Struct, frozen=True, gc=False):
    """What a look found about a download that has strikes."""

    download: Download
    """As it was then: once it is another, nothing of this holds."""
    protection: Protection | None
    bad: tuple[CleanupRule, ...]
    """The rules that find it bad, in order."""
    seen: Seen


@dataclass(slots=True)
class WatchTime:
    """Seconds spent watching: it stands still through gaps, and so through suspends and restarts."""

    seconds: float
    gap_s: float
    _at: float | None = None

    def pass_to(self, now: float) -> None:
        """Let the monotonic clock go on to `now`."""
        if self._at is not None and now - self._at <= self.gap_s:
            self.seconds += now - self._at
        self._at = now


@dataclass(slots=True, kw_only=True)
class Sight:
    """What is remembered of one instance from snapshot to snapshot."""

    gap_s: float
    due_at_s: float | None = None
    """Watch time of the next observation; None while the waiting for it has not begun."""
    rates: dict[DownloadKey, float] = field(default_factory=dict)
    """Bytes a second from the observation before to the last one."""
    marks: dict[DownloadKey, Mark] = field(default_factory=dict)
    alive_s: dict[str | None, float] = field(default_factory=dict)
    """Watch time at which a download of each client was last seen receiving data."""
    judged: dict[DownloadKey, Judged] = field(default_factory=dict)
    """The last look at each download that has strikes."""
    monitored: dict[DownloadKey, bool] = field(default_factory=dict)
    """What the library said at the last observation."""
    asked_s: dict[DownloadKey, float] = field(default_factory=dict)
    """Watch time at which the library was last asked about a download."""
    _fetched_at: datetime | None = None
    _data_as_of: datetime | None = None
    _run: tuple[str | None, datetime | None] = (None, None)
    """Version of the app, and when it was started."""
    _seen_at: float | None = None
    """Monotonic time of the last refresh; None after an absence."""
    _renewed_at: float = 0.0
    """Monotonic time of the last refresh that brought what the app had looked at anew."""
    _calm_since: float = 0.0
    """Monotonic time since which the instance has been watched without a gap."""
    _counted_as_of: datetime | None = None

    def note(self, instance: InstanceSnapshot, now: float) -> bool:
        """Take in a snapshot; return whether the queue of an instance that is up was read anew."""
        if instance.state is not InstanceState.UP:
            self._seen_at = None
            self.restart()
            return False
        if self._seen_at is not None and instance.fetched_at == self._fetched_at:
            return False
        step_s = _step_s(self._data_as_of, instance.data_as_of)
        run = (instance.version, instance.started_at)
        is_gap = self._seen_at is None or now - self._seen_at > self.gap_s or run != self._run
        if is_gap or abs(step_s) > self._longest_s:
            self.restart()
            self._calm_since = now
        if abs(step_s) > _JITTER_S or instance.data_as_of is None or self._data_as_of is None:
            self._renewed_at = now
            self._data_as_of = instance.data_as_of
        self._seen_at = now
        self._fetched_at, self._run = instance.fetched_at, run
        return True

    def restart(self) -> None:
        """Begin anew to wait for an observation and to measure rates."""
        self.due_at_s = None
        self.marks.clear()
        self.rates.clear()
        self.judged.clear()
        self.monitored.clear()

    def keep_only(self, present: Set[DownloadKey]) -> None:
        """Forget all downloads but these."""
        for remembered in (self.marks, self.rates, self.judged, self.asked_s):
            for key in remembered.keys() - present:
                del remembered[key]

    def is_due(self, watch_s: float) -> bool:
        """Whether this refresh is an observation: the app has looked anew, long enough after the last."""
        is_new = self._data_as_of is None or self._data_as_of != self._counted_as_of
        return self.due_at_s is not None and watch_s >= self.due_at_s and is_new

    def wait(self, until_s: float) -> None:
        """Wait for the next observation; this refresh was one, or the wait begins with it."""
        self.due_at_s = until_s
        self._counted_as_of = self._data_as_of

    def is_calm(self, now: float) -> bool:
        """Whether the instance has been up, and watched, for a while."""
        return self._seen_at is not None and now - self._calm_since >= SETTLE_S

    def is_stale(self, now: float) -> bool:
        """Whether the rows may be older than they seem."""
        if self._seen_at is None or now - self._seen_at > self.gap_s:
            return True
        return now - self._renewed_at > self._longest_s

    def app_time(self, wall: datetime, now: float) -> datetime:
        """Return what time it is for the app, as far as that is known; never later than the wall clock.

        Both clocks can be wrong (faults S21, H08), and a download must not look older for it.
        """
        if self._data_as_of is None:
            return wall
        return min(wall, self._data_as_of + timedelta(seconds=now - self._renewed_at))

    @property
    def _longest_s(self) -> float:
        """The longest step between two refreshes of the app through which it was watched."""
        return max(_STALE_S, self.gap_s)


def _step_s(before: datetime | None, after: datetime | None) -> float:
    return 0.0 if before is None or after is None else (after - before).total_seconds()
