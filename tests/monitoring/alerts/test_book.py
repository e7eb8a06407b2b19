from dataclasses import replace
from datetime import timedelta
from typing import Any

from discarr.core.events import Ending, EventKind, Severity
from discarr.monitoring.alerts.alert import Held, Observation
from discarr.monitoring.alerts.book import SETTLE_S, AlertBook
from discarr.monitoring.alerts.content import StoryContent
from discarr.monitoring.alerts.rules import DEFAULT_RULES
from tests.fakes.clock import START
from tests.monitoring.alerts.builders import (
    NAMES,
    NO_HANDS,
    NOT_DOWN,
    Diary,
    down,
    hand,
    seen,
    stored_book,
)

DELAY_S = DEFAULT_RULES[EventKind.NEEDS_HAND].delay_s
SETTLED_S = SETTLE_S[EventKind.NEEDS_HAND]


def test_a_condition_is_told_once_it_has_held_for_its_delay() -> None:
    diary = Diary()

    diary.look(seen(hand()))
    diary.look(seen(hand()), after_s=DELAY_S - 1)
    assert diary.outgoing == []

    diary.look(seen(hand()), after_s=1)
    diary.look(seen(hand()), after_s=60)

    (message,) = diary.outgoing
    assert (message.route, message.is_new) == ("alerts", False)
    assert diary.last_story.entries[0].facts.work == hand().facts.work
    assert diary.last_story.began_at == START
    assert diary.last_story.instance_name == "Movies"


def test_what_ends_before_its_delay_is_never_told() -> None:
    diary = Diary()

    diary.look(seen(hand()))
    diary.look(NO_HANDS, after_s=DELAY_S - 1)
    diary.look(seen(hand()), after_s=1)
    diary.look(seen(hand()), after_s=DELAY_S - 1)

    assert diary.outgoing == []


def test_time_that_somebody_else_measured_counts() -> None:
    diary = Diary()

    diary.look(seen(down(held_s=300)))

    assert {message.route for message in diary.outgoing} == {"alerts", "owner"}
    assert diary.last_story.severity is Severity.CRITICAL
    assert diary.last_story.began_at == START - timedelta(seconds=300)


def test_a_new_message_waits_a_little_for_others_to_join() -> None:
    diary = Diary()
    diary.look(seen(hand("d:A"), hand("d:B")))
    diary.look(seen(hand("d:A"), hand("d:B")), after_s=DELAY_S)

    (message,) = diary.outgoing
    assert message.not_before == diary.now + timedelta(seconds=20)
    assert (diary.last_story.total, diary.last_story.open_count) == (2, 2)


def test_later_ones_join_the_same_message_while_it_is_young() -> None:
    diary = Diary()
    diary.look(seen(hand("d:A")))
    diary.look(seen(hand("d:A"), hand("d:B")), after_s=DELAY_S)
    diary.look(seen(hand("d:A"), hand("d:B")), after_s=DELAY_S)

    first, second = diary.outgoing
    assert first.story == second.story
    assert diary.last_story.total == 2


def test_after_the_grouping_window_a_new_message_begins() -> None:
    diary = Diary()
    diary.look(seen(hand("d:A")))
    diary.look(seen(hand("d:A")), after_s=DELAY_S)
    group_s = DEFAULT_RULES[EventKind.NEEDS_HAND].group_s
    diary.look(seen(hand("d:A"), hand("d:B")), after_s=group_s)
    diary.look(seen(hand("d:A"), hand("d:B")), after_s=DELAY_S)

    first, second = diary.outgoing
    assert first.story != second.story
    assert diary.last_story.total == 1


def test_the_end_edits_the_message_and_says_how_it_ended() -> None:
    diary = Diary()
    diary.look(seen(hand()))
    diary.look(seen(hand()), after_s=DELAY_S)
    diary.look(
        Observation(
            kind=EventKind.NEEDS_HAND,
            instance="radarr",
            conditions=(),
            endings={hand().dedup: Ending.IMPORTED},
        ),
        after_s=600,
    )

    first, last = diary.outgoing
    assert first.story == last.story
    assert not last.is_new
    assert diary.last_story.ended_at == diary.now
    assert diary.last_story.entries[0].ending is Ending.IMPORTED
    assert diary.book.open_alerts == ()
    assert not diary.book.stories


