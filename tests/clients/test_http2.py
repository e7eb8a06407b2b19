"""What only HTTP/2 has: many requests in one connection, its windows and limits, and its ways to end."""

import asyncio

import httpx
import pytest
from h2.errors import ErrorCodes

from discarr.clients.tls import tls_context
from discarr.clients.transport import MAX_IN_FLIGHT, InstanceHttp, make_transport
from discarr.core.clock import SystemClock
from discarr.core.errors import TimedOut, Unauthorized
from tests.clients.fake_app import make_config
from tests.clients.sockets import Connection, Handler, Http2Connection, Talk, serving
from tests.fakes.certificates import authority_file, server_tls

MOST_UNREAD_BYTES = 17_000_000
"""More than a connection's window: as much may be sent to nobody before nothing is sent any more."""


@pytest.fixture
def way() -> str:
    return "http2"


@pytest.mark.parametrize(("is_http2", "version"), [(True, "HTTP/2"), (False, "HTTP/1.1")])
async def test_the_newest_version_that_the_server_knows_is_spoken(is_http2: bool, version: str) -> None:
    async with serving(lambda connection: connection.serve(), server_tls(is_http2=is_http2)) as url:
        tls = tls_context(make_config(url=url, ca_file=authority_file()))
        async with httpx.AsyncClient(transport=make_transport(tls)) as client:
            assert (await client.get(url)).http_version == version


async def test_four_requests_share_one_connection_and_a_fifth_waits(talking_to: Talk) -> None:
    connections = set()

    async def answer_by_fours(connection: Http2Connection) -> None:
        connections.add(connection.number)
        while True:
            streams = []
            for _ in range(4):
                await connection.request()
                streams.append(connection.stream)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await connection.request()
            for connection.stream in streams:
                await connection.answer()

    async with talking_to(answer_by_fours) as http:
        await asyncio.gather(*(http.get(f"/{key}", deadline_s=9) for key in range(12)))

    assert connections == {1}


async def test_a_server_that_wants_one_request_at_a_time_gets_no_more(talking_to: Talk) -> None:
    seen = []

    async def serve_one(connection: Http2Connection) -> None:
        connection.allow(1)
        while True:
            await connection.request()
            seen.append((connection.number, connection.state.open_inbound_streams))
            await connection.answer()

    async with talking_to(serve_one) as http:
        await asyncio.gather(*(http.get(f"/{key}", deadline_s=9) for key in range(8)))

    assert seen == [(1, 1)] * 8


async def test_a_connection_is_left_when_a_request_is_cut_but_its_neighbours_get_their_answers(
    talking_to: Talk,
) -> None:
    have_come, is_left, is_closed = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def answer_all_but_the_silent(connection: Http2Connection) -> None:
        if connection.number > 1:
            await connection.serve(b"[2]")
        streams = []
        for _ in range(3):
            if "/silent" not in await connection.request():
                streams.append(connection.stream)
        have_come.set()
        await is_left.wait()
        for connection.stream in streams:
            await connection.answer(b"[1]")
        try:
            await connection.request()
            await asyncio.sleep(30)
        finally:
            is_closed.set()

    async with talking_to(answer_all_but_the_silent) as http, asyncio.timeout(20):
        silent, *neighbours = (
            asyncio.create_task(http.get(path, deadline_s=20)) for path in ("/silent", "/a", "/b")
        )
        await have_come.wait()
        silent.cancel()
        await asyncio.wait([silent])
        assert await http.get("/new", deadline_s=5) == b"[2]"
        is_left.set()
        assert await asyncio.gather(*neighbours) == [b"[1]", b"[1]"]
        await is_closed.wait()
        assert await http.get("/new", deadline_s=5) == b"[2]"


async def test_requests_that_nobody_waits_for_any_more_do_not_use_up_the_servers_limit(
    talking_to: Talk,
) -> None:
    async def hang(connection: Http2Connection) -> None:
        connection.allow(4)
        while True:
            if "/well" in await connection.request():
                await connection.answer()

    async with talking_to(hang) as http:
        for key in range(5):
            with pytest.raises(TimedOut):
                await http.get(f"/{key}", deadline_s=0.05)
        assert await http.get("/well", deadline_s=3) == b"{}"


