"""How every connection to a database is set up."""

import sqlite3
from pathlib import Path


def connect(database: Path | str, *, shares: bool = True) -> sqlite3.Connection:
    """Open a database, making it if it is missing; transactions are begun by hand.

    Where it is not shared with other programs, SQLite does without the file (-shm) by which they would
    find their way in its log: a full disk has no room for that.

    Raises:
        sqlite3.Error: it cannot be opened.
    """
    connection = sqlite3.connect(database, isolation_level=None, timeout=5.0)
    try:
        connection.execute("PRAGMA busy_timeout = 5000")
        if not shares:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return connection


def by_name(connection: sqlite3.Connection) -> sqlite3.Cursor:
    """Return a cursor whose rows are read by the names of their columns."""
    cursor = connection.cursor()
    cursor.row_factory = sqlite3.Row
    return cursor
