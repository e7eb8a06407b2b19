"""`Store`: opens, repairs, runs transactions and closes."""

import asyncio
import logging
import os
import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from discarr.core.clock import Clock
from discarr.core.errors import StoreError
from discarr.core.store import records
from discarr.core.store.faults import check_integrity, explain, is_damage, unwritable
from discarr.core.store.place import is_on_network, lock_directory, prepare_directory
from discarr.core.store.records import StoredMessage
from discarr.core.store.schema import migrate
from discarr.core.store.worker import Worker

DATABASE_NAME: Final = "discarr.db"
_RUN_TIMEOUT_S = 30.0
_CLOSE_TIMEOUT_S = 2.0
_HEADER = b"SQLite format 3\0"
_SIDECARS = ("", "-wal", "-shm", "-journal")

type Connection = sqlite3.Connection
"""What work in the store's thread is given; callers hand it on and never use it themselves."""

_log = logging.getLogger(__name__)


class Store:
    """Discarr's memory.

    Every connection lives and dies in the store's own thread. One function handed to `run` is one
    transaction: cancelling whoever waits for it cannot cut it in half.
    """

    def __init__(self, *, clock: Clock) -> None:
        """Use `open` or `in_memory` instead."""
        self._clock = clock
        self._worker = Worker("discarr-store")
        self._connection: sqlite3.Connection | None = None
        self._lock: int | None = None
        self._path: Path | None = None
        self.was_reset = False
        """Whether a damaged database was set aside: what it knew is gone, so nothing may rely on it."""

    @classmethod
    async def open(cls, directory: Path, *, clock: Clock) -> Self:
        """Open the database in a directory, making, repairing or upgrading it as needed.

        Raises:
            StoreError: it cannot be used; `remedy` says what to do, and names paths.
        """
        store = cls(clock=clock)
        try:
            await store._do(lambda: store._open_file(directory))
        except BaseException:
            await store.close()
            raise
        return store

    @classmethod
    async def in_memory(cls, *, clock: Clock) -> Self:
        """Open a store that forgets: for when the data directory cannot be used, and for tests."""
        store = cls(clock=clock)
        await store._do(store._open_memory)
        return store

    @property
    def is_persistent(self) -> bool:
        """Whether anything outlives the process."""
        return self._path is not None

    async def run[T](self, work: Callable[[Connection], T]) -> T:
        """Run one transaction in the store's thread: all of it happens, or nothing.

        After a time-out or a cancellation it may still happen. `work` returns plain values, never a
        cursor: that belongs to the thread.

        Raises:
            StoreError: the disk is full, read-only, damaged or does not answer, or the store is closed.
        """
        return await self._do(lambda: self._transact(work))

    async def close(self) -> None:
        """Close within 2 s; a disk that hangs is left to the end of the process."""
        if self._worker.is_stopped:
            return
        closing = asyncio.wrap_future(self._worker.submit(self._close))
        self._worker.stop()
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                await asyncio.shield(closing)
        except TimeoutError:
            _log.warning("The database did not close in time")

    async def get_meta(self, key: str) -> str | None:
        """Return a single remembered value, or None."""
        return await self.run(lambda connection: records.get_meta(connection, key))

    async def put_meta(self, key: str, value: str) -> None:
        """Remember a single value."""
        await self.run(lambda connection: records.put_meta(connection, key, value))

    async def get_message(self, purpose: str) -> StoredMessage | None:
        """Return the message for a purpose, or None where there is none."""
        return await self.run(lambda connection: records.get_message(connection, purpose))

    async def put_message(self, purpose: str, *, guild_id: int, channel_id: int, message_id: int) -> None:
        """Remember a message, instead of the previous one for its purpose."""
        message = StoredMessage(
            purpose=purpose,
            guild_id=guild_id,
            channel_id=channel_id,
            message_id=message_id,
            created_at=self._clock.now(),
        )
        await self.run(lambda connection: records.put_message(connection, message))

    async def forget_message(self, purpose: str) -> None:
        """Forget the message for a purpose."""
        await self.run(lambda connection: records.forget_message(connection, purpose))

    async def record_deletion(self, purpose: str, at: datetime) -> None:
        """Remember that somebody deleted the message for a purpose."""
        await self.run(lambda connection: records.record_deletion(connection, purpose, at))

    async def count_deletions(self, purpose: str, since: datetime) -> int:
        """Count the deletions between an instant and now."""
        now = self._clock.now()
        return await self.run(
            lambda connection: records.count_deletions(connection, purpose, since=since, now=now)
        )

    async def record_identify(self, at: datetime) -> None:
        """Remember one IDENTIFY."""
        await self.run(lambda connection: records.record_identify(connection, at))

    async def count_identifies(self, since: datetime) -> int:
        """Count the IDENTIFYs between an instant and now."""
        now = self._clock.now()
        return await self.run(lambda connection: records.count_identifies(connection, since=since, now=now))

    async def _do[T](self, function: Callable[[], T]) -> T:
        if self._worker.is_stopped:
            raise _closed()
        try:
            async with asyncio.timeout(_RUN_TIMEOUT_S):
                return await asyncio.wrap_future(self._worker.submit(function))
        except TimeoutError:
            raise StoreError(
                "the disk of the data directory does not answer",
                remedy="Look at the disk, or at the network share that DISCARR_DATA_DIR lies on.",
            ) from None

    # Everything below runs in the store's thread.

    def _transact[T](self, work: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._connection
        if connection is None:
            raise _closed()
        try:
            connection.execute("BEGIN")
            result = work(connection)
            connection.execute("COMMIT")
        except BaseException as error:
            # SQLite has already rolled back after some errors, such as a full disk.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error) and (trouble := explain(error, self._path)):
                raise trouble from error
            raise
        return result

    def _open_memory(self) -> None:
        self._connection = _connect(":memory:")
        migrate(self._connection, None)

    def _open_file(self, directory: Path) -> None:
        prepare_directory(directory)
        self._lock = lock_directory(directory)
        path = self._path = directory / DATABASE_NAME
        try:
            if not _is_worth_opening(path):
                self._set_aside(path)
            try:
                self._connection = self._open_checked(path)
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
                self._set_aside(path)
                self._connection = self._open_checked(path)
        except sqlite3.Error as error:
            raise explain(error, self._path) or StoreError(
                "the database cannot be opened", remedy="Look at the log for the reason."
            ) from error
        except OSError as error:
            raise unwritable(directory, error, name=DATABASE_NAME) from error

    def _open_checked(self, path: Path) -> sqlite3.Connection:
        connection = _connect(path)
        try:
            mode = "DELETE" if is_on_network(path.parent) else "WAL"
            connection.execute(f"PRAGMA journal_mode = {mode}")
            check_integrity(connection)
            migrate(connection, path)
            # A file system that has become read-only shows only when something is written.
            connection.execute("BEGIN IMMEDIATE")
            records.put_meta(connection, "opened_at", records.to_text(self._clock.now()))
            connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
        return connection

    def _set_aside(self, path: Path) -> None:
        stamp = self._clock.now().strftime("%Y%m%dT%H%M%S")
        target = path.with_name(f"{path.name}.corrupt.{stamp}")
        number = 1
        while target.exists():
            number += 1
            target = path.with_name(f"{path.name}.corrupt.{stamp}.{number}")
        for suffix in _SIDECARS:
            part = path.with_name(path.name + suffix)
            if part.exists():
                part.replace(target.with_name(target.name + suffix))
        self.was_reset = True
        _log.error("The database was damaged; it was set aside as %s and a new one begun", target.name)

    def _close(self) -> None:
        try:
            if self._connection is not None:
                self._connection.close()
        finally:
            self._connection = None
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None


def _closed() -> StoreError:
    return StoreError("the store is closed", remedy="Start Discarr again.")


def _connect(database: Path | str) -> sqlite3.Connection:
    connection = sqlite3.connect(database, isolation_level=None, timeout=5.0)
    connection.row_factory = sqlite3.Row
    try:
        connection.execute("PRAGMA busy_timeout = 5000")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return connection


def _is_worth_opening(path: Path) -> bool:
    """Return whether a file may be opened as it is.

    SQLite takes an empty file for a new database, and a log without its database for rubbish: both
    are what is left of a database that got lost. Beside a file that is no database at all it deletes
    the log, which may still hold something.
    """
    if path.is_file():
        with path.open("rb") as file:
            return file.read(len(_HEADER)) == _HEADER
    return not path.with_name(f"{path.name}-wal").exists()
