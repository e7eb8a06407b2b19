"""Windows of time and courses of numbers."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discarr.sandbox.arr_server.timeline import ALWAYS, NEVER, Course, Window

FLAPPING = Window(first_at_s=10, lasts_s=5, every_s=20)
DISK = Course(points=((0, 100), (10, 0), (30, 40)))


@pytest.mark.parametrize(
    ("moment_s", "is_open", "next_change_s"),
    [(0, False, 10), (10, True, 5), (14, True, 1), (15, False, 15), (30, True, 5), (1_012, True, 3)],
)
def test_a_window_opens_again_and_again(moment_s: float, is_open: bool, next_change_s: float) -> None:
    assert FLAPPING.is_open(moment_s) is is_open
    assert FLAPPING.next_change_s(moment_s) == next_change_s


def test_a_window_that_does_not_repeat_opens_once() -> None:
    window = Window(first_at_s=10, lasts_s=5)

    assert [moment for moment in range(0, 100, 3) if window.is_open(moment)] == [12]
    assert window.next_change_s(20) == math.inf


def test_there_is_always_and_never() -> None:
    assert ALWAYS.is_open(0)
    assert ALWAYS.next_change_s(5) == math.inf
    assert not NEVER.is_open(0)


@given(
    first_at_s=st.integers(-50, 50),
    lasts_s=st.integers(1, 30),
    pause_s=st.integers(1, 30),
    moment_s=st.integers(-100, 500),
)
def test_a_window_stays_as_it_is_until_its_next_change(
    first_at_s: int, lasts_s: int, pause_s: int, moment_s: int
) -> None:
    window = Window(first_at_s=first_at_s, lasts_s=lasts_s, every_s=lasts_s + pause_s)
    change_s = window.next_change_s(moment_s)

    assert change_s > 0
    assert window.is_open(moment_s + change_s - 0.5) is window.is_open(moment_s)
    assert window.is_open(moment_s + change_s) is not window.is_open(moment_s)


@pytest.mark.parametrize(
    ("moment_s", "value"), [(-5, 100), (0, 100), (5, 50), (10, 0), (20, 20), (30, 40), (900, 40)]
)
def test_a_course_goes_straight_from_point_to_point(moment_s: float, value: int) -> None:
    assert DISK.value_at(moment_s) == value


def test_a_course_can_begin_anew() -> None:
    course = Course(points=DISK.points, every_s=50)

    assert [course.value_at(moment) for moment in (55, 60, 95, 105)] == [50, 0, 40, 50]
