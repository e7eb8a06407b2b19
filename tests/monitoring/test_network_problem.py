"""When the trouble of many instances is one network problem."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discarr.monitoring.health_thresholds import HealthThresholds
from discarr.monitoring.instance_health import HealthState, InstanceHealth, Outcome
from discarr.monitoring.network_problem import NetworkProblem, judge_network
from tests.fakes.clock import START

LIMITS = HealthThresholds()
UP = InstanceHealth(state=HealthState.UP)


def away(
    began_at: float,
    *,
    state: HealthState = HealthState.PENDING,
    cause: Outcome = Outcome.UNREACHABLE,
) -> InstanceHealth:
    return InstanceHealth(
        state=state,
        since=START + timedelta(seconds=began_at),
        began_at=began_at,
        held_s=500 - began_at,
        cause=cause,
    )


def down(began_at: float) -> InstanceHealth:
    return away(began_at, state=HealthState.DOWN)


def judge(
    *healths: InstanceHealth, before: NetworkProblem | None = None, now: float = 500.0
) -> NetworkProblem | None:
    return judge_network(before, {"abcdefgh"[place]: item for place, item in enumerate(healths)}, now, LIMITS)


def problem(*healths: InstanceHealth) -> NetworkProblem:
    found = judge(*healths)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "healths",
    [
        [],
        [UP, UP],
        [down(0)],
        [down(0), UP],
        [down(0), UP, UP],
        [down(0), down(60), UP, UP, UP],
        [down(0), down(61)],
        [down(0), down(61), down(122), UP],
    ],
)
def test_fewer_than_two_or_than_half_or_far_apart_are_troubles_of_their_own(
    healths: list[InstanceHealth],
) -> None:
    assert judge(*healths) is None


@pytest.mark.parametrize(
    ("healths", "members"),
    [
        ([down(0), down(60)], "ab"),
        ([down(60), UP, down(0)], "ac"),
        ([down(40), down(0), UP, UP], "ab"),
        ([down(0), down(50), down(100), UP], "ab"),
        ([down(0), down(100), down(150), UP], "bc"),
        ([down(0), down(1), down(2), down(3)], "abcd"),
    ],
)
def test_half_or_more_within_a_minute_are_one_problem(healths: list[InstanceHealth], members: str) -> None:
    found = problem(*healths)

    first = min(
        health.began_at or 0 for health, name in zip(healths, "abcd", strict=False) if name in members
    )
    assert "".join(found.instances) == members
    assert (found.began_at, found.since) == (first, START + timedelta(seconds=first))


@pytest.mark.parametrize(
    "other",
    [
        away(0, cause=Outcome.DISTURBED),
        away(0, cause=Outcome.STARTING),
        away(0, state=HealthState.STARTING),
        away(0, state=HealthState.FLAPPING),
        away(0, state=HealthState.WRONG_KEY, cause=Outcome.WRONG_KEY),
        away(0, state=HealthState.RECOVERING),
    ],
)
def test_trouble_of_another_kind_is_no_network_problem(other: InstanceHealth) -> None:
    assert judge(down(0), other) is None


def test_it_is_confirmed_once_one_is_down() -> None:
    pending = problem(away(0), away(20))
    confirmed = judge(down(0), away(20), before=pending)
    later = judge(away(0), away(20), before=confirmed)

    assert not pending.is_confirmed
    assert confirmed is not None
    assert confirmed.is_confirmed
    assert later == confirmed


def test_it_has_held_for_as_long_as_the_first_of_them() -> None:
    before = problem(down(20), down(0))

    after = judge(down(20), UP, before=before)

    assert before.held_s == 500
    assert after is not None
    assert after.held_s == 500
    assert problem(down(100), down(90)).held_s == 410


def test_who_becomes_unreachable_later_belongs_to_it() -> None:
    before = problem(down(0), down(20), UP)

    after = judge(down(0), down(20), away(300), before=before)

    assert after is not None
    assert after.instances == ("a", "b", "c")
    assert after.since == before.since


def test_who_was_unreachable_before_does_not() -> None:
    found = problem(down(-600), down(0), down(20))

    assert found.instances == ("b", "c")
    assert judge(down(-600), UP, UP, before=found) is None


def test_it_is_over_when_all_are_back() -> None:
    assert judge(UP, UP, before=problem(down(0), down(1))) is None


def test_it_goes_on_while_half_are_away() -> None:
    before = problem(down(0), down(1), down(2), down(3))

    after = judge(UP, down(1), down(2), UP, before=before, now=9000)

    assert after is not None
    assert after.instances == ("b", "c")
    assert judge(UP, down(1), down(2), UP, before=after, now=99_000) == after


def test_those_that_are_asked_last_are_given_a_minute() -> None:
    before = problem(down(0), down(1), down(2))

    waning = judge(UP, UP, down(2), before=before, now=1000)
    still = judge(UP, UP, down(2), before=waning, now=1059)
    over = judge(UP, UP, down(2), before=still, now=1060)

    assert waning is not None
    assert waning.instances == ("c",)
    assert still == waning
    assert over is None
    assert judge(UP, UP, down(2), now=1060) is None


def test_it_is_not_over_when_they_vanish_again_within_that_minute() -> None:
    before = problem(down(0), down(1), down(2))
    waning = judge(UP, UP, down(2), before=before, now=1000)

    again = judge(UP, away(1030), down(2), before=waning, now=1050)

    assert again is not None
    assert again.waned_at is None


HEALTHS = st.lists(
    st.just(UP)
    | st.builds(
        away,
        st.integers(0, 300),
        state=st.sampled_from([HealthState.PENDING, HealthState.DOWN, HealthState.RECOVERING]),
    ),
    max_size=8,
)


@given(healths=HEALTHS)
def test_one_begins_exactly_where_a_minute_holds_half_of_the_instances(healths: list[InstanceHealth]) -> None:
    found = judge(*healths)

    begun = [health.began_at for health in healths if health.is_unreachable and health.began_at is not None]
    most = max((sum(first <= at <= first + 60 for at in begun) for first in begun), default=0)
    assert (found is not None) is (most >= 2 and most >= len(healths) / 2)
    assert found is None or len(found.instances) >= len(healths) / 2
