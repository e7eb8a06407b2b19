"""Writes: sent once, two at a time, and honest about what may have come of them."""

import asyncio
import struct
from collections.abc import Callable
from socket import SO_LINGER, SOL_SOCKET
from typing import Any

import httpx
import pytest

from discarr.clients.transport import InstanceHttp
from discarr.core.errors import (
    BadAnswer,
    Busy,
    Crashed,
    MediaClientError,
    Misconfigured,
    NotFound,
    Rejected,
    StartingUp,
    TimedOut,
    Unauthorized,
    Unreachable,
)
from tests.clients.fake_app import json_response, make_config
from tests.clients.sockets import Connection, Handler, Talk
from tests.fakes.clock import FakeClock

LOCKED = {"message": "database is locked", "description": "   at System.Data.SQLite"}
STARTING = {"errorMessage": "Radarr is starting up, please try again later"}
NULL_REFERENCE = {"message": "Object reference not set to an instance of an object.", "description": "   at"}

type Step = httpx.Response | Exception
type Write = Callable[[InstanceHttp], Any]

WRITES: tuple[Write, ...] = (
    lambda http: http.delete("/queue/1", (("blocklist", "true"),), deadline_s=5),
    lambda http: http.post("/command", b"{}", deadline_s=5),
    lambda http: http.post("/queue/grab/1", deadline_s=5),
)
both = pytest.mark.parametrize("write", WRITES[:2], ids=["DELETE", "POST"])


def make_http(network: Callable[[httpx.Request], Any]) -> InstanceHttp:
    return InstanceHttp(make_config(), clock=FakeClock(), transport=httpx.MockTransport(network))


async def fail(write: Write, step: Step) -> tuple[MediaClientError, int]:
    """Return the error of a write that meets such an answer, and how often it was sent."""
    sent = 0

    def network(request: httpx.Request) -> httpx.Response:
        nonlocal sent
        sent += 1
        if isinstance(step, Exception):
            raise step
        return step

    http = make_http(network)
    with pytest.raises(MediaClientError) as caught:
        await write(http)
    await http.aclose()
    return caught.value, sent


async def fail_on_socket(talking_to: Talk, handler: Handler, write: Write) -> MediaClientError:
    async with talking_to(handler) as http:
        with pytest.raises(MediaClientError) as caught:
            await write(http)
    return caught.value


@both
@pytest.mark.parametrize(
    ("step", "kind", "is_unknown"),
    [
        (httpx.ConnectError("refused"), Unreachable, False),
        (httpx.ConnectTimeout("slow"), Unreachable, False),
        (httpx.PoolTimeout("full"), TimedOut, False),
        (httpx.UnsupportedProtocol("odd"), Misconfigured, False),
        (httpx.InvalidURL("odd"), Misconfigured, False),
        (UnicodeError("label too long"), Unreachable, False),
        (httpx.ReadTimeout("slow"), TimedOut, True),
        (httpx.WriteTimeout("slow"), TimedOut, True),
        (httpx.RemoteProtocolError("dropped"), Unreachable, True),
        (httpx.ReadError("reset"), Unreachable, True),
        (httpx.WriteError("pipe"), Unreachable, True),
        (httpx.LocalProtocolError("HTTP/2"), Misconfigured, True),
        (OSError("odd"), Unreachable, True),
        (httpx.Response(307, headers={"location": "/radarr/api/v3"}), Misconfigured, False),
        (json_response(400, {"message": "BadRequest"}), Rejected, False),
        (httpx.Response(401), Unauthorized, False),
        (httpx.Response(403), Unauthorized, False),
        (json_response(404, {"message": "NotFound"}), NotFound, False),
        (json_response(409, {"message": "Conflict"}), Rejected, False),
        (httpx.Response(429), Busy, False),
        (json_response(503, STARTING), StartingUp, False),
        (json_response(500, LOCKED), Busy, True),
        (json_response(500, NULL_REFERENCE), Crashed, True),
        (httpx.Response(502, html="<html>"), Busy, True),
        (httpx.Response(503, html="<html>"), Busy, True),
        (httpx.Response(504, html="<html>"), Busy, True),
        (httpx.Response(200, html="<html>"), Misconfigured, True),
        (httpx.Response(200, content=b"x", headers={"content-encoding": "br"}), BadAnswer, True),
    ],
)
async def test_a_failed_write_says_whether_it_may_have_been_carried_out(
    write: Write, step: Step, kind: type[MediaClientError], is_unknown: bool
) -> None:
    error, sent = await fail(write, step)

    assert (type(error), error.is_outcome_unknown) == (kind, is_unknown)
    assert sent == 1


