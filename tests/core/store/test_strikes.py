from collections.abc import AsyncIterator
from typing import Any

import pytest

from discarr.core.store import Store
from discarr.core.store.strikes import StoredStrikes, forget_strikes, load_strikes, put_strikes
from tests.fakes.clock import START, FakeClock


def strikes(download: str = "A", **overrides: Any) -> StoredStrikes:
    values: dict[str, Any] = {
        "instance": "radarr",
        "download": download,
        "rule": "stalled",
        "added": START,
        "row_id": 7,
        "count": 1,
        "began_s": 100.5,
        "struck_s": 700.25,
        "left_bytes": 3_000_000_000,
    }
    return StoredStrikes(**(values | overrides))


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    opened = await Store.in_memory(clock=FakeClock())
    yield opened
    await opened.close()


async def test_strikes_are_remembered_by_download_and_rule(store: Store) -> None:
    many = [
        strikes(),
        strikes(rule="slow", count=3),
        strikes("B", added=None),
        strikes(instance="sonarr", left_bytes=1 << 60, row_id=(1 << 31) - 1),
    ]
    await store.run(lambda connection: put_strikes(connection, many))

    found = await store.run(load_strikes)

    assert sorted(found, key=repr) == sorted(many, key=repr)


async def test_later_strikes_take_the_place_of_earlier_ones(store: Store) -> None:
    await store.run(lambda connection: put_strikes(connection, [strikes()]))
    await store.run(lambda connection: put_strikes(connection, [strikes(count=2, struck_s=1300.0)]))

    assert await store.run(load_strikes) == (strikes(count=2, struck_s=1300.0),)


async def test_what_recovered_is_forgotten(store: Store) -> None:
    await store.run(
        lambda connection: put_strikes(connection, [strikes(), strikes(rule="slow"), strikes("B")])
    )

    keys = [("radarr", "A", "stalled"), ("radarr", "A", "never struck")]
    await store.run(lambda connection: forget_strikes(connection, keys))

    assert await store.run(load_strikes) == (strikes(rule="slow"), strikes("B"))
