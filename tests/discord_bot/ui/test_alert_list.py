"""Alerts in lists and in full, whatever they are about."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discarr.core.events import Ending, EventKind, Severity
from discarr.core.models import StatusMessage
from discarr.core.store.alerts import StoredSilence
from discarr.discord_bot.ui.alert_list import (
    ShownAlert,
    ShownSilence,
    plain_standing,
    render_alert,
    render_alerts,
    render_history,
    render_silences,
    standing,
)
from discarr.discord_bot.ui.alert_pages import (
    AlertPlace,
    Shelf,
    alert_controls,
    list_controls,
    silences_controls,
    way_to_lists,
)
from discarr.discord_bot.ui.detail_card import render_detail
from discarr.discord_bot.ui.paging import Page
from discarr.discord_bot.ui.row_text import sentence
from discarr.monitoring.alerts.alert import Alert, Held
from discarr.monitoring.download_rows import Phase
from discarr.monitoring.progress_tracker import ProgressTracker
from tests.discord_bot.ui.builders import (
    FOREIGN_TEXT,
    MOMENTS,
    NOW,
    explain,
    faults_of,
    faults_of_view,
    make_row,
    stamp,
)
from tests.discord_bot.ui.notices import FACTS, IDS, make_facts
from tests.effort import examples
from tests.factories import make_download
from tests.fakes.clock import FakeClock

ALERT_IDS = st.integers(1, 2**63 - 1)
ALERTS = st.builds(
    Alert,
    id=ALERT_IDS,
    dedup=FOREIGN_TEXT,
    kind=st.sampled_from(EventKind),
    instance=st.none() | FOREIGN_TEXT,
    is_hidden=st.booleans(),
    began_at=MOMENTS,
    fired_at=MOMENTS,
    facts=FACTS,
    story=st.none() | IDS,
    held=st.none() | st.sampled_from(Held),
    ended_at=st.none() | MOMENTS,
    ending=st.none() | st.sampled_from(Ending),
    acknowledged_by=st.none() | IDS,
)
SHOWN = st.builds(
    ShownAlert,
    alert=ALERTS,
    instance_name=FOREIGN_TEXT,
    severity=st.sampled_from(Severity),
    silent_until=st.none() | MOMENTS,
    repeat_s=st.none() | st.floats(600, 10**6),
)
SILENCES = st.builds(
    ShownSilence,
    silence=st.builds(
        StoredSilence,
        id=IDS,
        kind=st.none() | FOREIGN_TEXT,
        instance=st.none() | FOREIGN_TEXT,
        dedup=st.none() | FOREIGN_TEXT,
        title=st.none() | FOREIGN_TEXT,
        reason=FOREIGN_TEXT,
        created_by=IDS,
        created_at=MOMENTS,
        ends_at=MOMENTS,
    ),
    about=FOREIGN_TEXT,
)
PLACES = st.builds(
    AlertPlace, shelf=st.sampled_from(Shelf), page=st.integers(-5, 10**9), story_id=st.integers(-5, 2**63 - 1)
)


def make_shown(**overrides: object) -> ShownAlert:
    """Return a download whose import was refused, told an hour ago."""
    values = {
        "id": 7,
        "dedup": "x",
        "kind": EventKind.NEEDS_HAND,
        "instance": "sonarr",
        "is_hidden": False,
        "began_at": NOW - timedelta(hours=1),
        "fired_at": NOW,
        "facts": make_facts(),
        "story": 12,
    } | overrides
    alert = Alert(**values)  # type: ignore[arg-type]  # of the test
    return ShownAlert(alert=alert, instance_name="TV", severity=Severity.WARNING, repeat_s=86_400.0)


@settings(max_examples=examples(30))
@given(st.lists(SHOWN, max_size=2), st.integers(1, 5), st.booleans(), PLACES)
def test_any_list_is_legal(some: list[ShownAlert], times: int, is_operator: bool, place: AlertPlace) -> None:
    items = tuple(some * times)
    page = Page(items=items, number=3, count=None, has_next=True)
    assert faults_of(render_alerts(page, len(items), now=NOW)) == []
    assert faults_of(render_history(page, now=NOW)) == []
    distinct = Page(items=tuple({shown.alert.id: shown for shown in some}.values()), number=3, has_next=True)
    controls = list_controls(
        place, distinct, unacknowledged=3, is_operator=is_operator, silence_count=10**9, now=NOW
    )
    assert faults_of_view(controls) == []


@settings(max_examples=examples(30))
@given(SHOWN, st.lists(FOREIGN_TEXT, max_size=30), st.booleans(), PLACES)
def test_any_alert_in_full_is_legal(
    shown: ShownAlert, technical: list[str], is_operator: bool, place: AlertPlace
) -> None:
    lines = [sentence(line, 300) or "-" for line in technical]
    assert faults_of(render_alert(shown, technical=lines, now=NOW)) == []
    assert faults_of_view(alert_controls(shown, place, is_operator=is_operator, now=NOW)) == []


def test_the_longest_card_with_its_alert_is_legal() -> None:
    long = "*" * 3_000
    messages = tuple(StatusMessage(title=long, messages=(long,) * 5) for _ in range(9))
    download = make_download(release_title=long, messages=messages, error_message=long, indexer=long)
    row = make_row(title=long, phase=Phase.NEEDS_HAND, explanation=explain(long, long), instance_name=long)
    estimate = ProgressTracker(clock=FakeClock()).estimate(download.key)
    card = render_detail(row, download, estimate, is_operator=True, now=NOW)

    embed = render_alert(make_shown(), card=card, technical=["x" * 300] * 9, now=NOW)

    assert [field.name for field in embed.fields] == ["Technical", "Messages", "Alert", "About the alert"]
    assert faults_of(embed) == []


@settings(max_examples=examples(30))
@given(st.lists(SILENCES, max_size=10, unique_by=lambda shown: shown.silence.id), PLACES)
def test_any_silences_are_legal(some: list[ShownSilence], place: AlertPlace) -> None:
    page = Page(items=tuple(some), number=2, has_next=True)
    assert faults_of(render_silences(page, now=NOW)) == []
    assert faults_of_view(silences_controls(place, page, now=NOW)) == []


@given(PLACES)
def test_a_place_is_read_as_it_was_written(place: AlertPlace) -> None:
    read = AlertPlace.parse(str(place))
    assert (read.shelf, str(read)) == (place.shelf, str(place))


@given(st.text(max_size=60))
def test_anything_else_is_a_place_too(text: str) -> None:
    assert AlertPlace.parse(str(AlertPlace.parse(text))) == AlertPlace.parse(text)


def test_the_way_out_of_what_is_forgotten_is_legal() -> None:
    assert faults_of_view(way_to_lists()) == []


@pytest.mark.parametrize(
    ("overrides", "words", "plain"),
    [
        ({}, "told", "Needs a hand"),
        ({"held": Held.BASELINE}, "there before Discarr", "there before Discarr"),
        ({"held": Held.SILENCE}, "about to be told", "Needs a hand"),
        ({"acknowledged_by": 5}, "told · 👍 <@5> looks after it", "somebody looks after it"),
        ({"acknowledged_by": -5}, "told", "somebody looks after it"),
    ],
)
def test_whether_people_were_told_and_who_looks_after_it(
    overrides: dict[str, object], words: str, plain: str
) -> None:
    shown = make_shown(**overrides)
    assert standing(shown, NOW) == words
    assert plain_standing(shown) == plain


def test_alerts_of_one_kind_stand_under_one_heading() -> None:
    page = Page(items=(make_shown(id=1), make_shown(id=2)))

    lines = str(render_alerts(page, 2, now=NOW).description).split("\n")

    assert lines.count("**Needs a hand**") == 1
    assert lines[-1] == f"TV · since {stamp(NOW - timedelta(hours=1))} · told"
