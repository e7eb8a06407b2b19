"""Faults that only real sockets have: the poisoned pool, drips, drops, bombs and redirects."""

import asyncio
import gzip
import zlib
from functools import cache

import pytest

from discarr.clients.body import MAX_BODY_BYTES
from discarr.core.errors import BadAnswer, Misconfigured, TimedOut, Unreachable
from tests.clients.fake_app import KEY
from tests.clients.sockets import Connection, Talk, hang, serving


async def test_requests_cut_by_their_deadline_leave_the_connections_usable(talking_to: Talk) -> None:
    async with talking_to(hang) as http:
        cut = await asyncio.gather(
            *(http.get(f"/{key}", deadline_s=0.1) for key in range(12)), return_exceptions=True
        )
        assert {type(result) for result in cut} == {TimedOut}
        assert await http.get("/well", deadline_s=3) == b"{}"


@pytest.mark.parametrize("turns", range(1, 5))
async def test_requests_cancelled_while_others_wait_do_not_poison_the_pool(
    talking_to: Talk, turns: int
) -> None:
    """encode/httpcore#1093: four are cancelled, and the others just when they inherit the connections.

    Were they waiting inside of the pool, every later request would fail for want of a connection.
    """
    async with talking_to(hang) as http:
        tasks = [asyncio.create_task(http.get(f"/{key}", deadline_s=9)) for key in range(12)]
        await asyncio.sleep(0.1)
        for task in tasks[:4]:
            task.cancel()
        for _ in range(turns):
            await asyncio.sleep(0)
        for task in tasks[4:]:
            task.cancel()
        await asyncio.wait(tasks)
        well = await asyncio.gather(*(http.get("/well", deadline_s=3) for _ in range(12)))
    assert well == [b"{}"] * 12


async def test_a_dripping_body_is_cut_at_the_deadline(talking_to: Talk) -> None:
    async def drip(connection: Connection) -> None:
        await connection.request()
        await connection.begin(length=9999)
        while True:
            await connection.send(b" ")
            await asyncio.sleep(0.02)

    async with talking_to(drip) as http:
        with pytest.raises(TimedOut):
            await http.get("/queue", deadline_s=0.2)


async def test_a_silent_server_is_cut_at_the_deadline(talking_to: Talk) -> None:
    async def silent(connection: Connection) -> None:
        await asyncio.sleep(30)

    async with talking_to(silent) as http:
        with pytest.raises(TimedOut):
            await http.get("/queue", deadline_s=0.1)


async def test_a_closed_kept_connection_is_replaced_without_a_word(talking_to: Talk) -> None:
    requests = 0

    async def close_after_the_first(connection: Connection) -> None:
        nonlocal requests
        await connection.request()
        await connection.answer()
        if connection.number == 1:
            await connection.request()
            requests += 1
            return
        await connection.serve()

    async with talking_to(close_after_the_first) as http:
        assert await http.get("/a", deadline_s=5) == b"{}"
        assert await http.get("/b", deadline_s=5) == b"{}"
    assert requests == 1


async def test_connections_are_kept(talking_to: Talk) -> None:
    connections = set()

    async def note(connection: Connection) -> None:
        connections.add(connection.number)
        await connection.serve()

    async with talking_to(note) as http:
        for _ in range(5):
            await http.get("/a", deadline_s=5)
    assert connections == {1}


async def test_a_reset_in_the_middle_of_a_body_is_tried_again(talking_to: Talk) -> None:
    async def reset_first(connection: Connection) -> None:
        if connection.number > 1:
            await connection.serve(b'{"a":1}')
        await connection.request()
        await connection.begin(length=99)
        await connection.send(b"{")

    async with talking_to(reset_first) as http:
        assert await http.get("/a", deadline_s=5) == b'{"a":1}'


