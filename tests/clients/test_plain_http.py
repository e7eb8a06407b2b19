"""How faults of plain HTTP show to httpx's users, who know nothing of aiohttp."""

import asyncio

import httpx
import pytest

from discarr.clients.plain_http import PlainHttp
from tests.clients.sockets import Connection, Handler, serving


async def fetch(handler: Handler, *, read_s: float = 5.0) -> httpx.Response:
    """GET once from a server that behaves like `handler`."""
    async with serving(handler) as url:
        return await fetch_from(url, read_s=read_s)


async def fetch_from(url: str, *, read_s: float = 5.0) -> httpx.Response:
    transport = PlainHttp(httpx.Limits())
    async with httpx.AsyncClient(transport=transport, timeout=httpx.Timeout(5, read=read_s)) as client:
        return await client.get(f"{url}/a%5Bb%5D?c=d%2Fe%20f", headers={"X-Own": "1"})


async def test_an_answer_arrives_as_it_was_sent() -> None:
    seen = []

    async def answer(connection: Connection) -> None:
        seen.append(await connection.request())
        await connection.answer(b'{"a":1}', status=203, headers={"Set-Cookie": "a=b"})

    response = await fetch(answer)

    assert (response.status_code, response.content) == (203, b'{"a":1}')
    assert response.headers["set-cookie"] == "a=b"
    assert seen[0].startswith("GET /a%5Bb%5D?c=d%2Fe%20f HTTP/1.1\r\n")
    assert "x-own: 1" in seen[0].lower()


async def test_no_more_data_for_too_long_is_a_read_timeout() -> None:
    async def stop_midway(connection: Connection) -> None:
        await connection.request()
        await connection.begin(length=9)
        await connection.send(b"{")
        await asyncio.sleep(30)

    with pytest.raises(httpx.ReadTimeout):
        await fetch(stop_midway, read_s=0.1)


async def test_a_closed_port_is_a_connect_error() -> None:
    async with serving(Connection.serve) as url:
        pass

    with pytest.raises(httpx.ConnectError):
        await fetch_from(url)


@pytest.mark.parametrize(
    "sent",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", b"\x00\xff garbage\r\n\r\n"],
    ids=["nothing", "half a body", "not HTTP"],
)
async def test_an_answer_that_ends_early_or_is_none_is_a_protocol_error(sent: bytes) -> None:
    async def send(connection: Connection) -> None:
        await connection.request()
        await connection.write(sent)

    with pytest.raises(httpx.RemoteProtocolError):
        await fetch(send)


async def test_closing_unused_is_harmless() -> None:
    await PlainHttp(httpx.Limits()).aclose()
