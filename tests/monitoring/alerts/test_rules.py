from typing import Any

import pytest

from discarr.core.events import ACTIVITIES, CONDITIONS, NOTICES, EventKind, Severity
from discarr.monitoring.alerts.routes import ALERTS, LOG, OWNER, Route, RouteKind
from discarr.monitoring.alerts.rules import DEFAULT_BOOK, DEFAULT_RULES, RuleBook, RuleRefused, label


def test_every_kind_has_a_rule_a_name_and_one_sort() -> None:
    assert set(DEFAULT_RULES) == set(EventKind)
    assert len({label(kind) for kind in EventKind}) == len(EventKind)
    assert len(CONDITIONS) + len(ACTIVITIES) + len(NOTICES) == len(EventKind)


def test_by_default_nobody_is_mentioned_and_the_usual_is_told() -> None:
    assert all(rule.mention_role_id is None for rule in DEFAULT_RULES.values())
    on = {kind for kind, rule in DEFAULT_RULES.items() if rule.is_on}
    assert {EventKind.IMPORTED, EventKind.NEEDS_HAND, EventKind.INSTANCE_DOWN, EventKind.DISK_LOW} <= on
    assert not on & {EventKind.GRABBED, EventKind.UPGRADED, EventKind.VERSION, EventKind.APP_NOTICE}
    assert DEFAULT_RULES[EventKind.IMPORTED].delay_s == 15 * 60
    assert DEFAULT_RULES[EventKind.INSTANCE_DOWN].delay_s == 5 * 60
    assert DEFAULT_RULES[EventKind.INSTANCE_DOWN].routes == DEFAULT_RULES[EventKind.DISK_LOW].routes
    assert OWNER in DEFAULT_RULES[EventKind.DISK_LOW].routes
    assert DEFAULT_RULES[EventKind.NEEDS_HAND].routes == (ALERTS,)


@pytest.mark.parametrize(
    "changes",
    [
        {"is_on": True},
        {"severity": Severity.CRITICAL},
        {"delay_s": 0.0},
        {"group_s": 60.0},
        {"repeat_s": 7200.0},
        {"repeat_s": None},
        {"routes": (LOG, Route(RouteKind.CHANNEL, 5), Route(RouteKind.USER, 6))},
        {"mention_role_id": 123},
        {"is_on": False, "routes": ()},
    ],
)
def test_changes_survive_being_stored(changes: dict[str, Any]) -> None:
    changed = DEFAULT_BOOK.change(EventKind.STALLED, **changes)
    stored = changed.changes_of(EventKind.STALLED)
    book, refused = RuleBook.from_changes({} if stored is None else {"stalled": stored})

    assert refused == ()
    assert book.rules == changed.rules


def test_a_rule_as_by_default_is_not_stored() -> None:
    changed = DEFAULT_BOOK.change(EventKind.GRABBED, is_on=True)
    assert changed.changes_of(EventKind.GRABBED) is not None
    assert changed.change(EventKind.GRABBED, is_on=False).changes_of(EventKind.GRABBED) is None


@pytest.mark.parametrize(
    ("kind", "changes", "words"),
    [
        (EventKind.STALLED, {"delay_s": -1.0}, "delay"),
        (EventKind.STALLED, {"delay_s": float("nan")}, "delay"),
        (EventKind.STALLED, {"delay_s": 90_000.0}, "delay"),
        (EventKind.STALLED, {"group_s": -1.0}, "grouping"),
        (EventKind.STALLED, {"repeat_s": 5.0}, "repeat"),
        (EventKind.STALLED, {"repeat_s": 3600.0, "delay_s": 7200.0}, "before it is told"),
        (EventKind.STALLED, {"routes": ()}, "where"),
        (EventKind.STALLED, {"routes": (ALERTS, ALERTS)}, "different"),
        (EventKind.STALLED, {"mention_role_id": 0}, "role"),
        (EventKind.IMPORTED, {"repeat_s": 3600.0}, "once"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(kind: EventKind, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(RuleRefused, match=words) as caught:
        DEFAULT_BOOK.change(kind, **changes)
    assert caught.value.problem.startswith(label(kind))


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"[]",
        b'{"delay_s": "soon"}',
        b'{"is_on": "yes"}',
        b'{"routes": ["nowhere"]}',
        b'{"severity": "deadly"}',
        b'{"delay_s": -5}',
    ],
)
def test_a_stored_change_that_makes_no_sense_leaves_its_rule_as_by_default(stored: bytes) -> None:
    book, refused = RuleBook.from_changes({"stalled": stored, "imported": b'{"is_on": false}'})

    assert refused == ("stalled",)
    assert book[EventKind.STALLED] == DEFAULT_RULES[EventKind.STALLED]
    assert not book[EventKind.IMPORTED].is_on


def test_a_kind_of_another_version_is_left_out() -> None:
    book, refused = RuleBook.from_changes({"telepathy": b"{}"})
    assert refused == ("telepathy",)
    assert book.rules == DEFAULT_RULES
