"""Reads an instance's history from where it was read before, so that everything is told, and told once."""

import logging
from typing import Final

from discarr.clients.base import MediaClient
from discarr.core.clock import Clock
from discarr.core.errors import MediaClientError, StoreError
from discarr.core.models import InstanceState
from discarr.core.slices import run_in_slices
from discarr.core.store.activity import HistoryCursor
from discarr.monitoring.alerts.notifier import Notifier
from discarr.monitoring.alerts.steps import Batch, first_cursor, is_restored, read_in_slices, reads_since
from discarr.monitoring.alerts.watch import Watch
from discarr.monitoring.cache_manager import CacheManager
from discarr.monitoring.download_rows import Hidden

_log = logging.getLogger(__name__)

SOON_S: Final = 15.0
"""How soon the history is read when a download is missing; later each time that does not explain it."""
_RETRY_S = 30.0


class HistoryFeed:
    """The history of one instance."""

    def __init__(
        self,
        client: MediaClient,
        cache: CacheManager,
        watch: Watch,
        notifier: Notifier,
        *,
        clock: Clock,
        hidden: Hidden,
        interval_s: float,
    ) -> None:
        """`interval_s`: how often it is read when nothing is missing."""
        self._client = client
        self._id = client.config.id
        self._cache = cache
        self._watch = watch
        self._notifier = notifier
        self._clock = clock
        self._hidden = hidden
        self._interval_s = interval_s
        self._started_at = clock.now()
        self._cursor: HistoryCursor | None = None
        self._is_cursor_known = False
        self._is_first = True
        self._read_at: float | None = None
        self._pause_s = SOON_S

    async def step(self) -> None:
        """Read the history if that is due, then wait a little."""
        if self._is_due():
            try:
                await self._read()
            except (MediaClientError, StoreError) as error:
                _log.debug("%s: its history was not read this time: %s", self._id, error)
                await self._clock.sleep(_RETRY_S)
        await self._clock.sleep(SOON_S / 3)

    def _is_due(self) -> bool:
        instance = self._cache.snapshot.instance(self._id)
        if instance is None or instance.state is not InstanceState.UP:
            return False
        if self._read_at is None:
            return True
        age_s = self._clock.monotonic() - self._read_at
        if not self._watch.misses_downloads_of(self._id):
            self._pause_s = SOON_S
            return age_s >= self._interval_s
        return age_s >= min(self._pause_s, self._interval_s)

    async def _read(self) -> None:
        if not self._is_cursor_known:
            self._cursor = await self._notifier.cursor(self._id)
            self._is_cursor_known = True
        batch = await self._next_batch()
        if not await self._notifier.take_history(batch):
            return
        self._cursor = batch.cursor or self._cursor
        self._is_first = False
        self._read_at = self._clock.monotonic()
        self._pause_s *= 2

    async def _next_batch(self) -> Batch:
        cursor, now = self._cursor, self._clock.now()
        if cursor is None:
            return await self._baseline()
        fetched = await self._client.fetch_history(since=reads_since(cursor, now))
        if not fetched.is_complete:
            _log.warning("%s: more happened than can be read back; the oldest of it is left out", self._id)
        if is_restored(fetched.records, cursor):
            _log.warning("%s: its database is older than before; its history is read from now on", self._id)
            return await self._baseline()
        reading = read_in_slices(fetched.records, cursor, hidden=self._hidden)
        steps, last = await run_in_slices(reading, self._clock)
        missed = [step.at for step in steps if self._is_first and step.at < self._started_at]
        return Batch(
            instance=self._id,
            steps=steps,
            cursor=last if last != cursor else None,
            missed_from=min(missed, default=None),
        )

    async def _baseline(self) -> Batch:
        newest = await self._client.fetch_newest_record()
        return Batch(instance=self._id, cursor=first_cursor(self._id, newest, self._clock.now()))
