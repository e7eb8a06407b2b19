"""Builds everything from the settings, runs it in one TaskGroup and ends it in a written order."""

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import discord

from discarr.clients.base import MediaClient
from discarr.clients.factory import create_client
from discarr.core.clock import Clock, SystemClock
from discarr.core.errors import ConfigError, StoreError, StoreInUse
from discarr.core.events import EventKind
from discarr.core.health_file import HealthReport, health_path, keep_health_file
from discarr.core.logging import LogLevelSwitch, setup_logging
from discarr.core.memory import settle_memory
from discarr.core.models import InstanceState
from discarr.core.redaction import Redactor
from discarr.core.settings import Settings
from discarr.core.store import (
    IdentifyRecords,
    Store,
    activity,
    alerts,
    follows,
    keep_backups,
    operations,
    outbox,
)
from discarr.core.watchdog import LoopMonitor, guard_loop, rss_bytes
from discarr.discord_bot.audit_mirror import AuditMirror
from discarr.discord_bot.bot import DiscordBot
from discarr.discord_bot.cleanup_drafts import MAX_DRAFTS
from discarr.discord_bot.connection import Connection, GatewayConnection
from discarr.discord_bot.connection_state import ConnectionPhase, ConnectionState
from discarr.discord_bot.drafts import Drafts
from discarr.discord_bot.import_drafts import ImportDrafts
from discarr.discord_bot.levels import Levels
from discarr.discord_bot.notifications import DiscordSink
from discarr.discord_bot.operation_reports import OperationReports
from discarr.discord_bot.result_post import ResultPost
from discarr.discord_bot.services import Services
from discarr.discord_bot.status_message import StatusMessage
from discarr.doctor import Report, log_report
from discarr.doctor.host import is_in_container
from discarr.doctor.instances import check_instances
from discarr.doctor.security import Finding, Sources, worst_findings
from discarr.monitoring.acting.acting import Acting
from discarr.monitoring.acting.desk import Limits
from discarr.monitoring.alerts.alert import Condition, Observation
from discarr.monitoring.alerts.alerting import Alerting
from discarr.monitoring.alerts.content import Facts
from discarr.monitoring.cache_manager import CacheManager
from discarr.monitoring.cleanup.desk import CleanupDesk
from discarr.monitoring.detail_reader import DetailReader
from discarr.monitoring.download_monitor import DownloadMonitor
from discarr.monitoring.download_rows import Hidden
from discarr.monitoring.progress_tracker import ProgressTracker
from discarr.utils.text_utils import count_of

_log = logging.getLogger(__name__)

_GOODBYE_TIMEOUT_S = 2.0
"""For the last edit of the live message. Docker kills after 10 s; everything together ends within 8."""
_TASK_END_TIMEOUT_S = 4.0
_END_TIMEOUT_S = 7.5
_LOAD_TIMEOUT_S = 3.0
"""How long Discord is waited with for what earlier runs knew: a disk may not answer at all."""
_DIAGNOSIS_TIMEOUT_S = 15.0

_PRUNERS = (outbox.prune, alerts.prune, activity.prune, follows.prune, operations.prune)

type Companion = Callable[[], Coroutine[Any, Any, None]]


