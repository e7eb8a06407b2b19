"""Who wants to be told when a title is ready."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from discarr.core.store.connection import by_name
from discarr.core.store.records import to_text

MAX_FOLLOWS: Final = 50
"""Per person."""
_KEEP: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """A person waits for a movie, or for a part of a series."""

    id: int
    user_id: int
    instance: str
    media_id: int
    download: str
    """The download it was asked for; another one may bring the title."""
    part: str
    """What of a series, as "1x01 1x02 …"; empty for a movie, and where the episodes are not known."""
    work: bytes
    missing: bytes
    """Episodes that are not there yet."""
    is_hidden: bool
    """Whether members may not see the title: then it is only told in private."""
    created_at: datetime
    failed: tuple[str, ...]
    """Downloads whose failure was told."""


def add(connection: sqlite3.Connection, follow: Follow) -> bool:
    """Add a follow (its id is made here); False when there is one already, or too many of that person."""
    (count,) = connection.execute(
        "SELECT count(*) FROM follow WHERE user_id = ?", (follow.user_id,)
    ).fetchone()
    if count >= MAX_FOLLOWS:
        return False
    added = connection.execute(
        "INSERT OR IGNORE INTO follow (user_id, instance, media_id, download, part, work, missing, is_hidden,"
        " created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            follow.user_id,
            follow.instance,
            follow.media_id,
            follow.download,
            follow.part,
            follow.work,
            follow.missing,
            follow.is_hidden,
            to_text(follow.created_at),
        ),
    )
    return added.rowcount > 0


def remove(connection: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Remove follows that were told, or are no longer wanted."""
    connection.executemany("DELETE FROM follow WHERE id = ?", ((follow_id,) for follow_id in ids))


def remove_of_user(connection: sqlite3.Connection, user_id: int, follow_id: int) -> bool:
    """Remove somebody's own follow; False when it is not theirs, or gone."""
    removed = connection.execute("DELETE FROM follow WHERE id = ? AND user_id = ?", (follow_id, user_id))
    return removed.rowcount > 0


def update(
    connection: sqlite3.Connection, follow_id: int, *, missing: bytes, failed: tuple[str, ...]
) -> None:
    """Note what has arrived, and which failures were told."""
    connection.execute(
        "UPDATE follow SET missing = ?, failed = ? WHERE id = ?", (missing, "\n".join(failed), follow_id)
    )


def all_follows(connection: sqlite3.Connection) -> list[Follow]:
    """Return everything that anybody follows."""
    return [_follow(row) for row in by_name(connection).execute("SELECT * FROM follow ORDER BY id")]


def prune(connection: sqlite3.Connection, now: datetime) -> None:
    """Forget what has not come for a year."""
    connection.execute("DELETE FROM follow WHERE created_at < ?", (to_text(now - _KEEP),))


def _follow(row: sqlite3.Row) -> Follow:
    return Follow(
        id=row["id"],
        user_id=row["user_id"],
        instance=row["instance"],
        media_id=row["media_id"],
        download=row["download"],
        part=row["part"],
        work=row["work"],
        missing=row["missing"],
        is_hidden=bool(row["is_hidden"]),
        created_at=datetime.fromisoformat(row["created_at"]),
        failed=tuple(row["failed"].splitlines()),
    )
