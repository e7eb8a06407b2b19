"""Owns the clients and what is known of all instances."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from discarr.clients.base import MediaClient
from discarr.core.clock import Clock
from discarr.core.models import (
    DiskSpace,
    HealthIssue,
    HistoryRecord,
    InstanceSnapshot,
    QueueSnapshot,
)
from discarr.core.supervision import supervise
from discarr.monitoring.instance_refresher import InstanceRefresher
from discarr.monitoring.waiting import wait_for_any

_log = logging.getLogger(__name__)

_REFRESH_SPACING_S = 5.0
_REFRESH_DEADLINE_S = 12.0
_CLOSE_TIMEOUT_S = 2.0
_INITIAL_LOAD_TIMEOUT_S = 20.0
"""How long the first message waits for instances that do not answer."""


class Subscription:
    """Yields the newest snapshot after each change; changes that come meanwhile become one.

    Use `anext` on it, or wait on `changed` (among others) and call `take`. Best used with `with`.
    """

    def __init__(self, cache: "CacheManager") -> None:
        self._cache = cache
        self.changed = asyncio.Event()
        """Set while there is a snapshot that was not taken."""

    def __enter__(self) -> "Subscription":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __anext__(self) -> QueueSnapshot:
        await self.changed.wait()
        return self.take()

    def take(self) -> QueueSnapshot:
        """Return the newest snapshot and count it as seen."""
        self.changed.clear()
        return self._cache.snapshot

    def close(self) -> None:
        """End the subscription; harmless when repeated."""
        self._cache.unsubscribe(self)


class CacheManager:
    """Keeps one task per instance refreshing and publishes a new frozen snapshot after each attempt.

    Every attempt makes a version, also one that found nothing new: times in the snapshot advance, and
    subscribers are the ones who know what is visible.
    """

    def __init__(
        self,
        clients: Sequence[MediaClient],
        *,
        clock: Clock,
        refresh_interval_s: float = 30.0,
    ) -> None:
        self.clients = tuple(clients)
        """In the order of the settings, which is the order of the snapshot."""
        self.initial_load_event = asyncio.Event()
        """Set once every instance was attempted, or the time for that is up (design decision 8)."""
        self._clock = clock
        self._all_attempted = asyncio.Event()
        self._subscriptions: set[Subscription] = set()
        self._refreshers = {
            client.config.id: InstanceRefresher(
                client, clock=clock, interval_s=refresh_interval_s, publish=self._take_in
            )
            for client in self.clients
        }
        self._snapshot = QueueSnapshot(
            instances=tuple(refresher.snapshot for refresher in self._refreshers.values())
        )

    @property
    def snapshot(self) -> QueueSnapshot:
        """What is known now."""
        return self._snapshot

    async def run(self) -> None:
        """Refresh until cancelled, then close the clients.

        Raises:
            BaseExceptionGroup: refreshing an instance failed unexpectedly, again and again.
        """
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._bound_initial_load(), name="initial-load")
                for instance_id, refresher in self._refreshers.items():
                    name = f"refresh-{instance_id}"
                    loop = supervise(name, refresher.step, clock=self._clock, log=_log)
                    group.create_task(loop, name=name)
        finally:
            await self._close_clients()

    def subscribe(self) -> Subscription:
        """Return a new subscription; it starts with the next change."""
        subscription = Subscription(self)
        self._subscriptions.add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Stop telling this subscription."""
        self._subscriptions.discard(subscription)

    async def refresh_now(self) -> QueueSnapshot:
        """Refresh all instances and return the newest snapshot.

        The work runs in the tasks of the instances; callers at the same time share it, and an instance that
        was read in the last five seconds is left alone. Returns after twelve seconds at the latest, with
        what is known then. Trouble of an instance is in its snapshot, never raised.
        """
        deadline = self._clock.monotonic() + _REFRESH_DEADLINE_S
        asked = [refresher.ask(spacing_s=_REFRESH_SPACING_S) for refresher in self._refreshers.values()]
        for done in asked:
            if done is not None:
                await wait_for_any(self._clock, deadline - self._clock.monotonic(), done)
        return self._snapshot

    def refresh_soon(self, instance_id: str) -> None:
        """Have an instance read again right away, because something was changed there; returns at once."""
        self._refreshers[instance_id].ask(spacing_s=0.0)

    def update_details(
        self,
        instance_id: str,
        *,
        health: tuple[HealthIssue, ...] | None = None,
        disks: tuple[DiskSpace, ...] | None = None,
        recent_imports: tuple[HistoryRecord, ...] | None = None,
    ) -> None:
        """Merge what the slow lane learnt; None leaves what was known.

        The same again is noted and makes no version, but for the first reading of the warnings.
        """
        refresher = self._refreshers[instance_id]
        before = refresher.snapshot
        learnt = replace(
            before,
            health=before.health if health is None else health,
            disks=before.disks if disks is None else disks,
            recent_imports=before.recent_imports if recent_imports is None else recent_imports,
        )
        details_at = before.details_at if health is None else self._clock.now()
        refresher.snapshot = replace(learnt, details_at=details_at)
        if learnt != before or (before.details_at is None) is not (details_at is None):
            self._take_in(refresher.snapshot)

    def _take_in(self, changed: InstanceSnapshot) -> None:
        instances = tuple(changed if item.id == changed.id else item for item in self._snapshot.instances)
        self._snapshot = QueueSnapshot(version=self._snapshot.version + 1, instances=instances)
        if all(item.attempted_at is not None for item in instances):
            self._all_attempted.set()
        for subscription in self._subscriptions:
            subscription.changed.set()

    async def _bound_initial_load(self) -> None:
        if not await wait_for_any(self._clock, _INITIAL_LOAD_TIMEOUT_S, self._all_attempted):
            late = [item.id for item in self._snapshot.instances if item.attempted_at is None]
            _log.warning("No answer yet from %s; going on without", ", ".join(late))
        self.initial_load_event.set()

    async def _close_clients(self) -> None:
        for client in self.clients:
            try:
                async with asyncio.timeout(_CLOSE_TIMEOUT_S / len(self.clients)):
                    await client.aclose()
            except TimeoutError:
                _log.debug("%s: its connections did not close in time", client.config.id)
