"""What is proposed over all instances, and why the rest is not."""

from datetime import timedelta
from typing import Any

import pytest

from discarr.core.cleanup_config import CleanupAction, CleanupRule
from discarr.core.models import QueueStatus, TrackedState
from discarr.core.slices import drain
from discarr.core.store import Store
from discarr.monitoring.cleanup.collector import collect, collect_in_slices
from discarr.monitoring.cleanup.guards import GuardKind
from discarr.monitoring.cleanup.protection import Protection
from discarr.monitoring.reasons import ReasonKind
from tests.fakes.clock import START
from tests.monitoring.cleanup.stage import GRABBED, Stage, make_item, refused, settings_of

MB = 1_000_000


async def look_while_loading(stage: Stage, minutes: int, *healthy: str) -> None:
    """Let time pass while these downloads get data."""
    for _ in range(minutes):
        for download_id in healthy:
            stage.load_data(download_id, MB)
        await stage.look()


def guards(stage: Stage) -> list[GuardKind]:
    return [guard.kind for guard in stage.collect().guards]


async def test_a_candidate_tells_what_speaks_against_it(store: Store) -> None:
    stage = Stage(store)
    stage.put(
        make_item(status=QueueStatus.WARNING, error_message="The download is stalled with no connections")
    )
    await stage.look_for(131)

    (candidate,) = stage.collect().candidates

    evidence = candidate.evidence
    assert (candidate.rule, candidate.instance_name) == (CleanupRule.STALLED, "RADARR")
    assert candidate.download == stage.snapshot.instances[0].downloads[0]
    assert evidence.strikes == 3
    assert evidence.span == timedelta(minutes=65)
    assert evidence.idle_for == timedelta(minutes=130)
    assert evidence.reason is ReasonKind.STALLED
    assert evidence.rate_bytes_s is None
    assert evidence.age == stage.clock.now() - GRABBED
    assert candidate.action is CleanupAction.SEARCH
    assert not candidate.is_beyond_cap


async def test_a_slow_one_tells_its_rate(store: Store) -> None:
    stage = Stage(store, settings_of(cleanup_rules="slow"))
    stage.put(make_item())
    await look_while_loading(stage, 60, "A")

    (candidate,) = stage.collect().candidates

    assert candidate.evidence.rate_bytes_s == pytest.approx(MB / 60)
    assert candidate.evidence.reason is None


async def test_nothing_is_proposed_before_the_last_strike(store: Store) -> None:
    stage = Stage(store)
    stage.put(make_item(status=QueueStatus.FAILED))

    await stage.look_for(35)
    assert stage.proposed() == {}
    await stage.look()

    assert stage.proposed() == {"A": "failed"}


async def test_what_is_least_in_doubt_comes_first_then_what_has_lasted_longest(store: Store) -> None:
    stage = Stage(store)
    stage.put(make_item("healthy1"), make_item("healthy2"), make_item("healthy3"), make_item("older"))
    await look_while_loading(stage, 60, "healthy1", "healthy2", "healthy3")
    stage.put(make_item("newer"))
    await look_while_loading(stage, 60, "healthy1", "healthy2", "healthy3")
    stage.put(make_item("failed", status=QueueStatus.FAILED), refused("Sample", download_id="refused"))
    await look_while_loading(stage, 60, "healthy1", "healthy2", "healthy3")

    assert stage.proposed() == {
        "failed": "failed",
        "refused": "failed-import",
        "older": "stalled",
        "newer": "stalled",
    }
    assert list(stage.proposed()) == ["failed", "refused", "older", "newer"]


async def test_a_download_is_proposed_once_by_the_rule_that_is_least_in_doubt(store: Store) -> None:
    stage = Stage(store, settings_of(cleanup_rules="orphan,stalled,slow"))
    stage.put(make_item(media_id=None))

    await stage.look_for(200)

    assert stage.strikes() == {"A": {"slow": 3, "orphan": 3, "stalled": 3}}
    assert stage.proposed() == {"A": "stalled"}


async def test_only_rules_that_find_it_bad_now_count(store: Store) -> None:
    stage = Stage(store, settings_of(cleanup_rules="orphan,stalled"))
    stage.put(make_item(media_id=None))
    await stage.look_for(200)

    stage.change("A", status=QueueStatus.PAUSED)
    await stage.look()
    assert stage.proposed() == {"A": "orphan"}

    stage.change("A", media_id=1)
    await stage.look()
    assert stage.proposed() == {}
    assert stage.strikes() == {"A": {"stalled": 3}}


async def test_a_download_that_changed_since_the_last_look_is_not_proposed(store: Store) -> None:
    stage = Stage(store)
    stage.put(make_item(), make_item("B", status=QueueStatus.FAILED))
    await stage.look_for(100)
    assert set(stage.proposed()) == {"A", "B"}

    stage.load_data("A", 1)

    newer = collect(stage.take_snapshot(), stage.watch)
    assert [item.download.key.id for item in newer.candidates] == ["B"]


