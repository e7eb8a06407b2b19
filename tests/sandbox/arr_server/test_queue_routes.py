"""Removing and grabbing over a real socket."""

from dataclasses import replace
from typing import Any

import pytest

from discarr.core.models import InstanceKind, Protocol
from discarr.sandbox.arr_server.app import ArrServer
from discarr.sandbox.arr_server.download_clients import QBITTORRENT, SABNZBD, OnRemoval
from discarr.sandbox.arr_server.instance import Removed
from discarr.sandbox.arr_server.scenario import Scenario, Step, downloading, waiting
from discarr.sandbox.arr_server.scenario_source import ScenarioSource
from discarr.sandbox.arr_server.source import FixedSource, Removal
from tests.fakes.clock import FakeClock
from tests.sandbox.arr_server.world import (
    AMELIE,
    METROPOLIS,
    movie_download,
    one_of_each,
    pack,
    radarr,
    sonarr,
    visiting,
)


def _server(scenario: Scenario, clock: FakeClock | None = None, **options: Any) -> ArrServer:
    return ArrServer(ScenarioSource(scenario=scenario), clock=clock or FakeClock(), **options)


def _many(count: int) -> Scenario:
    """Return downloads that will take 100 s, 200 s, …"""
    return radarr(*(movie_download(downloading(100.0 * n), name=f"number {n}") for n in range(1, count + 1)))


async def test_removing_one_row_of_a_pack_removes_the_whole_download_at_once() -> None:
    async with visiting(_server(sonarr(pack()))) as visitor:
        first, second, *_ = await visitor.queue()
        removed = await visitor.send("DELETE", f"/queue/{first['id']}")
        again = await visitor.send("DELETE", f"/queue/{second['id']}")
        left = await visitor.queue()

    assert removed == (200, None)
    assert again == (404, {"message": "NotFound"})
    assert left == []


