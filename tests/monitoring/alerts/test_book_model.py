"""The book of alerts against a small reference, whatever happens in whatever order."""

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from discarr.core.events import EventKind
from discarr.monitoring.alerts.book import SETTLE_S, AlertBook
from discarr.monitoring.alerts.content import StoryContent, decode
from discarr.monitoring.alerts.rules import DEFAULT_RULES
from tests.effort import examples
from tests.monitoring.alerts.builders import NO_HANDS, Diary, hand, seen, stored_book

SUBJECTS = ("d:A", "d:B", "d:C")
DELAY_S = DEFAULT_RULES[EventKind.NEEDS_HAND].delay_s
SETTLED_S = SETTLE_S[EventKind.NEEDS_HAND]


@dataclass(slots=True)
class Subject:
    """What the reference knows of one download."""

    is_there: bool = False
    since_s: float | None = None
    """When it was first seen in a row, while it is no alert."""
    gone_s: float | None = None
    """When it was first missed in a row, while it is an alert."""
    is_alert: bool = False
    is_known_to_somebody: bool = False


class BookMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.diary = Diary()
        self.subjects = {name: Subject() for name in SUBJECTS}
        self.told: dict[str, StoryContent] = {}
        self.began = 0

    def reference_look(self) -> None:
        now = self.diary.elapsed_s
        for subject in self.subjects.values():
            if subject.is_there:
                subject.gone_s = None
                if not subject.is_alert:
                    subject.since_s = now if subject.since_s is None else subject.since_s
                    if now - subject.since_s >= DELAY_S:
                        subject.is_alert, subject.is_known_to_somebody = True, False
                        subject.since_s = None
                        self.began += 1
            else:
                subject.since_s = None
                if subject.is_alert:
                    subject.gone_s = now if subject.gone_s is None else subject.gone_s
                    if now - subject.gone_s >= SETTLED_S:
                        subject.is_alert = False
                        subject.gone_s = None

    @rule(names=st.sets(st.sampled_from(SUBJECTS)))
    def change(self, names: set[str]) -> None:
        for name in names:
            self.subjects[name].is_there = not self.subjects[name].is_there

    @rule(seconds=st.sampled_from([1.0, 15.0, 60.0, 89.0, 90.0, 120.0, 400.0, 7000.0, 90_000.0]))
    def look_later(self, seconds: float) -> None:
        self.diary.wait(seconds)
        self.reference_look()
        there = [hand(name) for name, subject in self.subjects.items() if subject.is_there]
        self.diary.look(seen(*there) if there else NO_HANDS)

    @precondition(lambda self: bool(self.diary.book.open_alerts))
    @rule(data=st.data())
    def acknowledge(self, data: st.DataObject) -> None:
        alert = data.draw(st.sampled_from(self.diary.book.open_alerts))
        self.diary.acknowledge(alert.id)
        key = alert.facts.key
        assert key is not None
        self.subjects[f"d:{key.id}"].is_known_to_somebody = True

    @rule()
    def restart(self) -> None:
        """What is only being watched begins anew; what was told is known."""
        book = self.diary.book
        stories = [story.stored() for story in book.stories.values()]
        members = {alert.id: alert for story_id in book.stories for alert in book.members(story_id).values()}
        stored = stored_book(
            alerts=[alert.stored() for alert in members.values()],
            stories=stories,
            baselines={"needs_hand|radarr"},
            last_alert_id=book.last_alert_id,
            last_story_id=book.last_story_id,
        )
        self.diary.book = AlertBook(stored)
        for subject in self.subjects.values():
            subject.since_s = subject.gone_s = None

    @invariant()
    def the_same_alerts_are_open(self) -> None:
        found = {alert.dedup: alert for alert in self.diary.book.open_alerts}
        expected = {hand(name).dedup for name, subject in self.subjects.items() if subject.is_alert}
        assert set(found) == expected
        for name, subject in self.subjects.items():
            if subject.is_alert:
                is_known = found[hand(name).dedup].acknowledged_by is not None
                assert is_known is subject.is_known_to_somebody

    @invariant()
    def every_alert_has_an_id_of_its_own(self) -> None:
        assert self.diary.book.last_alert_id == self.began

    @invariant()
    def the_messages_say_how_things_are(self) -> None:
        """The latest word of each message that was not withdrawn lists exactly what is open."""
        latest: dict[str, StoryContent] = {}
        for message in self.diary.outgoing:
            content = decode(message.content)
            if isinstance(content, StoryContent) and not message.is_new:
                latest[message.story] = content
        for story in self.diary.withdrawn:
            latest.pop(story, None)
        said = [
            entry.facts.key
            for content in latest.values()
            for entry in content.entries
            if entry.ended_at is None
        ]
        is_open = [alert.facts.key for alert in self.diary.book.open_alerts]
        assert sorted(map(str, said)) == sorted(map(str, is_open))


TestBook = BookMachine.TestCase
TestBook.settings = settings(max_examples=examples(60), stateful_step_count=40, deadline=None)
