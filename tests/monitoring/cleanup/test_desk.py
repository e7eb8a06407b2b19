"""Clean-up at work beside the rest: it follows the cache, and proposes what a person may then remove."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from discarr.core.cleanup_config import CleanupRule
from discarr.core.errors import StoreError
from discarr.core.models import HealthIssue
from discarr.core.store import Connection, Store, recovery
from discarr.core.store.strikes import load_strikes
from discarr.monitoring.cache_manager import CacheManager
from discarr.monitoring.cleanup.desk import CleanupDesk
from discarr.monitoring.cleanup.guards import GuardKind
from discarr.monitoring.cleanup.protection import Protection
from discarr.monitoring.cleanup.signs import Sign
from discarr.monitoring.cleanup.wording import evidence_text
from discarr.monitoring.progress_tracker import ProgressTracker
from tests.fakes.clock import FakeClock, VirtualClock
from tests.fakes.inline_store import InlineStore
from tests.fakes.media_client import FakeMediaClient
from tests.monitoring.cleanup.stage import make_item, settings_of

STUCK = make_item("STUCK")
OTHERS = tuple(make_item(name, size_left_bytes=0) for name in "BCD")
HEALTHY = (HealthIssue(source="UpdateCheck", level="notice", message="", wiki_url=None),)


class Scene:
    """An instance, what refreshes it, and a desk that watches."""

    def __init__(self, clock: FakeClock, store: Store, **settings: Any) -> None:
        self.client = FakeMediaClient()
        self.client.downloads = (STUCK, *OTHERS)
        self.cache = CacheManager([self.client], clock=clock)
        self.clock = clock
        self.tracker = ProgressTracker(clock=clock)
        self.desk = CleanupDesk(
            self.cache,
            self.tracker,
            store,
            settings=settings_of(**settings),
            clock=clock,
            interval_s=30.0,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        tasks = [
            asyncio.create_task(self.cache.run(), name="cache"),
            asyncio.create_task(self.desk.run(), name="cleanup"),
        ]
        await self.clock.advance(1)
        self.cache.update_details("radarr", health=HEALTHY)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def pass_minutes(self, minutes: int) -> None:
        await self.clock.advance(60 * minutes)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
async def store(clock: VirtualClock) -> AsyncIterator[Store]:
    opened = await InlineStore.in_memory(clock=clock)
    yield opened
    await opened.close()


async def test_what_gets_no_data_is_proposed_with_its_evidence(clock: VirtualClock, store: Store) -> None:
    scene = Scene(clock, store)
    async with scene.running():
        await scene.pass_minutes(130)

        collection = await scene.desk.collect()
        (candidate,) = collection.candidates
        grounds = scene.desk.grounds(candidate)

    assert (grounds.rule, grounds.left_bytes) == (CleanupRule.STALLED, STUCK.size_left_bytes)
    assert candidate.download is STUCK
    assert candidate.evidence.strikes == 3
    assert candidate.evidence.span >= timedelta(minutes=20)
    assert re.fullmatch(r"3 strikes in [0-9hmin ]+ · no byte for 2 h [0-9]+ min", evidence_text(candidate))


async def test_nothing_is_removed_or_asked_of_the_app(clock: VirtualClock, store: Store) -> None:
    scene = Scene(clock, store)
    async with scene.running():
        await scene.pass_minutes(130)
        asked = list(scene.client.calls)

        await scene.desk.collect()

        assert scene.client.calls == asked
    assert set(asked) <= {"identify", "queue"}


async def test_what_is_no_longer_wanted_is_asked_of_the_library(clock: VirtualClock, store: Store) -> None:
    scene = Scene(clock, store, cleanup_rules="unmonitored")
    scene.client.library.known = {STUCK.key: False}
    async with scene.running():
        await scene.pass_minutes(60)

        collection = await scene.desk.collect()

    assert [item.rule for item in collection.candidates] == ["unmonitored"]


async def test_strikes_are_still_there_after_a_restart(clock: VirtualClock, store: Store) -> None:
    before = Scene(clock, store)
    async with before.running():
        await before.pass_minutes(130)
    after = Scene(clock, store)
    async with after.running():
        (guard,) = (await after.desk.collect()).guards
        await after.pass_minutes(6)

        known = after.desk.watch.book.of("radarr")["STUCK"]

    assert guard.kind is GuardKind.JUST_BACK
    assert [item.count for item in known] == [3]


async def test_what_is_protected_is_counted(clock: VirtualClock, store: Store) -> None:
    scene = Scene(clock, store)
    young = replace(STUCK, added=clock.now() - timedelta(minutes=1))
    scene.client.downloads = (young, *OTHERS)
    async with scene.running():
        await scene.pass_minutes(100)

        collection = await scene.desk.collect()

    assert collection.candidates == ()
    assert collection.protected == {Protection.YOUNG: 1}


async def test_a_database_that_was_lost_disarms_until_somebody_arms_it(
    clock: VirtualClock, store: Store
) -> None:
    scene = Scene(clock, store)
    await store.put_meta("cleanup_disarmed_since", clock.now().isoformat())
    async with scene.running():
        await scene.pass_minutes(130)

        held = await scene.desk.collect()
        await store.run(recovery.arm)
        armed = await scene.desk.collect()

    assert [guard.kind for guard in held.guards] == [GuardKind.DISARMED]
    assert held.candidates == ()
    assert [item.download for item in armed.candidates] == [STUCK]


class HangingStore(InlineStore):
    """A store whose disk does not answer when strikes are read."""

    hangs = True

    async def run[T](self, work: Callable[[Connection], T]) -> T:
        if self.hangs and work is load_strikes:
            raise StoreError("the disk does not answer", remedy="Look at the disk.")
        return await super().run(work)


async def test_without_its_memory_it_proposes_nothing_and_tries_again(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    store = await HangingStore.in_memory(clock=clock)
    scene = Scene(clock, store)
    async with scene.running():
        await scene.pass_minutes(10)
        lost = await scene.desk.collect()
        store.hangs = False
        await scene.pass_minutes(130)
        found = await scene.desk.collect()
    await store.close()

    assert [guard.kind for guard in lost.guards] == [GuardKind.NO_MEMORY]
    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert told == ["Clean-up cannot begin yet: the disk does not answer. Look at the disk."]
    assert [item.download for item in found.candidates] == [STUCK]


async def test_how_every_download_gets_on_is_known_from_memory(clock: VirtualClock, store: Store) -> None:
    scene = Scene(clock, store, cleanup_rules="none")
    slow = make_item("SLOW", size_left_bytes=3_000_000_000)
    scene.client.downloads = (STUCK, slow, *OTHERS)
    async with scene.running():
        for _ in range(60):
            await scene.pass_minutes(1)
            slow = replace(slow, size_left_bytes=slow.size_left_bytes - 60_000)
            scene.client.downloads = (STUCK, slow, *OTHERS)
        present = {item.key.id: item for item in scene.cache.snapshot.downloads}
        asked = list(scene.client.calls)

        signs = {name: scene.desk.progress(item).signs for name, item in present.items()}
        rate_bytes_s = scene.desk.progress(present["SLOW"]).rate_bytes_s

        assert scene.client.calls == asked
    assert signs == {"STUCK": (Sign.STALLED,), "SLOW": (Sign.SLOW,), "B": (), "C": (), "D": ()}
    assert rate_bytes_s == pytest.approx(1000, rel=0.2)


async def test_what_does_not_change_is_not_written_again(clock: VirtualClock, store: Store) -> None:
    scene = Scene(clock, store)
    async with scene.running():
        await scene.pass_minutes(130)
        writes, polls = store.write_count, scene.client.count("queue")

        await scene.pass_minutes(600)

    assert scene.client.count("queue") > polls + 1000
    assert store.write_count == writes == 3
