"""Scripted faults, seen from the other end of the socket."""

import asyncio
import gzip

import aiohttp
import pytest

from discarr.core.clock import SystemClock
from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.app import ArrServer
from discarr.sandbox.arr_server.faults import Fault, FaultKind, FaultPlan
from discarr.sandbox.arr_server.source import FixedSource
from tests.fakes.clock import FakeClock
from tests.sandbox.arr_server.world import Visitor, visiting

PATH = "/api/v3/system/status"


@pytest.fixture
def server() -> ArrServer:
    return ArrServer(FixedSource(kind=InstanceKind.RADARR), clock=FakeClock())


async def _ask(visitor: Visitor) -> tuple[int, str, bytes]:
    async with visitor.ask(PATH) as answer:
        return answer.status, answer.content_type, await answer.read()


async def _until_asked(server: ArrServer, count: int) -> None:
    while len(server.requests) < count:  # noqa: ASYNC110 - the server is not to know about its tests
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("kind", "status", "content_type", "excerpt"),
    [
        (FaultKind.UNAUTHORIZED, 401, "application/octet-stream", b""),
        (FaultKind.LOCKED, 500, "application/json", b"database is locked"),
        (FaultKind.STARTING, 503, "application/json", b'"errorMessage": "Radarr is starting up'),
        (FaultKind.BAD_GATEWAY, 502, "text/html", b"502 Bad Gateway"),
        (FaultKind.UNAVAILABLE, 503, "text/html", b"503 Service Temporarily Unavailable"),
        (FaultKind.GARBAGE, 200, "application/json", b"\x00\xff"),
        (FaultKind.HTML, 200, "text/html", b"<title>Login"),
        (FaultKind.REDIRECT, 302, "application/octet-stream", b""),
    ],
)
async def test_another_answer_is_given(
    server: ArrServer, kind: FaultKind, status: int, content_type: str, excerpt: bytes
) -> None:
    server.faults.add(Fault(kind=kind))
    async with visiting(server) as visitor:
        bad = await _ask(visitor)
        good = await _ask(visitor)

    assert bad[:2] == (status, content_type)
    assert excerpt in bad[2]
    assert good[0] == 200


async def test_faults_happen_to_their_path_and_as_often_as_planned(server: ArrServer) -> None:
    server.faults.add(Fault(kind=FaultKind.LOCKED, path="/api/v3/queue", times=2))
    server.faults.add(Fault(kind=FaultKind.UNAVAILABLE, path="/api/v3/health", times=None))
    async with visiting(server) as visitor:
        statuses = []
        for path in ("health", "tag", "queue", "queue", "queue", "health"):
            async with visitor.ask(f"/api/v3/{path}") as answer:
                statuses.append(answer.status)
        server.faults.clear()
        async with visitor.ask("/api/v3/health") as answer:
            statuses.append(answer.status)

    assert statuses == [503, 200, 500, 500, 200, 503, 200]


async def test_faults_can_be_for_one_method_only(server: ArrServer) -> None:
    server.faults.add(Fault(kind=FaultKind.UNAVAILABLE, method="POST", times=None))
    async with (
        visiting(server) as visitor,
        visitor.ask("/api/v3/command") as got,
        visitor.ask("/api/v3/command", "POST") as posted,
    ):
        assert (got.status, posted.status) == (200, 503)


def _losses(seed: int, count: int = 2_000) -> list[bool]:
    plan = FaultPlan()
    plan.add(Fault(kind=FaultKind.LOST, times=None, share=0.05, seed=seed))
    return [plan.take("GET", "/api/v3/queue") is not None for _ in range(count)]


def test_a_share_of_the_requests_is_lost_at_random_but_always_the_same_ones() -> None:
    assert _losses(1) == _losses(1) != _losses(2)
    assert 70 < sum(_losses(1)) < 130


def test_a_share_can_end_after_some_times() -> None:
    plan = FaultPlan()
    plan.add(Fault(kind=FaultKind.LOST, times=3, share=0.5))

    assert sum(plan.take("GET", "/") is not None for _ in range(100)) == 3


