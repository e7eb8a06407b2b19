"""Copies beside the database: sound or not there, in order whatever the clock says, three of them."""

import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discarr.core.errors import StoreError
from discarr.core.store import DATABASE_NAME, Store
from discarr.core.store.backups import KEPT, find_backups, make_daily, write_copy
from discarr.core.store.connection import connect
from discarr.core.store.faults import Damaged
from discarr.core.store.schema import migrate
from tests.core.store.crash import kill_everywhere
from tests.core.store.scenes import back_up, is_sound, names, remember
from tests.fakes.clock import START, FakeClock

DAY = timedelta(days=1)
PARTIAL = "discarr.partial"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / DATABASE_NAME


@pytest.fixture
def connection(database: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(database)) as opened:
        migrate(opened, None)
        yield opened


def make(connection: sqlite3.Connection, database: Path, at: datetime) -> None:
    make_daily(connection, database, at, must_stop=lambda: False)


def days(database: Path, now: datetime) -> list[int]:
    """The ages of the daily backups, in their order."""
    return [(now - backup.made_at).days for backup in find_backups(database, now) if backup.is_daily]


def test_the_newest_three_are_kept(connection: sqlite3.Connection, database: Path) -> None:
    for number in range(KEPT + 2):
        make(connection, database, START + number * DAY)
    assert days(database, START + 4 * DAY) == [0, 1, 2]
    assert not database.with_name(PARTIAL).exists()


def test_a_copy_holds_what_was_committed(connection: sqlite3.Connection, database: Path) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("INSERT INTO meta VALUES ('key', 'value')")
    make(connection, database, START)
    (name,) = names(database.parent, ".*.backup")
    assert name == f"{DATABASE_NAME}.20260102T204700.backup"
    with closing(sqlite3.connect(database.with_name(name))) as copy:
        assert copy.execute("SELECT value FROM meta").fetchall() == [("value",)]
        versions = [each.execute("PRAGMA user_version").fetchone()[0] for each in (copy, connection)]
        assert versions[0] == versions[1]


def test_copies_made_before_migrations_stay_and_have_the_date_of_their_file(
    connection: sqlite3.Connection, database: Path
) -> None:
    kept = database.with_name(f"{DATABASE_NAME}.v1.backup")
    write_copy(connection, kept)
    os.utime(kept, (0, (START + DAY).timestamp()))
    for number in range(KEPT + 1):
        make(connection, database, START + number * 2 * DAY)
    found = find_backups(database, START + 6 * DAY)
    assert [(START + 6 * DAY - item.made_at).days for item in found] == [0, 2, 4, 5]
    assert found[-1].path == kept


@pytest.mark.parametrize("name", ["20261399T999999", "v1", "20260102", "by hand"])
@pytest.mark.parametrize("modified_s", [-1e9, 1e17])
def test_strange_names_and_dates_are_no_daily_backups(database: Path, name: str, modified_s: float) -> None:
    path = database.with_name(f"{DATABASE_NAME}.{name}.backup")
    path.touch()
    os.utime(path, (0, modified_s))
    assert [item.is_daily for item in find_backups(database, START)] == [False]


def test_a_clock_that_was_ahead_neither_hides_nor_pushes_out_what_is_made_afterwards(
    connection: sqlite3.Connection, database: Path
) -> None:
    for number in range(KEPT):
        make(connection, database, START + (1000 + number) * DAY)
    make(connection, database, START)
    assert days(database, START) == [0, -1002, -1001]
    make(connection, database, START + DAY)
    make(connection, database, START + 2 * DAY)
    assert days(database, START + 2 * DAY) == [0, 1, 2]


@given(st.lists(st.integers(-(10**8), 10**8), max_size=8), st.integers(-(10**8), 10**8))
def test_the_newest_comes_first_and_the_future_last(
    tmp_path_factory: pytest.TempPathFactory, offsets_s: list[int], now_s: int
) -> None:
    database = tmp_path_factory.mktemp("order") / DATABASE_NAME
    for offset_s in offsets_s:
        at = START + timedelta(seconds=offset_s)
        database.with_name(f"{DATABASE_NAME}.{at:%Y%m%dT%H%M%S}.backup").touch()
    ages = [
        now_s - (item.made_at - START).total_seconds()
        for item in find_backups(database, START + timedelta(seconds=now_s))
    ]
    past, future = [age for age in ages if age >= 0], [age for age in ages if age < 0]
    assert len(ages) == len(set(offsets_s))
    assert ages == sorted(past) + sorted(future)


def test_a_copy_that_is_stopped_leaves_nothing(connection: sqlite3.Connection, database: Path) -> None:
    fill_much(connection)
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        make_daily(connection, database, START, must_stop=lambda: True)
    assert names(database.parent, ".*") == []
    assert not database.with_name(PARTIAL).exists()
    make(connection, database, START)


def test_of_a_damaged_database_no_backup_is_made(connection: sqlite3.Connection, database: Path) -> None:
    make(connection, database, START)
    connection.execute("PRAGMA cache_size = 0")
    fill_much(connection)
    content = bytearray(database.read_bytes())
    content[8192:] = b"\xa5" * (len(content) - 8192)
    database.write_bytes(content)
    with pytest.raises(sqlite3.DatabaseError):
        make(connection, database, START + DAY)
    assert days(database, START + DAY) == [1]


