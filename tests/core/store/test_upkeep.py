"""The daily look after the database: when it comes, what it does, and how trouble is told."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from discarr.core.store import DATABASE_NAME, Store, keep_backups
from discarr.core.store.upkeep import Pruner
from tests.core.store.scenes import back_up, names, remember
from tests.fakes.clock import START, FakeClock

HOUR_S = 3600
DAY_S = 24 * HOUR_S
FIRST_S = 300


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@asynccontextmanager
async def kept(store: Store, clock: FakeClock, *pruners: Pruner) -> AsyncIterator[None]:
    """Look after a store as long as the block lasts."""
    task = asyncio.create_task(keep_backups(store, clock=clock, pruners=pruners), name="backups")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        await store.close()


async def live(store: Store, clock: FakeClock, seconds: int) -> None:
    """Let time pass, and the store's thread keep up with it."""
    await clock.settle()
    while seconds:
        step = min(seconds, HOUR_S)
        seconds -= step
        await clock.advance(step)
        for _ in range(8):
            await store.last_backup_at()


def times(directory: Path) -> list[str]:
    return [name.split(".")[2] for name in names(directory, ".2*.backup")]


async def test_the_first_backup_comes_soon_after_the_start_and_then_daily(
    tmp_path: Path, clock: FakeClock
) -> None:
    store = await Store.open(tmp_path, clock=clock)
    async with kept(store, clock):
        await live(store, clock, FIRST_S)
        assert times(tmp_path) == ["20260102T205200"]
        await live(store, clock, DAY_S - FIRST_S)
        assert times(tmp_path) == ["20260102T205200"]
        await live(store, clock, 3 * DAY_S)
        assert [time[:8] for time in times(tmp_path)] == ["20260103", "20260104", "20260105"]


@pytest.mark.parametrize(("age", "is_made"), [(23, False), (24, True), (-1, True)])
async def test_a_restart_makes_one_only_when_the_newest_is_a_day_old(
    tmp_path: Path, clock: FakeClock, age: int, is_made: bool
) -> None:
    await remember(tmp_path)
    await back_up(tmp_path, at=START - timedelta(hours=age))
    store = await Store.open(tmp_path, clock=clock)
    async with kept(store, clock):
        await live(store, clock, FIRST_S)
        assert ("20260102T205200" in times(tmp_path)) is is_made


class Jumping(FakeClock):
    """A clock that somebody sets."""

    ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead


async def test_a_clock_that_is_set_back_by_a_year_holds_nothing_up(tmp_path: Path) -> None:
    clock = Jumping()
    clock.ahead = timedelta(days=365)
    store = await Store.open(tmp_path, clock=clock)
    async with kept(store, clock):
        await live(store, clock, FIRST_S)
        clock.ahead = timedelta()
        await live(store, clock, HOUR_S)
        assert times(tmp_path) == ["20260102T215200", "20270102T205200"]


async def test_trouble_is_told_once_and_tried_again_the_next_day(
    tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    store = await Store.open(tmp_path, clock=clock)
    in_the_way = tmp_path / "discarr.partial"
    in_the_way.mkdir()
    async with kept(store, clock):
        await live(store, clock, 2 * DAY_S + HOUR_S)
        (record,) = caplog.records
        assert record.levelno == logging.WARNING
        assert record.getMessage().startswith(f"The daily backup of the database failed: {in_the_way} cannot")
        in_the_way.rmdir()
        await live(store, clock, DAY_S - 2 * HOUR_S)
        assert times(tmp_path) == []
        await live(store, clock, 2 * HOUR_S)
        assert len(times(tmp_path)) == 1
        assert [item.getMessage() for item in caplog.records[1:]] == [
            "The daily backup of the database works again"
        ]


async def test_old_rows_go_before_the_backup_is_made(tmp_path: Path, clock: FakeClock) -> None:
    pruned_at: list[datetime] = []

    def prune(connection: sqlite3.Connection, now: datetime) -> None:
        pruned_at.append(now)
        connection.execute("DELETE FROM meta WHERE key LIKE 'filler%'")

    await remember(tmp_path)
    store = await Store.open(tmp_path, clock=clock)
    async with kept(store, clock, prune):
        await live(store, clock, FIRST_S)
        assert pruned_at == [START + timedelta(seconds=FIRST_S)]
    (backup,) = names(tmp_path, ".2*.backup")
    assert (tmp_path / backup).stat().st_size < 180_000 < (tmp_path / DATABASE_NAME).stat().st_size


async def test_a_pruner_that_the_disk_stops_leaves_the_rest_of_the_work(
    tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    def prune(connection: sqlite3.Connection, _now: datetime) -> None:
        connection.execute("PRAGMA query_only = ON").close()
        try:
            connection.execute("DELETE FROM meta")
        finally:
            connection.execute("PRAGMA query_only = OFF").close()

    await remember(tmp_path)
    store = await Store.open(tmp_path, clock=clock)
    async with kept(store, clock, prune):
        await live(store, clock, FIRST_S)
        assert len(times(tmp_path)) == 1
        assert "cannot be written" in caplog.text


async def test_a_mistake_in_a_pruner_is_logged_once_a_day_and_ends_nothing(
    tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    def prune(_connection: sqlite3.Connection, _now: datetime) -> None:
        raise ValueError("a mistake")

    store = await Store.open(tmp_path, clock=clock)
    async with kept(store, clock, prune):
        await live(store, clock, 12 * DAY_S)
        assert 11 <= caplog.text.count("ValueError: a mistake") <= 12


async def test_the_log_gives_its_room_back(tmp_path: Path, clock: FakeClock) -> None:
    await remember(tmp_path)
    store = await Store.open(tmp_path, clock=clock)
    log = tmp_path / f"{DATABASE_NAME}-wal"
    assert log.stat().st_size > 0
    async with kept(store, clock):
        await live(store, clock, FIRST_S)
        assert log.stat().st_size == 0


async def test_a_store_in_memory_is_pruned_too(clock: FakeClock) -> None:
    pruned_at: list[datetime] = []
    store = await Store.in_memory(clock=clock)
    async with kept(store, clock, lambda _connection, now: pruned_at.append(now)):
        await live(store, clock, 3 * DAY_S)
        assert len(pruned_at) == 3


async def test_a_directory_that_cannot_be_looked_through_is_told(
    tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    store = await Store.open(tmp_path, clock=clock)
    # A backup that is a link to itself has no date.
    loop = tmp_path / f"{DATABASE_NAME}.by hand.backup"
    loop.symlink_to(loop)
    async with kept(store, clock):
        await clock.settle()
        await clock.advance(FIRST_S)
        for _ in range(8):
            await store.get_meta("key")
        assert len([record for record in caplog.records if record.levelno == logging.WARNING]) == 1
