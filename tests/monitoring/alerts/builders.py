"""Conditions, observations and a book to try them on."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from discarr.core.events import EventKind, Work
from discarr.core.models import DownloadKey
from discarr.core.store.alerts import StoredAlert, StoredBook, StoredSilence, StoredStory
from discarr.core.store.outbox import Outgoing
from discarr.monitoring.alerts.alert import Condition, Observation
from discarr.monitoring.alerts.book import AlertBook
from discarr.monitoring.alerts.content import Content, Facts, StoryContent, decode
from discarr.monitoring.alerts.plan import Plan
from tests.fakes.clock import START

NAMES = {"radarr": "Movies", "sonarr": "TV"}


def stored_book(
    *,
    alerts: Iterable[StoredAlert] = (),
    stories: Iterable[StoredStory] = (),
    silences: Iterable[StoredSilence] = (),
    baselines: Iterable[str] = (),
    rules: dict[str, bytes] | None = None,
    last_alert_id: int = 0,
    last_story_id: int = 0,
) -> StoredBook:
    """What the store would hand over at a start."""
    return StoredBook(
        alerts=tuple(alerts),
        stories=tuple(stories),
        silences=tuple(silences),
        baselines=frozenset(baselines),
        rules=rules or {},
        last_alert_id=last_alert_id,
        last_story_id=last_story_id,
    )


def hand(subject: str = "d:HASH", *, reason: str = "no video", is_hidden: bool = False) -> Condition:
    """A download that needs a hand."""
    kind, _, key = subject.partition(":")
    return Condition(
        kind=EventKind.NEEDS_HAND,
        instance="radarr",
        subject=subject,
        facts=Facts(
            work=Work(title=f"Title of {key}"),
            key=DownloadKey("radarr", "p" if kind == "p" else "d", key),
            reason=reason,
        ),
        is_hidden=is_hidden,
    )


def down(instance: str = "radarr", *, held_s: float = 0.0) -> Condition:
    """An instance that is down."""
    return Condition(
        kind=EventKind.INSTANCE_DOWN,
        instance=instance,
        subject="",
        facts=Facts(problem="is offline", remedy="Is it running?"),
        held_s=held_s,
    )


def seen(*conditions: Condition, kind: EventKind | None = None, instance: str = "radarr") -> Observation:
    """An observation of conditions of one kind at one instance."""
    return Observation(
        kind=kind or conditions[0].kind,
        instance=conditions[0].instance if conditions else instance,
        conditions=conditions,
    )


NO_HANDS = Observation(kind=EventKind.NEEDS_HAND, instance="radarr", conditions=())
NOT_DOWN = Observation(kind=EventKind.INSTANCE_DOWN, instance="radarr", conditions=())


class Diary:
    """A book and the time it lives in; remembers what went into the outbox."""

    def __init__(self, book: AlertBook | None = None, *, is_baseline_known: bool = True) -> None:
        self.book = book or AlertBook(
            stored_book(baselines={"needs_hand|radarr"} if is_baseline_known else ())
        )
        self.elapsed_s = 0.0
        self.outgoing: list[Outgoing] = []
        self.withdrawn: list[str] = []

    @property
    def now(self) -> datetime:
        return START + timedelta(seconds=self.elapsed_s)

    def wait(self, seconds: float) -> None:
        self.elapsed_s += seconds

    def look(self, *observations: Observation, after_s: float = 0.0) -> Plan:
        """Let time pass, look, and let what was decided be stored."""
        self.wait(after_s)
        plan = self.book.plan(observations, names=NAMES, now=self.now, monotonic=self.elapsed_s)
        self.take(plan)
        return plan

    def take(self, plan: Plan) -> None:
        self.book.apply(plan)
        self.outgoing += plan.outgoing
        self.withdrawn += plan.withdrawn

    def acknowledge(self, *alert_ids: int, user_id: int = 7) -> Plan:
        plan = self.book.plan_acknowledgement(alert_ids, user_id, names=NAMES, now=self.now)
        self.take(plan)
        return plan

    @property
    def said(self) -> list[Content]:
        """What all messages say, in order."""
        return [decode(message.content) for message in self.outgoing]

    @property
    def last_story(self) -> StoryContent:
        """The latest content about alerts."""
        found = self.said[-1]
        assert isinstance(found, StoryContent)
        return found