@pytest.mark.parametrize("step", [httpx.ReadTimeout("slow"), httpx.ReadError("reset"), httpx.Response(500)])
async def test_the_outcome_of_reading_is_never_unknown(step: Step) -> None:
    for read in (
        lambda http: http.get("/queue", deadline_s=0.05),
        lambda http: http.ask("/manualimport", b"[]", deadline_s=0.05),
    ):
        error, _ = await fail(read, step)
        assert error.is_outcome_unknown is False


async def test_a_null_reference_is_told_apart_and_not_asked_for_again() -> None:
    error, sent = await fail(
        lambda http: http.get("/manualimport", deadline_s=5), json_response(500, NULL_REFERENCE)
    )

    assert (type(error), sent) == (Crashed, 1)


async def test_a_question_is_asked_once() -> None:
    error, sent = await fail(
        lambda http: http.ask("/manualimport", b"[]", deadline_s=5), httpx.Response(503, html="<html>")
    )

    assert (type(error), sent) == (Busy, 1)


@pytest.mark.parametrize("status", [200, 204])
async def test_a_success_may_be_empty(talking_to: Talk, status: int) -> None:
    seen = []

    async def answer(connection: Connection) -> None:
        while True:
            seen.append(await connection.request())
            await connection.answer(b"", status=status)

    async with talking_to(answer) as http:
        assert [await write(http) for write in WRITES] == [b"", b"", b""]

    assert [request.split("\r\n")[0] for request in seen] == [
        "DELETE /api/v3/queue/1?blocklist=true HTTP/1.1",
        "POST /api/v3/command HTTP/1.1",
        "POST /api/v3/queue/grab/1 HTTP/1.1",
    ]
    assert ["content-type: application/json" in request.lower() for request in seen] == [False, True, False]
    assert "content-length: 0" in seen[2].lower()  # without it the apps answer 411


@both
async def test_a_connection_that_is_dropped_after_the_request_is_not_tried_again(
    talking_to: Talk, write: Write
) -> None:
    requests = []

    async def drop(connection: Connection) -> None:
        requests.append(await connection.request())

    error = await fail_on_socket(talking_to, drop, write)

    assert (type(error), error.is_outcome_unknown) == (Unreachable, True)
    assert len(requests) == 1


@both
async def test_a_kept_connection_is_not_trusted_with_a_write(talking_to: Talk, write: Write) -> None:
    """It may be dead without anybody knowing, and then nothing would tell whether the write arrived."""
    connections: list[tuple[int, str]] = []

    async def keep(connection: Connection) -> None:
        while True:
            method = (await connection.request()).split()[0]
            connections.append((connection.number, "read" if method == "GET" else "write"))
            await connection.answer()

    async with talking_to(keep) as http:
        await http.get("/queue", deadline_s=5)
        await http.get("/queue", deadline_s=5)
        await write(http)
        await write(http)
        await http.get("/queue", deadline_s=5)

    assert connections == [(1, "read"), (1, "read"), (2, "write"), (3, "write"), (1, "read")]


@both
async def test_an_app_that_vanished_behind_a_kept_connection_is_offline(
    talking_to: Talk, write: Write
) -> None:
    async with talking_to(Connection.serve) as http:
        await http.get("/queue", deadline_s=5)

    with pytest.raises(Unreachable) as caught:
        await write(http)

    assert not caught.value.is_outcome_unknown


@both
async def test_a_connection_that_is_reset_after_the_request_leaves_the_outcome_unknown(
    talking_to: Talk, write: Write
) -> None:
    async def reset(connection: Connection) -> None:
        await connection.request()
        connection.writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        connection.writer.transport.abort()

    error = await fail_on_socket(talking_to, reset, write)

    assert (type(error), error.is_outcome_unknown) == (Unreachable, True)


