from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from discarr.core.store import Store, activity
from discarr.core.store.activity import HistoryCursor, StoredStep
from tests.fakes.clock import START, FakeClock


def step(download: str, minutes: int = 0, **overrides: Any) -> StoredStep:
    values: dict[str, Any] = {
        "digest": "today",
        "instance": "radarr",
        "download": download,
        "kind": "imported",
        "at": START + timedelta(minutes=minutes),
        "item": f"{download}@{minutes}".encode(),
    }
    return StoredStep(**(values | overrides))


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    opened = await Store.in_memory(clock=FakeClock())
    yield opened
    await opened.close()


async def test_how_far_a_history_was_read_is_known_per_instance(store: Store) -> None:
    cursor = HistoryCursor(instance="radarr", last_id=5, last_at=START)
    assert await store.run(lambda connection: activity.get_cursor(connection, "radarr")) is None

    await store.run(lambda connection: activity.put_cursor(connection, cursor))
    further = HistoryCursor(instance="radarr", last_id=9, last_at=START + timedelta(hours=1))
    await store.run(lambda connection: activity.put_cursor(connection, further))

    assert await store.run(lambda connection: activity.get_cursor(connection, "radarr")) == further
    assert await store.run(lambda connection: activity.get_cursor(connection, "sonarr")) is None


async def test_a_digest_tells_the_newest_and_counts_all(store: Store) -> None:
    steps = [step("a", 1), step("b", 3, kind="failed"), step("c", 2), step("d", 9, digest="tomorrow")]
    await store.run(lambda connection: activity.put_steps(connection, steps))

    digest = await store.run(lambda connection: activity.read_digest(connection, "today", limit=2))

    assert digest.newest == (b"b@3", b"c@2")
    assert digest.counts == {"imported": 2, "failed": 1}


async def test_the_latest_step_of_a_download_counts_whatever_the_order(store: Store) -> None:
    await store.run(lambda connection: activity.put_steps(connection, [step("a", 1, kind="grabbed")]))
    await store.run(lambda connection: activity.put_steps(connection, [step("a", 5), step("a", 2, kind="x")]))

    digest = await store.run(lambda connection: activity.read_digest(connection, "today", limit=9))

    assert digest.newest == (b"a@5",)
    assert digest.counts == {"imported": 1}


async def test_a_download_of_another_instance_is_another(store: Store) -> None:
    steps = [step("a", 1), step("a", 1, instance="sonarr")]
    await store.run(lambda connection: activity.put_steps(connection, steps))

    digest = await store.run(lambda connection: activity.read_digest(connection, "today", limit=9))

    assert digest.counts == {"imported": 2}


async def test_old_steps_are_forgotten(store: Store) -> None:
    await store.run(lambda connection: activity.put_steps(connection, [step("a")]))
    await store.run(lambda connection: activity.prune(connection, START + timedelta(days=29)))
    kept = await store.run(lambda connection: activity.read_digest(connection, "today", limit=9))
    await store.run(lambda connection: activity.prune(connection, START + timedelta(days=31)))
    gone = await store.run(lambda connection: activity.read_digest(connection, "today", limit=9))

    assert (kept.counts, gone.counts) == ({"imported": 1}, {})
