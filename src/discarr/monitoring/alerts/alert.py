"""Conditions as they are observed, alerts as they are kept, and the silences between them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct

from discarr.core.events import Ending, EventKind
from discarr.core.store.alerts import StoredAlert, StoredSilence, StoredStory
from discarr.monitoring.alerts.content import Facts

BASELINED: Final = frozenset(
    {
        EventKind.NEEDS_HAND,
        EventKind.STALLED,
        EventKind.APP_ERROR,
        EventKind.APP_WARNING,
        EventKind.APP_NOTICE,
    }
)
"""What is already so when an instance is met for the first time is no news (design decision 8)."""


class Held(StrEnum):
    """Why nobody is told of an alert."""

    BASELINE = "baseline"
    """It was there before Discarr was."""
    SILENCE = "silence"


class Condition(Struct, frozen=True, kw_only=True, gc=False):
    """Something that is so right now."""

    kind: EventKind
    instance: str | None
    """None for what concerns no single instance."""
    subject: str
    """Tells it from others of its kind and instance; never a title."""
    facts: Facts
    is_hidden: bool = False
    """Whether members may not know of it."""
    held_s: float = 0.0
    """How long it is known to have held already, by whoever measured it."""

    @property
    def dedup(self) -> str:
        """Its identity, also across restarts."""
        name = f"{self.kind}|{self.instance or ''}|{self.subject}"
        # What becomes hidden is another alert: the message of the first one has been read by everybody.
        return f"{name}|hidden" if self.is_hidden else name


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """All conditions of one kind at one instance, at one moment: what it lacks is over."""

    kind: EventKind
    instance: str | None
    conditions: tuple[Condition, ...]
    endings: Mapping[str, Ending] = field(default_factory=dict)
    """By `Condition.dedup`: how a condition is known to have ended."""
    unsettled: frozenset[str] = frozenset()
    """By `Condition.dedup`: nothing is known of these for the moment, so they stay as they are."""

    @property
    def baseline(self) -> str:
        """Under what name it is noted that such a thing was observed before."""
        return f"{self.kind}|{self.instance or ''}"


class Alert(Struct, frozen=True, kw_only=True, gc=False):
    """A condition that held long enough; fields as in `StoredAlert`."""

    id: int
    dedup: str
    kind: EventKind
    instance: str | None
    is_hidden: bool
    began_at: datetime
    fired_at: datetime
    facts: Facts
    story: int | None = None
    held: Held | None = None
    ended_at: datetime | None = None
    ending: Ending | None = None
    acknowledged_by: int | None = None
    acknowledged_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether the condition still holds."""
        return self.ended_at is None

    def stored(self) -> StoredAlert:
        """Return it as the store keeps it."""
        return StoredAlert(
            id=self.id,
            dedup=self.dedup,
            kind=self.kind.value,
            instance=self.instance,
            is_hidden=self.is_hidden,
            began_at=self.began_at,
            fired_at=self.fired_at,
            ended_at=self.ended_at,
            ending=self.ending,
            story=self.story,
            held=self.held,
            acknowledged_by=self.acknowledged_by,
            acknowledged_at=self.acknowledged_at,
            facts=msgspec.json.encode(self.facts),
        )


def read_alert(stored: StoredAlert) -> Alert | None:
    """Return what the store kept; None for what this version does not know."""
    try:
        return Alert(
            id=stored.id,
            dedup=stored.dedup,
            kind=EventKind(stored.kind),
            instance=stored.instance,
            is_hidden=stored.is_hidden,
            began_at=stored.began_at,
            fired_at=stored.fired_at,
            ended_at=stored.ended_at,
            ending=None if stored.ending is None else Ending(stored.ending),
            story=stored.story,
            held=None if stored.held is None else Held(stored.held),
            acknowledged_by=stored.acknowledged_by,
            acknowledged_at=stored.acknowledged_at,
            facts=msgspec.json.decode(stored.facts, type=Facts),
        )
    except (ValueError, msgspec.DecodeError):
        return None


class Story(Struct, frozen=True, kw_only=True):
    """One message about alerts of one kind and instance; fields as in `StoredStory`."""

    id: int
    kind: EventKind
    instance: str | None
    is_hidden: bool
    opened_at: datetime
    told_at: datetime
    reminders: int = 0
    closed_at: datetime | None = None

    @property
    def key(self) -> str:
        """Its name in the outbox."""
        return f"story:{self.id}"

    def stored(self) -> StoredStory:
        """Return it as the store keeps it."""
        return StoredStory(
            id=self.id,
            kind=self.kind.value,
            instance=self.instance,
            is_hidden=self.is_hidden,
            opened_at=self.opened_at,
            told_at=self.told_at,
            reminders=self.reminders,
            closed_at=self.closed_at,
        )


def read_story(stored: StoredStory) -> Story | None:
    """Return what the store kept; None for what this version does not know."""
    try:
        kind = EventKind(stored.kind)
    except ValueError:
        return None
    return Story(
        id=stored.id,
        kind=kind,
        instance=stored.instance,
        is_hidden=stored.is_hidden,
        opened_at=stored.opened_at,
        told_at=stored.told_at,
        reminders=stored.reminders,
        closed_at=stored.closed_at,
    )


def is_silenced(alert: Alert, kept_quiet: Iterable[StoredSilence], now: datetime) -> bool:
    """Whether one of the silences keeps an alert quiet at a moment."""
    return any(silences(silence, alert, now) for silence in kept_quiet)


def silences(silence: StoredSilence, alert: Alert, now: datetime) -> bool:
    """Whether a silence keeps an alert quiet at a moment."""
    if silence.ends_at <= now:
        return False
    if silence.kind is not None and silence.kind != alert.kind:
        return False
    if silence.instance is not None and silence.instance != alert.instance:
        return False
    if silence.dedup is not None and silence.dedup != alert.dedup:
        return False
    if silence.title is None:
        return True
    work = alert.facts.work
    return work is not None and silence.title.casefold() in work.title.casefold()
