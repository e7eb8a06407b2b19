"""`Store`: opens, repairs, runs transactions and closes."""

import asyncio
import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from discarr.core.clock import Clock
from discarr.core.errors import StoreError
from discarr.core.store import records, recovery
from discarr.core.store.backups import find_backups, make_daily
from discarr.core.store.connection import connect
from discarr.core.store.faults import damaged, explain, unwritable
from discarr.core.store.opening import open_database
from discarr.core.store.place import lock_directory, prepare_directory
from discarr.core.store.records import StoredMessage
from discarr.core.store.recovery import Recovery
from discarr.core.store.schema import migrate
from discarr.core.store.worker import Worker

DATABASE_NAME: Final = "discarr.db"
_RUN_TIMEOUT_S = 30.0
_CLOSE_TIMEOUT_S = 2.0
_COPY_TIMEOUT_S = 10.0
"""For a backup, which all transactions wait for: they themselves have thrice as long."""

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
        self.recovery: Recovery | None = None
        """How a damaged or lost database was replaced when this store was opened; None: it was sound."""
        self.write_count = 0
        """How many transactions of `run` have changed something: what polls must not do."""

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

    async def last_backup_at(self) -> datetime | None:
        """Return when the newest daily backup was made; None without any.

        Raises:
            StoreError: the directory cannot be read.
        """
        return await self._do(self._last_backup_at)

    async def back_up(self) -> None:
        """Make a daily backup beside the database, and let go of the oldest; in memory there is none.

        Transactions wait meanwhile: it gives up after 10 s, and at once when the store is closed.

        Raises:
            StoreError: the disk is full, read-only, damaged or too slow; earlier backups are as they were.
        """
        await self._do(self._back_up)

    async def tidy(self) -> None:
        """Let SQLite look after its statistics, and give the room of its log back to the disk.

        Raises:
            StoreError: as for `run`.
        """
        await self._do(self._tidy)

    async def cleanup_disarmed_since(self) -> datetime | None:
        """Return since when clean-up must do nothing, because a database was replaced; None: it may act."""
        return await self.run(recovery.read_disarmed)

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
        connection = self._opened()
        changes = connection.total_changes
        with self._explaining():
            try:
                connection.execute("BEGIN")
                result = work(connection)
                connection.execute("COMMIT")
            except BaseException:
                # SQLite has already rolled back after some errors, such as a full disk.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        self.write_count += connection.total_changes != changes
        return result

    def _last_backup_at(self) -> datetime | None:
        path = self._path
        if path is None:
            return None
        now = self._clock.now()
        with self._explaining_files(path):
            made = (item.made_at for item in find_backups(path, now) if item.is_daily)
            return next((at for at in made if at <= now), None)

    def _back_up(self) -> None:
        connection, path = self._opened(), self._path
        if path is None:
            return
        latest = self._clock.monotonic() + _COPY_TIMEOUT_S

        def must_stop() -> bool:
            return self._worker.is_stopped or self._clock.monotonic() > latest

        with self._explaining_files(path):
            make_daily(connection, path, self._clock.now(), must_stop=must_stop)

    def _tidy(self) -> None:
        connection = self._opened()
        with self._explaining():
            for pragma in ("analysis_limit = 1000", "optimize", "wal_checkpoint(TRUNCATE)"):
                connection.execute(f"PRAGMA {pragma}").close()

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            raise _closed()
        return self._connection

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        """Turn what a person can repair into a StoreError; a mistake in the code stays what it is."""
        try:
            yield
        except sqlite3.Error as error:
            if trouble := explain(error, self._path):
                raise trouble from error
            raise
        except UnicodeDecodeError as error:
            # Python raises it instead of SQLite's error where that quotes what is damaged.
            raise damaged() from error

    @contextmanager
    def _explaining_files(self, path: Path) -> Iterator[None]:
        """Do the same for work that is not only SQLite's."""
        try:
            with self._explaining():
                yield
        except OSError as error:
            raise unwritable(path.parent, error, name=Path(str(error.filename or "")).name) from error

    def _open_memory(self) -> None:
        self._connection = connect(":memory:")
        migrate(self._connection, None)

    def _open_file(self, directory: Path) -> None:
        prepare_directory(directory)
        self._lock = lock_directory(directory)
        path = self._path = directory / DATABASE_NAME
        try:
            with self._explaining_files(path):
                self._connection, self.recovery = open_database(path, self._clock.now())
        except sqlite3.Error as error:
            _log.exception("The database cannot be opened, for a reason that should not exist")
            raise StoreError(
                "the database cannot be opened", remedy="Look at the log for the reason."
            ) from error

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
