"""Searches that people start."""

from dataclasses import replace
from typing import Any

import pytest

from discarr.sandbox.arr_server.library import BLURAY_2160P, WEBDL_720P, EpisodesOf
from discarr.sandbox.arr_server.scenario import Ending, ScriptedDownload, Step, already, waiting
from discarr.sandbox.arr_server.scenario_source import ScenarioSource
from discarr.sandbox.arr_server.source import Removal
from tests.sandbox.arr_server.world import (
    AMELIE,
    DEVS,
    METROPOLIS,
    after,
    begun,
    movie_download,
    pack,
    radarr,
    sonarr,
)

FOUND = movie_download(name="found", media=AMELIE)


def _search(source: ScenarioSource, name: str, moment_s: float = 20, **body: Any) -> str:
    source.advance(after(moment_s))
    return source.run(name, body, after(moment_s)).message


def _titles(source: ScenarioSource, moment_s: float = 21) -> list[str]:
    return sorted({row["title"] for row in source.rows(after(moment_s))})


def _episode(number: int) -> ScriptedDownload:
    media = EpisodesOf(series=DEVS, season=1, numbers=(number,))
    return replace(pack(), release=f"Devs.S01E{number:02d}", media=media)


def test_a_search_finds_what_is_scripted_once() -> None:
    source = begun(replace(radarr(), findable=(FOUND,)))

    first = _search(source, "MoviesSearch", movieIds=[AMELIE.id])
    second = _search(source, "MoviesSearch", 500, movieIds=[AMELIE.id])

    assert first == "Movie search completed. 1 reports downloaded."
    assert second == "Movie search completed. 0 reports downloaded."
    assert [row["eventType"] for row in source.history(after(500))] == ["grabbed", "downloadFolderImported"]


def test_a_search_for_another_title_finds_nothing() -> None:
    source = begun(replace(radarr(), findable=(FOUND,)))

    _search(source, "MoviesSearch", movieIds=[METROPOLIS.id])

    assert _titles(source) == []


def test_a_movie_that_does_not_exist_cannot_be_searched() -> None:
    outcome = begun(radarr()).run("MoviesSearch", {"movieIds": [99]}, after(0))

    assert outcome.message == "Movie with ID 99 does not exist"
    assert outcome.exception


@pytest.mark.parametrize(
    ("quality", "titles"), [(WEBDL_720P, ["queued"]), (BLURAY_2160P, ["better", "queued"])]
)
def test_only_something_better_is_grabbed_beside_what_is_in_the_queue(
    quality: Any, titles: list[str]
) -> None:
    better = movie_download(name="better", quality=quality)
    source = begun(replace(radarr(movie_download(waiting(Step.QUEUED), name="queued")), findable=(better,)))

    _search(source, "MoviesSearch", movieIds=[METROPOLIS.id])

    assert _titles(source) == titles


def test_a_search_finds_what_replaces_a_removed_download() -> None:
    source = begun(radarr(movie_download(replacement=movie_download(name="instead"))))
    source.remove(source.rows(after(5))[0], Removal(), after(5))

    _search(source, "MoviesSearch", movieIds=[METROPOLIS.id])
    _search(source, "MoviesSearch", 300, movieIds=[METROPOLIS.id])

    assert _titles(source) == ["instead"]
    assert _titles(source, 301) == []


def test_what_the_app_has_grabbed_by_itself_is_not_found_again() -> None:
    script = movie_download(
        already(0.5),
        waiting(Step.QUEUED, 5),
        ending=Ending.FAILED,
        replacement=movie_download(name="instead"),
    )
    source = begun(radarr(script))

    message = _search(source, "MoviesSearch", 300, movieIds=[METROPOLIS.id])

    assert message == "Movie search completed. 0 reports downloaded."


@pytest.mark.parametrize(
    ("name", "body", "titles"),
    [
        ("EpisodeSearch", {"episodeIds": [701_002]}, ["Devs.S01E02"]),
        ("EpisodeSearch", {}, []),
        ("SeasonSearch", {"seriesId": DEVS.id, "seasonNumber": 1}, ["Devs.S01E01", "Devs.S01E02"]),
        ("SeasonSearch", {"seriesId": DEVS.id, "seasonNumber": 2}, []),
        ("SeriesSearch", {"seriesId": DEVS.id}, ["Devs.S01E01", "Devs.S01E02"]),
        ("SeriesSearch", {"seriesId": 99}, []),
        ("MissingEpisodeSearch", {}, ["Devs.S01E01", "Devs.S01E02"]),
        ("CutoffUnmetEpisodeSearch", {}, []),
    ],
)
def test_episodes_are_searched_in_many_ways(name: str, body: dict[str, Any], titles: list[str]) -> None:
    source = begun(replace(sonarr(), findable=(_episode(1), _episode(2))))

    _search(source, name, **body)

    assert _titles(source) == titles
