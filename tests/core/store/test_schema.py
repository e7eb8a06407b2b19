"""Migrations: a copy first, whole steps only, and no way back."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from discarr.core.errors import StoreError
from discarr.core.store import DATABASE_NAME, Store
from discarr.core.store.schema import APPLICATION_ID, MIGRATIONS, migrate
from tests.core.store.crash import kill_everywhere
from tests.core.store.scenes import is_sound, names
from tests.fakes.clock import START, FakeClock

EARLIER = sorted(Path(__file__).with_name("schemas").glob("v*.sql"))
"""A database of each version that was ever released, as SQL."""

FIRST = MIGRATIONS[:1]
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


def version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def test_a_new_database_needs_no_copy(connection: sqlite3.Connection, path: Path) -> None:
    migrate(connection, path)
    assert version(connection) == len(MIGRATIONS)
    assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert [item.name for item in path.parent.iterdir()] == ["discarr.db"]


def test_a_step_is_preceded_by_a_copy_that_opens(connection: sqlite3.Connection, path: Path) -> None:
    migrate(connection, path, FIRST)
    connection.execute("INSERT INTO meta VALUES ('key', 'value')")
    path.with_name("discarr.db.v1.backup").write_text("an older copy", encoding="ascii")
    path.with_name("discarr.partial").write_text("one cut short", encoding="ascii")
    migrate(connection, path, [*FIRST, STEP])
    assert version(connection) == 2
    assert connection.execute("SELECT value FROM notes").fetchall() == [("value",)]
    with closing(sqlite3.connect(path.with_name("discarr.db.v1.backup"))) as backup:
        assert version(backup) == 1
        assert backup.execute("SELECT value FROM meta").fetchall() == [("value",)]
    assert not path.with_name("discarr.partial").exists()


@pytest.mark.parametrize("place", range(len(STEP) + 1))
def test_a_step_that_fails_anywhere_leaves_the_version_before_it(
    connection: sqlite3.Connection, path: Path, place: int
) -> None:
    migrate(connection, path, FIRST)
    broken = (*STEP[:place], "INSERT INTO nowhere VALUES (1)", *STEP[place:])
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, path, [*FIRST, broken])
    assert version(connection) == 1
    assert not connection.in_transaction
    migrate(connection, path, [*FIRST, STEP])
    assert version(connection) == 2


def test_a_newer_database_is_refused_and_left_alone(connection: sqlite3.Connection, path: Path) -> None:
    migrate(connection, path, [*FIRST, STEP])
    with pytest.raises(StoreError, match="newer than this Discarr's 1") as caught:
        migrate(connection, path, FIRST)
    assert ".v1.backup" in caught.value.remedy
    assert version(connection) == 2


def test_another_programs_database_is_refused(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("CREATE TABLE theirs (id)")
    with pytest.raises(StoreError, match="another program's"):
        migrate(connection, path)


def write_earlier(sql: Path, directory: Path) -> Path:
    path = directory / DATABASE_NAME
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(sql.read_text(encoding="utf-8"))
    return path


def structure(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    return set(connection.execute("SELECT type, sql FROM sqlite_schema WHERE sql IS NOT NULL"))


def test_there_is_a_database_of_every_earlier_version() -> None:
    kept = [sql.stem for sql in EARLIER]
    assert kept[: len(MIGRATIONS) - 1] == [f"v{number}" for number in range(1, len(MIGRATIONS))]


@pytest.mark.parametrize("sql", EARLIER, ids=lambda path: path.stem)
def test_a_released_step_was_not_changed(sql: Path, tmp_path: Path, connection: sqlite3.Connection) -> None:
    migrate(connection, None, MIGRATIONS[: int(sql.stem[1:])])
    with closing(sqlite3.connect(":memory:")) as earlier:
        earlier.executescript(sql.read_text(encoding="utf-8"))
        assert structure(earlier) == structure(connection)


@pytest.mark.parametrize("sql", EARLIER, ids=lambda path: path.stem)
async def test_every_earlier_version_opens_with_all_it_knew(sql: Path, tmp_path: Path) -> None:
    write_earlier(sql, tmp_path)

    store = await Store.open(tmp_path, clock=FakeClock(START))

    assert store.recovery is None
    assert await store.get_meta("key") == "value"
    message = await store.get_message("status")
    assert message is not None
    assert message.message_id == 1100000000000000003
    assert await store.count_deletions("status", START - timedelta(hours=1)) == 1
    assert await store.count_identifies(START - timedelta(hours=1)) == 2
    assert await store.run(version) == len(MIGRATIONS)
    await store.close()
    if (before := int(sql.stem[1:])) < len(MIGRATIONS):
        assert names(tmp_path, ".*.backup") == [f"{DATABASE_NAME}.v{before}.backup"]


@pytest.mark.parametrize("sql", EARLIER, ids=lambda path: path.stem)
def test_no_row_of_an_earlier_version_is_lost(sql: Path, connection: sqlite3.Connection) -> None:
    connection.executescript(sql.read_text(encoding="utf-8"))
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    queries = [f"SELECT * FROM {table}" for table in tables]  # noqa: S608 - the names are the schema's own
    before = [connection.execute(query).fetchall() for query in queries]
    assert all(before)

    migrate(connection, None)

    assert [connection.execute(query).fetchall() for query in queries] == before


_MIGRATE = """
from contextlib import closing
from pathlib import Path
from discarr.core.store.connection import connect
from discarr.core.store.schema import migrate
from tests.core.store.test_schema import FIRST, LATER

def work(directory):
    path = Path(directory) / "discarr.db"
    with closing(connect(path)) as connection:
        migrate(connection, path, [*FIRST, *LATER])
"""
LATER = (STEP, ("CREATE TABLE last (id INTEGER PRIMARY KEY)", "INSERT INTO last VALUES (3)"))


def test_a_process_killed_at_any_statement_leaves_a_whole_version_and_the_next_goes_on(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    write_earlier(EARLIER[0], tmp_path)

    scenes = kill_everywhere(_MIGRATE, tmp_path, tmp_path_factory.mktemp("killed") / "scenes")

    assert len(scenes) > 10
    seen = set()
    for scene in scenes:
        path = scene / DATABASE_NAME
        assert is_sound(path)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            found = version(connection)
            seen.add(found)
            with closing(sqlite3.connect(":memory:", isolation_level=None)) as model:
                migrate(model, None, [*FIRST, *LATER][:found])
                assert structure(connection) == structure(model), scene
            migrate(connection, path, [*FIRST, *LATER])
            assert version(connection) == 3
            assert connection.execute("SELECT value FROM notes WHERE key = 'key'").fetchone() == ("value",)
        for copy in names(scene, ".*.backup"):
            assert is_sound(scene / copy)
    assert seen == {1, 2, 3}
