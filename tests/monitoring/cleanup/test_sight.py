"""When a refresh counts as an observation, and when the watching begins anew."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from discarr.core.models import DownloadKey, InstanceSnapshot, InstanceState
from discarr.monitoring.cleanup.sight import SETTLE_S, Mark, Sight, WatchTime, gap_of
from tests.factories import make_instance_snapshot
from tests.fakes.clock import START
from tests.monitoring.cleanup.stage import GB, make_item

KEY = DownloadKey("radarr", "d", "A")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def read(seconds: float, *, as_of: float | None = None, **overrides: Any) -> InstanceSnapshot:
    """Return what was read at a moment, and of which moment it is."""
    data_as_of = None if as_of is None else at(as_of)
    return make_instance_snapshot(fetched_at=at(seconds), data_as_of=data_as_of, **overrides)


@pytest.fixture
def sight() -> Sight:
    return Sight(gap_s=90)


@pytest.mark.parametrize(("interval_s", "expected"), [(1, 90), (30, 90), (60, 180)])
def test_three_missed_refreshes_are_a_gap_but_not_less_than_90_seconds(
    interval_s: float, expected: float
) -> None:
    assert gap_of(interval_s) == expected


def test_watch_time_stands_still_through_gaps() -> None:
    time = WatchTime(100.0, 90)
    for now in (5000.0, 5060.0, 5150.0, 5241.0, 9000.0, 9001.0):
        time.pass_to(now)

    assert time.seconds == 100 + 60 + 90 + 1


def test_the_same_snapshot_again_is_nothing_new(sight: Sight) -> None:
    assert sight.note(read(0), 0)
    assert not sight.note(read(0), 1)
    assert sight.note(read(30), 30)


def test_an_observation_is_due_after_the_wait_and_after_a_refresh_of_the_app(sight: Sight) -> None:
    sight.note(read(0, as_of=0), 0)
    assert not sight.is_due(1e6)

    sight.wait(600)

    assert not sight.is_due(600)  # the app has not looked since
    sight.note(read(60, as_of=3), 60)  # whole seconds, of another row
    assert not sight.is_due(600)
    sight.note(read(90, as_of=60), 90)
    assert not sight.is_due(599)
    assert sight.is_due(600)


def test_without_the_age_of_the_data_every_refresh_counts(sight: Sight) -> None:
    sight.note(read(0), 0)
    sight.wait(600)
    sight.note(read(60), 60)

    assert sight.is_due(600)


@pytest.mark.parametrize(
    "later",
    [
        (read(91, as_of=91), 91),
        (read(60, as_of=601), 60),
        (read(60, as_of=-601), 60),
        (read(60, as_of=60, version="7.0"), 60),
        (read(60, as_of=60, started_at=at(30)), 60),
    ],
    ids=["gap", "suspended", "clock of the app", "updated", "restarted"],
)
def test_a_gap_makes_everything_begin_anew(sight: Sight, later: tuple[InstanceSnapshot, float]) -> None:
    sight.note(read(0, as_of=0), 0)
    sight.wait(600)
    sight.marks[KEY] = Mark(0.0, GB, GB)
    sight.rates[KEY] = 1.0
    instance, now = later

    assert sight.note(instance, now)

    assert sight.due_at_s is None
    assert not sight.marks
    assert not sight.rates
    assert not sight.is_calm(now + SETTLE_S - 1)
    assert sight.is_calm(now + SETTLE_S)


def test_an_absence_makes_everything_begin_anew(sight: Sight) -> None:
    sight.note(read(0), 0)
    sight.wait(600)

    assert not sight.note(read(0, state=InstanceState.STARTING), 30)

    assert sight.due_at_s is None
    assert not sight.is_calm(1e6)
    assert sight.is_stale(31)
    assert sight.note(read(60), 60)
    assert not sight.is_calm(60 + SETTLE_S - 1)


def test_rows_that_the_app_does_not_renew_become_stale(sight: Sight) -> None:
    for seconds in range(0, 631, 30):
        sight.note(read(seconds, as_of=0), seconds)

        assert sight.is_stale(seconds) is (seconds > 600)

    sight.note(read(660, as_of=650), 660)
    assert not sight.is_stale(660)


def test_a_long_interval_between_refreshes_is_no_gap() -> None:
    sight = Sight(gap_s=gap_of(3600))
    sight.note(read(0, as_of=0), 0)
    sight.wait(600)
    sight.note(read(3600, as_of=3590), 3600)

    assert sight.is_due(600)
    assert not sight.is_stale(3600)


def test_the_time_of_the_app_is_what_it_said_and_what_has_passed_since(sight: Sight) -> None:
    wall = at(5000)
    assert sight.app_time(wall, 0) == wall

    sight.note(read(0, as_of=0), 100)

    assert sight.app_time(wall, 130) == at(30)
    assert sight.app_time(at(-10), 130) == at(-10)


def test_a_mark_is_of_no_use_once_a_download_was_checked_again_or_has_another_size() -> None:
    mark = Mark(0.0, 4 * GB, 2 * GB)

    assert mark.precedes(make_item(size_bytes=4 * GB, size_left_bytes=2 * GB))
    assert mark.precedes(make_item(size_bytes=4 * GB, size_left_bytes=GB))
    assert not mark.precedes(make_item(size_bytes=4 * GB, size_left_bytes=3 * GB))
    assert not mark.precedes(make_item(size_bytes=5 * GB, size_left_bytes=GB))
