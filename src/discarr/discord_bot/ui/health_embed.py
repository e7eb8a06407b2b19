"""How the servers and Discarr itself are doing."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import discord

from discarr.core.models import HealthIssue, InstanceSnapshot, InstanceState
from discarr.core.store.outbox import OutboxCounts
from discarr.discord_bot.ui import row_text
from discarr.discord_bot.ui.layout import GREEN, MAX_DESCRIPTION, RED, fit
from discarr.discord_bot.ui.rule_text import delivery_words
from discarr.discord_bot.ui.server_lines import STATE_SYMBOLS, TROUBLED, condition
from discarr.utils.text_utils import count_of, human_size, join_and_more, without_addresses
from discarr.utils.time_utils import clock_time, short_span

_MAX_DISKS = 4
_MAX_ISSUES = 5
_MAX_ISSUE = 150
_MAX_REMEDY = 200
_MAX_DURATION_S = 86_400.0
_FOR_MORE = 40
_PATIENCE = timedelta(minutes=5)
"""A message that waits for longer is told of."""

_LEVELS = {"notice": "ℹ Notice", "warning": "⚠ Warning", "error": "⛔ Error"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BotStats:
    """What Discarr knows about itself; None where it does not (yet)."""

    version: str
    uptime: timedelta
    last_refresh_s: float | None
    """How long the last refresh of all instances took."""
    rss_bytes: int | None
    """Memory of the process."""
    loop_delay_s: float | None
    """The longest recent delay of the event loop."""
    discord_latency_s: float | None
    """Of the gateway; not finite before the first heartbeat."""
    open_alerts: int = 0
    """Those that the reader may see."""
    unacknowledged: int = 0
    """Those of them that were told, and that nobody looks after."""
    outbox: OutboxCounts | None = None


def render_health(
    instances: Sequence[InstanceSnapshot], stats: BotStats, *, is_operator: bool, now: datetime
) -> discord.Embed:
    """Draw the health of the instances that the reader may see, those with trouble first when there are many.

    Members learn how many warnings an app has, operators their words.
    """
    blocks = [_block(item, is_operator=is_operator, now=now) for item in instances]
    shown = fit(blocks, MAX_DESCRIPTION)
    if len(shown) < len(blocks):
        ordered = sorted(instances, key=_is_fine)
        blocks = [_block(item, is_operator=is_operator, now=now) for item in ordered]
        shown = fit(blocks, MAX_DESCRIPTION - _FOR_MORE)
        shown.append(f"and {count_of(len(blocks) - len(shown), 'more server', 'more servers')}")
    fine = sum(_is_fine(item) for item in instances)
    embed = discord.Embed(
        title=f"{fine} of {count_of(len(instances), 'server')} fine" if instances else "No servers to show",
        description="\n".join(shown) or None,
        colour=GREEN if fine == len(instances) else RED,
    )
    embed.add_field(name="Discarr", value="\n".join(_own_lines(stats, is_operator=is_operator)), inline=False)
    embed.add_field(name="Alerts", value="\n".join(_alert_lines(stats, is_operator, now)), inline=False)
    return embed


def _block(item: InstanceSnapshot, *, is_operator: bool, now: datetime) -> str:
    return "\n".join(_lines(item, is_operator=is_operator, now=now))


def _lines(item: InstanceSnapshot, *, is_operator: bool, now: datetime) -> Iterator[str]:
    is_up = item.state is InstanceState.UP
    symbol, words = TROUBLED, "up"
    if not is_up or _is_fine(item):
        symbol = STATE_SYMBOLS[item.state]
        words = condition(item.state, since=item.away_since, problem=item.problem, now=now)
    head = [f"{symbol} **{row_text.name(item.name)}** · {words}"]
    if item.response_s is not None and is_up:
        head.append(f"answers in {_duration(item.response_s)}")
    if is_operator and item.version:
        head.append(row_text.name(f"v{item.version}"))
    yield " · ".join(head)
    if item.state not in (InstanceState.UP, InstanceState.LOADING) and item.remedy:
        yield row_text.sentence(item.remedy, _MAX_REMEDY)
    if not is_up and item.fetched_at is not None:
        yield f"Last answer {clock_time(item.fetched_at, now)}"
    if item.disks:
        yield join_and_more([_room(disk.free_bytes, disk.total_bytes) for disk in item.disks], _MAX_DISKS)
    if item.skipped_rows:
        yield f"{count_of(item.skipped_rows, 'row')} of its queue not readable"
    yield from _issues(item.health, is_operator=is_operator)


def _issues(issues: Sequence[HealthIssue], *, is_operator: bool) -> Iterator[str]:
    if not is_operator:
        troubles = sum(issue.level != "notice" for issue in issues)
        if troubles:
            yield f"⚠ {count_of(troubles, 'warning')} of its own"
        return
    for issue in issues[:_MAX_ISSUES]:
        yield f"{_LEVELS[issue.level]}: {row_text.sentence(without_addresses(issue.message), _MAX_ISSUE)}"
    if len(issues) > _MAX_ISSUES:
        yield f"and {len(issues) - _MAX_ISSUES} more"


def _own_lines(stats: BotStats, *, is_operator: bool) -> Iterator[str]:
    running = f"Running for {short_span(stats.uptime)}"
    yield f"{running} · {row_text.name(f'v{stats.version}')}" if is_operator else running
    if stats.last_refresh_s is not None:
        yield f"Last refresh took {_duration(stats.last_refresh_s)}"
    if stats.rss_bytes is not None:
        yield f"Memory {human_size(stats.rss_bytes)}"
    if stats.loop_delay_s is not None:
        yield f"Loop delay {_duration(stats.loop_delay_s)}"
    if stats.discord_latency_s is not None and math.isfinite(stats.discord_latency_s):
        yield f"Discord answers in {_duration(stats.discord_latency_s)}"


def _alert_lines(stats: BotStats, is_operator: bool, now: datetime) -> Iterator[str]:
    """Members learn what is not as it should be; how delivery is doing counts what is kept from them, too."""
    if stats.open_alerts <= 0:
        yield "✓ Nothing needs attention"
    else:
        line = f"⚠ {count_of(stats.open_alerts, 'thing')} not as it should be: `/alerts`"
        yield f"{line} · {stats.unacknowledged} not looked after" if stats.unacknowledged > 0 else line
    if not is_operator:
        return
    if stats.outbox is None:
        yield "✉ The database does not say what is delivered"
        return
    yield delivery_words(stats.outbox)
    oldest = stats.outbox.oldest_due
    if oldest is not None and now - oldest > _PATIENCE:
        yield f"The oldest waits since {clock_time(oldest, now)}"


def _room(free_bytes: int, total_bytes: int | None) -> str:
    free = f"{human_size(free_bytes)} free"
    return f"{free} of {human_size(total_bytes)}" if total_bytes is not None else free


def _duration(seconds: float) -> str:
    seconds = min(max(seconds, 0.0), _MAX_DURATION_S)
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _is_fine(item: InstanceSnapshot) -> bool:
    has_trouble = item.skipped_rows > 0 or any(issue.level != "notice" for issue in item.health)
    return item.state is InstanceState.UP and not has_trouble
