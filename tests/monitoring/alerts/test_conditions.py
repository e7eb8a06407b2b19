from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from discarr.core.events import Ending, EventKind
from discarr.core.models import (
    DiskSpace,
    Download,
    DownloadKey,
    HealthIssue,
    InstanceSnapshot,
    InstanceState,
    QueueSnapshot,
    QueueStatus,
    TrackedState,
    TrackedStatus,
)
from discarr.core.slices import drain
from discarr.monitoring.alerts.alert import Alert, Observation
from discarr.monitoring.alerts.conditions import (
    observe_app,
    observe_disks,
    observe_instances,
    observe_queue,
)
from discarr.monitoring.alerts.content import Facts
from discarr.monitoring.download_rows import NOTHING_HIDDEN, Hidden
from discarr.monitoring.health_checker import HealthChecker, HealthState
from discarr.monitoring.progress_tracker import ProgressTracker
from tests.factories import make_download, make_instance_snapshot
from tests.fakes.clock import START, FakeClock

BLOCKED: dict[str, Any] = {
    "status": QueueStatus.COMPLETED,
    "tracked_status": TrackedStatus.WARNING,
    "tracked_state": TrackedState.IMPORT_PENDING,
}
GB = 1_000_000_000


def queue_of(
    *downloads: Download,
    tracker: ProgressTracker | None = None,
    hidden: Hidden = NOTHING_HIDDEN,
    opens: dict[EventKind, dict[str, Alert]] | None = None,
    endings: dict[DownloadKey, Ending] | None = None,
    **fields: Any,
) -> dict[EventKind, Observation]:
    instance = make_instance_snapshot(downloads=downloads, **fields)
    steps = observe_queue(
        instance,
        tracker or ProgressTracker(clock=FakeClock()),
        hidden=hidden,
        opens=opens or {},
        endings=endings or {},
    )
    return {observation.kind: observation for observation in drain(steps)}


async def stalled_tracker(download: Download, minutes: int) -> ProgressTracker:
    """A tracker that has seen nothing arrive for a while."""
    clock = FakeClock()
    tracker = ProgressTracker(clock=clock)
    for minute in range(minutes + 1):
        at = START + timedelta(minutes=minute)
        tracker.observe(make_instance_snapshot(downloads=(download,), fetched_at=at))
        await clock.advance(60)
    return tracker


def open_alert(kind: EventKind, key: DownloadKey, **facts: Any) -> dict[EventKind, dict[str, Alert]]:
    alert = Alert(
        id=1,
        dedup=f"{kind}|radarr|{key.kind}:{key.id}",
        kind=kind,
        instance="radarr",
        is_hidden=False,
        began_at=START,
        fired_at=START,
        facts=Facts(key=key, **facts),
    )
    return {kind: {alert.dedup: alert}}


def test_a_download_that_needs_a_hand_is_a_condition_with_its_reason() -> None:
    found = queue_of(make_download(**BLOCKED), make_download(key=DownloadKey("radarr", "d", "FINE")))

    (condition,) = found[EventKind.NEEDS_HAND].conditions
    assert condition.dedup == "needs_hand|radarr|d:HASH"
    assert condition.facts.work is not None
    assert condition.facts.work.title == "Dune: Part Two"
    assert condition.facts.reason
    assert found[EventKind.STALLED].conditions == ()


def test_what_is_hidden_says_so() -> None:
    secret = make_download(**BLOCKED, tags=("gifts",))
    hidden = Hidden(tags=frozenset({"gifts"}))

    (condition,) = queue_of(secret, hidden=hidden)[EventKind.NEEDS_HAND].conditions
    assert condition.is_hidden
    assert condition.dedup.endswith("|hidden")
    elsewhere = Hidden(instances=frozenset({"radarr"}))
    assert queue_of(secret, hidden=elsewhere)[EventKind.NEEDS_HAND].conditions[0].is_hidden


async def test_nothing_arriving_for_long_is_a_stall_by_observation() -> None:
    download = make_download()
    tracker = await stalled_tracker(download, 40)

    (condition,) = queue_of(download, tracker=tracker)[EventKind.STALLED].conditions

    assert condition.held_s == pytest.approx(2400, abs=60)
    assert condition.facts.coming_bytes == download.size_left_bytes


@pytest.mark.parametrize(
    "fields",
    [
        {"size_left_bytes": 0},
        {"status": QueueStatus.PAUSED},
        {"status": QueueStatus.QUEUED},
        BLOCKED,
    ],
)
async def test_what_expects_no_data_is_not_stalled(fields: dict[str, Any]) -> None:
    download = make_download(**fields)
    tracker = await stalled_tracker(download, 40)
    assert queue_of(download, tracker=tracker)[EventKind.STALLED].conditions == ()


