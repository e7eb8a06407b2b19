"""When something else is the problem: nothing is proposed, and that is said."""

from typing import Any

import pytest

from discarr.core.models import HealthIssue, InstanceState, QueueStatus
from discarr.core.store import Store
from discarr.monitoring.cleanup.guards import GuardKind
from tests.fakes.clock import START
from tests.monitoring.cleanup.stage import Stage, make_item, make_pending, refused
from tests.monitoring.cleanup.test_collector import guards, look_while_loading

CLIENT_AWAY = HealthIssue(source="DownloadClientCheck", level="error", message="", wiki_url=None)
NO_INTERNET = HealthIssue(source="IndexerStatusCheck", level="error", message="", wiki_url=None)


DAY_MINUTES = 24 * 60


async def test_many_that_stall_at_once_are_one_problem(store: Store) -> None:
    stage = Stage(store)
    names = [f"A{number}" for number in range(40)]
    stage.put(*(make_item(name) for name in names))
    await look_while_loading(stage, 30, *names)
    await stage.look_for(DAY_MINUTES + 120)
    assert len(stage.strikes()) == 40

    collection = stage.collect()

    assert collection.candidates == ()
    (guard,) = collection.guards
    assert (guard.kind, guard.count, guard.total) == (GuardKind.MANY_AT_ONCE, 40, 40)
    assert (guard.instance, guard.client) == ("radarr", "qBittorrent")


async def test_an_outage_holds_back_what_was_in_trouble_before_as_well(store: Store) -> None:
    stage = Stage(store)
    stage.put(make_item("old"), *(make_item(name) for name in "ABC"))
    await look_while_loading(stage, 100, *"ABC")
    assert stage.proposed() == {"old": "stalled"}

    await stage.look_for(100)

    assert stage.proposed() == {}
    assert guards(stage) == [GuardKind.MANY_AT_ONCE]


async def test_the_outage_is_over_when_data_comes_in_again(store: Store) -> None:
    stage = Stage(store)
    stage.put(make_item("old"), *(make_item(name) for name in "ABC"))
    await look_while_loading(stage, 100, *"ABC")
    await stage.look_for(100)

    await look_while_loading(stage, 1, *"ABC")

    assert guards(stage) == []
    assert stage.proposed() == {"old": "stalled"}


async def test_another_download_client_is_another_question(store: Store) -> None:
    stage = Stage(store)
    stage.put(*(make_item(name) for name in "ABC"))
    stage.put(make_item("D", status=QueueStatus.FAILED, download_client="SABnzbd"))

    await stage.look_for(100)

    assert guards(stage) == [GuardKind.MANY_AT_ONCE]
    assert stage.proposed() == {"D": "failed"}


async def test_those_that_wait_their_turn_do_not_hide_an_outage(store: Store) -> None:
    stage = Stage(store)
    stage.put(*(make_item(name) for name in "ABC"))
    stage.put(*(make_item(f"Q{number}", status=QueueStatus.QUEUED) for number in range(50)))
    stage.put(make_pending())

    await stage.look_for(100)

    (guard,) = stage.collect().guards
    assert (guard.count, guard.total) == (3, 3)


async def test_dead_ones_from_the_beginning_are_proposed_after_a_day_when_others_load(store: Store) -> None:
    stage = Stage(store)
    stage.put(*(make_item(name) for name in "ABC"), make_item("healthy"))
    await look_while_loading(stage, DAY_MINUTES, "healthy")
    assert guards(stage) == [GuardKind.MANY_AT_ONCE]

    await look_while_loading(stage, 70, "healthy")

    assert guards(stage) == []
    assert set(stage.proposed()) == {"A", "B", "C"}


async def test_imports_that_fail_at_once_are_one_problem_for_a_day(store: Store) -> None:
    stage = Stage(store)
    stage.put(*(refused("Sample", download_id=name) for name in "ABC"), make_item("healthy"))
    await look_while_loading(stage, 60, "healthy")
    (guard,) = stage.collect().guards
    assert (guard.kind, guard.count, guard.total) == (GuardKind.MANY_AT_ONCE, 3, 3)

    await stage.look_for(DAY_MINUTES)

    assert {"A", "B", "C"} <= set(stage.proposed())


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"state": InstanceState.UNREACHABLE}, GuardKind.AWAY),
        ({"details_at": None}, GuardKind.UNCHECKED),
        ({"health": (CLIENT_AWAY,)}, GuardKind.CLIENT_AWAY),
        ({"health": (NO_INTERNET,)}, GuardKind.INTERNET),
        ({"version": "7.0.0"}, GuardKind.JUST_BACK),
        ({"started_at": START}, GuardKind.JUST_BACK),
    ],
)
async def test_a_guard_stands_for_the_candidates_of_its_instance(
    store: Store, facts: dict[str, Any], expected: GuardKind
) -> None:
    stage = Stage(store, instances=("radarr", "sonarr"))
    for name in ("radarr", "sonarr"):
        stage.put(make_item(status=QueueStatus.FAILED, instance=name))
    await stage.look_for(40)
    assert len(stage.collect().candidates) == 2

    stage.facts["radarr"] |= facts
    await stage.look()

    collection = stage.collect()
    assert [item.instance_name for item in collection.candidates] == ["SONARR"]
    assert [(guard.kind, guard.instance_name) for guard in collection.guards] == [(expected, "RADARR")]


async def test_old_rows_are_no_evidence(store: Store) -> None:
    stage = Stage(store)
    stage.put(make_item(status=QueueStatus.FAILED))
    await stage.look_for(40)
    await stage.look_for(11, is_app_awake=False)

    assert guards(stage) == [GuardKind.STALE]
    assert stage.proposed() == {}


async def test_the_network_and_a_lost_database_hold_everything_back(store: Store) -> None:
    stage = Stage(store, instances=("radarr", "sonarr", "radarr_4k"))
    stage.put(make_item(status=QueueStatus.FAILED))
    await stage.look_for(40)
    assert len(stage.collect().candidates) == 1

    disarmed = stage.collect(disarmed_since=START)
    stage.facts["sonarr"]["state"] = stage.facts["radarr_4k"]["state"] = InstanceState.UNREACHABLE
    await stage.look()
    network = stage.collect()

    assert (disarmed.candidates, network.candidates) == ((), ())
    assert [guard.kind for guard in disarmed.guards] == [GuardKind.DISARMED]
    assert [guard.kind for guard in network.guards] == [GuardKind.NETWORK]
