"""Migrations: a copy first, whole steps only, and no way back."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from discarr.core.errors import StoreError
from discarr.core.store.schema import APPLICATION_ID, MIGRATIONS, migrate

STEP = (
    "CREATE TABLE later (id INTEGER PRIMARY KEY)",
    "INSERT INTO later VALUES (1)",
    "ALTER TABLE meta RENAME TO notes",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "discarr.db"


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as opened:
        yield opened


NOW = len(MIGRATIONS)


def version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def test_a_new_database_needs_no_copy(connection: sqlite3.Connection, path: Path) -> None:
    migrate(connection, path)
    assert version(connection) == len(MIGRATIONS)
    assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert [item.name for item in path.parent.iterdir()] == ["discarr.db"]


def test_a_step_is_preceded_by_a_copy_that_opens(connection: sqlite3.Connection, path: Path) -> None:
    migrate(connection, path)
    connection.execute("INSERT INTO meta VALUES ('key', 'value')")
    path.with_name(f"discarr.db.v{NOW}.backup").write_text("an older copy", encoding="ascii")
    path.with_name(f"discarr.db.v{NOW}.backup.partial").write_text("one cut short", encoding="ascii")
    migrate(connection, path, [*MIGRATIONS, STEP])
    assert version(connection) == NOW + 1
    assert connection.execute("SELECT value FROM notes").fetchall() == [("value",)]
    with closing(sqlite3.connect(path.with_name(f"discarr.db.v{NOW}.backup"))) as backup:
        assert version(backup) == NOW
        assert backup.execute("SELECT value FROM meta").fetchall() == [("value",)]
    assert not path.with_name(f"discarr.db.v{NOW}.backup.partial").exists()


@pytest.mark.parametrize("place", range(len(STEP) + 1))
def test_a_step_that_fails_anywhere_leaves_the_version_before_it(
    connection: sqlite3.Connection, path: Path, place: int
) -> None:
    migrate(connection, path)
    broken = (*STEP[:place], "INSERT INTO nowhere VALUES (1)", *STEP[place:])
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, path, [*MIGRATIONS, broken])
    assert version(connection) == NOW
    assert not connection.in_transaction
    migrate(connection, path, [*MIGRATIONS, STEP])
    assert version(connection) == NOW + 1


def test_a_newer_database_is_refused_and_left_alone(connection: sqlite3.Connection, path: Path) -> None:
    migrate(connection, path, [*MIGRATIONS, STEP])
    with pytest.raises(StoreError, match=f"newer than this Discarr's {NOW}") as caught:
        migrate(connection, path)
    assert f".v{NOW}.backup" in caught.value.remedy
    assert version(connection) == NOW + 1


def test_another_programs_database_is_refused(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("CREATE TABLE theirs (id)")
    with pytest.raises(StoreError, match="another program's"):
        migrate(connection, path)
