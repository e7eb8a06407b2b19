"""The queue's end points over a real socket."""

from typing import Any

import pytest

from discarr.sandbox.arr_server.app import ArrServer
from discarr.sandbox.arr_server.scenario import Scenario, Step, already, downloading, troubled, waiting
from discarr.sandbox.arr_server.scenario_source import ScenarioSource
from tests.fakes.clock import FakeClock
from tests.sandbox.arr_server.world import (
    AMELIE,
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


def _many(count: int) -> Scenario:
    """Return downloads that will take 100 s, 200 s, …"""
    return radarr(*(movie_download(downloading(100.0 * n), name=f"number {n}") for n in range(1, count + 1)))


def _names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["title"] for row in rows]


async def test_by_default_ten_rows_come_the_slowest_first() -> None:
    async with visiting(_server(_many(12))) as visitor:
        page = await visitor.get("/queue")

    assert {name: value for name, value in page.items() if name != "records"} == {
        "page": 1,
        "pageSize": 10,
        "sortKey": "timeleft",
        "sortDirection": "descending",
        "totalRecords": 12,
    }
    assert _names(page["records"])[:2] == ["number 12", "number 11"]


@pytest.mark.parametrize(
    ("total", "size", "asked", "answered", "count"),
    [
        (12, 5, 3, 3, 2),
        (12, 5, 4, 2, 5),
        (12, 5, 99, 2, 5),
        (12, 6, 3, 2, 6),
        (3, 10, 2, 1, 3),
        (0, 5, 2, 1, 0),
    ],
)
async def test_a_page_past_the_end_becomes_an_earlier_one(
    total: int, size: int, asked: int, answered: int, count: int
) -> None:
    async with visiting(_server(_many(total))) as visitor:
        page = await visitor.get("/queue", page=asked, pageSize=size)

    assert (page["page"], len(page["records"]), page["totalRecords"]) == (answered, count, total)


async def test_page_size_zero_counts_on_the_first_page_and_fails_on_others() -> None:
    async with visiting(_server(_many(3))) as visitor:
        page = await visitor.get("/queue", pageSize=0)
        async with visitor.ask("/api/v3/queue?pageSize=0&page=2") as answer:
            body = await answer.json()

    assert (page["totalRecords"], page["records"]) == (3, [])
    assert answer.status == 500
    assert set(body) == {"message", "description"}


async def test_a_page_of_zero_or_less_is_the_first() -> None:
    async with visiting(_server(_many(3))) as visitor:
        pages = [await visitor.get("/queue", page=number, pageSize=2) for number in (-1, 0, 1)]

    assert pages[0]["records"] == pages[1]["records"] == pages[2]["records"]


async def test_unknown_items_are_left_out_of_rows_and_total_unless_asked_for() -> None:
    async with visiting(_server(one_of_each())) as visitor:
        known = await visitor.get("/queue", pageSize=100)
        wrong_app = await visitor.get("/queue", pageSize=100, includeUnknownSeriesItems="true")
        all_rows = await visitor.get("/queue", pageSize=100, includeUnknownMovieItems="true")

    assert all_rows["totalRecords"] == known["totalRecords"] + 1 == wrong_app["totalRecords"] + 1
    assert "unknown" in _names(all_rows["records"])


async def test_titles_are_embedded_only_when_asked_for() -> None:
    async with visiting(_server(series_of_each())) as visitor:
        (lean, *_) = [row for row in await visitor.queue() if "episodeId" in row]
        (rich, *_) = [
            row
            for row in await visitor.queue(includeSeries="true", includeEpisode="true")
            if "episodeId" in row
        ]

    assert "series" not in lean
    assert "episode" not in lean
    assert rich["series"]["title"] == "Devs"
    assert rich["episode"]["id"] == rich["episodeId"]


async def test_parameters_are_read_in_any_case() -> None:
    async with visiting(_server(_many(3))) as visitor:
        page = await visitor.get("/queue", PAGESIZE=2, INCLUDEMOVIE="True")

    assert page["pageSize"] == 2
    assert page["records"][0]["movie"]["title"] == "Metropolis"


@pytest.mark.parametrize(
    "query",
    ["sortDirection=asc", "pageSize=ten", "movieIds=1,2", "includeMovie=yes", "protocol=carrier", "page=1.5"],
)
async def test_malformed_parameters_are_refused_with_a_problem_document(query: str) -> None:
    async with visiting(_server(_many(1))) as visitor, visitor.ask(f"/api/v3/queue?{query}") as answer:
        body = await answer.json(content_type="application/problem+json")

    assert answer.status == 400
    assert list(body["errors"]) == [query.partition("=")[0]]


