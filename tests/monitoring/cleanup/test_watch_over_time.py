"""Strikes over restarts, gaps and clocks that jump."""

from datetime import timedelta
from typing import Any

import pytest

from discarr.core.models import InstanceState, QueueStatus
from discarr.core.store import Store
from discarr.core.store.strikes import load_strikes
from tests.monitoring.cleanup.stage import (
    Stage,
    make_item,
)
from tests.monitoring.cleanup.test_watch import CLIENT_AWAY, NO_INTERNET


async def test_strikes_survive_a_restart_and_wait_for_the_next(store: Store) -> None:
    stage = Stage(store)
    stage.put(make_item(status=QueueStatus.FAILED))
    await stage.look_for(26)
    assert stage.strikes() == {"A": {"failed": 2}}

    for _ in range(5):  # again and again
        stage.start_discarr()
        await stage.watch.load()
        await stage.look_for(12)
        assert stage.strikes() == {"A": {"failed": 2}}
    await stage.look_for(5)

    assert stage.strikes() == {"A": {"failed": 3}}


async def test_watch_time_goes_on_from_the_latest_strike(store: Store) -> None:
    stage = Stage(store)
    stage.put(make_item(status=QueueStatus.FAILED))
    await stage.look_for(36)
    (struck,) = await store.run(load_strikes)
    stage.start_discarr()

    await stage.watch.load()

    assert stage.watch.watch_s == struck.struck_s > struck.began_s


@pytest.mark.parametrize("jump", [timedelta(days=365), -timedelta(days=365), timedelta(hours=1)])
async def test_a_clock_that_jumps_strikes_nobody(store: Store, jump: timedelta) -> None:
    stage = Stage(store)
    stage.put(make_item(), make_item("B", status=QueueStatus.FAILED))
    await stage.look_for(16)
    assert stage.strikes() == {"B": {"failed": 1}}

    for _ in range(9):
        stage.clock.jumped += jump
        await stage.look()

    assert stage.strikes() == {"B": {"failed": 1}}


async def test_a_suspended_machine_strikes_nobody(store: Store) -> None:
    stage = Stage(store)
    stage.put(make_item(), make_item("B", status=QueueStatus.FAILED))
    await stage.look_for(16)

    for _ in range(20):
        await stage.look(after_s=8 * 3600)

    assert stage.strikes() == {"B": {"failed": 1}}


async def test_an_app_that_looks_no_more_makes_no_observations(store: Store) -> None:
    stage = Stage(store)
    stage.put(make_item(status=QueueStatus.FAILED))
    await stage.look_for(16)
    assert stage.strikes() == {"A": {"failed": 1}}

    await stage.look_for(600, is_app_awake=False)

    assert stage.strikes() == {"A": {"failed": 1}}


@pytest.mark.parametrize(
    "facts",
    [
        {"state": InstanceState.UNREACHABLE},
        {"state": InstanceState.STARTING},
        {"health": (CLIENT_AWAY,)},
        {"health": (NO_INTERNET,)},
        {"details_at": None},
    ],
)
async def test_nobody_is_struck_while_something_speaks_against_it(
    store: Store, facts: dict[str, Any]
) -> None:
    stage = Stage(store)
    stage.put(make_item(status=QueueStatus.FAILED))
    stage.facts["radarr"] |= facts

    await stage.look_for(60)

    assert stage.strikes() == {}


async def test_the_wait_begins_anew_after_a_trouble(store: Store) -> None:
    stage = Stage(store)
    stage.put(make_item(status=QueueStatus.FAILED))
    await stage.look_for(16)
    for _ in range(10):
        stage.facts["radarr"]["state"] = InstanceState.UNREACHABLE
        await stage.look()
        stage.facts["radarr"]["state"] = InstanceState.UP
        await stage.look_for(14)

    assert stage.strikes() == {"A": {"failed": 1}}
