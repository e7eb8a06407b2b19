"""Messages that are to be sent, and those that were: written in the transaction that made them necessary.

States: `pending` waits, `sending` may or may not have reached Discord, `sent` did, `dead` never can, `merged`
went into another message, or is not to be tried again because nobody needs it any more.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from discarr.core.store.connection import by_name
from discarr.core.store.records import to_text

_KEEP_SENT: Final = timedelta(days=7)
_KEEP_DEAD: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message to be put into the outbox."""

    story: str
    """What it belongs to: one message per story and route, edited as it goes on."""
    route: str
    content: bytes
    not_before: datetime
    is_new: bool = False
    """Whether it is a message of its own in any case, never an edit of the story's."""
    is_sequel: bool = False
    """Whether it only makes sense to those who read the story: left out where that was not posted yet."""
    is_settled: bool = False
    """Whether nobody needs to be reminded of the story any more: sequels that still wait are taken back, by
    whatever route. One that tells of the end has to come after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """A message in the outbox."""

    id: int
    story: str
    route: str
    is_new: bool
    content: bytes
    not_before: datetime
    created_at: datetime
    state: str
    attempts: int
    first_attempt_at: datetime | None
    """When it was first handed to Discord; None while it never was."""
    tried: tuple[str, ...]
    """Routes that refused it for good."""
    error: str | None
    """Why the last attempt failed, in plain words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedMessage:
    """Where a story stands in Discord."""

    channel_id: int
    message_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxCounts:
    """How the outbox is doing."""

    waiting: int
    """Due or being sent."""
    scheduled: int
    """Held until later: digests, quiet hours."""
    oldest_due: datetime | None
    """Since when the oldest of those waiting could have been sent."""
    dead: int


def enqueue(connection: sqlite3.Connection, messages: Iterable[Outgoing], *, now: datetime) -> None:
    """Add messages; a story that still waits for its route is said as it is now, in its old place.

    So are its sequels: after a long outage nobody wants to read every reminder.
    """
    for message in messages:
        if message.is_sequel and find_posted(connection, message.story, message.route) is None:
            continue
        if message.is_settled:
            withdraw_sequels(connection, (message.story,), now=now)
        replaced = 0
        if not message.is_new or message.is_sequel:
            replaced = connection.execute(
                "UPDATE outbox SET content = ?, not_before = min(not_before, ?)"
                " WHERE story = ? AND route = ? AND state = 'pending' AND is_new = ?",
                (
                    message.content,
                    to_text(message.not_before),
                    message.story,
                    message.route,
                    message.is_new,
                ),
            ).rowcount
        if not replaced:
            connection.execute(
                "INSERT INTO outbox (story, route, is_new, content, not_before, created_at, state)"
                " VALUES (?, ?, ?, ?, ?, ?, 'pending')",
                (
                    message.story,
                    message.route,
                    message.is_new,
                    message.content,
                    to_text(message.not_before),
                    to_text(now),
                ),
            )


def withdraw(connection: sqlite3.Connection, stories: Iterable[str]) -> None:
    """Take back what was never handed to Discord: it is over before anybody was told."""
    connection.executemany(
        "DELETE FROM outbox WHERE story = ? AND state = 'pending' AND attempts = 0",
        ((story,) for story in stories),
    )


def withdraw_sequels(connection: sqlite3.Connection, stories: Iterable[str], *, now: datetime) -> None:
    """Take back the sequels that wait, by whatever route: nobody wants to be reminded of these stories.

    One that is being sent may arrive; it is not tried again. Story keys carry no other new rows: what waits
    there and is no edit is a sequel.
    """
    connection.executemany(
        "UPDATE outbox SET state = 'merged', ended_at = ?"
        " WHERE story = ? AND is_new = 1 AND state IN ('pending', 'sending')",
        ((to_text(now), story) for story in stories),
    )


def due(
    connection: sqlite3.Connection, now: datetime, *, limit: int, except_for: Collection[str] = ()
) -> list[OutboxRow]:
    """Return what can be sent, oldest first; what was being sent when Discarr ended comes with it.

    `except_for` are routes that are left out: however much waits for them, the others go on.
    """
    rows = by_name(connection).execute(
        "SELECT * FROM outbox WHERE state IN ('pending', 'sending') AND not_before <= ?"
        " AND route NOT IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT ?",
        (to_text(now), json.dumps(list(except_for)), limit),
    )
    return [_row(row) for row in rows]


