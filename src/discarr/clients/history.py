"""History rows as the domain knows them."""

import re
from collections.abc import Sequence
from itertools import batched

from discarr.clients.decode import Page
from discarr.clients.release_name import parse_release_name
from discarr.clients.titles import MediaTitle, TitleCache, media_title
from discarr.clients.values import clip, parse_instant
from discarr.clients.wire import HistoryRow
from discarr.core.clock import Clock
from discarr.core.models import EpisodeNumber, HistoryEvent, HistoryRecord

_ROWS_PER_SLICE = 50
"""Rows read before others get a turn: about 1 ms."""

_EVENTS = {
    "grabbed": HistoryEvent.GRABBED,
    "downloadfolderimported": HistoryEvent.IMPORTED,
    "moviefolderimported": HistoryEvent.IMPORTED,
    "seriesfolderimported": HistoryEvent.IMPORTED,
    "downloadfailed": HistoryEvent.FAILED,
    "downloadignored": HistoryEvent.IGNORED,
    "moviefiledeleted": HistoryEvent.FILE_DELETED,
    "episodefiledeleted": HistoryEvent.FILE_DELETED,
    "moviefilerenamed": HistoryEvent.RENAMED,
    "episodefilerenamed": HistoryEvent.RENAMED,
}


class HistoryReader:
    """Reads the rows of one walk over a history; a title that thousands of them embed exists once."""

    def __init__(self, instance: str, titles: TitleCache, clock: Clock) -> None:
        self._instance = instance
        self._titles = titles
        self._clock = clock
        self._embedded: dict[int, MediaTitle] = {}

    def titles_of(self, rows: Sequence[HistoryRow]) -> list[MediaTitle]:
        """Return the titles that the rows are about, as far as they are known."""
        return [title for row in rows if (title := self._title_of(row)) is not None]

    async def read(self, page: Page[HistoryRow]) -> Page[HistoryRecord]:
        """Return the page with records in the place of rows; what lacks an id or a date is skipped."""
        records: list[HistoryRecord] = []
        for rows in batched(page.rows, _ROWS_PER_SLICE):
            await self._clock.give_way()
            records += [record for row in rows if (record := self._read(row)) is not None]
        skipped = page.sent - len(records)
        return Page(rows=tuple(records), number=page.number, total=page.total, skipped=skipped)

    def _read(self, row: HistoryRow) -> HistoryRecord | None:
        date = parse_instant(row.date)
        if row.id is None or date is None:
            return None
        # For deleted and renamed files `sourceTitle` is a whole path.
        release_title = re.split(r"[/\\]", clip(row.source_title or "", 1000))[-1]
        title = self._title_of(row)
        shown = title or parse_release_name(release_title)
        event = _EVENTS.get((row.event_type or "").lower(), HistoryEvent.UNKNOWN)
        reason = row.data.reason if row.data else None
        return HistoryRecord(
            id=row.id,
            instance=self._instance,
            event=event,
            date=date,
            download_id=row.download_id or None,
            title=shown.title,
            year=shown.year,
            media_id=row.media_id,
            episode=_episode_number(row, release_title),
            release_title=release_title,
            quality=row.quality.quality.name if row.quality and row.quality.quality else None,
            tags=self._titles.tags(title),
            episode_id=row.episode_id or None,
            poster_url=title.poster_url if title else None,
            is_upgrade_deletion=event is HistoryEvent.FILE_DELETED and reason == "Upgrade",
        )

    def _title_of(self, row: HistoryRow) -> MediaTitle | None:
        media = row.movie or row.series
        if media is None or not media.title or not media.title.strip():
            return self._titles.media.get(row.media_id)
        key = row.media_id or media.id
        if key is None:
            return media_title(media)
        title = self._embedded.get(key)
        if title is None:
            title = self._embedded[key] = media_title(media)
        return title


def _episode_number(row: HistoryRow, release_title: str) -> EpisodeNumber | None:
    episode = row.episode
    if episode and episode.season_number is not None and episode.episode_number is not None:
        return EpisodeNumber(episode.season_number, episode.episode_number)
    if not row.series_id:
        return None
    episodes = parse_release_name(release_title).episodes
    return episodes[0] if len(episodes) == 1 else None
