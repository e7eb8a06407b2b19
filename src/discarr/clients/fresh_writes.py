"""A connection of its own for everything that changes something."""

from typing import override

import httpx


class FreshWrites(httpx.AsyncBaseTransport):
    """Sends reads over kept connections and all else over new ones.

    A kept connection may be dead without anybody knowing, after a restart or behind a proxy. A read is then
    simply sent again. A write is not: it would have failed with nothing to tell whether it arrived, where a
    connection that cannot be made says clearly that it did not.
    """

    def __init__(self, kept: httpx.AsyncBaseTransport, fresh: httpx.AsyncBaseTransport) -> None:
        self._kept = kept
        self._fresh = fresh

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        transport = self._kept if request.method == "GET" else self._fresh
        return await transport.handle_async_request(request)

    @override
    async def aclose(self) -> None:
        try:
            await self._kept.aclose()
        finally:
            await self._fresh.aclose()