@pytest.mark.parametrize(
    ("fault", "is_executed"),
    [
        # aiohttp's client asks once more by itself when there was no answer at all
        (Fault(kind=FaultKind.LOST, method="DELETE", times=2), False),
        (Fault(kind=FaultKind.RESET, method="DELETE", times=2), True),
        (Fault(kind=FaultKind.LOCKED, method="DELETE"), False),
        (Fault(kind=FaultKind.LOCKED, method="DELETE", is_carried_out=True), True),
        (Fault(kind=FaultKind.BAD_GATEWAY, method="DELETE", is_carried_out=True), True),
    ],
    ids=["lost request", "lost answer", "error", "error afterwards", "proxy's error afterwards"],
)
async def test_a_removal_can_be_done_although_its_answer_says_nothing_of_it(
    fault: Fault, is_executed: bool
) -> None:
    row = {"id": 1, "downloadId": "a", "status": "queued", "size": 0, "sizeleft": 0, "movieId": 1}
    source = FixedSource(kind=InstanceKind.RADARR, queue=[row])
    server = ArrServer(source, clock=FakeClock())
    server.faults.add(fault)
    async with visiting(server) as visitor:
        try:
            async with visitor.ask("/api/v3/queue/1", "DELETE") as answer:
                is_success = answer.ok
        except aiohttp.ClientError:
            is_success = False

    assert not is_success
    assert (source.queue == []) is is_executed
    assert len(server.removed) == is_executed


async def test_a_removal_can_be_done_although_no_answer_comes() -> None:
    row = {"id": 1, "downloadId": "a", "status": "queued", "size": 0, "sizeleft": 0, "movieId": 1}
    source = FixedSource(kind=InstanceKind.RADARR, queue=[row])
    server = ArrServer(source, clock=FakeClock())
    server.faults.add(Fault(kind=FaultKind.HANG))
    async with visiting(server) as visitor:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await visitor.remove(row)

    assert source.queue == []


async def test_a_delayed_answer_comes_late(server: ArrServer) -> None:
    clock = FakeClock()
    server = ArrServer(FixedSource(kind=InstanceKind.RADARR), clock=clock)
    server.faults.add(Fault(kind=FaultKind.DELAY, seconds=10))
    async with visiting(server) as visitor, asyncio.TaskGroup() as group:
        asking = group.create_task(_ask(visitor))
        await _until_asked(server, 1)
        await clock.advance(9)
        assert not asking.done()
        await clock.advance(1)

    assert asking.result()[0] == 200


@pytest.mark.parametrize(
    ("kind", "times"),
    # aiohttp's client asks once more by itself when there was no answer at all
    [(FaultKind.RESET, 2), (FaultKind.RESET_IN_BODY, 1), (FaultKind.TRUNCATED, 1)],
)
async def test_a_broken_connection_is_an_error(server: ArrServer, kind: FaultKind, times: int) -> None:
    server.faults.add(Fault(kind=kind, times=times))
    async with visiting(server) as visitor:
        with pytest.raises(aiohttp.ClientError):
            await _ask(visitor)
        assert (await _ask(visitor))[0] == 200


async def test_a_truncated_answer_begins_well(server: ArrServer) -> None:
    server.faults.add(Fault(kind=FaultKind.TRUNCATED))
    async with visiting(server) as visitor, visitor.ask(PATH, headers={"Accept-Encoding": ""}) as answer:
        beginning = await answer.content.readexactly(20)

    assert answer.status == 200
    assert beginning == b'{\n  "appName": "Rada'


async def test_a_hanging_request_never_ends(server: ArrServer) -> None:
    server.faults.add(Fault(kind=FaultKind.HANG))
    async with visiting(server) as visitor:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await _ask(visitor)


async def test_a_hanging_request_does_not_keep_the_server(server: ArrServer) -> None:
    async def ask_in_vain(visitor: Visitor) -> None:
        with pytest.raises(aiohttp.ClientError):
            await _ask(visitor)

    server.faults.add(Fault(kind=FaultKind.HANG))
    async with asyncio.timeout(10), visiting(server) as visitor, asyncio.TaskGroup() as group:
        asking = group.create_task(ask_in_vain(visitor))
        await _until_asked(server, 1)
        await server.go_away()
        await asking


async def test_a_dripping_answer_is_right_in_the_end() -> None:
    server = ArrServer(FixedSource(kind=InstanceKind.RADARR), clock=SystemClock())
    server.faults.add(Fault(kind=FaultKind.DRIP, seconds=0))
    async with visiting(server) as visitor:
        status, _, body = await _ask(visitor)

    assert status == 200
    assert b"Radarr" in body


async def test_a_huge_answer_is_announced_and_sent(server: ArrServer) -> None:
    server.faults.add(Fault(kind=FaultKind.HUGE, size_bytes=3 * 65_536))
    async with visiting(server) as visitor:
        _, _, body = await _ask(visitor)

    assert body == b" " * 3 * 65_536


async def test_a_gzip_bomb_is_small_on_the_wire(server: ArrServer) -> None:
    server.faults.add(Fault(kind=FaultKind.GZIP_BOMB, size_bytes=2_000_000))
    async with server, aiohttp.ClientSession(auto_decompress=False) as session:
        _, _, body = await _ask(Visitor(server, session))

    assert len(body) < 5_000
    assert len(gzip.decompress(body)) == 2_000_000
