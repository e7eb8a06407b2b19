"""Strikes over time: separate observations, kept, recovered, begun anew, forgotten."""

import logging
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from discarr.core.models import HealthIssue, InstanceState, Protocol, QueueStatus, TrackedState
from discarr.core.store import Connection, Store
from discarr.core.store.strikes import load_strikes
from tests.fakes.clock import FakeClock
from tests.monitoring.cleanup.stage import (
    GRABBED,
    Stage,
    make_item,
    make_pending,
    refused,
    settings_of,
)

MB = 1_000_000
CLIENT_AWAY = HealthIssue(source="DownloadClientStatusCheck", level="error", message="", wiki_url=None)
NO_INTERNET = HealthIssue(source="IndexerLongTermStatusCheck", level="error", message="", wiki_url=None)


async def counts(stage: Stage) -> dict[str, int]:
    """Return the stored strikes by download, of whatever rule."""
    return {item.download: item.count for item in await stage.store.run(load_strikes)}


async def test_a_stall_is_struck_after_its_time_and_again_after_each_wait(store: Store) -> None:
    stage = Stage(store)
    stage.put(make_item())
    history = []
    for _ in range(9):
        await stage.look_for(11)
        history.append((await counts(stage)).get("A", 0))

    assert history == [0, 0, 0, 0, 0, 1, 2, 3, 3]


async def test_a_failure_needs_as_many_observations_as_anything(store: Store) -> None:
    stage = Stage(store)
    stage.put(make_item(status=QueueStatus.FAILED))

    await stage.look_for(5)
    assert stage.strikes() == {}  # it has only just begun to watch
    await stage.look_for(11)
    assert stage.strikes() == {"A": {"failed": 1}}
    await stage.look_for(9)
    assert stage.strikes() == {"A": {"failed": 1}}
    await stage.look()
    assert stage.strikes() == {"A": {"failed": 2}}


async def test_a_rule_can_be_more_patient_than_the_others(store: Store) -> None:
    stage = Stage(store, settings_of(cleanup_rules="failed:remove:5"))
    stage.put(make_item(status=QueueStatus.FAILED))

    await stage.look_for(120)

    assert stage.strikes() == {"A": {"failed": 5}}


async def test_nothing_is_written_while_nothing_changes(store: Store) -> None:
    stage = Stage(store)
    stage.put(make_item(), make_item("B"), make_item("C", status=QueueStatus.FAILED))
    await stage.look_for(100)
    (before,) = await store.run(lambda connection: connection.execute("SELECT total_changes()").fetchone())

    for _ in range(100):
        stage.load_data("B", MB)
        await stage.look()

    (after,) = await store.run(lambda connection: connection.execute("SELECT total_changes()").fetchone())
    assert stage.strikes()["A"] == {"stalled": 3}
    assert after - before == 1  # what B had been struck for before


async def test_one_byte_ends_a_stall(store: Store) -> None:
    stage = Stage(store)
    stage.put(make_item())
    await stage.look_for(90)
    assert stage.strikes()["A"] == {"stalled": 3}

    stage.load_data("A", 1)
    await stage.look()

    assert await counts(stage) == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"added": GRABBED + timedelta(hours=1)},
        {"added": None},
        {"row_ids": (7, 8)},
    ],
)
async def test_a_download_that_was_added_again_begins_anew(store: Store, changes: dict[str, Any]) -> None:
    stage = Stage(store)
    stage.put(make_item())
    await stage.look_for(90)

    stage.change("A", **changes)
    await stage.look()

    assert await counts(stage) == {}
    await stage.look_for(15)
    assert (await counts(stage))["A"] <= 2


async def test_a_download_that_was_added_again_at_an_observation_is_struck_once(store: Store) -> None:
    stage = Stage(store)
    stage.put(make_item(status=QueueStatus.FAILED))
    await stage.look_for(36)
    assert stage.strikes() == {"A": {"failed": 3}}

    for _ in range(10):
        stage.change("A", added=GRABBED + timedelta(hours=1))
        await stage.look()

    assert await counts(stage) == {"A": 1}


async def test_what_is_gone_is_forgotten(store: Store) -> None:
    stage = Stage(store)
    stage.put(make_item(), make_item("B", status=QueueStatus.FAILED))
    await stage.look_for(90)

    stage.remove("A")
    await stage.look_for(11)

    assert await counts(stage) == {"B": 3}
    assert {key.id for key in stage.watch.sight("radarr").judged} == {"B"}
    assert not stage.watch.sight("radarr").marks


async def test_rows_that_vanish_with_their_client_keep_their_strikes(store: Store) -> None:
    stage = Stage(store)
    stage.put(make_item())
    await stage.look_for(90)

    gone = stage.downloads.copy()
    stage.downloads.clear()
    stage.facts["radarr"]["health"] = (CLIENT_AWAY,)
    await stage.look_for(60)
    assert await counts(stage) == {"A": 3}

    stage.downloads = gone
    stage.facts["radarr"]["health"] = ()
    await stage.look_for(2)
    assert stage.strikes() == {"A": {"stalled": 3}}


async def test_an_instance_that_left_the_settings_is_forgotten(store: Store) -> None:
    stage = Stage(store, instances=("radarr", "sonarr"))
    stage.put(make_item(), make_item(instance="sonarr"))
    await stage.look_for(90)
    del stage.facts["sonarr"]

    await stage.look()

    assert [item.instance for item in await store.run(load_strikes)] == ["radarr"]


async def test_a_rule_that_was_switched_off_is_forgotten(store: Store) -> None:
    stage = Stage(store)
    stage.put(make_item(), make_item("B", status=QueueStatus.FAILED))
    await stage.look_for(90)
    stage.settings = settings_of(cleanup_rules="failed")
    stage.start_discarr()
    await stage.watch.load()

    await stage.look_for(10)

    assert await counts(stage) == {"B": 3}


