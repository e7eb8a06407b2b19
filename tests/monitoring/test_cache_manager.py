"""All instances together: who waits for whom, and who is told."""

import asyncio
import logging
from datetime import timedelta

import pytest

from discarr.core.errors import Rejected, Unauthorized, Unreachable
from discarr.core.models import DiskSpace, InstanceState, QueueSnapshot
from discarr.monitoring.cache_manager import CacheManager
from tests.factories import make_download
from tests.fakes.clock import START, FakeClock
from tests.fakes.media_client import FakeMediaClient
from tests.monitoring.conftest import running


@pytest.fixture
def other() -> FakeMediaClient:
    return FakeMediaClient("radarr_4k", name="4K")


@pytest.fixture
def both(client: FakeMediaClient, other: FakeMediaClient, clock: FakeClock) -> CacheManager:
    return CacheManager([client, other], clock=clock)


def states(snapshot: QueueSnapshot) -> list[InstanceState]:
    return [instance.state for instance in snapshot.instances]


async def test_before_the_start_every_instance_is_loading(both: CacheManager) -> None:
    assert states(both.snapshot) == [InstanceState.LOADING] * 2
    assert [instance.name for instance in both.snapshot.instances] == ["Radarr", "4K"]
    assert both.snapshot.version == 0


async def test_the_initial_load_is_over_when_each_instance_was_attempted(
    both: CacheManager, other: FakeMediaClient, clock: FakeClock
) -> None:
    other.error = Unreachable("radarr_4k")

    async with running(both.run()):
        await clock.settle()

        assert both.initial_load_event.is_set()
        assert states(both.snapshot) == [InstanceState.UP, InstanceState.UNREACHABLE]


