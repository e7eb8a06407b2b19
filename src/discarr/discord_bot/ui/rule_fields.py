"""What is asked about a rule or the quiet hours in a modal, and how typed words travel in a button's id.

Words that were refused are not lost: the button that opens the modal again carries them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import discord

from discarr.core.events import ACTIVITIES, CONDITIONS, EventKind, Severity
from discarr.discord_bot.ui.rule_text import SEVERITIES, WITH_SEVERITY
from discarr.discord_bot.ui.span_text import exact_span, read_repeat, read_span
from discarr.monitoring.alerts.quiet_hours import QuietHours
from discarr.monitoring.alerts.rules import Rule, RuleRefused
from discarr.utils.text_utils import clean, length

_SEPARATOR: Final = "|"
_SPAN: Final = 12
_TIME: Final = 8
_ZONE: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a modal."""

    id: str
    text: str
    """At most 45 characters."""
    description: str
    """At most 100 characters."""
    max_length: int = _SPAN
    is_severity: bool = False

    def component(self, value: str) -> discord.ui.Label[Any]:
        """Return the field, filled in."""
        item: discord.ui.Item[Any]
        if self.is_severity:
            options = [
                discord.SelectOption(label=words.capitalize(), value=severity, default=severity == value)
                for severity, words in SEVERITIES.items()
            ]
            item = discord.ui.Select(custom_id=self.id, options=options)
        else:
            item = discord.ui.TextInput(
                custom_id=self.id,
                default=value,
                max_length=self.max_length,
                required=False,
            )
        return discord.ui.Label(text=self.text, description=self.description, component=item)


SEVERITY: Final = Field(
    id="severity",
    text="How much it matters",
    description="What is critical is told in quiet hours, too.",
    is_severity=True,
)
DELAY: Final = Field(
    id="delay", text="How long it has to be so", description="As 90 s, 5 min or 2 h; 0 for at once."
)
COLLECT: Final = Field(
    id="delay",
    text="How long it is collected",
    description="Then it is told in one summary. As 15 min.",
)
GROUP: Final = Field(
    id="group", text="What begins within … shares a message", description="As 5 min; 0 for never."
)
REPEAT: Final = Field(
    id="repeat", text="Told again every …", description="As 4 h or 1 d, until acknowledged; or: never."
)
QUIET_FIELDS: Final = (
    Field(id="start", text="From", description="A time of day, as 22:30.", max_length=_TIME),
    Field(id="end", text="To", description="A time of day, as 7:00.", max_length=_TIME),
    Field(
        id="zone",
        text="Time zone",
        description="Its name, as Europe/Berlin or America/New_York.",
        max_length=_ZONE,
    ),
)


def fields_of(kind: EventKind) -> tuple[Field, ...]:
    """Return what can be said about a kind besides where it is told."""
    severity = (SEVERITY,) if kind in WITH_SEVERITY else ()
    if kind in CONDITIONS:
        return (*severity, DELAY, GROUP, REPEAT)
    return (*severity, COLLECT) if kind in ACTIVITIES else severity


def present_values(rule: Rule) -> dict[str, str]:
    """Return how a rule would be typed."""
    return {
        "severity": rule.severity.value,
        "delay": exact_span(rule.delay_s),
        "group": exact_span(rule.group_s),
        "repeat": exact_span(rule.repeat_s) if rule.repeat_s is not None else "never",
    }


def quiet_values(hours: QuietHours | None) -> dict[str, str]:
    """Return how the quiet hours would be typed."""
    if hours is None:
        return {}
    return {"start": f"{hours.start:%H:%M}", "end": f"{hours.end:%H:%M}", "zone": hours.zone}


def read_changes(kind: EventKind, typed: Mapping[str, str]) -> dict[str, Any]:
    """Return the changes of a rule that were typed.

    Raises:
        RuleRefused: one of them makes no sense; it says which.
    """
    changes: dict[str, Any] = {}
    for field in fields_of(kind):
        value = typed.get(field.id, "")
        match field.id:
            case "severity":
                try:
                    changes["severity"] = Severity(value)
                except ValueError:
                    raise RuleRefused("Choose how much it matters.") from None
            case "delay":
                changes["delay_s"] = read_span(value, f"“{field.text}”")
            case "group":
                changes["group_s"] = read_span(value, "The time within which alerts share a message")
            case "repeat":
                changes["repeat_s"] = read_repeat(value, f"“{field.text}”")
    return changes


def pack(fields: Sequence[Field], typed: Mapping[str, str]) -> str:
    """Return typed words as part of a button's id: at most so long as the fields together."""
    return _SEPARATOR.join(_fitted(typed.get(field.id, ""), field.max_length) for field in fields)


def unpack(fields: Sequence[Field], packed: str) -> dict[str, str]:
    """Return what `pack` was given, as far as it fitted; empty where it was given nothing."""
    parts = packed.split(_SEPARATOR)
    if len(parts) != len(fields):
        return {}
    return {field.id: part for field, part in zip(fields, parts, strict=True)}


def _fitted(text: str, budget: int) -> str:
    kept = clean(text.replace(_SEPARATOR, " "))[:budget]
    while length(kept) > budget:
        kept = kept[:-1]
    return kept.strip()
