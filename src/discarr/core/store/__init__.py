"""State that outlives the process: SQLite behind one thread (design decision 10)."""

from discarr.core.store.database import DATABASE_NAME, Connection, Store
from discarr.core.store.records import IdentifyRecords, StoredMessage
from discarr.core.store.recovery import Recovery
from discarr.core.store.upkeep import keep_backups

__all__ = [
    "DATABASE_NAME",
    "Connection",
    "IdentifyRecords",
    "Recovery",
    "Store",
    "StoredMessage",
    "keep_backups",
]