def next_due(connection: sqlite3.Connection, *, except_for: Collection[str] = ()) -> datetime | None:
    """Return when the next message can be sent, by other routes than these; None when there is none."""
    (text,) = connection.execute(
        "SELECT min(not_before) FROM outbox WHERE state IN ('pending', 'sending')"
        " AND route NOT IN (SELECT value FROM json_each(?))",
        (json.dumps(list(except_for)),),
    ).fetchone()
    return None if text is None else datetime.fromisoformat(text)


def claim(connection: sqlite3.Connection, row_id: int, *, now: datetime) -> OutboxRow | None:
    """Note that a message is about to be handed to Discord, and return it as it is by now.

    None when it was withdrawn or merged meanwhile.
    """
    connection.execute(
        "UPDATE outbox SET state = 'sending', attempts = attempts + 1,"
        " first_attempt_at = coalesce(first_attempt_at, ?)"
        " WHERE id = ? AND state IN ('pending', 'sending')",
        (to_text(now), row_id),
    )
    row = (
        by_name(connection)
        .execute("SELECT * FROM outbox WHERE id = ? AND state = 'sending'", (row_id,))
        .fetchone()
    )
    return None if row is None else _row(row)


def find_posted(connection: sqlite3.Connection, story: str, route: str) -> PostedMessage | None:
    """Return the message of a story, or None while it has none there."""
    row = connection.execute(
        "SELECT channel_id, message_id FROM posted WHERE story = ? AND route = ?", (story, route)
    ).fetchone()
    return None if row is None else PostedMessage(channel_id=row[0], message_id=row[1])


def mark_sent(
    connection: sqlite3.Connection, row: OutboxRow, posted: PostedMessage | None, *, now: datetime
) -> None:
    """Note that a message reached Discord; `posted` is the story's new message, None after an edit."""
    connection.execute(
        "UPDATE outbox SET state = 'sent', error = NULL, ended_at = ? WHERE id = ?", (to_text(now), row.id)
    )
    if posted is not None and not row.is_new:
        connection.execute(
            "INSERT OR REPLACE INTO posted"
            " (story, route, channel_id, message_id, posted_at) VALUES (?, ?, ?, ?, ?)",
            (row.story, row.route, posted.channel_id, posted.message_id, to_text(now)),
        )


def sent_since(connection: sqlite3.Connection, since: datetime) -> dict[str, list[datetime]]:
    """Return when new messages were sent since then, by route; edits do not count, and doubtful ones do."""
    rows = connection.execute(
        "SELECT route, ended_at FROM outbox WHERE state = 'sent' AND ended_at > :since"
        " AND (is_new = 1 OR EXISTS (SELECT 1 FROM posted WHERE posted.story = outbox.story"
        " AND posted.route = outbox.route AND posted.posted_at = outbox.ended_at))"
        " UNION ALL SELECT route, first_attempt_at FROM outbox"
        " WHERE state IN ('sending', 'merged') AND first_attempt_at > :since",
        {"since": to_text(since)},
    )
    moments: dict[str, list[datetime]] = {}
    for route, text in rows:
        moments.setdefault(route, []).append(datetime.fromisoformat(text))
    return moments


def put_back(
    connection: sqlite3.Connection, row_id: int, *, error: str, was_certainly_not_sent: bool
) -> None:
    """Note that an attempt failed for the moment; what was withdrawn meanwhile stays so.

    One that was certainly not sent forgets its first attempt: nothing has to be looked for before the next.
    """
    state = "pending" if was_certainly_not_sent else "sending"
    connection.execute(
        "UPDATE outbox SET state = ?, error = ?,"
        " first_attempt_at = CASE WHEN ? THEN NULL ELSE first_attempt_at END"
        " WHERE id = ? AND state IN ('pending', 'sending')",
        (state, error, was_certainly_not_sent, row_id),
    )


def reroute(connection: sqlite3.Connection, row: OutboxRow, route: str, *, error: str) -> None:
    """Send a message another way, because its route refuses it for good; not what was withdrawn meanwhile."""
    connection.execute(
        "UPDATE outbox SET state = 'pending', route = ?, tried = ?, error = ?, first_attempt_at = NULL"
        " WHERE id = ? AND state IN ('pending', 'sending')",
        (route, " ".join((*row.tried, row.route)), error, row.id),
    )