async def test_with_its_client_away_nothing_is_called_stalled() -> None:
    download = make_download()
    tracker = await stalled_tracker(download, 40)
    issue = HealthIssue(source="DownloadClientStatusCheck", level="error", message="", wiki_url=None)
    assert queue_of(download, tracker=tracker, health=(issue,))[EventKind.STALLED].conditions == ()


def test_an_alert_whose_download_is_gone_waits_for_its_ending() -> None:
    key = make_download().key
    opens = open_alert(EventKind.NEEDS_HAND, key)
    (dedup,) = opens[EventKind.NEEDS_HAND]

    waiting = queue_of(opens=opens)[EventKind.NEEDS_HAND]
    known = queue_of(opens=opens, endings={key: Ending.IMPORTED})[EventKind.NEEDS_HAND]
    there = queue_of(make_download(), opens=opens, endings={key: Ending.FAILED})[EventKind.NEEDS_HAND]

    assert (waiting.unsettled, waiting.endings) == (frozenset({dedup}), {})
    assert (known.unsettled, known.endings) == (frozenset(), {dedup: Ending.IMPORTED})
    assert (there.unsettled, there.endings) == (frozenset(), {})


def test_after_a_start_a_stall_is_over_only_when_data_came_in() -> None:
    download = make_download()
    same = open_alert(EventKind.STALLED, download.key, coming_bytes=download.size_left_bytes)
    moved = open_alert(EventKind.STALLED, download.key, coming_bytes=download.size_left_bytes + 1)

    assert queue_of(download, opens=same)[EventKind.STALLED].unsettled == set(same[EventKind.STALLED])
    assert queue_of(download, opens=moved)[EventKind.STALLED].unsettled == frozenset()


def test_the_apps_own_warnings_are_told_apart_by_level_and_source() -> None:
    issues = [
        HealthIssue(source="IndexerStatusCheck", level="warning", message="/secret/path", wiki_url=None),
        HealthIssue(source="RootFolderCheck", level="error", message="x", wiki_url=None),
        HealthIssue(source="UpdateCheck", level="notice", message="x", wiki_url=None),
    ]
    instance = make_instance_snapshot(health=tuple(issues))

    found = {
        observation.kind: [condition.facts for condition in observation.conditions]
        for observation in observe_app(instance, hidden=NOTHING_HIDDEN)
    }

    assert found == {
        EventKind.APP_ERROR: [Facts(source="RootFolderCheck")],
        EventKind.APP_WARNING: [Facts(source="IndexerStatusCheck")],
        EventKind.APP_NOTICE: [Facts(source="UpdateCheck")],
    }


class Health:
    """Instances whose refreshes succeed or fail."""

    def __init__(self, *ids: str) -> None:
        self.clock = FakeClock()
        self.checker = HealthChecker(clock=self.clock)
        self.instances = {name: make_instance_snapshot(id=name, name=name.title()) for name in ids}

    async def refresh(self, seconds: float, **states: InstanceState) -> None:
        await self.clock.advance(seconds)
        now = self.clock.now()
        for name, instance in self.instances.items():
            state = states.get(name, InstanceState.UP)
            self.instances[name] = replace(
                instance,
                state=state,
                attempted_at=now,
                fetched_at=now if state is InstanceState.UP else instance.fetched_at,
                problem=None if state is InstanceState.UP else "is offline",
            )
        self.checker.observe(QueueSnapshot(instances=tuple(self.instances.values())))

    def observe(
        self, hidden: Hidden = NOTHING_HIDDEN, **opens: Any
    ) -> dict[tuple[str | None, EventKind], Any]:
        snapshots: list[InstanceSnapshot] = list(self.instances.values())
        return {
            (observation.instance, observation.kind): observation
            for observation in observe_instances(snapshots, self.checker, hidden=hidden, opens=opens)
        }


async def test_an_instance_that_is_down_is_a_condition_that_knows_how_long() -> None:
    health = Health("radarr", "sonarr", "anime")
    await health.refresh(0)
    for _ in range(8):
        await health.refresh(30, radarr=InstanceState.UNREACHABLE)

    found = health.observe()

    (condition,) = found["radarr", EventKind.INSTANCE_DOWN].conditions
    assert condition.facts.problem == "is offline"
    assert condition.held_s >= 180
    assert found["sonarr", EventKind.INSTANCE_DOWN].conditions == ()
    assert found[None, EventKind.NETWORK].conditions == ()


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (InstanceState.UNAUTHORIZED, EventKind.WRONG_KEY),
        (InstanceState.MISCONFIGURED, EventKind.MISCONFIGURED),
    ],
)
async def test_what_leaves_no_doubt_is_a_condition_at_once(state: InstanceState, kind: EventKind) -> None:
    health = Health("radarr")
    await health.refresh(0)
    await health.refresh(30, radarr=state)
    found = health.observe()
    assert [key for key, observation in found.items() if observation.conditions] == [("radarr", kind)]


