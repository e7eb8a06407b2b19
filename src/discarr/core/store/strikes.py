"""How often downloads were seen in trouble."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from discarr.core.store.connection import by_name
from discarr.core.store.records import to_text


class StoredStrikes(Struct, frozen=True, kw_only=True, gc=False):
    """The strikes of one rule against one download; a struct for the reason that `core.models` gives.

    Seconds are those of the clean-up's own watch: it stands still while nobody watches, and goes on from the
    latest of these after a restart.
    """

    instance: str
    download: str
    """The download id."""
    rule: str
    added: datetime | None
    """When the app grabbed it; None when it did not. With `row_id` it tells a download from one that was
    added again under the same id."""
    row_id: int
    """The app's lowest queue id of it."""
    count: int
    began_s: float
    """When it was struck for the first time."""
    struck_s: float
    """When it was struck last."""
    left_bytes: int
    """What was left to load when it was struck last."""


type StrikeKey = tuple[str, str, str]
"""Instance, download id and rule."""


def load_strikes(connection: sqlite3.Connection) -> tuple[StoredStrikes, ...]:
    """Return all strikes."""
    rows = by_name(connection).execute("SELECT * FROM strike ORDER BY instance, download, rule")
    return tuple(
        StoredStrikes(
            instance=row["instance"],
            download=row["download"],
            rule=row["rule"],
            added=None if row["added"] is None else datetime.fromisoformat(row["added"]),
            row_id=row["row_id"],
            count=row["count"],
            began_s=row["began_s"],
            struck_s=row["struck_s"],
            left_bytes=row["left_bytes"],
        )
        for row in rows
    )


def put_strikes(connection: sqlite3.Connection, strikes: Iterable[StoredStrikes]) -> None:
    """Store strikes, new ones and changed ones."""
    connection.executemany(
        "INSERT OR REPLACE INTO strike (instance, download, rule, added, row_id, count, began_s, struck_s,"
        " left_bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                item.instance,
                item.download,
                item.rule,
                None if item.added is None else to_text(item.added),
                item.row_id,
                item.count,
                item.began_s,
                item.struck_s,
                item.left_bytes,
            )
            for item in strikes
        ),
    )


def forget_strikes(connection: sqlite3.Connection, keys: Iterable[StrikeKey]) -> None:
    """Forget strikes; those that are not there are no mistake."""
    connection.executemany("DELETE FROM strike WHERE instance = ? AND download = ? AND rule = ?", keys)
