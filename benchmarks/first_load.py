"""The first poll, when no title is known: how many requests it takes, and whether every row arrives."""

import asyncio
import time

from benchmarks.contenders import media_clients
from benchmarks.results import Bound, Report, Result
from benchmarks.servers import Servers, running_servers
from discarr.core.clock import SystemClock
from discarr.core.models import FetchedQueue, InstanceKind

MOST_REQUESTS = 100
MOST_REQUESTS_LATER = 20


async def measure(report: Report, *, n: int) -> None:
    """Load both queues for the first time and once more."""
    async with running_servers(n) as servers, media_clients(servers.urls, clock=SystemClock()) as clients:
        await servers.forget()
        start = time.perf_counter()
        queues = await asyncio.gather(*(client.fetch_queue() for client in clients))
        took_ms = (time.perf_counter() - start) * 1000
        first = await _requests(servers)
        await servers.forget()
        await asyncio.gather(*(client.fetch_queue() for client in clients))
        later = await _requests(servers)
    lost = 2 * n - sum(_distinct_rows(queue) for queue in queues)
    untitled = sum(_without_title(queue) for queue in queues)
    report.add(
        [
            Result(
                case="first load",
                n=n,
                contender="discarr",
                median_ms=took_ms,
                ratio_to_limit=first / MOST_REQUESTS,
            )
        ],
        [
            Bound(what=f"first load, {n:,} rows: queue requests", found=first, most=MOST_REQUESTS, unit=""),
            Bound(
                what=f"later poll, {n:,} rows: queue requests", found=later, most=MOST_REQUESTS_LATER, unit=""
            ),
            Bound(what=f"first load, {n:,} rows: rows lost", found=lost, most=0, unit=""),
            Bound(what=f"first load, {n:,} rows: downloads without a title", found=untitled, most=0, unit=""),
        ],
    )


async def _requests(servers: Servers) -> int:
    counts: dict[InstanceKind, int] = await servers.queue_requests()
    return sum(counts.values())


def _distinct_rows(queue: FetchedQueue) -> int:
    return len({row_id for download in queue.downloads for row_id in download.row_ids})


def _without_title(queue: FetchedQueue) -> int:
    """Tags are known exactly where the movie or series is: a release name could pass for a title."""
    return sum(download.tags is None for download in queue.downloads)
