"""The audit trail: who did what, in what role, and what came of it. It only grows."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from discarr.core.store.connection import by_name
from discarr.core.store.records import to_text

MAX_LISTED: Final = 100
_REPEATED_WITHIN: Final = timedelta(minutes=1)
_LOOKED_AT: Final = 1000
"""So many of the latest lines are looked at for a repetition: the trail has no end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One line of the trail. The same action has several: confirmed, sent, and what came of it."""

    at: datetime
    actor: int
    """Id of the person."""
    level: int
    """How far the person was trusted at that moment (`discarr.utils.permissions.Level`)."""
    action: str
    operation: str | None = None
    """None for what was refused before it became one."""
    instance: str | None = None
    """None for what concerns several."""
    download: str | None = None
    """Kind and id of the download's key, as "d:HASH"; None for what concerns several."""
    title: str | None = None
    """The release, raw."""
    evidence: str = ""
    """What was known when it was asked for: JSON, technical."""
    request: str = ""
    """What was sent, or was to be, or how somebody asked for it in vain: JSON, technical."""
    result: str
    """One word for what came of it: "confirmed", "sent", an outcome or a refusal."""
    detail: str = ""
    """The same in plain words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """An entry at its place in the trail."""

    sequence: int
    entry: AuditEntry


def append(connection: sqlite3.Connection, *entries: AuditEntry) -> None:
    """Add entries at the end."""
    connection.executemany(
        "INSERT INTO audit (at, actor, level, action, operation, instance, download, title, evidence,"
        " request, result, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                to_text(entry.at),
                entry.actor,
                entry.level,
                entry.action,
                entry.operation,
                entry.instance,
                entry.download,
                entry.title,
                entry.evidence,
                entry.request,
                entry.result,
                entry.detail,
            )
            for entry in entries
        ),
    )


def append_once(connection: sqlite3.Connection, entry: AuditEntry) -> None:
    """Add an entry at the end, unless it repeats one of the last minute: a flood is one line a minute.

    It does where the same person asked for the same and the same came of it, whatever is told of it.
    """
    is_there = connection.execute(
        "SELECT 1 FROM audit WHERE sequence > (SELECT max(sequence) FROM audit) - :looked_at"
        " AND at > :since AND at <= :at AND actor = :actor AND action = :action AND operation IS :operation"
        " AND instance IS :instance AND download IS :download AND request = :request AND result = :result",
        {
            "looked_at": _LOOKED_AT,
            "since": to_text(entry.at - _REPEATED_WITHIN),
            "at": to_text(entry.at),
            "actor": entry.actor,
            "action": entry.action,
            "operation": entry.operation,
            "instance": entry.instance,
            "download": entry.download,
            "request": entry.request,
            "result": entry.result,
        },
    ).fetchone()
    if is_there is None:
        append(connection, entry)


def read(
    connection: sqlite3.Connection,
    *,
    before: int | None = None,
    limit: int = MAX_LISTED,
    actor: int | None = None,
    instance: str | None = None,
    download: str | None = None,
    action: str | None = None,
    result: str | None = None,
    since: datetime | None = None,
) -> list[AuditLine]:
    """Return the lines that match all that is given, the latest first; `before` is a sequence number."""
    rows = by_name(connection).execute(
        "SELECT * FROM audit WHERE (:before IS NULL OR sequence < :before)"
        " AND (:actor IS NULL OR actor = :actor) AND (:instance IS NULL OR instance = :instance)"
        " AND (:download IS NULL OR download = :download) AND (:action IS NULL OR action = :action)"
        " AND (:result IS NULL OR result = :result) AND (:since IS NULL OR at >= :since)"
        " ORDER BY sequence DESC LIMIT :limit",
        {
            "before": before,
            "actor": actor,
            "instance": instance,
            "download": download,
            "action": action,
            "result": result,
            "since": None if since is None else to_text(since),
            "limit": limit,
        },
    )
    return [_line(row) for row in rows]


def read_after(connection: sqlite3.Connection, sequence: int, *, limit: int) -> list[AuditLine]:
    """Return the lines that came after one, the earliest first."""
    rows = by_name(connection).execute(
        "SELECT * FROM audit WHERE sequence > ? ORDER BY sequence LIMIT ?", (sequence, limit)
    )
    return [_line(row) for row in rows]


def _line(row: sqlite3.Row) -> AuditLine:
    return AuditLine(
        sequence=row["sequence"],
        entry=AuditEntry(
            at=datetime.fromisoformat(row["at"]),
            actor=row["actor"],
            level=row["level"],
            action=row["action"],
            operation=row["operation"],
            instance=row["instance"],
            download=row["download"],
            title=row["title"],
            evidence=row["evidence"],
            request=row["request"],
            result=row["result"],
            detail=row["detail"],
        ),
    )
