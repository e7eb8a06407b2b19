"""What happened to downloads: how far each instance's history was read, and the digests made of it."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from discarr.core.store.connection import by_name
from discarr.core.store.records import to_text

_KEEP: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryCursor:
    """How far the history of an instance was read."""

    instance: str
    last_id: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredStep:
    """The latest step in the life of one download, within one digest."""

    digest: str
    instance: str
    download: str
    kind: str
    at: datetime
    item: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDigest:
    """What a digest tells."""

    newest: tuple[bytes, ...]
    """The latest steps, newest first."""
    counts: dict[str, int]
    """Downloads by the kind of their latest step."""


def get_cursor(connection: sqlite3.Connection, instance: str) -> HistoryCursor | None:
    """Return how far the history of an instance was read; None when it never was."""
    row = (
        by_name(connection)
        .execute("SELECT last_id, last_at FROM cursor WHERE instance = ?", (instance,))
        .fetchone()
    )
    if row is None:
        return None
    return HistoryCursor(
        instance=instance, last_id=row["last_id"], last_at=datetime.fromisoformat(row["last_at"])
    )


def put_cursor(connection: sqlite3.Connection, cursor: HistoryCursor) -> None:
    """Note how far the history of an instance was read."""
    connection.execute(
        "INSERT OR REPLACE INTO cursor (instance, last_id, last_at) VALUES (?, ?, ?)",
        (cursor.instance, cursor.last_id, to_text(cursor.last_at)),
    )


def forget_cursors(connection: sqlite3.Connection) -> None:
    """Begin every history anew, from its end."""
    connection.execute("DELETE FROM cursor")


def put_steps(connection: sqlite3.Connection, steps: Iterable[StoredStep]) -> None:
    """Note steps; within a digest the latest step of a download takes the place of its earlier ones."""
    connection.executemany(
        "INSERT INTO activity (digest, instance, download, kind, at, item) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (digest, instance, download) DO UPDATE"
        " SET kind = excluded.kind, at = excluded.at, item = excluded.item WHERE excluded.at >= activity.at",
        (
            (step.digest, step.instance, step.download, step.kind, to_text(step.at), step.item)
            for step in steps
        ),
    )


def read_digest(connection: sqlite3.Connection, digest: str, *, limit: int) -> StoredDigest:
    """Return the newest steps of a digest, and how many downloads there are in all."""
    newest = connection.execute(
        "SELECT item FROM activity WHERE digest = ? ORDER BY at DESC, download LIMIT ?", (digest, limit)
    )
    counts = connection.execute(
        "SELECT kind, count(*) FROM activity WHERE digest = ? GROUP BY kind ORDER BY kind", (digest,)
    )
    return StoredDigest(newest=tuple(row[0] for row in newest), counts={row[0]: row[1] for row in counts})


def prune(connection: sqlite3.Connection, now: datetime) -> None:
    """Forget what happened over a month ago."""
    connection.execute("DELETE FROM activity WHERE at < ?", (to_text(now - _KEEP),))
