"""Opening a database file, whatever state the file and its disk are in."""

import logging
import sqlite3
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from discarr.core.store import records
from discarr.core.store.faults import is_damage, is_full
from discarr.core.store.place import is_on_network
from discarr.core.store.recovery import Cause, Recovery, find_trouble, is_known, recover, remember_place
from discarr.core.store.schema import migrate
from discarr.core.store.soundness import open_sound

_log = logging.getLogger(__name__)


def open_database(path: Path, now: datetime) -> tuple[sqlite3.Connection, Recovery | None]:
    """Open a database in its newest version, making or replacing it as needed.

    Raises:
        StoreError: a newer Discarr, or another program, wrote it.
        sqlite3.Error, OSError: the disk is full, read-only or fails.
    """
    recovery = None
    cause = find_trouble(path)
    try:
        connection = None if cause else _open_even_if_full(path, now)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        connection, cause = None, Cause.DAMAGED
    if cause:
        recovery = recover(path, cause, now)
        _log.error("%s", recovery.log_line)
    connection = connection or _open_even_if_full(path, now)
    with suppress(OSError):  # there may be room for the mark at the next start
        remember_place(path)
    return connection, recovery


def _open_even_if_full(path: Path, now: datetime) -> sqlite3.Connection:
    try:
        return _open(path, now)
    except sqlite3.Error as error:
        if not is_full(error, path.parent):
            raise
    # What it knows can be read nevertheless, and it can be written as soon as there is room.
    connection = _open(path, now, has_room=False)
    _log.error("The disk of the data directory is full: nothing new is remembered until there is room")
    return connection


def _open(path: Path, now: datetime, *, has_room: bool = True) -> sqlite3.Connection:
    connection = open_sound(path, may_be_new=not is_known(path), shares=has_room)
    try:
        # WAL is not safe on a network file system.
        mode = "DELETE" if is_on_network(path.parent) else "WAL"
        connection.execute(f"PRAGMA journal_mode = {mode}")
        migrate(connection, path)
        if has_room:
            # A file system that has become read-only shows only when something is written.
            connection.execute("BEGIN IMMEDIATE")
            records.put_meta(connection, "opened_at", records.to_text(now))
            connection.execute("COMMIT")
    except BaseException:
        connection.close()
        raise
    return connection
