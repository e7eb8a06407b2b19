"""What can be wrong with the disk or the file, and the words for it."""

import errno
import os
import sqlite3
import stat
from pathlib import Path

from discarr.core.errors import StoreError


class Damaged(sqlite3.DatabaseError):
    """SQLite's own check found something."""


def check_integrity(connection: sqlite3.Connection) -> None:
    """Look over the whole file.

    Raises:
        Damaged: it is not sound.
    """
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise Damaged(verdict)


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether the file itself is broken, rather than the disk or a statement."""
    return isinstance(error, Damaged) or _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def explain(error: sqlite3.Error, path: Path | None) -> StoreError | None:
    """Return what a person can repair; None for a mistake in the code.

    `path` is the database; None for one in memory.
    """
    code = _code(error)
    if code == sqlite3.SQLITE_FULL:
        return _disk_full()
    if path and code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return unwritable(path.parent, OSError(), name=path.name)
    if code == sqlite3.SQLITE_IOERR:
        return StoreError(
            "the disk of the data directory fails",
            remedy="Look at the disk, and at the system's log for its errors.",
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreError(
            "the database is in use by another program",
            remedy="Close the program that has discarr.db open.",
        )
    if is_damage(error):
        return StoreError(
            "the database is damaged",
            remedy="Start Discarr again: it sets the damaged file aside and begins a new one.",
        )
    return None


def unwritable(directory: Path, error: OSError, *, name: str = "") -> StoreError:
    """Return the error for the data directory, or a file in it, that cannot be written, with the repair."""
    path = directory / name
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _disk_full()
    if error.errno == errno.EROFS:
        return StoreError(
            f"{path} is read-only",
            remedy="Mount a volume there that can be written: a read-only container needs one for /data.",
        )
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        return StoreError(
            f"{path} is no directory",
            remedy="DISCARR_DATA_DIR must be a directory: a file of that name is in the way.",
        )
    uid, gid = os.getuid(), os.getgid()
    found = next((item for item in (path, directory) if os.path.lexists(item)), None)
    if found is None:
        repair = f"there is no {directory}. Run: mkdir -p {directory} && chown {uid}:{gid} {directory}"
    else:
        status = found.lstat()
        repair = (
            f"{found} belongs to {status.st_uid}:{status.st_gid} with mode {stat.S_IMODE(status.st_mode):o}."
            f" Run: chown -R {uid}:{gid} {found}"
        )
    return StoreError(
        f"{path} cannot be written",
        remedy=f"Discarr runs as {uid}:{gid}, but {repair}"
        " (for a container: on the host, with the directory that is mounted there; SELinux needs :Z).",
    )


def _disk_full() -> StoreError:
    return StoreError("the disk of the data directory is full", remedy="Make room on it.")


def _code(error: sqlite3.Error) -> int:
    # Errors that Python's own module raises carry no code.
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
