"""How an instance is judged, observation by observation."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from discarr.monitoring.health_thresholds import HealthThresholds
from discarr.monitoring.instance_health import (
    HealthState,
    HealthTrack,
    InstanceHealth,
    Outcome,
)
from tests.effort import examples
from tests.monitoring.judging import DOUBT, GONE, ILL, KEY, OK, STARTS, WRONG, Judge

FAILING = (GONE, DOUBT, STARTS, ILL)
BAD = (HealthState.DOWN, HealthState.WRONG_KEY, HealthState.MISCONFIGURED)


def test_before_the_first_observation_nothing_is_known() -> None:
    assert HealthTrack().health == InstanceHealth(state=HealthState.UNKNOWN)


def test_the_first_success_means_up() -> None:
    assert Judge().see(OK) == [HealthState.UP]


def test_the_first_failure_is_not_believed_more_than_a_later_one() -> None:
    judge = Judge()

    assert judge.see(*[GONE] * 4) == [HealthState.PENDING] * 3 + [HealthState.DOWN]


@pytest.mark.parametrize("outcome", [GONE, DOUBT, ILL])
def test_three_failures_and_90_s_make_it_down(judge: Judge, outcome: Outcome) -> None:
    states = judge.see(*[outcome] * 5)

    assert states == [HealthState.PENDING] * 3 + [HealthState.DOWN] * 2


def test_many_failures_within_90_s_do_not(judge: Judge) -> None:
    assert judge.see(*[GONE] * 9, after_s=11) == [HealthState.PENDING] * 9
    assert judge.see(GONE, after_s=2) == [HealthState.DOWN]


def test_two_failures_that_lie_far_apart_do_not(judge: Judge) -> None:
    judge.limits = replace(judge.limits, longest_step_s=600)

    assert judge.see(GONE, GONE, GONE, after_s=300) == [HealthState.PENDING] * 2 + [HealthState.DOWN]


def test_a_success_between_failures_starts_the_count_anew(judge: Judge) -> None:
    judge.see(GONE, GONE, GONE)

    assert judge.see(OK, GONE, GONE, GONE) == [HealthState.UP] + [HealthState.PENDING] * 3


def test_two_successes_make_it_up_again(judge: Judge) -> None:
    judge.see(*[GONE] * 4)

    assert judge.see(OK, OK) == [HealthState.RECOVERING, HealthState.UP]


def test_a_failure_while_recovering_leads_back(judge: Judge) -> None:
    judge.see(*[GONE] * 4)
    since = judge.health.since

    assert judge.see(OK, DOUBT, OK, OK)[1] is HealthState.DOWN
    assert judge.health.lasted == timedelta(seconds=6 * 30)
    assert since == judge.wall(1000 + 6 * 30)


@pytest.mark.parametrize(
    ("outcome", "state"), [(KEY, HealthState.WRONG_KEY), (WRONG, HealthState.MISCONFIGURED)]
)
def test_what_a_person_must_mend_counts_at_once(judge: Judge, outcome: Outcome, state: HealthState) -> None:
    assert judge.see(outcome) == [state]
    assert judge.health.problem == f"is {outcome}"


def test_a_failure_of_another_kind_does_not_hide_a_wrong_key(judge: Judge) -> None:
    judge.see(KEY, KEY, KEY, after_s=300)

    assert judge.see(*[GONE] * 4, after_s=30) == [HealthState.WRONG_KEY] * 3 + [HealthState.DOWN]


def test_a_wrong_key_replaces_down(judge: Judge) -> None:
    judge.see(*[GONE] * 5)

    assert judge.see(KEY, OK, OK) == [HealthState.WRONG_KEY, HealthState.RECOVERING, HealthState.UP]


def test_a_restart_is_starting_and_then_up(judge: Judge) -> None:
    states = judge.see(GONE, GONE, STARTS, GONE, STARTS, STARTS, OK)

    assert states == [HealthState.PENDING] * 2 + [HealthState.STARTING] * 4 + [HealthState.UP]
    assert judge.health.lasted == timedelta(seconds=6 * 30)


def test_a_start_that_takes_longer_than_the_grace_is_down(judge: Judge) -> None:
    states = judge.see(*[STARTS] * 12)

    assert states == [HealthState.STARTING] * 10 + [HealthState.DOWN] * 2


def test_the_grace_is_given_once_in_a_trouble(judge: Judge) -> None:
    judge.see(*[STARTS] * 10)

    assert judge.see(GONE, STARTS, GONE, STARTS) == [HealthState.DOWN] * 4


def test_the_next_trouble_has_its_own_grace(judge: Judge) -> None:
    judge.see(*[STARTS] * 9, OK)

    assert judge.see(*[STARTS] * 10) == [HealthState.STARTING] * 10


def test_an_app_that_starts_after_an_outage_is_still_down(judge: Judge) -> None:
    judge.see(*[GONE] * 5)

    assert judge.see(STARTS, OK, OK) == [HealthState.DOWN, HealthState.RECOVERING, HealthState.UP]
    assert not judge.health.is_unreachable


def test_a_trouble_has_a_beginning_words_and_a_length(judge: Judge) -> None:
    judge.see(DOUBT)
    first = judge.health
    judge.see(GONE, GONE, GONE)
    down = judge.health
    judge.see(OK, OK)
    up = judge.health

    began = judge.wall(1000 + 6 * 30)
    assert (first.since, first.problem, first.cause) == (began, None, None)
    assert (down.since, down.problem, down.remedy, down.cause) == (
        began,
        "is unreachable",
        "mend unreachable",
        GONE,
    )
    assert (up.since, up.began_at) == (None, None)
    assert up.lasted == timedelta(seconds=4 * 30)
    assert up.problem == "is unreachable"


def test_a_trouble_has_held_for_as_long_as_it_was_observed(judge: Judge) -> None:
    held = []
    for outcome, after_s in ((GONE, 30), (GONE, 5), (GONE, 500), (GONE, 30), (OK, 40), (OK, 5)):
        judge.see(outcome, after_s=after_s)
        held.append(judge.health.held_s)

    assert held == [0, 5, 65, 95, 135, 0]


def test_a_new_trouble_does_not_have_the_words_of_the_last_one(judge: Judge) -> None:
    judge.see(*[GONE] * 4, OK, OK, DOUBT)

    assert (judge.health.problem, judge.health.remedy, judge.health.cause) == (None, None, None)


def test_a_hiccup_is_not_the_last_trouble(judge: Judge) -> None:
    judge.see(*[GONE] * 4, OK, OK)
    lasted = judge.health.lasted

    judge.see(GONE, OK)

    assert judge.health.lasted == lasted


@pytest.mark.parametrize("count", [1, 2, 4])
def test_unreachable_is_said_of_what_cannot_be_reached_now(judge: Judge, count: int) -> None:
    judge.see(*[GONE] * count)
    while_away = judge.health.is_unreachable
    judge.see(OK)

    assert while_away
    assert not judge.health.is_unreachable


def test_a_gap_in_observation_is_no_time_of_failure(judge: Judge) -> None:
    judge.see(GONE, GONE, after_s=5)
    judge.see(GONE, after_s=8 * 3600)

    assert judge.health.state is HealthState.PENDING
    assert judge.see(*[GONE] * 2, after_s=10) == [HealthState.PENDING] * 2


def test_a_gap_neither_uses_up_the_grace_nor_the_calm(judge: Judge) -> None:
    judge.see(STARTS)

    assert judge.see(STARTS, after_s=3600) == [HealthState.STARTING]
    judge.see(*([GONE] * 3 + [OK] * 2) * 6)
    assert judge.health.state is HealthState.FLAPPING
    assert judge.see(OK, after_s=3600) == [HealthState.FLAPPING]


def test_an_instance_that_is_slow_to_fail_is_down_all_the_same(judge: Judge) -> None:
    assert judge.see(*[GONE] * 3, after_s=340)[-1] is HealthState.DOWN


def test_the_tracks_do_not_grow(judge: Judge) -> None:
    judge.see(*([GONE] * 5 + [OK] * 5) * 200)

    assert len(judge.track.changes.confirmed) == 20
    assert len(judge.track.changes.turns) == 3


def test_long_refresh_intervals_stretch_what_counts_as_observed() -> None:
    limits = HealthThresholds()

    assert limits.for_interval(30, 15) == limits
    assert limits.for_interval(600, 15).longest_step_s == 1200
    assert limits.for_interval(600, 15).gap_s == 1800
    assert limits.for_interval(600, 15).network_window_s == 1200


def test_an_instance_that_fails_slowly_gets_down_all_the_same(judge: Judge) -> None:
    """With the longest time-out that can be set, an attempt may take half an hour."""
    judge.limits = judge.limits.for_interval(30, 300)

    assert judge.see(*[GONE] * 4, after_s=7 * 300 + 48)[-1] is HealthState.DOWN


class Reference:
    """The rules once more, worked out from everything that was ever seen."""

    def __init__(self, limits: HealthThresholds) -> None:
        self.limits = limits
        self.now, self.time, self.began, self.starting = -1.0, 0.0, -1.0, -1.0
        self.began_time = 0.0
        self.state = self.verdict = "unknown"
        self.kind: object = None
        self.fault = ""
        self.run: list[tuple[float, float]] = []
        self.checks: list[tuple[float, bool]] = []
        self.turns: list[float] = []
        self.lasted: float | None = None

    def see(self, outcome: Outcome, now: float) -> None:
        limits, was_bad = self.limits, self.verdict in BAD
        self.time += min(now - self.now, limits.longest_step_s) if self.now >= 0 else 0
        is_gap = 0 <= self.now < now - limits.gap_s
        self.now = now
        ok, wrong = outcome is OK, outcome in (KEY, WRONG)
        if is_gap:
            self.starting = -1.0
        if is_gap or self.kind != (ok, wrong):
            self.kind, self.run = (ok, wrong), []
        self.run.append((now, self.time))
        if outcome is STARTS and self.starting < 0:
            self.starting = self.time
        is_starting = self.starting >= 0 and self.time - self.starting < limits.starting_grace_s
        needed = 1 if wrong else limits.up_after_successes if ok else limits.down_after_failures
        lasts = self.time - self.run[0][1] >= limits.down_after_s and not is_starting
        if wrong or (ok and not was_bad) or (len(self.run) >= needed and (ok or lasts)):
            self.verdict = outcome.value if wrong else "up" if ok else "down"
        is_bad = self.verdict in BAD
        is_new_fault = wrong and self.verdict != self.fault
        self.fault = self.verdict if is_bad else self.fault
        self.checks, self.turns = ([], []) if is_new_fault else (self.checks, self.turns)
        is_news = len(self.run) % needed == 0
        self.checks += [(self.time, ok)] if is_news else []
        self.turns += [self.time] if is_bad != was_bad else []
        pairs = list(zip(self.checks[1:], self.checks, strict=False))
        changes = [(at, len(pairs) - place) for place, ((at, a), (_, b)) in enumerate(pairs, 1) if a != b]
        size = limits.flap_window
        share = sum(
            1.25 - age / (size - 2) / 2
            for at, age in changes
            if age < size - 1 and self.time - at <= limits.flap_turns_s
        ) / (size - 1)
        turns = [at for at in self.turns if self.time - at <= limits.flap_turns_s]
        is_restless = share > limits.flap_high or len(turns) >= limits.flap_turns
        last = max([at for at, _ in changes] + self.turns, default=-9e9)
        if self.state == "flapping":
            is_calm = self.time - last >= limits.flap_calm_s and share < limits.flap_low
            if not is_new_fault and (not is_calm or ok is is_bad):
                return
            self.checks, self.turns = [], []
        elif is_restless and not is_new_fault and not ok and (is_news or is_bad != was_bad):
            self.begin_trouble("flapping")
            return
        if not ok or is_bad:
            calm_state = "starting" if is_starting else "pending"
            self.begin_trouble(("recovering" if ok else self.verdict) if is_bad else calm_state)
        else:
            if self.state not in ("unknown", "up", "pending"):
                self.lasted = self.run[0][0] - self.began
            self.state, self.began, self.starting = "up", -1.0, -1.0

    def begin_trouble(self, state: str) -> None:
        if self.began < 0:
            self.began, self.began_time = self.now, self.time
        self.state = state


LIMITS = st.builds(
    HealthThresholds,
    down_after_failures=st.integers(1, 4),
    down_after_s=st.sampled_from([0.0, 40.0, 90.0]),
    up_after_successes=st.integers(1, 3),
    starting_grace_s=st.sampled_from([0.0, 60.0, 300.0]),
    flap_window=st.integers(3, 8),
    flap_high=st.sampled_from([0.31, 0.57]),
    flap_low=st.sampled_from([0.11, 0.17]),
    flap_turns=st.integers(1, 5),
    flap_turns_s=st.sampled_from([120.0, 600.0, 1800.0]),
    flap_calm_s=st.sampled_from([30.0, 90.0, 300.0]),
)


class Comparison(RuleBasedStateMachine):
    """Machine and reference never disagree, whatever the thresholds."""

    @initialize(limits=LIMITS | st.just(HealthThresholds()))
    def begin(self, limits: HealthThresholds) -> None:
        self.judge = Judge(limits=limits)
        self.reference = Reference(limits)

    @rule(
        outcome=st.sampled_from(Outcome),
        count=st.integers(1, 5),
        after_s=st.sampled_from([0, 1, 5, 20, 30, 60, 61, 300, 9000]),
    )
    def see(self, outcome: Outcome, count: int, after_s: int) -> None:
        for _ in range(count):
            (state,) = self.judge.see(outcome, after_s=after_s)
            self.reference.see(outcome, self.judge.now)
            assert state.value == self.reference.state

    @rule(cycles=st.integers(1, 6), failures=st.integers(1, 5), successes=st.integers(1, 5))
    def come_and_go(self, cycles: int, failures: int, successes: int) -> None:
        for _ in range(cycles):
            self.see(GONE, failures, 30)
            self.see(OK, successes, 30)

    @invariant()
    def all_else_agrees(self) -> None:
        health, reference = self.judge.health, self.reference
        assert self.judge.track.verdict.value == reference.verdict
        assert health.began_at == (reference.began if reference.began >= 0 else None)
        assert health.lasted == (None if reference.lasted is None else timedelta(seconds=reference.lasted))
        assert (health.since is None) == (health.state in (HealthState.UNKNOWN, HealthState.UP))
        assert health.held_s == (reference.time - reference.began_time if reference.began >= 0 else 0)
        assert health.since is None or health.since == self.judge.wall(reference.began)


TestComparison = Comparison.TestCase
TestComparison.settings = settings(max_examples=examples(60), stateful_step_count=20, deadline=None)