@pytest.mark.parametrize(
    "key",
    [
        "added", "downloadClient", "estimatedCompletionTime", "indexer", "languages", "movies.sortTitle",
        "progress", "protocol", "quality", "size", "status", "timeleft", "title", "year",
    ],
)  # fmt: skip
@pytest.mark.parametrize("direction", ["ascending", "descending"])
async def test_every_whitelisted_sort_key_works_on_radarr(key: str, direction: str) -> None:
    async with visiting(_server(one_of_each())) as visitor:
        page = await visitor.get("/queue", sortKey=key.upper(), sortDirection=direction, pageSize=100)

    assert page["sortKey"] == key
    assert len(page["records"]) == 10


@pytest.mark.parametrize("key", ["episodes.airDateUtc", "episodes.title", "language", "series.sortTitle"])
async def test_sonarr_has_sort_keys_of_its_own(key: str) -> None:
    async with visiting(_server(series_of_each())) as visitor:
        page = await visitor.get("/queue", sortKey=key, pageSize=100)

    assert page["sortKey"] == key


async def test_an_unknown_sort_key_falls_back_silently() -> None:
    async with visiting(_server(_many(2))) as visitor:
        page = await visitor.get("/queue", sortKey="episodes.title", sortDirection="ascending")

    assert page["sortKey"] == "timeleft"
    assert _names(page["records"]) == ["number 1", "number 2"]


async def test_sorting_sonarr_by_episode_fails_with_two_rows_or_more() -> None:
    server = _server(sonarr(pack()))
    async with visiting(server) as visitor, visitor.ask("/api/v3/queue?sortKey=episode") as answer:
        assert answer.status == 500


async def test_rows_without_a_time_come_last_when_ascending() -> None:
    scenario = radarr(
        movie_download(waiting(Step.PAUSED), name="paused"), movie_download(downloading(9), name="fast")
    )
    async with visiting(_server(scenario)) as visitor:
        rows = await visitor.queue(sortDirection="ascending")
        turned = await visitor.queue(sortDirection="descending")

    assert _names(rows) == ["fast", "paused"]
    assert _names(turned) == ["paused", "fast"]


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"movieIds": str(AMELIE.id)}, ["refused"]),
        ({"status": "Paused"}, ["paused"]),
        ({"protocol": "torrent"}, ["stalled"]),
        ({"quality": "999"}, []),
    ],
)
async def test_rows_can_be_filtered(filters: dict[str, str], names: list[str]) -> None:
    async with visiting(_server(one_of_each())) as visitor:
        rows = await visitor.queue(**filters)

    assert _names(rows) == names


async def test_details_are_a_bare_list_with_unknown_items() -> None:
    async with visiting(_server(series_of_each())) as visitor:
        everything = await visitor.get("/queue/details")
        one_series = await visitor.get("/queue/details", seriesId=7, includeSeries="true")
        one_episode = await visitor.get("/queue/details", episodeIds=701001)

    assert len(everything) == 18
    assert {row["series"]["title"] for row in one_series} == {"Devs"}
    assert {row["episodeId"] for row in one_episode} == {701001}


async def test_status_counts_rows() -> None:
    async with visiting(_server(series_of_each())) as visitor:
        counts = await visitor.get("/queue/status")

    assert counts == {
        "totalCount": 18,
        "count": 17,
        "unknownCount": 1,
        "errors": False,
        "warnings": True,
        "unknownErrors": False,
        "unknownWarnings": False,
    }


async def test_the_queue_is_a_snapshot_rebuilt_now_and_then() -> None:
    clock = FakeClock()
    async with visiting(_server(_many(1), clock, refresh_every_s=60)) as visitor:
        sizes, estimates = [], []
        for _ in range(4):
            (row,) = await visitor.queue()
            sizes.append(row["sizeleft"])
            estimates.append(row["estimatedCompletionTime"])
            await clock.advance(25)

    assert sizes == [1_000_000, 1_000_000, 1_000_000, 400_000]
    assert len(set(estimates)) == 1


async def test_pending_releases_are_not_part_of_the_snapshot() -> None:
    clock = FakeClock()
    scenario = radarr(movie_download(waiting(Step.DELAYED, 600)))
    async with visiting(_server(scenario, clock)) as visitor:
        await visitor.queue()
        await clock.advance(10)
        (row,) = await visitor.queue()

    assert row["timeleft"] == "00:09:50"


async def test_a_troubled_download_stays_until_a_person_comes() -> None:
    clock = FakeClock()
    scenario = radarr(movie_download(already(1.0), troubled("no room")))
    async with visiting(_server(scenario, clock)) as visitor:
        await clock.advance(10_000_000)
        assert len(await visitor.queue()) == 1
