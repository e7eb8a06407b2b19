"""Snapshots and histories in, messages out: with a real store, and instances without a wire."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from discarr.core.errors import StoreError, Unreachable
from discarr.core.events import EventKind
from discarr.core.models import (
    Download,
    DownloadKey,
    HistoryEvent,
    QueueStatus,
    TrackedState,
    TrackedStatus,
)
from discarr.core.store import Connection, Store, outbox
from discarr.core.store.follows import add
from discarr.monitoring.alerts.content import (
    MAX_ITEMS,
    Content,
    DigestContent,
    NoticeContent,
    ReadyContent,
    StoryContent,
    decode,
)
from discarr.monitoring.alerts.following import follow_of
from discarr.monitoring.alerts.history_feed import HistoryFeed
from discarr.monitoring.alerts.notifier import Notifier
from discarr.monitoring.alerts.watch import Watch
from discarr.monitoring.cache_manager import CacheManager
from discarr.monitoring.download_rows import NOTHING_HIDDEN, Hidden
from discarr.monitoring.health_checker import HealthChecker
from discarr.monitoring.progress_tracker import ProgressTracker
from tests.factories import make_download
from tests.fakes.clock import START, FakeClock
from tests.fakes.media_client import FakeMediaClient
from tests.monitoring.alerts.test_steps import record

BLOCKED: dict[str, Any] = {
    "status": QueueStatus.COMPLETED,
    "tracked_status": TrackedStatus.WARNING,
    "tracked_state": TrackedState.IMPORT_PENDING,
}


def stuck(name: str = "HASH") -> Download:
    return make_download(key=DownloadKey("radarr", "d", name), media_id=1, **BLOCKED)


class CrampedStore(Store):
    """A store whose disk is full now and then."""

    is_full = False

    async def run[T](self, work: Callable[[Connection], T]) -> T:
        if self.is_full:
            raise StoreError("the disk of the data directory is full", remedy="Make room on it.")
        return await super().run(work)


class Station:
    """One process's worth of watching and deciding, over what outlives it."""

    def __init__(self, store: CrampedStore, clock: FakeClock, client: FakeMediaClient) -> None:
        self.store = store
        self.clock = clock
        self.client = client
        self.hidden: Hidden = NOTHING_HIDDEN
        self.dead = 0
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self.cache = CacheManager([self.client], clock=self.clock, refresh_interval_s=30)
        watch = Watch(
            ProgressTracker(clock=self.clock),
            HealthChecker(clock=self.clock),
            ["radarr"],
            hidden=self.hidden,
            reserve_bytes=20_000_000_000,
        )
        self.notifier = Notifier(
            self.cache,
            watch,
            self.store,
            clock=self.clock,
            filled=asyncio.Event(),
            undelivered=lambda: self.dead,
        )
        await self.notifier.load()
        feed = HistoryFeed(
            self.client,
            self.cache,
            watch,
            self.notifier,
            clock=self.clock,
            hidden=self.hidden,
            interval_s=300,
        )

        async def read() -> None:
            while True:
                await feed.step()

        for work in (self.cache.run(), self.notifier.run(), read()):
            self._tasks.append(asyncio.create_task(work))
        await self.pass_time(1)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        self._tasks.clear()

    async def pass_time(self, seconds: float) -> None:
        """Let time pass; the store has a thread of its own, which a fake clock knows nothing of."""
        target = self.clock.monotonic() + seconds
        while (left := target - self.clock.monotonic()) > 0:
            await self.clock.advance(min(left, 5.0))
            for _ in range(3):
                with suppress(StoreError):
                    await self.store.run(lambda _connection: None)
                await self.clock.settle()

    async def told(self) -> list[tuple[str, Content]]:
        """Everything in the outbox, by route."""
        far = self.clock.now() + timedelta(days=365)
        rows = await self.store.run(lambda connection: outbox.due(connection, far, limit=10_000))
        return [(row.route, decode(row.content)) for row in rows]

    async def contents[T: Content](self, sort: type[T]) -> list[T]:
        return [content for _, content in await self.told() if isinstance(content, sort)]


@pytest.fixture
async def station() -> AsyncIterator[Station]:
    clock = FakeClock()
    store = await CrampedStore.in_memory(clock=clock)
    office = Station(store, clock, FakeMediaClient())
    yield office
    await office.stop()
    await store.close()


async def test_what_was_there_at_the_first_start_is_told_to_nobody(station: Station) -> None:
    station.client.downloads = (stuck(),)
    station.client.history = tuple(record(number, instance="radarr") for number in range(50, 0, -1))
    await station.start()
    await station.pass_time(3600)

    assert await station.told() == []
    assert len(station.notifier.book.open_alerts) == 1


async def test_what_begins_to_need_a_hand_is_told_and_its_import_ends_it(station: Station) -> None:
    await station.start()
    station.client.downloads = (stuck(),)
    await station.pass_time(240)
    (story,) = await station.contents(StoryContent)
    assert (story.kind, story.open_count) == (EventKind.NEEDS_HAND, 1)

    station.client.downloads = ()
    station.client.history = (record(1, instance="radarr", date=station.clock.now()),)
    await station.pass_time(120)

    (story,) = await station.contents(StoryContent)
    assert story.open_count == 0
    assert [entry.ending for entry in story.entries] == ["imported"]


async def test_imports_come_in_a_digest(station: Station) -> None:
    await station.start()
    await station.pass_time(60)
    now = station.clock.now()
    station.client.history = tuple(
        record(number, instance="radarr", download_id=f"N{number}", date=now) for number in range(40, 0, -1)
    )
    await station.pass_time(600)

    (digest,) = await station.contents(DigestContent)
    assert digest.counts == {EventKind.IMPORTED: 40}
    assert len(digest.items) == MAX_ITEMS
    assert digest.missed_from is None


