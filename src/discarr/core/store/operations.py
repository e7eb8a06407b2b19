"""What people asked Discarr to do, from the question until it is known what came of it.

States: `pending` waits for its confirmation, `confirmed` for its turn, `running` is under way; `unknown` was
under way when the process ended and is looked into. Over are `done`, `failed` and `refused`; `expired` and
`withdrawn` were never confirmed. What is `unknown` at its end (`ended_at`) stays so.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from discarr.core.store.connection import by_name
from discarr.core.store.records import from_text, to_text

_KEEP: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredItem:
    """One download of an operation."""

    instance: str
    download: str
    """Kind and id of the download's key, as "d:HASH"."""
    target: bytes
    """What was known of it when it was asked for."""
    sent_at: datetime | None = None
    """When the app was about to be asked; from then on it may have been done."""
    trail: bytes | None = None
    """How to find out what came of it."""
    outcome: str | None = None
    """None until it is known."""
    result: bytes | None = None
    ended_at: datetime | None = None
    is_verified: bool | None = None
    """Whether a later reading confirmed the outcome; None while it did not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOperation:
    """One thing that was asked for, about one or more downloads."""

    id: str
    kind: str
    state: str
    requested_by: int
    """Nobody else can confirm it."""
    level: int
    """How far the person was trusted when asking, later when confirming."""
    roles: tuple[int, ...]
    required_count: int | None
    """A number that has to be typed to confirm it; None for none."""
    files: bytes | None
    created_at: datetime
    expires_at: datetime
    confirmed_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    channel_id: int | None
    """Where its message stands; None while it has none that can be found again."""
    message_id: int | None
    told_at: datetime | None
    """When its end was told; None while it was not."""
    items: tuple[StoredItem, ...]


def add(connection: sqlite3.Connection, operation: StoredOperation) -> None:
    """Add an operation that waits for its confirmation."""
    connection.execute(
        "INSERT INTO operation (id, kind, state, requested_by, level, roles, item_count, required_count,"
        " files, created_at, expires_at) VALUES (?, ?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            operation.id,
            operation.kind,
            operation.requested_by,
            operation.level,
            _role_text(operation.roles),
            len(operation.items),
            operation.required_count,
            operation.files,
            to_text(operation.created_at),
            to_text(operation.expires_at),
        ),
    )
    connection.executemany(
        "INSERT INTO operation_item (operation, place, instance, download, target) VALUES (?, ?, ?, ?, ?)",
        (
            (operation.id, place, item.instance, item.download, item.target)
            for place, item in enumerate(operation.items)
        ),
    )


def find(connection: sqlite3.Connection, operation_id: str) -> StoredOperation | None:
    """Return an operation, or None when there is none of that id (any more)."""
    row = by_name(connection).execute("SELECT * FROM operation WHERE id = ?", (operation_id,)).fetchone()
    return None if row is None else _operation(connection, row)


def confirm(
    connection: sqlite3.Connection,
    operation_id: str,
    *,
    user_id: int,
    level: int,
    roles: tuple[int, ...],
    typed_count: int | None,
    now: datetime,
) -> bool:
    """Confirm an operation, once and for all; False when that was not possible.

    One statement decides: of any number of attempts, from wherever they come, one at most succeeds.
    """
    rows = connection.execute(
        "UPDATE operation SET state = 'confirmed', confirmed_at = :now, level = :level, roles = :roles,"
        " turn = (SELECT coalesce(max(turn), 0) + 1 FROM operation)"
        " WHERE id = :id AND state = 'pending' AND expires_at > :now AND requested_by = :user"
        " AND (required_count IS NULL OR required_count = :count) RETURNING id",
        {
            "now": to_text(now),
            "level": level,
            "roles": _role_text(roles),
            "id": operation_id,
            "user": user_id,
            "count": typed_count,
        },
    )
    return rows.fetchone() is not None


def withdraw(connection: sqlite3.Connection, operation_id: str, *, user_id: int, now: datetime) -> bool:
    """Take back one's own operation before it is confirmed; False when that was not possible."""
    changed = connection.execute(
        "UPDATE operation SET state = 'withdrawn', ended_at = ?"
        " WHERE id = ? AND state = 'pending' AND requested_by = ?",
        (to_text(now), operation_id, user_id),
    )
    return changed.rowcount > 0


