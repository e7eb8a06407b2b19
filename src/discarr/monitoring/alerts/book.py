"""The book of alerts: decides what begins, is told, repeated and over. No I/O, and time is an argument.

::

    condition ──held for the rule's delay──> alert ──told──> story (a message) ──all ended──> closed
        │                                      ├─ silenced: told when the silence ends, if it still holds
        └─ over before: nobody hears of it     └─ there before Discarr was: listed, never told

Deciding (`AlertBook.plan`) changes nothing that people see; what was decided takes effect with `apply`, after
it was stored together with the messages it makes necessary. So a full disk loses nothing: the next plan
decides the same again.
"""

from collections.abc import Generator, Iterable, Mapping
from datetime import datetime, timedelta
from itertools import chain
from typing import Final

from msgspec.structs import replace

from discarr.core.events import Ending, EventKind
from discarr.core.slices import drain
from discarr.core.store.alerts import StoredBook, StoredSilence
from discarr.monitoring.alerts.alert import (
    BASELINED,
    Alert,
    Held,
    Observation,
    Story,
    is_silenced,
    read_alert,
    read_story,
)
from discarr.monitoring.alerts.plan import Draft, Plan
from discarr.monitoring.alerts.quiet_hours import QuietHours
from discarr.monitoring.alerts.rules import RuleBook
from discarr.monitoring.alerts.telling import LATER_REMINDERS_S, MAX_REMINDERS, Telling

SETTLE_S: Final[Mapping[EventKind, float]] = {
    EventKind.NEEDS_HAND: 90.0,
    EventKind.STALLED: 90.0,
    EventKind.APP_ERROR: 600.0,
    EventKind.APP_WARNING: 600.0,
    EventKind.APP_NOTICE: 600.0,
    EventKind.DISK_LOW: 600.0,
}
"""How long a condition must be absent before it counts as over, where nobody else watches over that: an app
that tries an import again every minute would otherwise be told of every minute."""
_SLICE = 200
"""Conditions looked at between two pauses: about 1 ms of work."""

type _Scope = tuple[EventKind, str | None]