async def test_what_happened_while_discarr_was_off_is_told_once(station: Station) -> None:
    station.client.history = (record(1, instance="radarr", date=START),)
    await station.start()
    await station.pass_time(60)
    await station.stop()

    await station.clock.advance(8 * 3600)
    missed = START + timedelta(hours=4)
    station.client.history = (
        record(2, instance="radarr", download_id="MISSED", date=missed),
        record(1, instance="radarr", date=START),
    )
    await station.start()
    await station.pass_time(600)
    await station.stop()
    await station.start()
    await station.pass_time(600)

    (digest,) = await station.contents(DigestContent)
    assert digest.counts == {EventKind.IMPORTED: 1}
    assert digest.missed_from == missed


async def test_a_restored_database_tells_no_old_stories(station: Station) -> None:
    station.client.history = (record(500, instance="radarr", date=START),)
    await station.start()
    await station.pass_time(60)
    station.client.history = tuple(
        record(number, instance="radarr", download_id=f"N{number}", date=START + timedelta(seconds=number))
        for number in range(400, 300, -1)
    )
    await station.pass_time(600)
    assert await station.told() == []

    newest = record(401, instance="radarr", download_id="NEW", date=station.clock.now())
    station.client.history = (newest, *station.client.history)
    await station.pass_time(600)
    (digest,) = await station.contents(DigestContent)
    assert digest.counts == {EventKind.IMPORTED: 1}


async def test_who_follows_is_told_once_and_for_good(station: Station) -> None:
    await station.start()
    follow = follow_of(make_download(media_id=1), 7, is_hidden=False, now=START)
    assert follow is not None
    await station.store.run(lambda connection: add(connection, follow))
    await station.stop()
    await station.start()
    await station.pass_time(60)
    station.client.history = (record(1, instance="radarr", date=station.clock.now()),)
    await station.pass_time(600)
    await station.stop()
    await station.start()
    await station.pass_time(600)

    (ready,) = await station.contents(ReadyContent)
    assert ready.user_ids == (7,)
    assert station.notifier.follows == ()


async def test_an_outage_is_told_after_five_minutes_and_silences_the_rest(station: Station) -> None:
    station.client.downloads = (make_download(),)
    await station.start()
    await station.pass_time(60)
    station.client.error = Unreachable("radarr")
    station.client.downloads = (stuck(),)
    await station.pass_time(240)
    assert await station.told() == []

    await station.pass_time(180)

    assert {route for route, _ in await station.told()} == {"alerts", "owner"}
    stories = await station.contents(StoryContent)
    assert {story.kind for story in stories} == {EventKind.INSTANCE_DOWN}


async def test_a_removed_download_is_told_where_that_is_wished(station: Station) -> None:
    station.client.downloads = (make_download(),)
    await station.start()
    rules = station.notifier.book.rules.change(EventKind.REMOVED, is_on=True)
    station.notifier.book.rules = rules.change(EventKind.IMPORTED, is_on=False)
    await station.pass_time(60)
    station.client.downloads = ()
    await station.pass_time(300)

    (digest,) = await station.contents(DigestContent)
    assert digest.counts == {EventKind.REMOVED: 1}


async def test_an_update_is_told_where_that_is_wished_and_only_then(station: Station) -> None:
    await station.start()
    await station.pass_time(60)
    station.client.identity = replace(station.client.identity, version="6.1.0")
    await station.pass_time(3700)
    assert await station.told() == []

    station.notifier.book.rules = station.notifier.book.rules.change(EventKind.VERSION, is_on=True)
    station.client.identity = replace(station.client.identity, version="6.2.0")
    await station.pass_time(3700)

    (notice,) = await station.contents(NoticeContent)
    assert notice.lines == ("From 6.1.0 to 6.2.0",)


async def test_what_could_not_be_told_is_an_alert_of_its_own(station: Station) -> None:
    await station.start()
    station.dead = 3
    await station.pass_time(60)

    stories = await station.contents(StoryContent)
    assert {story.kind for story in stories} == {EventKind.UNDELIVERED}
    assert stories[0].entries[0].facts.count == 3


async def test_a_full_disk_loses_nothing(station: Station) -> None:
    await station.start()
    await station.pass_time(60)
    station.store.is_full = True
    station.client.downloads = (stuck(),)
    station.client.history = (record(1, instance="radarr", download_id="N", date=station.clock.now()),)
    await station.pass_time(1200)

    station.store.is_full = False
    assert await station.told() == []
    await station.pass_time(600)

    assert len(await station.contents(StoryContent)) == 1
    assert len(await station.contents(DigestContent)) == 1


async def test_trouble_with_a_history_is_tried_again(station: Station) -> None:
    await station.start()
    await station.pass_time(60)
    station.client.failures["history"] = Unreachable("radarr")
    station.client.history = (record(1, HistoryEvent.FAILED, instance="radarr", date=station.clock.now()),)
    await station.pass_time(1200)
    assert await station.told() == []

    station.client.failures.clear()
    await station.pass_time(600)
    (digest,) = await station.contents(DigestContent)
    assert digest.counts == {EventKind.FAILED: 1}


async def test_quiet_hours_of_polling_write_nothing(station: Station) -> None:
    station.client.downloads = (make_download(), stuck("OTHER"))
    await station.start()
    await station.pass_time(900)
    before = station.store.write_count
    await station.pass_time(3600)

    assert station.store.write_count == before
