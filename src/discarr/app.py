"""Builds everything from the settings, runs it in one TaskGroup and ends it in a written order."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

from discarr.clients.base import MediaClient
from discarr.core.clock import Clock, SystemClock
from discarr.core.config import Config
from discarr.core.logging import LogLevelSwitch
from discarr.core.store import (
    Store,
)
from discarr.core.watchdog import LoopMonitor
from discarr.discord_bot.audit_mirror import AuditMirror
from discarr.discord_bot.bot import DiscordBot
from discarr.discord_bot.cleanup_drafts import MAX_DRAFTS
from discarr.discord_bot.connection import Connection
from discarr.discord_bot.drafts import Drafts
from discarr.discord_bot.import_drafts import ImportDrafts
from discarr.discord_bot.levels import Levels
from discarr.discord_bot.notifications import DiscordSink
from discarr.discord_bot.operation_reports import OperationReports
from discarr.discord_bot.result_post import ResultPost
from discarr.discord_bot.services import Services
from discarr.discord_bot.status_message import StatusMessage
from discarr.monitoring.acting.acting import Acting
from discarr.monitoring.acting.desk import Limits
from discarr.monitoring.alerts.alert import Observation
from discarr.monitoring.alerts.alerting import Alerting
from discarr.monitoring.cache_manager import CacheManager
from discarr.monitoring.cleanup.desk import CleanupDesk
from discarr.monitoring.detail_reader import DetailReader
from discarr.monitoring.download_monitor import DownloadMonitor
from discarr.monitoring.download_rows import Hidden
from discarr.monitoring.progress_tracker import ProgressTracker

_log = logging.getLogger(__name__)

_GOODBYE_TIMEOUT_S = 2.0
"""For the last edit of the live message. Docker kills after 10 s; everything together ends within 8."""
_TASK_END_TIMEOUT_S = 4.0
_LOAD_TIMEOUT_S = 3.0
"""How long Discord is waited with for what earlier runs knew: a disk may not answer at all."""

type Companion = Callable[[], Coroutine[Any, Any, None]]


class App:
    """One running Discarr.

    `connection` brings the bot online (Discord's gateway, or SimCord in the demo and in tests); `clock` is
    everybody's time. `companions` are loops that run beside it, by name. The store is the caller's: opened
    before, closed after; the clients are closed by the cache.
    """

    def __init__(
        self,
        settings: Config,
        *,
        clock: Clock,
        store: Store,
        clients: Sequence[MediaClient],
        connection: Connection,
        companions: dict[str, Companion] | None = None,
        standing: Sequence[Observation] = (),
    ) -> None:
        self._connection = connection
        self._companions = companions or {}
        self.settings = settings
        self.cache = CacheManager(
            clients,
            clock=clock,
            refresh_interval_s=settings.refresh_interval_s,
        )
        self.tracker = ProgressTracker(clock=clock, interval_s=settings.refresh_interval_s)
        self.detail_reader = DetailReader(self.cache, clock=clock, interval_s=settings.health_interval_s)
        self.status_message = StatusMessage(store, clock)
        self.sink = DiscordSink(store, clock=clock)
        self.levels = Levels(settings.grants)
        self.acting = Acting(
            self.cache,
            store,
            clock=clock,
            grants=settings.grants,
            limits=Limits(per_run=settings.cleanup_per_run, per_day=settings.cleanup_per_day),
            level_of=self.levels.level_of,
        )
        hidden = Hidden(instances=settings.hidden_instances, tags=settings.hidden_tags)
        self.alerting = Alerting(
            self.cache,
            self.tracker,
            store,
            self.sink,
            clock=clock,
            hidden=hidden,
            reserve_bytes=int(settings.disk_reserve_gb * 1_000_000_000),
            refresh_interval_s=settings.refresh_interval_s,
            history_interval_s=settings.health_interval_s,
            standing=standing,
        )
        post = ResultPost(self.sink.line, self.sink.places, clock=clock)
        self.reports = OperationReports(self.acting.desk, post, clock=clock)
        self.audit_mirror = AuditMirror(
            self.acting.desk, self.cache, store, self.sink, channel_id=settings.audit_channel_id, clock=clock
        )
        self.cleanup = CleanupDesk(
            self.cache,
            self.tracker,
            store,
            settings=settings,
            clock=clock,
            interval_s=settings.refresh_interval_s,
        )
        self.monitor = DownloadMonitor(
            self.cache,
            self.tracker,
            self.status_message,
            clock=clock,
            edit_interval_s=settings.edit_interval_s,
            hidden=hidden,
        )
        # The loop's delay is real time, whatever clock the rest lives by.
        self.loop_monitor = LoopMonitor(clock=SystemClock())
        self.log_level = LogLevelSwitch(settings.log_level, clock=clock)
        self.services = Services(
            settings=settings,
            clock=clock,
            store=store,
            cache=self.cache,
            tracker=self.tracker,
            status_message=self.status_message,
            sink=self.sink,
            desk=self.alerting.desk,
            reports=self.reports,
            drafts=ImportDrafts(clock),
            cleanup_drafts=Drafts(clock, most=MAX_DRAFTS),
            checker=self.alerting.checker,
            actions=self.acting.desk,
            levels=self.levels,
            cleanup=self.cleanup,
            log_level=self.log_level,
            loop_monitor=self.loop_monitor,
            started_at=clock.now(),
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set, then end everything.

        Raises:
            BaseExceptionGroup: a loop died; a silent bot would be worse than one that ends.
        """
        loops: dict[str, Companion] = {
            "download-monitor": self.monitor.run,
            "detail-reader": self.detail_reader.run,
            "alerting": self.alerting.run,
            "acting": self.acting.run,
            "reports": self.reports.run,
            "audit-mirror": self.audit_mirror.run,
            "cleanup": self.cleanup.run,
            "loop-monitor": self.loop_monitor.run,
            "log-level": self.log_level.run,
            "cache": self.cache.run,
            "discord": self._go_online,
            **self._companions,
        }
        async with asyncio.TaskGroup() as group:
            tasks = {name: group.create_task(loop(), name=name) for name, loop in loops.items()}
            await stop.wait()
            _log.info("Ending")
            await self._end(tasks)

    async def _go_online(self) -> None:
        # Whoever asks in the first second must not hear that they follow nothing.
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOAD_TIMEOUT_S):
                await self.alerting.loaded.wait()
        await self._connection(self._make_bot)

    def _make_bot(self) -> DiscordBot:
        return DiscordBot(self.services)

    async def _end(self, tasks: dict[str, asyncio.Task[None]]) -> None:
        """First what writes in Discord, so that nothing comes after the last word; then everything else."""
        await _cancel(tasks["download-monitor"], tasks["alerting"], tasks["reports"])
        try:
            async with asyncio.timeout(_GOODBYE_TIMEOUT_S):
                await self.monitor.publish_offline()
        except TimeoutError:
            _log.warning("Discord did not take the last word in time")
        await _cancel(*tasks.values())


async def _cancel(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=_TASK_END_TIMEOUT_S)
