"""State that outlives the process: SQLite behind one thread (design decision 10)."""

from discarr.core.store.database import DATABASE_NAME, Connection, Store
from discarr.core.store.records import IdentifyRecords, StoredMessage

__all__ = ["DATABASE_NAME", "Connection", "IdentifyRecords", "Store", "StoredMessage"]
