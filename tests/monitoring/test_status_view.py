"""What the live message says."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from discarr.core.models import (
    DiskSpace,
    DownloadKey,
    HealthIssue,
    HistoryEvent,
    HistoryRecord,
    InstanceSnapshot,
    InstanceState,
    QueueSnapshot,
    QueueStatus,
)
from discarr.monitoring.progress_tracker import ProgressTracker
from discarr.monitoring.status_view import Scene, StatusView, build_status_view
from tests.factories import make_download, make_instance_snapshot
from tests.fakes.clock import START, FakeClock

TB = 1_000_000_000_000


def view_of(*instances: InstanceSnapshot, **arguments: Any) -> StatusView:
    tracker = ProgressTracker(clock=FakeClock())
    values: dict[str, Any] = {"now": START, "next_check_by": START + timedelta(minutes=5)}
    return build_status_view(QueueSnapshot(instances=instances), tracker, **(values | arguments))


def disk(free_bytes: int = 4 * TB, total_bytes: int | None = 10 * TB, path: str = "/movies") -> DiskSpace:
    return DiskSpace(path=path, free_bytes=free_bytes, total_bytes=total_bytes)


def imported(title: str = "Jury Duty", **overrides: Any) -> HistoryRecord:
    values: dict[str, Any] = {
        "id": 1,
        "instance": "radarr",
        "event": HistoryEvent.IMPORTED,
        "date": START - timedelta(hours=1),
        "download_id": None,
        "title": title,
        "year": 2023,
        "media_id": 1,
        "episode": None,
        "release_title": title,
        "quality": None,
        "tags": (),
    }
    return HistoryRecord(**(values | overrides))


def test_rows_are_split_into_what_needs_a_hand_and_the_rest() -> None:
    stuck = make_download(key=DownloadKey("radarr", "d", "S"), status=QueueStatus.WARNING)

    view = view_of(make_instance_snapshot(downloads=(make_download(), stuck)))

    assert [row.key.id for row in view.needs_hand] == ["S"]
    assert [row.key.id for row in view.others] == ["HASH"]
    assert (view.scene, view.total) == (Scene.ACTIVE, 2)
    assert not view.is_partial


def test_the_message_loads_until_an_instance_was_attempted() -> None:
    loading = make_instance_snapshot(state=InstanceState.LOADING, fetched_at=None)

    assert view_of(loading).scene is Scene.LOADING
    assert view_of(loading, make_instance_snapshot(id="other")).scene is Scene.IDLE
    assert view_of(loading).checked_at is None


def test_without_downloads_the_message_is_idle() -> None:
    assert view_of(make_instance_snapshot()).scene is Scene.IDLE
    assert view_of().scene is Scene.IDLE


def test_an_empty_list_with_an_instance_away_is_marked_as_partial() -> None:
    assert view_of(make_instance_snapshot(state=InstanceState.UNREACHABLE)).is_partial


def test_a_download_client_that_is_away_makes_the_list_partial() -> None:
    issue = HealthIssue(source="DownloadClientStatusCheck", level="error", message="…", wiki_url=None)
    notice = replace(issue, source="UpdateCheck", level="notice")

    view = view_of(make_instance_snapshot(health=(issue, notice)))

    assert view.instances[0].has_client_trouble
    assert view.instances[0].warning_count == 1
    assert view.is_partial


def test_the_scene_can_be_overridden() -> None:
    assert view_of(make_instance_snapshot(), scene=Scene.OFFLINE).scene is Scene.OFFLINE


def test_an_instance_that_is_away_says_since_when_and_why() -> None:
    view = view_of(
        make_instance_snapshot(
            state=InstanceState.UNAUTHORIZED,
            away_since=START,
            problem="refuses the API key",
            remedy="Copy the key.",
        )
    )

    row = view.instances[0]
    assert (row.since, row.problem, row.remedy) == (START, "refuses the API key", "Copy the key.")


def test_a_volume_that_instances_share_is_counted_once() -> None:
    view = view_of(
        make_instance_snapshot(name="Movies", disks=(disk(),)),
        make_instance_snapshot(id="4k", name="4K", disks=(disk(4 * TB - 200_000_000, path="/data"),)),
        make_instance_snapshot(id="tv", name="TV", disks=(disk(), disk(TB, 2 * TB))),
    )

    movies, four_k, tv = view.instances
    assert (movies.free_bytes, movies.shares_disk_with) == (4 * TB, None)
    assert (four_k.free_bytes, four_k.shares_disk_with) == (None, "Movies")
    assert (tv.free_bytes, tv.shares_disk_with) == (TB, None)


def test_two_similar_disks_are_both_shown() -> None:
    view = view_of(
        make_instance_snapshot(name="Movies", disks=(disk(),)),
        make_instance_snapshot(id="tv", name="TV", disks=(disk(4 * TB - 2_000_000_000),)),
    )

    assert [row.shares_disk_with for row in view.instances] == [None, None]
    assert [row.free_bytes for row in view.instances] == [4 * TB, 4 * TB - 2_000_000_000]


def test_volumes_of_unknown_size_are_told_apart_by_their_free_space() -> None:
    view = view_of(
        make_instance_snapshot(name="Movies", disks=(disk(TB, None),)),
        make_instance_snapshot(id="4k", disks=(disk(TB, None, path="/x"),)),
        make_instance_snapshot(id="tv", disks=(disk(2 * TB, None),)),
        make_instance_snapshot(id="anime"),
    )

    assert [row.shares_disk_with for row in view.instances] == [None, "Movies", None, None]
    assert [row.free_bytes for row in view.instances] == [TB, None, 2 * TB, None]


def test_hidden_instances_appear_nowhere() -> None:
    secret = make_instance_snapshot(
        id="secret",
        name="Secret",
        downloads=(make_download(key=DownloadKey("secret", "d", "x")),),
        disks=(disk(),),
        recent_imports=(imported("Hidden film", date=START),),
        fetched_at=START + timedelta(hours=1),
    )
    shared = make_instance_snapshot(disks=(disk(),), recent_imports=(imported(),))

    view = view_of(secret, shared, hidden_instances=frozenset({"secret"}))

    assert "ecret" not in repr(view)
    assert view.total == 0
    assert view.instances[0].free_bytes == 4 * TB
    assert view.checked_at == START
    assert view.last_added is not None
    assert view.last_added.title == "Jury Duty"


def test_hidden_titles_are_not_shown_as_added_either() -> None:
    gift = make_instance_snapshot(
        recent_imports=(imported("Gift", tags=("gift",)),), downloads=(make_download(tags=("gift",)),)
    )
    unknown = make_instance_snapshot(id="b", recent_imports=(imported("Unknown", tags=None),))

    view = view_of(gift, unknown, hidden_tags=frozenset({"gift"}))

    assert view.last_added is None
    assert view.total == 0


def test_the_newest_import_of_all_instances_is_shown() -> None:
    older = make_instance_snapshot(recent_imports=(imported("Older"),))
    newer = make_instance_snapshot(id="b", recent_imports=(imported("Newer", date=START),))

    view = view_of(older, newer)

    assert view.last_added is not None
    assert (view.last_added.title, view.last_added.at) == ("Newer", START)
