"""Rows by the thousand."""

from collections import Counter
from typing import Any

import pytest

from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.app import ArrServer
from discarr.sandbox.arr_server.bulk import BulkQueue
from tests.fakes.clock import FakeClock
from tests.sandbox.arr_server.world import Visitor, visiting


def _server(kind: InstanceKind = InstanceKind.SONARR, row_count: int = 300) -> ArrServer:
    return ArrServer(BulkQueue(kind=kind, row_count=row_count, seed=3), clock=FakeClock())


async def _size(visitor: Visitor, **parameters: Any) -> int:
    async with visitor.ask("/api/v3/queue", params={"pageSize": 100} | parameters) as answer:
        return len(await answer.read()) // 100


async def _all_rows(visitor: Visitor) -> list[dict[str, Any]]:
    return [
        row
        for number in (1, 2, 3)
        for row in (await visitor.get("/queue", page=number, pageSize=100))["records"]
    ]


@pytest.mark.parametrize("kind", list(InstanceKind))
async def test_records_have_the_size_of_real_ones(kind: InstanceKind) -> None:
    async with visiting(_server(kind)) as visitor:
        lean = await _size(visitor)
        rich = await _size(visitor, includeMovie="true", includeSeries="true", includeEpisode="true")

    assert 1_300 < lean < 1_700
    assert 4_500 < rich < 6_000


@pytest.mark.parametrize("kind", list(InstanceKind))
async def test_pages_hold_every_row_once_with_a_title_for_each(kind: InstanceKind) -> None:
    key = "movieId" if kind is InstanceKind.RADARR else "seriesId"
    media = "movie" if kind is InstanceKind.RADARR else "series"
    async with visiting(_server(kind)) as visitor:
        rows = await _all_rows(visitor)
        past_the_end = await visitor.get("/queue", page=9, pageSize=100)
        item = await visitor.get(f"/{media}/{rows[0][key]}")

    assert len({row["id"] for row in rows}) == 300
    assert (past_the_end["page"], past_the_end["totalRecords"]) == (3, 300)
    assert item["title"]


async def test_a_share_of_the_rows_belongs_to_packs() -> None:
    async with visiting(_server()) as visitor:
        rows = await _all_rows(visitor)

    sizes = Counter(Counter(row["downloadId"] for row in rows).values())
    assert sizes[10] > 5
    assert sizes[1] > 50


async def test_the_same_seed_makes_the_same_rows() -> None:
    bodies = []
    for _ in range(2):
        async with visiting(_server()) as visitor:
            bodies.append(await _all_rows(visitor))

    assert bodies[0] == bodies[1]


async def test_a_step_makes_progress_on_a_share_of_the_rows() -> None:
    server = _server(InstanceKind.RADARR)
    source = server.source
    assert isinstance(source, BulkQueue)
    async with visiting(server) as visitor:
        before = await _all_rows(visitor)
        rich_before = await visitor.get("/queue", pageSize=1000, includeMovie="true")
        changed = source.step(0.1)
        after = await _all_rows(visitor)
        rich_after = await visitor.get("/queue", pageSize=1000, includeMovie="true")

    moved = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    running = [row for row in before if row["status"] == "downloading"]
    assert len(moved) == changed == round(0.1 * len(running))
    assert all(new["sizeleft"] < old["sizeleft"] for old, new in moved)
    assert rich_before != rich_after


async def test_rows_can_be_removed_and_there_is_nothing_to_grab_and_no_history() -> None:
    async with visiting(_server()) as visitor:
        before = await _all_rows(visitor)
        async with visitor.ask(f"/api/v3/queue/{before[0]['id']}", "DELETE") as answer:
            assert answer.status == 200
        after = await visitor.get("/queue", pageSize=1000)
        async with visitor.ask(f"/api/v3/queue/grab/{before[-1]['id']}", "POST") as answer:
            assert answer.status == 404
        history = await visitor.get("/history")

    assert before[0]["downloadId"] not in {row["downloadId"] for row in after["records"]}
    assert history["records"] == []


async def test_everything_else_is_empty_and_commands_do_nothing() -> None:
    clock = FakeClock()
    server = ArrServer(BulkQueue(kind=InstanceKind.SONARR, row_count=10), clock=clock)
    paths = ("/health", "/diskspace", "/rootfolder", "/qualityprofile", "/manualimport")
    async with visiting(server) as visitor:
        answers = [await visitor.get(path) for path in paths]
        ended = await visitor.run(clock, "RssSync")
        blocklist = await visitor.get("/blocklist")
        status, _ = await visitor.send("DELETE", "/blocklist/5")

    assert answers == [[]] * 5
    assert (ended["message"], blocklist["records"], status) == ("Completed", [], 200)


async def test_pages_come_uncompressed_where_compression_is_not_accepted() -> None:
    async with visiting(_server()) as visitor:
        path = "/api/v3/queue?pageSize=1"
        async with visitor.ask(path, headers={"Accept-Encoding": "identity"}) as plain:
            small = await plain.json()
        async with visitor.ask(path) as compressed:
            same = await compressed.json()

    assert "Content-Encoding" not in plain.headers
    assert compressed.headers["Content-Encoding"] == "gzip"
    assert small == same
