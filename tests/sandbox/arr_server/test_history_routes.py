"""History and blocklist over a real socket."""

from datetime import timedelta
from typing import Any

from discarr.core.models import InstanceKind, Protocol
from discarr.sandbox.arr_server.app import ArrServer
from discarr.sandbox.arr_server.scenario import Scenario
from discarr.sandbox.arr_server.scenario_source import ScenarioSource
from discarr.sandbox.arr_server.source import FixedSource
from tests.fakes.clock import START, FakeClock
from tests.sandbox.arr_server.world import (
    AMELIE,
    METROPOLIS,
    Visitor,
    movie_download,
    pack,
    radarr,
    sonarr,
    visiting,
)


def _server(scenario: Scenario, clock: FakeClock | None = None, **options: Any) -> ArrServer:
    return ArrServer(ScenarioSource(scenario=scenario), clock=clock or FakeClock(), **options)


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


async def test_the_blocklist_is_paged_newest_first_and_filtered() -> None:
    clock = FakeClock()
    scripts = [
        movie_download(name=f"number {number}", media=media, protocol=protocol)
        for number, (media, protocol) in enumerate(
            [(AMELIE, Protocol.USENET), (METROPOLIS, Protocol.USENET), (METROPOLIS, Protocol.TORRENT)]
        )
    ]
    async with visiting(_server(radarr(*scripts), clock)) as visitor:
        for row in await visitor.queue(sortKey="title"):
            await clock.advance(1)
            await visitor.remove(row, blocklist="true", skipRedownload="true")
        page = await visitor.get("/blocklist", pageSize=2)
        past_the_end = await visitor.get("/blocklist", pageSize=2, page=3)
        of_movie = await visitor.get("/blocklist", movieIds=AMELIE.id)
        torrents = await visitor.get("/blocklist", protocols="Torrent")

    assert [row["sourceTitle"] for row in page["records"]] == ["number 2", "number 1"]
    assert (page["totalRecords"], past_the_end["records"]) == (3, [])
    assert [row["movie"]["title"] for row in of_movie["records"]] == ["Amélie"]
    assert [row["sourceTitle"] for row in torrents["records"]] == ["number 2"]


async def test_an_entry_is_taken_from_the_blocklist_and_an_unknown_one_is_no_error() -> None:
    source = FixedSource(
        kind=InstanceKind.SONARR,
        blocked=[{"id": 1, "seriesId": 5, "date": "2026-01-01T00:00:00Z", "protocol": "usenet"}],
    )
    async with visiting(ArrServer(source, clock=FakeClock())) as visitor:
        before = await visitor.get("/blocklist")
        statuses = [(await visitor.send("DELETE", f"/blocklist/{number}"))[0] for number in (99, 1)]
        left = await visitor.get("/blocklist")

    assert len(before["records"]) == 1
    assert statuses == [200, 200]
    assert left["records"] == []


async def test_clearing_the_blocklist_is_a_command() -> None:
    clock = FakeClock()
    async with visiting(_server(radarr(movie_download()), clock)) as visitor:
        (row,) = await visitor.queue()
        await visitor.remove(row, blocklist="true")
        before = await visitor.get("/blocklist")
        await visitor.run(clock, "ClearBlocklist")
        left = await visitor.get("/blocklist")

    assert (before["totalRecords"], left["totalRecords"]) == (1, 0)
