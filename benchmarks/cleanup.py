"""Collecting what is worth removing from the queues of five instances, and looking at them for it.

It is all computing, so the time that this thread had the processor is measured: other programs do not count.
"""

import time
from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from statistics import median

from benchmarks.results import Bound, Report, Result
from discarr.core.cleanup_config import CleanupConfig
from discarr.core.cleanup_settings import CleanupSettings
from discarr.core.memory import settle_memory
from discarr.core.models import Download, DownloadKey, InstanceSnapshot, QueueSnapshot
from discarr.core.setting_values import as_config
from discarr.core.store import Store
from discarr.core.store.strikes import StoredStrikes, put_strikes
from discarr.monitoring.cleanup.collector import collect_in_slices
from discarr.monitoring.cleanup.watch import CleanupWatch
from discarr.monitoring.progress_tracker import ProgressTracker
from tests.factories import make_download, make_instance_snapshot
from tests.fakes.clock import START, FakeClock

INSTANCES = 5
ROWS = 2_000
"""Of each instance."""
MOST_MS = 100.0
LONGEST_PIECE_MS = 10.0
_LOOKS = 90
"""One a minute: so long must nothing arrive before anything is stalled."""
_APART_S = 60.0
"""Watched time from the first strike of one download to that of the next."""


class _PacedClock(FakeClock):
    """A clock that notes for how long a computation did not give way."""

    def __init__(self) -> None:
        super().__init__()
        self.longest_ms = 0.0
        self._since = time.thread_time()

    async def give_way(self) -> None:
        self.note()
        await super().give_way()
        self._since = time.thread_time()

    def note(self) -> None:
        self.longest_ms = max(self.longest_ms, (time.thread_time() - self._since) * 1000)

    def begin(self) -> None:
        self.longest_ms, self._since = 0.0, time.thread_time()

    def pass_minute(self) -> None:
        self._elapsed += 60


async def measure(report: Report, *, rounds: int) -> None:
    """Collect when a tenth of the downloads is worth removing, a third of them, and, for comparison, all."""
    for share, every in (("a tenth", 10), ("a third", 3), ("all", 1)):
        found_ms, piece_ms, look_ms = await _measure(every, rounds)
        report.add(
            [
                _result(f"clean-up, {share} of it bad", found_ms, MOST_MS),
                _result("… its longest piece", piece_ms, LONGEST_PIECE_MS),
                _result("… longest piece of a look", look_ms, LONGEST_PIECE_MS),
            ],
            [
                Bound(
                    what=f"clean-up of {INSTANCES} × {ROWS:,} rows, {share} of it bad",
                    found=found_ms,
                    most=MOST_MS,
                    unit="ms",
                ),
                Bound(what="… its longest piece", found=piece_ms, most=LONGEST_PIECE_MS, unit="ms"),
            ]
            if every > 1
            else [],
        )


async def _measure(every: int, rounds: int) -> tuple[float, float, float]:
    clock = _PacedClock()
    store = await Store.in_memory(clock=clock)
    try:
        instances = tuple(_instance(number, every) for number in range(INSTANCES))
        await store.run(lambda connection: put_strikes(connection, _strikes(instances, every)))
        tracker = ProgressTracker(clock=clock)
        watch = CleanupWatch(as_config(CleanupSettings(), CleanupConfig), tracker, store, clock=clock)
        await watch.load()
        settle_memory()
        looks_ms: list[float] = []
        snapshot = QueueSnapshot(instances=instances)
        for _ in range(_LOOKS):
            clock.pass_minute()
            now = clock.now()
            read = tuple(replace(item, fetched_at=now, data_as_of=now) for item in instances)
            snapshot = QueueSnapshot(instances=read)
            for item in read:
                tracker.observe(item)
            clock.begin()
            await watch.observe(snapshot)
            looks_ms.append(clock.longest_ms)
        runs = [_drain(collect_in_slices(snapshot, watch)) for _ in range(rounds)]
        expected = INSTANCES * len(range(0, ROWS, every))
        assert all(len(collection.candidates) == expected for collection, _, _ in runs)
    finally:
        await store.close()
    return (
        median(total for _, total, _ in runs),
        median(longest for _, _, longest in runs),
        max(looks_ms),
    )


def _drain[T](steps: Generator[None, None, T]) -> tuple[T, float, float]:
    """Return the result, and how long all of it and its longest piece took, in milliseconds."""
    start = since = time.thread_time()
    longest = 0.0
    while True:
        try:
            next(steps)
        except StopIteration as end:
            now = time.thread_time()
            return end.value, (now - start) * 1000, max(longest, now - since) * 1000
        now = time.thread_time()
        longest, since = max(longest, now - since), now


def _instance(number: int, every: int) -> InstanceSnapshot:
    name = f"radarr_{number}"
    return make_instance_snapshot(
        id=name,
        name=name,
        details_at=START,
        downloads=tuple(_download(name, row, every) for row in range(ROWS)),
    )


def _download(instance: str, row: int, every: int) -> Download:
    """Return a download that gets nothing, or one that is complete."""
    is_stalled = row % every == 0
    overrides = {} if is_stalled else {"size_left_bytes": 0}
    return make_download(
        key=DownloadKey(instance, "d", f"HASH{row}"),
        row_ids=(row + 1,),
        title=f"Movie {row}",
        added=START - timedelta(days=30),
        **overrides,
    )


def _strikes(instances: tuple[InstanceSnapshot, ...], every: int) -> list[StoredStrikes]:
    return [
        StoredStrikes(
            instance=item.id,
            download=download.key.id,
            rule="stalled",
            added=download.added,
            row_id=download.row_ids[0],
            count=3,
            began_s=_APART_S * place,
            struck_s=_APART_S * place,
            left_bytes=download.size_left_bytes,
        )
        for item in instances
        for place, download in enumerate(item.downloads[::every])
    ]


def _result(case: str, found_ms: float, most_ms: float) -> Result:
    return Result(
        case=case, n=ROWS, contender="discarr", median_ms=found_ms, ratio_to_limit=found_ms / most_ms
    )
