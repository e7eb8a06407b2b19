"""Decides when the live message is renewed; what it looks like is the publisher's business."""

import asyncio
import logging
import math
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import Protocol

from discarr.core.clock import Clock
from discarr.core.slices import release, run_in_slices
from discarr.core.supervision import supervise
from discarr.monitoring.cache_manager import CacheManager, Subscription
from discarr.monitoring.download_rows import NOTHING_HIDDEN, Hidden
from discarr.monitoring.progress_tracker import ProgressTracker
from discarr.monitoring.status_view import Scene, StatusView, status_view_in_slices
from discarr.monitoring.waiting import wait_for_any

_log = logging.getLogger(__name__)

_RETRY_S = 5.0


class Published(StrEnum):
    """What became of a view."""

    UNCHANGED = "unchanged"
    """The message showed it already."""
    EDITED = "edited"
    SENT = "sent"
    WAITING = "waiting"
    """Not possible now (offline, no rights, rate limited): worth another try soon."""


class Publisher(Protocol):
    """Where the live message lives."""

    retry_requested: asyncio.Event
    """Set when a wait may be cut short; cleared by `publish`."""

    async def publish(self, view: StatusView, *, renew: bool) -> Published:
        """Make the message show the view.

        Without `renew`, a view that differs only in the times of checking is no change. A LOADING view never
        replaces what an existing message shows. Expected trouble ends as `Published.WAITING`, within a
        bounded time; anything that is raised, again and again, ends the monitor.
        """


class DownloadMonitor:
    """Keeps the live message in step with the snapshots.

    Edits are at least `edit_interval_s` apart and the latest state wins. The line that says when it was
    checked is renewed before `renew_interval_s` have passed, even when nothing changed: a dead bot must not
    pass for a quiet one.
    """

    def __init__(
        self,
        cache: CacheManager,
        tracker: ProgressTracker,
        publisher: Publisher,
        *,
        clock: Clock,
        edit_interval_s: float = 15.0,
        renew_interval_s: float = 300.0,
        hidden: Hidden = NOTHING_HIDDEN,
    ) -> None:
        self._cache = cache
        self._tracker = tracker
        self._publisher = publisher
        self._clock = clock
        self._edit_interval_s = edit_interval_s
        self._renew_interval_s = renew_interval_s
        self._hidden = hidden
        self._edited_at = -math.inf
        self._renewed_at = -math.inf

    async def run(self) -> None:
        """Measure and publish until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._observe_loop(), name="observe-progress")
            group.create_task(self._monitor_loop(), name="live-message")

    async def check_downloads(self, *, renew: bool = False) -> Published:
        """Publish what is known now."""
        return await self._publish(None, renew=renew)

    async def publish_offline(self) -> Published:
        """Say that Discarr is shutting down; to be called when `run` has ended."""
        return await self._publish(Scene.OFFLINE, renew=True)

    async def _observe_loop(self) -> None:
        """Samples are taken at each refresh, however long Discord takes for an edit."""
        with self._cache.subscribe() as subscription:
            await supervise(
                "observe-progress", partial(self._observe_next, subscription), clock=self._clock, log=_log
            )

    async def _observe_next(self, subscription: Subscription) -> None:
        await self._tracker.take_in(await anext(subscription))

    async def _monitor_loop(self) -> None:
        with self._cache.subscribe() as subscription:
            await supervise(
                "live-message", partial(self._check_and_wait, subscription), clock=self._clock, log=_log
            )

    async def _check_and_wait(self, subscription: Subscription) -> None:
        """Publish, then wait until there may be something to publish again."""
        await self._show_loading()
        subscription.take()
        retry_requested = self._publisher.retry_requested
        if await self.check_downloads(renew=self._renew_in_s() <= 0) is Published.WAITING:
            await wait_for_any(self._clock, _RETRY_S, retry_requested)
            return
        await wait_for_any(self._clock, self._renew_in_s(), subscription.changed, retry_requested)
        await self._clock.sleep(self._edit_in_s())

    async def _show_loading(self) -> None:
        """Say once that something will be here, unless the initial load is over before that is possible."""
        initial_load = self._cache.initial_load_event
        while not initial_load.is_set():
            published = await self._publish(Scene.LOADING, renew=False)
            if published is not Published.WAITING:
                await initial_load.wait()
            await wait_for_any(self._clock, _RETRY_S, initial_load, self._publisher.retry_requested)

    def _edit_in_s(self) -> float:
        return max(0.0, self._edited_at + self._edit_interval_s - self._clock.monotonic())

    def _renew_in_s(self) -> float:
        """Time until the renewal; early enough that waiting for the edit interval cannot make it late."""
        due_at = self._renewed_at + self._renew_interval_s - 2 * self._edit_interval_s
        return due_at - self._clock.monotonic()

    async def _publish(self, scene: Scene | None, *, renew: bool) -> Published:
        snapshot = self._cache.snapshot
        await self._tracker.take_in(snapshot)
        now = self._clock.now()
        steps = status_view_in_slices(
            snapshot,
            self._tracker,
            hidden=self._hidden,
            now=now,
            next_check_by=now + timedelta(seconds=self._renew_interval_s),
            scene=scene,
        )
        view = await run_in_slices(steps, self._clock)
        await self._clock.give_way()  # drawing comes on top of the last step
        published = await self._publisher.publish(view, renew=renew)
        if published in (Published.EDITED, Published.SENT):
            self._edited_at = self._renewed_at = self._clock.monotonic()
        elif renew and published is Published.UNCHANGED:
            self._renewed_at = self._clock.monotonic()
        remains: list[object] = [*view.needs_hand, *view.others]
        if snapshot is not self._cache.snapshot:
            # It was replaced meanwhile and may be held by nobody else: it would go with this frame, at once.
            remains += snapshot.downloads
        del view, snapshot
        await release(remains, self._clock)
        return published
