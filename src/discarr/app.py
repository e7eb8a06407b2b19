"""Builds everything from the settings, runs it in one TaskGroup and ends it in a written order."""

import asyncio
import logging
import signal
from collections.abc import Callable, Sequence

from discarr.clients.base import MediaClient
from discarr.core.clock import Clock
from discarr.core.logging import LogLevelSwitch
from discarr.core.settings import Settings
from discarr.core.store import Store
from discarr.core.watchdog import LoopMonitor
from discarr.discord_bot.bot import DiscordBot
from discarr.discord_bot.connection import Connection
from discarr.discord_bot.services import Services
from discarr.discord_bot.status_message import StatusMessage
from discarr.monitoring.cache_manager import CacheManager
from discarr.monitoring.download_monitor import DownloadMonitor
from discarr.monitoring.health_checker import HealthChecker
from discarr.monitoring.progress_tracker import ProgressTracker

_log = logging.getLogger(__name__)

_GOODBYE_TIMEOUT_S = 2.5
"""For the last edit of the live message; Docker kills after 10 s, everything together must end within 8."""
_TASK_END_TIMEOUT_S = 4.0


class App:
    """One running Discarr.

    `connection` brings the bot online (Discord's gateway, or SimCord in the demo and in tests); `clock` is
    everybody's time. The store is the caller's: opened before, closed after.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock,
        store: Store,
        clients: Sequence[MediaClient],
        connection: Connection,
        log_level: LogLevelSwitch,
        loop_monitor: LoopMonitor,
    ) -> None:
        self._connection = connection
        self._loop_monitor = loop_monitor
        self._log_level = log_level
        self.cache = CacheManager(
            clients,
            clock=clock,
            refresh_interval_s=settings.refresh_interval_s,
            initial_load_timeout_s=settings.initial_load_timeout_s,
        )
        self.tracker = ProgressTracker(clock=clock)
        self.health_checker = HealthChecker(self.cache, clock=clock, interval_s=settings.health_interval_s)
        self.status_message = StatusMessage(store, clock, settings.discord_channel_id)
        self.monitor = DownloadMonitor(
            self.cache,
            self.tracker,
            self.status_message,
            clock=clock,
            edit_interval_s=settings.edit_interval_s,
            hidden_instances=settings.hidden_instances,
            hidden_tags=settings.hidden_tags,
        )
        self.services = Services(
            settings=settings,
            clock=clock,
            store=store,
            cache=self.cache,
            tracker=self.tracker,
            monitor=self.monitor,
            status_message=self.status_message,
            log_level=log_level,
            loop_monitor=loop_monitor,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set, then end everything; a loop that dies ends it with its error.

        Raises:
            BaseExceptionGroup: what the dead loop raised.
        """
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self.cache.run(), name="cache"),
                group.create_task(self.health_checker.run(), name="health-checker"),
                group.create_task(self.monitor.run(), name="download-monitor"),
                group.create_task(self._connection(lambda: DiscordBot(self.services)), name="discord"),
                group.create_task(self._loop_monitor.run(), name="loop-monitor"),
                group.create_task(self._log_level.run(), name="log-level"),
            ]
            await stop.wait()
            _log.info("Ending")
            await self._end(tasks)

    async def _end(self, tasks: list[asyncio.Task[None]]) -> None:
        """The monitor first, so that nothing overwrites its last word; the connection after that word."""
        by_name = {task.get_name(): task for task in tasks}
        await _cancel(by_name.pop("download-monitor"))
        try:
            async with asyncio.timeout(_GOODBYE_TIMEOUT_S):
                await self.monitor.publish_offline()
        except TimeoutError:
            _log.warning("Discord did not take the last word in time")
        await _cancel(*by_name.values())


async def _cancel(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=_TASK_END_TIMEOUT_S)


def stop_on_signals(stop: asyncio.Event) -> Callable[[], None]:
    """Set `stop` on SIGTERM and SIGINT (discord.py leaves SIGTERM alone, #8998); return what undoes it."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def undo() -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

    return undo