async def test_while_nobody_can_say_whether_it_is_over_an_alert_stays() -> None:
    health = Health("radarr")
    await health.refresh(0)
    for _ in range(8):
        await health.refresh(30, radarr=InstanceState.UNREACHABLE)
    (condition,) = health.observe()["radarr", EventKind.INSTANCE_DOWN].conditions
    opens = {EventKind.INSTANCE_DOWN: {condition.dedup: None}}

    await health.refresh(30)
    assert health.checker.health("radarr").state is HealthState.RECOVERING
    recovering = health.observe(radarr=opens)["radarr", EventKind.INSTANCE_DOWN]
    await health.refresh(30)
    up = health.observe(radarr=opens)["radarr", EventKind.INSTANCE_DOWN]

    assert (recovering.conditions, recovering.unsettled) == ((), {condition.dedup})
    assert (up.conditions, up.unsettled) == ((), frozenset())


async def test_half_of_the_instances_failing_together_is_one_problem() -> None:
    health = Health("radarr", "sonarr", "anime")
    await health.refresh(0)
    for _ in range(8):
        await health.refresh(30, radarr=InstanceState.UNREACHABLE, sonarr=InstanceState.UNREACHABLE)

    found = health.observe()

    (condition,) = found[None, EventKind.NETWORK].conditions
    assert condition.facts.names == ("Radarr", "Sonarr")
    assert condition.held_s > 0
    assert [found[name, EventKind.INSTANCE_DOWN].conditions for name in ("radarr", "sonarr")] == [(), ()]


async def test_hidden_instances_are_named_in_no_shared_problem() -> None:
    health = Health("radarr", "sonarr", "anime")
    await health.refresh(0)
    for _ in range(8):
        await health.refresh(30, radarr=InstanceState.UNREACHABLE, sonarr=InstanceState.UNREACHABLE)
    hidden = Hidden(instances=frozenset({"sonarr"}))

    (condition,) = health.observe(hidden)[None, EventKind.NETWORK].conditions
    assert condition.facts.names == ("Radarr",)


def disk(path: str, free_gb: float, *, total_gb: float = 1000) -> DiskSpace:
    return DiskSpace(path=path, free_bytes=int(free_gb * GB), total_bytes=int(total_gb * GB), folders=(path,))


def coming(gigabytes: float, folder: str | None, key: str = "HASH", instance: str = "radarr") -> Download:
    return make_download(
        key=DownloadKey(instance, "d", key),
        size_bytes=int(100 * GB),
        size_left_bytes=int(gigabytes * GB),
        root_folder=folder,
    )


def low_disks(*instances: InstanceSnapshot, reserve_gb: float = 20, hidden: Hidden = NOTHING_HIDDEN) -> Any:
    observation = observe_disks(instances, hidden=hidden, reserve_bytes=int(reserve_gb * GB))
    return observation.conditions


def test_a_disk_that_is_nearly_full_is_a_condition() -> None:
    assert low_disks(make_instance_snapshot(disks=(disk("/a", 21),))) == ()
    (condition,) = low_disks(make_instance_snapshot(disks=(disk("/a", 19),)))
    assert condition.facts.free_bytes == 19 * GB
    assert condition.facts.names == ("Radarr",)


def test_what_is_still_to_come_counts_against_the_disk_it_goes_to() -> None:
    disks = (disk("/a", 50), disk("/b", 60))
    instance = make_instance_snapshot(
        disks=disks, downloads=(coming(35, "/a"), coming(35, "/b", "OTHER"), coming(99, None, "THIRD"))
    )

    (condition,) = low_disks(instance)

    assert condition.subject == "radarr:/a"
    assert condition.facts.coming_bytes == 35 * GB


def test_a_disk_that_instances_share_bears_what_comes_for_all_of_them() -> None:
    movies = make_instance_snapshot(disks=(disk("/data", 70),), downloads=(coming(30, "/data"),))
    series = make_instance_snapshot(
        id="sonarr",
        name="TV",
        disks=(disk("/media", 70),),
        downloads=(coming(30, "/media", instance="sonarr"),),
    )

    (condition,) = low_disks(movies, series)
    assert condition.facts.coming_bytes == 60 * GB


def test_two_disks_of_one_instance_are_two_even_if_alike() -> None:
    instance = make_instance_snapshot(disks=(disk("/a", 5), disk("/b", 5)))
    assert len(low_disks(instance)) == 2


def test_a_reserve_of_nothing_is_never_missed() -> None:
    assert low_disks(make_instance_snapshot(disks=(disk("/a", 0),)), reserve_gb=0) == ()
