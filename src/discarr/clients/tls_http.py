"""HTTP within TLS: httpx's own transport, whose connections are given up when a request ends early.

httpcore 1.0.9 closes a connection of HTTP/1.1 when a request within it is cancelled, but goes on using one of
HTTP/2: one that has fallen silent would swallow every later request until its deadline, and what the server
still sends to nobody uses up the window and the number of requests that both sides agreed on. A connection
that was cancelled while it was made may be forgotten without being closed.

So nothing new is asked where a request ended before its answer did: a new pool takes over. What is under way
in the old one may finish, then its connections are closed.

A server that leaves a connection of HTTP/2 still answers what was asked before, but h2 4.4.1 understands
nothing after the farewell, and nginx takes leave every 1,000 requests. Reads are asked again; writes, which
must not be repeated, go over HTTP/1.1.
"""

import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol, cast, override

import httpx
from h2.exceptions import H2Error


class TlsHttp(httpx.AsyncBaseTransport):
    """Sends requests to `https://` addresses: over HTTP/1.1, or HTTP/2 if it may and the server knows it."""

    def __init__(self, tls: ssl.SSLContext, limits: httpx.Limits, *, is_http2: bool = True) -> None:
        self._tls = tls
        self._limits = limits
        self._is_http2 = is_http2
        self._pool = self._new_pool()

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._pool.is_left:
            self._pool = self._new_pool()
        return await _Exchange(self._pool).answer(request)

    @override
    async def aclose(self) -> None:
        await self._pool.aclose()

    def _new_pool(self) -> "_Pool":
        return _Pool(
            httpx.AsyncHTTPTransport(
                verify=self._tls, http2=self._is_http2, limits=self._limits, trust_env=False
            )
        )


class _Connection(Protocol):
    async def aclose(self) -> None: ...


class _Pool:
    """Connections, and how many requests are under way in them."""

    def __init__(self, transport: httpx.AsyncHTTPTransport) -> None:
        self.transport = transport
        self.is_left = False
        """Whether nothing new is to be asked here."""
        self._under_way = 0
        self._made: list[_Connection] = []
        """Connections that the transport may have forgotten."""

    def begin(self) -> None:
        self._under_way += 1

    async def end(self, made: list[_Connection], *, is_early: bool) -> None:
        """Let a request go, with the connections that were made for it."""
        self._under_way -= 1
        self.is_left = self.is_left or is_early
        if self.is_left:
            self._made += made
            if not self._under_way:
                await self.aclose()

    async def aclose(self) -> None:
        await self.transport.aclose()
        for connection in self._made:
            await connection.aclose()


class _Exchange(httpx.AsyncByteStream):
    """One request and the body of its answer."""

    def __init__(self, pool: _Pool) -> None:
        self._pool = pool
        self._made: list[_Connection] = []
        self._body: httpx.AsyncByteStream
        self._is_complete = False

    async def answer(self, request: httpx.Request) -> httpx.Response:
        request.extensions = {**request.extensions, "trace": self._note}
        self._pool.begin()
        try:
            with _as_httpx_errors():
                answer = await self._pool.transport.handle_async_request(request)
        except BaseException:
            await self._pool.end(self._made, is_early=True)
            raise
        self._body = cast(httpx.AsyncByteStream, answer.stream)
        return httpx.Response(
            answer.status_code, headers=answer.headers, stream=self, extensions=answer.extensions
        )

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx_errors():
            async for chunk in self._body:
                yield chunk
        self._is_complete = True

    @override
    async def aclose(self) -> None:
        try:
            await self._body.aclose()
        finally:
            await self._pool.end(self._made, is_early=not self._is_complete)

    async def _note(self, event: str, details: Mapping[str, Any]) -> None:
        """Take down what httpcore does for this request."""
        if event == "connection.connect_tcp.complete":
            self._made.append(details["return_value"])


@contextmanager
def _as_httpx_errors() -> Iterator[None]:
    try:
        yield
    except (H2Error, httpx.LocalProtocolError) as exc:
        # httpcore lets some of h2's errors through and takes others for the client's own mistakes. But what
        # the client sends was checked with the settings: it is the other side that breaks the rules.
        raise httpx.RemoteProtocolError(type(exc).__name__) from exc
