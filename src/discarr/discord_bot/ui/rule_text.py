"""The rules of what is told, in words."""

from collections.abc import Iterator, Mapping
from typing import Final

import discord

from discarr.core.events import ACTIVITIES, CONDITIONS, NOTICES, EventKind, Severity
from discarr.core.store.outbox import OutboxCounts
from discarr.discord_bot.ui.layout import GREEN, GREY, MAX_DESCRIPTION, fit
from discarr.discord_bot.ui.notice_text import WORDS
from discarr.discord_bot.ui.row_text import sentence
from discarr.discord_bot.ui.span_text import every, exact_span
from discarr.monitoring.alerts.quiet_hours import QuietHours
from discarr.monitoring.alerts.routes import Route, RouteKind
from discarr.monitoring.alerts.rules import DEFAULT_RULES, Rule, label

_PLACES: Final = {
    RouteKind.ALERTS: "the thread for alerts",
    RouteKind.LOG: "the event log",
    RouteKind.OWNER: "the owner",
}
SEVERITIES: Final = {
    Severity.INFO: "good to know",
    Severity.WARNING: "a warning",
    Severity.CRITICAL: "critical",
}
CRITICAL_NOTE: Final = "told in quiet hours, too"
_FIELDS: Final = {
    "is_on": "on or off",
    "severity": "how much it matters",
    "delay_s": "when",
    "group_s": "what shares a message",
    "repeat_s": "how often",
    "routes": "where",
    "mention_role_id": "who is mentioned",
}

WITH_ROLE: Final = CONDITIONS | {EventKind.IMPORTED}
"""Kinds with which a role can be mentioned; that of imports is mentioned with every summary of downloads."""
WITH_SEVERITY: Final = CONDITIONS | NOTICES | {EventKind.IMPORTED}
"""Kinds whose severity matters; that of imports is the one of every summary."""


def place(route: Route) -> str:
    """Return where something is told, fit for Discord: "the thread for alerts", "<#1>"."""
    if route.kind in _PLACES:
        return _PLACES[route.kind]
    return f"<#{route.id}>" if route.kind is RouteKind.CHANNEL else f"<@{route.id}>"


def places(rule: Rule) -> str:
    """Return everywhere it is told."""
    return ", ".join(map(place, rule.routes)) or "nowhere"


def summary(rule: Rule) -> str:
    """Return a rule in one line, where Discord renders no markup."""
    if not rule.is_on:
        return "off"
    parts = [_when(rule)]
    if rule.repeat_s is not None:
        parts.append(f"again {every(rule.repeat_s)}")
    return " · ".join(parts)


def render_rules(
    rules: Mapping[EventKind, Rule], quiet_hours: QuietHours | None, counts: OutboxCounts
) -> discord.Embed:
    """Draw all rules, and how delivery is doing."""
    lines = [_line(rules[kind]) for kind in EventKind if kind in rules]
    return discord.Embed(
        title="What is told, and where",
        description="\n".join(
            [*fit(lines, MAX_DESCRIPTION - 600), "", quiet_words(quiet_hours), delivery_words(counts)]
        ),
        colour=GREEN,
    )


def render_rule(rule: Rule) -> discord.Embed:
    """Draw one rule in full."""
    return discord.Embed(
        title=f"{WORDS[rule.kind].symbol} {label(rule.kind)}",
        description="\n".join(fit(list(_lines(rule)), MAX_DESCRIPTION)),
        colour=GREEN if rule.is_on else GREY,
    )


def quiet_words(hours: QuietHours | None) -> str:
    """Return the line about the quiet hours."""
    if hours is None:
        return "🌙 No quiet hours"
    span = f"{hours.start:%H:%M}–{hours.end:%H:%M}"
    return (
        f"🌙 Quiet hours {span} ({sentence(hours.zone)}): only what is critical is told, the rest afterwards"
    )


def delivery_words(counts: OutboxCounts) -> str:
    """Return the line about the outbox."""
    if not (counts.waiting or counts.scheduled or counts.dead):
        return "✉ Everything is delivered"
    parts = []
    if counts.waiting:
        parts.append(f"{counts.waiting} on the way")
    if counts.scheduled:
        parts.append(f"{counts.scheduled} for later")
    if counts.dead:
        parts.append(f"**{counts.dead} reached nobody**")
    return f"✉ {' · '.join(parts)}"


def changed_fields(rule: Rule) -> list[str]:
    """Return what of a rule is not as by default, in words."""
    usual = DEFAULT_RULES[rule.kind]
    return [words for field, words in _FIELDS.items() if getattr(rule, field) != getattr(usual, field)]


def _line(rule: Rule) -> str:
    mark = " ✎" if changed_fields(rule) else ""
    if not rule.is_on:
        return f"○ {label(rule.kind)} · off{mark}"
    role = f" · <@&{rule.mention_role_id}>" if rule.mention_role_id is not None else ""
    return f"● **{label(rule.kind)}** · {summary(rule)} · {places(rule)}{role}{mark}"


def _when(rule: Rule) -> str:
    if rule.kind in ACTIVITIES:
        return f"collected for {exact_span(rule.delay_s)}"
    return f"after {exact_span(rule.delay_s)}" if rule.delay_s else "at once"


def _lines(rule: Rule) -> Iterator[str]:
    state = "● **On**" if rule.is_on else "○ **Off**"
    if rule.kind in WITH_SEVERITY:
        words = SEVERITIES[rule.severity]
        state += f" · {words}: {CRITICAL_NOTE}" if rule.severity is Severity.CRITICAL else f" · {words}"
    yield state
    if rule.kind in CONDITIONS:
        held = f"when it has been so for {exact_span(rule.delay_s)}" if rule.delay_s else "at once"
        yield f"**When:** {held}"
        together = f"what begins within {exact_span(rule.group_s)} at one server" if rule.group_s else "never"
        yield f"**In one message:** {together}"
        again = f"{every(rule.repeat_s)} until acknowledged" if rule.repeat_s else "never"
        yield f"**Again:** {again}"
    elif rule.kind in ACTIVITIES:
        yield f"**When:** collected for {exact_span(rule.delay_s)}, and then told in one summary"
    yield f"**Where:** {places(rule)}"
    if rule.kind in WITH_ROLE:
        role = f"<@&{rule.mention_role_id}>" if rule.mention_role_id is not None else "nobody"
        yield f"**Mentioned:** {role}" + (" with every summary" if rule.kind in ACTIVITIES else "")
    elif rule.kind is EventKind.READY:
        yield "**Mentioned:** those who follow the title"
    changed = changed_fields(rule)
    yield f"✎ Not as by default: {', '.join(changed)}" if changed else "As by default"
