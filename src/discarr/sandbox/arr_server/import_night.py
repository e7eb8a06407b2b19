"""A night of imports: hundreds of downloads that arrive one after the other."""

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.library import EpisodesOf, Movie, Series, whole_season
from discarr.sandbox.arr_server.scenario import ScriptedDownload, Step, downloading, importing, waiting

_EPISODES = 10
_PACK_SHARE = 0.2
"""Part of Sonarr's downloads that are season packs of `_EPISODES` episodes."""
_FIRST_ID = 10_000
_WORDS = ("Amber", "Border", "Copper", "Distant", "Ember", "Falling", "Golden", "Hollow", "Iron", "Jasper")


def night_of_imports(
    kind: InstanceKind,
    *,
    count: int = 300,
    over_s: float = 6 * 3600.0,
    starts_at_s: float = 0.0,
    seed: int = 0,
) -> tuple[ScriptedDownload, ...]:
    """Return downloads whose imports are spread over a time, the same for the same `seed`.

    The titles are made up, with ids from 10,000 on. Each is in the queue for some minutes before.
    """
    chance = random.Random(seed)  # noqa: S311 - not secret  # nosec B311
    media: Iterator[Movie | EpisodesOf] = (
        _movies(chance) if kind is InstanceKind.RADARR else _episodes(chance)
    )
    return tuple(
        _imported_at(item, starts_at_s + over_s * (number + chance.random()) / count, chance)
        for number, item in enumerate(islice(media, count))
    )


def _imported_at(media: Movie | EpisodesOf, moment_s: float, chance: random.Random) -> ScriptedDownload:
    script = ScriptedDownload(
        release=_release(media),
        size_bytes=chance.randrange(1_000_000_000, 12_000_000_000),
        phases=(waiting(Step.QUEUED, 20), downloading(chance.uniform(200, 900)), importing(15)),
        media=media,
    )
    return replace(script, starts_at_s=moment_s - script.lasts_s)


def _release(media: Movie | EpisodesOf) -> str:
    if isinstance(media, Movie):
        name = f"{media.title} {media.year}"
    else:
        number = f"E{media.numbers[0]:02d}" if len(media.numbers) == 1 else ""
        name = f"{media.series.title} S{media.season:02d}{number}"
    return f"{name.replace(' ', '.')}.1080p.WEB-DL.H.264-DISCARR"


def _movies(chance: random.Random) -> Iterator[Movie]:
    number = 0
    while True:
        number += 1
        yield Movie(id=_FIRST_ID + number, title=_title(chance, number), year=1950 + number % 76)


def _episodes(chance: random.Random) -> Iterator[EpisodesOf]:
    number = 0
    while True:
        number += 1
        series = Series(
            id=_FIRST_ID + number, title=_title(chance, number), year=2015, episode_counts=(_EPISODES,)
        )
        if chance.random() < _PACK_SHARE:
            yield whole_season(series, 1)
        else:
            for episode in range(1, 4):
                yield EpisodesOf(series=series, season=1, numbers=(episode,))


def _title(chance: random.Random, number: int) -> str:
    return f"{' '.join(chance.sample(_WORDS, 2))} {number}"
