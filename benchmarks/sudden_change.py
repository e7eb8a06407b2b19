"""Ten long queues that change at once: how long the event loop stands still until all of it is told."""

import asyncio
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.results import Bound, Report, Result
from benchmarks.stalls import TICK_S, Stalls
from discarr.core.clock import SystemClock
from discarr.core.events import EventKind
from discarr.core.memory import settle_memory
from discarr.core.models import (
    Download,
    DownloadKey,
    HistoryEvent,
    HistoryRecord,
    QueueStatus,
    TrackedState,
    TrackedStatus,
)
from discarr.core.store import Store
from discarr.monitoring.alerts.alerting import Alerting
from discarr.monitoring.cache_manager import CacheManager
from discarr.monitoring.download_rows import NOTHING_HIDDEN
from discarr.monitoring.progress_tracker import ProgressTracker
from tests.factories import make_download
from tests.fakes.media_client import FakeMediaClient
from tests.fakes.sink import FakeSink

LONGEST_STALL_MS = 50.0
INSTANCES = 10
_PATIENCE_S = 120.0
_INTERVAL_S = 1.0
_BLOCKED: dict[str, Any] = {
    "status": QueueStatus.COMPLETED,
    "tracked_status": TrackedStatus.WARNING,
    "tracked_state": TrackedState.IMPORT_PENDING,
    "size_left_bytes": 0,
}


async def measure(report: Report, *, n: int, rounds: int) -> None:
    """Let `n` downloads of all instances need a hand at once, and be imported at once, so many times."""
    longest: dict[str, list[tuple[float, float]]] = {}
    for _ in range(rounds):
        for phase, found in (await _round(n)).items():
            longest.setdefault(phase, []).append(found)
    report.add(
        [
            Result(
                case=f"stall while {n:,} {phase}",
                n=n,
                contender=contender,
                median_ms=median(found),
                ratio_to_limit=median(found) / LONGEST_STALL_MS,
            )
            for phase, measured in longest.items()
            for contender, found in zip(("discarr", "with others"), zip(*measured, strict=True), strict=True)
        ],
        [
            Bound(
                what=f"longest stall while {n:,} rows of {INSTANCES} instances {phase}",
                found=max(own for own, _ in measured),
                most=LONGEST_STALL_MS,
                unit="ms",
            )
            for phase, measured in longest.items()
        ],
    )


async def _round(n: int) -> dict[str, tuple[float, float]]:
    """Return the longest stalls of each phase: the product's own, and as the clock saw it."""
    clock, stalls, sink = SystemClock(), Stalls(), FakeSink()
    each = n // INSTANCES
    clients = [FakeMediaClient(f"server{number}", name=f"Server {number}") for number in range(INSTANCES)]
    running = {client: _downloads(client, each) for client in clients}
    blocked = {client: _downloads(client, each, **_BLOCKED) for client in clients}
    found = {}
    with tempfile.TemporaryDirectory() as directory:
        store = await Store.open(Path(directory), clock=clock)
        cache = CacheManager(clients, clock=clock, refresh_interval_s=_INTERVAL_S)
        alerting = Alerting(
            cache,
            ProgressTracker(clock=clock, interval_s=_INTERVAL_S),
            store,
            sink,
            clock=clock,
            hidden=NOTHING_HIDDEN,
            reserve_bytes=0,
            refresh_interval_s=_INTERVAL_S,
            history_interval_s=_INTERVAL_S,
        )
        for client in clients:
            client.downloads = running[client]
        settle_memory()  # as the product does when it starts
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(loop) for loop in (stalls.watch(), cache.run(), alerting.run())]
            await cache.initial_load_event.wait()
            await asyncio.sleep(3 * _INTERVAL_S)
            for kind in (EventKind.NEEDS_HAND, EventKind.IMPORTED):
                await alerting.desk.change_rule(kind, delay_s=0.0)
            book = alerting.notifier.book
            stalls.take()

            for client in clients:
                client.downloads = blocked[client]
            await _until(lambda: len(book.open_alerts) == n)
            await _until(lambda: len(sink.messages) >= INSTANCES)
            await asyncio.sleep(TICK_S * 10)
            found["begin to need a hand"] = stalls.take()

            histories = {client: _imports(client, each) for client in clients}
            await asyncio.sleep(TICK_S * 10)
            stalls.take()
            for client in clients:
                client.downloads, client.history = (), histories[client]
            await _until(lambda: not book.open_alerts)
            await asyncio.sleep(2 * _INTERVAL_S)
            found["are imported"] = stalls.take()
            for task in tasks:
                task.cancel()
        await store.close()
    return found


async def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError("what was waited for did not happen")
        await asyncio.sleep(0.1)


def _downloads(client: FakeMediaClient, count: int, **fields: Any) -> tuple[Download, ...]:
    return tuple(
        make_download(
            key=DownloadKey(client.config.id, "d", f"{number:040X}"),
            row_ids=(number,),
            title=f"Title {number}",
            media_id=number,
            **fields,
        )
        for number in range(1, count + 1)
    )


def _imports(client: FakeMediaClient, count: int) -> tuple[HistoryRecord, ...]:
    now = datetime.now(UTC)
    return tuple(
        HistoryRecord(
            id=number,
            instance=client.config.id,
            event=HistoryEvent.IMPORTED,
            date=now,
            download_id=f"{number:040X}",
            title=f"Title {number}",
            year=2024,
            media_id=number,
            episode=None,
            release_title=f"Title.{number}",
            quality="WEBDL-1080p",
            tags=(),
        )
        for number in range(count, 0, -1)
    )
