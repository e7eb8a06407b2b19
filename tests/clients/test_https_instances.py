"""Whole instances behind TLS: an app's own, which is HTTP/1.1 here, and a proxy's, which speaks HTTP/2."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from discarr.clients.base import MediaClient
from discarr.clients.factory import create_client
from discarr.core.actions import CommandState, Removal
from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.app import ArrServer
from discarr.sandbox.arr_server.bulk import BulkQueue
from tests.clients.fake_app import make_config
from tests.clients.sockets import Connection, Http2Connection, serving
from tests.fakes.certificates import authority_file, server_tls
from tests.fakes.clock import FakeClock

either_version = pytest.mark.parametrize("is_http2", [False, True], ids=["http1", "http2"])

CLOCK = FakeClock()
REMOVAL = Removal(remove_from_client=True, blocklist=False, skip_redownload=False, change_category=False)
ROWS = 300
"""More than a page with titles holds."""


def app(kind: InstanceKind, tls: ssl.SSLContext | None = None) -> ArrServer:
    return ArrServer(BulkQueue(kind=kind, row_count=ROWS), clock=CLOCK, tls=tls)


@asynccontextmanager
async def http2_proxy(target: str) -> AsyncIterator[str]:
    """Pass every request on to `target`; those of a connection one after the other."""

    async def forward(connection: Connection) -> None:
        while True:
            head, _, body = (await connection.request()).partition("\r\n\r\n")
            line, *lines = head.split("\r\n")
            method, path, _ = line.split()
            assert isinstance(connection, Http2Connection) is (method == "GET")
            headers = dict(line.split(": ", 1) for line in lines if not line.startswith(":"))
            async with session.request(method, target + path, headers=headers, data=body or None) as answer:
                await connection.answer(await answer.read(), status=answer.status)

    async with aiohttp.ClientSession() as session, serving(forward, server_tls(is_http2=True)) as url:
        yield url


@asynccontextmanager
async def behind_tls(kind: InstanceKind, *, is_http2: bool) -> AsyncIterator[tuple[ArrServer, str]]:
    if is_http2:
        async with app(kind) as server, http2_proxy(server.url) as url:
            yield server, url
    else:
        async with app(kind, server_tls()) as server:
            yield server, server.url


@asynccontextmanager
async def client_of(kind: InstanceKind, url: str, ca_file: Path | None = None) -> AsyncIterator[MediaClient]:
    config = make_config(kind, url=url, api_key=app(kind).api_key, ca_file=ca_file)
    client = create_client(config, clock=CLOCK)
    try:
        yield client
    finally:
        await client.aclose()


@either_version
@pytest.mark.parametrize("kind", list(InstanceKind))
async def test_it_is_the_same_queue_as_over_plain_http(kind: InstanceKind, is_http2: bool) -> None:
    async with app(kind) as server, client_of(kind, server.url) as client:
        plain = await client.fetch_queue()

    async with (
        behind_tls(kind, is_http2=is_http2) as (_, url),
        client_of(kind, url, authority_file()) as client,
    ):
        identity = await client.identify()
        secure = await client.fetch_queue()
        again = await client.fetch_queue()

    assert identity.app_name == kind.capitalize()
    assert secure.row_count == ROWS
    assert secure.downloads == plain.downloads
    assert again.is_unchanged


@either_version
@pytest.mark.parametrize("kind", list(InstanceKind))
async def test_what_people_do_arrives_as_over_plain_http(kind: InstanceKind, is_http2: bool) -> None:
    async with (
        behind_tls(kind, is_http2=is_http2) as (server, url),
        client_of(kind, url, authority_file()) as client,
    ):
        first, second, *_ = (await client.fetch_queue()).downloads
        await client.actions.remove(first.row_ids[0], removal=REMOVAL)
        searches = await client.actions.search(second)

    assert [removed.row_id for removed in server.removed] == [first.row_ids[0]]
    assert [search.state for search in searches] == [CommandState.QUEUED]
