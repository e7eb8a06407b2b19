"""What an app has written down: its history and its blocklist."""

from collections import deque
from collections.abc import Collection
from datetime import datetime

from discarr.sandbox.arr_server.json_format import JsonObject, parse_utc

_LIMIT = 20_000


class Records:
    """History and blocklist, oldest first; the ids of each only grow."""

    def __init__(self) -> None:
        self.history: deque[JsonObject] = deque(maxlen=_LIMIT)
        self.blocklist: list[JsonObject] = []
        self._history_count = 0
        self._block_count = 0

    def write(self, *rows: JsonObject) -> None:
        """Add rows to the history."""
        for row in rows:
            self._history_count += 1
            self.history.append(row | {"id": self._history_count})

    def block(self, row: JsonObject) -> None:
        """Add a release to the blocklist."""
        self._block_count += 1
        self.blocklist.append(row | {"id": self._block_count})

    def unblock(self, ids: Collection[int]) -> None:
        """Take entries from the blocklist; what is not there is passed over."""
        self.blocklist = [row for row in self.blocklist if row["id"] not in ids]

    def restore(self, moment: datetime) -> None:
        """Go back to what was written by a moment, as a backup does: later ids are given once more."""
        self.history = deque(_until(moment, self.history), maxlen=_LIMIT)
        self.blocklist = _until(moment, self.blocklist)
        self._history_count = max((row["id"] for row in self.history), default=0)
        self._block_count = max((row["id"] for row in self.blocklist), default=0)


def _until(moment: datetime, rows: Collection[JsonObject]) -> list[JsonObject]:
    return [row for row in rows if parse_utc(row["date"]) <= moment]
