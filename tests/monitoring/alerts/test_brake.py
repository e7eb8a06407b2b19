from hypothesis import given
from hypothesis import strategies as st

from discarr.monitoring.alerts.brake import MAX_MESSAGES, MESSAGES_WINDOW_S, Brake
from tests.fakes.clock import FakeClock


class SteppedClock(FakeClock):
    def step(self, seconds: float) -> None:
        self._elapsed += seconds


@given(st.lists(st.floats(0, 2 * MESSAGES_WINDOW_S), max_size=60), st.lists(st.floats(0, 40), max_size=120))
def test_no_stretch_has_more_than_its_share(ages_s: list[float], steps_s: list[float]) -> None:
    clock = SteppedClock()
    brake = Brake(clock)
    allowed = sorted(ages_s)[:MAX_MESSAGES]
    brake.remember({"alerts": allowed})
    sent_at = [-age_s for age_s in allowed]

    for step_s in steps_s:
        clock.step(step_s)
        if brake.wait_s("alerts", 1) == 0:
            brake.take(1)
            sent_at.append(clock.monotonic())

    for at in sent_at[len(allowed) :]:
        assert sum(at - MESSAGES_WINDOW_S < other <= at for other in sent_at) <= MAX_MESSAGES


@given(st.integers(1, 2 * MAX_MESSAGES), st.floats(0, MESSAGES_WINDOW_S - 1))
def test_after_the_wait_there_is_room_again(count: int, age_s: float) -> None:
    clock = SteppedClock()
    brake = Brake(clock)
    brake.remember({"alerts": [age_s] * count})

    wait_s = brake.wait_s("alerts", 1)
    clock.step(wait_s + 0.001)

    assert (wait_s > 0) is (count >= MAX_MESSAGES)
    assert wait_s <= MESSAGES_WINDOW_S
    assert brake.wait_s("alerts", 1) == 0


def test_a_clock_that_was_set_back_holds_nothing_up_for_longer_than_the_window() -> None:
    brake = Brake(FakeClock())
    brake.remember({"alerts": [-3600.0] * MAX_MESSAGES})

    assert brake.wait_s("alerts", 1) == MESSAGES_WINDOW_S


def test_channels_and_routes_are_counted_apart() -> None:
    brake = Brake(FakeClock())
    brake.remember({"alerts": [0.0] * MAX_MESSAGES})

    assert brake.wait_s("log", 2) == 0
    assert brake.wait_s("alerts", 1) > 0


def test_what_is_given_back_is_not_counted() -> None:
    brake = Brake(FakeClock())

    taken = [brake.take(1) for _ in range(MAX_MESSAGES)]
    before = brake.wait_s("alerts", 1)
    brake.give_back(1, taken[0])

    assert before > 0
    assert brake.wait_s("alerts", 1) == 0


def test_giving_back_what_lies_far_behind_is_harmless() -> None:
    clock = SteppedClock()
    brake = Brake(clock)
    taken = brake.take(1)
    clock.step(MESSAGES_WINDOW_S)

    brake.wait_s("alerts", 1)
    brake.give_back(1, taken)

    assert brake.wait_s("alerts", 1) == 0
