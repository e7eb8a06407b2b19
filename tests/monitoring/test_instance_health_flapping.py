"""Instances that come and go."""

from datetime import timedelta

import pytest

from discarr.monitoring.instance_health import (
    HealthState,
    Outcome,
)
from tests.monitoring.judging import GONE, KEY, OK, WRONG, Judge


def test_what_comes_and_goes_within_minutes_is_flapping_and_never_down(judge: Judge) -> None:
    states = judge.see(*([GONE] * 3 + [OK] * 2) * 24)

    assert HealthState.DOWN not in states
    assert set(states[states.index(HealthState.FLAPPING) :]) == {HealthState.FLAPPING}


def test_the_second_outage_within_half_an_hour_is_flapping(judge: Judge) -> None:
    judge.see(*[GONE] * 8, *[OK] * 20)

    assert judge.see(*[GONE] * 4)[-1] is HealthState.FLAPPING
    assert judge.see(*([OK] * 20 + [GONE] * 10) * 3) == [HealthState.FLAPPING] * 90


def test_the_second_outage_an_hour_later_is_an_outage(judge: Judge) -> None:
    judge.see(*[GONE] * 8, *[OK] * 60)

    assert judge.see(*[GONE] * 4)[-1] is HealthState.DOWN


def test_a_hiccup_after_two_outages_that_are_over_is_a_hiccup(judge: Judge) -> None:
    judge.see(*[GONE] * 52, *[OK] * 20, *[GONE] * 6, OK, OK)
    is_restless = judge.track.changes.is_restless(judge.track.observed_s, judge.limits)

    assert judge.see(GONE, GONE, OK) == [HealthState.PENDING] * 2 + [HealthState.UP]
    assert is_restless


@pytest.mark.parametrize(("outcome", "state"), [(OK, HealthState.UP), (GONE, HealthState.DOWN)])
def test_flapping_is_over_after_a_quarter_of_an_hour_of_calm(
    judge: Judge, outcome: Outcome, state: HealthState
) -> None:
    judge.see(*[GONE] * 8, *[OK] * 20, *[GONE] * 4, *[OK] * 3)
    judge.see(*[outcome] * 4)

    states = judge.see(*[outcome] * 40)

    assert 24 <= states.index(state) <= 30
    assert set(states[states.index(state) :]) == {state}


def test_a_wrong_key_is_no_flapping_and_ends_it(judge: Judge) -> None:
    judge.see(*[GONE] * 8, *[OK] * 5)
    after_an_outage = judge.see(KEY)
    judge.see(*[OK] * 5, *[GONE] * 8, *[OK] * 5, *[GONE] * 8)
    flapping = judge.health.state

    assert after_an_outage == [HealthState.WRONG_KEY]
    assert flapping is HealthState.FLAPPING
    assert judge.see(WRONG, OK, OK) == [HealthState.MISCONFIGURED, HealthState.RECOVERING, HealthState.UP]


def test_a_proxy_that_keeps_showing_its_own_page_is_flapping(judge: Judge) -> None:
    states = judge.see(*([WRONG] * 2 + [OK] * 4) * 6)

    assert states.count(HealthState.MISCONFIGURED) == 2
    assert set(states[6:]) == {HealthState.FLAPPING}


def test_flapping_lasted_from_its_first_failure_to_its_last(judge: Judge) -> None:
    judge.see(*[GONE] * 8, *[OK] * 20)
    began = judge.now + 30
    judge.see(*[GONE] * 4)
    since = judge.health.since
    ended = judge.now + 30
    judge.see(*[OK] * 40)

    assert since == judge.wall(began)
    assert judge.health.state is HealthState.UP
    assert judge.health.lasted == timedelta(seconds=ended - began)


def test_after_flapping_the_past_is_forgotten(judge: Judge) -> None:
    judge.see(*[GONE] * 8, *[OK] * 20, *[GONE] * 4, *[OK] * 40)

    assert judge.see(*[GONE] * 4)[-1] is HealthState.DOWN


def test_flapping_does_not_end_in_the_middle_of_a_hiccup(judge: Judge) -> None:
    judge.see(*[GONE] * 8, *[OK] * 20, *[GONE] * 4, *[OK] * 30)
    calm_s = judge.track.observed_s - (judge.track.changes.changed_at or 0)

    states = judge.see(GONE, GONE, OK)

    assert calm_s < judge.limits.flap_calm_s <= calm_s + 60
    assert states == [HealthState.FLAPPING] * 2 + [HealthState.UP]
