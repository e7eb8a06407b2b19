"""Rates, estimates and idle time from what was observed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from discarr.core.models import (
    Download,
    DownloadKey,
    InstanceSnapshot,
    InstanceState,
    QueueStatus,
)
from discarr.monitoring.progress_tracker import NO_ESTIMATE, ProgressTracker
from tests.factories import make_download, make_instance_snapshot
from tests.fakes.clock import FakeClock

KEY = DownloadKey("radarr", "d", "HASH")
MB = 1_000_000


class Watcher:
    """Feeds a tracker with refreshes of one download, 30 s apart."""

    def __init__(self, *, interval_s: float = 30) -> None:
        self.clock = FakeClock()
        self.tracker = ProgressTracker(clock=self.clock, interval_s=interval_s)
        self.left = 3000 * MB

    async def refresh(
        self,
        *,
        loaded: int = 0,
        after_s: float = 30,
        knows_age: bool = False,
        state: InstanceState = InstanceState.UP,
        **overrides: Any,
    ) -> InstanceSnapshot:
        await self.clock.advance(after_s)
        self.left -= loaded
        download = make_download(**{"size_left_bytes": self.left} | overrides)
        now = self.clock.now()
        snapshot = make_instance_snapshot(
            downloads=(download,), fetched_at=now, data_as_of=now if knows_age else None, state=state
        )
        self.tracker.observe(snapshot)
        return snapshot

    @property
    def idle_s(self) -> float | None:
        idle_for = self.tracker.estimate(KEY).idle_for
        return None if idle_for is None else idle_for.total_seconds()


@pytest.fixture
async def watcher() -> Watcher:
    watcher = Watcher()
    await watcher.refresh()
    return watcher


async def test_an_unknown_download_has_no_estimate() -> None:
    tracker = ProgressTracker(clock=FakeClock())

    assert tracker.estimate(KEY) is NO_ESTIMATE


async def test_one_sample_gives_no_rate_but_the_clients_estimate(watcher: Watcher) -> None:
    await watcher.refresh(time_left=timedelta(minutes=10))

    estimate = watcher.tracker.estimate(KEY)

    assert estimate.rate_bytes_s is None
    assert estimate.eta == watcher.clock.now() + timedelta(minutes=10)
    assert not estimate.is_sure


async def test_the_rate_is_measured_over_the_samples(watcher: Watcher) -> None:
    for _ in range(4):
        await watcher.refresh(loaded=30 * MB)

    estimate = watcher.tracker.estimate(KEY)

    assert estimate.rate_bytes_s == pytest.approx(MB)
    assert estimate.samples == 4


async def test_old_samples_leave_the_rate(watcher: Watcher) -> None:
    await watcher.refresh(loaded=900 * MB)
    for _ in range(30):
        await watcher.refresh(loaded=30 * MB)

    assert watcher.tracker.estimate(KEY).rate_bytes_s == pytest.approx(MB)


async def test_a_stall_lowers_the_rate_until_nothing_is_left_of_it(watcher: Watcher) -> None:
    await watcher.refresh(loaded=30 * MB)
    for _ in range(3):
        await watcher.refresh()
    slowed = watcher.tracker.estimate(KEY).rate_bytes_s
    for _ in range(20):
        await watcher.refresh()

    assert slowed == pytest.approx(MB / 4)
    assert watcher.tracker.estimate(KEY).rate_bytes_s is None


async def test_measured_and_told_estimates_are_blended_and_sure_when_they_agree(watcher: Watcher) -> None:
    for _ in range(6):
        await watcher.refresh(loaded=30 * MB, time_left=timedelta(minutes=48))

    estimate = watcher.tracker.estimate(KEY)

    own_s = watcher.left / MB
    assert estimate.is_sure
    assert estimate.eta is not None
    assert (estimate.eta - watcher.clock.now()).total_seconds() == pytest.approx((own_s + 48 * 60) / 2)


async def test_estimates_that_disagree_are_not_sure(watcher: Watcher) -> None:
    for _ in range(6):
        await watcher.refresh(loaded=30 * MB, time_left=timedelta(hours=9))

    assert not watcher.tracker.estimate(KEY).is_sure


async def test_without_the_clients_estimate_a_steady_rate_is_sure(watcher: Watcher) -> None:
    for _ in range(7):
        await watcher.refresh(loaded=30 * MB)

    estimate = watcher.tracker.estimate(KEY)

    assert estimate.is_sure
    assert estimate.eta == watcher.clock.now() + timedelta(seconds=watcher.left / MB)


async def test_without_the_clients_estimate_a_jumping_rate_is_not_sure(watcher: Watcher) -> None:
    for loaded in (200, 200, 200, 200, 1, 1, 1, 1):
        await watcher.refresh(loaded=loaded * MB)

    assert not watcher.tracker.estimate(KEY).is_sure


async def test_without_the_clients_estimate_a_stopped_download_is_not_sure(watcher: Watcher) -> None:
    for loaded in (200, 200, 200, 200, 0, 0, 0, 0, 0, 0):
        await watcher.refresh(loaded=loaded * MB)

    estimate = watcher.tracker.estimate(KEY)

    assert not estimate.is_sure
    assert estimate.eta is not None


async def test_two_changes_at_one_moment_of_the_app_are_no_rate_to_rely_on() -> None:
    watcher = Watcher()
    snapshot = await watcher.refresh(knows_age=True)
    for _ in range(3):
        snapshot = await watcher.refresh(loaded=90 * MB, after_s=80, knows_age=True)
    await watcher.clock.advance(30)
    rows = (make_download(size_left_bytes=watcher.left - 30 * MB),)
    watcher.tracker.observe(replace(snapshot, downloads=rows, fetched_at=watcher.clock.now()))
    once = watcher.tracker.estimate(KEY)
    await watcher.clock.advance(30)
    rows = (make_download(size_left_bytes=watcher.left - 60 * MB),)
    watcher.tracker.observe(replace(snapshot, downloads=rows, fetched_at=watcher.clock.now()))
    twice = watcher.tracker.estimate(KEY)

    assert once.is_sure
    assert not twice.is_sure


async def test_an_estimate_beyond_a_month_is_none(watcher: Watcher) -> None:
    await watcher.refresh(time_left=timedelta(days=400))

    assert watcher.tracker.estimate(KEY).eta is None


async def test_an_estimate_counts_from_when_the_app_looked() -> None:
    watcher = Watcher()
    snapshot = await watcher.refresh(time_left=timedelta(minutes=10))
    looked_at = watcher.clock.now() - timedelta(seconds=80)
    fetched_at = watcher.clock.now() + timedelta(seconds=1)
    watcher.tracker.observe(replace(snapshot, data_as_of=looked_at, fetched_at=fetched_at))

    assert watcher.tracker.estimate(KEY).eta == looked_at + timedelta(minutes=10)


async def test_a_clock_that_disagrees_does_not_move_the_estimate() -> None:
    watcher = Watcher()
    snapshot = await watcher.refresh(time_left=timedelta(minutes=10))
    skewed = watcher.clock.now() - timedelta(hours=1)
    fetched_at = watcher.clock.now() + timedelta(seconds=1)
    watcher.tracker.observe(replace(snapshot, data_as_of=skewed, fetched_at=fetched_at))

    assert watcher.tracker.estimate(KEY).eta == fetched_at + timedelta(minutes=10)


async def test_idle_time_is_counted_while_watched(watcher: Watcher) -> None:
    for _ in range(10):
        await watcher.refresh()

    assert watcher.idle_s == 300


async def test_a_new_byte_ends_the_idle_time(watcher: Watcher) -> None:
    await watcher.refresh()
    await watcher.refresh(loaded=1)

    assert watcher.idle_s == 0


async def test_an_unchanged_queue_is_idle_without_a_look_at_its_rows(watcher: Watcher) -> None:
    snapshot = await watcher.refresh()
    for _ in range(4):
        await watcher.clock.advance(30)
        watcher.tracker.observe(replace(snapshot, fetched_at=watcher.clock.now()))

    assert watcher.idle_s == 150


async def test_the_same_snapshot_again_changes_nothing(watcher: Watcher) -> None:
    snapshot = await watcher.refresh()
    await watcher.clock.advance(30)
    watcher.tracker.observe(snapshot)
    watcher.tracker.observe(snapshot)

    assert watcher.idle_s == 30


async def test_a_gap_in_observation_is_not_idle_time(watcher: Watcher) -> None:
    await watcher.refresh()
    await watcher.refresh(after_s=3 * 3600)

    assert watcher.idle_s == 30


async def test_slow_answers_are_no_gap_where_refreshes_are_frequent() -> None:
    watcher = Watcher(interval_s=1)
    for _ in range(4):
        await watcher.refresh(loaded=30 * MB, after_s=30)
    await watcher.refresh(after_s=60)

    assert watcher.tracker.estimate(KEY).rate_bytes_s is not None
    assert watcher.idle_s == 60


async def test_a_rate_is_not_measured_across_a_gap(watcher: Watcher) -> None:
    await watcher.refresh(loaded=30 * MB)
    await watcher.refresh(loaded=900 * MB, after_s=3600)

    assert watcher.tracker.estimate(KEY).rate_bytes_s is None


async def test_an_instance_that_is_away_is_not_idle(watcher: Watcher) -> None:
    await watcher.refresh()
    for _ in range(20):
        await watcher.refresh(state=InstanceState.UNREACHABLE)
    await watcher.refresh()

    assert watcher.idle_s == 30


async def test_where_the_app_says_when_it_looked_only_its_looks_count(watcher: Watcher) -> None:
    await watcher.refresh(knows_age=True)
    snapshot = await watcher.refresh(knows_age=True)
    idle_before = watcher.idle_s
    for _ in range(10):
        await watcher.clock.advance(30)
        watcher.tracker.observe(replace(snapshot, fetched_at=watcher.clock.now()))

    assert idle_before == 60
    assert watcher.idle_s == 60


async def test_an_app_that_did_not_look_for_long_proves_nothing(watcher: Watcher) -> None:
    snapshot = await watcher.refresh(knows_age=True)
    for step in range(1, 31):
        await watcher.clock.advance(30)
        as_of = watcher.clock.now() if step == 30 else snapshot.data_as_of
        watcher.tracker.observe(replace(snapshot, fetched_at=watcher.clock.now(), data_as_of=as_of))

    assert watcher.idle_s == 30


@pytest.mark.parametrize("status", [QueueStatus.PAUSED, QueueStatus.QUEUED, QueueStatus.COMPLETED])
async def test_where_no_data_is_expected_nothing_is_idle(watcher: Watcher, status: QueueStatus) -> None:
    for _ in range(10):
        await watcher.refresh(status=status)

    assert watcher.idle_s is None


async def test_unpacking_is_not_idle(watcher: Watcher) -> None:
    await watcher.refresh(size_left_bytes=0)

    assert watcher.idle_s is None


async def test_a_pending_release_is_not_idle() -> None:
    watcher = Watcher()
    key = DownloadKey("radarr", "p", "7")
    await watcher.refresh(key=key)

    assert watcher.tracker.estimate(key) is NO_ESTIMATE


async def test_after_a_pause_idle_time_starts_afresh(watcher: Watcher) -> None:
    for _ in range(10):
        await watcher.refresh(status=QueueStatus.PAUSED)
    await watcher.refresh()
    await watcher.refresh()

    assert watcher.idle_s == 30


async def test_a_download_that_is_checked_again_starts_afresh(watcher: Watcher) -> None:
    await watcher.refresh(loaded=30 * MB)
    await watcher.refresh(loaded=-1000 * MB)

    estimate = watcher.tracker.estimate(KEY)

    assert estimate.rate_bytes_s is None
    assert estimate.idle_for == timedelta(0)


async def test_a_vanished_download_is_forgotten(watcher: Watcher) -> None:
    await watcher.clock.advance(30)
    watcher.tracker.observe(make_instance_snapshot(downloads=(), fetched_at=watcher.clock.now()))

    assert watcher.tracker.estimate(KEY) is NO_ESTIMATE


async def test_only_changed_rows_are_compared() -> None:
    clock = FakeClock()
    tracker = ProgressTracker(clock=clock)
    other_key = DownloadKey("radarr", "d", "OTHER")
    kept: Download = make_download(key=other_key)
    tracker.observe(make_instance_snapshot(downloads=(make_download(), kept), fetched_at=clock.now()))
    await clock.advance(30)
    changed = make_download(size_left_bytes=2_970 * MB)
    tracker.observe(make_instance_snapshot(downloads=(changed, kept), fetched_at=clock.now()))

    assert tracker.estimate(KEY).rate_bytes_s == pytest.approx(MB)
    assert tracker.estimate(other_key).idle_for == timedelta(seconds=30)
