"""Folding queue rows into downloads: one per download id, whatever the number of rows (design decision 1)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import batched
from typing import Literal

from msgspec import Struct

from discarr.clients.release_name import ReleaseName, parse_release_name
from discarr.clients.titles import TitleCache
from discarr.clients.values import clip, parse_instant, parse_size, parse_span
from discarr.clients.wire import QueueRow
from discarr.core.clock import Clock
from discarr.core.models import (
    Download,
    DownloadKey,
    EpisodeNumber,
    Protocol,
    QueueStatus,
    StatusMessage,
    TrackedState,
    TrackedStatus,
)

MAX_TEXT = 1000
MAX_MESSAGES = 200
_NO_TIME = timedelta(0)
_LONGEST_WAIT = timedelta(days=3650)
"""Estimates beyond are overflows of the client (Deluge sends TimeSpan.MaxValue), not estimates."""
_ROWS_PER_SLICE = 2000
"""Rows sorted into downloads before others get a turn: about 1 ms."""
_GROUPS_PER_SLICE = 100
"""Downloads made before others get a turn: about 1 ms."""
_CLOCK_SKEW = timedelta(minutes=5)


class _Words[Word: StrEnum, Absent](dict[str | None, Word | Absent]):
    """The words of an enumeration, in any case; the usual spelling costs a single look."""

    def __init__(self, members: type[Word], *, absent: Absent) -> None:
        super().__init__({member.value: member for member in members})
        self._by_lower_case = {member.value.lower(): member for member in members}
        self._unknown = members("unknown")
        self[None] = absent

    def __missing__(self, text: str) -> Word:
        return self._by_lower_case.get(text.lower(), self._unknown)


_STATUS = _Words(QueueStatus, absent=QueueStatus.UNKNOWN)
_TRACKED_STATUS = _Words(TrackedStatus, absent=None)
_TRACKED_STATE = _Words(TrackedState, absent=None)
_PROTOCOL = _Words(Protocol, absent=Protocol.UNKNOWN)


class _Folded(Struct, frozen=True, gc=False):
    """A download and what it was made of."""

    group: QueueRow | list[QueueRow]
    """Its row or rows."""
    download: Download
    looked_at: datetime | None
    """When the app looked at its download client, as far as the rows tell."""


class QueueFold:
    """Folds the rows of one instance, reusing the downloads whose rows and titles did not change."""

    def __init__(self, instance: str, titles: TitleCache, clock: Clock, *, has_episodes: bool) -> None:
        self._instance = instance
        self._has_episodes = has_episodes
        self._titles = titles
        self._clock = clock
        self._known: dict[str | int, _Folded] = {}
        self._titles_version = -1

    async def fold(self, rows: Sequence[QueueRow]) -> tuple[tuple[Download, ...], datetime | None, int]:
        """Return the downloads in order of first appearance, the age of the data, and the rows left out.

        Left out are rows without any identity: neither a download id nor an id.
        """
        version = self._titles.version
        known = self._known if version == self._titles_version else {}
        groups: dict[str | int, QueueRow | list[QueueRow]] = {}
        anonymous = 0
        for part in batched(rows, _ROWS_PER_SLICE):
            await self._clock.give_way()
            for row in part:
                key = row.download_id or row.id
                if key is None:
                    anonymous += 1
                    continue
                group = groups.setdefault(key, row)
                if group is row:
                    continue
                if isinstance(group, list):
                    group.append(row)
                else:
                    groups[key] = [group, row]
        folded: dict[str | int, _Folded] = {}
        now = self._clock.now()
        limit = now + _CLOCK_SKEW
        data_as_of: datetime | None = None
        for some in batched(groups.items(), _GROUPS_PER_SLICE):
            await self._clock.give_way()
            for key, group in some:
                item = known.get(key)
                if item is None or (item.group is not group and item.group != group):
                    item = self._fold(key, group)
                folded[key] = item
                looked_at = item.looked_at
                if looked_at and looked_at <= limit and (data_as_of is None or looked_at > data_as_of):
                    data_as_of = looked_at
        await self._clock.give_way()
        known = self._known = folded  # letting go of thousands of rows takes a while
        self._titles_version = version
        await self._clock.give_way()
        downloads = tuple([item.download for item in folded.values()])
        return downloads, data_as_of and min(data_as_of, now), anonymous

    def _fold(self, group_key: str | int, group: QueueRow | list[QueueRow]) -> _Folded:
        """Make a download of its rows; the row of the lowest id speaks for all, so that nothing flickers."""
        rows = sorted(group, key=_rank) if isinstance(group, list) else [group]
        head = rows[0]
        kind: Literal["d", "p"] = "d" if isinstance(group_key, str) else "p"
        media_id = head.media_id
        title = self._titles.media.get(media_id)
        release_title = clip(head.title or "", MAX_TEXT)
        seasons, episodes, episode_count = self._episodes(rows) if self._has_episodes else ((), (), 0)
        name: ReleaseName | None = None
        if title is None or (self._has_episodes and not (seasons and episodes)):
            name = parse_release_name(release_title)
            if self._has_episodes:
                seasons, episodes = seasons or name.seasons, episodes or name.episodes
        shown = title or name or parse_release_name(release_title)
        size = parse_size(head.size) or 0
        left = parse_size(head.sizeleft if head.sizeleft is not None else head.size_left)
        size_left = size if left is None else min(left, size)
        span = parse_span(head.timeleft or head.time_left)
        estimated = parse_instant(head.estimated_completion_time)
        quality = head.quality.quality if head.quality else None
        quality_name = quality.name if quality else None
        download = Download(
            key=DownloadKey(self._instance, kind, str(group_key)),
            row_ids=_row_ids(rows),
            title=shown.title,
            year=shown.year,
            release_title=release_title,
            media_id=media_id,
            seasons=seasons,
            episodes=episodes,
            episode_count=episode_count,
            quality=None if quality_name in (None, "", "Unknown") else clip(quality_name, MAX_TEXT),
            resolution=parse_size(quality.resolution) or None if quality else None,
            size_bytes=size,
            size_left_bytes=size_left,
            time_left=_time_left(span, size_left),
            estimated_completion=estimated,
            added=parse_instant(head.added),
            status=_STATUS[head.status],
            tracked_status=_TRACKED_STATUS[head.tracked_download_status],
            tracked_state=_TRACKED_STATE[head.tracked_download_state],
            messages=_messages(rows),
            error_message=clip(head.error_message, MAX_TEXT) if head.error_message else None,
            protocol=_PROTOCOL[head.protocol],
            download_client=clip(head.download_client, MAX_TEXT) if head.download_client else None,
            indexer=clip(head.indexer, MAX_TEXT) if head.indexer else None,
            tags=self._titles.tags(title),
            has_post_import_category=head.download_client_has_post_import_category is True,
            poster_url=title.poster_url if title else None,
            root_folder=title.root_folder if title else None,
        )
        looked_at = None
        if kind == "d" and span is not None and estimated is not None:
            looked_at = _subtract(estimated, span)
        return _Folded(group, download, looked_at)

    def _episodes(self, rows: list[QueueRow]) -> tuple[tuple[int, ...], tuple[EpisodeNumber, ...], int]:
        """Unite what the rows say; rows of another series under the same id do not count (recorded)."""
        series_id = rows[0].series_id
        mine = [row for row in rows if row.series_id == series_id]
        ids = {row.episode_id for row in mine if row.episode_id}
        known = {number for key in ids if (number := self._titles.episodes.get(key))}
        seasons = {row.season_number for row in mine if row.season_number is not None}
        seasons |= {number.season for number in known}
        return tuple(sorted(seasons)), tuple(sorted(known)), len(ids)


def _time_left(span: timedelta | None, size_left: int) -> timedelta | None:
    """Drop what is no estimate: negative, overflown, or zero with data left (Radarr#3711)."""
    if span is None or not _NO_TIME <= span <= _LONGEST_WAIT or (not span and size_left > 0):
        return None
    return span


def _subtract(instant: datetime, span: timedelta) -> datetime | None:
    try:
        return instant - span
    except OverflowError:
        return None


def _rank(row: QueueRow) -> tuple[int, str]:
    return row.id or 0, row.title or ""


def _row_ids(rows: list[QueueRow]) -> tuple[int, ...]:
    if len(rows) == 1 and rows[0].id is not None:
        return (rows[0].id,)
    return tuple(sorted({row.id for row in rows if row.id is not None}))


def _messages(rows: list[QueueRow]) -> tuple[StatusMessage, ...]:
    """Unite the messages of all rows by their title, each line once, in order of appearance."""
    united: dict[str, dict[str, None]] = {}
    for row in rows:
        for entry in row.status_messages or ():
            lines = united.setdefault(clip(entry.title or "", MAX_TEXT), {})
            lines.update((clip(line, MAX_TEXT), None) for line in entry.messages or () if line)
    if not united:
        return ()
    return tuple(
        StatusMessage(title=title, messages=tuple(lines)[:MAX_MESSAGES])
        for title, lines in list(united.items())[:MAX_MESSAGES]
    )
