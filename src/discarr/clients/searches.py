"""What to ask Sonarr to search for, so that it searches for what a download holds and for nothing else."""

from collections.abc import Sequence
from itertools import groupby

from discarr.clients.wire_actions import EpisodeSearch, SeasonSearch
from discarr.core.actions import LibraryEpisode
from discarr.core.models import Download


def plan_searches(
    download: Download, series_id: int, library: Sequence[LibraryEpisode]
) -> tuple[SeasonSearch | EpisodeSearch, ...]:
    """Return the searches; empty when it is not known which episodes a download holds.

    `library` holds all episodes of the download's seasons, in order. A season that the download covers is
    one search at the indexers, each single episode another.
    """
    seasons: list[SeasonSearch] = []
    single: list[LibraryEpisode] = []
    for season, group in groupby(library, key=lambda episode: episode.number.season):
        if season not in download.seasons:
            continue
        known = list(group)
        if _covers(download, known):
            seasons.append(SeasonSearch(series_id, season))
        elif _has_unknown_numbers(download):
            return ()
        else:
            single += [episode for episode in known if episode.number in download.episodes]
    if not single:
        return tuple(seasons)
    return (*seasons, EpisodeSearch(tuple(episode.id for episode in single)))


def _covers(download: Download, season: Sequence[LibraryEpisode]) -> bool:
    """Whether a download holds a whole season; one that names only the season does."""
    if not download.episodes and not download.episode_count:
        return True
    if _has_unknown_numbers(download):
        return len(download.seasons) == 1 and download.episode_count >= len(season)
    return {episode.number for episode in season} <= set(download.episodes)


def _has_unknown_numbers(download: Download) -> bool:
    return len(download.episodes) < download.episode_count
