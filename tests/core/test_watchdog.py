"""The loop's delay, and the end of a process whose loop hangs."""

import asyncio
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from discarr.core.watchdog import LoopMonitor, guard_loop, rss_bytes
from tests.fakes.clock import FakeClock

_HANGS = """
import asyncio, sys, time
from discarr.core.clock import SystemClock
from discarr.core.watchdog import guard_loop

async def main():
    guard = asyncio.create_task(guard_loop(clock=SystemClock(), timeout_s=0.3))
    await asyncio.sleep(0)
    if sys.argv[1] == "stop":
        guard.cancel()
        await asyncio.wait([guard])
    time.sleep(1 if sys.argv[1] == "stop" else 30)

asyncio.run(main())
"""


def run_hanging(mode: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _HANGS, mode], capture_output=True, text=True, timeout=25, check=False
    )


def test_a_hanging_loop_ends_the_process_with_all_stacks() -> None:
    result = run_hanging("hang")
    assert result.returncode == 1
    assert "Timeout" in result.stderr
    assert "in main" in result.stderr


def test_a_guard_that_was_stopped_ends_nothing() -> None:
    result = run_hanging("stop")
    assert (result.returncode, result.stderr) == (0, "")


async def test_the_guard_arms_again_and_again() -> None:
    clock = FakeClock()
    guard = asyncio.create_task(guard_loop(clock=clock), name="guard")
    await clock.advance(600)
    assert not guard.done()
    guard.cancel()
    with suppress(asyncio.CancelledError):
        await guard


class LateClock(FakeClock):
    """Wakes sleepers later than they asked."""

    late_s = 0.0

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds + self.late_s)


async def test_the_monitor_knows_the_longest_delay_of_five_minutes() -> None:
    clock = LateClock()
    monitor = LoopMonitor(clock=clock)
    task = asyncio.create_task(monitor.run(), name="monitor")
    assert monitor.recent_delay_s == 0
    await clock.advance(1)
    clock.late_s = 0.25
    await clock.advance(1)
    clock.late_s = 0.0
    await clock.advance(1.25)
    assert monitor.recent_delay_s == pytest.approx(0.25)
    await clock.advance(299)
    assert monitor.recent_delay_s == pytest.approx(0.25)
    await clock.advance(1)
    assert monitor.recent_delay_s == pytest.approx(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def test_memory_is_known_with_and_without_proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert 5_000_000 < rss_bytes() < 5_000_000_000
    monkeypatch.setattr("discarr.core.watchdog._STATM", tmp_path / "missing")
    assert 5_000_000 < rss_bytes() < 5_000_000_000