async def test_nobody_is_struck_while_the_network_is_the_problem(store: Store) -> None:
    stage = Stage(store, instances=("radarr", "sonarr", "radarr_4k"))
    stage.put(make_item(status=QueueStatus.FAILED))
    stage.facts["sonarr"]["state"] = stage.facts["radarr_4k"]["state"] = InstanceState.UNREACHABLE

    await stage.look_for(60)

    assert stage.strikes() == {}


async def test_what_is_not_understood_or_kept_is_not_struck_and_keeps_what_it_has(store: Store) -> None:
    stage = Stage(store, settings_of(cleanup_keep_tags="keep"))
    stage.put(make_item(status=QueueStatus.FAILED), make_item("B", status=QueueStatus.FAILED, tags=("keep",)))
    await stage.look_for(16)
    assert stage.strikes() == {"A": {"failed": 1}}

    stage.change("A", tracked_state=TrackedState.UNKNOWN)
    await stage.look_for(60)

    assert stage.strikes() == {"A": {"failed": 1}}


async def test_a_pending_release_is_not_looked_at(store: Store) -> None:
    stage = Stage(store)
    stage.put(make_pending())

    await stage.look_for(60)

    assert stage.strikes() == {}


@pytest.mark.parametrize(
    "overrides",
    [
        {"size_left_bytes": 0, "protocol": Protocol.USENET},
        {"status": QueueStatus.PAUSED},
        {"status": QueueStatus.QUEUED},
        {"status": QueueStatus.QUEUED, "size_left_bytes": 0},
        {
            "status": QueueStatus.COMPLETED,
            "size_left_bytes": 0,
            "tracked_state": TrackedState.IMPORT_PENDING,
        },
    ],
    ids=["unpacking", "paused", "queued", "checking", "seeding"],
)
async def test_what_should_get_no_data_is_neither_stalled_nor_slow(
    store: Store, overrides: dict[str, Any]
) -> None:
    stage = Stage(store, settings_of(cleanup_rules="stalled,slow"))
    stage.put(make_item(**overrides))

    await stage.look_for(300)

    assert stage.strikes() == {}


async def test_slow_is_measured_from_one_observation_to_the_next(store: Store) -> None:
    stage = Stage(store, settings_of(cleanup_rules="slow"))
    stage.put(make_item("slow"), make_item("fast"), make_item("uneven"))
    for minute in range(60):
        stage.load_data("slow", 2 * MB)  # 33 kB/s
        stage.load_data("fast", 4 * MB)  # 67 kB/s
        stage.load_data("uneven", 40 * MB if minute % 10 == 0 else 0)
        await stage.look()

    assert stage.strikes() == {"slow": {"slow": 3}}


async def test_slow_is_nobody_who_was_not_expected_to_load_all_the_time(store: Store) -> None:
    stage = Stage(store, settings_of(cleanup_rules="slow"))
    stage.put(make_item())
    for minute in range(120):
        is_paused = minute % 9 == 0
        stage.change("A", status=QueueStatus.PAUSED if is_paused else QueueStatus.DOWNLOADING)
        await stage.look()

    assert stage.strikes() == {}


async def test_a_slow_download_that_gets_faster_recovers(store: Store) -> None:
    stage = Stage(store, settings_of(cleanup_rules="slow"))
    stage.put(make_item())
    await stage.look_for(40)
    assert stage.strikes()["A"] == {"slow": 3}

    for _ in range(20):
        stage.load_data("A", 6 * MB)
        await stage.look()

    assert stage.strikes() == {}


async def test_a_check_begins_the_measuring_anew(store: Store) -> None:
    stage = Stage(store, settings_of(cleanup_rules="slow"))
    stage.put(make_item(size_left_bytes=1_000 * MB))
    for minute in range(60):
        if minute % 8 == 0:
            stage.change("A", size_left_bytes=1_000 * MB + minute)
        await stage.look()

    assert stage.strikes() == {}


async def test_an_import_that_is_tried_again_keeps_its_strikes_until_it_succeeds(store: Store) -> None:
    stage = Stage(store)
    stage.put(refused("Sample"))
    await stage.look_for(36)
    assert stage.strikes() == {"A": {"failed-import": 3}}

    stage.change("A", tracked_state=TrackedState.IMPORTING)
    await stage.look_for(15)
    assert stage.strikes() == {"A": {"failed-import": 3}}

    stage.remove("A")
    await stage.look_for(11)
    assert stage.strikes() == {}


async def test_what_cannot_be_stored_has_not_happened_and_is_said_once(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    stage = Stage(store)
    stage.put(make_item(status=QueueStatus.FAILED))
    await stage.look_for(16)
    await store.close()

    with caplog.at_level(logging.ERROR):
        await stage.look_for(40)

    assert stage.strikes() == {"A": {"failed": 1}}
    assert len([item for item in caplog.records if "Clean-up cannot remember" in item.message]) == 1


async def test_it_says_so_again_after_it_could_store_in_between(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = await Store.open(tmp_path, clock=FakeClock())
    stage = Stage(store)
    stage.put(make_item(status=QueueStatus.FAILED))
    with caplog.at_level(logging.ERROR):
        for state in ("ON", "OFF", "ON"):
            await store.run(partial(make_read_only, state=state))
            await stage.look_for(16)
    await store.close()

    assert len([item for item in caplog.records if "Clean-up cannot remember" in item.message]) == 2


def make_read_only(connection: Connection, *, state: str) -> None:
    connection.execute(f"PRAGMA query_only = {state}")
