"""Downloads as people see them: the phase they are in, the row that tells of it, and the order of rows."""

import heapq
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import batched, count

from msgspec import Struct

from discarr.core.models import (
    Download,
    DownloadKey,
    EpisodeNumber,
    InstanceKind,
    InstanceSnapshot,
    InstanceState,
    QueueSnapshot,
    QueueStatus,
    TrackedState,
)
from discarr.core.slices import drain
from discarr.monitoring.progress_tracker import Estimate, ProgressTracker
from discarr.monitoring.reasons import Explanation, ReasonKind, explain, explanation_of
from discarr.utils.text_utils import clean

STALLED_AFTER = timedelta(minutes=15)
"""Observed time without a new byte after which a download counts as stalled."""

_SLICE = 64
"""Rows built between two pauses: about 1 ms of work."""
_MERGED_SLICE = 250
"""Rows put in order between two pauses: about 1 ms of work."""
_ETA_BUCKET_S = 300


class Phase(StrEnum):
    """Where a download stands, in the words of the people who wait for it."""

    NEEDS_HAND = "needs a hand"
    DOWNLOADING = "downloading"
    STALLED = "no data"
    """Downloading by name, but nothing has arrived for a while."""
    UNPACKING = "unpacking"
    """Everything is loaded; the client verifies, repairs or unpacks."""
    IMPORTING = "importing"
    WAITING = "waiting to import"
    QUEUED = "queued"
    PAUSED = "paused"
    DELAYED = "delayed"
    """The app holds the release back (delay profile or download client away)."""
    UNKNOWN = "unknown"


class PhaseGroup(StrEnum):
    """Phases as the filter of the browser offers them."""

    NEEDS_HAND = "needs a hand"
    DOWNLOADING = "downloading"
    IMPORTING = "importing"
    WAITING = "waiting"


_PHASES: dict[PhaseGroup, frozenset[Phase]] = {
    PhaseGroup.NEEDS_HAND: frozenset({Phase.NEEDS_HAND}),
    PhaseGroup.DOWNLOADING: frozenset({Phase.DOWNLOADING, Phase.STALLED}),
    PhaseGroup.IMPORTING: frozenset({Phase.UNPACKING, Phase.IMPORTING, Phase.WAITING}),
    PhaseGroup.WAITING: frozenset({Phase.QUEUED, Phase.PAUSED, Phase.DELAYED, Phase.UNKNOWN}),
}

_PHASE_RANK = {
    phase: rank
    for rank, phase in enumerate(
        (
            Phase.NEEDS_HAND,
            Phase.DOWNLOADING,
            Phase.UNPACKING,
            Phase.IMPORTING,
            Phase.WAITING,
            Phase.STALLED,
            Phase.QUEUED,
            Phase.PAUSED,
            Phase.DELAYED,
            Phase.UNKNOWN,
        )
    )
}

_AWAY_WORDS = {
    InstanceState.LOADING: "loading",
    InstanceState.STARTING: "starting",
    InstanceState.UNREACHABLE: "offline",
    InstanceState.UNAUTHORIZED: "refuses the key",
    InstanceState.MISCONFIGURED: "not set up right",
    InstanceState.DEGRADED: "in trouble",
}