async def test_an_instance_that_hangs_holds_nobody_back(
    both: CacheManager,
    other: FakeMediaClient,
    client: FakeMediaClient,
    clock: FakeClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    other.gate = asyncio.Event()
    async with running(both.run()):
        await clock.advance(19)
        was_set = both.initial_load_event.is_set()
        await clock.advance(1)
        is_set = both.initial_load_event.is_set()
        await clock.advance(100)

    assert (was_set, is_set) == (False, True)
    assert client.count("queue") >= 3
    assert "radarr_4k" in caplog.text
    assert states(both.snapshot) == [InstanceState.UP, InstanceState.LOADING]


async def test_snapshots_are_replaced_and_versions_grow(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    async with running(cache.run()):
        await clock.settle()
        first = cache.snapshot
        await clock.advance(34)
        second = cache.snapshot

    assert second.version == first.version + 1
    assert first.instances[0].fetched_at == START
    assert second.instances[0].fetched_at is not None
    assert second.instances[0].fetched_at > START


async def test_subscribers_get_the_latest_snapshot_only(cache: CacheManager, clock: FakeClock) -> None:
    with cache.subscribe() as subscription:
        async with running(cache.run()):
            await clock.advance(100)
            snapshot = await anext(subscription)

            assert snapshot is cache.snapshot
            assert not subscription.changed.is_set()


async def test_several_subscribers_are_told_until_they_leave(cache: CacheManager, clock: FakeClock) -> None:
    stays, leaves = cache.subscribe(), cache.subscribe()
    leaves.close()
    async with running(cache.run()):
        await clock.settle()

    assert stays.changed.is_set()
    assert not leaves.changed.is_set()


async def test_the_next_snapshot_waits_for_the_next_change(cache: CacheManager, clock: FakeClock) -> None:
    seen = []

    async def follow() -> None:
        subscription = cache.subscribe()
        while True:
            seen.append((await anext(subscription)).version)

    async with running(cache.run(), follow()):
        await clock.advance(34)

    assert seen == [1, 2]


async def test_ending_closes_the_clients(
    both: CacheManager, client: FakeMediaClient, other: FakeMediaClient, clock: FakeClock
) -> None:
    other.gate = asyncio.Event()
    async with running(both.run()):
        await clock.settle()

    assert client.is_closed
    assert other.is_closed


async def test_a_client_that_does_not_close_does_not_block_the_end(
    both: CacheManager, client: FakeMediaClient, other: FakeMediaClient, clock: FakeClock
) -> None:
    class Stubborn(FakeMediaClient):
        async def aclose(self) -> None:
            await asyncio.Event().wait()

    cache = CacheManager([Stubborn(), other], clock=clock)

    async with running(cache.run()):
        await clock.settle()

    assert other.is_closed


async def test_refresh_now_reads_again_at_once(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    client.failures["refresh"] = Rejected("radarr")
    async with running(cache.run()):
        await clock.advance(10)
        client.downloads = (make_download(),)
        snapshot = await cache.refresh_now()

    assert snapshot.instances[0].downloads == client.downloads
    assert snapshot.instances[0].fetched_at == START + timedelta(seconds=10)


async def test_refresh_now_right_after_a_refresh_returns_what_is_known(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    async with running(cache.run()):
        await clock.advance(4)
        before = cache.snapshot

        assert await cache.refresh_now() is before
        assert client.count("queue") == 1


async def test_callers_at_the_same_time_share_one_refresh(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    client.failures["refresh"] = Rejected("radarr")
    async with running(cache.run()):
        await clock.advance(10)
        client.gate = asyncio.Event()
        callers = [asyncio.create_task(cache.refresh_now()) for _ in range(5)]
        await clock.advance(3)
        late = asyncio.create_task(cache.refresh_now())
        await clock.settle()
        client.gate.set()
        snapshots = await asyncio.gather(*callers, late)

    assert len({id(snapshot) for snapshot in snapshots}) == 1
    assert client.count("queue") == 2
    assert client.count("refresh") == 1


async def test_refresh_now_does_not_wait_longer_than_twelve_seconds(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    async with running(cache.run()):
        await clock.advance(10)
        client.gate = asyncio.Event()
        before = cache.snapshot
        caller = asyncio.create_task(cache.refresh_now())
        await clock.advance(11)
        was_done = caller.done()
        await clock.advance(1)

        assert not was_done
        assert await caller is before


async def test_refresh_now_tries_an_instance_that_waits_for_people(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    client.error = Unauthorized("radarr")
    async with running(cache.run()):
        await clock.advance(10)
        client.error = None
        snapshot = await cache.refresh_now()

    assert snapshot.instances[0].state is InstanceState.UP
    assert client.count("refresh") == 0


async def test_trouble_during_refresh_now_is_in_the_snapshot(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    async with running(cache.run()):
        await clock.advance(10)
        client.error = Unauthorized("radarr")
        snapshot = await cache.refresh_now()

    assert snapshot.instances[0].state is InstanceState.UNAUTHORIZED


async def test_a_forced_refresh_waits_until_the_queue_is_rebuilt(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    client.data_as_of = START - timedelta(seconds=60)
    async with running(cache.run()):
        await clock.advance(10)
        caller = asyncio.create_task(cache.refresh_now())
        await clock.advance(1.5)
        client.data_as_of = START + timedelta(seconds=11)
        client.downloads = (make_download(),)
        await clock.advance(1.5)
        snapshot = await caller

    assert client.calls == ["identify", "queue", "refresh", "queue", "queue"]
    assert snapshot.instances[0].downloads == client.downloads


async def test_a_forced_refresh_reads_a_few_times_only(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    client.data_as_of = START - timedelta(seconds=60)
    async with running(cache.run()):
        await clock.advance(10)
        caller = asyncio.create_task(cache.refresh_now())
        await clock.advance(6)

        assert caller.done()
        assert client.calls[2:] == ["refresh", "queue", "queue", "queue"]


async def test_an_app_that_looked_just_now_is_not_forced(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    client.data_as_of = START
    async with running(cache.run()):
        await clock.advance(10)
        await cache.refresh_now()

    assert client.count("refresh") == 0
    assert client.count("queue") == 2


async def test_forced_refreshes_keep_a_distance(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    async with running(cache.run()):
        for _ in range(4):
            await clock.advance(6)
            caller = asyncio.create_task(cache.refresh_now())
            client.downloads = (make_download(),)
            await clock.advance(2)
            await caller

    assert client.count("refresh") == 2


async def test_details_are_merged_and_published(cache: CacheManager, clock: FakeClock) -> None:
    disks = (DiskSpace(path="/movies", free_bytes=1, total_bytes=2),)
    with cache.subscribe() as subscription:
        cache.update_details("radarr", disks=disks)
        was_told = subscription.changed.is_set()
        subscription.take()
        cache.update_details("radarr", disks=disks)

        assert was_told
        assert not subscription.changed.is_set()
    assert cache.snapshot.instances[0].disks == disks


async def test_that_there_are_no_warnings_is_news_once(cache: CacheManager, clock: FakeClock) -> None:
    async with running(cache.run()):
        await clock.settle()
        before = cache.snapshot.instances[0].details_at
        with cache.subscribe() as subscription:
            cache.update_details("radarr", health=())
            was_told = subscription.changed.is_set()
            read_at = subscription.take().instances[0].details_at
            await clock.advance(5)
            cache.update_details("radarr", health=())
            is_told_again = subscription.changed.is_set()

    assert before is None
    assert was_told
    assert read_at == START
    assert not is_told_again


async def test_details_survive_the_next_refresh(cache: CacheManager, clock: FakeClock) -> None:
    disks = (DiskSpace(path="/movies", free_bytes=1, total_bytes=2),)
    async with running(cache.run()):
        await clock.settle()
        cache.update_details("radarr", disks=disks)
        await clock.advance(40)

    assert cache.snapshot.instances[0].disks == disks
