"""Cache, tracker, monitor and renderer together on a long queue: how long the event loop stands still."""

import asyncio
import time
from contextlib import AsyncExitStack
from statistics import median

from benchmarks.contenders import media_clients
from benchmarks.results import Bound, Report, Result
from benchmarks.servers import running_servers
from benchmarks.stalls import TICK_S, Stalls
from discarr.core.clock import SystemClock
from discarr.core.memory import settle_memory
from discarr.core.models import QueueSnapshot
from discarr.discord_bot.ui.status_embed import render_status
from discarr.monitoring.cache_manager import CacheManager
from discarr.monitoring.download_monitor import DownloadMonitor, Published
from discarr.monitoring.progress_tracker import ProgressTracker
from discarr.monitoring.snapshot_diff import diff
from discarr.monitoring.status_view import StatusView

LONGEST_STALL_MS = 20.0
LONGEST_RENDER_MS = 5.0


class _Renderer:
    """A publisher that draws and sends nothing."""

    def __init__(self) -> None:
        self.retry_requested = asyncio.Event()
        self.renders_ms: list[float] = []

    async def publish(self, view: StatusView, *, renew: bool) -> Published:  # noqa: ARG002 - of the protocol
        """Draw the view and note how long that took."""
        start = time.perf_counter()
        render_status(view, SystemClock().now())
        if view.total:
            self.renders_ms.append((time.perf_counter() - start) * 1000)
        return Published.EDITED


async def measure(report: Report, *, n: int, rounds: int) -> None:
    """Run the product without Discord through a first load and `rounds` refreshes."""
    clock = SystemClock()
    stalls, renderer = Stalls(), _Renderer()
    stalls_ms: list[float] = []
    clock_stalls_ms: list[float] = []
    diffs_ms: list[float] = []
    async with running_servers(n) as servers, AsyncExitStack() as stack:
        clients = await stack.enter_async_context(media_clients(servers.urls, clock=clock))
        cache = CacheManager(clients, clock=clock, refresh_interval_s=1.0)
        monitor = DownloadMonitor(
            cache, ProgressTracker(clock=clock), renderer, clock=clock, edit_interval_s=0.1
        )
        settle_memory()  # as the product does when it starts
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(running, name=name)
                for name, running in (
                    ("stalls", stalls.watch()),
                    ("cache", cache.run()),
                    ("monitor", monitor.run()),
                )
            ]
            await cache.initial_load_event.wait()
            before = cache.snapshot
            for _ in range(rounds):
                await asyncio.sleep(1.0)
                await servers.step()
                await asyncio.sleep(2.0)
                for found, into in zip(stalls.take(), (stalls_ms, clock_stalls_ms), strict=True):
                    into.append(found)
                diffs_ms.append(_diff_ms(before, cache.snapshot))
                before = cache.snapshot
                await asyncio.sleep(
                    TICK_S * 10
                )  # the watcher has to see this measurement before it is forgotten
                stalls.take()
            for task in tasks:
                task.cancel()
    report.add(
        [
            _result("longest stall of the loop", n, median(stalls_ms), LONGEST_STALL_MS),
            _result("… and what other programs took", n, median(clock_stalls_ms), LONGEST_STALL_MS),
            _result("render", n, median(renderer.renders_ms), LONGEST_RENDER_MS),
            _result("difference of two snapshots", n, median(diffs_ms), LONGEST_STALL_MS),
        ],
        [
            Bound(what=f"longest stall, {n:,} rows", found=max(stalls_ms), most=LONGEST_STALL_MS, unit="ms"),
            Bound(
                what=f"render, {n:,} rows",
                found=median(renderer.renders_ms),
                most=LONGEST_RENDER_MS,
                unit="ms",
            ),
        ],
    )


def _diff_ms(before: QueueSnapshot, after: QueueSnapshot) -> float:
    start = time.perf_counter()
    diff(before, after)
    return (time.perf_counter() - start) * 1000


def _result(case: str, n: int, found_ms: float, most_ms: float) -> Result:
    return Result(case=case, n=n, contender="discarr", median_ms=found_ms, ratio_to_limit=found_ms / most_ms)
