"""When the book of alerts says something again, and when it keeps quiet."""

from datetime import timedelta

import pytest

from discarr.core.events import EventKind
from discarr.core.store.alerts import StoredSilence
from discarr.monitoring.alerts.content import StoryContent
from discarr.monitoring.alerts.quiet_hours import QuietHours
from discarr.monitoring.alerts.rules import DEFAULT_RULES
from tests.fakes.clock import START
from tests.monitoring.alerts.builders import (
    NO_HANDS,
    Diary,
    down,
    hand,
    seen,
)
from tests.monitoring.alerts.test_book import DELAY_S, SETTLED_S


def test_reminders_come_until_somebody_knows() -> None:
    diary = Diary()
    diary.look(seen(down(held_s=300)))
    diary.outgoing.clear()
    repeat_s = DEFAULT_RULES[EventKind.INSTANCE_DOWN].repeat_s
    assert repeat_s is not None

    diary.look(seen(down()), after_s=repeat_s - 1)
    assert diary.outgoing == []
    diary.look(seen(down()), after_s=1)
    assert [message.is_new and message.is_sequel for message in diary.outgoing] == [True, True]
    assert diary.last_story.is_reminder

    (alert,) = diary.book.open_alerts
    diary.acknowledge(alert.id, user_id=99)
    assert diary.last_story.acknowledged_by == 99
    diary.outgoing.clear()
    diary.look(seen(down()), after_s=10 * repeat_s)
    assert diary.outgoing == []


def test_after_six_reminders_there_is_one_a_day() -> None:
    diary = Diary()
    diary.look(seen(down(held_s=300)))
    told_at = []
    for _ in range(24 * 14):
        count = len(diary.outgoing)
        diary.look(seen(down()), after_s=1800)
        if len(diary.outgoing) > count:
            told_at.append(diary.elapsed_s / 3600)

    assert told_at[:7] == [4, 8, 12, 16, 20, 24, 48]
    assert told_at[7:] == [72, 96, 120, 144, 168]


def silence(**overrides: object) -> StoredSilence:
    values: dict[str, object] = {
        "id": 1,
        "kind": None,
        "instance": None,
        "dedup": None,
        "title": None,
        "reason": "",
        "created_by": 7,
        "created_at": START,
        "ends_at": START + timedelta(hours=1),
    }
    return StoredSilence(**(values | overrides))  # type: ignore[arg-type]  # the test names fields


@pytest.mark.parametrize(
    ("fields", "is_silent"),
    [
        ({}, True),
        ({"kind": "needs_hand"}, True),
        ({"kind": "stalled"}, False),
        ({"instance": "radarr"}, True),
        ({"instance": "sonarr"}, False),
        ({"dedup": hand().dedup}, True),
        ({"dedup": "other"}, False),
        ({"title": "title OF hash"}, True),
        ({"title": "nothing like it"}, False),
        ({"ends_at": START}, False),
    ],
)
def test_a_silence_holds_back_what_it_matches(fields: dict[str, object], is_silent: bool) -> None:
    diary = Diary()
    diary.book.silences = (silence(**fields),)
    diary.look(seen(hand()))
    diary.look(seen(hand()), after_s=DELAY_S)

    assert (diary.outgoing == []) is is_silent
    assert len(diary.book.open_alerts) == 1


def test_what_still_holds_when_a_silence_ends_is_told_then() -> None:
    diary = Diary()
    diary.book.silences = (silence(),)
    diary.look(seen(hand()))
    diary.look(seen(hand()), after_s=DELAY_S)
    diary.look(seen(hand()), after_s=3600)

    assert len(diary.outgoing) == 1
    assert diary.last_story.began_at == START


def test_what_is_over_when_a_silence_ends_is_never_told() -> None:
    diary = Diary()
    diary.book.silences = (silence(),)
    diary.look(seen(hand()))
    diary.look(seen(hand()), after_s=DELAY_S)
    diary.look(NO_HANDS, after_s=60)
    diary.look(NO_HANDS, after_s=3600)

    assert diary.outgoing == []
    assert diary.book.open_alerts == ()


def test_a_silence_stops_reminders() -> None:
    diary = Diary()
    diary.look(seen(down(held_s=300)))
    diary.outgoing.clear()
    diary.book.silences = (silence(ends_at=START + timedelta(days=2)),)

    diary.look(seen(down()), after_s=24 * 3600)
    assert diary.outgoing == []
    diary.look(seen(down()), after_s=24 * 3600)
    assert diary.last_story.is_reminder


def test_a_rule_that_is_off_makes_no_alerts_but_lets_open_ones_end() -> None:
    diary = Diary()
    diary.look(seen(hand("d:A")))
    diary.look(seen(hand("d:A")), after_s=DELAY_S)
    diary.book.rules = diary.book.rules.change(EventKind.NEEDS_HAND, is_on=False)
    diary.look(seen(hand("d:A"), hand("d:B")), after_s=60)
    diary.look(seen(hand("d:A"), hand("d:B")), after_s=10 * DELAY_S)
    assert len(diary.outgoing) == 1

    diary.look(NO_HANDS, after_s=1)
    diary.look(NO_HANDS, after_s=SETTLED_S)
    assert diary.last_story.ended_at is not None


@pytest.mark.parametrize("is_over", [True, False])
def test_what_is_over_or_looked_after_is_settled(is_over: bool) -> None:
    diary = Diary()
    diary.look(seen(hand()))
    diary.look(seen(hand()), after_s=DELAY_S)
    diary.look(seen(hand()), after_s=24 * 3600)
    assert [message.is_settled for message in diary.outgoing] == [False, False]

    if is_over:
        diary.look(NO_HANDS)
        diary.look(NO_HANDS, after_s=SETTLED_S)
    else:
        diary.acknowledge(1)

    assert diary.outgoing[-1].is_settled


def test_quiet_hours_hold_back_all_but_what_is_critical() -> None:
    diary = Diary()  # it is 20:47
    diary.book.quiet_hours = QuietHours.parse("20", "7:30", "UTC")
    diary.look(seen(hand()), seen(down(held_s=300)))
    diary.look(seen(hand()), seen(down()), after_s=DELAY_S)

    by_kind = {
        content.kind: message.not_before
        for message, content in zip(diary.outgoing, diary.said, strict=True)
        if isinstance(content, StoryContent)
    }
    assert by_kind[EventKind.NEEDS_HAND] == START.replace(hour=7, minute=30) + timedelta(days=1)
    assert by_kind[EventKind.INSTANCE_DOWN] == START + timedelta(seconds=5)
