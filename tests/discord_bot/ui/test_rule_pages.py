"""The rules and their forms, whatever was changed or typed."""

from datetime import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discarr.core.events import EventKind, Severity
from discarr.core.store.outbox import OutboxCounts
from discarr.discord_bot.ui.delivery_list import DeliveryButton
from discarr.discord_bot.ui.rule_answers import refused_words
from discarr.discord_bot.ui.rule_fields import (
    QUIET_FIELDS,
    fields_of,
    pack,
    present_values,
    quiet_values,
    read_changes,
    unpack,
)
from discarr.discord_bot.ui.rule_pages import QuietModal, TimesModal, rule_controls, rules_controls
from discarr.discord_bot.ui.rule_text import changed_fields, render_rule, render_rules
from discarr.monitoring.alerts.quiet_hours import QuietHours
from discarr.monitoring.alerts.routes import ALERTS, LOG, OWNER, Route, RouteKind
from discarr.monitoring.alerts.rules import DEFAULT_RULES, Rule, RuleRefused
from tests.discord_bot.ui.builders import FOREIGN_TEXT, HUGE, MOMENTS, NOW, faults_of, faults_of_view, units
from tests.effort import examples

SNOWFLAKES = st.integers(1, 2**63 - 1)
ROUTES = st.sampled_from([ALERTS, LOG, OWNER]) | st.builds(
    Route, st.sampled_from([RouteKind.CHANNEL, RouteKind.USER]), SNOWFLAKES
)
KINDS = st.sampled_from(EventKind)
TYPED = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("severity", "delay", "group", "repeat", "start", "end", "zone"), FOREIGN_TEXT),
)
LONGEST_ROUTES = tuple(Route(RouteKind.CHANNEL, 2**63 - 1 - number) for number in range(5))
NIGHT = QuietHours(start=time(22), end=time(7), zone="America/Argentina/ComodRivadavia")


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """Draw any rule that is none too strange to be stored."""
    delay_s = draw(st.floats(0, 86_400))
    kind = draw(KINDS)
    return Rule(
        kind=kind,
        is_on=draw(st.booleans()),
        severity=draw(st.sampled_from(Severity)),
        delay_s=delay_s,
        group_s=draw(st.floats(0, 86_400)),
        repeat_s=DEFAULT_RULES[kind].repeat_s and draw(st.none() | st.floats(86_400, 30 * 86_400)),
        routes=tuple(draw(st.lists(ROUTES, min_size=1, max_size=5, unique=True))),
        mention_role_id=draw(st.none() | SNOWFLAKES),
    )


@settings(max_examples=examples(60))
@given(rules(), st.none() | TYPED, st.sets(SNOWFLAKES, max_size=3))
def test_any_rule_is_legal(rule: Rule, typed: dict[str, str] | None, known: set[int]) -> None:
    assert faults_of(render_rule(rule)) == []
    assert faults_of_view(rule_controls(rule, known_channels=known, typed=typed, now=NOW)) == []


@settings(max_examples=examples(30))
@given(
    st.none() | TYPED,
    st.builds(OutboxCounts, waiting=HUGE, scheduled=HUGE, oldest_due=st.none() | MOMENTS, dead=HUGE),
)
def test_all_rules_at_their_longest_are_legal(typed: dict[str, str] | None, counts: OutboxCounts) -> None:
    longest = {
        kind: Rule(
            kind=kind,
            is_on=True,
            severity=Severity.CRITICAL,
            delay_s=86_399,
            routes=LONGEST_ROUTES,
            mention_role_id=2**63 - 1,
        )
        for kind in EventKind
    }
    assert faults_of(render_rules(longest, NIGHT, counts)) == []
    undelivered = DeliveryButton.build(10**9)
    assert faults_of_view(rules_controls(longest, NIGHT, typed=typed, undelivered=undelivered, now=NOW)) == []


@settings(max_examples=examples(60))
@given(KINDS, TYPED)
def test_what_was_typed_is_kept_as_far_as_it_fits(kind: EventKind, typed: dict[str, str]) -> None:
    for fields in (fields_of(kind), QUIET_FIELDS):
        packed = pack(fields, typed)
        kept = unpack(fields, packed)
        assert pack(fields, kept) == packed
        assert all(units(kept.get(field.id, "")) <= field.max_length for field in fields)
        assert len(refused_words("Why.", fields, typed)) < 1500


@pytest.mark.parametrize("packed", ["", "a|b", "a|b|c|d"])
def test_what_was_packed_for_another_form_is_left_out(packed: str) -> None:
    assert unpack(QUIET_FIELDS, packed) == {}


@pytest.mark.parametrize("kind", EventKind)
def test_every_rule_can_be_typed_as_it_is(kind: EventKind) -> None:
    rule = DEFAULT_RULES[kind]

    changes = read_changes(kind, present_values(rule))

    assert {name: getattr(rule, name) for name in changes} == changes
    assert changed_fields(rule) == []


@pytest.mark.parametrize("kind", EventKind)
def test_every_form_is_legal(kind: EventKind) -> None:
    modal = TimesModal(kind, present_values(DEFAULT_RULES[kind]))
    assert faults_of_modal(modal.to_dict()) == ([] if fields_of(kind) else ["0 fields"])


def test_the_form_for_quiet_hours_is_legal_and_filled_in() -> None:
    assert faults_of_modal(QuietModal(quiet_values(NIGHT)).to_dict()) == []
    assert faults_of_modal(QuietModal(quiet_values(None)).to_dict()) == []
    assert quiet_values(NIGHT) == {"start": "22:00", "end": "07:00", "zone": NIGHT.zone}


def test_a_severity_that_was_made_up_is_refused() -> None:
    with pytest.raises(RuleRefused, match="Choose how much it matters"):
        read_changes(EventKind.VERSION, {"severity": "apocalypse"})


def faults_of_modal(modal: dict[str, Any]) -> list[str]:
    fields = modal["components"]
    faults = [] if 1 <= len(fields) <= 5 else [f"{len(fields)} fields"]
    if not 1 <= units(modal["title"]) <= 45:
        faults.append("title")
    for field in fields:
        if units(field["label"]) > 45 or units(field["description"]) > 100:
            faults.append(field["label"])
        value = field["component"].get("value") or ""
        if units(value) > field["component"].get("max_length", 4000):
            faults.append(value)
    return faults
