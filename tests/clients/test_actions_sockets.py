"""Acting on a simulated Radarr and Sonarr over real sockets, with what goes wrong on the way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from discarr.clients.base import MediaClient
from discarr.clients.factory import create_client
from discarr.core.actions import CommandState, Removal
from discarr.core.errors import Busy, MediaClientError, NotFound, Unreachable
from discarr.core.models import Download, HistoryEvent, QueueStatus
from discarr.sandbox.arr_server.app import ArrServer
from discarr.sandbox.arr_server.faults import Fault, FaultKind
from discarr.sandbox.arr_server.scenario import Scenario, Step, already, downloading, troubled, waiting
from discarr.sandbox.arr_server.scenario_source import ScenarioSource
from tests.clients.fake_app import make_config
from tests.fakes.clock import FakeClock
from tests.sandbox.arr_server.world import movie_download, one_of_each, pack, radarr, sonarr

PURGE = Removal(remove_from_client=True, blocklist=False, skip_redownload=False, change_category=False)
BLOCKLIST = Removal(remove_from_client=True, blocklist=True, skip_redownload=False, change_category=False)
NEW_CATEGORY = Removal(remove_from_client=False, blocklist=False, skip_redownload=False, change_category=True)


@asynccontextmanager
async def meeting(
    scenario: Scenario, clock: FakeClock | None = None
) -> AsyncIterator[tuple[ArrServer, MediaClient]]:
    clock = clock or FakeClock()
    async with ArrServer(ScenarioSource(scenario=scenario), clock=clock) as server:
        config = make_config(scenario.kind, url=server.url, api_key=server.api_key)
        client = create_client(config, clock=clock)
        try:
            yield server, client
        finally:
            await client.aclose()


async def downloads(client: MediaClient) -> dict[str, Download]:
    """Return the queue by the names of the releases."""
    return {download.release_title: download for download in (await client.fetch_queue()).downloads}


def writes(server: ArrServer) -> list[str]:
    return [request for request in server.requests if not request.startswith("GET")]


async def test_any_row_of_a_pack_removes_the_pack_once_and_then_it_is_gone() -> None:
    async with meeting(sonarr(pack())) as (server, client):
        (download,) = (await downloads(client)).values()
        assert len(download.row_ids) == 8
        assert await client.actions.find(download.key, download.media_id) == download

        await client.actions.remove(download.row_ids[3], removal=PURGE)

        assert await client.actions.find(download.key, download.media_id) is None
        with pytest.raises(NotFound):
            await client.actions.remove(download.row_ids[4], removal=PURGE)

    assert writes(server) == [
        f"DELETE /api/v3/queue/{row_id}"
        "?removeFromClient=true&blocklist=false&skipRedownload=false&changeCategory=false"
        for row_id in download.row_ids[3:5]
    ]


async def test_what_was_blocklisted_is_failed_in_history() -> None:
    async with meeting(radarr(movie_download(already(1.0), troubled("no room")))) as (_, client):
        (download,) = (await downloads(client)).values()

        await client.actions.remove(download.row_ids[0], removal=BLOCKLIST)

        history = await client.fetch_history(event=HistoryEvent.FAILED, download_id=download.key.id)
    assert [record.download_id for record in history.records] == [download.key.id]


async def test_a_category_that_cannot_be_changed_leaves_the_download_alone() -> None:
    async with meeting(one_of_each()) as (_, client):
        queue = await downloads(client)
        usenet, torrent = queue["refused"], queue["stalled"]

        with pytest.raises(Busy) as caught:
            await client.actions.remove(usenet.row_ids[0], removal=NEW_CATEGORY)
        await client.actions.remove(torrent.row_ids[0], removal=NEW_CATEGORY)

        assert caught.value.is_outcome_unknown
        assert await client.actions.find(usenet.key, usenet.media_id) is not None
        assert await client.actions.find(torrent.key, torrent.media_id) is None


async def test_a_delayed_release_is_grabbed_and_found_under_another_key() -> None:
    clock = FakeClock()
    scenario = radarr(movie_download(waiting(Step.DELAYED, 600), downloading(100)))
    async with meeting(scenario, clock) as (_, client):
        await clock.advance(1)
        (pending,) = (await downloads(client)).values()
        assert await client.actions.find(pending.key, pending.media_id) is not None

        await client.actions.grab(pending.row_ids[0])

        (grabbed,) = (await downloads(client)).values()
        assert grabbed.status is QueueStatus.DOWNLOADING
        assert await client.actions.find(pending.key, pending.media_id) is None
        with pytest.raises(NotFound):
            await client.actions.grab(pending.row_ids[0])


async def test_an_unknown_item_is_found_in_the_whole_queue() -> None:
    async with meeting(one_of_each()) as (_, client):
        unknown = (await downloads(client))["unknown"]
        assert unknown.media_id is None

        assert await client.actions.find(unknown.key, None) == unknown


async def test_a_search_runs_to_its_end_and_an_equal_one_is_the_same() -> None:
    clock = FakeClock()
    async with meeting(sonarr(pack()), clock) as (_, client):
        (download,) = (await downloads(client)).values()

        (first,) = await client.actions.search(download)
        (second,) = await client.actions.search(download)
        await clock.advance(1)
        ended = await client.actions.command(first.id)

    assert (first.name, first.state) == ("SeasonSearch", CommandState.QUEUED)
    assert second.id == first.id
    assert ended.state is CommandState.COMPLETED
    assert ended.is_over


@pytest.mark.parametrize(
    ("kind", "is_gone"),
    [(FaultKind.RESET, True), (FaultKind.BAD_GATEWAY, False), (FaultKind.LOCKED, False)],
)
async def test_a_removal_without_an_answer_is_sent_once_and_looked_after(
    kind: FaultKind, is_gone: bool
) -> None:
    async with meeting(radarr(movie_download(), movie_download(name="other"))) as (server, client):
        target, _ = (await downloads(client)).values()
        server.faults.add(Fault(kind=kind, path=f"/api/v3/queue/{target.row_ids[0]}", times=None))

        with pytest.raises(MediaClientError) as caught:
            await client.actions.remove(target.row_ids[0], removal=PURGE)

        assert caught.value.is_outcome_unknown
        assert (await client.actions.find(target.key, target.media_id) is None) is is_gone
    assert len(writes(server)) == 1


async def test_an_app_that_is_gone_or_starting_was_not_reached() -> None:
    clock = FakeClock()
    async with meeting(radarr(movie_download()), clock) as (server, client):
        (download,) = (await downloads(client)).values()
        errors: list[MediaClientError] = []
        await server.go_away()
        for _ in range(2):
            with pytest.raises(MediaClientError) as caught:
                await client.actions.remove(download.row_ids[0], removal=PURGE)
            errors.append(caught.value)
            await server.restart(startup_s=60)

    assert [error.is_outcome_unknown for error in errors] == [False, False]
    assert isinstance(errors[0], Unreachable)


async def test_two_at_a_time_are_removed_of_many() -> None:
    count = 12
    scenario = radarr(*(movie_download(name=f"Film.{number}") for number in range(count)))
    async with meeting(scenario) as (server, client):
        queue = (await downloads(client)).values()
        removals: list[Any] = [client.actions.remove(item.row_ids[0], removal=PURGE) for item in queue]

        await asyncio.gather(*removals)

        assert (await client.fetch_queue()).downloads == ()
    assert len(writes(server)) == count
