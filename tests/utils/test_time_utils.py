from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discarr.utils.time_utils import clock_time, round_down, round_up, short_span, timestamp
from tests.fakes.clock import START

MOMENTS = st.datetimes(timezones=st.just(UTC))
STEP = timedelta(minutes=5)


@given(MOMENTS)
def test_a_rounded_moment_is_a_multiple_of_five_minutes_and_not_before(moment: datetime) -> None:
    rounded = round_up(moment)
    assert moment <= rounded
    is_last_of_all = rounded.year == 9999 and rounded.microsecond
    assert is_last_of_all or (rounded.minute % 5 == 0 and rounded - moment < STEP)


def test_all_moments_of_a_step_round_to_the_same() -> None:
    first = START.replace(minute=40, second=1)
    assert round_up(first) == round_up(first + timedelta(minutes=4)) == START.replace(minute=45)
    assert round_up(START.replace(minute=45)) == START.replace(minute=45)


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (timedelta(seconds=-5), "under 1 min"),
        (timedelta(seconds=59), "under 1 min"),
        (timedelta(minutes=25, seconds=59), "25 min"),
        (timedelta(hours=3, minutes=59), "3 h"),
        (timedelta(hours=47), "47 h"),
        (timedelta(hours=48), "2 d"),
        (timedelta.max, "999999999 d"),
    ],
)
def test_short_spans(span: timedelta, expected: str) -> None:
    assert short_span(span) == expected


def test_spans_round_down_to_steps() -> None:
    assert round_down(timedelta(minutes=29)) == timedelta(minutes=25)
    assert round_down(timedelta(minutes=-29)) == timedelta()


def test_timestamps_are_whole_seconds() -> None:
    assert timestamp(datetime(1970, 1, 1, 0, 0, 1, 999_999, tzinfo=UTC), "R") == "<t:1:R>"


def test_a_clock_time_carries_the_day_once_it_could_mean_another_day() -> None:
    soon, far = START + timedelta(hours=19), START + timedelta(hours=20)
    assert clock_time(soon, START) == timestamp(soon, "t")
    assert clock_time(far, START) == timestamp(far, "f")
    assert clock_time(START - timedelta(days=2), START) == timestamp(START - timedelta(days=2), "f")


def test_the_end_of_time_is_rounded_to_itself() -> None:
    assert round_up(datetime.max.replace(tzinfo=UTC)) == datetime.max.replace(tzinfo=UTC)
