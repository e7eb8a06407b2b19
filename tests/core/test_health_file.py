"""What the running process leaves for `discarr healthcheck`, and how it is judged."""

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from discarr.core.health_file import (
    HealthReport,
    health_path,
    keep_health_file,
    read_health,
    write_health,
)
from tests.fakes.clock import START, FakeClock

REPORT = HealthReport(written_at=START, is_healthy=True, discord="connected", degraded=("4K is offline.",))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "health.json"


def test_a_degraded_process_is_alive_and_tells_what_does_not_work(path: Path) -> None:
    write_health(path, REPORT)
    verdict = read_health(path, START + timedelta(seconds=20))
    assert verdict.is_healthy
    assert verdict.sentence == "Discarr is degraded; Discord: connected."
    assert verdict.degraded == ("4K is offline.",)
    assert [item.name for item in path.parent.iterdir()] == ["health.json"]


def test_a_report_without_trouble_is_healthy(path: Path) -> None:
    write_health(path, HealthReport(written_at=START, is_healthy=True, discord="ready"))
    assert read_health(path, START).sentence == "Discarr is healthy; Discord: ready."


def test_a_report_that_says_so_is_not_healthy(path: Path) -> None:
    write_health(path, HealthReport(written_at=START, is_healthy=False, discord="wrong token"))
    verdict = read_health(path, START)
    assert not verdict.is_healthy
    assert verdict.sentence == "Discarr is not healthy; Discord: wrong token."


@pytest.mark.parametrize("age_s", [61, -61])
def test_an_old_report_is_a_process_that_hangs(path: Path, age_s: int) -> None:
    write_health(path, REPORT)
    verdict = read_health(path, START + timedelta(seconds=age_s))
    assert not verdict.is_healthy
    assert "61 s" in verdict.sentence


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"\xff",
        b'{"written_at": 1}',
        b'{"written_at": "2026-01-02T20:47:00", "is_healthy": true, "discord": "no time zone"}',
    ],
)
def test_nonsense_is_not_healthy(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert read_health(path, START).sentence == "The health file makes no sense."


def test_no_file_is_not_healthy(path: Path) -> None:
    assert not read_health(path, START).is_healthy
    assert not read_health(path.parent, START).is_healthy


def test_a_failed_write_leaves_nothing_behind(path: Path) -> None:
    (path / "occupied").mkdir(parents=True)
    with pytest.raises(OSError):
        write_health(path, REPORT)
    assert [item.name for item in path.parent.iterdir()] == ["health.json"]


def test_each_data_directory_has_its_own_file(tmp_path: Path) -> None:
    assert health_path(tmp_path / "a") != health_path(tmp_path / "b")
    assert health_path(Path("data")) == health_path(Path.cwd() / "data")


async def settle_until(clock: FakeClock, path: Path, mtime_ns: int) -> int:
    """Let the writing thread finish, and return the new modification time."""
    async with asyncio.timeout(5):
        while not path.exists() or path.stat().st_mtime_ns == mtime_ns:  # noqa: ASYNC110, ASYNC240
            await asyncio.sleep(0.005)
    await clock.settle()
    return path.stat().st_mtime_ns  # noqa: ASYNC240


async def test_the_file_is_renewed_every_ten_seconds(path: Path) -> None:
    clock = FakeClock()
    task = asyncio.create_task(keep_health_file(path, lambda: REPORT, clock=clock), name="health-file")
    first = await settle_until(clock, path, 0)
    await clock.advance(10)
    assert await settle_until(clock, path, first) > first
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_directory_without_room_is_told_once_and_does_not_end_the_loop(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FakeClock()
    path = tmp_path / "missing" / "health.json"
    with caplog.at_level(logging.WARNING):
        task = asyncio.create_task(keep_health_file(path, lambda: REPORT, clock=clock), name="health-file")
        async with asyncio.timeout(5):
            while not caplog.records:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        await clock.advance(10)
        path.parent.mkdir()
        for _ in range(200):
            await clock.advance(10)
            await asyncio.sleep(0.005)
            if path.exists():
                break
    assert path.exists()
    assert [record.getMessage() for record in caplog.records] == [
        "The health file cannot be written: No such file or directory"
    ]
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
