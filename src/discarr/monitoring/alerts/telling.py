"""From decisions to messages: what each says, by which routes it goes, and when."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from discarr.core.events import EventKind, Severity
from discarr.core.store.outbox import Outgoing
from discarr.monitoring.alerts.alert import Alert, Story
from discarr.monitoring.alerts.content import (
    MAX_ENTRIES,
    Content,
    DigestContent,
    Entry,
    StoryContent,
    encode,
)
from discarr.monitoring.alerts.quiet_hours import QuietHours
from discarr.monitoring.alerts.routes import Route, RouteKind
from discarr.monitoring.alerts.rules import Rule, RuleBook

MAX_REMINDERS: Final = 6
"""After so many, a reminder comes once a day at most."""
LATER_REMINDERS_S: Final = 24 * 3600.0
_WAIT_S: Final = {Severity.INFO: 20.0, Severity.WARNING: 20.0, Severity.CRITICAL: 5.0}
"""How long a new message waits for others to join it. What is over by then, nobody hears of."""
_RINGS_AFTER: Final = timedelta(minutes=30)
"""Whoever was told so long ago that something is wrong hears when it is over, by a message of its own.
Sooner, the first one is edited alone: a server that comes and goes for an hour would be told of with each
turn."""
_IN_PRIVATE: Final = frozenset({RouteKind.OWNER, RouteKind.USER})


class Telling:
    """Makes messages at one moment, by the rules that hold then."""

    def __init__(
        self,
        rules: RuleBook,
        quiet_hours: QuietHours | None,
        names: Mapping[str, str],
        now: datetime,
    ) -> None:
        self.rules = rules
        self._names = names
        self._now = now
        self._quiet_until = quiet_hours.ends_after(now) if quiet_hours is not None else None

    def story(self, story: Story, members: Collection[Alert]) -> list[Outgoing]:
        """Return what makes the message of a story say how things are now.

        The end of a critical one that stood for half an hour is also told anew, to those who read that it
        began: an edit rings no bell.
        """
        rule = self.rules[story.kind]
        content = self._content(story, members, rule)
        first_at = story.opened_at + timedelta(seconds=_WAIT_S[rule.severity])
        messages = [
            replace(message, is_settled=content.ended_at is not None or content.acknowledged_by is not None)
            for message in self._to_all(
                story.key, content, rule, is_hidden=story.is_hidden, not_before=first_at
            )
        ]
        is_over_late = story.closed_at is not None and story.closed_at - story.opened_at >= _RINGS_AFTER
        if is_over_late and rule.severity is Severity.CRITICAL:
            messages += self._to_all(
                story.key, content, rule, is_hidden=story.is_hidden, is_new=True, is_sequel=True
            )
        return messages

    def reminder(self, story: Story, members: Collection[Alert]) -> list[Outgoing]:
        """Return what tells of a story once more."""
        rule = self.rules[story.kind]
        content = self._content(story, members, rule, is_reminder=True)
        return self._to_all(story.key, content, rule, is_hidden=story.is_hidden, is_new=True, is_sequel=True)

    def is_over_unheard(self, story: Story) -> bool:
        """Whether a story ended before its message could be sent, and nobody misses it."""
        severity = self.rules[story.kind].severity
        if story.closed_at is None or severity is Severity.CRITICAL:
            return False
        return story.closed_at < story.opened_at + timedelta(seconds=_WAIT_S[severity])

    def once(
        self,
        key: str,
        content: Content,
        kind: EventKind,
        *,
        is_hidden: bool = False,
        routes: Sequence[Route] | None = None,
    ) -> list[Outgoing]:
        """Return what tells of something that is no alert, by the routes of its kind or by others.

        Nothing while its kind is switched off.
        """
        rule = self.rules[kind]
        if not rule.is_on:
            return []
        return self._to_all(key, content, rule, is_hidden=is_hidden, routes=routes, is_new=True)

    def digest(
        self, key: str, content: DigestContent, route: Route, *, is_hidden: bool, not_before: datetime
    ) -> list[Outgoing]:
        """Return what tells, in one place, of steps that are told there."""
        return self._to_all(
            key,
            content,
            self.rules[EventKind.IMPORTED],
            is_hidden=is_hidden,
            routes=(route,),
            not_before=not_before,
        )

    def _to_all(
        self,
        key: str,
        content: Content,
        rule: Rule,
        *,
        is_hidden: bool,
        routes: Sequence[Route] | None = None,
        not_before: datetime | None = None,
        is_new: bool = False,
        is_sequel: bool = False,
    ) -> list[Outgoing]:
        when = max(self._now, not_before or self._now)
        if self._quiet_until is not None and rule.severity is not Severity.CRITICAL:
            when = max(when, self._quiet_until)
        encoded = encode(content)
        return [
            Outgoing(
                story=key,
                route=str(route),
                content=encoded,
                not_before=when,
                is_new=is_new,
                is_sequel=is_sequel,
            )
            for route in (rule.routes if routes is None else routes)
            if not is_hidden or route.kind in _IN_PRIVATE
        ]

    def _content(
        self, story: Story, members: Collection[Alert], rule: Rule, *, is_reminder: bool = False
    ) -> StoryContent:
        open_ones = [alert for alert in members if alert.is_open]
        unacknowledged = [alert for alert in open_ones if alert.acknowledged_by is None]
        ordered = sorted(members, key=lambda alert: (not alert.is_open, alert.id))
        ended = [alert.ended_at for alert in members if alert.ended_at is not None]
        return StoryContent(
            story_id=story.id,
            kind=story.kind,
            severity=rule.severity,
            instance=story.instance,
            instance_name=self._names.get(story.instance or "", story.instance or ""),
            began_at=min((alert.began_at for alert in members), default=story.opened_at),
            entries=tuple(_entries(ordered[:MAX_ENTRIES])),
            total=len(members),
            open_count=len(open_ones),
            ended_at=max(ended) if ended and not open_ones else None,
            acknowledged_by=open_ones[0].acknowledged_by if open_ones and not unacknowledged else None,
            mention_role_id=rule.mention_role_id,
            is_reminder=is_reminder,
        )


def _entries(alerts: Iterable[Alert]) -> Iterable[Entry]:
    for alert in alerts:
        yield Entry(
            alert_id=alert.id,
            began_at=alert.began_at,
            facts=alert.facts,
            ended_at=alert.ended_at,
            ending=alert.ending,
        )
