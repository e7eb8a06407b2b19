"""Whether a file is a sound database of Discarr's."""

import sqlite3
from contextlib import closing
from pathlib import Path

from discarr.core.store.backups import files_of
from discarr.core.store.connection import connect
from discarr.core.store.faults import Damaged, code_of
from discarr.core.store.schema import APPLICATION_ID, MIGRATIONS


def open_sound(path: Path, *, may_be_new: bool, shares: bool = True) -> sqlite3.Connection:
    """Open a database after a look over the whole file, and for the tables and columns of its version.

    Another program's database, or a newer Discarr's, is looked over only: `migrate` refuses it.

    Raises:
        sqlite3.Error: it is damaged (`faults.is_damage`), or cannot be opened. Without `may_be_new`, an
            empty one counts as damaged.
        OSError: it cannot be read.
    """
    if _is_cut_short(path):
        raise Damaged("a part of its last page is missing")
    try:
        connection = connect(path, shares=shares)
        try:
            _examine(connection, may_be_new=may_be_new)
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        # The statements are right: what makes one of them fail is in the file ("unsupported file format").
        if code_of(error) == sqlite3.SQLITE_ERROR:
            raise Damaged(str(error)) from error
        raise
    except UnicodeDecodeError as error:
        raise Damaged("SQLite's own words about it cannot be read") from error
    return connection


def _is_cut_short(path: Path) -> bool:
    """Return whether the file ends in the middle of a page: SQLite takes the rest of it for zeros."""
    _, log, _, journal = files_of(path)
    if not path.exists() or any(part.exists() and part.stat().st_size for part in (log, journal)):
        return False  # a killed process may leave half a page, and what belongs there in its log
    with path.open("rb") as file:
        page_bytes = int.from_bytes(file.read(18)[16:])  # 1 stands for 65,536
    return page_bytes >= 512 and path.stat().st_size % page_bytes > 0


def _examine(connection: sqlite3.Connection, *, may_be_new: bool) -> None:
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise Damaged(verdict)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    columns = _columns(connection)
    if not columns and not may_be_new:
        raise Damaged("it is empty")
    if not columns or application != APPLICATION_ID or version > len(MIGRATIONS):
        return
    if version < 1:
        raise Damaged(f"there is no version {version}")
    # More of them than expected are other tools' (Litestream keeps tables of its own in the database).
    if missing := _columns_of_version(version) - columns:
        raise Damaged(f"{len(missing)} columns are missing")


def _columns_of_version(version: int) -> set[tuple[str, str]]:
    with closing(sqlite3.connect(":memory:")) as model:
        for statements in MIGRATIONS[:version]:
            for statement in statements:
                model.execute(statement)
        return _columns(model)


def _columns(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    rows = connection.execute(
        "SELECT part.name, field.name FROM sqlite_schema AS part, pragma_table_info(part.name) AS field"
        " WHERE part.type = 'table'"
    )
    return {(table, column) for table, column in rows}  # a `sqlite3.Row` equals no tuple