async def test_the_key_does_not_follow_a_redirect(talking_to: Talk) -> None:
    stolen: list[str] = []

    async def thief(connection: Connection) -> None:
        stolen.append(await connection.request())

    async with serving(thief) as elsewhere:

        async def redirect(connection: Connection) -> None:
            request = await connection.request()
            assert KEY in request
            await connection.answer(status=302, headers={"Location": f"{elsewhere}/"})

        async with talking_to(redirect) as http:
            with pytest.raises(Misconfigured):
                await http.get("/queue", deadline_s=5)
    assert stolen == []


async def test_packed_bodies_are_unpacked(talking_to: Talk) -> None:
    body = b'{"a":"' + b"x" * 3_000_000 + b'"}'

    async def packed(connection: Connection) -> None:
        await connection.serve(gzip.compress(body), {"Content-Encoding": "gzip"})

    async with talking_to(packed) as http:
        assert await http.get("/queue", deadline_s=5) == body


@cache
def bomb() -> bytes:
    packer = zlib.compressobj(wbits=31)
    zeros = bytes(1 << 20)
    parts = [packer.compress(zeros) for _ in range((MAX_BODY_BYTES >> 20) * 3)]
    return b"".join(parts) + packer.flush()


async def test_a_gzip_bomb_is_capped_and_does_not_hold_up_the_loop(talking_to: Talk) -> None:
    body = bomb()
    assert len(body) < MAX_BODY_BYTES // 100
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def bombing(connection: Connection) -> None:
        await connection.serve(body, {"Content-Encoding": "gzip"})

    async with talking_to(bombing) as http:
        task = asyncio.create_task(others())
        with pytest.raises(BadAnswer):
            await http.get("/queue", deadline_s=20)
        task.cancel()
    assert turns > 20


# Over HTTP/2, which is written in Python on both sides here, so many bytes take too long.
@pytest.mark.parametrize("way", ["plain", "tls"])
async def test_an_endless_body_is_capped(talking_to: Talk) -> None:
    async def endless(connection: Connection) -> None:
        await connection.request()
        await connection.begin()
        while True:
            await connection.send(b" " * 1_000_000)

    async with talking_to(endless) as http:
        with pytest.raises(BadAnswer):
            await http.get("/queue", deadline_s=20)


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(b"{}" * 1000)[:-12], "gzip"),
        (b"this is not packed", "gzip"),
        (b"{}", "br"),
        (b"", "gzip"),
    ],
    ids=["cut short", "not packed", "foreign", "empty"],
)
async def test_damaged_or_foreign_packing_is_a_bad_answer(
    talking_to: Talk, body: bytes, encoding: str
) -> None:
    async def damaged(connection: Connection) -> None:
        await connection.serve(body, {"Content-Encoding": encoding})

    async with talking_to(damaged) as http:
        with pytest.raises(BadAnswer):
            await http.get("/queue", deadline_s=5)


async def test_a_huge_error_page_is_not_read_to_its_end(talking_to: Talk) -> None:
    async def flood(connection: Connection) -> None:
        await connection.request()
        await connection.answer(b"<" * 5_000_000, status=401)

    async with talking_to(flood) as http:
        with pytest.raises(Exception, match="refuses the API key"):
            await http.get("/queue", deadline_s=5)


async def test_garbage_instead_of_http_is_unreachable(talking_to: Talk) -> None:
    async def garbage(connection: Connection) -> None:
        await connection.request()
        await connection.write(b"\x00\xff garbage\r\n\r\n")

    async with talking_to(garbage) as http:
        with pytest.raises(Unreachable):
            await http.post("/command", b"{}", deadline_s=5)


async def test_cookies_of_a_sign_in_page_change_nothing(talking_to: Talk) -> None:
    async def baker(connection: Connection) -> None:
        await connection.serve(headers={"Set-Cookie": "session=1; Path=/"})

    async with talking_to(baker) as http:
        assert await http.get("/a", deadline_s=5) == b"{}"
        assert await http.get("/a", deadline_s=5) == b"{}"
