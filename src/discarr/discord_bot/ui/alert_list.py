"""Alerts for whoever looks: lists of them, one in full, and what is kept quiet."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import discord

from discarr.core.events import Severity
from discarr.core.store.alerts import StoredSilence
from discarr.discord_bot.ui.layout import AMBER, GREEN, GREY, MAX_DESCRIPTION, MAX_FIELD_VALUE, fit
from discarr.discord_bot.ui.notice_embeds import render_notice
from discarr.discord_bot.ui.notice_text import (
    begun_title,
    entry_line,
    over_title,
    span,
    subject,
)
from discarr.discord_bot.ui.paging import Page
from discarr.discord_bot.ui.row_text import name, part_of_work, sentence
from discarr.discord_bot.ui.span_text import every
from discarr.monitoring.alerts.alert import Alert, Held
from discarr.monitoring.alerts.content import Entry, StoryContent
from discarr.monitoring.alerts.rules import label as kind_label
from discarr.utils.text_utils import capitalised, count_of, label
from discarr.utils.time_utils import clock_time

_MAX_OPTION: Final = 80
_FOR_FOOTER: Final = 100
_LARGEST_ID: Final = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAlert:
    """An alert, and what decides about how it is spoken of."""

    alert: Alert
    instance_name: str
    """Empty for what concerns no single instance."""
    severity: Severity
    silent_until: datetime | None = None
    """When the last silence that keeps it quiet ends; None without one."""
    repeat_s: float | None = None
    """How often it is told again; None for never."""

    @property
    def story(self) -> StoryContent:
        """The alert as a message about it alone would tell of it."""
        alert = self.alert
        entry = Entry(
            alert_id=alert.id,
            began_at=alert.began_at,
            facts=alert.facts,
            ended_at=alert.ended_at,
            ending=alert.ending,
        )
        return StoryContent(
            story_id=alert.story or 0,
            kind=alert.kind,
            severity=self.severity,
            instance=alert.instance,
            instance_name=self.instance_name,
            began_at=alert.began_at,
            entries=(entry,),
            total=1,
            open_count=int(alert.is_open),
            ended_at=alert.ended_at,
            acknowledged_by=alert.acknowledged_by if alert.is_open else None,
        )

    @property
    def option(self) -> str:
        """What it is called where Discord renders no markup."""
        work = self.alert.facts.work
        if work is not None:
            return label(f"{work.title} {part_of_work(work, has_count=True)}", _MAX_OPTION)
        about = self.instance_name or ", ".join(self.alert.facts.names[:3])
        return label(" · ".join(part for part in (kind_label(self.alert.kind), about) if part), _MAX_OPTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSilence:
    """What is kept quiet, and until when."""

    silence: StoredSilence
    about: str
    """What it keeps quiet; foreign text."""


def render_alerts(page: Page[ShownAlert], total: int, *, title: str = "", now: datetime) -> discord.Embed:
    """Draw alerts that are open, in the order of their kinds; `total` counts those on other pages, too."""
    if not total:
        return discord.Embed(
            title="✓ All is well", description="Nothing needs anybody's attention right now.", colour=GREEN
        )
    return discord.Embed(
        title=title or f"{count_of(total, 'thing')} not as it should be",
        description=_listed(list(_open_blocks(page, now)), page.words),
        colour=AMBER,
    )


def render_history(page: Page[ShownAlert], *, title: str = "What is over", now: datetime) -> discord.Embed:
    """Draw alerts that are over, the latest first."""
    blocks = [_over_block(shown, now) for shown in page.items] or ["Nothing here."]
    return discord.Embed(title=title, description=_listed(blocks, page.words), colour=GREY)


def render_silences(page: Page[ShownSilence], *, now: datetime) -> discord.Embed:
    """Draw what is kept quiet now."""
    blocks = [
        "\n".join(_silence_lines(count, shown, now))
        for count, shown in enumerate(page.items, page.first_number)
    ]
    return discord.Embed(
        title="What is kept quiet",
        description=_listed(blocks or ["Nothing is silenced."], page.words),
        colour=GREY,
    )


def render_alert(
    shown: ShownAlert, *, card: discord.Embed | None = None, technical: Sequence[str] = (), now: datetime
) -> discord.Embed:
    """Draw one alert in full; with the `card` of its download, where there is one, as what it is about.

    `technical` lines are for operators.
    """
    following = f"**What next:** {_what_next(shown)}"
    if card is not None:
        lines = [f"**{begun_title(shown.story)}**", _standing_line(shown, now), following]
        card.add_field(name="Alert", value="\n".join(fit(lines, MAX_FIELD_VALUE)), inline=False)
        embed = card
    else:
        drawn = render_notice(shown.story, mark="", now=now).embed
        embed = drawn if drawn is not None else discord.Embed()
        lines = [embed.description or "", following]
        if shown.alert.is_open:
            lines.insert(1, capitalised(standing(shown, now)))
        embed.description = "\n".join(fit(lines, MAX_DESCRIPTION))
    if technical:
        value = "\n".join(fit(technical, MAX_FIELD_VALUE))
        embed.add_field(name="About the alert", value=value, inline=False)
    return embed


def standing(shown: ShownAlert, now: datetime) -> str:
    """Return whether people were told of an alert, and whether somebody looks after it."""
    alert = shown.alert
    if shown.silent_until is not None:
        words = f"🔕 silent until {clock_time(shown.silent_until, now)}"
    elif alert.held is Held.BASELINE:
        words = "there before Discarr"
    elif alert.held is Held.SILENCE:
        words = "about to be told"
    else:
        words = "told"
    by = alert.acknowledged_by
    return f"{words} · 👍 <@{by}> looks after it" if by is not None and 0 < by <= _LARGEST_ID else words


def plain_standing(shown: ShownAlert) -> str:
    """Return the same where Discord renders no markup."""
    if shown.silent_until is not None:
        return "silenced"
    if shown.alert.acknowledged_by is not None:
        return "somebody looks after it"
    return "there before Discarr" if shown.alert.held is Held.BASELINE else kind_label(shown.alert.kind)


def _open_blocks(page: Page[ShownAlert], now: datetime) -> Iterator[str]:
    last_kind = None
    for count, shown in enumerate(page.items, page.first_number):
        alert = shown.alert
        heading = f"**{kind_label(alert.kind)}**\n" if alert.kind is not last_kind else ""
        last_kind = alert.kind
        is_named = bool(subject(alert.kind, alert.facts))
        line = (
            entry_line(alert.kind, shown.story.entries[0], now, has_reason=True)
            if is_named
            else begun_title(shown.story)
        )
        yield f"{heading}`{count}` {line}\n{_standing_line(shown, now, has_instance=is_named)}"


def _standing_line(shown: ShownAlert, now: datetime, *, has_instance: bool = False) -> str:
    parts = [name(shown.instance_name)] if has_instance and shown.instance_name else []
    parts += [f"since {clock_time(shown.alert.began_at, now)}", standing(shown, now)]
    return capitalised(" · ".join(parts))


def _over_block(shown: ShownAlert, now: datetime) -> str:
    alert = shown.alert
    is_named = bool(subject(alert.kind, alert.facts))
    if is_named:
        line = entry_line(alert.kind, shown.story.entries[0], now, has_reason=False)
    else:
        line = over_title(shown.story)
    parts = [kind_label(alert.kind)]
    if is_named and shown.instance_name:
        parts.append(name(shown.instance_name))
    if alert.ended_at is not None:
        parts.append(f"after {span(alert.began_at, alert.ended_at, now)}")
    return f"{line}\n{' · '.join(parts)}"


def _silence_lines(count: int, shown: ShownSilence, now: datetime) -> Iterator[str]:
    silence = shown.silence
    yield f"`{count}` 🔕 {sentence(shown.about)}"
    by = f" · <@{silence.created_by}>" if 0 < silence.created_by <= _LARGEST_ID else ""
    yield f"Until {clock_time(silence.ends_at, now)}{by}"
    if silence.reason:
        yield f"“{sentence(silence.reason, 200)}”"


def _what_next(shown: ShownAlert) -> str:
    alert = shown.alert
    if not alert.is_open:
        return "It is over, and nothing more is said about it."
    if shown.silent_until is not None:
        return "It is told when the silence ends, if it is still so then."
    if alert.held is Held.BASELINE:
        return "Nobody is told: it was so before Discarr came."
    if alert.acknowledged_by is not None or shown.repeat_s is None:
        return "Nobody is reminded. Its message says so when it is over."
    return f"It is told again {every(shown.repeat_s)} until somebody acknowledges it."


def _listed(blocks: Sequence[str], footer: str) -> str:
    shown = fit(blocks, MAX_DESCRIPTION - _FOR_FOOTER)
    return "\n".join([*shown, "", footer] if footer else shown)
