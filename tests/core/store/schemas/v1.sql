-- A database of version 1, as sqlite3's .dump writes it, with the two pragmas that .dump leaves out.
BEGIN TRANSACTION;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES('commands_hash','6c1f');
INSERT INTO meta VALUES('key','value');
INSERT INTO meta VALUES('opened_at','2026-01-02T20:47:00.000000+00:00');
CREATE TABLE message (
            purpose TEXT PRIMARY KEY,
            guild_id INTEGER NOT NULL,
            channel_id INTEGER NOT NULL,
            message_id INTEGER NOT NULL,
            created_at TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
INSERT INTO message VALUES('status',1100000000000000001,1100000000000000002,1100000000000000003,'2026-01-02T20:47:00.000000+00:00');
CREATE TABLE message_deletion (
            id INTEGER PRIMARY KEY,
            purpose TEXT NOT NULL,
            deleted_at TEXT NOT NULL
        ) STRICT;
INSERT INTO message_deletion VALUES(1,'status','2026-01-02T20:00:00.000000+00:00');
CREATE TABLE identify (id INTEGER PRIMARY KEY, identified_at TEXT NOT NULL) STRICT;
INSERT INTO identify VALUES(1,'2026-01-02T20:10:00.000000+00:00');
INSERT INTO identify VALUES(2,'2026-01-02T20:20:00.000000+00:00');
CREATE INDEX message_deletion_by_time ON message_deletion (purpose, deleted_at);
CREATE INDEX identify_by_time ON identify (identified_at);
COMMIT;
PRAGMA application_id = 1145656131;
PRAGMA user_version = 1;
