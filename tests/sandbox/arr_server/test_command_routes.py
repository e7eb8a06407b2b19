"""Commands over a real socket."""

from dataclasses import replace
from typing import Any

import pytest

from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.app import ArrServer
from discarr.sandbox.arr_server.commands import Outcome
from discarr.sandbox.arr_server.scenario import Scenario
from discarr.sandbox.arr_server.scenario_source import ScenarioSource
from discarr.sandbox.arr_server.source import FixedSource
from tests.fakes.clock import FakeClock
from tests.sandbox.arr_server.world import (
    Visitor,
    movie_download,
    radarr,
    visiting,
)


def _server(scenario: Scenario, clock: FakeClock | None = None, **options: Any) -> ArrServer:
    return ArrServer(ScenarioSource(scenario=scenario), clock=clock or FakeClock(), **options)


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


async def test_a_search_is_seen_in_the_queue_some_seconds_later() -> None:
    clock = FakeClock()
    scenario = replace(radarr(), findable=(movie_download(),))
    async with visiting(_server(scenario, clock)) as visitor:
        before = await visitor.queue()
        ended = await visitor.run(clock, "MoviesSearch", movieIds=[1])
        at_once = await visitor.queue()
        await clock.advance(5)
        later = await visitor.queue()

    assert ended["message"] == "Movie search completed. 1 reports downloaded."
    assert before == at_once == []
    assert len(later) == 1


async def test_a_restart_leaves_commands_undone() -> None:
    clock = FakeClock()
    scenario = replace(radarr(), findable=(movie_download(),))
    server = _server(scenario, clock, command_s=10)
    async with visiting(server) as visitor:
        done = await visitor.run(clock, "RssSync")
        await clock.advance(10)
        posted = await _post(visitor, name="MoviesSearch", movieIds=[1])
        await clock.advance(5)
        await server.restart(first_refresh_s=0)
        await clock.advance(20)
        orphan = await visitor.get(f"/command/{posted['id']}")
        finished = await visitor.get(f"/command/{done['id']}")
        again = await _post(visitor, name="MoviesSearch", movieIds=[1])
        history = await visitor.history()

    assert (orphan["status"], orphan["result"]) == ("orphaned", "unknown")
    assert finished["status"] == "completed"
    assert again["id"] != posted["id"]
    assert history == []


async def test_a_command_is_carried_out_while_nobody_can_reach_the_app() -> None:
    clock = FakeClock()
    server = _server(replace(radarr(), findable=(movie_download(),)), clock, command_s=10)
    async with visiting(server) as visitor:
        posted = await _post(visitor, name="MoviesSearch", movieIds=[1])
        await server.go_away()
        await clock.advance(30)
        await server.come_back()
        ended = await visitor.get(f"/command/{posted['id']}")
        (grabbed,) = await visitor.history()

    assert ended["status"] == "completed"
    assert grabbed["date"] == ended["ended"]


@pytest.mark.parametrize("name", ["EpisodeSearch", "SeriesSearch"])
async def test_radarr_does_not_know_the_commands_of_sonarr(name: str) -> None:
    async with visiting(_server(radarr())) as visitor:
        status, _ = await visitor.send("POST", "/command", {"name": name})

    assert status == 500


async def test_of_a_fixed_source_tests_decide_how_commands_end() -> None:
    clock = FakeClock()
    failure = Outcome(message="Disk is full", exception="System.IO.IOException")
    source = FixedSource(kind=InstanceKind.RADARR, outcomes={"Backup": failure})
    async with visiting(ArrServer(source, clock=clock)) as visitor:
        failed = await visitor.run(clock, "Backup")
        worked = await visitor.run(clock, "RssSync")

    assert (failed["status"], failed["message"], failed["exception"]) == (
        "failed",
        "Disk is full",
        "System.IO.IOException",
    )
    assert worked["status"] == "completed"
    assert [name for name, _ in source.ran] == ["Backup", "RssSync"]


async def test_a_fixed_source_offers_the_files_it_is_given() -> None:
    file = {
        "path": "/data/a.mkv",
        "downloadId": "a",
        "rejections": [{"reason": "Sample", "type": "permanent"}],
    }
    source = FixedSource(kind=InstanceKind.RADARR, files=[file])
    async with visiting(ArrServer(source, clock=FakeClock())) as visitor:
        offered = await visitor.get("/manualimport", downloadId="a")
        nothing = await visitor.get("/manualimport", downloadId="b")
        _, (judged,) = await visitor.send("POST", "/manualimport", [file])

    assert (offered, nothing) == ([file], [])
    assert judged["rejections"] == []
