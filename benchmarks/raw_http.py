"""HTTP with nothing on top of an asyncio socket: the floor under every client."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

_ENOUGH = 64 * 1024 * 1024


class RawConnection:
    """One kept-alive connection that knows nothing but a status line and a content length."""

    def __init__(self, connected: socket.socket, host: str, api_key: str) -> None:
        self._socket = connected
        self._tail = (
            f" HTTP/1.1\r\nHost: {host}\r\nX-Api-Key: {api_key}\r\nAccept: application/json\r\n"
            "Accept-Encoding: identity\r\n\r\n"
        )
        self._buffer = memoryview(bytearray(_ENOUGH))

    @staticmethod
    @asynccontextmanager
    async def open(url: str, api_key: str) -> AsyncIterator["RawConnection"]:
        """Connect to the server at `url`."""
        parts = urlsplit(url)
        with socket.socket() as connected:
            connected.setblocking(False)
            await asyncio.get_running_loop().sock_connect(connected, (parts.hostname, parts.port))
            yield RawConnection(connected, parts.netloc, api_key)

    async def get(self, path: str) -> memoryview:
        """Return the body, valid until the next call."""
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(self._socket, f"GET {path}{self._tail}".encode())
        have, start, end = 0, 0, _ENOUGH
        while have < end:
            got = await loop.sock_recv_into(self._socket, self._buffer[have:])
            if not got:
                raise ConnectionError("closed by the server")
            have += got
            if not start:
                head, separator, _ = bytes(self._buffer[: min(have, 4096)]).partition(b"\r\n\r\n")
                if not separator:
                    continue
                assert head.startswith(b"HTTP/1.1 200"), head
                start = len(head) + len(separator)
                end = start + _content_length(head)
        return self._buffer[start:end]


def _content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    raise AssertionError(head)
