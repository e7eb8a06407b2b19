"""What the store remembers between runs."""

from collections.abc import AsyncIterator
from datetime import timedelta, timezone

import pytest

from discarr.core.store import IdentifyRecords, Store, StoredMessage
from tests.fakes.clock import START, FakeClock


@pytest.fixture
def clock() -> FakeClock:
    """Nine days after START: what the tests record lies in the past."""
    return FakeClock(START + timedelta(days=9))


@pytest.fixture
async def store(clock: FakeClock) -> AsyncIterator[Store]:
    opened = await Store.in_memory(clock=clock)
    yield opened
    await opened.close()


async def test_a_message_is_remembered_replaced_and_forgotten(store: Store, clock: FakeClock) -> None:
    assert await store.get_message("status") is None
    await store.put_message("status", guild_id=1, channel_id=2, message_id=3)
    await store.put_message("other", guild_id=1, channel_id=2, message_id=4)
    await store.put_message("status", guild_id=1, channel_id=2, message_id=2**62)
    assert await store.get_message("status") == StoredMessage(
        purpose="status", guild_id=1, channel_id=2, message_id=2**62, created_at=clock.now()
    )
    await store.forget_message("status")
    await store.forget_message("status")
    assert await store.get_message("status") is None
    assert await store.get_message("other") is not None


async def test_deletions_are_counted_by_purpose_and_time(store: Store) -> None:
    for minutes in (0, 30, 60):
        await store.record_deletion("status", START + timedelta(minutes=minutes))
    await store.record_deletion("other", START + timedelta(minutes=60))
    assert await store.count_deletions("status", START) == 2
    assert await store.count_deletions("status", START - timedelta(seconds=1)) == 3
    assert await store.count_deletions("status", START + timedelta(hours=2)) == 0


async def test_times_of_other_zones_are_compared_as_instants(store: Store) -> None:
    east = timezone(timedelta(hours=9))
    await store.record_deletion("status", START.astimezone(east))
    assert await store.count_deletions("status", START - timedelta(seconds=1)) == 1
    assert await store.count_deletions("status", (START + timedelta(seconds=1)).astimezone(east)) == 0


async def test_identifies_are_counted_for_a_week(store: Store) -> None:
    log = IdentifyRecords(store)
    for hours in (0, 1, 2):
        await log.record(START + timedelta(hours=hours))
    assert await log.count_since(START) == 2
    await log.record(START + timedelta(days=7, hours=1))
    assert await log.count_since(START - timedelta(days=1)) == 3


async def test_old_deletions_go_too(store: Store) -> None:
    await store.record_deletion("status", START)
    await store.record_deletion("status", START + timedelta(days=8))
    assert await store.count_deletions("status", START - timedelta(days=1)) == 1


async def test_what_a_clock_that_was_ahead_recorded_does_not_count(store: Store, clock: FakeClock) -> None:
    log = IdentifyRecords(store)
    ahead = clock.now() + timedelta(days=400)
    for _ in range(3):
        await log.record(ahead)
        await store.record_deletion("status", ahead)
    assert await log.count_since(clock.now() - timedelta(hours=1)) == 0
    assert await store.count_deletions("status", clock.now() - timedelta(hours=1)) == 0

    await log.record(clock.now())
    await store.record_deletion("status", clock.now())
    await clock.advance(timedelta(days=401).total_seconds())
    assert await log.count_since(ahead - timedelta(hours=1)) == 0
    assert await store.count_deletions("status", ahead - timedelta(hours=1)) == 0


async def test_single_values_are_remembered_and_replaced(store: Store) -> None:
    assert await store.get_meta("hash") is None
    await store.put_meta("hash", "a")
    await store.put_meta("hash", "b")
    assert await store.get_meta("hash") == "b"
