-- A database of version 2, as sqlite3's .dump writes it, with the two pragmas that .dump leaves out.
BEGIN TRANSACTION;
CREATE TABLE activity (
            digest TEXT NOT NULL,
            instance TEXT NOT NULL,
            download TEXT NOT NULL,
            kind TEXT NOT NULL,
            at TEXT NOT NULL,
            item BLOB NOT NULL,
            PRIMARY KEY (digest, instance, download)
        ) STRICT, WITHOUT ROWID;
INSERT INTO "activity" VALUES('added','radarr','d:A','added','2026-01-02T20:45:00.000000+00:00',X'7B7D');
CREATE TABLE alert (
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
        ) STRICT;
INSERT INTO "alert" VALUES(7,'instance-down:radarr','instance-down','radarr',0,'2026-01-02T20:30:00.000000+00:00','2026-01-02T20:32:00.000000+00:00',NULL,NULL,3,NULL,11,'2026-01-02T20:40:00.000000+00:00',X'7B7D');
CREATE TABLE baseline (scope TEXT PRIMARY KEY, since TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "baseline" VALUES('queue:radarr','2026-01-02T20:00:00.000000+00:00');
CREATE TABLE cursor (
            instance TEXT PRIMARY KEY,
            last_id INTEGER NOT NULL,
            last_at TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
INSERT INTO "cursor" VALUES('radarr',4711,'2026-01-02T20:44:00.000000+00:00');
CREATE TABLE follow (
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
        ) STRICT;
INSERT INTO "follow" VALUES(5,11,'radarr',1,'d:A','',X'7B7D',X'5B5D',0,'2026-01-02T20:46:00.000000+00:00','');
CREATE TABLE identify (id INTEGER PRIMARY KEY, identified_at TEXT NOT NULL) STRICT;
INSERT INTO "identify" VALUES(1,'2026-01-02T20:10:00.000000+00:00');
INSERT INTO "identify" VALUES(2,'2026-01-02T20:20:00.000000+00:00');
CREATE TABLE message (
            purpose TEXT PRIMARY KEY,
            guild_id INTEGER NOT NULL,
            channel_id INTEGER NOT NULL,
            message_id INTEGER NOT NULL,
            created_at TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
INSERT INTO "message" VALUES('status',1100000000000000001,1100000000000000002,1100000000000000003,'2026-01-02T20:47:00.000000+00:00');
CREATE TABLE message_deletion (
            id INTEGER PRIMARY KEY,
            purpose TEXT NOT NULL,
            deleted_at TEXT NOT NULL
        ) STRICT;
INSERT INTO "message_deletion" VALUES(1,'status','2026-01-02T20:00:00.000000+00:00');
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "meta" VALUES('commands_hash','6c1f');
INSERT INTO "meta" VALUES('key','value');
INSERT INTO "meta" VALUES('opened_at','2026-01-02T20:47:00.000000+00:00');
CREATE TABLE outbox (
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
        ) STRICT;
INSERT INTO "outbox" VALUES(9,'story:3','thread',1,X'7B7D','2026-01-02T20:32:00.000000+00:00','2026-01-02T20:32:00.000000+00:00','sent',1,'2026-01-02T20:32:00.000000+00:00','',NULL,'2026-01-02T20:33:00.000000+00:00');
CREATE TABLE posted (
            story TEXT NOT NULL,
            route TEXT NOT NULL,
            channel_id INTEGER NOT NULL,
            message_id INTEGER NOT NULL,
            posted_at TEXT NOT NULL,
            PRIMARY KEY (story, route)
        ) STRICT, WITHOUT ROWID;
INSERT INTO "posted" VALUES('story:3','thread',1100000000000000004,1100000000000000005,'2026-01-02T20:33:00.000000+00:00');
CREATE TABLE rule (kind TEXT PRIMARY KEY, changes BLOB NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "rule" VALUES('grabbed',X'7B7D');
CREATE TABLE silence (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT,
            instance TEXT,
            dedup TEXT,
            title TEXT,
            reason TEXT NOT NULL,
            created_by INTEGER NOT NULL,
            created_at TEXT NOT NULL,
            ends_at TEXT NOT NULL
        ) STRICT;
INSERT INTO "silence" VALUES(2,'disk-low','radarr',NULL,NULL,'moving house',11,'2026-01-02T20:41:00.000000+00:00','2026-01-03T20:41:00.000000+00:00');
CREATE TABLE story (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL,
            instance TEXT,
            is_hidden INTEGER NOT NULL,
            opened_at TEXT NOT NULL,
            told_at TEXT NOT NULL,
            reminders INTEGER NOT NULL,
            closed_at TEXT
        ) STRICT;
INSERT INTO "story" VALUES(3,'instance-down','radarr',0,'2026-01-02T20:32:00.000000+00:00','2026-01-02T20:32:00.000000+00:00',1,NULL);
CREATE INDEX message_deletion_by_time ON message_deletion (purpose, deleted_at);
CREATE INDEX identify_by_time ON identify (identified_at);
CREATE UNIQUE INDEX alert_open ON alert (dedup) WHERE ended_at IS NULL;
CREATE INDEX alert_by_end ON alert (ended_at);
CREATE INDEX alert_by_story ON alert (story);
CREATE INDEX story_open ON story (id) WHERE closed_at IS NULL;
CREATE INDEX activity_by_time ON activity (digest, at);
CREATE INDEX outbox_open ON outbox (route, id) WHERE state IN ('pending', 'sending');
CREATE INDEX outbox_by_state ON outbox (state, ended_at);
CREATE INDEX follow_by_media ON follow (instance, media_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('alert',7);
INSERT INTO "sqlite_sequence" VALUES('story',3);
INSERT INTO "sqlite_sequence" VALUES('silence',2);
INSERT INTO "sqlite_sequence" VALUES('outbox',9);
INSERT INTO "sqlite_sequence" VALUES('follow',5);
COMMIT;
PRAGMA application_id = 1145656131;
PRAGMA user_version = 2;
