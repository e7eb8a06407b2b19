"""A simulated Radarr and Sonarr in a process of their own, and the handle to it.

Orders go in as one word a line, answers come out as one JSON document a line.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.raw_http import RawConnection
from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.app import API_KEY, ArrServer
from discarr.sandbox.arr_server.bulk import BulkQueue

_KINDS = (InstanceKind.RADARR, InstanceKind.SONARR)


@dataclass(slots=True)
class Servers:
    """Both servers, seen from the measuring process."""

    urls: dict[InstanceKind, str]
    _process: asyncio.subprocess.Process

    async def step(self, share: float = 1.0) -> None:
        """Let a share of the running downloads make progress; lean pages are ready again after it."""
        await self.order(f"step {share}")

    async def forget(self) -> None:
        """Start counting requests anew."""
        await self.order("forget")

    async def queue_requests(self) -> dict[InstanceKind, int]:
        """Return how many queue requests each server got since `forget`."""
        counts = await self.order("count")
        return {kind: counts[kind.value] for kind in _KINDS}

    async def warm_up(self) -> None:
        """Ask for every page that was ever asked for, so that nobody pays for its encoding later."""
        paths = await self.order("asked")
        for kind, url in self.urls.items():
            async with RawConnection.open(url, API_KEY) as connection:
                for path in paths[kind.value]:
                    await connection.get(path)

    async def order(self, word: str) -> Any:
        """Send an order and return the answer."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(f"{word}\n".encode())
        await stdin.drain()
        return json.loads(await stdout.readline())


@asynccontextmanager
async def running_servers(row_count: int) -> AsyncIterator[Servers]:
    """Run both servers with `row_count` rows each."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.servers",
        str(row_count),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**24,
    )
    try:
        servers = Servers({}, process)
        urls = await servers.order("urls")
        servers.urls = {kind: urls[kind.value] for kind in _KINDS}
        yield servers
    finally:
        process.terminate()
        await process.wait()


async def _serve(row_count: int) -> None:
    asked: dict[str, set[str]] = {kind.value: set() for kind in _KINDS}
    queues = [BulkQueue(kind=kind, row_count=row_count) for kind in _KINDS]
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(ArrServer(queue)) for queue in queues]
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            answer: Any = {}
            order, *numbers = line.split()
            match order:
                case "urls":
                    answer = {server.kind.value: server.url for server in servers}
                case "step":
                    for queue in queues:
                        queue.step(float(numbers[0]))
                case "forget":
                    for server in servers:
                        asked[server.kind.value].update(_queue_paths(server))
                        server.requests.clear()
                case "count":
                    answer = {server.kind.value: len(_queue_paths(server)) for server in servers}
                case "asked":
                    for server in servers:
                        asked[server.kind.value].update(_queue_paths(server))
                    answer = {kind: sorted(paths) for kind, paths in asked.items()}
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()


def _queue_paths(server: ArrServer) -> list[str]:
    return [path for path in (line.removeprefix("GET ") for line in server.requests) if "/queue?" in path]


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
