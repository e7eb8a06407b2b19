"""History rows as the domain knows them."""

import re

from discarr.clients.release_name import parse_release_name
from discarr.clients.titles import TitleCache, media_title
from discarr.clients.values import clip, parse_instant
from discarr.clients.wire import HistoryRow
from discarr.core.models import EpisodeNumber, HistoryEvent, HistoryRecord

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


def read_history_row(row: HistoryRow, instance: str, titles: TitleCache) -> HistoryRecord | None:
    """Return the record; None for a row without the id or date that a record needs."""
    date = parse_instant(row.date)
    if row.id is None or date is None:
        return None
    # For deleted and renamed files `sourceTitle` is a whole path.
    release_title = re.split(r"[/\\]", clip(row.source_title or "", 1000))[-1]
    name = parse_release_name(release_title)
    media_id = row.movie_id or row.series_id or None
    media = row.movie or row.series
    title = media_title(media) if media and media.title else titles.media.get(media_id)
    episode = row.episode
    number = None
    if episode and episode.season_number is not None and episode.episode_number is not None:
        number = EpisodeNumber(episode.season_number, episode.episode_number)
    elif row.series_id and len(name.episodes) == 1:
        number = name.episodes[0]
    quality = row.quality.quality.name if row.quality and row.quality.quality else None
    return HistoryRecord(
        id=row.id,
        instance=instance,
        event=_EVENTS.get((row.event_type or "").lower(), HistoryEvent.UNKNOWN),
        date=date,
        download_id=row.download_id or None,
        title=title.title if title else name.title,
        year=title.year if title else name.year,
        media_id=media_id,
        episode=number,
        release_title=release_title,
        quality=quality,
        tags=titles.tags(title),
    )
