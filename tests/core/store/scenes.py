"""A data directory in every state that a test wants to open."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from discarr.core.store import DATABASE_NAME, Recovery, Store
from tests.fakes.clock import START, FakeClock


def fill(connection: sqlite3.Connection) -> None:
    """Make it 30 pages large."""
    connection.executemany(
        "INSERT OR REPLACE INTO meta VALUES (?, ?)",
        [(f"filler {number}", "x" * 500) for number in range(200)],
    )


def is_filled(connection: sqlite3.Connection) -> bool:
    (count,) = connection.execute(
        "SELECT count(*) FROM meta WHERE key LIKE 'filler%' AND value = ?", ("x" * 500,)
    ).fetchone()
    return bool(count == 200)


async def remember(directory: Path, value: str = "value", *, at: datetime = START) -> Path:
    """Leave a closed database that knows "key", and return its path."""
    store = await Store.open(directory, clock=FakeClock(at))
    await store.put_meta("key", value)
    await store.run(fill)
    await store.close()
    return directory / DATABASE_NAME


async def back_up(directory: Path, *, at: datetime = START) -> None:
    """Make a daily backup of the database in a directory."""
    store = await Store.open(directory, clock=FakeClock(at))
    await store.back_up()
    await store.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a new process finds."""

    value: str | None
    """Under "key"."""
    is_whole: bool
    """Whether all else is there that `remember` has left."""
    recovery: Recovery | None
    is_disarmed: bool


async def look(directory: Path, *, at: datetime = START) -> Found:
    """Open the database in a directory, find out what it knows, and close it again."""
    store = await Store.open(directory, clock=FakeClock(at))
    try:
        await store.put_meta("writable", "yes")
        return Found(
            value=await store.get_meta("key"),
            is_whole=await store.run(is_filled),
            recovery=store.recovery,
            is_disarmed=await store.cleanup_disarmed_since() is not None,
        )
    finally:
        await store.close()


def look_now(directory: Path) -> Found:
    """Do the same where no event loop runs."""
    return asyncio.run(look(directory))


def names(directory: Path, pattern: str) -> list[str]:
    return sorted(path.name for path in directory.glob(f"{DATABASE_NAME}{pattern}"))


def content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def is_sound(path: Path) -> bool:
    """Whether SQLite itself has nothing to say about a file."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def truncate_to_nothing(path: Path) -> None:
    path.write_bytes(b"")


def overwrite_with_text(path: Path) -> None:
    path.write_text("not a database\n" * 1000, encoding="ascii")


def truncate_by_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 + 100])


def lose_the_last_bytes(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def garble_pages(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)


def garble_header(path: Path) -> None:
    path.write_bytes(b"\xa5" * 100 + path.read_bytes()[100:])


def garble_schema_format(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[44:48] = b"\xa5" * 4  # SQLite calls that an unsupported file format, not damage
    path.write_bytes(content)


def drop_a_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE identify")


def empty(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 0")
        connection.execute("VACUUM")


def forget_the_version(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 0")


DAMAGES: tuple[Callable[[Path], None], ...] = (
    truncate_to_nothing,
    overwrite_with_text,
    truncate_by_half,
    lose_the_last_bytes,
    garble_pages,
    garble_header,
    garble_schema_format,
    drop_a_table,
    empty,
    forget_the_version,
)


def leave_only_a_log(path: Path) -> None:
    path.rename(path.with_name(f"{DATABASE_NAME}-wal"))


def leave_nothing(path: Path) -> None:
    path.unlink()


LOSSES: tuple[Callable[[Path], None], ...] = (leave_only_a_log, leave_nothing)