async def test_bodies_that_are_not_read_to_their_end_do_not_use_up_the_window(talking_to: Talk) -> None:
    size = 5_000_000

    async def flood(connection: Http2Connection) -> None:
        while True:
            if "/well" in await connection.request():
                await connection.answer()
            else:
                await connection.answer(b"<" * size, status=401)

    async with talking_to(flood) as http:
        for key in range(MOST_UNREAD_BYTES // size + 1):
            with pytest.raises(Unauthorized):
                await http.get(f"/{key}", deadline_s=5)
        assert await http.get("/well", deadline_s=3) == b"{}"


async def end_short_of_its_length(connection: Http2Connection) -> None:
    await connection.begin(length=99)
    await connection.send(b"{", is_end=True)


async def end_short_of_its_length_later(connection: Http2Connection) -> None:
    await connection.begin(length=99)
    await asyncio.sleep(0.05)
    await connection.send(b"{", is_end=True)


async def break_the_rules(connection: Http2Connection) -> None:
    await connection.write(bytes((0, 0, 1, 0, 0, 0, 0, 0, 0)) + b"x")  # DATA of no stream


async def break_the_rules_later(connection: Http2Connection) -> None:
    await connection.begin()
    await asyncio.sleep(0.05)
    await break_the_rules(connection)


async def reset(connection: Http2Connection) -> None:
    connection.state.reset_stream(connection.stream, ErrorCodes.INTERNAL_ERROR)
    await connection.flush()


async def reset_in_the_middle(connection: Http2Connection) -> None:
    await connection.begin(length=2)
    await connection.send(b"{")
    await reset(connection)


async def leave(connection: Http2Connection) -> None:
    connection.state.close_connection(last_stream_id=0)
    await connection.flush()


async def leave_in_the_middle(connection: Http2Connection) -> None:
    await connection.begin(length=2)
    await leave_politely(connection)


async def leave_politely(connection: Http2Connection) -> None:
    """Say that this request is the last, and answer it all the same, as nginx does."""
    last = connection.stream.to_bytes(4)
    await connection.write(bytes((0, 0, 8, 7, 0, 0, 0, 0, 0)) + last + bytes(4))
    await connection.answer()


@pytest.mark.parametrize(
    "misbehave",
    [
        end_short_of_its_length,
        end_short_of_its_length_later,
        break_the_rules,
        break_the_rules_later,
        reset,
        reset_in_the_middle,
        leave,
        leave_in_the_middle,
        leave_politely,
    ],
)
async def test_an_answer_that_never_gets_complete_is_asked_for_again(
    talking_to: Talk, misbehave: Handler
) -> None:
    async def misbehave_first(connection: Http2Connection) -> None:
        if connection.number > 1:
            await connection.serve(b"[2]")
        await connection.request()
        await misbehave(connection)
        await asyncio.sleep(30)

    async with talking_to(misbehave_first) as http:
        assert await http.get("/queue", deadline_s=5) == b"[2]"


async def test_writes_go_over_http_1_1_even_when_they_shake_hands_at_the_same_time_as_reads(
    talking_to: Talk,
) -> None:
    seen = []

    async def note(connection: Connection) -> None:
        while True:
            method = (await connection.request()).split()[0]
            seen.append((method, isinstance(connection, Http2Connection)))
            await connection.answer()

    async with talking_to(note) as http:
        await asyncio.gather(
            http.get("/queue", deadline_s=5),
            http.post("/command", b"{}", deadline_s=5),
            http.get("/health", deadline_s=5),
            http.delete("/queue/1", deadline_s=5),
        )

    assert sorted(seen) == [("DELETE", False), ("GET", True), ("GET", True), ("POST", False)]


async def test_a_server_that_leaves_between_two_requests_is_not_noticed(talking_to: Talk) -> None:
    async def leave_after_the_first(connection: Http2Connection) -> None:
        await connection.request()
        await connection.answer(str(connection.number).encode())
        connection.state.close_connection(last_stream_id=connection.stream)
        await connection.flush()
        await asyncio.sleep(30)

    async with talking_to(leave_after_the_first) as http:
        assert [await http.get("/queue", deadline_s=5) for _ in range(3)] == [b"1", b"2", b"3"]


@pytest.mark.parametrize("turns", [1, 4, 8])
async def test_a_connection_that_was_cancelled_while_it_was_made_is_not_forgotten(
    talking_to: Talk, turns: int
) -> None:
    still_open = 0
    are_closed = asyncio.Condition()

    async def watch(connection: Http2Connection) -> None:
        nonlocal still_open
        still_open += 1
        try:
            await connection.serve()
        finally:
            async with are_closed:
                still_open -= 1
                are_closed.notify()

    async with talking_to(watch) as http:
        tasks = [asyncio.create_task(http.get(f"/{key}", deadline_s=5)) for key in range(MAX_IN_FLIGHT)]
        for _ in range(turns):
            await asyncio.sleep(0)
        tasks[0].cancel()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        await http.aclose()
        async with asyncio.timeout(5), are_closed:
            await are_closed.wait_for(lambda: still_open == 0)

    assert answers[1:] == [b"{}"] * (MAX_IN_FLIGHT - 1)


@pytest.mark.parametrize("method", ["get", "post"])
async def test_a_handshake_that_was_cut_leaves_no_open_connection(method: str) -> None:
    has_begun, is_closed = asyncio.Event(), asyncio.Event()

    async def never_shake_hands(connection: Connection) -> None:
        while await connection.reader.read(1000):
            has_begun.set()
        is_closed.set()

    async with serving(never_shake_hands) as url, asyncio.timeout(5):
        http = InstanceHttp(make_config(url=url.replace("http", "https")), clock=SystemClock())
        task = asyncio.create_task(getattr(http, method)("/queue", deadline_s=9))
        await has_begun.wait()
        task.cancel()
        await is_closed.wait()
        await http.aclose()
