"""The store: whole transactions, whatever happens to tasks, files, disks and processes."""

import asyncio
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from discarr.core.errors import StoreError
from discarr.core.store import DATABASE_NAME, Store
from discarr.core.store.schema import MIGRATIONS
from tests.core.store.scenes import fill, garble_pages, look, remember, truncate_to_nothing
from tests.fakes.clock import FakeClock


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(tmp_path, clock=FakeClock())
    yield opened
    await opened.close()


async def test_what_was_remembered_is_there_after_a_restart(tmp_path: Path) -> None:
    await remember(tmp_path / "made" / "on" / "the" / "way")
    found = await look(tmp_path / "made" / "on" / "the" / "way")
    assert (found.value, found.recovery, found.is_disarmed) == ("value", None, False)


async def test_the_pragmas_are_those_of_the_facts(store: Store) -> None:
    def read(connection: sqlite3.Connection) -> dict[str, object]:
        names = (
            "journal_mode",
            "synchronous",
            "foreign_keys",
            "trusted_schema",
            "busy_timeout",
            "user_version",
        )
        return {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names}

    assert await store.run(read) == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "trusted_schema": 0,
        "busy_timeout": 5000,
        "user_version": len(MIGRATIONS),
    }
    assert store.is_persistent


async def test_a_failing_transaction_leaves_nothing(store: Store) -> None:
    def work(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO meta VALUES ('half', '1')")
        raise ValueError("in the middle")

    with pytest.raises(ValueError, match="in the middle"):
        await store.run(work)
    assert await store.get_meta("half") is None


async def test_a_mistake_in_a_statement_is_not_dressed_up(store: Store) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await store.run(lambda connection: connection.execute("SELECT * FROM nowhere").fetchall())


async def test_transactions_that_change_something_are_counted(store: Store) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO meta VALUES ('half', '1')")
        raise ValueError("in the middle")

    assert store.write_count == 0
    await store.get_meta("key")
    with pytest.raises(ValueError, match="in the middle"):
        await store.run(fail)
    await store.forget_message("no such message")
    assert store.write_count == 0
    await store.put_meta("key", "value")
    await store.run(fill)
    assert store.write_count == 2


def add_one(connection: sqlite3.Connection) -> None:
    row = connection.execute("SELECT value FROM meta WHERE key = 'count'").fetchone()
    value = 0 if row is None else int(row[0])
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('count', ?)", (str(value + 1),))


async def test_fifty_transactions_at_once_happen_one_after_the_other(store: Store) -> None:
    await asyncio.gather(*(store.run(add_one) for _ in range(50)))
    assert await store.get_meta("count") == "50"


async def test_a_cancelled_waiter_never_cuts_a_transaction_in_half(store: Store) -> None:
    has_begun, may_end = threading.Event(), threading.Event()

    def work(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO meta VALUES ('a', '1')")
        has_begun.set()
        assert may_end.wait(5)
        connection.execute("INSERT INTO meta VALUES ('b', '1')")

    running = asyncio.create_task(store.run(work), name="running")
    assert await asyncio.to_thread(has_begun.wait, 5)
    queued = asyncio.create_task(store.put_meta("queued", "1"), name="queued")
    await asyncio.sleep(0)
    for task in (running, queued):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    may_end.set()
    assert [await store.get_meta(key) for key in ("a", "b", "queued")] == ["1", "1", None]


async def test_a_second_process_cannot_use_the_same_directory(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="another Discarr uses the data directory") as caught:
        await Store.open(tmp_path, clock=FakeClock())
    assert "DISCARR_DATA_DIR" in caught.value.remedy
    await store.put_meta("still", "alive")
    await store.close()
    await look(tmp_path)


async def test_a_closed_store_says_so_and_may_be_closed_again(store: Store) -> None:
    await store.close()
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await store.get_meta("key")


async def test_closing_waits_for_what_was_asked_before(tmp_path: Path) -> None:
    store = await Store.open(tmp_path, clock=FakeClock())
    writes = [asyncio.create_task(store.run(add_one), name=f"write-{number}") for number in range(20)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*writes)
    store = await Store.open(tmp_path, clock=FakeClock())
    assert await store.get_meta("count") == "20"
    await store.close()


async def test_a_disk_that_hangs_does_not_hold_the_end_up(
    store: Store, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("discarr.core.store.database._CLOSE_TIMEOUT_S", 0.05)
    monkeypatch.setattr("discarr.core.store.database._RUN_TIMEOUT_S", 0.05)
    may_end = threading.Event()
    with pytest.raises(StoreError, match="does not answer"):
        await store.run(lambda _connection: may_end.wait(10))
    await store.close()
    assert "did not close in time" in caplog.text
    may_end.set()


async def test_a_store_in_memory_works_and_forgets(tmp_path: Path) -> None:
    store = await Store.in_memory(clock=FakeClock())
    await store.put_meta("key", "value")
    assert await store.get_meta("key") == "value"
    assert not store.is_persistent
    assert store.recovery is None
    await store.close()


async def test_damage_while_running_is_said_in_plain_words(store: Store, tmp_path: Path) -> None:
    await store.run(lambda connection: connection.execute("PRAGMA cache_size = 0").close())
    await store.run(fill)
    await asyncio.to_thread(garble_pages, tmp_path / DATABASE_NAME)
    await asyncio.to_thread(truncate_to_nothing, tmp_path / f"{DATABASE_NAME}-wal")
    with pytest.raises(StoreError, match=r"damaged|disk of the data directory fails"):
        await store.run(lambda connection: connection.execute("SELECT * FROM meta").fetchall())


async def test_a_full_disk_is_said_reads_go_on_and_it_recovers(store: Store) -> None:
    await store.put_meta("key", "value")
    await store.run(lambda connection: connection.execute("PRAGMA max_page_count = 1").fetchone())
    with pytest.raises(StoreError, match="full") as caught:
        await store.put_meta("large", "x" * 1_000_000)
    assert caught.value.remedy == "Make room on it."
    assert await store.get_meta("key") == "value"
    await store.run(lambda connection: connection.execute("PRAGMA max_page_count = 100000").fetchone())
    await store.put_meta("large", "x" * 1_000_000)


async def test_another_program_that_holds_the_file_is_said(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.run(lambda connection: connection.execute("PRAGMA busy_timeout = 10").fetchone())
    other = sqlite3.connect(tmp_path / DATABASE_NAME, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="in use by another program"):
        await store.put_meta("key", "value")
    other.execute("ROLLBACK")
    other.close()
    await store.put_meta("key", "value")


async def test_a_connection_that_turned_read_only_says_who_owns_the_file(store: Store) -> None:
    await store.run(lambda connection: connection.execute("PRAGMA query_only = ON").close())
    with pytest.raises(StoreError, match="cannot be written") as caught:
        await store.put_meta("key", "value")
    assert "chown -R" in caught.value.remedy


async def test_a_directory_in_place_of_the_file_is_said(tmp_path: Path) -> None:
    (tmp_path / DATABASE_NAME).mkdir()
    with pytest.raises(StoreError, match="cannot be written"):
        await Store.open(tmp_path, clock=FakeClock())


_COUNTS_FOR_EVER = """
import asyncio, sys
from pathlib import Path
from discarr.core.clock import SystemClock
from discarr.core.store import Store

def work(connection):
    for key in ("left", "right"):
        connection.execute(
            "INSERT INTO meta VALUES (?, '0') ON CONFLICT DO UPDATE SET value = value + 1", (key,)
        )

async def main():
    store = await Store.open(Path(sys.argv[1]), clock=SystemClock())
    while True:
        await store.run(work)
        print(".", flush=True)

asyncio.run(main())
"""


async def test_a_killed_process_leaves_whole_transactions_and_no_lock(tmp_path: Path) -> None:
    for _ in range(3):
        await asyncio.to_thread(run_and_kill, tmp_path)
        store = await Store.open(tmp_path, clock=FakeClock())
        left, right = [await store.get_meta(key) for key in ("left", "right")]
        assert left == right
        assert left is not None
        assert store.recovery is None
        await store.close()


def run_and_kill(directory: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _COUNTS_FOR_EVER, str(directory)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        with suppress(StopIteration):
            for _ in range(25):
                next(process.stdout)
        process.kill()
