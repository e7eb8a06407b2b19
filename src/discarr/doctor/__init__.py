"""Tries everything in the settings and says in plain words what works and what to do about the rest."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack

from discarr.clients.base import MediaClient
from discarr.core.clock import Clock
from discarr.core.config import Config
from discarr.doctor.discord_side import check_discord
from discarr.doctor.host import check_data_dir, is_in_container
from discarr.doctor.instances import check_instances, open_clients
from discarr.doctor.messages import check_messages
from discarr.doctor.report import (
    SETTINGS,
    Check,
    Report,
    Verdict,
    format_report,
    log_report,
    report_as_json,
    report_of_refusal,
)

__all__ = [
    "Check",
    "Report",
    "Verdict",
    "examine",
    "format_report",
    "log_report",
    "report_as_json",
    "report_of_refusal",
]


async def examine(
    settings: Config,
    *,
    clock: Clock,
    media_clients: Sequence[MediaClient] | None = None,
    timeout_s: float = 15.0,
) -> Report:
    """Try everything at the same time, each within `timeout_s`; changes nothing anywhere.

    `media_clients` are borrowed from a running process; without them own ones are made and closed again.
    """
    async with AsyncExitStack() as stack:
        clients, refused = (
            open_clients(settings.instances, clock, stack) if media_clients is None else (media_clients, ())
        )
        async with asyncio.TaskGroup() as group:
            discord_task = group.create_task(
                check_discord(
                    settings.discord_token.get_secret_value(),
                    settings.discord_channel_id,
                    timeout_s=timeout_s,
                ),
                name="doctor discord",
            )
            instances_task = group.create_task(
                check_instances(clients, in_container=is_in_container(), timeout_s=timeout_s),
                name="doctor instances",
            )
            data_dir_task = group.create_task(
                check_data_dir(settings.data_dir, timeout_s=timeout_s), name="doctor data directory"
            )
            messages_task = group.create_task(
                check_messages(settings.data_dir, now=clock.now(), timeout_s=timeout_s),
                name="doctor messages",
            )
    findings = discord_task.result()
    return Report(
        checks=(
            *_settings_checks(settings),
            *findings.checks,
            *refused,
            *instances_task.result(),
            *data_dir_task.result(),
            *messages_task.result(),
        ),
        invite_url=findings.invite_url,
    )


def _settings_checks(settings: Config) -> Iterator[Check]:
    names = ", ".join(config.name for config in settings.instances)
    yield Check(subject=SETTINGS, verdict=Verdict.OK, text=f"They can be used; instances: {names}.")
    for warning in settings.warnings:
        yield Check(subject=SETTINGS, verdict=Verdict.WARNING, text=warning)
