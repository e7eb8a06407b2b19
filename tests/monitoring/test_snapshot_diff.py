"""What changed between two snapshots."""

from msgspec.structs import replace

from discarr.core.models import (
    Download,
    DownloadKey,
    InstanceState,
    QueueSnapshot,
    QueueStatus,
)
from discarr.monitoring.snapshot_diff import InstanceChange, SnapshotChanges, diff
from tests.factories import make_download, make_instance_snapshot

A = make_download(key=DownloadKey("radarr", "d", "A"))
B = make_download(key=DownloadKey("radarr", "d", "B"))
STUCK_A = replace(A, status=QueueStatus.WARNING)


def snapshot(*downloads: Download, state: InstanceState = InstanceState.UP) -> QueueSnapshot:
    return QueueSnapshot(instances=(make_instance_snapshot(downloads=downloads, state=state),))


def test_the_same_snapshot_holds_no_change() -> None:
    same = snapshot(A, B)

    assert diff(same, same).is_empty


def test_equal_rows_hold_no_change() -> None:
    assert diff(snapshot(A), snapshot(replace(A))) == SnapshotChanges()


def test_new_and_vanished_downloads_are_told_apart() -> None:
    changes = diff(snapshot(A), snapshot(B))

    assert changes == SnapshotChanges(new=(B,), vanished=(A,))
    assert not changes.is_empty


def test_less_data_left_is_progress() -> None:
    further = replace(A, size_left_bytes=1)

    assert diff(snapshot(A, B), snapshot(further, B)).progressed == (further,)


def test_more_data_left_is_no_progress() -> None:
    assert diff(snapshot(A), snapshot(replace(A, size_left_bytes=A.size_bytes))).progressed == ()


def test_trouble_that_starts_and_trouble_that_ends() -> None:
    assert diff(snapshot(A), snapshot(STUCK_A)).needing_hand == (STUCK_A,)
    assert diff(snapshot(STUCK_A), snapshot(A)).resolved == (A,)


def test_trouble_that_goes_on_is_no_change() -> None:
    assert diff(snapshot(STUCK_A), snapshot(replace(STUCK_A, error_message="new words"))).is_empty


def test_a_new_download_in_trouble_is_both() -> None:
    changes = diff(snapshot(), snapshot(STUCK_A))

    assert (changes.new, changes.needing_hand) == ((STUCK_A,), (STUCK_A,))


def test_the_state_of_an_instance_changes() -> None:
    changes = diff(snapshot(A), snapshot(A, state=InstanceState.UNREACHABLE))

    assert changes.instances == (
        InstanceChange(id="radarr", name="Radarr", before=InstanceState.UP, after=InstanceState.UNREACHABLE),
    )


def test_the_first_load_is_no_news() -> None:
    unread = QueueSnapshot(instances=(make_instance_snapshot(state=InstanceState.LOADING, fetched_at=None),))

    assert diff(unread, snapshot(A)).new == ()


def test_an_instance_that_was_not_known_before_adds_nothing() -> None:
    assert diff(QueueSnapshot(), snapshot(A)).is_empty
