"""A look into a database that another process may be using: it changes nothing and leaves nothing behind."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from discarr.core.errors import StoreError
from discarr.core.store import outbox
from discarr.core.store.backups import files_of
from discarr.core.store.faults import damaged, explain
from discarr.core.store.outbox import OutboxCounts
from discarr.core.store.schema import APPLICATION_ID, MIGRATIONS

_BUSY_TIMEOUT_S: Final = 2.0
_WAL_MARK: Final = 2
"""Byte 18 of a database that is written by way of a log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What a database says about alerts and messages."""

    outbox: OutboxCounts
    open_alerts: int
    unacknowledged: int
    """Open ones that people were told of, and that nobody looks after."""


def glance(path: Path, now: datetime, *, busy_timeout_s: float = _BUSY_TIMEOUT_S) -> Glance | None:
    """Return what a database holds; None for one that is missing, empty, or of another version.

    Raises:
        StoreError: it cannot be read.
    """
    try:
        if not path.exists() or not path.stat().st_size:
            return None
        with closing(sqlite3.connect(_address(path), uri=True, timeout=busy_timeout_s)) as connection:
            return _read(connection, now)
    except sqlite3.Error as error:
        trouble = explain(error, path) or StoreError(
            "the database cannot be read", remedy="Start Discarr: its log says what is wrong."
        )
        raise trouble from error
    except UnicodeDecodeError as error:
        raise damaged() from error
    except OSError as error:
        raise StoreError(
            "the database cannot be read", remedy="Run this as the user that Discarr runs as."
        ) from error


def _address(path: Path) -> str:
    _, log, *_ = files_of(path)
    # Without its log nobody has it open, and SQLite would make one that it cannot take away again.
    is_at_rest = not log.exists() and _is_logged(path)
    return f"{path.absolute().as_uri()}?{'immutable=1' if is_at_rest else 'mode=ro'}"


def _is_logged(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(19)[18:] == bytes([_WAL_MARK])


def _read(connection: sqlite3.Connection, now: datetime) -> Glance | None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if (version, application) != (len(MIGRATIONS), APPLICATION_ID):
        return None
    with connection:
        connection.execute("BEGIN")
        open_alerts, unacknowledged = connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE held IS NULL AND acknowledged_by IS NULL)"
            " FROM alert WHERE ended_at IS NULL"
        ).fetchone()
        return Glance(
            outbox=outbox.count(connection, now), open_alerts=open_alerts, unacknowledged=unacknowledged
        )
