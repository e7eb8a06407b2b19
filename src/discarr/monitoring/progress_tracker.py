"""How fast each download really moves, and since when it does not.

Time is counted per instance and only while it is *observed*: the steps between the moments at which the app
itself looked at its download clients (design decision 6), or between refreshes where the app does not say.
A gap in observation, an instance that is away and a jump of the wall clock add nothing, so none of them can
make a download look stalled.
"""

import asyncio
from array import array
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched

from msgspec import Struct

from discarr.core.clock import Clock
from discarr.core.models import (
    Download,
    DownloadKey,
    InstanceSnapshot,
    InstanceState,
    QueueSnapshot,
    QueueStatus,
)
from discarr.core.slices import drain, run_in_slices

_SLICE = 250
"""Downloads looked at between two pauses: about 1 ms of work."""
_SAMPLES_KEPT = 10
_RATE_WINDOW_S = 600.0
_SURE_AFTER_SAMPLES = 3
_SURE_AFTER_S = 150.0
_AGREEMENT = 0.25
_AGREEMENT_SLACK_S = 300.0
_GAP_INTERVALS = 3
_SHORTEST_GAP_S = 90.0
"""With a short interval a slow answer or a back-off is no reason to forget what was seen before."""
_LONGEST_APP_STEP_S = 600.0
"""The app looks every 60–90 s, seldom later behind long searches; beyond this nothing was observed."""
_LONGEST_ETA_S = 30 * 24 * 3600.0
_CREDIBLE_AGE = timedelta(minutes=10)
"""Data that seems older, or from the future, tells of clocks that disagree (fault S21)."""
_ACTIVE = frozenset({QueueStatus.DOWNLOADING, QueueStatus.WARNING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What the samples of one download say."""

    rate_bytes_s: float | None
    """Measured over the last ten minutes; None without two samples."""
    eta: datetime | None
    """When the data is expected to be complete; None when nobody can tell."""
    is_sure: bool
    """Whether measured rate and the client's estimate have agreed for a while."""
    idle_for: timedelta | None
    """Observed time without any new byte; None where none is expected (paused, queued, unpacking, …)."""
    samples: int
    """How many changes of the remaining size the rate stands on."""


NO_ESTIMATE = Estimate(rate_bytes_s=None, eta=None, is_sure=False, idle_for=None, samples=0)


type _Samples = array[float]
"""Observed second and bytes left at each change, by turns, newest last; replaced, never changed.

An array, because the garbage collector does not look at it: pairs for 20,000 rows held it up for 15 ms.
"""


def _samples(*values: float) -> _Samples:
    return array("d", values)


class _Track(Struct, gc=False):
    """One download; a struct for the reason that `discarr.core.models` gives."""

    download: Download
    moved_at: float
    """Observed second of the newest byte, or of the moment from which bytes were expected."""
    samples: _Samples


@dataclass(slots=True)
class _Watch:
    """One instance under observation."""

    observed_s: float = 0.0
    seen_at: float | None = None
    """Monotonic time of the last refresh; None after a gap."""
    fetched_at: datetime | None = None
    data_as_of: datetime | None = None
    downloads: tuple[Download, ...] = ()
    tracks: dict[DownloadKey, _Track] = field(default_factory=dict)


class ProgressTracker:
    """Collects samples from snapshots and answers for single downloads.

    `interval_s` is how often instances are refreshed; three missed refreshes are a gap in observation, but
    never less than 90 s.
    """

    def __init__(self, *, clock: Clock, interval_s: float = 30.0) -> None:
        self._clock = clock
        self._gap_s = max(_GAP_INTERVALS * interval_s, _SHORTEST_GAP_S)
        self._watches: dict[str, _Watch] = {}
        self._lock = asyncio.Lock()

    async def take_in(self, snapshot: QueueSnapshot) -> None:
        """Take in all instances, one caller after the other: whoever judges by samples needs the newest."""
        async with self._lock:
            for instance in snapshot.instances:
                await run_in_slices(self.observe_in_slices(instance), self._clock)

    def observe(self, instance: InstanceSnapshot) -> None:
        """Take in a new snapshot of an instance; the same one again changes nothing."""
        drain(self.observe_in_slices(instance))

    def observe_in_slices(self, instance: InstanceSnapshot) -> Generator[None]:
        """Do the same with a pause at each `yield`; to be run for one snapshot at a time."""
        watch = self._watches.setdefault(instance.id, _Watch())
        if instance.state is not InstanceState.UP:
            watch.seen_at = None
            return
        if instance.fetched_at == watch.fetched_at and watch.seen_at is not None:
            return
        self._pass_time(watch, instance)
        watch.fetched_at = instance.fetched_at
        if instance.downloads is not watch.downloads:
            # Let go of first, so that each of the old ones ends with its step and not all at once.
            watch.downloads = instance.downloads
            watch.tracks = yield from _follow(watch, instance.downloads)

    def estimate(self, key: DownloadKey) -> Estimate:
        """Say what is known about one download; `NO_ESTIMATE` for an unknown one."""
        watch = self._watches.get(key.instance)
        track = watch.tracks.get(key) if watch is not None else None
        if watch is None or track is None or not _expects_data(track.download):
            return NO_ESTIMATE
        download = track.download
        rate = _rate(track.samples, watch.observed_s)
        own_s = download.size_left_bytes / rate if rate else None
        client_s = download.time_left.total_seconds() if download.time_left is not None else None
        eta, is_sure = self._eta(watch, track, own_s, client_s)
        return Estimate(
            rate_bytes_s=rate,
            eta=eta,
            is_sure=is_sure,
            idle_for=timedelta(seconds=watch.observed_s - track.moved_at),
            samples=max(0, len(track.samples) // 2 - 1),
        )

    def _pass_time(self, watch: _Watch, instance: InstanceSnapshot) -> None:
        now = self._clock.monotonic()
        waited = now - watch.seen_at if watch.seen_at is not None else None
        is_gap = waited is None or waited > self._gap_s
        step = 0.0 if waited is None else waited
        if instance.data_as_of is not None and watch.data_as_of is not None:
            step = max(0.0, (instance.data_as_of - watch.data_as_of).total_seconds())
            is_gap = is_gap or step > _LONGEST_APP_STEP_S
        if is_gap:
            # A rate over time that nobody watched would be a guess; the next samples start afresh.
            for track in watch.tracks.values():
                track.samples = _samples()
        else:
            watch.observed_s += step
        watch.seen_at = now
        watch.data_as_of = instance.data_as_of

    def _eta(
        self, watch: _Watch, track: _Track, own_s: float | None, client_s: float | None
    ) -> tuple[datetime | None, bool]:
        as_of = watch.fetched_at or self._clock.now()
        if watch.data_as_of is not None and abs(as_of - watch.data_as_of) <= _CREDIBLE_AGE:
            as_of = watch.data_as_of
        is_measured = (
            own_s is not None
            and len(track.samples) // 2 > _SURE_AFTER_SAMPLES
            and watch.observed_s - track.samples[0] >= _SURE_AFTER_S
        )
        if own_s is None or not is_measured:
            seconds, is_sure = client_s if client_s is not None else own_s, False
        elif client_s is None:
            seconds, is_sure = own_s, _has_held(track, own_s)
        else:
            seconds, is_sure = (own_s + client_s) / 2, _agree(own_s, client_s)
        if seconds is None or seconds > _LONGEST_ETA_S:
            return None, False
        return as_of + timedelta(seconds=seconds), is_sure


def _follow(
    watch: _Watch, downloads: tuple[Download, ...]
) -> Generator[None, None, dict[DownloadKey, _Track]]:
    """Carry the tracks over to the new rows; what vanished is forgotten."""
    known = watch.tracks
    now = watch.observed_s
    tracks: dict[DownloadKey, _Track] = {}
    for part in batched(downloads, _SLICE):
        for download in part:
            track = known.get(download.key)
            if track is None:
                track = _Track(download, now, _samples(now, download.size_left_bytes))
            elif track.download is not download:
                _compare(track, download, now)
            tracks[download.key] = track
        yield
    return tracks


def _compare(track: _Track, download: Download, now: float) -> None:
    before = track.download
    track.download = download
    left, left_before = download.size_left_bytes, before.size_left_bytes
    if left > left_before or download.size_bytes != before.size_bytes:
        # Checked again, or its size only became known: what was measured no longer counts.
        track.samples = _samples()
        track.moved_at = now
    elif left < left_before or not _expects_data(before):
        track.moved_at = now
    if not track.samples or left != track.samples[-1]:
        track.samples = track.samples[2 - 2 * _SAMPLES_KEPT :] + _samples(now, left)


def _expects_data(download: Download) -> bool:
    return download.status in _ACTIVE and download.size_left_bytes > 0 and not download.is_pending


def _rate(samples: _Samples, now: float) -> float | None:
    """Bytes a second over the window; time since the last change counts, so that a stall lowers the rate."""
    for at, left in batched(samples, 2):
        if now - at <= _RATE_WINDOW_S:
            loaded = left - samples[-1]
            return loaded / (now - at) if loaded > 0 and now > at else None
    return None


def _has_held(track: _Track, own_s: float) -> bool:
    """Whether the newer half of the samples promises about the same as all of them."""
    samples = track.samples
    middle = len(samples) // 4 * 2
    (middle_at, middle_left), (last_at, last_left) = samples[middle : middle + 2], samples[-2:]
    if last_at <= middle_at:
        return False
    recent = (middle_left - last_left) / (last_at - middle_at)
    return recent > 0 and _agree(own_s, last_left / recent)


def _agree(one_s: float, other_s: float) -> bool:
    return abs(one_s - other_s) <= max(_AGREEMENT_SLACK_S, _AGREEMENT * max(one_s, other_s))