@both
async def test_an_answer_that_ends_midway_leaves_the_outcome_unknown_and_the_next_write_works(
    talking_to: Talk, write: Write
) -> None:
    requests = 0

    async def stop_midway_at_first(connection: Connection) -> None:
        nonlocal requests
        await connection.request()
        requests += 1
        if requests > 1:
            await connection.answer()
        await connection.begin(length=9)
        await connection.send(b"{")

    async with talking_to(stop_midway_at_first) as http:
        with pytest.raises(Unreachable) as caught:
            await write(http)
        assert await write(http) == b"{}"

    assert caught.value.is_outcome_unknown
    assert caught.value.remedy == Unreachable.default_remedy
    assert requests == 2


@pytest.mark.parametrize(
    ("send", "is_unknown"),
    [
        (lambda http: http.delete("/queue/1", deadline_s=0.1), True),
        (lambda http: http.post("/command", b"{}", deadline_s=0.1), True),
        (lambda http: http.ask("/manualimport", b"[]", deadline_s=0.1), False),
    ],
    ids=["DELETE", "POST", "question"],
)
async def test_no_answer_in_time_leaves_the_outcome_of_a_write_unknown(
    talking_to: Talk, send: Write, is_unknown: bool
) -> None:
    async def silent(connection: Connection) -> None:
        await connection.request()
        await asyncio.sleep(30)

    error = await fail_on_socket(talking_to, silent, send)

    assert (type(error), error.is_outcome_unknown) == (TimedOut, is_unknown)


@both
async def test_a_refused_connection_changes_nothing(talking_to: Talk, write: Write) -> None:
    async with talking_to(Connection.serve) as http:
        pass

    with pytest.raises(Unreachable) as caught:
        await write(http)

    assert not caught.value.is_outcome_unknown


@pytest.mark.parametrize(("status", "is_unknown"), [(404, False), (409, False), (500, True), (502, True)])
async def test_the_status_decides_over_real_sockets_too(
    talking_to: Talk, status: int, is_unknown: bool
) -> None:
    async def answer(connection: Connection) -> None:
        await connection.request()
        await connection.answer(b'{"message":"x"}', status=status)

    error = await fail_on_socket(talking_to, answer, WRITES[0])

    assert error.is_outcome_unknown is is_unknown


async def test_never_more_than_two_writes_are_under_way_and_reading_goes_on(talking_to: Talk) -> None:
    writing = most = 0
    are_two, may_answer = asyncio.Event(), asyncio.Event()

    async def slow(connection: Connection) -> None:
        nonlocal writing, most
        while True:
            if not (await connection.request()).startswith("DELETE"):
                await connection.answer()
                continue
            writing += 1
            most = max(most, writing)
            if writing == 2:
                are_two.set()
            await may_answer.wait()
            writing -= 1
            await connection.answer()

    async with talking_to(slow) as http, asyncio.TaskGroup() as group:
        for key in range(6):
            group.create_task(http.delete(f"/queue/{key}", deadline_s=9))
        await are_two.wait()
        assert await http.get("/queue", deadline_s=5) == b"{}"
        assert await http.ask("/manualimport", b"[]", deadline_s=5) == b"{}"
        may_answer.set()

    assert most == 2


async def test_a_write_that_gets_no_turn_in_time_changes_nothing() -> None:
    async def silent(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    http = make_http(silent)
    under_way = [asyncio.create_task(http.delete(f"/queue/{key}", deadline_s=9)) for key in range(2)]
    await asyncio.sleep(0)

    with pytest.raises(TimedOut) as caught:
        await http.delete("/queue/3", deadline_s=0.05)

    assert not caught.value.is_outcome_unknown
    for task in under_way:
        task.cancel()
    await asyncio.wait(under_way)


async def test_a_long_request_may_be_silent_for_longer_than_a_usual_one(talking_to: Talk) -> None:
    """The apps send nothing while they look into files, or at a network share that is gone."""

    async def thoughtful(connection: Connection) -> None:
        while True:
            await connection.request()
            await asyncio.sleep(0.4)
            await connection.answer()

    async with talking_to(thoughtful, timeout_s=0.1) as http:
        assert await http.get("/manualimport", deadline_s=5) == b"{}"


async def test_a_closed_client_sends_nothing() -> None:
    def network(request: httpx.Request) -> httpx.Response:
        raise AssertionError

    http = make_http(network)
    await http.aclose()

    requests: tuple[Write, ...] = (*WRITES, lambda http: http.get("/queue", deadline_s=5))
    for request in requests:
        with pytest.raises(Unreachable) as caught:
            await request(http)
        assert not caught.value.is_outcome_unknown
