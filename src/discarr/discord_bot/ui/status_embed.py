"""The live message: pure, `(view, now)` to an embed that is legal for any input."""

from dataclasses import dataclass
from datetime import datetime

import discord

from discarr.core.models import InstanceState
from discarr.discord_bot.ui import row_text
from discarr.discord_bot.ui.layout import (
    AMBER,
    GREEN,
    GREY,
    MAX_DESCRIPTION,
    MAX_FIELD_VALUE,
    RED,
    fingerprint,
    fit,
)
from discarr.discord_bot.ui.server_lines import server_lines
from discarr.monitoring.download_rows import DownloadRow, Phase
from discarr.monitoring.status_view import LastAdded, Scene, StatusView
from discarr.utils.text_utils import count_of
from discarr.utils.time_utils import clock_time

_MAX_NEEDING_A_HAND = 3
_MAX_ROWS = 10

_LOADING = "Loading …"
_ASKING = "Asking the servers for their queues."


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedStatus:
    """The live message, ready to send."""

    embed: discord.Embed
    fingerprint: str
    """Equal for two renderings that differ in the times of the "Checked" line only."""
    needs_hand_count: int
    """For the button's label."""


def render_status(view: StatusView, now: datetime) -> RenderedStatus:
    """Draw the live message."""
    if view.scene is Scene.LOADING:
        embed = discord.Embed(title=_LOADING, description=_ASKING, colour=GREY)
    elif view.scene is Scene.OFFLINE:
        return _offline(view, now)
    else:
        title, colour = _headline(view)
        embed = discord.Embed(title=title, colour=colour)
    checked = row_text.checked(view.checked_at, view.next_check_by)
    tail = "\n".join(line for line in (_added(view.last_added, now), checked) if line)
    body = embed.description or "\n".join(_body(view, now))
    embed.description = "\n\n".join(part for part in (body, tail) if part) or None
    if view.instances:
        lines = server_lines(view.instances, now, MAX_FIELD_VALUE)
        embed.add_field(name="Servers", value="\n".join(lines), inline=False)
    return _rendered(embed, view, without=checked)


def render_plain_status(view: StatusView, now: datetime) -> RenderedStatus:
    """Draw the live message with numbers only, for when Discord refused the full one."""
    if view.scene is Scene.OFFLINE:
        return _offline(view, now)
    embed = discord.Embed(
        title=_headline(view)[0],
        description="Discord did not take the full list. Browse shows it.",
        colour=GREY,
    )
    checked = row_text.checked(view.checked_at, view.next_check_by)
    if checked:
        embed.description = f"{embed.description}\n\n{checked}"
    return _rendered(embed, view, without=checked)


def _rendered(embed: discord.Embed, view: StatusView, *, without: str) -> RenderedStatus:
    return RenderedStatus(
        embed=embed,
        fingerprint=fingerprint(embed, without=without),
        needs_hand_count=len(view.needs_hand),
    )


def _offline(view: StatusView, now: datetime) -> RenderedStatus:
    words = "The servers are not being watched right now."
    if view.checked_at is not None:
        words += f"\n\nLast checked {clock_time(view.checked_at, now)}"
    embed = discord.Embed(title="Discarr is offline", description=words, colour=GREY)
    return _rendered(embed, view, without="")


def _headline(view: StatusView) -> tuple[str, int]:
    """Return title and colour; an outage is never called an empty queue."""
    if view.total:
        title = count_of(view.total, "download")
        if view.needs_hand:
            count = len(view.needs_hand)
            return f"{title} · {count} {'needs' if count == 1 else 'need'} a hand", AMBER
        return title, GREEN
    away = sum(instance.state is not InstanceState.UP for instance in view.instances)
    if not view.instances:
        return "Nothing to show here", GREY
    if not away:
        if view.is_partial or any(instance.skipped_rows for instance in view.instances):
            return "The queue cannot be read in full", RED
        return "Nothing is downloading", GREEN
    if all(instance.state is InstanceState.LOADING for instance in view.instances):
        return _LOADING, GREY
    if away < len(view.instances):
        return f"{away} of {count_of(len(view.instances), 'server')} cannot be asked", RED
    return "The server cannot be asked" if away == 1 else "No server can be asked", RED


def _body(view: StatusView, now: datetime) -> list[str]:
    if not view.total:
        return _empty_body(view)
    hands = view.needs_hand[:_MAX_NEEDING_A_HAND]
    others = view.others[: _MAX_ROWS - len(hands)]
    lines = [_needs_hand(row, now) for row in hands]
    if len(view.needs_hand) > len(hands):
        lines.append(f"+{len(view.needs_hand) - len(hands)} more")
    if hands and others:
        lines.append("")
    lines += [_other(row, now) for row in others]
    if len(view.others) > len(others):
        lines.append(f"and {len(view.others) - len(others)} more")
    return fit(lines, MAX_DESCRIPTION // 2)


def _empty_body(view: StatusView) -> list[str]:
    states = {instance.state for instance in view.instances}
    if states <= {InstanceState.UP}:
        return []
    if InstanceState.UP in states:
        return ["Nothing is downloading on the others."]
    return ["What is downloading is not known right now."]


def _needs_hand(row: DownloadRow, now: datetime) -> str:
    heading = row_text.heading(row, has_count=True, has_quality=False)
    return f"{row_text.SYMBOLS[Phase.NEEDS_HAND]} {heading}\n{row_text.reason(row, now)}"


def _other(row: DownloadRow, now: datetime) -> str:
    if row.phase is Phase.DOWNLOADING:
        return f"{row_text.heading(row, has_count=False, has_quality=True)}\n{row_text.progress(row, now)}"
    heading = row_text.heading(row, has_count=False, has_quality=False)
    return f"{row_text.SYMBOLS[row.phase]} {heading} · {row_text.state(row, now)}"


def _added(last: LastAdded | None, now: datetime) -> str:
    if last is None:
        return ""
    what = row_text.part_of_work(last, has_count=False)
    return f"Added {clock_time(last.at, now)}: {row_text.name(last.title, 40)} {what}".rstrip()
