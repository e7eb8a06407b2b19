"""What the store remembers, as small synchronous functions over a connection, and their values."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

_KEEP_LOGS_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage:
    """A message of Discarr's that it keeps editing."""

    purpose: str
    """What it is for; there is one message for each purpose."""
    guild_id: int
    channel_id: int
    message_id: int
    created_at: datetime


def to_text(instant: datetime) -> str:
    """Return an instant so that texts sort as instants do."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def from_text(text: str | None) -> datetime | None:
    """Return what `to_text` wrote; None for what is not stored."""
    return None if text is None else datetime.fromisoformat(text)


def get_meta(connection: sqlite3.Connection, key: str) -> str | None:
    """Return a single remembered value, or None."""
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])


def get_meta_of(connection: sqlite3.Connection, prefix: str) -> dict[str, str]:
    """Return the remembered values whose keys begin with `prefix`, by the rest of their keys."""
    rows = connection.execute(
        "SELECT key, value FROM meta WHERE substr(key, 1, ?) = ?", (len(prefix), prefix)
    )
    return {str(key)[len(prefix) :]: str(value) for key, value in rows}


def keep_meta(connection: sqlite3.Connection, key: str, value: str) -> str:
    """Remember a value unless there is one already, and return the one that is remembered."""
    connection.execute("INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)", (key, value))
    return get_meta(connection, key) or value


def put_meta(connection: sqlite3.Connection, key: str, value: str) -> None:
    """Remember a single value."""
    connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))


def get_message(connection: sqlite3.Connection, purpose: str) -> StoredMessage | None:
    """Return the message for a purpose, or None where there is none."""
    row = connection.execute(
        "SELECT guild_id, channel_id, message_id, created_at FROM message WHERE purpose = ?", (purpose,)
    ).fetchone()
    if row is None:
        return None
    return StoredMessage(
        purpose=purpose,
        guild_id=row[0],
        channel_id=row[1],
        message_id=row[2],
        created_at=datetime.fromisoformat(row[3]),
    )


def put_message(connection: sqlite3.Connection, message: StoredMessage) -> None:
    """Remember a message, instead of the previous one for its purpose."""
    connection.execute(
        "INSERT OR REPLACE INTO message (purpose, guild_id, channel_id, message_id, created_at)"
        " VALUES (?, ?, ?, ?, ?)",
        (
            message.purpose,
            message.guild_id,
            message.channel_id,
            message.message_id,
            to_text(message.created_at),
        ),
    )


def forget_message(connection: sqlite3.Connection, purpose: str) -> None:
    """Forget the message for a purpose."""
    connection.execute("DELETE FROM message WHERE purpose = ?", (purpose,))


def record_deletion(connection: sqlite3.Connection, purpose: str, at: datetime) -> None:
    """Remember that somebody deleted the message for a purpose; entries that are old, or later, go."""
    connection.execute(
        "INSERT INTO message_deletion (purpose, deleted_at) VALUES (?, ?)", (purpose, to_text(at))
    )
    connection.execute(
        "DELETE FROM message_deletion WHERE deleted_at NOT BETWEEN ? AND ?",
        (to_text(at - _KEEP_LOGS_FOR), to_text(at)),
    )


def count_deletions(connection: sqlite3.Connection, purpose: str, *, since: datetime, now: datetime) -> int:
    """Count the deletions after an instant, but none that a clock which was ahead put into the future."""
    row = connection.execute(
        "SELECT count(*) FROM message_deletion WHERE purpose = ? AND deleted_at > ? AND deleted_at <= ?",
        (purpose, to_text(since), to_text(now)),
    ).fetchone()
    return int(row[0])


def record_identify(connection: sqlite3.Connection, at: datetime) -> None:
    """Remember one IDENTIFY; entries that are old, or later, go."""
    connection.execute("INSERT INTO identify (identified_at) VALUES (?)", (to_text(at),))
    connection.execute(
        "DELETE FROM identify WHERE identified_at NOT BETWEEN ? AND ?",
        (to_text(at - _KEEP_LOGS_FOR), to_text(at)),
    )


def count_identifies(connection: sqlite3.Connection, *, since: datetime, now: datetime) -> int:
    """Count the IDENTIFYs after an instant, but none that a clock which was ahead put into the future."""
    row = connection.execute(
        "SELECT count(*) FROM identify WHERE identified_at > ? AND identified_at <= ?",
        (to_text(since), to_text(now)),
    ).fetchone()
    return int(row[0])


class _IdentifyStore(Protocol):
    async def record_identify(self, at: datetime) -> None: ...

    async def count_identifies(self, since: datetime) -> int: ...


class IdentifyRecords:
    """The IDENTIFYs of this and earlier runs, in the form the connection asks for them."""

    def __init__(self, store: _IdentifyStore) -> None:
        self._store = store

    async def record(self, at: datetime) -> None:
        """Remember one IDENTIFY."""
        await self._store.record_identify(at)

    async def count_since(self, since: datetime) -> int:
        """Count the IDENTIFYs after an instant."""
        return await self._store.count_identifies(since)
