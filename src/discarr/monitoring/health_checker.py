"""The slow lane: health, disk space and the last import of each instance."""

import asyncio
import logging
from collections.abc import Awaitable

from discarr.clients.base import MediaClient
from discarr.core.clock import Clock
from discarr.core.errors import MediaClientError
from discarr.core.models import Download, HistoryEvent, InstanceState
from discarr.monitoring.cache_manager import CacheManager
from discarr.monitoring.waiting import wait_for_any

_log = logging.getLogger(__name__)

_VANISHED_SPACING_S = 15.0
"""A long queue that empties must not turn into a read of the history per row."""


class HealthChecker:
    """Asks every instance now and then what changes slowly, and at once when a download vanished.

    Its trouble stays its own: what cannot be read keeps its last value, and whether an instance is up is
    judged by the queue alone. Free space may hang on a dead mount, so it is read last.
    """

    def __init__(self, cache: CacheManager, *, clock: Clock, interval_s: float = 300.0) -> None:
        self._cache = cache
        self._clock = clock
        self._interval_s = interval_s

    async def run(self) -> None:
        """Check until cancelled."""
        async with asyncio.TaskGroup() as group:
            for client in self._cache.clients:
                group.create_task(self._check_loop(client), name=f"health-{client.config.id}")

    async def _check_loop(self, client: MediaClient) -> None:
        instance_id = client.config.id
        due_at = self._clock.monotonic()
        history_at = due_at
        downloads: tuple[Download, ...] = ()
        has_vanished = False
        with self._cache.subscribe() as subscription:
            while True:
                instance = subscription.take().instance(instance_id)
                now = self._clock.monotonic()
                if instance is not None and instance.state is InstanceState.UP:
                    has_vanished = has_vanished or _vanished(downloads, instance.downloads)
                    downloads = instance.downloads
                    if now >= due_at:
                        await self._check(client)
                        has_vanished = False
                        now = self._clock.monotonic()
                        due_at, history_at = now + self._interval_s, now + _VANISHED_SPACING_S
                    elif has_vanished and now >= history_at:
                        await self._read_vanished(client)
                        has_vanished = False
                        now = self._clock.monotonic()
                        history_at = now + _VANISHED_SPACING_S
                    wake_at = min(due_at, history_at) if has_vanished else due_at
                else:
                    wake_at = now + self._interval_s
                await wait_for_any(self._clock, wake_at - now, subscription.changed)

    async def _check(self, client: MediaClient) -> None:
        await self._read_vanished(client)
        await self._read_disks(client)

    async def _read_vanished(self, client: MediaClient) -> None:
        """What explains a vanished download: an import, or a download client that is away."""
        instance_id = client.config.id
        if (health := await _attempt(client.fetch_health())) is not None:
            self._cache.update_details(instance_id, health=health)
        imports = await _attempt(client.fetch_history(page_size=1, event=HistoryEvent.IMPORTED))
        if imports:
            self._cache.update_details(instance_id, last_import=imports[0])

    async def _read_disks(self, client: MediaClient) -> None:
        if (disks := await _attempt(client.fetch_disk_space())) is not None:
            self._cache.update_details(client.config.id, disks=disks)


async def _attempt[T](request: Awaitable[T]) -> T | None:
    try:
        return await request
    except MediaClientError as exc:
        _log.debug("Not read this time: %s", exc)
        return None


def _vanished(before: tuple[Download, ...], after: tuple[Download, ...]) -> bool:
    if before is after:
        return False
    return not {download.key for download in before} <= {download.key for download in after}