def mark_dead(connection: sqlite3.Connection, row_id: int, *, error: str, now: datetime) -> bool:
    """Note that a message can never be delivered; False when it was withdrawn meanwhile."""
    died = connection.execute(
        "UPDATE outbox SET state = 'dead', error = ?, ended_at = ?"
        " WHERE id = ? AND state IN ('pending', 'sending')",
        (error, to_text(now), row_id),
    ).rowcount
    return died > 0


def merge(
    connection: sqlite3.Connection,
    rows: Sequence[OutboxRow],
    into: Outgoing,
    *,
    told: PostedMessage,
    now: datetime,
) -> None:
    """Let one message stand for several that were not sent yet; `told` is noted as that of their stories."""
    connection.executemany(
        "UPDATE outbox SET state = 'merged', ended_at = ? WHERE id = ? AND state = 'pending'",
        ((to_text(now), row.id) for row in rows),
    )
    connection.executemany(
        "INSERT OR IGNORE INTO posted (story, route, channel_id, message_id, posted_at)"
        " VALUES (?, ?, ?, ?, ?)",
        ((row.story, row.route, told.channel_id, told.message_id, to_text(now)) for row in rows),
    )
    enqueue(connection, (into,), now=now)


def dead(connection: sqlite3.Connection, *, limit: int) -> list[OutboxRow]:
    """Return what could not be delivered, newest first."""
    rows = by_name(connection).execute(
        "SELECT * FROM outbox WHERE state = 'dead' ORDER BY id DESC LIMIT ?", (limit,)
    )
    return [_row(row) for row in rows]


def revive(connection: sqlite3.Connection, row_ids: Iterable[int], *, now: datetime) -> int:
    """Try undeliverable messages once more, now, by the route they were meant for; return how many."""
    revived = 0
    for row_id in row_ids:
        row = (
            by_name(connection)
            .execute("SELECT * FROM outbox WHERE id = ? AND state = 'dead'", (row_id,))
            .fetchone()
        )
        if row is not None:
            found = _row(row)
            connection.execute(
                "UPDATE outbox SET state = 'pending', route = ?, tried = '', not_before = ?,"
                " first_attempt_at = NULL, ended_at = NULL WHERE id = ?",
                (found.tried[0] if found.tried else found.route, to_text(now), row_id),
            )
            revived += 1
    return revived


def count(connection: sqlite3.Connection, now: datetime) -> OutboxCounts:
    """Return how the outbox is doing."""
    waiting, scheduled, oldest = connection.execute(
        "SELECT count(*) FILTER (WHERE not_before <= :now), count(*) FILTER (WHERE not_before > :now),"
        " min(not_before) FROM outbox WHERE state IN ('pending', 'sending')",
        {"now": to_text(now)},
    ).fetchone()
    (dead_count,) = connection.execute("SELECT count(*) FROM outbox WHERE state = 'dead'").fetchone()
    return OutboxCounts(
        waiting=waiting,
        scheduled=scheduled,
        oldest_due=datetime.fromisoformat(oldest) if waiting else None,
        dead=dead_count,
    )


def forget_unsent(connection: sqlite3.Connection, now: datetime) -> None:
    """Take back everything that waits: nobody knows what of it was sent already."""
    connection.execute(
        "UPDATE outbox SET state = 'merged', ended_at = ? WHERE state IN ('pending', 'sending')",
        (to_text(now),),
    )


def prune(connection: sqlite3.Connection, now: datetime) -> None:
    """Forget what was sent over a week ago, and what could not be for a month."""
    connection.execute(
        "DELETE FROM outbox WHERE state IN ('sent', 'merged') AND ended_at < ?", (to_text(now - _KEEP_SENT),)
    )
    connection.execute(
        "DELETE FROM outbox WHERE state = 'dead' AND ended_at < ?", (to_text(now - _KEEP_DEAD),)
    )
    connection.execute("DELETE FROM posted WHERE posted_at < ?", (to_text(now - _KEEP_DEAD),))


def _row(row: sqlite3.Row) -> OutboxRow:
    first_attempt_at = row["first_attempt_at"]
    return OutboxRow(
        id=row["id"],
        story=row["story"],
        route=row["route"],
        is_new=bool(row["is_new"]),
        content=row["content"],
        not_before=datetime.fromisoformat(row["not_before"]),
        created_at=datetime.fromisoformat(row["created_at"]),
        state=row["state"],
        attempts=row["attempts"],
        first_attempt_at=None if first_attempt_at is None else datetime.fromisoformat(first_attempt_at),
        tried=tuple(row["tried"].split()),
        error=row["error"],
    )
