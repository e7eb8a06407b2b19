"""A server on loopback that is scripted down to its bytes: over HTTP/1.1, TLS, or HTTP/2 within TLS."""

import asyncio
import re
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol, override

from h2.config import H2Configuration
from h2.connection import ConnectionState, H2Connection
from h2.events import RequestReceived
from h2.settings import SettingCodes, Settings

from discarr.clients.transport import InstanceHttp

type Handler = Callable[[Any], Awaitable[None]]
"""What a server does with each `Connection`, which is a `Http2Connection` where both sides know HTTP/2."""


class Talk(Protocol):
    """The fixture `talking_to`."""

    def __call__(self, handler: Handler, **config: Any) -> AbstractAsyncContextManager[InstanceHttp]:
        """Serve with a handler until the block is over, and yield a client, which lives on."""


class Connection:
    """One connection, from the server's side; its requests are read and answered one after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        self.reader = reader
        self.writer = writer
        self.number = number
        """1 for the first connection that the server saw."""

    async def request(self) -> str:
        """Return the next request: its head and its body."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"content-length: (\d+)", head.lower())
        return head + (await self.reader.readexactly(int(length[1]) if length else 0)).decode()

    async def begin(
        self, *, status: int = 200, length: int | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        """Send the head of an answer; None as length: its body ends with the connection."""
        fields = {"Content-Type": "application/json", **_length(length), **(headers or {})}
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        await self.write(f"HTTP/1.1 {status} Whatever\r\n{lines}\r\n".encode())

    async def send(self, data: bytes) -> None:
        """Send a piece of the body."""
        await self.write(data)

    async def answer(
        self, body: bytes = b"{}", *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        await self.begin(status=status, length=len(body), headers=headers)
        await self.send(body)

    async def serve(self, body: bytes = b"{}", headers: Mapping[str, str] | None = None) -> None:
        while True:
            await self.request()
            await self.answer(body, headers=headers)

    async def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)
        await self.writer.drain()


class Http2Connection(Connection):
    """The same over HTTP/2, for requests without a body: what is sent answers the latest `request`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        super().__init__(reader, writer, number)
        self.state = H2Connection(H2Configuration(client_side=False))
        self.stream = 0
        self._requests: deque[tuple[int, str]] = deque()

    def allow(self, most: int) -> None:
        """Begin by allowing the client no more requests at the same time than `most`."""
        self.state.local_settings = Settings(
            client=False, initial_values={SettingCodes.MAX_CONCURRENT_STREAMS: most}
        )

    @override
    async def request(self) -> str:
        if self.state.state_machine.state is ConnectionState.IDLE:
            self.state.initiate_connection()
            await self.flush()
        while not self._requests:
            await self.receive()
        self.stream, head = self._requests.popleft()
        return head

    @override
    async def begin(
        self, *, status: int = 200, length: int | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        fields = {"content-type": "application/json", **_length(length), **(headers or {})}
        head = [(":status", str(status)), *((name.lower(), value) for name, value in fields.items())]
        self.state.send_headers(self.stream, head)
        await self.flush()

    @override
    async def send(self, data: bytes, *, is_end: bool = False) -> None:
        while data:
            while not (room := self._room()):
                await self.receive()
            self.state.send_data(self.stream, data[:room])
            data = data[room:]
            await self.flush()
        if is_end:
            self.state.end_stream(self.stream)
            await self.flush()

    @override
    async def answer(
        self, body: bytes = b"{}", *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        await self.begin(status=status, length=len(body), headers=headers)
        await self.send(body, is_end=True)

    async def receive(self) -> None:
        """Take in what comes next."""
        data = await self.reader.read(65536)
        if not data:
            raise ConnectionResetError
        for event in self.state.receive_data(data):
            if isinstance(event, RequestReceived):
                fields = {name.decode(): value.decode() for name, value in event.headers}
                head = [f"{fields[':method']} {fields[':path']} HTTP/2"]
                head += [f"{name}: {value}" for name, value in fields.items()]
                self._requests.append((event.stream_id, "\r\n".join(head)))
        await self.flush()

    async def flush(self) -> None:
        """Send what the state machine holds ready."""
        await self.write(self.state.data_to_send())

    def _room(self) -> int:
        return min(self.state.local_flow_control_window(self.stream), self.state.max_outbound_frame_size)


async def hang(connection: Connection) -> None:
    """Answer requests for /well at once, others never."""
    while True:
        if "/well" not in await connection.request():
            await asyncio.sleep(30)
        await connection.answer()


@asynccontextmanager
async def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Serve on loopback and yield the address; everything is closed afterwards."""
    tasks: set[asyncio.Task[None]] = set()
    seen = 0

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        seen += 1
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        agreed = tls and writer.get_extra_info("ssl_object").selected_alpn_protocol()
        kind = Http2Connection if agreed == "h2" else Connection
        try:
            await handler(kind(reader, writer, seen))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(
        connected, "127.0.0.1", 0, ssl=tls, ssl_shutdown_timeout=0.1 if tls else None
    )
    try:
        scheme = "http" if tls is None else "https"
        yield f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _length(length: int | None) -> dict[str, str]:
    return {} if length is None else {"Content-Length": str(length)}
