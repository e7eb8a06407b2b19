"""One decision of the book of alerts: what changes, and the messages that come of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from msgspec.structs import replace

from discarr.core.events import Ending, EventKind
from discarr.core.store.outbox import Outgoing
from discarr.monitoring.alerts.alert import Alert, Condition, Held, Story
from discarr.monitoring.alerts.rules import RuleBook
from discarr.monitoring.alerts.telling import Telling

type _Group = tuple[EventKind, str | None, bool]


@dataclass(slots=True, kw_only=True)
class Plan:
    """What was decided: to be stored in one transaction, and applied after that."""

    now: datetime
    alerts: dict[str, Alert] = field(default_factory=dict)
    """New and changed ones, by `Alert.dedup`."""
    stories: dict[int, Story] = field(default_factory=dict)
    """New and changed ones, by id."""
    baselines: set[str] = field(default_factory=set)
    """By `Observation.baseline`: what was observed for the first time."""
    outgoing: list[Outgoing] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    """Stories that are over before anybody was told."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to store."""
        return not (self.alerts or self.stories or self.baselines or self.outgoing or self.withdrawn)


class Known(Protocol):
    """What a draft has to know of the book."""

    rules: RuleBook
    last_alert_id: int
    last_story_id: int

    @property
    def stories(self) -> Mapping[int, Story]:
        """The open stories, by id."""

    def members(self, story_id: int) -> Mapping[int, Alert]:
        """The alerts of an open story, by id."""

    def is_silenced(self, alert: Alert, now: datetime) -> bool:
        """Whether a silence keeps an alert quiet."""


class Draft:
    """A plan in the making."""

    def __init__(self, book: Known, telling: Telling, now: datetime) -> None:
        self.plan = Plan(now=now)
        self._book = book
        self._telling = telling
        self._next_alert_id = book.last_alert_id + 1
        self._next_story_id = book.last_story_id + 1
        self._latest: dict[_Group, Story] = {
            (story.kind, story.instance, story.is_hidden): story for story in book.stories.values()
        }
        self._changed: dict[int, dict[int, Alert]] = {}
        """Changed alerts by story and id: these stories are told anew."""
        self._reminded: list[Story] = []

    def fire(self, condition: Condition, began_at: datetime, *, held: Held | None = None) -> None:
        """Make an alert of a condition."""
        alert = Alert(
            id=self._next_alert_id,
            dedup=condition.dedup,
            kind=condition.kind,
            instance=condition.instance,
            is_hidden=condition.is_hidden,
            began_at=began_at,
            fired_at=self.plan.now,
            facts=condition.facts,
            held=held,
        )
        self._next_alert_id += 1
        if held is None and self._book.is_silenced(alert, self.plan.now):
            alert = replace(alert, held=Held.SILENCE)
        self.change(alert if alert.held is not None else self._in_a_story(alert))

    def release(self, alert: Alert) -> None:
        """Tell of an alert that was silenced."""
        self.change(self._in_a_story(replace(alert, held=None)))

    def note_news(self, alert: Alert, condition: Condition) -> None:
        """Take over what people would call a change."""
        if condition.facts.is_news_after(alert.facts):
            self.change(replace(alert, facts=condition.facts))

    def change(self, alert: Alert) -> None:
        """Take over a changed alert."""
        self.plan.alerts[alert.dedup] = alert
        if alert.story is not None:
            self._changed.setdefault(alert.story, {})[alert.id] = alert

    def end(self, alert: Alert, ending: Ending) -> None:
        """Note that the condition is over."""
        self.change(replace(alert, ended_at=self.plan.now, ending=ending))

    def remind(self, story: Story) -> None:
        """Tell of a story once more."""
        self._reminded.append(story)

    def tell(self) -> None:
        """Turn what changed into messages."""
        for story_id in self._changed:
            story = self.plan.stories.get(story_id) or self._book.stories.get(story_id)
            if story is None:
                continue
            members = self._members(story_id)
            if not any(alert.is_open for alert in members.values()):
                story = self.plan.stories[story_id] = replace(story, closed_at=self.plan.now)
            if self._telling.is_over_unheard(story):
                self.plan.withdrawn.append(story.key)
            else:
                self.plan.outgoing += self._telling.story(story, members.values())
        for story in self._reminded:
            told = replace(story, told_at=self.plan.now, reminders=story.reminders + 1)
            self.plan.stories[story.id] = told
            self.plan.outgoing += self._telling.reminder(told, self._members(story.id).values())

    def _in_a_story(self, alert: Alert) -> Alert:
        """Let the latest story of that kind and instance tell of it while that is young, else a new one."""
        group = alert.kind, alert.instance, alert.is_hidden
        story = self._latest.get(group)
        window_s = self._book.rules[alert.kind].group_s
        if story is None or not 0 <= (self.plan.now - story.opened_at).total_seconds() <= window_s:
            story = Story(
                id=self._next_story_id,
                kind=alert.kind,
                instance=alert.instance,
                is_hidden=alert.is_hidden,
                opened_at=self.plan.now,
                told_at=self.plan.now,
            )
            self._next_story_id += 1
            self._latest[group] = self.plan.stories[story.id] = story
        return replace(alert, story=story.id)

    def _members(self, story_id: int) -> dict[int, Alert]:
        return {**self._book.members(story_id), **self._changed.get(story_id, {})}
