"""What may not be done any more, because the download is not what was confirmed."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from discarr.core.models import Download, DownloadKey, InstanceKind, QueueStatus, TrackedState, TrackedStatus
from discarr.monitoring.acting.changes import change_since
from discarr.monitoring.acting.kinds import REMOVALS, ActionKind
from discarr.monitoring.acting.results import Cause
from discarr.monitoring.acting.targets import target_of
from discarr.monitoring.reasons import ReasonKind
from tests.monitoring.acting.scenes import GRABBED, make_grab

VERSION = "5.28.0.10274"
BLOCKED = {
    "status": QueueStatus.COMPLETED,
    "tracked_state": TrackedState.IMPORT_BLOCKED,
    "tracked_status": TrackedStatus.WARNING,
    "size_left_bytes": 0,
}


def change(
    before: Download,
    after: Download,
    action: ActionKind = ActionKind.REMOVE,
    *,
    reason: ReasonKind | None = None,
) -> Cause | None:
    target = target_of(before, reason=reason)
    return change_since(target, after, action, kind=InstanceKind.RADARR, version=VERSION)


@pytest.mark.parametrize("action", REMOVALS)
def test_what_is_as_it_was_may_be_removed(action: ActionKind) -> None:
    grab = make_grab(has_post_import_category=True)
    assert change(grab, replace(grab, size_left_bytes=grab.size_left_bytes - 5), action) is None


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"release_title": "Another"}, Cause.OTHER_RELEASE),
        ({"added": GRABBED + timedelta(seconds=1)}, Cause.GRABBED_AGAIN),
        ({"added": None}, Cause.GRABBED_AGAIN),
        ({"media_id": 2}, Cause.OTHER_TITLE),
        ({"media_id": None}, Cause.OTHER_TITLE),
        ({"tracked_state": TrackedState.IMPORTING}, Cause.BUSY),
        ({"tracked_state": TrackedState.IMPORTED}, Cause.BUSY),
        ({"tracked_state": TrackedState.UNKNOWN}, Cause.BUSY),
        ({"tracked_status": TrackedStatus.UNKNOWN}, Cause.BUSY),
        ({"status": QueueStatus.UNKNOWN}, Cause.BUSY),
        ({"row_ids": ()}, Cause.NOT_POSSIBLE),
        ({"episode_count": 1}, Cause.MORE),
        ({"size_bytes": 4_000_000_001}, Cause.MORE),
        ({"status": QueueStatus.COMPLETED, "size_left_bytes": 0}, Cause.FINISHED),
    ],
)
def test_what_has_changed_is_left_alone(changes: dict[str, Any], cause: Cause) -> None:
    grab = make_grab()
    assert change(grab, replace(grab, **changes)) is cause


def test_an_unknown_size_was_confirmed_as_such() -> None:
    grab = make_grab(size_bytes=0, size_left_bytes=0)
    assert change(grab, replace(grab, size_bytes=5)) is None


def test_what_was_complete_before_may_be_removed() -> None:
    grab = make_grab(**BLOCKED)
    assert change(grab, grab) is None


def test_what_recovered_is_left_alone() -> None:
    failed = make_grab(status=QueueStatus.WARNING)
    assert change(failed, replace(failed, status=QueueStatus.DOWNLOADING)) is Cause.RECOVERED
    assert change(failed, failed) is None


@pytest.mark.parametrize(("loaded", "cause"), [(0, None), (1, Cause.RECOVERED)])
def test_what_was_stalled_may_not_have_loaded_a_byte_since(loaded: int, cause: Cause | None) -> None:
    stalled = make_grab()
    after = replace(stalled, size_left_bytes=stalled.size_left_bytes - loaded)
    assert change(stalled, after, reason=ReasonKind.STALLED) is cause


def test_what_removes_nothing_does_not_care_for_size_or_recovery() -> None:
    failed = make_grab(status=QueueStatus.WARNING)
    after = replace(failed, status=QueueStatus.DOWNLOADING, size_bytes=5_000_000_000, episode_count=9)
    assert change(failed, after, ActionKind.SEARCH) is None


def test_what_is_held_back_can_change_too() -> None:
    held = make_grab(
        key=DownloadKey("radarr", "p", "7"), status=QueueStatus.DELAY, tracked_status=None, tracked_state=None
    )
    assert change(held, held, ActionKind.GRAB) is None
    assert change(held, replace(held, status=QueueStatus.DOWNLOADING), ActionKind.GRAB) is Cause.BUSY