async def test_after_a_restart_nothing_is_proposed_before_it_is_seen_again(store: Store) -> None:
    stage = Stage(store)
    stage.put(make_item(), make_item("B", status=QueueStatus.FAILED))
    await stage.look_for(100)
    stage.start_discarr()
    await stage.watch.load()

    await stage.look()
    assert guards(stage) == [GuardKind.JUST_BACK]
    await stage.look_for(5)
    assert stage.proposed() == {"B": "failed"}
    await stage.look_for(55)

    assert stage.proposed() == {"A": "stalled", "B": "failed"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"tags": ("keep",)}, Protection.TAG),
        ({"indexer": "Private"}, Protection.INDEXER),
        ({"tracked_state": TrackedState.IMPORTING}, Protection.IMPORTING),
        ({"status": QueueStatus.UNKNOWN}, Protection.NOT_UNDERSTOOD),
    ],
)
async def test_what_is_protected_is_counted_and_never_proposed(
    store: Store, changes: dict[str, Any], expected: Protection
) -> None:
    stage = Stage(store, settings_of(cleanup_keep_tags="keep", cleanup_keep_indexers="private"))
    stage.put(make_item(status=QueueStatus.FAILED))
    await stage.look_for(40)
    assert stage.proposed() == {"A": "failed"}

    stage.change("A", **changes)
    await stage.look()

    collection = stage.collect()
    assert collection.candidates == ()
    assert collection.protected == {expected: 1}


@pytest.mark.parametrize("added", [START - timedelta(minutes=90), START + timedelta(days=1)])
async def test_the_young_are_left_alone(store: Store, added: Any) -> None:
    stage = Stage(store)
    stage.put(make_item(status=QueueStatus.FAILED, added=added))
    await stage.look_for(29)
    assert stage.collect().protected == {}

    await stage.look_for(10)
    collection = stage.collect()

    is_future = added > START
    assert bool(collection.candidates) is not is_future
    assert collection.protected == ({Protection.YOUNG: 1} if is_future else {})


async def test_a_clock_that_runs_ahead_makes_nothing_old(store: Store) -> None:
    stage = Stage(store)
    stage.put(make_item(status=QueueStatus.FAILED, added=START))
    await stage.look_for(40)
    stage.clock.jumped = timedelta(days=365)
    await stage.look()

    assert stage.collect().protected == {Protection.YOUNG: 1}


async def test_what_the_app_did_not_grab_is_as_old_as_it_has_been_watched(store: Store) -> None:
    stage = Stage(store, settings_of(cleanup_rules="orphan"))
    stage.put(make_item(media_id=None, added=None))

    await stage.look_for(130)
    assert stage.collect().protected == {Protection.YOUNG: 1}
    await stage.look_for(10)

    (candidate,) = stage.collect().candidates
    assert candidate.evidence.age is None
    assert candidate.evidence.span == timedelta(minutes=124)


async def test_what_another_instance_has_in_its_library_is_no_orphan(store: Store) -> None:
    stage = Stage(store, settings_of(cleanup_rules="orphan"), instances=("radarr", "sonarr"))
    stage.put(make_item("A", media_id=None), make_item("B", media_id=None), make_item("fine"))
    stage.put(make_item("A", instance="sonarr"), make_item("B", instance="sonarr", media_id=None))

    await stage.look_for(40)

    found = stage.collect()
    assert {item.download.key.text for item in found.candidates} == {"d:B"}
    assert len(found.candidates) == 2
    assert found.protected == {Protection.WANTED_ELSEWHERE: 1}


@pytest.mark.parametrize(
    ("per_run", "per_day", "removed_today", "within"),
    [(2, 20, 0, 2), (20, 3, 0, 3), (20, 3, 2, 1), (2, 3, 3, 0), (2, 3, 99, 0), (20, 20, 0, 4)],
)
async def test_what_is_beyond_the_cap_is_marked(
    store: Store, per_run: int, per_day: int, removed_today: int, within: int
) -> None:
    stage = Stage(store, settings_of(cleanup_per_run=per_run, cleanup_per_day=per_day))
    stage.put(*(make_item(f"healthy{number}") for number in range(20)))
    stage.put(*(make_item(name, status=QueueStatus.FAILED) for name in "ABCD"))
    await look_while_loading(stage, 40, *(f"healthy{number}" for number in range(20)))

    found = stage.collect(removed_today=removed_today).candidates

    assert [item.is_beyond_cap for item in found] == [False] * within + [True] * (4 - within)


async def test_the_suggestion_is_left_out_where_it_is_not_possible(store: Store) -> None:
    stage = Stage(store, settings_of(cleanup_rules="failed:category"))
    stage.put(
        make_item(status=QueueStatus.FAILED),
        make_item("B", status=QueueStatus.FAILED, has_post_import_category=True, download_client="rTorrent"),
    )
    await stage.look_for(40)

    found = {item.download.key.id: item for item in stage.collect().candidates}

    assert found["A"].action is None
    assert CleanupAction.CATEGORY not in found["A"].possible
    assert found["B"].action is CleanupAction.CATEGORY


async def test_collecting_gives_way_and_finds_the_same(store: Store) -> None:
    stage = Stage(store)
    stage.put(*(make_item(f"healthy{number}") for number in range(200)))
    stage.put(make_item("A", status=QueueStatus.FAILED))
    await look_while_loading(stage, 40, *(f"healthy{number}" for number in range(200)))

    pieces = len(list(collect_in_slices(stage.snapshot, stage.watch)))

    assert pieces >= 4
    assert drain(collect_in_slices(stage.snapshot, stage.watch)) == stage.collect()


async def test_the_first_rule_with_all_its_strikes_is_the_one_that_is_said(store: Store) -> None:
    settings = settings_of(cleanup_rules="stalled:search:9,slow:remove", cleanup_stalled_minutes=15)
    stage = Stage(store, settings)
    stage.put(make_item("A"))

    await stage.look_for(60)

    assert set(stage.strikes()["A"]) == {"stalled", "slow"}
    assert stage.proposed() == {"A": "slow"}
