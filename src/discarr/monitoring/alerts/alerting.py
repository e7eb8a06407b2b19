"""Everything about being told, put together: what watches, decides, keeps and delivers."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from discarr.core.clock import Clock
from discarr.core.errors import StoreError
from discarr.core.events import EventKind, Severity
from discarr.core.store import Recovery, Store, activity, outbox
from discarr.core.supervision import supervise
from discarr.monitoring.alerts.alert import Observation
from discarr.monitoring.alerts.commit import News
from discarr.monitoring.alerts.content import NoticeContent
from discarr.monitoring.alerts.desk import Desk
from discarr.monitoring.alerts.dispatcher import Dispatcher, Sink
from discarr.monitoring.alerts.history_feed import HistoryFeed
from discarr.monitoring.alerts.notifier import Notifier
from discarr.monitoring.alerts.watch import Watch
from discarr.monitoring.cache_manager import CacheManager
from discarr.monitoring.download_rows import Hidden
from discarr.monitoring.health_checker import HealthChecker
from discarr.monitoring.progress_tracker import ProgressTracker

_log = logging.getLogger(__name__)

_RETRY_S: Final = 30.0


class Alerting:
    """One running set of watch, notifier, histories and dispatcher; people's requests go to `desk`."""

    def __init__(
        self,
        cache: CacheManager,
        tracker: ProgressTracker,
        store: Store,
        sink: Sink,
        *,
        clock: Clock,
        hidden: Hidden,
        reserve_bytes: int,
        refresh_interval_s: float,
        history_interval_s: float,
        standing: Sequence[Observation] = (),
    ) -> None:
        """`reserve_bytes` has to stay free on every disk; `standing` was found at the start and stays so."""
        self._store = store
        self._clock = clock
        filled = asyncio.Event()
        timeout_s = max((client.config.timeout_s for client in cache.clients), default=0.0)
        self.checker = HealthChecker(clock=clock, interval_s=refresh_interval_s, timeout_s=timeout_s)
        self.dispatcher = Dispatcher(store, sink, clock=clock, filled=filled)
        watch = Watch(
            tracker,
            self.checker,
            [client.config.id for client in cache.clients],
            hidden=hidden,
            reserve_bytes=reserve_bytes,
        )
        self.notifier = Notifier(
            cache,
            watch,
            store,
            clock=clock,
            filled=filled,
            undelivered=lambda: self.dispatcher.dead_count,
            standing=standing,
        )
        self.desk = Desk(self.notifier, self.dispatcher, store, clock=clock)
        self._feeds = {
            client.config.id: HistoryFeed(
                client,
                cache,
                watch,
                self.notifier,
                clock=clock,
                hidden=hidden,
                interval_s=history_interval_s,
            )
            for client in cache.clients
        }
        self.loaded = asyncio.Event()
        """Set when what earlier runs knew is known."""

    async def run(self) -> None:
        """Watch, decide and deliver until cancelled."""
        await self._load()
        self.loaded.set()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.notifier.run(), name="notifier")
            group.create_task(self.dispatcher.run(), name="dispatcher")
            for instance_id, feed in self._feeds.items():
                name = f"history-{instance_id}"
                loop = supervise(name, feed.step, clock=self._clock, log=_log)
                group.create_task(loop, name=name)

    async def _load(self) -> None:
        """Learn what earlier runs knew, however long the store takes to answer."""
        is_told = False
        while True:
            try:
                await self._begin_after_recovery()
                await self.notifier.load()
                await self.dispatcher.load()
            except StoreError as error:
                if not is_told:
                    is_told = True
                    _log.error("Nothing can be told yet: %s. %s", error, error.remedy)
                await self._clock.sleep(_RETRY_S)
            else:
                return

    async def _begin_after_recovery(self) -> None:
        """Tell of a lost or restored database, and begin with what happens from now on.

        What a restored copy holds to be sent was sent since, most likely, and what it has not read of the
        histories was told.
        """
        recovery = self._store.recovery
        if recovery is None:
            return
        now = self._clock.now()
        await self._store.run(lambda connection: outbox.forget_unsent(connection, now))
        await self._store.run(activity.forget_cursors)
        await self.notifier.load()
        telling = self.notifier.telling(now)
        messages = telling.once("store-reset", _of_recovery(recovery), EventKind.STORE_RESET)
        await self.notifier.store_news(News(now=now, outgoing=messages), telling)
        self._store.recovery = None


def _of_recovery(recovery: Recovery) -> NoticeContent:
    return NoticeContent(
        kind=EventKind.STORE_RESET,
        severity=Severity.WARNING,
        title="Discarr lost its memory",
        lines=(recovery.sentence,),
    )
