"""Who may act on an instance when: two at a time, in the order of arrival, and one for each download."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from discarr.clients.transport import MAX_WRITES
from discarr.core.models import DownloadKey


class Lane:
    """The order of what is done to one instance."""

    def __init__(self) -> None:
        self.turn = asyncio.Semaphore(MAX_WRITES)
        """To be held while the instance is asked to change something."""
        self._downloads: WeakValueDictionary[DownloadKey, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def holding(self, key: DownloadKey) -> AsyncIterator[None]:
        """Wait until nobody else acts on a download, and keep others from it."""
        lock = self._downloads.get(key)
        if lock is None:
            self._downloads[key] = lock = asyncio.Lock()
        async with lock:
            yield
