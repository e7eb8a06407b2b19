"""The tables, and how older databases get them: numbered steps, each in one transaction."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from discarr.core.errors import StoreError
from discarr.core.store.backups import write_copy

APPLICATION_ID = 0x44495343
"""Marks the file as Discarr's: "DISC"."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
        """CREATE TABLE message (
            purpose TEXT PRIMARY KEY,
            guild_id INTEGER NOT NULL,
            channel_id INTEGER NOT NULL,
            message_id INTEGER NOT NULL,
            created_at TEXT NOT NULL
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE message_deletion (
            id INTEGER PRIMARY KEY,
            purpose TEXT NOT NULL,
            deleted_at TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX message_deletion_by_time ON message_deletion (purpose, deleted_at)",
        "CREATE TABLE identify (id INTEGER PRIMARY KEY, identified_at TEXT NOT NULL) STRICT",
        "CREATE INDEX identify_by_time ON identify (identified_at)",
    ),
    (
        # Ids are never used twice (AUTOINCREMENT): the buttons of old messages carry them.
        """CREATE TABLE alert (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            dedup TEXT NOT NULL,
            kind TEXT NOT NULL,
            instance TEXT,
            is_hidden INTEGER NOT NULL,
            began_at TEXT NOT NULL,
            fired_at TEXT NOT NULL,
            ended_at TEXT,
            ending TEXT,
            story INTEGER,
            held TEXT,
            acknowledged_by INTEGER,
            acknowledged_at TEXT,
            facts BLOB NOT NULL
        ) STRICT""",
        "CREATE UNIQUE INDEX alert_open ON alert (dedup) WHERE ended_at IS NULL",
        "CREATE INDEX alert_by_end ON alert (ended_at)",
        "CREATE INDEX alert_by_story ON alert (story)",
        """CREATE TABLE story (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL,
            instance TEXT,
            is_hidden INTEGER NOT NULL,
            opened_at TEXT NOT NULL,
            told_at TEXT NOT NULL,
            reminders INTEGER NOT NULL,
            closed_at TEXT
        ) STRICT""",
        "CREATE INDEX story_open ON story (id) WHERE closed_at IS NULL",
        "CREATE TABLE baseline (scope TEXT PRIMARY KEY, since TEXT NOT NULL) STRICT, WITHOUT ROWID",
        """CREATE TABLE silence (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT,
            instance TEXT,
            dedup TEXT,
            title TEXT,
            reason TEXT NOT NULL,
            created_by INTEGER NOT NULL,
            created_at TEXT NOT NULL,
            ends_at TEXT NOT NULL
        ) STRICT""",
        "CREATE TABLE rule (kind TEXT PRIMARY KEY, changes BLOB NOT NULL) STRICT, WITHOUT ROWID",
        """CREATE TABLE cursor (
            instance TEXT PRIMARY KEY,
            last_id INTEGER NOT NULL,
            last_at TEXT NOT NULL
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE activity (
            digest TEXT NOT NULL,
            instance TEXT NOT NULL,
            download TEXT NOT NULL,
            kind TEXT NOT NULL,
            at TEXT NOT NULL,
            item BLOB NOT NULL,
            PRIMARY KEY (digest, instance, download)
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX activity_by_time ON activity (digest, at)",
        """CREATE TABLE outbox (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            story TEXT NOT NULL,
            route TEXT NOT NULL,
            is_new INTEGER NOT NULL,
            content BLOB NOT NULL,
            not_before TEXT NOT NULL,
            created_at TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'sent', 'dead', 'merged')),
            attempts INTEGER NOT NULL DEFAULT 0,
            first_attempt_at TEXT,
            tried TEXT NOT NULL DEFAULT '',
            error TEXT,
            ended_at TEXT
        ) STRICT""",
        "CREATE INDEX outbox_open ON outbox (route, id) WHERE state IN ('pending', 'sending')",
        "CREATE INDEX outbox_by_state ON outbox (state, ended_at)",
        """CREATE TABLE posted (
            story TEXT NOT NULL,
            route TEXT NOT NULL,
            channel_id INTEGER NOT NULL,
            message_id INTEGER NOT NULL,
            posted_at TEXT NOT NULL,
            PRIMARY KEY (story, route)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE follow (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            user_id INTEGER NOT NULL,
            instance TEXT NOT NULL,
            media_id INTEGER NOT NULL,
            download TEXT NOT NULL,
            part TEXT NOT NULL,
            work BLOB NOT NULL,
            missing BLOB NOT NULL,
            is_hidden INTEGER NOT NULL,
            created_at TEXT NOT NULL,
            failed TEXT NOT NULL DEFAULT '',
            UNIQUE (user_id, instance, media_id, part)
        ) STRICT""",
        "CREATE INDEX follow_by_media ON follow (instance, media_id)",
    ),
    (
        """CREATE TABLE strike (
            instance TEXT NOT NULL,
            download TEXT NOT NULL,
            rule TEXT NOT NULL,
            added TEXT,
            row_id INTEGER NOT NULL,
            count INTEGER NOT NULL,
            began_s REAL NOT NULL,
            struck_s REAL NOT NULL,
            left_bytes INTEGER NOT NULL,
            PRIMARY KEY (instance, download, rule)
        ) STRICT, WITHOUT ROWID""",
        # Ids are drawn at random, so that a button of an old message never fits another operation, not even
        # after the database was begun anew.
        """CREATE TABLE operation (
            id TEXT PRIMARY KEY,
            kind TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('pending', 'confirmed', 'running', 'done', 'failed',
                'refused', 'expired', 'withdrawn', 'unknown')),
            requested_by INTEGER NOT NULL,
            level INTEGER NOT NULL,
            roles TEXT NOT NULL,
            item_count INTEGER NOT NULL,
            required_count INTEGER,
            files BLOB,
            created_at TEXT NOT NULL,
            expires_at TEXT NOT NULL,
            turn INTEGER,
            confirmed_at TEXT,
            started_at TEXT,
            ended_at TEXT,
            channel_id INTEGER,
            message_id INTEGER,
            told_at TEXT
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX operation_open ON operation (state) WHERE ended_at IS NULL",
        "CREATE INDEX operation_by_turn ON operation (turn)",
        "CREATE INDEX operation_by_confirmation ON operation (confirmed_at)",
        "CREATE INDEX operation_by_end ON operation (ended_at)",
        """CREATE TABLE operation_item (
            operation TEXT NOT NULL REFERENCES operation (id) ON DELETE CASCADE,
            place INTEGER NOT NULL,
            instance TEXT NOT NULL,
            download TEXT NOT NULL,
            target BLOB NOT NULL,
            sent_at TEXT,
            trail BLOB,
            outcome TEXT,
            result BLOB,
            ended_at TEXT,
            is_verified INTEGER,
            PRIMARY KEY (operation, place)
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX operation_item_by_download ON operation_item (instance, download)",
        """CREATE TABLE audit (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT CHECK (sequence > 0),
            at TEXT NOT NULL,
            actor INTEGER NOT NULL,
            level INTEGER NOT NULL,
            action TEXT NOT NULL,
            operation TEXT,
            instance TEXT,
            download TEXT,
            title TEXT,
            evidence TEXT NOT NULL,
            request TEXT NOT NULL,
            result TEXT NOT NULL,
            detail TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX audit_by_download ON audit (instance, download)",
        "CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit"
        " BEGIN SELECT RAISE(ABORT, 'the audit trail is never changed'); END",
        "CREATE TRIGGER audit_stays BEFORE DELETE ON audit"
        " BEGIN SELECT RAISE(ABORT, 'the audit trail is never shortened'); END",
        # INSERT OR REPLACE deletes what it replaces, without firing the trigger above.
        "CREATE TRIGGER audit_grows BEFORE INSERT ON audit"
        " WHEN EXISTS (SELECT 1 FROM audit WHERE sequence >= NEW.sequence AND NEW.sequence > 0)"
        " BEGIN SELECT RAISE(ABORT, 'the audit trail only grows'); END",
    ),
)
"""Step n leads to `user_version` n + 1. A released step is never changed."""


def migrate(
    connection: sqlite3.Connection,
    path: Path | None,
    migrations: Sequence[Sequence[str]] = MIGRATIONS,
) -> None:
    """Bring a database up to date, after a copy to `<name>.v<version>.backup` beside it.

    `path` is None where no copy is needed. A process that is killed meanwhile leaves a whole version: the
    steps that are missing are taken at the next start.

    Raises:
        StoreError: a newer Discarr, or another program, wrote it.
        sqlite3.Error, OSError: the disk is full or fails.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if tables and application != APPLICATION_ID:
        raise StoreError(
            "the database is another program's",
            remedy="Give Discarr a data directory of its own (DISCARR_DATA_DIR).",
        )
    if version > len(migrations):
        raise StoreError(
            f"the database is of version {version}, newer than this Discarr's {len(migrations)}",
            remedy="Install the newer Discarr again, or put back the copy that lies beside the database"
            f" (it ends in .v{len(migrations)}.backup).",
        )
    if version == len(migrations):
        return
    if tables and path is not None:
        write_copy(connection, path.with_name(f"{path.name}.v{version}.backup"))
    for number, statements in enumerate(migrations[version:], start=version + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
