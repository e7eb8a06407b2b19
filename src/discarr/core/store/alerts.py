"""Alerts, the stories that tell of them, and what keeps some of them quiet."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from discarr.core.store.connection import by_name
from discarr.core.store.records import from_text, to_text

_KEEP_ENDED: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAlert:
    """A condition that held long enough."""

    id: int
    dedup: str
    """What it is about; there is one open alert for each."""
    kind: str
    instance: str | None
    is_hidden: bool
    began_at: datetime
    fired_at: datetime
    ended_at: datetime | None
    ending: str | None
    story: int | None
    """The message that tells of it; None while none does."""
    held: str | None
    """Why none does; None when one does."""
    acknowledged_by: int | None
    acknowledged_at: datetime | None
    facts: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredStory:
    """One message about alerts of one kind and instance."""

    id: int
    kind: str
    instance: str | None
    is_hidden: bool
    opened_at: datetime
    told_at: datetime
    """When it, or the last reminder of it, was told."""
    reminders: int
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSilence:
    """What is not told for a while; each None matches everything."""

    id: int
    kind: str | None
    instance: str | None
    dedup: str | None
    title: str | None
    """Part of a title, without regard to case."""
    reason: str
    created_by: int
    created_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBook:
    """Everything that alerts are judged by after a restart."""

    alerts: tuple[StoredAlert, ...]
    """Open ones, and those whose story is open."""
    stories: tuple[StoredStory, ...]
    """Open ones."""
    silences: tuple[StoredSilence, ...]
    """Those that have not ended."""
    baselines: frozenset[str]
    """What was observed before: what began since is news."""
    rules: dict[str, bytes]
    """Changes of rules by kind."""
    last_alert_id: int
    last_story_id: int


NOTHING_STORED: Final = StoredBook(
    alerts=(),
    stories=(),
    silences=(),
    baselines=frozenset(),
    rules={},
    last_alert_id=0,
    last_story_id=0,
)


def load_book(connection: sqlite3.Connection, now: datetime) -> StoredBook:
    """Return what is to be known after a start."""
    alerts = by_name(connection).execute(
        "SELECT * FROM alert WHERE ended_at IS NULL"
        " OR story IN (SELECT id FROM story WHERE closed_at IS NULL) ORDER BY id"
    )
    stories = by_name(connection).execute("SELECT * FROM story WHERE closed_at IS NULL ORDER BY id")
    return StoredBook(
        alerts=tuple(map(_alert, alerts)),
        stories=tuple(map(_story, stories)),
        silences=silences(connection, now),
        baselines=frozenset(row[0] for row in connection.execute("SELECT scope FROM baseline")),
        rules={row[0]: row[1] for row in connection.execute("SELECT kind, changes FROM rule")},
        last_alert_id=_last_id(connection, "alert"),
        last_story_id=_last_id(connection, "story"),
    )


def put_alerts(connection: sqlite3.Connection, alerts: Iterable[StoredAlert]) -> None:
    """Store alerts, new ones and changed ones."""
    connection.executemany(
        "INSERT OR REPLACE INTO alert (id, dedup, kind, instance, is_hidden, began_at, fired_at, ended_at,"
        " ending, story, held, acknowledged_by, acknowledged_at, facts)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                alert.id,
                alert.dedup,
                alert.kind,
                alert.instance,
                alert.is_hidden,
                to_text(alert.began_at),
                to_text(alert.fired_at),
                _text(alert.ended_at),
                alert.ending,
                alert.story,
                alert.held,
                alert.acknowledged_by,
                _text(alert.acknowledged_at),
                alert.facts,
            )
            for alert in alerts
        ),
    )


def put_stories(connection: sqlite3.Connection, stories: Iterable[StoredStory]) -> None:
    """Store stories, new ones and changed ones."""
    connection.executemany(
        "INSERT OR REPLACE INTO story (id, kind, instance, is_hidden, opened_at, told_at, reminders,"
        " closed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                story.id,
                story.kind,
                story.instance,
                story.is_hidden,
                to_text(story.opened_at),
                to_text(story.told_at),
                story.reminders,
                _text(story.closed_at),
            )
            for story in stories
        ),
    )


def put_baselines(connection: sqlite3.Connection, scopes: Iterable[str], now: datetime) -> None:
    """Note that these were observed for the first time."""
    connection.executemany(
        "INSERT OR IGNORE INTO baseline (scope, since) VALUES (?, ?)",
        ((scope, to_text(now)) for scope in scopes),
    )


def ended_alerts(connection: sqlite3.Connection, *, limit: int, offset: int = 0) -> list[StoredAlert]:
    """Return alerts that are over, the latest first."""
    rows = by_name(connection).execute(
        "SELECT * FROM alert WHERE ended_at IS NOT NULL ORDER BY ended_at DESC, id DESC LIMIT ? OFFSET ?",
        (limit, offset),
    )
    return list(map(_alert, rows))


def silences(connection: sqlite3.Connection, now: datetime) -> tuple[StoredSilence, ...]:
    """Return the silences that have not ended."""
    rows = by_name(connection).execute("SELECT * FROM silence WHERE ends_at > ? ORDER BY id", (to_text(now),))
    return tuple(
        StoredSilence(
            id=row["id"],
            kind=row["kind"],
            instance=row["instance"],
            dedup=row["dedup"],
            title=row["title"],
            reason=row["reason"],
            created_by=row["created_by"],
            created_at=datetime.fromisoformat(row["created_at"]),
            ends_at=datetime.fromisoformat(row["ends_at"]),
        )
        for row in rows
    )


def add_silence(
    connection: sqlite3.Connection,
    *,
    kind: str | None = None,
    instance: str | None = None,
    dedup: str | None = None,
    title: str | None = None,
    reason: str,
    created_by: int,
    created_at: datetime,
    ends_at: datetime,
) -> StoredSilence:
    """Add a silence and return it."""
    cursor = connection.execute(
        "INSERT INTO silence (kind, instance, dedup, title, reason, created_by, created_at, ends_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (kind, instance, dedup, title, reason, created_by, to_text(created_at), to_text(ends_at)),
    )
    return StoredSilence(
        id=cursor.lastrowid or 0,
        kind=kind,
        instance=instance,
        dedup=dedup,
        title=title,
        reason=reason,
        created_by=created_by,
        created_at=created_at,
        ends_at=ends_at,
    )


def end_silence(connection: sqlite3.Connection, silence_id: int, *, now: datetime) -> bool:
    """End a silence now; False when there is none of that id that has not ended."""
    ended = connection.execute(
        "UPDATE silence SET ends_at = ? WHERE id = ? AND ends_at > ?",
        (to_text(now), silence_id, to_text(now)),
    )
    return ended.rowcount > 0


def put_rule(connection: sqlite3.Connection, kind: str, changes: bytes | None) -> None:
    """Store what people changed about the rule of a kind; None: nothing any more."""
    if changes is None:
        connection.execute("DELETE FROM rule WHERE kind = ?", (kind,))
    else:
        connection.execute("INSERT OR REPLACE INTO rule (kind, changes) VALUES (?, ?)", (kind, changes))


def prune(connection: sqlite3.Connection, now: datetime) -> None:
    """Forget what ended over 90 days ago."""
    before = to_text(now - _KEEP_ENDED)
    connection.execute("DELETE FROM alert WHERE ended_at < ?", (before,))
    connection.execute("DELETE FROM story WHERE closed_at < ?", (before,))
    connection.execute("DELETE FROM silence WHERE ends_at < ?", (before,))


def _last_id(connection: sqlite3.Connection, table: str) -> int:
    """Return the highest id ever given out; rows may have been deleted since."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    return 0 if row is None else int(row[0])


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else to_text(instant)


def _alert(row: sqlite3.Row) -> StoredAlert:
    return StoredAlert(
        id=row["id"],
        dedup=row["dedup"],
        kind=row["kind"],
        instance=row["instance"],
        is_hidden=bool(row["is_hidden"]),
        began_at=datetime.fromisoformat(row["began_at"]),
        fired_at=datetime.fromisoformat(row["fired_at"]),
        ended_at=from_text(row["ended_at"]),
        ending=row["ending"],
        story=row["story"],
        held=row["held"],
        acknowledged_by=row["acknowledged_by"],
        acknowledged_at=from_text(row["acknowledged_at"]),
        facts=row["facts"],
    )


def _story(row: sqlite3.Row) -> StoredStory:
    return StoredStory(
        id=row["id"],
        kind=row["kind"],
        instance=row["instance"],
        is_hidden=bool(row["is_hidden"]),
        opened_at=datetime.fromisoformat(row["opened_at"]),
        told_at=datetime.fromisoformat(row["told_at"]),
        reminders=row["reminders"],
        closed_at=from_text(row["closed_at"]),
    )
