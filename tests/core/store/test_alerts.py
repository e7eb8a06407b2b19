from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from discarr.core.store import Store, alerts
from discarr.core.store.alerts import StoredAlert, StoredBook, StoredStory
from tests.fakes.clock import START, FakeClock


def alert(alert_id: int = 1, **overrides: Any) -> StoredAlert:
    values: dict[str, Any] = {
        "id": alert_id,
        "dedup": f"needs_hand|radarr|d:{alert_id}",
        "kind": "needs_hand",
        "instance": "radarr",
        "is_hidden": False,
        "began_at": START,
        "fired_at": START + timedelta(minutes=2),
        "ended_at": None,
        "ending": None,
        "story": 1,
        "held": None,
        "acknowledged_by": None,
        "acknowledged_at": None,
        "facts": b"{}",
    }
    return StoredAlert(**(values | overrides))


def story(story_id: int = 1, **overrides: Any) -> StoredStory:
    values: dict[str, Any] = {
        "id": story_id,
        "kind": "needs_hand",
        "instance": "radarr",
        "is_hidden": False,
        "opened_at": START,
        "told_at": START,
        "reminders": 0,
        "closed_at": None,
    }
    return StoredStory(**(values | overrides))


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    opened = await Store.in_memory(clock=FakeClock())
    yield opened
    await opened.close()


async def put(store: Store, *items: StoredAlert | StoredStory) -> None:
    def work(connection: Any) -> None:
        alerts.put_alerts(connection, [item for item in items if isinstance(item, StoredAlert)])
        alerts.put_stories(connection, [item for item in items if isinstance(item, StoredStory)])

    await store.run(work)


async def book(store: Store, days: float = 0) -> StoredBook:
    now = START + timedelta(days=days)
    return await store.run(lambda connection: alerts.load_book(connection, now))


async def test_what_was_stored_comes_back_as_it_was(store: Store) -> None:
    full = alert(
        2,
        is_hidden=True,
        instance=None,
        held="silence",
        story=None,
        acknowledged_by=7,
        acknowledged_at=START + timedelta(hours=1),
        facts=b'{"reason":"x"}',
    )
    told = story(3, is_hidden=True, instance=None, reminders=4)
    await put(store, alert(1), full, story(1), told)

    found = await book(store)

    assert found.alerts == (alert(1), full)
    assert found.stories == (story(1), told)


async def test_ended_alerts_are_known_while_their_story_is_open(store: Store) -> None:
    ended = alert(1, ended_at=START + timedelta(hours=1), ending="solved")
    await put(store, ended, alert(2), alert(3, story=2, ended_at=START, ending="gone"), story(1))
    await put(store, story(2, closed_at=START))

    found = await book(store)

    assert [item.id for item in found.alerts] == [1, 2]
    assert [item.id for item in found.stories] == [1]


async def test_a_changed_alert_takes_the_place_of_the_old(store: Store) -> None:
    await put(store, alert(1), story(1))
    await put(store, replace(alert(1), acknowledged_by=7), replace(story(1), reminders=1))

    found = await book(store)

    assert [item.acknowledged_by for item in found.alerts] == [7]
    assert [item.reminders for item in found.stories] == [1]


async def test_ids_are_never_used_twice(store: Store) -> None:
    await put(store, alert(41), story(17))
    await put(
        store,
        alert(41, ended_at=START, ending="solved"),
        story(17, closed_at=START),
    )
    await store.run(lambda connection: alerts.prune(connection, START + timedelta(days=91)))

    found = await book(store)

    assert found.alerts == ()
    assert (found.last_alert_id, found.last_story_id) == (41, 17)


async def test_an_empty_store_begins_with_nothing(store: Store) -> None:
    found = await book(store)
    assert found == StoredBook(
        alerts=(),
        stories=(),
        silences=(),
        baselines=frozenset(),
        rules={},
        last_alert_id=0,
        last_story_id=0,
    )


async def test_history_is_the_latest_first_and_paged(store: Store) -> None:
    await put(store, alert(9))
    for number in range(1, 5):
        await put(store, alert(number, ended_at=START + timedelta(hours=number), ending="solved"))

    async def ids(limit: int, offset: int) -> list[int]:
        found = await store.run(
            lambda connection: alerts.ended_alerts(connection, limit=limit, offset=offset)
        )
        return [item.id for item in found]

    assert await ids(3, 0) == [4, 3, 2]
    assert await ids(3, 3) == [1]


async def test_silences_last_until_they_end(store: Store) -> None:
    added = await store.run(
        lambda connection: alerts.add_silence(
            connection,
            kind="stalled",
            title="dune",
            reason="I know",
            created_by=7,
            created_at=START,
            ends_at=START + timedelta(days=1),
        )
    )
    assert added.id == 1
    assert (await book(store, 0.9)).silences == (added,)
    assert (await book(store, 1)).silences == ()

    end = START + timedelta(hours=2)
    assert await store.run(lambda connection: alerts.end_silence(connection, 1, now=end))
    assert not await store.run(lambda connection: alerts.end_silence(connection, 1, now=end))
    assert not await store.run(lambda connection: alerts.end_silence(connection, 99, now=end))
    assert (await book(store, 0.5)).silences == ()


async def test_rules_and_first_meetings_are_remembered(store: Store) -> None:
    await store.run(lambda connection: alerts.put_rule(connection, "stalled", b"{}"))
    await store.run(lambda connection: alerts.put_rule(connection, "failed", b"1"))
    await store.run(lambda connection: alerts.put_rule(connection, "failed", None))
    await store.run(lambda connection: alerts.put_baselines(connection, {"a", "b"}, START))
    await store.run(lambda connection: alerts.put_baselines(connection, {"b"}, START))

    found = await book(store)

    assert found.rules == {"stalled": b"{}"}
    assert found.baselines == {"a", "b"}


async def test_what_ended_long_ago_is_forgotten_and_what_is_open_never(store: Store) -> None:
    await put(store, alert(1), alert(2, ended_at=START, ending="solved", story=None), story(1))
    await store.run(lambda connection: alerts.prune(connection, START + timedelta(days=1000)))

    assert [item.id for item in (await book(store)).alerts] == [1]
    assert await store.run(lambda connection: alerts.ended_alerts(connection, limit=10)) == []
