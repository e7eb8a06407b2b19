from hypothesis import given
from hypothesis import strategies as st

from discarr.monitoring.alerts.brake import MAX_MESSAGES, MESSAGES_WINDOW_S, Brake
from tests.fakes.clock import FakeClock

ROUTES = ("alerts", "log", "owner")


class SteppedClock(FakeClock):
    def step(self, seconds: float) -> None:
        self._elapsed += seconds


@given(
    st.lists(st.tuples(st.sampled_from(ROUTES), st.floats(0, 2 * MESSAGES_WINDOW_S)), max_size=MAX_MESSAGES),
    st.lists(st.tuples(st.sampled_from(ROUTES), st.floats(0, 40)), max_size=120),
)
def test_no_stretch_has_more_than_its_share(
    earlier: list[tuple[str, float]], later: list[tuple[str, float]]
) -> None:
    clock = SteppedClock()
    brake = Brake(clock)
    brake.remember({route: [age for of, age in earlier if of == route] for route in ROUTES})
    sent_at = [-age for _, age in earlier]

    for route, step_s in later:
        clock.step(step_s)
        brake.settle(route, 1)
        if brake.wait_s(1) == 0:
            brake.take(1)
            sent_at.append(clock.monotonic())

    for at in sent_at[len(earlier) :]:
        assert sum(at - MESSAGES_WINDOW_S < other <= at for other in sent_at) <= MAX_MESSAGES


@given(st.integers(1, 2 * MAX_MESSAGES), st.floats(0, MESSAGES_WINDOW_S - 1), st.booleans())
def test_after_the_wait_there_is_room_again(count: int, age_s: float, is_settled: bool) -> None:
    clock = SteppedClock()
    brake = Brake(clock)
    brake.remember({"alerts": [age_s] * count})
    if is_settled:
        brake.settle("alerts", 1)

    wait_s = brake.wait_s(1)
    clock.step(wait_s + 0.001)

    assert (wait_s > 0) is (count >= MAX_MESSAGES)
    assert wait_s <= MESSAGES_WINDOW_S + 1
    assert brake.wait_s(1) == 0


def test_a_clock_that_was_set_back_holds_nothing_up_for_longer_than_the_window() -> None:
    brake = Brake(FakeClock())
    brake.remember({"alerts": [-3600.0] * MAX_MESSAGES})

    assert brake.wait_s(1) == MESSAGES_WINDOW_S + 1


def test_channels_are_counted_apart_as_soon_as_it_is_known_where_routes_lead() -> None:
    brake = Brake(FakeClock())
    brake.remember({"alerts": [0.0] * MAX_MESSAGES})
    before = brake.wait_s(2)

    brake.settle("alerts", 1)

    assert before > 0
    assert brake.unsettled == ()
    assert brake.wait_s(2) == 0
    assert brake.wait_s(1) > 0


def test_what_is_given_back_is_not_counted() -> None:
    brake = Brake(FakeClock())

    taken = [brake.take(1) for _ in range(MAX_MESSAGES)]
    before = brake.wait_s(1)
    brake.give_back(1, taken[0])

    assert before > 0
    assert brake.wait_s(1) == 0


def test_giving_back_what_lies_far_behind_is_harmless() -> None:
    clock = SteppedClock()
    brake = Brake(clock)
    taken = brake.take(1)
    clock.step(2 * MESSAGES_WINDOW_S)

    brake.wait_s(1)
    brake.give_back(1, taken)

    assert brake.wait_s(1) == 0