def test_a_copy_that_arrives_damaged_pushes_out_no_other(
    connection: sqlite3.Connection, database: Path
) -> None:
    # A disk that takes everything and gives back something else cannot be had; a table whose rows break
    # its own rule is a copy as faithful as unsound.
    connection.execute("PRAGMA ignore_check_constraints = ON")
    connection.execute("CREATE TABLE limited (number INTEGER CHECK (number < 10))")
    make(connection, database, START)
    connection.execute("INSERT INTO limited VALUES (11)")
    with pytest.raises(Damaged, match="CHECK constraint failed"):
        make(connection, database, START + DAY)
    assert days(database, START + DAY) == [1]
    assert not database.with_name(PARTIAL).exists()


class HeldClock(FakeClock):
    """A clock that the copying asks for the time, and waits for the answer."""

    def __init__(self) -> None:
        super().__init__()
        self.is_copying, self.may_go_on = threading.Event(), threading.Event()
        self._asked = 0

    def monotonic(self) -> float:
        if threading.current_thread() is not threading.main_thread():
            self._asked += 1
            if self._asked == 2:  # once before it began, once in the middle
                self.is_copying.set()
                assert self.may_go_on.wait(10)
        return super().monotonic()


async def test_closing_does_not_wait_for_a_copy(tmp_path: Path) -> None:
    clock = HeldClock()
    store = await Store.open(tmp_path, clock=clock)
    await store.run(fill_much)
    copying = asyncio.create_task(store.back_up(), name="copying")
    assert await asyncio.to_thread(clock.is_copying.wait, 10)
    closing = asyncio.create_task(store.close(), name="closing")
    await asyncio.sleep(0)
    clock.may_go_on.set()
    await closing
    with pytest.raises(StoreError):
        await copying
    assert names(tmp_path, ".*.backup") == []


def fill_much(connection: sqlite3.Connection) -> None:
    connection.execute(
        "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 20000)"
        " INSERT INTO identify (identified_at) SELECT printf('%0200d', n) FROM number"
    )


class SlowDisk(FakeClock):
    """Every look at the clock is six seconds after the one before."""

    def monotonic(self) -> float:
        self._elapsed += 6.0
        return self._elapsed


async def test_a_disk_that_is_too_slow_for_a_copy_is_said(tmp_path: Path) -> None:
    store = await Store.open(tmp_path, clock=SlowDisk())
    await store.run(fill_much)
    with pytest.raises(StoreError, match="took too long"):
        await store.back_up()
    assert names(tmp_path, ".*.backup") == []
    await store.put_meta("key", "value")
    await store.close()


async def test_a_store_in_memory_has_no_backups(tmp_path: Path) -> None:
    store = await Store.in_memory(clock=FakeClock())
    await store.back_up()
    assert await store.last_backup_at() is None
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await store.back_up()


async def test_the_last_backup_is_the_newest_that_is_not_of_the_future(tmp_path: Path) -> None:
    await remember(tmp_path)
    await back_up(tmp_path, at=START + 9 * DAY)
    await back_up(tmp_path, at=START - DAY)
    store = await Store.open(tmp_path, clock=FakeClock())
    assert await store.last_backup_at() == START - DAY
    await store.close()


_BACK_UP = """
import asyncio
from datetime import timedelta
from pathlib import Path
from tests.core.store.scenes import back_up
from tests.fakes.clock import START

def work(directory):
    asyncio.run(back_up(Path(directory), at=START + timedelta(days=3)))
"""


async def test_a_process_killed_anywhere_in_a_backup_leaves_whole_ones_only(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    await remember(tmp_path)
    for number in range(KEPT):
        await back_up(tmp_path, at=START + number * DAY)

    scenes = kill_everywhere(_BACK_UP, tmp_path, tmp_path_factory.mktemp("killed") / "scenes")

    assert len(scenes) > 10
    for scene in scenes:
        backups = [scene / name for name in names(scene, ".*.backup")]
        assert len(backups) >= KEPT
        assert all(is_sound(backup) for backup in backups), scene
        await back_up(scene, at=START + 4 * DAY)
        assert len(names(scene, ".*.backup")) == KEPT
        assert not (scene / PARTIAL).exists()


_WORKS_FOR_EVER = """
import asyncio, sys
from pathlib import Path
from discarr.core.clock import SystemClock
from discarr.core.store import Store

def work(connection):
    for key in ("left", "right"):
        connection.execute(
            "INSERT INTO meta VALUES (?, '0') ON CONFLICT DO UPDATE SET value = value + 1", (key,)
        )
        connection.execute("INSERT INTO identify (identified_at) VALUES (?)", ("x" * 50_000,))

async def main():
    store = await Store.open(Path(sys.argv[1]), clock=SystemClock())
    while True:
        await asyncio.gather(store.run(work), store.back_up(), store.run(work))
        print(".", flush=True)

asyncio.run(main())
"""


async def test_kills_at_any_moment_leave_whole_transactions_and_whole_backups(tmp_path: Path) -> None:
    for _ in range(3):
        await asyncio.to_thread(run_and_kill, tmp_path)
        for name in (DATABASE_NAME, *names(tmp_path, ".*.backup")):
            with closing(sqlite3.connect(tmp_path / name)) as connection:
                rows = connection.execute("SELECT value FROM meta WHERE key IN ('left', 'right')").fetchall()
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert len(rows) == 2
            assert rows[0] == rows[1]


def run_and_kill(directory: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _WORKS_FOR_EVER, str(directory)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        for _ in range(6):
            next(process.stdout)
        process.kill()
