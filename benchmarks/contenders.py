"""Everybody who reads the queues: the lower bound, Discarr, and the published clients.

All of them ask for uncompressed answers in pages of 1,000 rows; the published clients ask for titles in the
only way they know, embedded in every row of every poll.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import httpx
import msgspec
import pyarr
from aiopyarr.radarr_client import RadarrClient as AiopyarrRadarr
from aiopyarr.sonarr_client import SonarrClient as AiopyarrSonarr

from benchmarks.raw_http import RawConnection
from discarr.clients.base import MediaClient
from discarr.clients.factory import create_client
from discarr.clients.wire import QueueRow
from discarr.core.clock import Clock, SystemClock
from discarr.core.config import InstanceConfig
from discarr.core.models import InstanceKind
from discarr.core.secret import Secret
from discarr.sandbox.arr_server.app import API_KEY

PAGE_SIZE = 1000
_HEADERS = {"Accept-Encoding": "identity"}

type Urls = Mapping[InstanceKind, str]
type Contender = Callable[[], Awaitable[int]]
"""Reads both queues once and returns the number of rows it got."""


class _Page(msgspec.Struct, rename="camel"):
    total_records: int
    records: list[QueueRow]


def instance_config(kind: InstanceKind, url: str) -> InstanceConfig:
    """Return the settings of one simulated instance."""
    return InstanceConfig(id=kind.value, kind=kind, name=kind.value, url=url, api_key=Secret(API_KEY))


@asynccontextmanager
async def media_clients(urls: Urls, *, clock: Clock) -> AsyncIterator[list[MediaClient]]:
    """Discarr's own clients."""
    async with AsyncExitStack() as stack:
        clients = []
        for kind, url in urls.items():
            client = create_client(instance_config(kind, url), clock=clock)
            stack.push_async_callback(client.aclose)
            clients.append(client)
        yield clients


@asynccontextmanager
async def limit(urls: Urls) -> AsyncIterator[Contender]:
    """A raw asyncio socket and a typed decode of the fields that Discarr needs, from the bytes it reads."""
    decoder = msgspec.json.Decoder(_Page)

    async def read(connection: RawConnection, unknown: str) -> int:
        rows, page = 0, 0
        while True:
            page += 1
            path = f"/api/v3/queue?page={page}&pageSize={PAGE_SIZE}&{unknown}=true"
            decoded = decoder.decode(await connection.get(path))
            rows += len(decoded.records)
            if rows >= decoded.total_records:
                return rows

    async with (
        RawConnection.open(urls[InstanceKind.RADARR], API_KEY) as radarr,
        RawConnection.open(urls[InstanceKind.SONARR], API_KEY) as sonarr,
    ):

        async def refresh() -> int:
            counts = await asyncio.gather(
                read(radarr, "includeUnknownMovieItems"), read(sonarr, "includeUnknownSeriesItems")
            )
            return sum(counts)

        yield refresh


@asynccontextmanager
async def discarr(urls: Urls) -> AsyncIterator[Contender]:
    """Discarr's clients, from bytes to folded downloads with titles."""
    async with media_clients(urls, clock=SystemClock()) as clients:

        async def refresh() -> int:
            queues = await asyncio.gather(*(client.fetch_queue() for client in clients))
            return sum(queue.row_count for queue in queues)

        yield refresh


def _place(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    return {"host": parts.hostname, "port": parts.port, "tls": False, "api_ver": "v3", "headers": _HEADERS}


_EMBED = {InstanceKind.RADARR: {"includeMovie": True}, InstanceKind.SONARR: {"includeSeries": True}}
_UNKNOWN = {
    InstanceKind.RADARR: {"includeUnknownMovieItems": True},
    InstanceKind.SONARR: {"includeUnknownSeriesItems": True},
}


@asynccontextmanager
async def pyarr_sync(urls: Urls) -> AsyncIterator[Contender]:
    """pyarr, one app after the other: it blocks."""
    with httpx.Client(headers=_HEADERS) as session:
        clients = {
            InstanceKind.RADARR: pyarr.Radarr(
                api_key=API_KEY, session=session, **_place(urls[InstanceKind.RADARR])
            ),
            InstanceKind.SONARR: pyarr.Sonarr(
                api_key=API_KEY, session=session, **_place(urls[InstanceKind.SONARR])
            ),
        }

        async def refresh() -> int:
            count = 0
            for kind, client in clients.items():
                page, total = 0, math.inf
                while page * PAGE_SIZE < total:
                    page += 1
                    answer = client.queue.get(
                        page=page, page_size=PAGE_SIZE, **_EMBED[kind], **_UNKNOWN[kind]
                    )
                    total = answer["totalRecords"]
                    count += len(answer["records"])
            return count

        yield refresh


@asynccontextmanager
async def pyarr_async(urls: Urls) -> AsyncIterator[Contender]:
    """pyarr's asynchronous half, both apps at the same time."""
    async with httpx.AsyncClient(headers=_HEADERS) as session:
        clients = {
            InstanceKind.RADARR: pyarr.AsyncRadarr(
                api_key=API_KEY, session=session, **_place(urls[InstanceKind.RADARR])
            ),
            InstanceKind.SONARR: pyarr.AsyncSonarr(
                api_key=API_KEY, session=session, **_place(urls[InstanceKind.SONARR])
            ),
        }

        async def read(kind: InstanceKind) -> int:
            count, page, total = 0, 0, math.inf
            while page * PAGE_SIZE < total:
                page += 1
                answer = await clients[kind].queue.get(
                    page=page, page_size=PAGE_SIZE, **_EMBED[kind], **_UNKNOWN[kind]
                )
                total = answer["totalRecords"]
                count += len(answer["records"])
            return count

        async def refresh() -> int:
            return sum(await asyncio.gather(*(read(kind) for kind in clients)))

        yield refresh


@asynccontextmanager
async def aiopyarr(urls: Urls) -> AsyncIterator[Contender]:
    """aiopyarr, both apps at the same time."""
    async with aiohttp.ClientSession(headers=_HEADERS) as session:
        radarr = AiopyarrRadarr(session=session, url=urls[InstanceKind.RADARR], api_token=API_KEY)
        sonarr = AiopyarrSonarr(session=session, url=urls[InstanceKind.SONARR], api_token=API_KEY)
        fetch: list[Callable[..., Awaitable[Any]]] = [
            lambda **page: radarr.async_get_queue(
                include_movie=True, include_unknown_movie_items=True, **page
            ),
            lambda **page: sonarr.async_get_queue(
                include_series=True, include_unknown_series_items=True, **page
            ),
        ]

        async def read(get: Callable[..., Awaitable[Any]]) -> int:
            count, page, total = 0, 0, math.inf
            while page * PAGE_SIZE < total:
                page += 1
                answer = await get(page=page, page_size=PAGE_SIZE)
                total = answer.totalRecords
                count += len(answer.records)
            return count

        async def refresh() -> int:
            return sum(await asyncio.gather(*(read(get) for get in fetch)))

        yield refresh


CONTENDERS = {
    "limit": limit,
    "discarr": discarr,
    "pyarr": pyarr_sync,
    "pyarr async": pyarr_async,
    "aiopyarr": aiopyarr,
}
