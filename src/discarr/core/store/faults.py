"""What can be wrong with the disk or the file, and the words for it."""

import errno
import os
import sqlite3
import stat
from pathlib import Path

from discarr.core.errors import StoreError

_SHM_BYTES = 65_536
"""More than SQLite needs for its -shm file."""


class Damaged(sqlite3.DatabaseError):
    """The file was found not to be sound."""


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether the file itself is broken, rather than the disk or a statement."""
    # What Python raises by itself is a text that it cannot decode.
    is_unreadable = isinstance(error, sqlite3.OperationalError) and code_of(error) == 0
    return (
        is_unreadable
        or isinstance(error, Damaged)
        or code_of(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    )


def is_full(error: sqlite3.Error | OSError, directory: Path) -> bool:
    """Return whether there was no room on the disk of a directory."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    if code_of(error) == sqlite3.SQLITE_IOERR:
        # SQLite speaks of the disk in general where it cannot make its -shm file.
        disk = _disk_of(directory)
        return disk is not None and disk.f_bavail * disk.f_frsize < _SHM_BYTES
    return code_of(error) == sqlite3.SQLITE_FULL


def explain(error: sqlite3.Error, path: Path | None) -> StoreError | None:
    """Return what a person can repair; None for a mistake in the code.

    `path` is the database; None for one in memory.
    """
    code = code_of(error)
    if code == sqlite3.SQLITE_FULL or (path and is_full(error, path.parent)):
        return _disk_full()
    if path and code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        disk = _disk_of(path.parent)
        is_mounted_so = disk is not None and disk.f_flag & os.ST_RDONLY
        return unwritable(path.parent, OSError(errno.EROFS if is_mounted_so else 0, ""), name=path.name)
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
    if code == sqlite3.SQLITE_INTERRUPT:
        return StoreError(
            "the backup of the database took too long",
            remedy="Look at the disk of the data directory: a local one copies a database in a second.",
        )
    return damaged() if is_damage(error) else None


def damaged() -> StoreError:
    """Return the error for damage that shows while the database is in use."""
    return StoreError(
        "the database is damaged",
        remedy="Start Discarr again: it sets the damaged file aside and puts the newest backup back.",
    )


def unwritable(directory: Path, error: OSError, *, name: str = "") -> StoreError:
    """Return the error for the data directory, or a file in it, that cannot be written, with the repair."""
    path = directory / name
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _disk_full()
    if error.errno == errno.EROFS:
        return StoreError(
            f"{path} is read-only",
            remedy="Mount a volume there that can be written: a read-only container needs one for /data.",
            summary="the data directory is read-only",
        )
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        return StoreError(
            f"{path} is no directory",
            remedy="DISCARR_DATA_DIR must be a directory: a file of that name is in the way.",
            summary="the data directory is no directory",
        )
    uid, gid = os.getuid(), os.getgid()
    existing = [item for item in (path, directory) if os.path.lexists(item)]
    # The file may be fine, and only the directory closed to the files that SQLite makes beside it.
    closed = (item for item in existing if not os.access(item, os.W_OK, effective_ids=True))
    found = next(closed, existing[0] if existing else None)
    if found is None:
        repair = f"there is no {directory}. Run: mkdir -p {directory} && chown {uid}:{gid} {directory}"
    else:
        status = found.lstat()
        repair = (
            f"{found} belongs to {status.st_uid}:{status.st_gid} with mode {stat.S_IMODE(status.st_mode):o}."
            f" Run: chown -R {uid}:{gid} {found}"
        )
    return StoreError(
        f"{found or path} cannot be written",
        remedy=f"Discarr runs as {uid}:{gid}, but {repair}"
        " (for a container: on the host, with the directory that is mounted there; SELinux needs :Z).",
        summary="the data directory cannot be written",
    )


def _disk_full() -> StoreError:
    return StoreError("the disk of the data directory is full", remedy="Make room on it.")


def code_of(error: sqlite3.Error) -> int:
    """Return SQLite's primary code; 0 for what Python's own module raises."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _disk_of(directory: Path) -> os.statvfs_result | None:
    try:
        return os.statvfs(directory)
    except OSError:
        return None
