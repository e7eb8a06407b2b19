"""From history records to steps in the life of downloads: one step per download and event, never per episode.

The history alone says what became of a download (design decision 7). Where it was read up to is stored in the
transaction that tells of it, so that each record is told once, whatever happens in between.
"""

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from discarr.core.events import MAX_EPISODES, Ending, EventKind, Work
from discarr.core.models import DownloadKey, EpisodeNumber, HistoryEvent, HistoryRecord
from discarr.core.store.activity import HistoryCursor
from discarr.monitoring.download_rows import Hidden

OVERLAP: Final = timedelta(hours=1)
"""How far behind the last record reading begins anew: clocks are set back now and then, ids are not."""
_UPGRADE_WINDOW: Final = timedelta(minutes=2)
"""How far apart an app notes that it deleted a file and that it imported the better one."""
_KINDS: Final[Mapping[HistoryEvent, EventKind]] = {
    HistoryEvent.GRABBED: EventKind.GRABBED,
    HistoryEvent.IMPORTED: EventKind.IMPORTED,
    HistoryEvent.FAILED: EventKind.FAILED,
    HistoryEvent.IGNORED: EventKind.REMOVED,
}
ENDINGS: Final[Mapping[EventKind, Ending]] = {
    EventKind.IMPORTED: Ending.IMPORTED,
    EventKind.UPGRADED: Ending.IMPORTED,
    EventKind.FAILED: Ending.FAILED,
    EventKind.REMOVED: Ending.REMOVED,
}
"""What a step says about the end of a download's troubles."""


_SLICE = 100
"""Records or steps between two pauses: about 1 ms of work."""

type _Part = tuple[int | None, EpisodeNumber | None]


class Step(Struct, frozen=True, kw_only=True, gc=False):
    """What happened to one download."""

    kind: EventKind
    at: datetime
    instance: str
    download_id: str | None
    """None where the app did not note it: an import of a folder by hand."""
    media_id: int | None
    work: Work
    episodes: tuple[EpisodeNumber, ...]
    """All that this step is about, ascending; empty for a movie."""
    is_hidden: bool
    name: str
    """Stands for the download among others of the instance."""

    @property
    def key(self) -> DownloadKey | None:
        """The key of the download, while it is or was in the queue."""
        return None if self.download_id is None else DownloadKey(self.instance, "d", self.download_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one reading of a history brought."""

    instance: str
    steps: tuple[Step, ...] = ()
    """Oldest first."""
    cursor: HistoryCursor | None = None
    """How far it was read; None for no further than before."""
    missed_from: datetime | None = None
    """Since when Discarr was not there to read it; None while it was."""


def first_cursor(instance: str, newest: HistoryRecord | None, now: datetime) -> HistoryCursor:
    """Return where reading begins for an instance that was never read: years of old history are no news.

    `newest` is its latest record; None where it has none.
    """
    if newest is None:
        return HistoryCursor(instance=instance, last_id=0, last_at=now)
    return HistoryCursor(instance=instance, last_id=newest.id, last_at=newest.date)


def is_restored(records: Sequence[HistoryRecord], cursor: HistoryCursor) -> bool:
    """Whether the app's database is an older one than was read before: its ids have gone back."""
    return bool(records) and max(record.id for record in records) < cursor.last_id


def reads_since(cursor: HistoryCursor, now: datetime) -> datetime:
    """Return from when on records have to be asked for: a clock that once ran ahead must not hide any."""
    return min(cursor.last_at, now) - OVERLAP


def read_in_slices(
    records: Iterable[HistoryRecord], cursor: HistoryCursor, *, hidden: Hidden
) -> Generator[None, None, tuple[tuple[Step, ...], HistoryCursor]]:
    """Return the steps behind the cursor, oldest first, and the cursor behind them.

    `records` may repeat what was read before. There is a pause at each `yield`.
    """
    new = sorted((record for record in records if record.id > cursor.last_id), key=lambda record: record.id)
    if not new:
        return (), cursor
    upgrades: dict[_Part, list[datetime]] = {}
    groups: dict[tuple[EventKind, str], list[HistoryRecord]] = {}
    for count, record in enumerate(new, start=1):
        if count % _SLICE == 0:
            yield
        if record.is_upgrade_deletion:
            upgrades.setdefault(_part(record), []).append(record.date)
        kind = _KINDS.get(record.event)
        if kind is not None:
            groups.setdefault((kind, _name(record)), []).append(record)
    steps = []
    for count, ((kind, _), group) in enumerate(groups.items(), start=1):
        if count % _SLICE == 0:
            yield
        steps.append(_step(kind, group, upgrades, hidden=hidden))
    last = HistoryCursor(instance=cursor.instance, last_id=new[-1].id, last_at=new[-1].date)
    return tuple(sorted(steps, key=lambda step: step.at)), last


def _step(
    kind: EventKind,
    group: Sequence[HistoryRecord],
    upgrades: Mapping[_Part, Iterable[datetime]],
    *,
    hidden: Hidden,
) -> Step:
    head = group[0]
    episodes = tuple(sorted({record.episode for record in group if record.episode is not None}))
    if kind is EventKind.IMPORTED and all(_replaces(record, upgrades) for record in group):
        kind = EventKind.UPGRADED
    return Step(
        kind=kind,
        at=max(record.date for record in group),
        instance=head.instance,
        download_id=head.download_id,
        media_id=head.media_id,
        work=Work(
            title=head.title,
            year=head.year,
            seasons=tuple(sorted({episode.season for episode in episodes})),
            episodes=episodes[:MAX_EPISODES],
            episode_count=len(episodes),
            quality=head.quality,
            poster_url=head.poster_url,
        ),
        episodes=episodes,
        is_hidden=head.instance in hidden.instances or hidden.hides_tags(head.tags),
        name=_name(head),
    )


def _replaces(imported: HistoryRecord, upgrades: Mapping[_Part, Iterable[datetime]]) -> bool:
    return any(abs(at - imported.date) <= _UPGRADE_WINDOW for at in upgrades.get(_part(imported), ()))


def _part(record: HistoryRecord) -> _Part:
    return record.media_id, record.episode


def _name(record: HistoryRecord) -> str:
    return record.download_id or f"#{record.id}"
