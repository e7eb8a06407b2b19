"""A database that is damaged or lost: set aside, and the newest sound backup put back."""

import logging
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from discarr.core.store import DATABASE_NAME, Recovery, Store, recovery
from discarr.core.store.recovery import Cause
from discarr.core.store.schema import MIGRATIONS, migrate
from tests.core.store.crash import kill_everywhere
from tests.core.store.scenes import (
    DAMAGES,
    LOSSES,
    back_up,
    content,
    drop_a_table,
    garble_pages,
    is_sound,
    leave_nothing,
    look,
    lose_the_last_bytes,
    names,
    overwrite_with_text,
    remember,
    truncate_to_nothing,
)
from tests.fakes.clock import START, FakeClock

DAY = timedelta(days=1)
BACKUP = f"{DATABASE_NAME}.20260102T204700.backup"


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """A database that has been backed up when it knew "older"."""
    await remember(tmp_path, "older")
    await back_up(tmp_path)
    return await remember(tmp_path, "newer")


@pytest.mark.parametrize("harm", [*DAMAGES, *LOSSES])
async def test_the_backup_is_put_back(
    path: Path, harm: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    harm(path)

    found = await look(path.parent, at=START + DAY)

    assert found.value == "older"
    assert found.is_disarmed
    assert found.recovery is not None
    assert found.recovery.cause is (Cause.LOST if harm in LOSSES else Cause.DAMAGED)
    assert found.recovery.restored_from == START
    assert found.recovery.sentence == (
        f"Discarr's database {found.recovery.cause}. The backup of 2 January 2026, 20:47 UTC was put back;"
        " what came after is lost."
    )
    (line,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert line.getMessage() == found.recovery.log_line
    assert line.getMessage().endswith(f"; {BACKUP} was put back")
    assert names(path.parent, ".*.backup") == [BACKUP]
    again = await look(path.parent)
    assert (again.value, again.recovery, again.is_disarmed) == ("older", None, True)


@pytest.mark.parametrize("harm", [*DAMAGES, *LOSSES])
async def test_without_a_backup_a_new_one_is_begun(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    harm(await remember(tmp_path))

    found = await look(tmp_path)

    assert (found.value, found.is_disarmed) == (None, True)
    assert found.recovery is not None
    assert found.recovery.restored_from is None
    assert found.recovery.sentence == (
        f"Discarr's database {found.recovery.cause}, and it has no usable backup: Discarr begins anew."
    )
    assert found.recovery.log_line.endswith("; a new one was begun")
    again = await look(tmp_path)
    assert (again.value, again.recovery, again.is_disarmed) == (None, None, True)


@pytest.mark.parametrize("harm", [overwrite_with_text, truncate_to_nothing])
@pytest.mark.parametrize("is_known", [True, False])
async def test_what_was_damaged_is_kept_whole_with_its_log(
    path: Path, harm: Callable[[Path], None], is_known: bool
) -> None:
    harm(path)
    if not is_known:
        forget_place(path)
    harmed = content(path)
    path.with_name(f"{DATABASE_NAME}-wal").write_bytes(b"the last commits")

    recovery = await recovery_of(path.parent)

    assert recovery.set_aside == f"{DATABASE_NAME}.corrupt.20260102T204700"
    aside = path.with_name(recovery.set_aside)
    assert content(aside) == harmed
    assert content(aside.with_name(f"{aside.name}-wal")) == b"the last commits"
    assert f"what was left of it is now {aside.name};" in recovery.log_line


def forget_place(path: Path) -> None:
    """Leave nothing that tells of an earlier database."""
    for name in (f"{DATABASE_NAME}.known", BACKUP):
        path.with_name(name).unlink()


async def recovery_of(directory: Path) -> Recovery:
    found = (await look(directory)).recovery
    assert found is not None
    return found


async def test_files_set_aside_never_replace_one_another(tmp_path: Path) -> None:
    for text in (b"first", b"second", b"third"):
        path = tmp_path / DATABASE_NAME
        path.write_bytes(text * 1000)
        (tmp_path / f"{DATABASE_NAME}-wal").write_bytes(text)
        (tmp_path / f"{DATABASE_NAME}-shm").write_bytes(text)
        await look(tmp_path)
    assert len(names(tmp_path, ".corrupt.20260102T204700*")) == 9


async def test_a_log_that_was_set_aside_alone_is_not_given_to_the_next(path: Path) -> None:
    for _ in range(2):
        path.with_name(f"{DATABASE_NAME}-wal").write_bytes(b"a log")
        leave_nothing(path)
        await look(path.parent)
    assert names(path.parent, ".corrupt.*") == [
        f"{DATABASE_NAME}.corrupt.20260102T204700-wal",
        f"{DATABASE_NAME}.corrupt.20260102T204700.2-wal",
    ]


async def test_clean_up_stays_disarmed_until_somebody_arms_it(path: Path) -> None:
    garble_pages(path)
    clock = FakeClock(START + DAY)
    store = await Store.open(path.parent, clock=clock)
    assert await store.cleanup_disarmed_since() == START + DAY
    await store.run(recovery.arm)
    await store.run(recovery.arm)
    assert await store.cleanup_disarmed_since() is None
    await store.close()
    assert not (await look(path.parent)).is_disarmed


def write_newer_version(backup: Path) -> None:
    with closing(sqlite3.connect(backup)) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")


def write_another_programs(backup: Path) -> None:
    with closing(sqlite3.connect(backup)) as connection:
        connection.execute("PRAGMA application_id = 7")


def become_a_directory(backup: Path) -> None:
    backup.unlink()
    backup.mkdir()


@pytest.mark.parametrize(
    "harm",
    [
        truncate_to_nothing,
        lose_the_last_bytes,
        garble_pages,
        drop_a_table,
        write_newer_version,
        write_another_programs,
        become_a_directory,
    ],
)
async def test_a_backup_that_cannot_be_used_is_passed_over(path: Path, harm: Callable[[Path], None]) -> None:
    await back_up(path.parent, at=START + DAY)
    newest = f"{DATABASE_NAME}.20260103T204700.backup"
    harm(path.with_name(newest))
    truncate_to_nothing(path)

    found = await look(path.parent, at=START + 2 * DAY)

    assert found.value == "older"
    assert found.recovery is not None
    assert found.recovery.backup == BACKUP
    assert found.recovery.unusable == (newest,)
    assert f"not to be used: {newest}; {BACKUP} was put back" in found.recovery.log_line
    assert path.with_name(newest).exists()


async def test_the_copy_before_a_migration_is_a_backup_too(path: Path) -> None:
    copy = path.with_name(f"{DATABASE_NAME}.v1.backup")
    path.with_name(BACKUP).rename(copy)
    leave_nothing(path)

    recovery = await recovery_of(path.parent)

    assert recovery.backup == copy.name
    assert recovery.restored_from is not None


async def test_a_backup_of_an_older_version_is_brought_up_to_date(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / BACKUP, isolation_level=None)) as connection:
        migrate(connection, None, MIGRATIONS[:1])
        connection.execute("INSERT INTO meta VALUES ('key', 'of version 1')")
    before = (tmp_path / BACKUP).read_bytes()

    found = await look(tmp_path)

    assert found.value == "of version 1"
    with closing(sqlite3.connect(tmp_path / DATABASE_NAME)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    assert (tmp_path / BACKUP).read_bytes() == before


async def test_a_newer_database_is_refused_and_no_backup_takes_its_place(path: Path) -> None:
    write_newer_version(path)
    before = content(path)
    with pytest.raises(Exception, match="newer than this Discarr's"):
        await look(path.parent)
    assert content(path) == before
    assert names(path.parent, ".corrupt.*") == []


async def test_a_database_copied_to_a_new_place_is_no_loss(path: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copyfile(path, elsewhere / DATABASE_NAME)
    found = await look(elsewhere)
    assert (found.value, found.recovery) == ("newer", None)


async def test_an_empty_file_where_nothing_was_before_is_no_loss(tmp_path: Path) -> None:
    (tmp_path / DATABASE_NAME).touch()
    found = await look(tmp_path)
    assert (found.recovery, found.is_disarmed) == (None, False)


async def test_the_mark_says_how_to_begin_anew(path: Path) -> None:
    text = path.with_name(f"{DATABASE_NAME}.known").read_text(encoding="ascii")
    assert "delete\neverything here whose name begins with discarr.db" in text
    for file in path.parent.glob("discarr.db*"):
        file.unlink()
    found = await look(path.parent)
    assert (found.value, found.recovery, found.is_disarmed) == (None, None, False)


_OPEN = """
import asyncio
from pathlib import Path
from discarr.core.store import Store
from tests.fakes.clock import FakeClock

async def open_and_close(directory):
    store = await Store.open(Path(directory), clock=FakeClock())
    await store.close()

def work(directory):
    asyncio.run(open_and_close(directory))
"""


@pytest.mark.parametrize("harm", [garble_pages, leave_nothing])
async def test_a_process_killed_anywhere_in_a_recovery_repeats_it(
    path: Path, tmp_path_factory: pytest.TempPathFactory, harm: Callable[[Path], None]
) -> None:
    harm(path)
    harmed = content(path)

    scenes = kill_everywhere(_OPEN, path.parent, tmp_path_factory.mktemp("killed") / "scenes")

    assert len(scenes) > 10
    for scene in scenes:
        found = await look(scene)
        assert found.value == "older", scene
        assert found.is_disarmed, scene
        assert is_sound(scene / BACKUP)
        kept = [(scene / name).read_bytes() for name in names(scene, ".corrupt.20260102T204700")]
        assert kept == ([harmed] if harmed is not None else [])


async def test_a_recovery_is_repeated_where_only_the_damaged_file_told_of_a_database(
    path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    garble_pages(path)
    forget_place(path)

    scenes = kill_everywhere(_OPEN, path.parent, tmp_path_factory.mktemp("killed") / "scenes")

    for scene in scenes:
        found = await look(scene)
        assert (found.value, found.is_disarmed) == (None, True), scene


async def test_a_process_killed_anywhere_in_its_first_start_has_lost_nothing(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    scenes = kill_everywhere(_OPEN, tmp_path, tmp_path_factory.mktemp("killed") / "scenes")

    assert len(scenes) > 10
    for scene in scenes:
        found = await look(scene)
        assert (found.recovery, found.is_disarmed) == (None, False), scene
