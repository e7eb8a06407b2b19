"""The words for what is wrong with a disk or a file: exact in the log, without paths in Discord."""

import asyncio
import errno
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from discarr.core.errors import StoreError
from discarr.core.store import DATABASE_NAME, Store
from discarr.core.store.faults import Damaged, explain, is_damage, is_full, unwritable
from tests.core.store.scenes import remember
from tests.fakes.clock import FakeClock


def error_of(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("in SQLite's words")
    error.sqlite_errorcode = code
    return error


def explained(error: sqlite3.Error, directory: Path) -> StoreError:
    found = explain(error, directory / DATABASE_NAME)
    assert found is not None
    return found


def test_nothing_that_people_see_names_a_path(tmp_path: Path) -> None:
    codes = [
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_INTERRUPT,
    ]
    told = [explained(error_of(code), tmp_path) for code in codes]
    told += [
        unwritable(tmp_path, OSError(number, "")) for number in (errno.EROFS, errno.ENOTDIR, errno.EACCES)
    ]
    assert all("/" not in error.summary for error in told)
    assert len({error.summary for error in told}) == 8


def test_a_failing_disk_is_told_apart_from_a_full_one(tmp_path: Path) -> None:
    failing = error_of(sqlite3.SQLITE_IOERR)
    assert "fails" in str(explained(failing, tmp_path))
    assert not is_full(failing, tmp_path)
    assert not is_full(failing, tmp_path / "gone")
    assert is_full(error_of(sqlite3.SQLITE_FULL), tmp_path)
    assert is_full(OSError(errno.EDQUOT, ""), tmp_path)
    assert not is_full(OSError(errno.EIO, ""), tmp_path)


def test_a_directory_that_is_gone_is_said(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    assert f"there is no {gone}" in explained(error_of(sqlite3.SQLITE_CANTOPEN), gone).remedy


def test_a_mistake_in_a_statement_is_neither_explained_nor_damage(tmp_path: Path) -> None:
    mistake = error_of(sqlite3.SQLITE_ERROR)
    assert explain(mistake, tmp_path / DATABASE_NAME) is None
    assert not is_damage(mistake)
    assert not is_damage(sqlite3.ProgrammingError("closed"))
    assert is_damage(Damaged("a page"))


async def test_a_text_that_cannot_be_read_is_damage_in_plain_words() -> None:
    store = await Store.in_memory(clock=FakeClock())
    await store.run(
        lambda connection: connection.execute("INSERT INTO meta VALUES ('key', CAST(x'ff' AS TEXT))").close()
    )
    with pytest.raises(StoreError, match="is damaged"):
        await store.get_meta("key")

    def raise_like_sqlite(_connection: sqlite3.Connection) -> None:
        # So it is raised where SQLite quotes a damaged name, which the test of whole files comes across.
        b"malformed database schema (\xff)".decode()

    with pytest.raises(StoreError, match="is damaged"):
        await store.run(raise_like_sqlite)
    await store.close()


_OPEN_AS_ANOTHER_USER = """
import asyncio, os, sys
from pathlib import Path
from discarr.core.clock import SystemClock
from discarr.core.errors import StoreError
from discarr.core.store import Store
if os.getuid() == 0:
    os.setgid(65534); os.setuid(65534)
async def main():
    try:
        await Store.open(Path(sys.argv[1]), clock=SystemClock())
    except StoreError as error:
        print(error.summary, error, error.remedy, sep=" | ")
asyncio.run(main())
"""


@pytest.mark.parametrize("closed", ["the directory", "the file"])
def test_what_is_closed_is_named_with_its_repair(tmp_path: Path, closed: str) -> None:
    directory = tmp_path / "data"
    path = asyncio.run(remember(directory))
    culprit = path if closed == "the file" else directory
    try:
        for item in directory.iterdir():
            item.chmod(0o666)
        directory.chmod(0o777)
        culprit.chmod(0o444 if culprit is path else 0o555)
        for parent in (tmp_path, *tmp_path.parents):
            if parent.stat().st_uid == os.getuid() and parent != parent.parent:
                parent.chmod(parent.stat().st_mode | 0o055)
        said = subprocess.run(
            [sys.executable, "-c", _OPEN_AS_ANOTHER_USER, str(directory)],
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        ).stdout
    finally:
        directory.chmod(0o700)
    assert said.startswith(f"the data directory cannot be written | {culprit} cannot be written | ")
    assert f"{culprit} belongs to " in said
    assert said.count(f" {culprit} ") == 3