class AlertBook:
    """All open alerts, and what decides about new ones."""

    def __init__(self, stored: StoredBook) -> None:
        self.rules, self.refused_rules = RuleBook.from_changes(stored.rules)
        self.silences: tuple[StoredSilence, ...] = stored.silences
        self.quiet_hours: QuietHours | None = None
        self.last_alert_id = stored.last_alert_id
        self.last_story_id = stored.last_story_id
        self._baselines = set(stored.baselines)
        self._scopes: dict[_Scope, dict[str, Alert]] = {}
        """Open alerts, by what they are about."""
        self._members: dict[int, dict[int, Alert]] = {}
        """Alerts of the open stories, by the ids of both."""
        self._stories: dict[int, Story] = {}
        """Open ones."""
        self._first_seen: dict[_Scope, dict[str, float]] = {}
        """When conditions that are no alerts yet were first seen, by the monotonic clock."""
        self._absent_since: dict[str, float] = {}
        """When open alerts were first found absent, by the monotonic clock."""
        for story in filter(None, map(read_story, stored.stories)):
            self._stories[story.id] = story
        for alert in filter(None, map(read_alert, stored.alerts)):
            self._take_in(alert)

    @property
    def open_alerts(self) -> tuple[Alert, ...]:
        """Every alert whose condition holds, the oldest first."""
        found = chain.from_iterable(alerts.values() for alerts in self._scopes.values())
        return tuple(sorted(found, key=lambda alert: alert.id))

    @property
    def stories(self) -> Mapping[int, Story]:
        """The open stories, by id."""
        return self._stories

    def find(self, alert_id: int) -> Alert | None:
        """Return an open alert, or one of an open story."""
        known = chain(self.open_alerts, *(members.values() for members in self._members.values()))
        return next((alert for alert in known if alert.id == alert_id), None)

    def members(self, story_id: int) -> Mapping[int, Alert]:
        """Return the alerts that an open story tells of, by id; empty for a closed or unknown one."""
        return self._members.get(story_id, {})

    def opens_in(self, kind: EventKind, instance: str | None) -> Mapping[str, Alert]:
        """Return the open alerts of one kind and instance, by `Alert.dedup`."""
        return self._scopes.get((kind, instance), {})

    def is_silenced(self, alert: Alert, now: datetime) -> bool:
        """Whether a silence keeps an alert quiet."""
        return is_silenced(alert, self.silences, now)

    def unheeded_alerts(self) -> dict[str, tuple[Alert, ...]]:
        """Return the open alerts that nobody acknowledged, by `Story.key` of the open stories."""
        return {
            story.key: tuple(filter(_is_unheeded, self.members(story.id).values()))
            for story in self._stories.values()
        }

    def plan(
        self,
        observations: Iterable[Observation],
        *,
        names: Mapping[str, str],
        now: datetime,
        monotonic: float,
    ) -> Plan:
        """Decide about what was observed, and about what has become due.

        `names` are the display names of the configured instances, by id.
        """
        return drain(self.plan_in_slices(observations, names=names, now=now, monotonic=monotonic))

    def plan_in_slices(
        self,
        observations: Iterable[Observation],
        *,
        names: Mapping[str, str],
        now: datetime,
        monotonic: float,
    ) -> Generator[None, None, Plan]:
        """Do the same with a pause at each `yield`."""
        draft = self._draft(names, now)
        for observation in observations:
            yield from self._judge(observation, draft, monotonic)
        self._end_strangers(draft, names)
        yield
        self._release_silenced(draft)
        self._remind(draft)
        yield
        draft.tell()
        return draft.plan

    def plan_acknowledgement(
        self, alert_ids: Iterable[int], user_id: int, *, names: Mapping[str, str], now: datetime
    ) -> Plan:
        """Decide what changes when a person says that they know of these alerts."""
        draft = self._draft(names, now)
        for alert_id in alert_ids:
            alert = self.find(alert_id)
            if alert is not None and alert.is_open and alert.acknowledged_by is None:
                draft.change(replace(alert, acknowledged_by=user_id, acknowledged_at=now))
        draft.tell()
        return draft.plan

    def apply(self, plan: Plan) -> None:
        """Take over what was stored."""
        self._baselines |= plan.baselines
        for alert in plan.alerts.values():
            self.last_alert_id = max(self.last_alert_id, alert.id)
            self._take_in(alert)
        for story in plan.stories.values():
            self.last_story_id = max(self.last_story_id, story.id)
            if story.closed_at is None:
                self._stories[story.id] = story
            else:
                self._stories.pop(story.id, None)
                self._members.pop(story.id, None)

    def _draft(self, names: Mapping[str, str], now: datetime) -> Draft:
        telling = Telling(self.rules, self.quiet_hours, names, now)
        return Draft(self, telling, now)

    def _take_in(self, alert: Alert) -> None:
        scope = self._scopes.setdefault((alert.kind, alert.instance), {})
        if alert.is_open:
            scope[alert.dedup] = alert
        else:
            scope.pop(alert.dedup, None)
            self._absent_since.pop(alert.dedup, None)
        if alert.story is not None:
            self._members.setdefault(alert.story, {})[alert.id] = alert

    def _judge(self, observation: Observation, draft: Draft, monotonic: float) -> Generator[None]:
        scope = observation.kind, observation.instance
        rule = self.rules[observation.kind]
        open_here = self.opens_in(*scope)
        is_first = observation.kind in BASELINED and observation.baseline not in self._baselines
        if is_first:
            draft.plan.baselines.add(observation.baseline)
        before = self._first_seen.get(scope, {})
        first_seen: dict[str, float] = {}
        present: set[str] = set()
        for count, condition in enumerate(observation.conditions, start=1):
            if count % _SLICE == 0:
                yield
            dedup = condition.dedup
            present.add(dedup)
            alert = open_here.get(dedup)
            if alert is not None:
                self._absent_since.pop(dedup, None)
                draft.note_news(alert, condition)
                continue
            seen_at = first_seen[dedup] = before.get(dedup, monotonic)
            held_s = max(monotonic - seen_at, condition.held_s)
            if rule.is_on and (is_first or held_s >= rule.delay_s):
                began_at = draft.plan.now - timedelta(seconds=held_s)
                draft.fire(condition, began_at, held=Held.BASELINE if is_first else None)
        self._first_seen[scope] = first_seen
        settle_s = SETTLE_S.get(observation.kind, 0.0)
        for count, (dedup, alert) in enumerate(open_here.items(), start=1):
            if count % _SLICE == 0:
                yield
            if dedup in present or dedup in observation.unsettled:
                continue
            ending = observation.endings.get(dedup)
            absent_since = self._absent_since.setdefault(dedup, monotonic)
            if ending is not None or monotonic - absent_since >= settle_s:
                draft.end(alert, ending or Ending.SOLVED)

    def _end_strangers(self, draft: Draft, names: Mapping[str, str]) -> None:
        """End what concerns instances that are no longer in the settings."""
        for (_, instance), alerts in self._scopes.items():
            if instance is not None and instance not in names:
                for alert in alerts.values():
                    draft.end(alert, Ending.GONE)

    def _release_silenced(self, draft: Draft) -> None:
        for alerts in self._scopes.values():
            for alert in alerts.values():
                is_lapsed = alert.held is Held.SILENCE and not self.is_silenced(alert, draft.plan.now)
                if is_lapsed and alert.dedup not in draft.plan.alerts and self.rules[alert.kind].is_on:
                    draft.release(alert)

    def _remind(self, draft: Draft) -> None:
        for story in self._stories.values():
            rule = self.rules[story.kind]
            if rule.repeat_s is None or not rule.is_on:
                continue
            pause_s = (
                rule.repeat_s if story.reminders < MAX_REMINDERS else max(rule.repeat_s, LATER_REMINDERS_S)
            )
            is_due = (draft.plan.now - story.told_at).total_seconds() >= pause_s
            if is_due and any(
                self._needs_reminding(alert, draft) for alert in self.members(story.id).values()
            ):
                draft.remind(story)

    def _needs_reminding(self, alert: Alert, draft: Draft) -> bool:
        latest = draft.plan.alerts.get(alert.dedup, alert)
        return _is_unheeded(latest) and not self.is_silenced(latest, draft.plan.now)


def _is_unheeded(alert: Alert) -> bool:
    return alert.is_open and alert.acknowledged_by is None