def test_an_alert_settles_before_it_counts_as_over() -> None:
    diary = Diary()
    diary.look(seen(hand()))
    diary.look(seen(hand()), after_s=DELAY_S)
    for _ in range(5):  # the app tries again each minute
        diary.look(NO_HANDS, after_s=60)
        diary.look(seen(hand()), after_s=10)
    assert len(diary.outgoing) == 1

    diary.look(NO_HANDS, after_s=10)
    diary.look(NO_HANDS, after_s=SETTLED_S)

    assert len(diary.outgoing) == 2
    assert diary.last_story.entries[0].ending is Ending.SOLVED


def test_acknowledging_does_not_put_off_the_end() -> None:
    diary = Diary()
    diary.look(seen(hand()))
    diary.look(seen(hand()), after_s=DELAY_S)
    diary.look(NO_HANDS)

    diary.acknowledge(1)
    diary.look(NO_HANDS, after_s=SETTLED_S)

    assert diary.book.open_alerts == ()


def test_what_nothing_is_known_of_stays_open() -> None:
    diary = Diary()
    diary.look(seen(hand()))
    diary.look(seen(hand()), after_s=DELAY_S)
    unsettled = Observation(
        kind=EventKind.NEEDS_HAND,
        instance="radarr",
        conditions=(),
        unsettled=frozenset({hand().dedup}),
    )

    diary.look(unsettled, after_s=10_000)

    assert len(diary.book.open_alerts) == 1
    assert len(diary.outgoing) == 1


def test_what_is_over_before_its_message_went_out_is_withdrawn() -> None:
    diary = Diary()
    diary.look(seen(hand()))
    diary.look(seen(hand()), after_s=DELAY_S)
    story = diary.outgoing[0].story

    ended = Observation(
        kind=EventKind.NEEDS_HAND,
        instance="radarr",
        conditions=(),
        endings={hand().dedup: Ending.IMPORTED},
    )
    diary.look(ended, after_s=5)

    assert diary.withdrawn == [story]
    assert len(diary.outgoing) == 1


def test_the_end_of_a_long_outage_is_told_anew_as_well() -> None:
    diary = Diary()
    diary.look(seen(down(held_s=300)))
    diary.outgoing.clear()

    diary.look(NOT_DOWN, after_s=3600)

    edits = [message for message in diary.outgoing if not message.is_new]
    anew = [message for message in diary.outgoing if message.is_new]
    assert {message.route for message in edits} == {message.route for message in anew} == {"alerts", "owner"}
    assert all(message.is_sequel for message in anew)
    assert diary.last_story.ended_at == diary.now


def test_the_end_of_a_short_outage_is_an_edit_alone() -> None:
    diary = Diary()
    diary.look(seen(down(held_s=300)))
    diary.outgoing.clear()

    diary.look(NOT_DOWN, after_s=29 * 60)

    assert [message.is_new for message in diary.outgoing] == [False, False]
    assert diary.last_story.ended_at == diary.now


def test_a_changed_reason_is_told_and_growing_numbers_are_not() -> None:
    diary = Diary()
    diary.look(seen(hand()))
    diary.look(seen(hand()), after_s=DELAY_S)
    diary.look(seen(hand()), after_s=60)
    assert len(diary.outgoing) == 1

    diary.look(seen(hand(reason="no space")), after_s=60)

    assert len(diary.outgoing) == 2
    assert diary.last_story.entries[0].facts.reason == "no space"


def test_what_was_there_at_the_first_meeting_is_listed_and_never_told() -> None:
    diary = Diary(is_baseline_known=False)
    diary.look(seen(hand("d:OLD")))
    diary.look(seen(hand("d:OLD"), hand("d:NEW")), after_s=60)
    diary.look(seen(hand("d:OLD"), hand("d:NEW")), after_s=DELAY_S)

    assert [alert.held for alert in diary.book.open_alerts] == [Held.BASELINE, None]
    assert diary.last_story.total == 1
    assert diary.last_story.entries[0].facts.key == hand("d:NEW").facts.key


