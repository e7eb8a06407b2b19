"""Plain HTTP/1.1 for httpx, spoken by aiohttp.

Most instances are a neighbour on `http://`. There httpx's own transport, httpcore, costs three times what
aiohttp's parser in C does, on every poll, and another 3.5 MB of memory; discord.py has aiohttp loaded anyway.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import override

import aiohttp
import httpx
from yarl import URL

_READ_BUFFER_BYTES = 1 << 20
"""How much may lie unread before the socket is paused; aiohttp's 64 KiB would pause it all the time."""

_ERRORS: tuple[tuple[type[Exception], type[httpx.TransportError]], ...] = (
    (aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout),
    (aiohttp.ServerTimeoutError, httpx.ReadTimeout),
    (aiohttp.ClientConnectorError, httpx.ConnectError),
    (aiohttp.InvalidURL, httpx.UnsupportedProtocol),
    (aiohttp.ClientError, httpx.RemoteProtocolError),
)
"""The first that fits counts; the rest is an answer that ended early or is not HTTP."""


class PlainHttp(httpx.AsyncBaseTransport):
    """Sends requests to `http://` addresses; nothing is followed, unpacked or remembered."""

    def __init__(self, limits: httpx.Limits) -> None:
        self._limits = limits
        self._session: aiohttp.ClientSession | None = None

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._session is None:
            self._session = self._new_session()
        patience = request.extensions["timeout"]
        with _as_httpx_errors():
            answer = await self._session.request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=request.headers,
                data=await request.aread() or None,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(sock_connect=patience["connect"], sock_read=patience["read"]),
            )
        return httpx.Response(answer.status, headers=answer.raw_headers, stream=_Body(answer))

    @override
    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _new_session(self) -> aiohttp.ClientSession:
        """Not before the first request, because it belongs to the running loop."""
        is_kept = self._limits.max_keepalive_connections != 0
        connector = aiohttp.TCPConnector(
            limit=self._limits.max_connections or 0,
            keepalive_timeout=self._limits.keepalive_expiry if is_kept else None,
            force_close=not is_kept,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            read_bufsize=_READ_BUFFER_BYTES,
            middlewares=(_send_once,),
        )


class _Body(httpx.AsyncByteStream):
    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx_errors():
            async for chunk in self._answer.content.iter_any():
                yield chunk

    @override
    async def aclose(self) -> None:
        self._answer.close()  # ends the connection, unless the body was read and gave it back


async def _send_once(
    request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep aiohttp from repeating what lost its connection, by an error that it does not know to be one.

    It would send everything but POST a second time, unasked: DELETE counts as harmless to repeat.
    """
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise  # nothing was sent; never repeated
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as exc:
        raise aiohttp.ClientConnectionError(str(exc)) from exc


@contextmanager
def _as_httpx_errors() -> Iterator[None]:
    try:
        yield
    except (aiohttp.ClientError, TimeoutError) as exc:
        kind = next((kind for own, kind in _ERRORS if isinstance(exc, own)), httpx.ReadTimeout)
        raise kind(type(exc).__name__) from exc
