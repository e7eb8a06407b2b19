"""The slow lane never disturbs the fast one."""

import pytest

from discarr.clients.base import MediaClient
from discarr.core.errors import Busy, TimedOut, Unreachable
from discarr.core.models import (
    DiskSpace,
    DownloadKey,
    HealthIssue,
    HistoryEvent,
    HistoryRecord,
    InstanceState,
)
from discarr.monitoring.cache_manager import CacheManager
from discarr.monitoring.detail_reader import DetailReader
from tests.factories import make_download
from tests.fakes.clock import START, FakeClock
from tests.fakes.media_client import FakeMediaClient
from tests.monitoring.conftest import running

A = make_download(key=DownloadKey("radarr", "d", "A"))
B = make_download(key=DownloadKey("radarr", "d", "B"))
ISSUE = HealthIssue(source="UpdateCheck", level="warning", message="…", wiki_url=None)
DISK = DiskSpace(path="/movies", free_bytes=1, total_bytes=2)
IMPORT = HistoryRecord(
    id=1,
    instance="radarr",
    event=HistoryEvent.IMPORTED,
    date=START,
    download_id="A",
    title="Dune",
    year=2021,
    media_id=1,
    episode=None,
    release_title="Dune.2021",
    quality=None,
    tags=(),
)
SLOW_CALLS = ["health", "history", "disks"]


@pytest.fixture
def reader(cache: CacheManager, clock: FakeClock) -> DetailReader:
    return DetailReader(cache, clock=clock)


def slow_calls(client: FakeMediaClient) -> list[str]:
    return [call for call in client.calls if call in SLOW_CALLS]


async def test_details_are_read_right_after_the_first_load(
    reader: DetailReader, cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    client.health, client.disks, client.history = (ISSUE,), (DISK,), (IMPORT,)

    async with running(cache.run(), reader.run()):
        await clock.settle()

    instance = cache.snapshot.instances[0]
    assert (instance.health, instance.disks, instance.recent_imports) == ((ISSUE,), (DISK,), (IMPORT,))


async def test_details_are_read_again_at_every_interval(
    reader: DetailReader, cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    async with running(cache.run(), reader.run()):
        await clock.advance(299)
        early = slow_calls(client)
        await clock.advance(34)

    assert early == SLOW_CALLS
    assert slow_calls(client) == SLOW_CALLS * 2


async def test_an_instance_that_is_away_is_left_alone(
    reader: DetailReader, cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    client.error = Unreachable("radarr")
    async with running(cache.run(), reader.run()):
        await clock.advance(400)
        while_away = slow_calls(client)
        client.error = None
        await clock.advance(67)

    assert while_away == []
    assert slow_calls(client) == SLOW_CALLS


async def test_what_cannot_be_read_keeps_its_value_and_the_instance_stays_up(
    reader: DetailReader, cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    client.health, client.disks, client.history = (ISSUE,), (DISK,), (IMPORT,)
    async with running(cache.run(), reader.run()):
        await clock.settle()
        client.failures = {"health": Busy("x"), "disks": TimedOut("x"), "history": Busy("x")}
        await clock.advance(700)

    instance = cache.snapshot.instances[0]
    assert instance.state is InstanceState.UP
    assert (instance.health, instance.disks, instance.recent_imports) == ((ISSUE,), (DISK,), (IMPORT,))


async def test_a_vanished_download_has_history_and_health_read_again(
    reader: DetailReader, cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    client.downloads = (A, B)
    async with running(cache.run(), reader.run()):
        await clock.advance(20)
        client.downloads = (B,)
        client.history = (IMPORT,)
        await clock.advance(14)

    assert slow_calls(client) == [*SLOW_CALLS, "health", "history"]
    assert cache.snapshot.instances[0].recent_imports == (IMPORT,)


async def test_downloads_that_vanish_one_after_the_other_are_looked_up_together(
    client: FakeMediaClient, clock: FakeClock
) -> None:
    cache = CacheManager([client], clock=clock, refresh_interval_s=1)
    client.downloads = tuple(make_download(key=DownloadKey("radarr", "d", str(n))) for n in range(40))
    async with running(cache.run(), DetailReader(cache, clock=clock).run()):
        await clock.advance(20)
        for _ in range(40):
            client.downloads = client.downloads[1:]
            await clock.advance(1)

    assert 2 <= client.count("history") - 1 <= 4


async def test_a_new_download_is_no_reason_to_look(
    reader: DetailReader, cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    client.downloads = (A,)
    async with running(cache.run(), reader.run()):
        await clock.advance(20)
        client.downloads = (A, B)
        await clock.advance(60)

    assert slow_calls(client) == SLOW_CALLS


async def test_further_readings_are_made_on_both_occasions(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    async def read_feed(client: MediaClient) -> None:
        read.append(client.config.id)

    read: list[str] = []
    client.downloads = (A, B)
    async with running(cache.run(), DetailReader(cache, clock=clock, look_ups=[read_feed]).run()):
        await clock.advance(20)
        at_start = len(read)
        client.downloads = (B,)
        await clock.advance(14)
        when_vanished = len(read)
        await clock.advance(300)

    assert (at_start, when_vanished, len(read)) == (1, 2, 3)
    assert set(read) == {"radarr"}


async def test_a_further_reading_that_fails_disturbs_no_other(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    async def fail(client: MediaClient) -> None:
        raise Unreachable(client.config.id)

    client.disks = (DISK,)
    async with running(cache.run(), DetailReader(cache, clock=clock, look_ups=[fail]).run()):
        await clock.settle()

    assert cache.snapshot.instances[0].disks == (DISK,)
    assert slow_calls(client) == SLOW_CALLS
