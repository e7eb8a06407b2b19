"""The scan: gathers everything at the same time, each part bounded, and applies the rules to it."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace

from discarr.core.clock import Clock
from discarr.core.config import Config
from discarr.doctor.discord_side import DiscordFindings, check_discord
from discarr.doctor.host import is_in_container
from discarr.doctor.instances import open_clients
from discarr.doctor.off_loop import run_off_loop
from discarr.doctor.report import Verdict
from discarr.doctor.security.discord_rules import DiscordEvidence
from discarr.doctor.security.finding import Finding, Severity, apply_rules, worst_first
from discarr.doctor.security.instance_facts import InstanceAnswer, ask_instances
from discarr.doctor.security.look_around import look_around
from discarr.doctor.security.rules import DISCORD_RULES, OFFLINE_RULES
from discarr.doctor.security.scan_report import Scan
from discarr.doctor.security.secret_places import Sources
from discarr.doctor.security.surroundings import Surroundings


async def scan(settings: Config, sources: Sources, *, clock: Clock, timeout_s: float = 15.0) -> Scan:
    """Look at the machine, Discord and the instances, each within `timeout_s`; changes nothing anywhere."""
    async with AsyncExitStack() as stack:
        clients, refused = open_clients(settings.instances, clock, stack)
        async with asyncio.TaskGroup() as group:
            discord_task = group.create_task(
                check_discord(
                    settings.discord_token.get_secret_value(),
                    settings.discord_channel_id,
                    timeout_s=timeout_s,
                ),
                name="security discord",
            )
            instances_task = group.create_task(
                ask_instances(clients, timeout_s=timeout_s), name="security instances"
            )
            machine_task = group.create_task(
                _look_around(settings, sources, timeout_s=timeout_s), name="security machine"
            )
    discord, answers = discord_task.result(), instances_task.result()
    surroundings = machine_task.result()
    unexamined = (
        *(() if surroundings else ("This machine: its disk does not answer.",)),
        *_unexamined_in_discord(discord),
        *(check.text for check in refused),
        *_unknown_versions(answers),
    )
    evidence = surroundings or Surroundings(settings=settings)
    asked = {answer.config.id: answer.facts for answer in answers}
    evidence = replace(evidence, instances={**evidence.instances, **asked})
    return Scan(
        findings=worst_first((*apply_rules(OFFLINE_RULES, evidence), *_judge_discord(discord, settings))),
        unexamined=unexamined,
    )


async def worst_findings(
    settings: Config, sources: Sources, *, timeout_s: float = 5.0
) -> tuple[Finding, ...]:
    """Return what is wrong at high severity as far as this machine alone can tell: nothing is sent anywhere.

    What does not come to light within `timeout_s` is left out. `fingerprint` tells whether it is news.
    """
    surroundings = await _look_around(settings, sources, timeout_s=timeout_s)
    found = apply_rules(OFFLINE_RULES, surroundings or Surroundings(settings=settings))
    return tuple(finding for finding in found if finding.severity is Severity.HIGH)


async def _look_around(settings: Config, sources: Sources, *, timeout_s: float) -> Surroundings | None:
    """Return None where the disk does not answer."""
    try:
        return await run_off_loop(
            lambda: look_around(settings, sources, in_container=is_in_container()), timeout_s=timeout_s
        )
    except OSError:  # also the time-out
        return None


def _judge_discord(discord: DiscordFindings, settings: Config) -> tuple[Finding, ...]:
    if discord.application is None:
        return ()
    evidence = DiscordEvidence(
        application=discord.application,
        guild=discord.guild,
        trusted_roles={
            "DISCARR_OPERATOR_ROLES": settings.operator_role_ids,
            "DISCARR_ADMIN_ROLES": settings.admin_role_ids,
            "DISCARR_OWNER_ROLES": settings.owner_role_ids,
        },
    )
    return apply_rules(DISCORD_RULES, evidence)


def _unexamined_in_discord(discord: DiscordFindings) -> Iterator[str]:
    if discord.guild is None:
        what = "Discord" if discord.application is None else "The bot's place in Discord"
        problems = [check.text for check in discord.checks if check.verdict is Verdict.PROBLEM]
        yield f"{what}: {problems[-1]}"


def _unknown_versions(answers: tuple[InstanceAnswer, ...]) -> Iterator[str]:
    for answer in answers:
        if answer.problem is not None:
            yield f"{answer.config.name}'s version: it {answer.problem}."
