"""Copies of the database beside it: whole or not at all, dated, and only the newest daily ones kept."""

import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from discarr.core.store.faults import Damaged

KEPT: Final = 3
"""How many daily backups there are."""
_STAMP = "%Y%m%dT%H%M%S"
_INSTRUCTIONS_BETWEEN_CHECKS = 10_000
_LATEST_S = datetime.max.replace(tzinfo=UTC).timestamp() - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A copy that lies beside the database."""

    path: Path
    made_at: datetime
    """Of a daily one by its name, which outlives a copying of the directory; else by its file's date."""
    is_daily: bool
    """Otherwise it was made before a migration, and stays."""


def stamp(instant: datetime) -> str:
    """Return an instant as names of files contain it."""
    return instant.astimezone(UTC).strftime(_STAMP)


def files_of(database: Path) -> list[Path]:
    """Return every file that SQLite may keep for a database, itself first; they belong together."""
    return [database.with_name(database.name + suffix) for suffix in ("", "-wal", "-shm", "-journal")]


def find_backups(database: Path, now: datetime) -> list[Backup]:
    """Return the copies beside a database, newest first.

    Those of the future were made while the clock was ahead. They come last, so that they neither push
    out nor hide what is made from now on.

    Raises:
        OSError: the directory cannot be read.
    """
    found = [_read_name(path, database) for path in database.parent.glob(f"{database.name}.*.backup")]
    return sorted(found, key=lambda backup: (backup.made_at <= now, backup.made_at), reverse=True)


def make_daily(
    connection: sqlite3.Connection, database: Path, now: datetime, *, must_stop: Callable[[], bool]
) -> None:
    """Make a daily backup, and let go of those that are too many.

    `must_stop` is asked again and again meanwhile; once it is true, nothing is made.

    Raises:
        sqlite3.Error: it cannot be made; SQLITE_INTERRUPT when `must_stop` says so.
        OSError: the directory cannot be written.
    """
    write_copy(connection, database.with_name(f"{database.name}.{stamp(now)}.backup"), must_stop=must_stop)
    for old in [backup for backup in find_backups(database, now) if backup.is_daily][KEPT:]:
        old.path.unlink(missing_ok=True)


def write_copy(
    connection: sqlite3.Connection, target: Path, *, must_stop: Callable[[], bool] = lambda: False
) -> None:
    """Copy a database into a file, in place of what is there; a copy cut short never gets its name.

    Raises:
        sqlite3.Error, OSError: it cannot be made.
    """
    with partial_file(target) as partial:
        # VACUUM INTO takes an empty file, but no other. Making it here shows best what is wrong.
        partial.write_bytes(b"")
        with _stopping(connection, must_stop):
            connection.execute("VACUUM INTO ?", (str(partial),))
        with closing(sqlite3.connect(partial)) as copy, _stopping(copy, must_stop):
            (verdict,) = copy.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            # Nor may a copy that is worth nothing push out one that is sound.
            raise Damaged(verdict)


@contextmanager
def partial_file(target: Path) -> Iterator[Path]:
    """Give a path to write to, and rename it to `target` at the end if nothing was raised meanwhile.

    All of them share one name in a directory: what a killed process left is overwritten by the next.

    Raises:
        OSError: it cannot be renamed, or not be written to the disk.
    """
    partial = target.with_name("discarr.partial")
    try:
        for part in files_of(partial):
            part.unlink(missing_ok=True)
        yield partial
        _flush(partial)
        partial.replace(target)
    except BaseException:
        with suppress(OSError):  # of what was raised, the first says more
            partial.unlink(missing_ok=True)
        raise
    with suppress(OSError):  # network file systems may not know how
        _flush(target.parent)


def _read_name(path: Path, database: Path) -> Backup:
    middle = path.name.removeprefix(f"{database.name}.").removesuffix(".backup")
    if re.fullmatch(r"\d{8}T\d{6}", middle):
        with suppress(ValueError):
            made_at = datetime.strptime(middle, _STAMP).replace(tzinfo=UTC)
            return Backup(path=path, made_at=made_at, is_daily=True)
    modified_s = min(max(path.stat().st_mtime, 0.0), _LATEST_S)
    return Backup(path=path, made_at=datetime.fromtimestamp(modified_s, UTC), is_daily=False)


@contextmanager
def _stopping(connection: sqlite3.Connection, must_stop: Callable[[], bool]) -> Iterator[None]:
    connection.set_progress_handler(must_stop, _INSTRUCTIONS_BETWEEN_CHECKS)
    try:
        yield
    finally:
        connection.set_progress_handler(None, 0)


def _flush(path: Path) -> None:
    """Write a file or the entries of a directory from memory to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
