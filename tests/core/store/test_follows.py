from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from discarr.core.store import Store, follows
from discarr.core.store.follows import MAX_FOLLOWS, Follow
from tests.fakes.clock import START, FakeClock


def follow(user_id: int = 7, media_id: int = 1, **overrides: Any) -> Follow:
    values: dict[str, Any] = {
        "id": 0,
        "user_id": user_id,
        "instance": "sonarr",
        "media_id": media_id,
        "download": "HASH",
        "part": "1x1 1x2",
        "work": b"{}",
        "missing": b"[[1,1],[1,2]]",
        "is_hidden": False,
        "created_at": START,
        "failed": (),
    }
    return Follow(**(values | overrides))


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    opened = await Store.in_memory(clock=FakeClock())
    yield opened
    await opened.close()


async def add(store: Store, item: Follow) -> bool:
    return await store.run(lambda connection: follows.add(connection, item))


async def test_what_was_stored_comes_back_as_it_was(store: Store) -> None:
    assert await add(store, follow(is_hidden=True))

    assert await store.run(follows.all_follows) == [follow(id=1, is_hidden=True)]


async def test_the_same_is_followed_once(store: Store) -> None:
    assert await add(store, follow())
    assert not await add(store, follow(download="OTHER"))
    assert await add(store, follow(user_id=8))
    assert await add(store, follow(part="1x3"))
    assert await add(store, follow(instance="other"))


async def test_nobody_follows_without_end(store: Store) -> None:
    for number in range(MAX_FOLLOWS):
        assert await add(store, follow(media_id=number))

    assert not await add(store, follow(media_id=999))
    assert await add(store, follow(user_id=8, media_id=999))


async def test_people_end_only_their_own(store: Store) -> None:
    await add(store, follow())

    assert not await store.run(lambda connection: follows.remove_of_user(connection, 8, 1))
    assert await store.run(lambda connection: follows.remove_of_user(connection, 7, 1))
    assert not await store.run(lambda connection: follows.remove_of_user(connection, 7, 1))
    assert await store.run(follows.all_follows) == []


async def test_what_has_arrived_and_failed_is_noted(store: Store) -> None:
    await add(store, follow())
    await store.run(lambda connection: follows.update(connection, 1, missing=b"[]", failed=("A B", "C")))

    assert await store.run(follows.all_follows) == [replace(follow(id=1), missing=b"[]", failed=("A B", "C"))]
    await store.run(lambda connection: follows.remove(connection, [1, 2]))
    assert await store.run(follows.all_follows) == []


async def test_what_never_came_is_forgotten_after_a_year(store: Store) -> None:
    await add(store, follow())
    await store.run(lambda connection: follows.prune(connection, START + timedelta(days=364)))
    assert len(await store.run(follows.all_follows)) == 1
    await store.run(lambda connection: follows.prune(connection, START + timedelta(days=366)))
    assert await store.run(follows.all_follows) == []