class App:
    """One running Discarr.

    `connection` brings the bot online (Discord's gateway, or SimCord in the demo and in tests); `clock` is
    everybody's time. `companions` are loops that run beside it, by name. The store is the caller's: opened
    before, closed after; the clients are closed by the cache.
    """

    def __init__(
        self,
        settings: Settings,
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


async def run(settings: Settings, sources: Sources, reload: Callable[[], Settings]) -> int:
    """Run Discarr with Discord and the real clock until SIGTERM or SIGINT; return the exit code.

    `sources` is where the settings came from; `reload` reads them again: a token that was replaced in a
    secret file is picked up without a restart.

    Raises:
        ConfigError: a client cannot be made from the settings (a CA file without a certificate), or another
            process uses the data directory.
    """
    # discord.py recommends its voice extras with each client: Discarr does not speak.
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    stop = asyncio.Event()
    clock = SystemClock()
    clients = [
        create_client(config, clock=clock, needs_fresh_tags=bool(settings.hidden_tags))
        for config in settings.instances
    ]
    logs = setup_logging(settings, Redactor(settings.secrets()), sys.stderr)
    try:
        with stop_on_signals(stop):
            store = await _open_store(settings, clock)
            try:
                findings = await worst_findings(settings, sources)
                return await _run_on(settings, reload, clients, store, clock, findings, stop)
            finally:
                await store.close()
    finally:
        logs.close()


async def _run_on(
    settings: Settings,
    reload: Callable[[], Settings],
    clients: Sequence[MediaClient],
    store: Store,
    clock: Clock,
    findings: Sequence[Finding],
    stop: asyncio.Event,
) -> int:
    state = ConnectionState(phase=ConnectionPhase.CONNECTING, since=clock.now())

    def note_state(new: ConnectionState) -> None:
        nonlocal state
        state = new

    async def consult_doctor() -> None:
        # The connection and the store say what is wrong with theirs: nothing is told twice.
        checks = await check_instances(
            clients, in_container=is_in_container(), timeout_s=_DIAGNOSIS_TIMEOUT_S
        )
        log_report(Report(checks=checks))

    connection = GatewayConnection(
        lambda: reload().discord_token.get_secret_value(),
        clock=clock,
        identify_log=IdentifyRecords(store),
        on_state=note_state,
    )
    app = App(
        settings,
        clock=clock,
        store=store,
        clients=clients,
        connection=connection,
        companions={
            "watchdog": lambda: guard_loop(clock=clock),
            "health-file": lambda: keep_health_file(
                health_path(settings.data_dir), lambda: _health(app, state, clock), clock=clock
            ),
            "backups": lambda: keep_backups(store, clock=clock, pruners=_PRUNERS),
            "doctor": consult_doctor,
        },
        standing=(_observe_security(findings),),
    )
    settle_memory()
    try:
        await app.run(stop)
    except* Exception as failures:
        _log.critical("Discarr ends, because a part of it died", exc_info=failures)
        exit_code = 1
    else:
        exit_code = 0
    finally:
        with suppress(OSError):
            health_path(settings.data_dir).unlink(missing_ok=True)
    return exit_code


async def _open_store(settings: Settings, clock: Clock) -> Store:
    """Open the database, or go on without: a live message that forgets itself is better than none.

    Raises:
        ConfigError: another process uses it.
    """
    try:
        return await Store.open(settings.data_dir, clock=clock)
    except StoreInUse as error:
        raise ConfigError((f"DISCARR_DATA_DIR cannot be shared: {error}. {error.remedy}",)) from error
    except StoreError as error:
        _log.error("%s. %s Discarr goes on and forgets everything at its next start.", error, error.remedy)
        return await Store.in_memory(clock=clock)


def _observe_security(findings: Sequence[Finding]) -> Observation:
    """Say what the machine alone tells to be unsafe: it is told once, and again when that changes."""
    return Observation(
        kind=EventKind.SECURITY,
        instance=None,
        conditions=tuple(
            Condition(
                kind=EventKind.SECURITY,
                instance=None,
                subject=f"{finding.code}:{finding.subject}",
                facts=Facts(problem=f"{finding.subject}: {finding.text}", remedy=finding.remedy),
            )
            for finding in findings
        ),
    )


def _health(app: App, state: ConnectionState, clock: Clock) -> HealthReport:
    degraded = [
        f"{item.name} {item.problem}."
        for item in app.cache.snapshot.instances
        if item.state not in (InstanceState.UP, InstanceState.LOADING)
    ]
    if not app.services.store.is_persistent:
        degraded.append("The data directory cannot be used.")
    if app.status_message.problem is not None:
        degraded.append(app.status_message.problem)
    if state.phase is ConnectionPhase.RETRYING:
        degraded.append("Discord cannot be reached: what is to be told waits.")
    elif app.alerting.dispatcher.is_held_up:
        degraded.append("Discord takes no messages for the moment: what is to be told waits.")
    if dead := app.alerting.dispatcher.dead_count:
        degraded.append(f"{count_of(dead, 'message')} could not be delivered to anybody.")
    return HealthReport(
        written_at=clock.now(),
        is_healthy=state.phase is not ConnectionPhase.STOPPED
        and not app.status_message.is_waiting_for_people,
        discord=f"{state.phase}. {state.reason}".strip(" ."),
        degraded=tuple(degraded),
        loop_delay_s=app.loop_monitor.recent_delay_s,
        rss_bytes=rss_bytes(),
    )


async def _cancel(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=_TASK_END_TIMEOUT_S)


@contextmanager
def stop_on_signals(stop: asyncio.Event) -> Iterator[None]:
    """Set `stop` on SIGTERM and SIGINT (discord.py leaves SIGTERM alone, #8998).

    From then on, a timer outside of the event loop ends the process if it does not end by itself.
    """
    loop = asyncio.get_running_loop()
    # Not faulthandler's timer: there is only one, and the watchdog has it.
    last_resort = threading.Timer(_END_TIMEOUT_S, os._exit, (1,))
    last_resort.daemon = True

    def end() -> None:
        if not stop.is_set():
            last_resort.start()
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
        last_resort.cancel()
