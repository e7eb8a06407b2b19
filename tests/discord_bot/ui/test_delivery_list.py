"""What reached nobody, whatever it was."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discarr.core.store.outbox import OutboxCounts, OutboxRow
from discarr.discord_bot.ui.delivery_list import Undelivered, deliveries_controls, render_deliveries
from discarr.discord_bot.ui.paging import Page
from discarr.monitoring.alerts.content import Content, encode
from tests.discord_bot.ui.builders import (
    FOREIGN_TEXT,
    HUGE,
    MOMENTS,
    NOW,
    at,
    faults_of,
    faults_of_view,
    stamp,
)
from tests.discord_bot.ui.notices import (
    CONTENTS,
    make_digest,
    make_entry,
    make_facts,
    make_item,
    make_notice,
    make_outage,
    make_overflow,
    make_ready,
    make_story,
)
from tests.effort import examples

QUIET = OutboxCounts(waiting=0, scheduled=0, oldest_due=None, dead=0)


def row_of(content: bytes, **overrides: object) -> OutboxRow:
    values = {
        "id": 1,
        "story": "story:1",
        "route": "alerts",
        "is_new": False,
        "content": content,
        "not_before": NOW,
        "created_at": NOW - timedelta(hours=3),
        "state": "dead",
        "attempts": 1,
        "first_attempt_at": NOW,
        "tried": (),
        "error": "The channel is gone.",
    } | overrides
    return OutboxRow(**values)  # type: ignore[arg-type]  # of the test


def stored(content: Content) -> bytes:
    """Return a content as the store has it; nothing for one that JSON has no way to write."""
    try:
        return encode(content)
    except (UnicodeEncodeError, OverflowError):
        return b""


ROWS = st.builds(
    row_of,
    CONTENTS.map(stored) | st.binary(max_size=40),
    id=st.integers(1, 2**63 - 1),
    route=FOREIGN_TEXT | st.sampled_from(["owner", "channel:5", "user:9"]),
    tried=st.lists(FOREIGN_TEXT | st.just("alerts"), max_size=4).map(tuple),
    created_at=MOMENTS,
    error=st.none() | FOREIGN_TEXT,
)


@settings(max_examples=examples(30), deadline=None)
@given(
    st.lists(ROWS, max_size=10, unique_by=lambda row: row.id),
    st.builds(OutboxCounts, waiting=HUGE, scheduled=HUGE, oldest_due=st.none() | MOMENTS, dead=HUGE),
)
def test_any_list_is_legal(rows: list[OutboxRow], counts: OutboxCounts) -> None:
    page = Page(items=tuple(Undelivered(row=row) for row in rows), number=2, count=5, has_next=True)
    assert faults_of(render_deliveries(page, counts, now=NOW)) == []
    assert faults_of_view(deliveries_controls(page, NOW)) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (make_story(), "Needs a hand · Devs"),
        (make_story(make_entry(facts=make_facts(work=None)), instance_name=""), "Needs a hand"),
        (make_outage(), "Server down · TV"),
        (make_digest(), "What happened to downloads"),
        (make_ready(), "Dune: Part Two can be watched"),
        (make_ready(has_failed=True), "Dune: Part Two failed"),
        (make_notice(), "Movies was updated"),
        (make_overflow(), "A lot happened at once"),
    ],
)
def test_every_message_is_named_in_a_line(content: Content, words: str) -> None:
    assert Undelivered(row=row_of(encode(content))).what == words


def test_a_digest_is_named_by_its_counts() -> None:
    assert "1" in Undelivered(row=row_of(encode(make_digest(make_item())))).what


def test_every_place_that_was_tried_is_named_once() -> None:
    row = row_of(b"", tried=("channel:5", "alerts", "moon"), route="alerts")
    assert Undelivered(row=row).wheres == "<#5>, the thread for alerts, a place of another version"


def test_what_is_on_the_way_is_told_with_its_age() -> None:
    counts = OutboxCounts(waiting=2, scheduled=1, oldest_due=at(20), dead=1)
    page = Page(items=(Undelivered(row=row_of(encode(make_notice()), error=None)),))

    assert str(render_deliveries(page, counts, now=NOW).description).split("\n") == [
        f"2 messages on the way, the oldest since {stamp(at(20))}",
        "1 for later: summaries, and what waits for the end of the quiet hours",
        "",
        "`1` **Movies was updated** · 3 h old",
        "To the thread for alerts: Nobody knows why.",
    ]