def claim(connection: sqlite3.Connection, now: datetime) -> StoredOperation | None:
    """Start the operation that was confirmed first; None when none waits."""
    row = connection.execute(
        "UPDATE operation SET state = 'running', started_at = ? WHERE state = 'confirmed' AND id ="
        " (SELECT id FROM operation WHERE state = 'confirmed' AND ended_at IS NULL ORDER BY turn LIMIT 1)"
        " RETURNING id",
        (to_text(now),),
    ).fetchone()
    return None if row is None else find(connection, row[0])


def begin_item(connection: sqlite3.Connection, operation_id: str, place: int, *, now: datetime) -> bool:
    """Note that the app is about to be asked; False when it must not be, because that was noted before."""
    changed = connection.execute(
        "UPDATE operation_item SET sent_at = ? WHERE operation = ? AND place = ? AND sent_at IS NULL"
        " AND outcome IS NULL AND EXISTS (SELECT 1 FROM operation WHERE id = ? AND state = 'running')",
        (to_text(now), operation_id, place, operation_id),
    )
    return changed.rowcount > 0


def put_trail(connection: sqlite3.Connection, operation_id: str, place: int, trail: bytes) -> None:
    """Note how to find out what came of an item."""
    connection.execute(
        "UPDATE operation_item SET trail = ? WHERE operation = ? AND place = ?", (trail, operation_id, place)
    )


def end_item(
    connection: sqlite3.Connection,
    operation_id: str,
    place: int,
    *,
    outcome: str,
    result: bytes,
    now: datetime,
) -> None:
    """Note what came of an item."""
    connection.execute(
        "UPDATE operation_item SET outcome = ?, result = ?, ended_at = ? WHERE operation = ? AND place = ?",
        (outcome, result, to_text(now), operation_id, place),
    )


def verify_item(connection: sqlite3.Connection, operation_id: str, place: int, *, is_verified: bool) -> None:
    """Note whether a later reading confirmed the outcome of an item."""
    connection.execute(
        "UPDATE operation_item SET is_verified = ? WHERE operation = ? AND place = ?",
        (is_verified, operation_id, place),
    )


def end(connection: sqlite3.Connection, operation_id: str, *, state: str, now: datetime) -> None:
    """Note that an operation is over, or over in another way than was told before."""
    connection.execute(
        "UPDATE operation SET state = ?, ended_at = ?, told_at = NULL WHERE id = ?",
        (state, to_text(now), operation_id),
    )


def expire(connection: sqlite3.Connection, now: datetime) -> None:
    """End what was not confirmed in time."""
    connection.execute(
        "UPDATE operation SET state = 'expired', ended_at = :now"
        " WHERE state = 'pending' AND expires_at <= :now",
        {"now": to_text(now)},
    )


def interrupt(connection: sqlite3.Connection) -> list[StoredOperation]:
    """Return what was under way when the process ended, and what still was not found out of earlier ends."""
    connection.execute("UPDATE operation SET state = 'unknown' WHERE state = 'running'")
    rows = (
        by_name(connection)
        .execute("SELECT * FROM operation WHERE state = 'unknown' AND ended_at IS NULL ORDER BY turn")
        .fetchall()
    )
    return [_operation(connection, row) for row in rows]


def unverified(connection: sqlite3.Connection, since: datetime) -> list[StoredOperation]:
    """Return operations that ended after an instant with items whose outcome nobody confirmed."""
    rows = (
        by_name(connection)
        .execute(
            "SELECT * FROM operation WHERE ended_at > ? AND EXISTS (SELECT 1 FROM operation_item"
            " WHERE operation = id AND outcome = 'done' AND is_verified IS NULL) ORDER BY turn",
            (to_text(since),),
        )
        .fetchall()
    )
    return [_operation(connection, row) for row in rows]


