"""A look into the database of a running, an ended or a killed process."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path

import pytest

from discarr.core.errors import StoreError
from discarr.core.store import DATABASE_NAME, Connection, Store, outbox
from discarr.core.store.glance import Glance, glance
from discarr.core.store.outbox import OutboxCounts, Outgoing
from tests.fakes.clock import START, FakeClock

LATER = START + timedelta(hours=1)
NOTHING = Glance(
    outbox=OutboxCounts(waiting=0, scheduled=0, oldest_due=None, dead=0), open_alerts=0, unacknowledged=0
)


def fill(connection: Connection) -> None:
    """Put one message into each state that counts, and alerts of every kind."""
    messages = [
        Outgoing(story=story, route="alerts", content=b"x", not_before=at)
        for story, at in (("dead", START), ("due", START), ("later", LATER))
    ]
    outbox.enqueue(connection, messages, now=START)
    outbox.mark_dead(connection, 1, error="gone", now=START)
    rows = [
        ("told", None, None, None),
        ("acknowledged", None, None, 7),
        ("silenced", None, "silence", None),
        ("over", START.isoformat(), None, None),
    ]
    connection.executemany(
        "INSERT INTO alert"
        " (dedup, kind, is_hidden, began_at, fired_at, ended_at, held, acknowledged_by, facts)"
        " VALUES (?, 'needs_hand', 0, '', '', ?, ?, ?, x'00')",
        rows,
    )


FILLED = Glance(
    outbox=OutboxCounts(waiting=1, scheduled=1, oldest_due=START, dead=1), open_alerts=3, unacknowledged=1
)


@asynccontextmanager
async def running(directory: Path) -> AsyncIterator[Store]:
    store = await Store.open(directory, clock=FakeClock())
    try:
        yield store
    finally:
        await store.close()


def names(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


async def test_it_sees_what_a_running_process_has_stored(tmp_path: Path) -> None:
    async with running(tmp_path) as store:
        assert glance(tmp_path / DATABASE_NAME, START) == NOTHING
        await store.run(fill)

        assert glance(tmp_path / DATABASE_NAME, START) == FILLED


async def test_an_ended_process_left_the_same_and_nothing_is_added(tmp_path: Path) -> None:
    async with running(tmp_path) as store:
        await store.run(fill)
    before = names(tmp_path), (tmp_path / DATABASE_NAME).read_bytes()

    assert glance(tmp_path / DATABASE_NAME, START) == FILLED

    assert (names(tmp_path), (tmp_path / DATABASE_NAME).read_bytes()) == before


async def test_without_a_log_of_its_own_the_file_is_read_as_others_leave_it(tmp_path: Path) -> None:
    path = tmp_path / DATABASE_NAME
    async with running(tmp_path) as store:
        await store.run(fill)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")

    before = names(tmp_path)

    assert glance(path, START) == FILLED
    assert names(tmp_path) == before


def test_a_missing_or_empty_file_says_nothing_and_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / DATABASE_NAME
    assert glance(path, START) is None
    assert not path.exists()

    path.touch()
    assert glance(path, START) is None


@pytest.mark.parametrize(
    ("pragma", "value"), [("user_version", 1), ("user_version", 99), ("application_id", 5)]
)
async def test_another_version_or_program_says_nothing(tmp_path: Path, pragma: str, value: int) -> None:
    async with running(tmp_path):
        pass
    with closing(sqlite3.connect(tmp_path / DATABASE_NAME)) as connection:
        connection.execute(f"PRAGMA {pragma} = {value}")

    assert glance(tmp_path / DATABASE_NAME, START) is None


def test_damage_is_explained(tmp_path: Path) -> None:
    path = tmp_path / DATABASE_NAME
    path.write_bytes(b"this is no database at all, and never was one" * 200)

    with pytest.raises(StoreError, match="the database is damaged"):
        glance(path, START)


async def test_a_missing_table_is_told_without_quoting_it(tmp_path: Path) -> None:
    async with running(tmp_path):
        pass
    with closing(sqlite3.connect(tmp_path / DATABASE_NAME)) as connection:
        connection.execute("DROP TABLE alert")

    with pytest.raises(StoreError, match="the database cannot be read"):
        glance(tmp_path / DATABASE_NAME, START)


async def test_a_database_that_is_held_by_somebody_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / DATABASE_NAME
    async with running(tmp_path):
        pass
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")

        with pytest.raises(StoreError, match="in use by another program"):
            glance(path, START, busy_timeout_s=0.0)


def test_a_path_that_cannot_be_looked_at_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    with pytest.raises(StoreError, match="the database cannot be read"):
        glance(tmp_path / ("n" * 300), START)