class DownloadRow(Struct, frozen=True, kw_only=True, gc=False):
    """One download as people see it; a struct for the reason that `discarr.core.models` gives."""

    key: DownloadKey
    kind: InstanceKind
    title: str
    year: int | None
    seasons: tuple[int, ...]
    episodes: tuple[EpisodeNumber, ...]
    episode_count: int
    quality: str | None
    resolution: int | None
    instance_name: str | None
    """Shown only where there are several instances of the kind; None otherwise."""
    phase: Phase
    fraction_done: float | None
    """0 … 1; None while the size is unknown."""
    size_bytes: int
    eta: datetime | None
    """When the data is expected to be complete; None when nobody can tell."""
    is_eta_sure: bool
    """Whether the estimate has held for a while; unsure ones are shown with "≈"."""
    delayed_until: datetime | None
    explanation: Explanation | None
    """Why a person is needed, for NEEDS_HAND and STALLED."""
    idle_for: timedelta | None
    """How long no data has arrived: for STALLED, and for NEEDS_HAND where the client reports a stall."""
    true_at: datetime | None
    """Set while the instance is away: the row was true then."""
    away_word: str | None
    """Set while the instance is away: "4K offline", "4K starting", …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """What is kept from a viewer: ids of instances, and tags in lower case."""

    instances: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()

    def hides_instance(self, instance: InstanceSnapshot) -> bool:
        """Whether nothing of the instance may be seen."""
        return instance.id in self.instances

    def hides_tags(self, tags: tuple[str, ...] | None) -> bool:
        """Whether a title with these tags is hidden; unknown tags (None) may be the hidden ones."""
        return bool(self.tags) and (tags is None or not self.tags.isdisjoint(tags))

    def without(self, snapshot: QueueSnapshot) -> QueueSnapshot:
        """Return what the viewer may see of a snapshot."""
        if not self.instances and not self.tags:
            return snapshot
        visible = (item for item in snapshot.instances if not self.hides_instance(item))
        return replace(snapshot, instances=tuple(self._without_tagged(item) for item in visible))

    def _without_tagged(self, instance: InstanceSnapshot) -> InstanceSnapshot:
        kept = tuple(download for download in instance.downloads if not self.hides_tags(download.tags))
        return instance if len(kept) == len(instance.downloads) else replace(instance, downloads=kept)


NOTHING_HIDDEN = Hidden()


class _Placed(Struct, order=True, gc=False):
    """A row and what decides its place; `number` is different for each, so that rows are never compared."""

    group: int
    place: float
    title: str
    key: DownloadKey
    number: int
    row: DownloadRow


def phase_of(download: Download, estimate: Estimate) -> Phase:
    """Say where a download stands; only one that should be receiving data can be stalled."""
    status = download.status
    if download.needs_hand:
        return Phase.NEEDS_HAND
    if download.is_pending or status in (QueueStatus.DELAY, QueueStatus.CLIENT_UNAVAILABLE):
        return Phase.DELAYED
    if status is QueueStatus.DOWNLOADING:
        if download.size_left_bytes == 0 and download.size_bytes > 0:
            return Phase.UNPACKING
        is_stalled = estimate.idle_for is not None and estimate.idle_for >= STALLED_AFTER
        return Phase.STALLED if is_stalled else Phase.DOWNLOADING
    if download.tracked_state in (TrackedState.IMPORTING, TrackedState.IMPORTED):
        return Phase.IMPORTING
    if status is QueueStatus.COMPLETED:
        return Phase.WAITING
    if status is QueueStatus.PAUSED:
        return Phase.PAUSED
    return Phase.QUEUED if status is QueueStatus.QUEUED else Phase.UNKNOWN


def rows_in_slices(
    snapshot: QueueSnapshot, tracker: ProgressTracker, *, hidden: Hidden, now: datetime
) -> Generator[None, None, tuple[DownloadRow, ...]]:
    """Build the rows of everything a viewer may see, in display order, pausing at each `yield`.

    First what needs a hand, then the rest (`build_rows` says how); 10,000 rows take longer than the
    event loop may be held.
    """
    visible = [item for item in snapshot.instances if not hidden.hides_instance(item)]
    runs: list[list[_Placed]] = []
    numbers = count()
    for instance in visible:
        is_named = sum(1 for item in visible if item.kind is instance.kind) > 1
        for part in batched(instance.downloads, _SLICE):
            yield
            run: list[_Placed] = []
            for download in part:
                if hidden.hides_tags(download.tags):
                    continue
                row = _row(instance, download, tracker.estimate(download.key), is_named=is_named, now=now)
                run.append(_Placed(*_place(row, download), row.title, row.key, next(numbers), row))
            runs.append(sorted(run))
    rows: list[DownloadRow] = []
    for placed in batched(heapq.merge(*map(_drained, runs)), _MERGED_SLICE):
        yield
        rows += [item.row for item in placed]
    return tuple(rows)


def _drained(run: list[_Placed]) -> Iterator[_Placed]:
    """Yield the items in order and let go of each: freeing thousands of objects at once takes 10 ms."""
    run.reverse()
    while run:
        yield run.pop()


def build_rows(
    snapshot: QueueSnapshot, tracker: ProgressTracker, *, hidden: Hidden = NOTHING_HIDDEN, now: datetime
) -> tuple[DownloadRow, ...]:
    """Return the rows of everything a viewer may see, in display order.

    What needs a hand comes first, the oldest grab leading (nothing tells when a trouble began, and this
    order survives a restart); then by arrival in steps of five minutes; then by phase and progress. Ties are
    broken by title, so that rows keep their places between two refreshes.
    """
    return drain(rows_in_slices(snapshot, tracker, hidden=hidden, now=now))


def filter_rows(
    rows: Sequence[DownloadRow],
    *,
    instance_id: str | None = None,
    group: PhaseGroup | None = None,
    text: str = "",
) -> tuple[DownloadRow, ...]:
    """Return the rows that match all that is given; every word of `text` must occur in title or year."""
    words = text.casefold().split()
    phases = _PHASES[group] if group is not None else None
    return tuple(
        row
        for row in rows
        if (instance_id is None or row.key.instance == instance_id)
        and (phases is None or row.phase in phases)
        and (
            not words
            or all(word in f"{_searchable(row.title)} {row.year or ''}".casefold() for word in words)
        )
    )


def _searchable(title: str) -> str:
    """Return a title as people see it, who are offered it without what is invisible."""
    return title if title.isascii() else clean(title)


def _row(
    instance: InstanceSnapshot, download: Download, estimate: Estimate, *, is_named: bool, now: datetime
) -> DownloadRow:
    phase = phase_of(download, estimate)
    is_away = instance.is_stale
    eta = estimate.eta if phase is Phase.DOWNLOADING and not is_away else None
    if eta is not None and eta <= now:
        eta = None
    explanation = _explanation(download, phase)
    is_idle = phase is Phase.STALLED or (explanation is not None and explanation.kind is ReasonKind.STALLED)
    return DownloadRow(
        key=download.key,
        kind=instance.kind,
        title=download.title,
        year=download.year,
        seasons=download.seasons,
        episodes=download.episodes,
        episode_count=download.episode_count,
        quality=download.quality,
        resolution=download.resolution,
        instance_name=instance.name if is_named else None,
        phase=phase,
        fraction_done=download.fraction_done,
        size_bytes=download.size_bytes,
        eta=eta,
        is_eta_sure=eta is not None and estimate.is_sure,
        delayed_until=download.estimated_completion if phase is Phase.DELAYED else None,
        explanation=explanation,
        idle_for=estimate.idle_for if is_idle else None,
        true_at=instance.fetched_at if is_away else None,
        away_word=f"{instance.name} {_AWAY_WORDS[instance.state]}" if is_away else None,
    )


def _explanation(download: Download, phase: Phase) -> Explanation | None:
    if phase is Phase.NEEDS_HAND:
        return explain(download)
    return explanation_of(ReasonKind.STALLED) if phase is Phase.STALLED else None


def _place(row: DownloadRow, download: Download) -> tuple[int, float]:
    if row.phase is Phase.NEEDS_HAND:
        return (0, download.added.timestamp() if download.added is not None else float("inf"))
    if row.eta is not None:
        return (1, row.eta.timestamp() // _ETA_BUCKET_S)
    return (2 + _PHASE_RANK[row.phase], -int(100 * (row.fraction_done or 0)))
