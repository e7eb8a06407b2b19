"""The process around the app: its signals, logs, database and health file, and how it ends."""

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import discord

from discarr.app import App
from discarr.clients.base import MediaClient
from discarr.clients.factory import create_client
from discarr.core.clock import Clock, SystemClock
from discarr.core.config import Config
from discarr.core.errors import ConfigError, StoreError, StoreInUse
from discarr.core.events import EventKind
from discarr.core.health_file import HealthReport, health_path, keep_health_file
from discarr.core.logging import setup_logging
from discarr.core.memory import settle_memory
from discarr.core.models import InstanceState
from discarr.core.redaction import Redactor
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
from discarr.core.watchdog import guard_loop, rss_bytes
from discarr.discord_bot.connection import GatewayConnection
from discarr.discord_bot.connection_state import ConnectionPhase, ConnectionState
from discarr.doctor import Report, log_report
from discarr.doctor.host import is_in_container
from discarr.doctor.instances import check_instances
from discarr.doctor.security import Finding, Sources, worst_findings
from discarr.monitoring.alerts.alert import Condition, Observation
from discarr.monitoring.alerts.content import Facts
from discarr.utils.text_utils import count_of

_log = logging.getLogger(__name__)

_DIAGNOSIS_TIMEOUT_S = 15.0
_END_TIMEOUT_S = 7.5
"""Docker kills after 10 s."""
_PRUNERS = (outbox.prune, alerts.prune, activity.prune, follows.prune, operations.prune)


async def run(settings: Config, sources: Sources, token_source: Callable[[], str]) -> int:
    """Run Discarr with Discord and the real clock until SIGTERM or SIGINT; return the exit code.

    `sources` is where the settings came from; `token_source` reads the token again: one that was replaced
    in a secret file is picked up without a restart.

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
                return await _run_on(settings, token_source, clients, store, clock, findings, stop)
            finally:
                await store.close()
    finally:
        logs.close()


async def _run_on(
    settings: Config,
    token_source: Callable[[], str],
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
        token_source,
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


async def _open_store(settings: Config, clock: Clock) -> Store:
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
