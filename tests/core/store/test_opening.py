"""Any damage to the files: it opens, and what it knows is right or was set aside; nothing else is raised."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from discarr.core.errors import StoreError
from discarr.core.store import DATABASE_NAME, Store
from tests.core.store.scenes import back_up, content, look_now, names, remember
from tests.effort import examples
from tests.fakes.clock import FakeClock

COMMITS = 12


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a database that knows "newer", and its backup that knows "older"."""
    directory = tmp_path_factory.mktemp("healthy")

    async def make() -> None:
        await remember(directory, "older")
        await back_up(directory)
        await remember(directory, "newer")

    asyncio.run(make())
    return directory


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory as a killed process leaves it: twelve commits of a pair of numbers lie in the log."""
    directory, copy = tmp_path_factory.mktemp("interrupted"), tmp_path_factory.mktemp("killed") / "copy"

    async def make() -> None:
        store = await Store.open(directory, clock=FakeClock())
        await store.tidy()
        for number in range(1, COMMITS + 1):

            def work(connection: sqlite3.Connection, number: int = number) -> None:
                for key in ("left", "right"):
                    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, str(number)))

            await store.run(work)
        await asyncio.to_thread(shutil.copytree, directory, copy)
        await store.close()

    asyncio.run(make())
    return copy


def scene(start: Path, factory: pytest.TempPathFactory) -> Path:
    directory = factory.mktemp("scene")
    shutil.copytree(start, directory, dirs_exist_ok=True)
    return directory


@settings(max_examples=examples(25))
@given(share=st.floats(0, 1, exclude_max=True))
@example(share=0.0)
@example(share=0.998046875)  # SQLite itself does not notice
def test_a_file_cut_short_anywhere_is_replaced(
    healthy: Path, tmp_path_factory: pytest.TempPathFactory, share: float
) -> None:
    directory = scene(healthy, tmp_path_factory)
    path = directory / DATABASE_NAME
    cut = path.read_bytes()[: int(path.stat().st_size * share)]
    path.write_bytes(cut)

    found = look_now(directory)

    assert (found.value, found.is_whole, found.is_disarmed) == ("older", True, True)
    assert [content(directory / name) for name in names(directory, ".corrupt.*")] == [cut]
    shutil.rmtree(directory)


@settings(max_examples=examples(60))
@given(
    damage=st.lists(
        st.tuples(st.one_of(st.floats(0, 1, exclude_max=True), st.integers(0, 2000)), st.integers(0, 255)),
        min_size=1,
        max_size=30,
    )
)
def test_damaged_bytes_anywhere_raise_nothing_but_store_errors(
    healthy: Path, tmp_path_factory: pytest.TempPathFactory, damage: list[tuple[float, int]]
) -> None:
    directory = scene(healthy, tmp_path_factory)
    path = directory / DATABASE_NAME
    damaged = bytearray(path.read_bytes())
    for place, byte in damage:
        damaged[place if isinstance(place, int) else int(place * len(damaged))] = byte
    path.write_bytes(damaged)

    try:
        found = look_now(directory)
    except StoreError:
        # What the header says may be believable: another program's file, a newer version, one to be read
        # only. Or a single row cannot be read: SQLite does not look at the contents when it is opened.
        kept = [content(item) for item in (path, *directory.glob("*.corrupt.*"))]
        assert len(kept) == 1
    else:
        if found.recovery is not None:
            assert (found.value, found.is_whole, found.is_disarmed) == ("older", True, True)
            assert [content(directory / name) for name in names(directory, ".corrupt.*")] == [bytes(damaged)]
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
    shutil.rmtree(directory)


@settings(max_examples=examples(40))
@given(
    cut=st.floats(0, 1), damage=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)))
)
@example(cut=1.0, damage=[])
@example(cut=0.0, damage=[])
def test_a_damaged_log_loses_whole_commits_from_its_end_and_no_part_of_one(
    interrupted: Path, tmp_path_factory: pytest.TempPathFactory, cut: float, damage: list[tuple[float, int]]
) -> None:
    directory = scene(interrupted, tmp_path_factory)
    log = directory / f"{DATABASE_NAME}-wal"
    damaged = bytearray(log.read_bytes()[: int(log.stat().st_size * cut)])
    for place, byte in damage if damaged else ():
        damaged[int(place * len(damaged))] = byte
    log.write_bytes(damaged)

    left, right = asyncio.run(pair(directory))

    assert left == right
    if cut == 1.0 and not damage:
        assert left == str(COMMITS)
    shutil.rmtree(directory)


async def pair(directory: Path) -> tuple[str | None, str | None]:
    store = await Store.open(directory, clock=FakeClock())
    try:
        assert store.recovery is None
        return await store.get_meta("left"), await store.get_meta("right")
    finally:
        await store.close()


def test_damage_that_sqlite_quotes_in_its_words_is_damage_too(healthy: Path, tmp_path: Path) -> None:
    shutil.copytree(healthy, tmp_path, dirs_exist_ok=True)
    path = tmp_path / DATABASE_NAME
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE identify", b"CREATE TABLE id\xffntify"))
    found = look_now(tmp_path)
    assert (found.value, found.is_disarmed) == ("older", True)


def test_a_garbled_log_without_meaning_loses_nothing(healthy: Path, tmp_path: Path) -> None:
    shutil.copytree(healthy, tmp_path, dirs_exist_ok=True)
    (tmp_path / f"{DATABASE_NAME}-wal").write_bytes(b"\xa5" * 5000)
    found = look_now(tmp_path)
    assert (found.value, found.recovery) == ("newer", None)


def test_tables_of_other_tools_are_no_damage(healthy: Path, tmp_path: Path) -> None:
    shutil.copytree(healthy, tmp_path, dirs_exist_ok=True)
    with closing(sqlite3.connect(tmp_path / DATABASE_NAME)) as connection:
        connection.execute("CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)")
    found = look_now(tmp_path)
    assert (found.value, found.recovery) == ("newer", None)


async def test_a_reason_that_nobody_thought_of_is_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = await remember(tmp_path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "CREATE TRIGGER refusal BEFORE INSERT ON meta BEGIN SELECT RAISE(ABORT, 'on principle'); END"
        )
    with pytest.raises(StoreError, match="cannot be opened"):
        await Store.open(tmp_path, clock=FakeClock())
    assert "IntegrityError: on principle" in caplog.text
    assert names(tmp_path, ".corrupt.*") == []
