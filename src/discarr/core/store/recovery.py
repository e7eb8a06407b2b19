"""What becomes of a database that is damaged or gone: the newest sound backup, or a new beginning."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from discarr.core.errors import StoreError
from discarr.core.store import records
from discarr.core.store.backups import files_of, find_backups, partial_file, stamp
from discarr.core.store.connection import connect
from discarr.core.store.faults import is_full
from discarr.core.store.schema import migrate
from discarr.core.store.soundness import open_sound

_HEADER = b"SQLite format 3\0"
_MARK_SUFFIX: Final = ".known"
_MARK = """\
Discarr keeps its memory in the file discarr.db beside this one. As long as this file is here, Discarr takes
a missing discarr.db for a loss and puts its newest backup back. To begin anew, stop Discarr and delete
everything here whose name begins with discarr.db.
"""
_DISARMED_KEY: Final = "cleanup_disarmed_since"


class Cause(StrEnum):
    """What was wrong with the database."""

    DAMAGED = "was damaged"
    LOST = "was lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """A database was replaced: what it knew is gone, or some of it, so nothing may rely on it."""

    cause: Cause
    set_aside: str | None
    """The name that what was left of it has now; None where nothing was."""
    restored_from: datetime | None
    """When the backup was made that took its place; None: there was none, and a new database was begun."""
    backup: str | None
    """The name of that backup, which is still there."""
    unusable: tuple[str, ...]
    """The names of newer backups that were not sound, or not for this version."""

    @property
    def sentence(self) -> str:
        """What happened, for people; safe for Discord."""
        if self.restored_from is None:
            return f"Discarr's database {self.cause}, and it has no usable backup: Discarr begins anew."
        when = f"{self.restored_from:%d %B %Y, %H:%M} UTC".removeprefix("0")
        return f"Discarr's database {self.cause}. The backup of {when} was put back; what came after is lost."

    @property
    def log_line(self) -> str:
        """The same with the names of files."""
        parts = [f"The database {self.cause}"]
        if self.set_aside:
            parts.append(f"what was left of it is now {self.set_aside}")
        if self.unusable:
            parts.append(f"not to be used: {', '.join(self.unusable)}")
        parts.append(f"{self.backup} was put back" if self.backup else "a new one was begun")
        return "; ".join(parts)


def is_known(path: Path) -> bool:
    """Return whether there has been a database at this place: if it is missing, it was lost."""
    return path.with_name(path.name + _MARK_SUFFIX).exists() or any(path.parent.glob(f"{path.name}.*.backup"))


def remember_place(path: Path) -> None:
    """Leave a mark by which `is_known` recognises the place.

    Raises:
        OSError: it cannot be written.
    """
    mark = path.with_name(path.name + _MARK_SUFFIX)
    if not mark.exists():
        with partial_file(mark) as partial:
            partial.write_text(_MARK, encoding="ascii")


def find_trouble(path: Path) -> Cause | None:
    """Return what is wrong with a database as far as its files show it; None: it may be opened.

    SQLite takes an empty file for a new database, and a log without its database for rubbish: both may be
    what is left of one that got lost. Beside a file that is no database it deletes the log, which may still
    hold something.

    Raises:
        OSError: the file cannot be read.
    """
    _, log, *_ = files_of(path)
    if not path.exists():
        return Cause.LOST if is_known(path) or log.exists() else None
    if path.is_dir():
        return None  # no loss, and the error says what it is
    with path.open("rb") as file:
        start = file.read(len(_HEADER))
    # A process that was killed in its first start leaves an empty file too; where it cannot be that,
    # `open_sound` says so.
    is_just_made = not start and not log.exists()
    return None if start == _HEADER or is_just_made else Cause.DAMAGED


def recover(path: Path, cause: Cause, now: datetime) -> Recovery:
    """Put the newest sound backup in place of a database, or else a new one; set aside what was there.

    Nothing is deleted, and every step is whole: a process that is killed meanwhile begins again at its next
    start. What takes the place of the database carries the mark that clean-up is disarmed.

    Raises:
        sqlite3.Error, OSError: the disk is full, read-only or fails.
    """
    remember_place(path)
    unusable = []
    for backup in find_backups(path, now):
        try:
            set_aside = _replace(path, backup.path, now)
        except (StoreError, sqlite3.Error, OSError) as error:
            # It may be smaller without a backup, but that is no reason to give one up.
            if not isinstance(error, StoreError) and is_full(error, path.parent):
                raise
            unusable.append(backup.path.name)
        else:
            return Recovery(
                cause=cause,
                set_aside=set_aside,
                restored_from=backup.made_at,
                backup=backup.path.name,
                unusable=tuple(unusable),
            )
    return Recovery(
        cause=cause,
        set_aside=_replace(path, None, now),
        restored_from=None,
        backup=None,
        unusable=tuple(unusable),
    )


def read_disarmed(connection: sqlite3.Connection) -> datetime | None:
    """Return since when clean-up is disarmed, because the database was replaced; None: it is not."""
    value = records.get_meta(connection, _DISARMED_KEY)
    return None if value is None else datetime.fromisoformat(value)


def arm(connection: sqlite3.Connection) -> None:
    """Let clean-up act again: somebody has looked."""
    connection.execute("DELETE FROM meta WHERE key = ?", (_DISARMED_KEY,))


def _replace(path: Path, source: Path | None, now: datetime) -> str | None:
    """Return the name of what was set aside."""
    with partial_file(path) as partial:
        if source is not None:
            shutil.copyfile(source, partial)
        opening = open_sound(partial, may_be_new=False) if source else connect(partial)
        with closing(opening) as connection:
            migrate(connection, None)
            connection.execute("BEGIN IMMEDIATE")
            records.put_meta(connection, _DISARMED_KEY, records.to_text(now))
            connection.execute("COMMIT")
        return _set_aside(path, now)


def _set_aside(path: Path, now: datetime) -> str | None:
    """Rename all files of a database, beside those set aside earlier; None: there are none."""
    parts = [part for part in files_of(path) if part.exists()]
    if not parts:
        return None
    first = f"{path.name}.corrupt.{stamp(now)}"
    name, number = first, 1
    while any(part.exists() for part in files_of(path.with_name(name))):
        number += 1
        name = f"{first}.{number}"
    for part in parts:
        part.replace(path.with_name(part.name.replace(path.name, name, 1)))
    return name
