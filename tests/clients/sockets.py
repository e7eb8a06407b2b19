"""A server on loopback that is scripted down to its bytes."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from discarr.clients.transport import InstanceHttp

type Handler = Callable[["Connection"], Awaitable[None]]
type Talk = Callable[[Handler], AbstractAsyncContextManager[InstanceHttp]]
"""Talk to a handler: the fixture `talking_to`."""


class Connection:
    """One connection, from the server's side."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        self.reader = reader
        self.writer = writer
        self.number = number
        """1 for the first connection that the server saw."""

    async def request(self) -> str:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"content-length: (\d+)", head.lower())
        return head + (await self.reader.readexactly(int(length[1]) if length else 0)).decode()

    async def answer(self, body: bytes = b"{}", *, status: str = "200 OK", headers: str = "") -> None:
        headers += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        self.writer.write(f"HTTP/1.1 {status}\r\n{headers}\r\n".encode() + body)
        await self.writer.drain()

    async def serve(self, body: bytes = b"{}", headers: str = "") -> None:
        while True:
            await self.request()
            await self.answer(body, headers=headers)


async def hang(connection: Connection) -> None:
    """Answer requests for /well at once, others never."""
    while True:
        if "/well" not in await connection.request():
            await asyncio.sleep(30)
        await connection.answer()


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """Serve on loopback and yield the address; everything is closed afterwards."""
    tasks: set[asyncio.Task[None]] = set()
    seen = 0

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        seen += 1
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await handler(Connection(reader, writer, seen))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
