"""What the live message says, free of any Discord detail: the input of the pure renderers."""

from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from discarr.core.models import (
    DiskSpace,
    EpisodeNumber,
    HistoryRecord,
    InstanceSnapshot,
    InstanceState,
    QueueSnapshot,
)
from discarr.core.slices import drain
from discarr.core.volumes import is_same_volume
from discarr.monitoring.download_rows import (
    NOTHING_HIDDEN,
    DownloadRow,
    Hidden,
    Phase,
    rows_in_slices,
)
from discarr.monitoring.progress_tracker import ProgressTracker

__all__ = [
    "DownloadRow",
    "InstanceRow",
    "LastAdded",
    "Phase",
    "Scene",
    "StatusView",
    "build_status_view",
    "status_view_in_slices",
]

_CLIENT_TROUBLE_SOURCES = frozenset({"DownloadClientCheck", "DownloadClientStatusCheck"})


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceRow:
    """One line of the server list."""

    id: str
    name: str
    state: InstanceState
    since: datetime | None
    """When it stopped being up; None while up."""
    problem: str | None
    """Why, as a predicate ("refuses the API key"); None while up."""
    remedy: str | None
    free_bytes: int | None
    """None while unknown."""
    shares_disk_with: str | None
    """Name of an earlier instance that already shows the same volume; then `free_bytes` is not repeated."""
    warning_count: int
    """The app's own health warnings and errors."""
    skipped_rows: int
    has_client_trouble: bool = False
    """Whether the app cannot reach a download client: that one's downloads are missing from its queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastAdded:
    """The newest import, for the quiet hours."""

    title: str
    year: int | None
    seasons: tuple[int, ...]
    episodes: tuple[EpisodeNumber, ...]
    """All that came with one download, ascending; empty for a movie."""
    at: datetime

    @property
    def episode_count(self) -> int:
        """Number of episodes."""
        return len(self.episodes)


class Scene(StrEnum):
    """Which of its faces the live message shows."""

    LOADING = "loading"
    ACTIVE = "active"
    IDLE = "idle"
    OFFLINE = "offline"
    """Discarr itself is shutting down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusView:
    """Everything the live message says. Lists are complete and in display order: renderers cut."""

    scene: Scene
    needs_hand: tuple[DownloadRow, ...]
    """Rows that need a person, oldest trouble first."""
    others: tuple[DownloadRow, ...]
    """All other rows: soonest to finish first, then the rest."""
    instances: tuple[InstanceRow, ...]
    last_added: LastAdded | None
    checked_at: datetime | None
    """When the newest answer of any instance was read; None before the first."""
    next_check_by: datetime | None
    """Latest time by which this message will have been renewed."""

    @property
    def total(self) -> int:
        """Number of downloads."""
        return len(self.needs_hand) + len(self.others)

    @property
    def is_partial(self) -> bool:
        """Whether an instance is not up: then "nothing in the list" does not mean "nothing in the queues"."""
        return any(item.state is not InstanceState.UP or item.has_client_trouble for item in self.instances)


def status_view_in_slices(
    snapshot: QueueSnapshot,
    tracker: ProgressTracker,
    *,
    hidden: Hidden = NOTHING_HIDDEN,
    now: datetime,
    next_check_by: datetime | None,
    scene: Scene | None = None,
) -> Generator[None, None, StatusView]:
    """Build the view for the shared message, pausing at each `yield`; arguments as `build_status_view`."""
    rows = yield from rows_in_slices(snapshot, tracker, hidden=hidden, now=now)
    yield
    visible = [item for item in snapshot.instances if not hidden.hides_instance(item)]
    count = next((place for place, row in enumerate(rows) if row.phase is not Phase.NEEDS_HAND), len(rows))
    return StatusView(
        scene=scene or _scene(visible, has_rows=bool(rows)),
        needs_hand=rows[:count],
        others=rows[count:],
        instances=_instance_rows(visible),
        last_added=_last_added(visible, hidden),
        checked_at=max((item.fetched_at for item in visible if item.fetched_at is not None), default=None),
        next_check_by=next_check_by,
    )


def build_status_view(
    snapshot: QueueSnapshot,
    tracker: ProgressTracker,
    *,
    hidden_instances: frozenset[str] = frozenset(),
    hidden_tags: frozenset[str] = frozenset(),
    now: datetime,
    next_check_by: datetime | None,
    scene: Scene | None = None,
) -> StatusView:
    """Say what the live message shows.

    Hidden instances and tags appear in no row, count, server line or total; while tags are hidden, so are
    titles whose tags are not known. `scene` overrides the one that follows from the snapshot.
    """
    hidden = Hidden(instances=hidden_instances, tags=hidden_tags)
    return drain(
        status_view_in_slices(
            snapshot, tracker, hidden=hidden, now=now, next_check_by=next_check_by, scene=scene
        )
    )


def _scene(visible: list[InstanceSnapshot], *, has_rows: bool) -> Scene:
    if has_rows:
        return Scene.ACTIVE
    is_loading = bool(visible) and all(item.state is InstanceState.LOADING for item in visible)
    return Scene.LOADING if is_loading else Scene.IDLE


def _instance_rows(visible: list[InstanceSnapshot]) -> tuple[InstanceRow, ...]:
    rows: list[InstanceRow] = []
    counted: list[tuple[str, DiskSpace]] = []
    for item in visible:
        own, shared_with = [], None
        for disk in item.disks:
            owner = next((name for name, other in counted if is_same_volume(disk, other)), None)
            if owner is None:
                own.append(disk)
            else:
                shared_with = shared_with or owner
        counted.extend((item.name, disk) for disk in own)
        rows.append(
            InstanceRow(
                id=item.id,
                name=item.name,
                state=item.state,
                since=item.away_since,
                problem=item.problem,
                remedy=item.remedy,
                free_bytes=sum(disk.free_bytes for disk in own) if own else None,
                shares_disk_with=None if own else shared_with,
                warning_count=sum(1 for issue in item.health if issue.level != "notice"),
                skipped_rows=item.skipped_rows,
                has_client_trouble=any(issue.source in _CLIENT_TROUBLE_SOURCES for issue in item.health),
            )
        )
    return tuple(rows)


def _last_added(visible: list[InstanceSnapshot], hidden: Hidden) -> LastAdded | None:
    records = [
        record for item in visible for record in item.recent_imports if not hidden.hides_tags(record.tags)
    ]
    newest = max(records, key=lambda record: record.date, default=None)
    if newest is None:
        return None
    episodes = {
        record.episode
        for record in records
        if record.episode is not None and _is_same_download(record, newest)
    }
    return LastAdded(
        title=newest.title,
        year=newest.year,
        seasons=tuple(sorted({episode.season for episode in episodes})),
        episodes=tuple(sorted(episodes)),
        at=newest.date,
    )


def _is_same_download(one: HistoryRecord, other: HistoryRecord) -> bool:
    if one is other:
        return True
    return one.download_id is not None and (one.instance, one.download_id, one.media_id) == (
        other.instance,
        other.download_id,
        other.media_id,
    )