def test_a_first_meeting_is_known_after_a_restart() -> None:
    diary = Diary(is_baseline_known=False)
    plan = diary.look(seen(hand("d:OLD")))
    stored = stored_book(
        baselines=plan.baselines, alerts=[alert.stored() for alert in plan.alerts.values()], last_alert_id=1
    )

    later = Diary(AlertBook(stored))
    later.look(seen(hand("d:OLD"), hand("d:NEW")))
    later.look(seen(hand("d:OLD"), hand("d:NEW")), after_s=DELAY_S)

    assert later.last_story.total == 1
    assert [alert.id for alert in later.book.open_alerts] == [1, 2]


def test_a_restart_keeps_stories_and_tells_nothing_twice() -> None:
    diary = Diary()
    diary.look(seen(hand()))
    plan = diary.look(seen(hand()), after_s=DELAY_S)
    stored = stored_book(
        alerts=[alert.stored() for alert in plan.alerts.values()],
        stories=[story.stored() for story in plan.stories.values()],
        baselines={"needs_hand|radarr"},
        last_alert_id=1,
        last_story_id=1,
    )

    later = Diary(AlertBook(stored))
    later.wait(DELAY_S + 60)
    later.look(seen(hand()))
    assert later.outgoing == []

    later.look(NO_HANDS, after_s=10)
    later.look(NO_HANDS, after_s=SETTLED_S)
    assert later.outgoing[0].story == diary.outgoing[0].story


def test_what_is_hidden_goes_to_people_only_and_shares_no_message() -> None:
    diary = Diary()
    diary.book.rules = diary.book.rules.change(
        EventKind.NEEDS_HAND, routes=DEFAULT_RULES[EventKind.INSTANCE_DOWN].routes
    )
    both = seen(hand("d:A"), hand("d:SECRET", is_hidden=True))
    diary.look(both)
    diary.look(both, after_s=DELAY_S)

    told: dict[str, list[Any]] = {}
    for message, content in zip(diary.outgoing, diary.said, strict=True):
        assert isinstance(content, StoryContent)
        told.setdefault(message.route, []).append([entry.facts.key for entry in content.entries])
    assert told == {
        "alerts": [[hand("d:A").facts.key]],
        "owner": [[hand("d:A").facts.key], [hand("d:SECRET").facts.key]],
    }


def test_an_instance_that_left_the_settings_ends_its_alerts() -> None:
    diary = Diary()
    diary.look(seen(hand()))
    diary.look(seen(hand()), after_s=DELAY_S)

    plan = diary.book.plan((), names={"sonarr": "TV"}, now=diary.now, monotonic=diary.elapsed_s)

    assert [alert.ending for alert in plan.alerts.values()] == [Ending.GONE]


def test_nothing_changes_until_a_plan_was_stored() -> None:
    diary = Diary()
    diary.look(seen(hand()))
    diary.wait(DELAY_S)

    plans = [
        diary.book.plan([seen(hand())], names=NAMES, now=diary.now, monotonic=diary.elapsed_s)
        for _ in range(2)
    ]

    assert plans[0] == plans[1]
    assert not plans[0].is_empty
    assert diary.book.open_alerts == ()


def test_of_a_story_none_of_whose_alerts_can_be_read_nobody_is_reminded() -> None:
    diary = Diary()
    plan = diary.look(seen(down(held_s=300)))
    stored = stored_book(
        alerts=[replace(alert.stored(), facts=b"{") for alert in plan.alerts.values()],
        stories=[story.stored() for story in plan.stories.values()],
        last_alert_id=1,
        last_story_id=1,
    )

    later = Diary(AlertBook(stored))
    later.look(NOT_DOWN, after_s=24 * 3600)

    assert later.book.unheeded_alerts() == {"story:1": ()}
    assert later.outgoing == []


def test_what_a_newer_version_stored_is_left_alone() -> None:
    diary = Diary()
    diary.look(seen(hand()))
    plan = diary.look(seen(hand()), after_s=DELAY_S)
    (alert,) = plan.alerts.values()
    (story,) = plan.stories.values()
    strange = [
        replace(alert.stored(), kind="from the future"),
        replace(alert.stored(), id=2, dedup="x", facts=b"{"),
        replace(alert.stored(), id=3, dedup="y", ending="evaporated"),
    ]
    book = AlertBook(stored_book(alerts=strange, stories=[replace(story.stored(), kind="strange")]))

    assert book.open_alerts == ()
    assert not book.stories
