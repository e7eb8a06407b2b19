"""What is known of alerts, as far as somebody may see it."""

from collections.abc import Callable, Iterable
from typing import Final

from discarr.core.events import EventKind, Severity
from discarr.core.store.alerts import StoredAlert, StoredSilence
from discarr.discord_bot.askers import Asker
from discarr.discord_bot.services import Services
from discarr.discord_bot.ui import alert_texts
from discarr.discord_bot.ui.alert_list import ShownAlert, ShownSilence
from discarr.discord_bot.ui.paging import PAGE_SIZE, Page
from discarr.discord_bot.ui.row_text import name, sentence
from discarr.monitoring.alerts.alert import Alert, read_alert, silences
from discarr.monitoring.alerts.desk import Desk
from discarr.monitoring.alerts.rules import label
from discarr.utils.permissions import Capability
from discarr.utils.text_utils import without_addresses

_READ_AT_ONCE: Final = 100
_STORY_REACH: Final = 500
"""How many alerts that are over are looked through for those of a message."""
_FOR_OPERATORS: Final = frozenset({EventKind.SECURITY})
_MAX_MESSAGE: Final = 200
_RANKS: Final = {kind: rank for rank, kind in enumerate(EventKind)}
_SEVERITIES: Final = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}


class AlertShelf:
    """Finds alerts, and what decides about how they are shown.

    What touches the history raises `StoreError` when the store does not answer.
    """

    def __init__(self, services: Services) -> None:
        self._services = services

    @property
    def desk(self) -> Desk:
        """Where something is done about them."""
        return self._services.desk

    def open_alerts(self, asker: Asker) -> list[Alert]:
        """Return what is not as it should be: the worst kinds first, the oldest of a kind first."""
        by_kind: dict[EventKind, list[Alert]] = {}
        for alert in self.desk.open_alerts:
            if _may_see(asker, alert):
                by_kind.setdefault(alert.kind, []).append(alert)
        kinds = sorted(by_kind, key=lambda kind: (_SEVERITIES[self.desk.rules[kind].severity], _RANKS[kind]))
        return [alert for kind in kinds for alert in by_kind[kind]]

    async def find(self, asker: Asker, alert_id: int) -> Alert | None:
        """Return an alert, also one that is over; None for one that is long so, or hidden."""
        alert = self.desk.find_alert(alert_id)
        if alert is not None:
            return alert if _may_see(asker, alert) else None
        return next(iter(await self._past(asker, lambda stored: stored.id == alert_id)), None)

    async def of_story(self, asker: Asker, story_id: int) -> list[Alert]:
        """Return the alerts that a message tells of, open ones first; none for one that is long over."""
        members = [alert for alert in self.desk.alerts_of_story(story_id) if _may_see(asker, alert)]
        if members:
            return sorted(members, key=lambda alert: (not alert.is_open, alert.id))
        return await self._past(asker, lambda stored: stored.story == story_id)

    async def history(self, asker: Asker, number: int) -> Page[Alert]:
        """Return a page of what is over, the latest first; the first one where there is no such page."""
        found: list[Alert] = []
        to_skip = number * PAGE_SIZE
        offset = 0
        while len(found) <= PAGE_SIZE:
            rows = await self.desk.history(limit=_READ_AT_ONCE, offset=offset)
            for stored in rows:
                if not _may_see(asker, stored):
                    continue
                if to_skip:
                    to_skip -= 1
                elif alert := read_alert(stored):
                    found.append(alert)
            offset += _READ_AT_ONCE
            if len(rows) < _READ_AT_ONCE:
                break
        if number and not found:
            return await self.history(asker, 0)
        has_next = len(found) > PAGE_SIZE
        return Page(items=tuple(found[:PAGE_SIZE]), number=number, count=None, has_next=has_next)

    def shown(self, alert: Alert) -> ShownAlert:
        """Return an alert with what decides about how it is spoken of."""
        rule = self.desk.rules[alert.kind]
        now = self._services.clock.now()
        ends = [silence.ends_at for silence in self.desk.silences if silences(silence, alert, now)]
        return ShownAlert(
            alert=alert,
            instance_name=self._name(alert.instance),
            severity=rule.severity,
            silent_until=max(ends, default=None) if alert.is_open else None,
            repeat_s=rule.repeat_s,
        )

    def shown_silence(self, silence: StoredSilence) -> ShownSilence:
        """Return a silence with the words for what it keeps quiet."""
        alerts = self.desk.open_alerts
        alert = next((alert for alert in alerts if silence.dedup == alert.dedup), None)
        if alert is not None:
            return ShownSilence(silence=silence, about=self.shown(alert).option)
        try:
            kind = label(EventKind(silence.kind or ""))
        except ValueError:
            kind = ""
        about = (kind, self._name(silence.instance), silence.title or "")
        return ShownSilence(silence=silence, about=" · ".join(filter(None, about)) or alert_texts.EVERYTHING)

    def technical(self, alert: Alert) -> list[str]:
        """Return what only operators are shown of an alert."""
        numbers = f"Alert {alert.id}"
        lines = [f"{numbers}, told in message {alert.story}" if alert.story is not None else numbers]
        if alert.facts.source:
            lines.append(f"Source: {name(alert.facts.source, 60)}")
            instance = self._services.cache.snapshot.instance(alert.instance or "")
            lines += [
                f"• {sentence(without_addresses(issue.message), _MAX_MESSAGE)}"
                for issue in (instance.health if instance is not None else ())
                if issue.source == alert.facts.source
            ]
        return lines

    def _name(self, instance_id: str | None) -> str:
        instance = self._services.cache.snapshot.instance(instance_id or "")
        return instance.name if instance is not None else instance_id or ""

    async def _past(self, asker: Asker, is_wanted: Callable[[StoredAlert], bool]) -> list[Alert]:
        stored = await self.desk.history(limit=_STORY_REACH)
        read = (read_alert(item) for item in stored if is_wanted(item) and _may_see(asker, item))
        return [alert for alert in read if alert is not None]


def waiting(alerts: Iterable[Alert]) -> list[int]:
    """Return the ids of those that people were told of, and that nobody looks after."""
    return [
        alert.id for alert in alerts if alert.is_open and alert.held is None and alert.acknowledged_by is None
    ]


def _may_see(asker: Asker, alert: Alert | StoredAlert) -> bool:
    if alert.kind in _FOR_OPERATORS and not asker.may(Capability.SEE_TECHNICAL):
        return False
    if alert.instance in asker.hidden.instances:
        return False
    return not alert.is_hidden or asker.may(Capability.SEE_HIDDEN)
