"""When the live message is renewed."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest
from msgspec.structs import replace

from discarr.core.errors import Unreachable
from discarr.core.models import DownloadKey
from discarr.core.supervision import LoopDied
from discarr.monitoring.cache_manager import CacheManager
from discarr.monitoring.download_monitor import DownloadMonitor, Published
from discarr.monitoring.download_rows import Hidden
from discarr.monitoring.progress_tracker import ProgressTracker
from discarr.monitoring.status_view import Scene, StatusView
from tests.factories import make_download
from tests.fakes.clock import START, FakeClock
from tests.fakes.media_client import FakeMediaClient
from tests.monitoring.conftest import running


class FakePublisher:
    """Shows views, like a message in Discord would; only rows and scene are visible in it."""

    def __init__(self, clock: FakeClock) -> None:
        self.retry_requested = asyncio.Event()
        self.shown: list[tuple[float, StatusView]] = []
        self.asked: list[tuple[float, StatusView]] = []
        self.is_online = True
        self.takes_s = 0.0
        self._clock = clock

    async def publish(self, view: StatusView, *, renew: bool) -> Published:
        self.retry_requested.clear()
        self.asked.append((self._clock.monotonic(), view))
        await self._clock.sleep(self.takes_s)
        if not self.is_online:
            return Published.WAITING
        if self.shown and not renew and _visible(self.shown[-1][1]) == _visible(view):
            return Published.UNCHANGED
        self.shown.append((self._clock.monotonic(), view))
        return Published.EDITED if len(self.shown) > 1 else Published.SENT

    @property
    def times(self) -> list[float]:
        return [at for at, _ in self.shown]

    @property
    def scenes(self) -> list[Scene]:
        return [view.scene for _, view in self.shown]


def _visible(view: StatusView) -> tuple[object, ...]:
    rows = (*view.needs_hand, *view.others)
    return (view.scene, [replace(row, eta=None, idle_for=None) for row in rows])


@pytest.fixture
def publisher(clock: FakeClock) -> FakePublisher:
    return FakePublisher(clock)


@pytest.fixture
def tracker(clock: FakeClock) -> ProgressTracker:
    return ProgressTracker(clock=clock)


@pytest.fixture
def monitor(
    cache: CacheManager, tracker: ProgressTracker, publisher: FakePublisher, clock: FakeClock
) -> DownloadMonitor:
    return DownloadMonitor(cache, tracker, publisher, clock=clock)


def progress(client: FakeMediaClient, left: int) -> None:
    client.downloads = (make_download(size_left_bytes=left),)


async def test_the_first_content_replaces_loading_at_once(
    monitor: DownloadMonitor,
    cache: CacheManager,
    client: FakeMediaClient,
    publisher: FakePublisher,
    clock: FakeClock,
) -> None:
    client.gate = asyncio.Event()
    progress(client, 1)
    async with running(cache.run(), monitor.run()):
        await clock.advance(3)
        client.gate.set()
        await clock.settle()

    assert publisher.scenes == [Scene.LOADING, Scene.ACTIVE]
    assert publisher.times == [0, 3]


async def test_an_instance_that_hangs_does_not_keep_the_message_loading(
    client: FakeMediaClient, tracker: ProgressTracker, publisher: FakePublisher, clock: FakeClock
) -> None:
    hanging = FakeMediaClient("radarr_4k")
    hanging.gate = asyncio.Event()
    cache = CacheManager([client, hanging], clock=clock)
    monitor = DownloadMonitor(cache, tracker, publisher, clock=clock)
    async with running(cache.run(), monitor.run()):
        await clock.advance(21)

    assert publisher.scenes == [Scene.LOADING, Scene.IDLE]


async def test_a_load_that_is_over_shows_no_loading(
    monitor: DownloadMonitor, cache: CacheManager, publisher: FakePublisher, clock: FakeClock
) -> None:
    cache.initial_load_event.set()
    async with running(cache.run(), monitor.run()):
        await clock.settle()

    assert Scene.ACTIVE not in publisher.scenes
    assert publisher.scenes[-1] is Scene.IDLE


async def test_loading_is_tried_again_while_discord_is_away(
    monitor: DownloadMonitor,
    cache: CacheManager,
    client: FakeMediaClient,
    publisher: FakePublisher,
    clock: FakeClock,
) -> None:
    client.gate = asyncio.Event()
    publisher.is_online = False
    async with running(cache.run(), monitor.run()):
        await clock.advance(2)
        publisher.is_online = True
        publisher.retry_requested.set()
        await clock.settle()

        assert publisher.scenes == [Scene.LOADING]
        assert publisher.times == [2]


async def test_nothing_is_edited_while_nothing_visible_changes(
    monitor: DownloadMonitor, cache: CacheManager, publisher: FakePublisher, clock: FakeClock
) -> None:
    async with running(cache.run(), monitor.run()):
        await clock.advance(250)

    assert len(publisher.shown) == 2
    assert len(publisher.asked) > 5


async def test_the_checked_line_is_renewed_before_five_minutes_have_passed(
    monitor: DownloadMonitor, cache: CacheManager, publisher: FakePublisher, clock: FakeClock
) -> None:
    async with running(cache.run(), monitor.run()):
        await clock.advance(1000)

    gaps = [later - earlier for earlier, later in pairwise(publisher.times[1:])]
    assert len(gaps) == 3
    assert all(250 < gap <= 300 for gap in gaps)
    for at, view in publisher.shown:
        assert view.next_check_by is not None
        assert (view.next_check_by - START).total_seconds() == pytest.approx(at + 300)


async def test_a_message_that_needs_no_renewal_is_not_asked_for_it_without_end(
    cache: CacheManager, tracker: ProgressTracker, clock: FakeClock
) -> None:
    class Content(FakePublisher):
        async def publish(self, view: StatusView, *, renew: bool) -> Published:
            await super().publish(view, renew=renew)
            return Published.UNCHANGED

    publisher = Content(clock)
    monitor = DownloadMonitor(cache, tracker, publisher, clock=clock)
    async with running(cache.run(), monitor.run()):
        await clock.advance(120)

    assert len(publisher.asked) <= 10


async def test_a_renewal_needs_no_news_from_the_instances(
    monitor: DownloadMonitor,
    cache: CacheManager,
    client: FakeMediaClient,
    publisher: FakePublisher,
    clock: FakeClock,
) -> None:
    async with running(cache.run(), monitor.run()):
        await clock.settle()
        client.gate = asyncio.Event()
        await clock.advance(320)

    assert len(publisher.shown) == 3
    assert publisher.shown[-1][1].checked_at == START


async def test_edits_keep_their_distance_and_the_latest_state_wins(
    client: FakeMediaClient, tracker: ProgressTracker, publisher: FakePublisher, clock: FakeClock
) -> None:
    cache = CacheManager([client], clock=clock, refresh_interval_s=1)
    monitor = DownloadMonitor(cache, tracker, publisher, clock=clock)
    async with running(cache.run(), monitor.run()):
        await clock.settle()
        for step in range(64):
            progress(client, 1_000_000 - step)
            await clock.advance(1)

    gaps = [later - earlier for earlier, later in pairwise(publisher.times[1:])]
    assert len(gaps) >= 3
    assert all(15 <= gap < 18 for gap in gaps)
    last_at, last = publisher.shown[-1]
    assert last.others[0].fraction_done == pytest.approx(1 - (1_000_000 - last_at) / 4e9, abs=3e-9)


async def test_a_change_after_a_quiet_time_is_shown_at_once(
    monitor: DownloadMonitor,
    cache: CacheManager,
    client: FakeMediaClient,
    publisher: FakePublisher,
    clock: FakeClock,
) -> None:
    async with running(cache.run(), monitor.run()):
        await clock.advance(60)
        progress(client, 5)
        asked = len(publisher.asked)
        while len(publisher.asked) == asked:
            await clock.advance(1)

    assert publisher.shown[-1][1].total == 1
    assert START + timedelta(seconds=publisher.times[-1]) == cache.snapshot.instances[0].fetched_at


async def test_what_could_not_be_published_is_tried_again(
    monitor: DownloadMonitor, cache: CacheManager, publisher: FakePublisher, clock: FakeClock
) -> None:
    publisher.is_online = False
    async with running(cache.run(), monitor.run()):
        await clock.advance(12)
        publisher.is_online = True
        await clock.advance(5)

    assert publisher.scenes == [Scene.IDLE]


async def test_a_wait_ends_when_the_publisher_asks_for_it(
    monitor: DownloadMonitor, cache: CacheManager, publisher: FakePublisher, clock: FakeClock
) -> None:
    publisher.is_online = False
    async with running(cache.run(), monitor.run()):
        await clock.advance(12)
        publisher.is_online = True
        publisher.retry_requested.set()
        await clock.settle()

        assert publisher.times == [12]


async def test_samples_are_taken_while_discord_is_slow(
    monitor: DownloadMonitor,
    cache: CacheManager,
    client: FakeMediaClient,
    tracker: ProgressTracker,
    publisher: FakePublisher,
    clock: FakeClock,
) -> None:
    publisher.takes_s = 10_000
    async with running(cache.run(), monitor.run()):
        for step in range(12):  # the refreshes are spread, so some fall into the same step
            progress(client, 1_000_000 - step)
            await clock.advance(30)

    assert tracker.estimate(DownloadKey("radarr", "d", "HASH")).samples >= 6


async def test_hidden_instances_stay_out_of_the_shared_message(
    cache: CacheManager,
    client: FakeMediaClient,
    tracker: ProgressTracker,
    publisher: FakePublisher,
    clock: FakeClock,
) -> None:
    progress(client, 5)
    monitor = DownloadMonitor(
        cache, tracker, publisher, clock=clock, hidden=Hidden(instances=frozenset({"radarr"}))
    )
    async with running(cache.run(), monitor.run()):
        await clock.settle()

    _, view = publisher.asked[-1]
    assert view.scene is Scene.IDLE
    assert view.total == 0
    assert view.instances == ()


async def test_the_last_word_says_offline(
    monitor: DownloadMonitor,
    cache: CacheManager,
    client: FakeMediaClient,
    publisher: FakePublisher,
    clock: FakeClock,
) -> None:
    client.error = Unreachable("radarr")
    async with running(cache.run(), monitor.run()):
        await clock.settle()

    assert await monitor.publish_offline() is Published.EDITED
    assert publisher.scenes[-1] is Scene.OFFLINE


async def test_an_unexpected_error_of_the_publisher_is_survived(
    cache: CacheManager, tracker: ProgressTracker, clock: FakeClock
) -> None:
    class BrokenOnce(FakePublisher):
        async def publish(self, view: StatusView, *, renew: bool) -> Published:
            published = await super().publish(view, renew=renew)
            if len(self.asked) == 1:
                raise RuntimeError("a bug")
            return published

    publisher = BrokenOnce(clock)
    monitor = DownloadMonitor(cache, tracker, publisher, clock=clock)
    async with running(cache.run(), monitor.run()):
        await clock.advance(10)

    assert publisher.scenes[-1] is Scene.IDLE


async def test_unexpected_errors_without_end_end_the_monitor(
    cache: CacheManager, tracker: ProgressTracker, clock: FakeClock
) -> None:
    class Broken(FakePublisher):
        async def publish(self, view: StatusView, *, renew: bool) -> Published:
            raise RuntimeError("a bug")

    monitor = DownloadMonitor(cache, tracker, Broken(clock), clock=clock)

    with pytest.raises(ExceptionGroup) as caught:
        async with running(monitor.run()):
            await clock.advance(900)

    assert caught.group_contains(LoopDied)
