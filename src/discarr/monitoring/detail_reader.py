"""The slow lane: warnings, disk space and the last imports of each instance."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from discarr.clients.base import MediaClient
from discarr.core.clock import Clock
from discarr.core.errors import MediaClientError
from discarr.core.models import Download, HistoryEvent, InstanceState
from discarr.core.supervision import supervise
from discarr.monitoring.cache_manager import CacheManager
from discarr.monitoring.waiting import wait_for_any

_log = logging.getLogger(__name__)

_RECENT_IMPORTS = 30
"""Enough for a season, and for one that may be shown behind some that are hidden."""
_VANISHED_SPACING_S = 15.0
"""A long queue that empties must not turn into a read of the history per row."""

type Reading = Callable[[MediaClient], Awaitable[None]]
"""Reads something of one instance and hands it on; a `MediaClientError` only means: not this time."""


class DetailReader:
    """Asks every instance now and then what changes slowly, and at once when a download vanished.

    Its trouble stays its own: what cannot be read keeps its last value, and whether an instance is up is
    judged by the queue alone. `look_ups` are further readings for both occasions, made after the own ones.
    """

    def __init__(
        self,
        cache: CacheManager,
        *,
        clock: Clock,
        interval_s: float = 300.0,
        look_ups: Sequence[Reading] = (),
    ) -> None:
        self._cache = cache
        self._clock = clock
        self._interval_s = interval_s
        self._look_ups = (self._read_health, self._read_imports, *look_ups)

    async def run(self) -> None:
        """Read until cancelled.

        Raises:
            BaseExceptionGroup: reading from an instance failed unexpectedly, again and again.
        """
        async with asyncio.TaskGroup() as group:
            for client in self._cache.clients:
                name = f"details-{client.config.id}"
                lane = _Lane(
                    client,
                    self._cache,
                    self._clock,
                    self._interval_s,
                    look_ups=self._look_ups,
                    # Free space may hang on a dead mount, so it is read last.
                    checks=(*self._look_ups, self._read_disks),
                )
                group.create_task(supervise(name, lane.step, clock=self._clock, log=_log), name=name)

    async def _read_health(self, client: MediaClient) -> None:
        """An app warns of a download client that is away: that, too, makes downloads vanish."""
        self._cache.update_details(client.config.id, health=await client.fetch_health())

    async def _read_imports(self, client: MediaClient) -> None:
        imports = await client.fetch_history(page_size=_RECENT_IMPORTS, event=HistoryEvent.IMPORTED)
        self._cache.update_details(client.config.id, recent_imports=imports.records)

    async def _read_disks(self, client: MediaClient) -> None:
        self._cache.update_details(client.config.id, disks=await client.fetch_disk_space())


class _Lane:
    """The slow lane of one instance: `look_ups` when a download vanished, `checks` at every interval."""

    def __init__(
        self,
        client: MediaClient,
        cache: CacheManager,
        clock: Clock,
        interval_s: float,
        *,
        look_ups: Sequence[Reading],
        checks: Sequence[Reading],
    ) -> None:
        self._client = client
        self._clock = clock
        self._interval_s = interval_s
        self._look_ups = look_ups
        self._checks = checks
        self._subscription = cache.subscribe()
        self._check_at = clock.monotonic()
        self._look_up_at = self._check_at
        self._has_vanished = False
        self._downloads: tuple[Download, ...] = ()

    async def step(self) -> None:
        """Do what is due, then wait for news of the instance or for what is due next."""
        instance = self._subscription.take().instance(self._client.config.id)
        wait_s = self._interval_s
        if instance is not None and instance.state is InstanceState.UP:
            self._has_vanished = self._has_vanished or _vanished(self._downloads, instance.downloads)
            self._downloads = instance.downloads
            await self._do_what_is_due()
            due_at = min(self._check_at, self._look_up_at) if self._has_vanished else self._check_at
            wait_s = due_at - self._clock.monotonic()
        await wait_for_any(self._clock, wait_s, self._subscription.changed)

    async def _do_what_is_due(self) -> None:
        is_check_due = self._clock.monotonic() >= self._check_at
        is_look_up_due = self._has_vanished and self._clock.monotonic() >= self._look_up_at
        if not is_check_due and not is_look_up_due:
            return
        self._has_vanished = False
        self._look_up_at = self._clock.monotonic() + _VANISHED_SPACING_S
        if is_check_due:
            self._check_at = self._clock.monotonic() + self._interval_s
        for read in self._checks if is_check_due else self._look_ups:
            try:
                await read(self._client)
            except MediaClientError as exc:
                _log.debug("Not read this time: %s", exc)


def _vanished(before: tuple[Download, ...], after: tuple[Download, ...]) -> bool:
    if before is after:
        return False
    return not {download.key for download in before} <= {download.key for download in after}
