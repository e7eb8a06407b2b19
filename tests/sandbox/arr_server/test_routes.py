"""Library, history and commands over a real socket."""

from datetime import timedelta
from typing import Any

import pytest

from discarr.sandbox.arr_server.app import ArrServer
from discarr.sandbox.arr_server.scenario import Scenario
from discarr.sandbox.arr_server.scenario_source import ScenarioSource
from tests.fakes.clock import START, FakeClock
from tests.sandbox.arr_server.world import (
    AMELIE,
    Visitor,
    movie_download,
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


async def test_tags_health_and_disks_are_told() -> None:
    async with visiting(_server(one_of_each())) as visitor:
        tags = await visitor.get("/tag")
        movie = await visitor.get("/movie/1")
        health = await visitor.get("/health")
        disks = await visitor.get("/diskspace")
        (folder,) = await visitor.get("/rootfolder")

    assert tags == [{"label": "family", "id": 1}]
    assert movie["tags"] == [1]
    assert [issue["source"] for issue in health] == ["IndexerStatusCheck"]
    assert [disk["path"] for disk in disks] == ["/", "/data"]
    assert folder["freeSpace"] == 7


async def test_a_root_folder_on_no_known_volume_has_no_free_space() -> None:
    scenario = Scenario(kind=radarr().kind, root_folders=("/elsewhere",))
    async with visiting(_server(scenario)) as visitor:
        (folder,) = await visitor.get("/rootfolder")

    assert folder["freeSpace"] is None


async def _history(visitor: Visitor, **parameters: Any) -> list[dict[str, Any]]:
    page = await visitor.get("/history", **parameters)
    records: list[dict[str, Any]] = page["records"]
    return records


async def test_history_is_paged_newest_first_and_empty_past_the_end() -> None:
    clock = FakeClock()
    async with visiting(_server(sonarr(pack()), clock)) as visitor:
        await clock.advance(200)
        first = await visitor.get("/history")
        second = await _history(visitor, page=2)
        third = await _history(visitor, page=3)
        oldest = await _history(visitor, sortDirection="ascending", pageSize=1)

    assert (first["totalRecords"], len(first["records"]), len(second), third) == (16, 10, 6, [])
    assert first["records"][0]["eventType"] == "downloadFolderImported"
    assert oldest[0]["eventType"] == "grabbed"


async def test_history_can_be_filtered_and_enriched() -> None:
    clock = FakeClock()
    async with visiting(_server(sonarr(pack()), clock)) as visitor:
        await clock.advance(200)
        grabs = await _history(visitor, eventType=1, pageSize=50)
        of_download = await _history(visitor, downloadId=grabs[0]["downloadId"], pageSize=50)
        of_episode = await _history(visitor, episodeId=701001, includeSeries="true", includeEpisode="true")
        of_nothing = await _history(visitor, seriesIds=99)
        of_series = await visitor.get("/history/series", seriesId=7)

    assert len(grabs) == 8
    assert len(of_download) == len(of_series) == 16
    assert {row["episode"]["episodeNumber"] for row in of_episode} == {1}
    assert {row["series"]["title"] for row in of_episode} == {"Devs"}
    assert of_nothing == []


async def test_history_since_is_inclusive_and_oldest_first() -> None:
    clock = FakeClock()
    scenario = radarr(movie_download(), movie_download(name="later", media=AMELIE, starts_at_s=60))
    moment = (START + timedelta(seconds=60)).strftime("%Y-%m-%dT%H:%M:%SZ")
    async with visiting(_server(scenario, clock)) as visitor:
        await clock.advance(300)
        rows = await visitor.get("/history/since", date=moment)
        grabs = await visitor.get("/history/since", date=moment, eventType="grabbed")
        numbered = await visitor.get("/history/since", date=moment, eventType=1)
        async with visitor.ask("/api/v3/history/since?date=yesterday") as answer:
            assert answer.status == 400

    assert [row["eventType"] for row in rows] == ["grabbed", *["downloadFolderImported"] * 2]
    assert [row["sourceTitle"] for row in grabs] == ["later"]
    assert numbered == grabs


async def test_history_of_a_movie_is_newest_first() -> None:
    clock = FakeClock()
    async with visiting(_server(radarr(movie_download()), clock)) as visitor:
        await clock.advance(200)
        rows = await visitor.get("/history/movie", movieId=1, includeMovie="true")

    assert [row["eventType"] for row in rows] == ["downloadFolderImported", "grabbed"]
    assert rows[0]["movie"]["title"] == "Metropolis"


async def _post(visitor: Visitor, **body: Any) -> dict[str, Any]:
    async with visitor.ask("/api/v3/command", "POST", json=body) as answer:
        assert answer.status == 201
        command: dict[str, Any] = await answer.json()
        return command


async def test_a_refresh_shows_the_new_state_when_it_has_ended() -> None:
    clock = FakeClock()
    async with visiting(_server(radarr(movie_download()), clock, command_s=5)) as visitor:
        await clock.advance(20)
        posted = await _post(visitor, name="refreshMonitoredDownloads")
        (old,) = await visitor.queue()
        await clock.advance(2)
        running = await visitor.get(f"/command/{posted['id']}")
        (still_old,) = await visitor.queue()
        await clock.advance(4)
        ended = await visitor.get(f"/command/{posted['id']}")
        (new,) = await visitor.queue()

    assert (posted["status"], running["status"], ended["status"]) == ("queued", "started", "completed")
    assert "started" not in posted
    assert (ended["name"], ended["duration"]) == ("RefreshMonitoredDownloads", "00:00:04")
    assert old == still_old
    assert new["sizeleft"] == 850_000


async def test_an_equal_command_is_not_queued_twice() -> None:
    clock = FakeClock()
    async with visiting(_server(radarr(), clock)) as visitor:
        first = await _post(visitor, name="RssSync")
        second = await _post(visitor, name="RssSync")
        other = await _post(visitor, name="MoviesSearch", movieIds=[1])
        await clock.advance(60)
        later = await _post(visitor, name="RssSync")
        listed = await visitor.get("/command")
        await clock.advance(400)
        forgotten = await visitor.get("/command")

    assert first["id"] == second["id"]
    assert len({first["id"], other["id"], later["id"]}) == 3
    assert len(listed) == 3
    assert forgotten == []


async def test_an_unknown_command_is_a_server_error() -> None:
    body = {"name": "MakeCoffee"}
    async with (
        visiting(_server(radarr())) as visitor,
        visitor.ask("/api/v3/command", "POST", json=body) as answer,
    ):
        assert answer.status == 500


async def test_a_command_can_be_cancelled_while_it_is_queued() -> None:
    clock = FakeClock()
    async with visiting(_server(radarr(), clock, command_s=5)) as visitor:
        statuses = []
        for wait in (0, 2):
            command = await _post(visitor, name="RssSync")
            await clock.advance(wait)
            async with visitor.ask(f"/api/v3/command/{command['id']}", "DELETE") as answer:
                statuses.append(answer.status)
        async with visitor.ask("/api/v3/command/99", "DELETE") as answer:
            statuses.append(answer.status)

    assert statuses == [200, 409, 404]
