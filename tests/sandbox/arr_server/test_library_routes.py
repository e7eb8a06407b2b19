"""The library, and look-ups of titles, over a real socket."""

from dataclasses import replace
from typing import Any

import pytest

from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.app import ArrServer
from discarr.sandbox.arr_server.library import Movie, Series
from discarr.sandbox.arr_server.scenario import Scenario, already, importing
from discarr.sandbox.arr_server.scenario_source import ScenarioSource
from discarr.sandbox.arr_server.source import FixedSource
from tests.fakes.clock import FakeClock
from tests.sandbox.arr_server.world import (
    one_of_each,
    pack,
    radarr,
    series_of_each,
    sonarr,
    visiting,
)


def _server(scenario: Scenario, clock: FakeClock | None = None, **options: Any) -> ArrServer:
    return ArrServer(ScenarioSource(scenario=scenario), clock=clock or FakeClock(), **options)


async def test_movies_are_found_by_id_by_provider_and_all_at_once() -> None:
    async with visiting(_server(one_of_each())) as visitor:
        one = await visitor.get("/movie/2")
        by_provider = await visitor.get("/movie", tmdbId=1001)
        everything = await visitor.get("/movie")

    assert one["title"] == "Amélie"
    assert [movie["title"] for movie in by_provider] == ["Metropolis"]
    assert len(everything) == 2


async def test_series_and_their_episodes_are_found() -> None:
    async with visiting(_server(series_of_each())) as visitor:
        series = await visitor.get("/series/7")
        of_series = await visitor.get("/episode", seriesId=7)
        async with visitor.ask("/api/v3/episode?episodeIds=701002&episodeIds=701003&episodeIds=5") as answer:
            by_ids = await answer.json()
        one = await visitor.get("/episode/701008")

    assert series["title"] == "Devs"
    assert len(of_series) == 8
    assert [episode["episodeNumber"] for episode in by_ids] == [2, 3]
    assert one["finaleType"] == "season"


@pytest.mark.parametrize("path", ["/series/99", "/episode/99", "/command/99"])
async def test_what_is_not_there_is_a_problem_document(path: str) -> None:
    async with visiting(_server(series_of_each())) as visitor, visitor.ask(f"/api/v3{path}") as answer:
        problem = await answer.json(content_type="application/problem+json")

    assert answer.status == 404
    assert problem["title"] == "Not Found"


async def test_episodes_need_a_filter() -> None:
    async with visiting(_server(series_of_each())) as visitor, visitor.ask("/api/v3/episode") as answer:
        assert answer.status == 400


async def test_episodes_of_one_season_can_be_asked_for() -> None:
    series = Series(id=3, title="Two Seasons", year=2020, episode_counts=(2, 3))
    async with visiting(_server(Scenario(kind=InstanceKind.SONARR, library=(series,)))) as visitor:
        episodes = await visitor.get("/episode", seriesId=3, seasonNumber=2)

    assert [(episode["seasonNumber"], episode["episodeNumber"]) for episode in episodes] == [
        (2, 1),
        (2, 2),
        (2, 3),
    ]


async def test_series_count_the_episodes_that_are_there() -> None:
    clock = FakeClock()
    async with visiting(_server(sonarr(pack(already(1.0), importing(8))), clock)) as visitor:
        await clock.advance(6)
        series = await visitor.get("/series/7")
        (listed,) = await visitor.get("/series")
        (row, *_) = await visitor.queue(includeSeries="true")

    (_, season) = series["seasons"]
    assert season["statistics"]["episodeFileCount"] == 6
    assert series["statistics"]["percentOfEpisodes"] == 75
    assert listed == series
    assert "statistics" not in row["series"]


async def test_a_series_without_episodes_is_not_divided_by_zero() -> None:
    series = Series(id=3, title="Announced", year=2030, episode_counts=())
    async with visiting(_server(Scenario(kind=InstanceKind.SONARR, library=(series,)))) as visitor:
        statistics = (await visitor.get("/series/3"))["statistics"]

    assert (statistics["episodeCount"], statistics["percentOfEpisodes"]) == (0, 0)


@pytest.mark.parametrize(
    ("term", "titles"),
    [
        ("metro", ["Metropolis", "Metropolis Robot"]),
        ("ROBOT metro", ["Metropolis Robot"]),
        ("tmdb:1001", ["Metropolis"]),
        ("tmdb: 1050", ["Metropolis Robot"]),
        ("tvdb:300001", []),
        ("nothing like it", []),
    ],
)
async def test_movies_are_looked_up_by_title_and_by_id(term: str, titles: list[str]) -> None:
    robot = Movie(id=50, title="Metropolis Robot", year=2001, tags=("family",))
    async with visiting(_server(replace(radarr(), catalogue=(robot,)))) as visitor:
        found = await visitor.get("/movie/lookup", term=term)

    assert [item["title"] for item in found] == titles


async def test_what_is_in_the_library_is_found_with_its_id() -> None:
    other = Movie(id=50, title="Metropolis Robot", year=2001)
    async with visiting(_server(replace(radarr(), catalogue=(other,)))) as visitor:
        known, unknown = await visitor.get("/movie/lookup", term="metropolis")

    assert known["id"] == 1
    assert "id" not in unknown
    assert (unknown["qualityProfileId"], unknown["added"]) == (0, "0001-01-01T00:00:00Z")
    assert unknown["remotePoster"].startswith("https://image.tmdb.org/")


async def test_series_are_looked_up_too() -> None:
    async with visiting(_server(series_of_each())) as visitor:
        (found,) = await visitor.get("/series/lookup", term="tvdb:300007")
        async with visitor.ask("/api/v3/movie/lookup?term=devs") as answer:
            assert answer.status == 404

    assert found["title"] == "Devs"


async def test_an_empty_look_up_fails_as_if_the_provider_were_away() -> None:
    async with visiting(_server(radarr())) as visitor:
        status, body = await visitor.send("GET", "/movie/lookup", term=" ")

    assert status == 503
    assert body["message"] == "Search for '' failed. Unable to communicate with RadarrAPI."
    assert "errorMessage" not in body


async def test_a_title_without_pictures_has_no_poster() -> None:
    source = FixedSource(kind=InstanceKind.RADARR, catalogue=[{"title": "Lost", "tmdbId": 5}])
    async with visiting(ArrServer(source, clock=FakeClock())) as visitor:
        (found,) = await visitor.get("/movie/lookup", term="lost")

    assert "remotePoster" not in found
