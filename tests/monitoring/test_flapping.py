"""How much changes of late."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discarr.monitoring.flapping import ChangeRecord
from discarr.monitoring.health_thresholds import HealthThresholds

LIMITS = HealthThresholds()


def record_of(*answers: bool, spacing_s: float = 30.0) -> ChangeRecord:
    record = ChangeRecord()
    for place, answer in enumerate(answers):
        record = record.with_confirmed(answer, place * spacing_s, LIMITS)
    return record


def share_of(*answers: bool, age_s: float = 0.0) -> float:
    return record_of(*answers).share((len(answers) - 1) * 30 + age_s, LIMITS)


def test_what_never_changes_has_no_share() -> None:
    assert share_of() == 0
    assert share_of(*[True] * 20) == 0
    assert share_of(*[False] * 20) == 0


def test_what_changes_every_time_has_all_of_it() -> None:
    assert share_of(*[True, False] * 20) == pytest.approx(1)


def test_a_newer_change_weighs_more_than_an_older_one() -> None:
    newest = share_of(*[True] * 19, False)
    middle = share_of(*[True] * 10, *[False] * 10)
    oldest = share_of(True, *[False] * 19)

    assert newest == pytest.approx(1.25 / 19)
    assert middle == pytest.approx(1 / 19)
    assert oldest == pytest.approx(0.75 / 19)


def test_changes_of_more_than_half_an_hour_ago_do_not_count() -> None:
    answers = [True, False] * 10

    assert share_of(*answers, age_s=1230) > 0.9
    assert share_of(*answers, age_s=1801) == 0


def test_five_changes_in_a_row_are_flapping_and_four_are_not() -> None:
    calm = [True] * 15
    five = record_of(*calm, False, True, False, True, False)
    four = record_of(*calm, True, False, True, False, True)

    assert five.is_restless(19 * 30, LIMITS)
    assert not four.is_restless(19 * 30, LIMITS)


@pytest.mark.parametrize(
    ("turns", "is_restless"), [((0, 900, 1800), True), ((0, 900, 1801), False), ((0, 60), False)]
)
def test_three_turns_within_half_an_hour_are_flapping(turns: tuple[float, ...], is_restless: bool) -> None:
    record = ChangeRecord()
    for turn in turns:
        record = record.with_turn(turn, LIMITS)

    assert record.is_restless(turns[-1], LIMITS) is is_restless


def test_calm_needs_time_and_a_small_share() -> None:
    changing = record_of(*[True, False] * 10)
    last_change = 19 * 30.0
    steady = changing
    for place in range(17):
        steady = steady.with_confirmed(False, last_change + place * 30, LIMITS)

    assert not changing.is_calm(last_change + 900, LIMITS)
    assert not steady.is_calm(last_change + 899, LIMITS)
    assert steady.is_calm(last_change + 900, LIMITS)
    assert not steady.with_turn(last_change + 510, LIMITS).is_calm(last_change + 900, LIMITS)
    assert ChangeRecord().is_calm(0, LIMITS)


@given(answers=st.lists(st.booleans(), max_size=60), age_s=st.floats(0, 10_000))
def test_a_share_is_a_share(answers: list[bool], age_s: float) -> None:
    assert 0 <= share_of(*answers, age_s=age_s) <= 1 + 1e-9