def under_way(connection: sqlite3.Connection, instance: str, download: str) -> StoredOperation | None:
    """Return the operation that is confirmed, and not over, for a download."""
    row = (
        by_name(connection)
        .execute(
            "SELECT operation.* FROM operation_item JOIN operation ON id = operation"
            " WHERE instance = ? AND download = ? AND outcome IS NULL"
            " AND operation.ended_at IS NULL AND state <> 'pending' ORDER BY turn LIMIT 1",
            (instance, download),
        )
        .fetchone()
    )
    return None if row is None else _operation(connection, row)


def count_cleaned_up(connection: sqlite3.Connection, *, since: datetime, now: datetime) -> int:
    """Count the downloads of confirmed operations about several, or about what clean-up gave evidence for.

    What a clock that was ahead put into the future does not count.
    """
    (count,) = connection.execute(
        "SELECT coalesce(sum(item_count), 0) FROM operation"
        " WHERE confirmed_at > ? AND confirmed_at <= ? AND state <> 'refused' AND (item_count > 1 OR EXISTS"
        " (SELECT 1 FROM operation_item WHERE operation = operation.id"
        " AND json_extract(CAST(target AS TEXT), '$.evidence') IS NOT NULL))",
        (to_text(since), to_text(now)),
    ).fetchone()
    return int(count)


def put_message(
    connection: sqlite3.Connection, operation_id: str, *, channel_id: int, message_id: int
) -> None:
    """Note where the message of an operation stands."""
    connection.execute(
        "UPDATE operation SET channel_id = ?, message_id = ? WHERE id = ?",
        (channel_id, message_id, operation_id),
    )


def note_told(connection: sqlite3.Connection, operation_id: str, *, now: datetime) -> None:
    """Note that the end of an operation was told."""
    connection.execute("UPDATE operation SET told_at = ? WHERE id = ?", (to_text(now), operation_id))


def untold(connection: sqlite3.Connection) -> list[StoredOperation]:
    """Return what was confirmed and is over, and was not told, in the order of confirmation."""
    rows = (
        by_name(connection)
        .execute(
            "SELECT * FROM operation WHERE ended_at IS NOT NULL AND turn IS NOT NULL AND told_at IS NULL"
            " ORDER BY turn"
        )
        .fetchall()
    )
    return [_operation(connection, row) for row in rows]


def prune(connection: sqlite3.Connection, now: datetime) -> None:
    """Forget what ended over 90 days ago; the audit trail keeps it."""
    connection.execute("DELETE FROM operation WHERE ended_at < ?", (to_text(now - _KEEP),))


def _operation(connection: sqlite3.Connection, row: sqlite3.Row) -> StoredOperation:
    items = by_name(connection).execute(
        "SELECT * FROM operation_item WHERE operation = ? ORDER BY place", (row["id"],)
    )
    return StoredOperation(
        id=row["id"],
        kind=row["kind"],
        state=row["state"],
        requested_by=row["requested_by"],
        level=row["level"],
        roles=tuple(map(int, row["roles"].split())),
        required_count=row["required_count"],
        files=row["files"],
        created_at=datetime.fromisoformat(row["created_at"]),
        expires_at=datetime.fromisoformat(row["expires_at"]),
        confirmed_at=from_text(row["confirmed_at"]),
        started_at=from_text(row["started_at"]),
        ended_at=from_text(row["ended_at"]),
        channel_id=row["channel_id"],
        message_id=row["message_id"],
        told_at=from_text(row["told_at"]),
        items=tuple(map(_item, items)),
    )


def _item(row: sqlite3.Row) -> StoredItem:
    is_verified = row["is_verified"]
    return StoredItem(
        instance=row["instance"],
        download=row["download"],
        target=row["target"],
        sent_at=from_text(row["sent_at"]),
        trail=row["trail"],
        outcome=row["outcome"],
        result=row["result"],
        ended_at=from_text(row["ended_at"]),
        is_verified=None if is_verified is None else bool(is_verified),
    )


def _role_text(roles: Iterable[int]) -> str:
    return " ".join(map(str, sorted(roles)))
