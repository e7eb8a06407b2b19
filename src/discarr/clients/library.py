"""Titles and episodes of a library, for people to choose from."""

from collections.abc import Iterable

from discarr.clients.titles import MAX_TITLE, media_title
from discarr.clients.values import clip, is_id, parse_instant
from discarr.clients.wire_actions import EpisodeRow, LibraryRow
from discarr.core.actions import LibraryEpisode, LibraryTitle
from discarr.core.models import EpisodeNumber


def read_title(row: LibraryRow | None) -> LibraryTitle | None:
    """Return the title; None for one that is not in the library, or has no name."""
    if row is None or not is_id(row.id) or not (row.title or "").strip():
        return None
    named = media_title(row)
    seasons = {season.season_number for season in row.seasons or () if season.season_number is not None}
    return LibraryTitle(id=row.id, title=named.title, year=named.year, seasons=tuple(sorted(seasons)))


def read_episodes(rows: Iterable[EpisodeRow]) -> tuple[LibraryEpisode, ...]:
    """Return the episodes in order; those without an id or a number are left out."""
    episodes = [
        LibraryEpisode(
            id=row.id,
            number=EpisodeNumber(row.season_number, row.episode_number),
            title=clip(row.title, MAX_TITLE) if row.title else None,
            has_file=row.has_file,
            aired=parse_instant(row.air_date_utc),
        )
        for row in rows
        if is_id(row.id) and row.season_number is not None and row.episode_number is not None
    ]
    return tuple(sorted(episodes, key=lambda episode: (episode.number, episode.id)))