async def test_one_stale_id_spoils_a_removal_in_bulk() -> None:
    async with visiting(_server(_many(2))) as visitor:
        ids = [row["id"] for row in await visitor.queue()]
        async with visitor.ask("/api/v3/queue/bulk", "DELETE", json={"ids": [*ids, 5]}) as answer:
            refused = answer.status
        count = len(await visitor.queue())
        async with visitor.ask("/api/v3/queue/bulk", "DELETE", json={"ids": ids}) as answer:
            body = await answer.json()
        left = await visitor.queue()

    assert (refused, count, body, left) == (404, 2, {}, [])


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"ids": "all"}', b"{}"])
async def test_a_malformed_body_is_refused(body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    async with (
        visiting(_server(_many(1))) as visitor,
        visitor.ask("/api/v3/queue/bulk", "DELETE", data=body, headers=headers) as answer,
    ):
        assert answer.status == 400


async def test_changing_the_category_needs_a_client_that_can() -> None:
    flags = {"removeFromClient": "false", "changeCategory": "true"}
    async with visiting(_server(one_of_each())) as visitor:
        rows = {row["title"]: row for row in await visitor.queue()}
        statuses = [await visitor.remove(rows[name], **flags) for name in ("refused", "stalled", "delayed")]
        left = {row["title"] for row in await visitor.queue()}

    # what a pending release is removed with does not matter
    assert statuses == [500, 200, 200]
    assert "refused" in left
    assert not left & {"stalled", "delayed"}


async def test_a_pending_release_can_be_grabbed_now() -> None:
    clock = FakeClock()
    scenario = radarr(movie_download(waiting(Step.DELAYED, 600), downloading(100)))
    async with visiting(_server(scenario, clock)) as visitor:
        await clock.advance(1)
        (pending,) = await visitor.queue()
        async with visitor.ask(f"/api/v3/queue/grab/{pending['id']}", "POST") as answer:
            body = await answer.json()
        (row,) = await visitor.queue()

    assert (answer.status, body) == (200, {})
    assert row["status"] == "downloading"


async def test_only_pending_releases_can_be_grabbed() -> None:
    async with visiting(_server(_many(1))) as visitor:
        (row,) = await visitor.queue()
        async with visitor.ask("/api/v3/queue/grab/bulk", "POST", json={"ids": [row["id"]]}) as answer:
            assert answer.status == 404


async def test_fixed_rows_can_be_removed_and_grabbed_too() -> None:
    rows: list[dict[str, Any]] = [
        {"id": 1, "downloadId": "a"},
        {"id": 2, "downloadId": "a"},
        {"id": 3},
        {"id": 4},
    ]
    shared = {
        "status": "queued",
        "size": 0,
        "sizeleft": 0,
        "movieId": 1,
        "downloadClientHasPostImportCategory": False,
    }
    source = FixedSource(kind=InstanceKind.RADARR, queue=[row | shared for row in rows])
    async with visiting(ArrServer(source, clock=FakeClock())) as visitor:
        await visitor.remove({"id": 2})
        async with visitor.ask("/api/v3/queue/grab/3", "POST"):
            left = await visitor.queue()
        await visitor.remove({"id": 4})

    assert [row["id"] for row in left] == [4]
    assert source.queue == []


async def test_media_the_library_does_not_hold_is_not_embedded() -> None:
    row = {"id": 1, "downloadId": "a", "movieId": METROPOLIS.id, "status": "queued", "size": 0, "sizeleft": 0}
    source = FixedSource(kind=InstanceKind.RADARR, queue=[row])
    async with visiting(ArrServer(source, clock=FakeClock())) as visitor:
        assert await visitor.queue(includeMovie="true") == [row]


async def test_what_was_removed_is_there_to_be_looked_at() -> None:
    async with visiting(_server(sonarr(pack()))) as visitor:
        row, *_ = await visitor.queue()
        await visitor.remove(row, removeFromClient="false", blocklist="true")
        await visitor.remove(row)

    assert visitor.server.removed == [
        Removed(
            row_id=row["id"],
            download_id=row["downloadId"],
            removal=Removal(remove_from_client=False, blocklist=True),
        )
    ]


async def test_a_removal_in_bulk_takes_each_download_once() -> None:
    async with visiting(_server(sonarr(pack()))) as visitor:
        ids = [row["id"] for row in await visitor.queue()]
        status, _ = await visitor.send("DELETE", "/queue/bulk", {"ids": ids}, blocklist="true")
        blocklist = await visitor.get("/blocklist")

    assert status == 200
    assert (len(visitor.server.removed), blocklist["totalRecords"]) == (1, 1)


async def test_a_failure_in_the_middle_leaves_the_rest_and_the_old_rows() -> None:
    clock = FakeClock()
    broken = replace(QBITTORRENT, on_removal=OnRemoval.FAILS)
    scripts = (
        movie_download(name="first"),
        movie_download(name="broken", protocol=Protocol.TORRENT),
        movie_download(name="last", media=AMELIE),
    )
    async with visiting(_server(replace(radarr(*scripts), clients=(SABNZBD, broken)), clock)) as visitor:
        rows = {row["title"]: row["id"] for row in await visitor.queue()}
        ids = [rows[name] for name in ("first", "broken", "last")]
        status, body = await visitor.send("DELETE", "/queue/bulk", {"ids": ids})
        at_once = {row["title"] for row in await visitor.queue()}
        await clock.advance(60)
        later = {row["title"] for row in await visitor.queue()}

    assert status == 500
    assert "description" in body
    assert at_once == {"first", "broken", "last"}
    assert later == {"broken", "last"}


async def test_a_client_that_only_pretends_shows_the_row_again_with_the_next_refresh() -> None:
    clock = FakeClock()
    pretending = replace(SABNZBD, on_removal=OnRemoval.PRETENDS)
    async with visiting(_server(replace(radarr(movie_download()), clients=(pretending,)), clock)) as visitor:
        (row,) = await visitor.queue()
        status = await visitor.remove(row)
        counts = []
        for _ in range(3):
            counts.append(len(await visitor.queue()))
            await clock.advance(30)

    assert status == 200
    assert counts == [0, 0, 1]


async def test_a_removed_row_is_gone_on_a_clock_that_does_not_stand_still() -> None:
    pretending = replace(SABNZBD, on_removal=OnRemoval.PRETENDS)
    scenario = replace(radarr(movie_download()), clients=(pretending,))
    async with visiting(ArrServer(ScenarioSource(scenario=scenario))) as visitor:
        (row,) = await visitor.queue()
        await visitor.remove(row)
        assert await visitor.queue() == []


async def test_two_rows_with_one_id_cannot_be_told_apart() -> None:
    rows = [{"id": 1, "downloadId": "a"}, {"id": 1, "downloadId": "b"}]
    shared = {"status": "queued", "size": 0, "sizeleft": 0, "movieId": 1}
    source = FixedSource(kind=InstanceKind.RADARR, queue=[row | shared for row in rows])
    async with visiting(ArrServer(source, clock=FakeClock())) as visitor:
        status = await visitor.remove({"id": 1})

    assert status == 500
    assert len(source.queue) == 2


async def test_a_hash_that_was_grabbed_again_has_the_row_id_again() -> None:
    clock = FakeClock()
    torrent = movie_download(protocol=Protocol.TORRENT)
    scenario = radarr(replace(torrent, replacement=torrent))
    async with visiting(_server(scenario, clock, refresh_every_s=5)) as visitor:
        (first,) = await visitor.queue()
        await clock.advance(20)
        await visitor.remove(first, blocklist="true")
        await clock.advance(10)
        (second,) = await visitor.queue()

    assert first["id"] == second["id"]
    assert first["added"] < second["added"]
