"""The list of servers: a line per instance while that stays readable, a summary beyond."""

from collections.abc import Sequence
from datetime import datetime

from discarr.core.models import InstanceState
from discarr.discord_bot.ui.layout import fit
from discarr.discord_bot.ui.row_text import name, sentence
from discarr.monitoring.status_view import InstanceRow
from discarr.utils.text_utils import count_of, human_size, length
from discarr.utils.time_utils import clock_time

STATE_SYMBOLS = {
    InstanceState.LOADING: "…",
    InstanceState.UP: "✓",
    InstanceState.STARTING: "…",
    InstanceState.UNREACHABLE: "✗",
    InstanceState.UNAUTHORIZED: "✗",
    InstanceState.MISCONFIGURED: "✗",
    InstanceState.DEGRADED: "✗",
}
TROUBLED = "⚠"
"""Of an instance that is up, and not fine."""

_MAX_LISTED = 12
_MAX_REMEDY = 200
_MAX_PROBLEM = 80
_FOR_MORE = 40
"""Kept free for the line that says how many are not listed."""


def server_lines(instances: Sequence[InstanceRow], now: datetime, budget: int) -> list[str]:
    """Return the lines about the instances, within the budget; trouble never gives way to the rest."""
    lines = [server_line(instance, now) for instance in instances]
    if len(lines) <= _MAX_LISTED and length("\n".join(lines)) <= budget:
        return lines
    fine = [instance for instance in instances if _is_fine(instance)]
    # Those that are away come before those that only have warnings.
    troubled = sorted(
        (pair for pair in zip(instances, lines, strict=True) if not _is_fine(pair[0])),
        key=lambda pair: pair[0].state is InstanceState.UP,
    )
    others = [line for _, line in troubled]
    summary = [f"✓ {count_of(len(fine), 'server')} fine"] if fine else []
    shown = fit(summary + others[:_MAX_LISTED], budget - _FOR_MORE)
    hidden = len(summary) + len(others) - len(shown)
    return shown + ([f"and {hidden} more not fine"] if hidden else [])


def server_line(instance: InstanceRow, now: datetime) -> str:
    """Return "✓ Movies · 4.1 TB free", "⚠ TV · 812 GB free · 1 warning" or "✗ 4K · offline since 19:12".

    Where a person must act, the remedy follows on a line of its own.
    """
    is_up = instance.state is InstanceState.UP
    symbol = TROUBLED if is_up and not _is_fine(instance) else STATE_SYMBOLS[instance.state]
    parts = [f"{symbol} {name(instance.name)}"]
    if not is_up:
        parts.append(condition(instance.state, since=instance.since, problem=instance.problem, now=now))
    else:
        parts.append(_room(instance))
        if instance.has_client_trouble:
            parts.append("a download client is away")
        if instance.warning_count > 0:
            parts.append(count_of(instance.warning_count, "warning"))
        if instance.skipped_rows > 0:
            parts.append(f"{count_of(instance.skipped_rows, 'row')} not readable")
    line = " · ".join(part for part in parts if part)
    if instance.state in (InstanceState.UNAUTHORIZED, InstanceState.MISCONFIGURED) and instance.remedy:
        line += f"\n{sentence(instance.remedy, _MAX_REMEDY)}"
    return line


def condition(state: InstanceState, *, since: datetime | None, problem: str | None, now: datetime) -> str:
    """Return what is the matter with an instance that is not up, such as "offline since 19:12"."""
    since_words = f" since {clock_time(since, now)}" if since is not None else ""
    match state:
        case InstanceState.LOADING:
            return "asking"
        case InstanceState.STARTING:
            return "starting"
        case InstanceState.UNREACHABLE:
            return f"offline{since_words}"
        case InstanceState.DEGRADED:
            return (sentence(problem or "", _MAX_PROBLEM) or "has trouble answering") + since_words
        case InstanceState.UNAUTHORIZED:
            return sentence(problem or "", _MAX_PROBLEM) or "refuses the API key"
        case InstanceState.MISCONFIGURED:
            return sentence(problem or "", _MAX_PROBLEM) or "is not set up right in Discarr"
        case InstanceState.UP:
            return "fine"


def _room(instance: InstanceRow) -> str:
    if instance.shares_disk_with is not None:
        return f"same disk as {name(instance.shares_disk_with)}"
    return f"{human_size(instance.free_bytes)} free" if instance.free_bytes is not None else ""


def _is_fine(instance: InstanceRow) -> bool:
    return (
        instance.state is InstanceState.UP
        and instance.warning_count == 0
        and instance.skipped_rows == 0
        and not instance.has_client_trouble
    )
