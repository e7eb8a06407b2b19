"""What may not be done any more, because the download is not what was confirmed."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from discarr.core.cleanup_config import CleanupRule
from discarr.core.models import (
    Download,
    DownloadKey,
    InstanceKind,
    Protocol,
    QueueStatus,
    StatusMessage,
    TrackedState,
    TrackedStatus,
)
from discarr.monitoring.acting.changes import change_since
from discarr.monitoring.acting.kinds import REMOVALS, ActionKind
from discarr.monitoring.acting.results import Cause
from discarr.monitoring.acting.targets import Target, target_of
from discarr.monitoring.cleanup.grounds import Grounds
from discarr.monitoring.reasons import ReasonKind
from tests.fakes.clock import START
from tests.monitoring.acting.scenes import GRABBED, make_grab

VERSION = "5.28.0.10274"
SLOW_BYTES_S = 50_000
GB = 1_000_000_000
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
    return change_of(target_of(before, reason=reason), after, action)


def change_of(
    target: Target,
    after: Download,
    action: ActionKind = ActionKind.REMOVE,
    *,
    seconds: float = 60,
    is_monitored: bool | None = None,
) -> Cause | None:
    """Compare with what was seen at `START`, so many seconds later."""
    return change_since(
        target,
        after,
        action,
        kind=InstanceKind.RADARR,
        version=VERSION,
        now=START + timedelta(seconds=seconds),
        is_monitored=is_monitored,
    )


def proposed(download: Download, rule: CleanupRule) -> Target:
    """Return what clean-up would ask about by a rule at `START`."""
    grounds = Grounds.of(download, rule, slow_bytes_s=SLOW_BYTES_S, now=START)
    return target_of(download, evidence="3 strikes in 2 h", grounds=grounds)


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
        ({"size_left_bytes": 0}, Cause.FINISHED),
        ({"size_left_bytes": 0, "status": QueueStatus.QUEUED}, Cause.FINISHED),
    ],
)
def test_what_has_changed_is_left_alone(changes: dict[str, Any], cause: Cause) -> None:
    grab = make_grab()
    assert change(grab, replace(grab, **changes)) is cause


def test_an_unknown_size_was_confirmed_as_such() -> None:
    magnet = make_grab(size_bytes=0, size_left_bytes=0)
    assert change(magnet, replace(magnet, size_bytes=5, size_left_bytes=5)) is None
    assert change(magnet, replace(magnet, size_bytes=5)) is Cause.FINISHED


def test_what_a_person_picked_may_load_on_as_it_did() -> None:
    grab = make_grab()
    assert change(grab, replace(grab, size_left_bytes=1)) is None


def test_what_was_complete_before_may_be_removed() -> None:
    blocked = make_grab(**BLOCKED)
    assert change(blocked, blocked) is None
    verifying = make_grab(size_left_bytes=0)
    assert change(verifying, verifying) is None


def test_what_has_failed_with_nothing_left_did_not_finish() -> None:
    failed = {"size_left_bytes": 0, "status": QueueStatus.FAILED, "tracked_status": TrackedStatus.ERROR}
    grab = make_grab()
    assert change(grab, replace(grab, **failed)) is None
    assert change(grab, replace(grab, **failed | {"status": QueueStatus.COMPLETED})) is Cause.FINISHED


def test_what_recovered_is_left_alone() -> None:
    failed = make_grab(status=QueueStatus.WARNING)
    assert change(failed, replace(failed, status=QueueStatus.DOWNLOADING)) is Cause.RECOVERED
    assert change(failed, failed) is None


@pytest.mark.parametrize(("loaded", "cause"), [(0, None), (1, Cause.RECOVERED)])
def test_what_was_stalled_may_not_have_loaded_a_byte_since(loaded: int, cause: Cause | None) -> None:
    stalled = make_grab()
    after = replace(stalled, size_left_bytes=stalled.size_left_bytes - loaded)
    assert change(stalled, after, reason=ReasonKind.STALLED) is cause


MAGNET = make_grab(size_bytes=0, size_left_bytes=0, error_message="stalledMeta", status=QueueStatus.QUEUED)
LOADING = make_grab()
USENET = make_grab(protocol=Protocol.USENET, size_left_bytes=GB)
STALLED = make_grab(status=QueueStatus.WARNING, error_message="The download is stalled with no connections")
FAILED = make_grab(status=QueueStatus.FAILED, tracked_state=TrackedState.FAILED_PENDING)
LOST = make_grab(status=QueueStatus.WARNING, error_message="qBittorrent is reporting missing files")
SAMPLE = make_grab(**BLOCKED, messages=(StatusMessage(title="a.mkv", messages=("Sample",)),))
NEEDLESS = make_grab(
    **BLOCKED,
    messages=(StatusMessage(title="a.mkv", messages=("Not an upgrade for existing movie file(s)",)),),
)
ORPHAN = make_grab(media_id=None)


@pytest.mark.parametrize(
    ("before", "rule", "changes"),
    [
        (MAGNET, CleanupRule.NO_METADATA, {}),
        (MAGNET, CleanupRule.NO_METADATA, {"status": QueueStatus.DOWNLOADING, "error_message": None}),
        (LOADING, CleanupRule.SLOW, {}),
        (LOADING, CleanupRule.SLOW, {"size_left_bytes": 3 * GB - 59 * SLOW_BYTES_S}),
        (USENET, CleanupRule.STALLED, {}),
        (STALLED, CleanupRule.STALLED, {}),
        (FAILED, CleanupRule.FAILED, {}),
        (FAILED, CleanupRule.FAILED, {"size_left_bytes": 0}),
        (LOST, CleanupRule.MISSING_FILES, {}),
        (replace(LOST, size_left_bytes=0), CleanupRule.MISSING_FILES, {}),
        (SAMPLE, CleanupRule.FAILED_IMPORT, {}),
        (NEEDLESS, CleanupRule.ALREADY_HAVE, {}),
        (ORPHAN, CleanupRule.ORPHAN, {"size_left_bytes": GB}),
        (LOADING, CleanupRule.UNMONITORED, {"size_left_bytes": GB}),
    ],
)
def test_what_clean_up_proposed_is_removed_while_it_is_as_bad(
    before: Download, rule: CleanupRule, changes: dict[str, Any]
) -> None:
    assert change_of(proposed(before, rule), replace(before, **changes), is_monitored=False) is None


@pytest.mark.parametrize("action", REMOVALS)
def test_nothing_that_removes_what_was_proposed_removes_what_has_recovered(action: ActionKind) -> None:
    slow = make_grab(has_post_import_category=True)
    target = proposed(slow, CleanupRule.SLOW)
    assert change_of(target, slow, action) is None
    assert change_of(target, replace(slow, size_left_bytes=GB), action) is Cause.RECOVERED


@pytest.mark.parametrize(
    ("before", "rule", "changes", "cause"),
    [
        (MAGNET, CleanupRule.NO_METADATA, {"size_bytes": GB, "size_left_bytes": GB}, Cause.RECOVERED),
        (MAGNET, CleanupRule.NO_METADATA, {"size_bytes": GB}, Cause.FINISHED),
        (LOADING, CleanupRule.SLOW, {"size_left_bytes": 3 * GB - 60 * SLOW_BYTES_S}, Cause.RECOVERED),
        (LOADING, CleanupRule.SLOW, {"size_left_bytes": 0}, Cause.FINISHED),
        (LOADING, CleanupRule.SLOW, {"size_left_bytes": 4 * GB}, Cause.IN_DOUBT),
        (LOADING, CleanupRule.SLOW, {"status": QueueStatus.PAUSED}, Cause.IN_DOUBT),
        (LOADING, CleanupRule.STALLED, {"size_left_bytes": 3 * GB - 1}, Cause.RECOVERED),
        (LOADING, CleanupRule.STALLED, {"size_left_bytes": 0}, Cause.FINISHED),
        (LOADING, CleanupRule.STALLED, {"status": QueueStatus.PAUSED}, Cause.IN_DOUBT),
        (LOADING, CleanupRule.STALLED, {"error_message": "forcedMetaDL"}, Cause.IN_DOUBT),
        (
            LOADING,
            CleanupRule.STALLED,
            {"status": QueueStatus.WARNING, "error_message": "No space left on device"},
            Cause.IN_DOUBT,
        ),
        (STALLED, CleanupRule.STALLED, {"status": QueueStatus.DOWNLOADING}, Cause.RECOVERED),
        (USENET, CleanupRule.STALLED, {"size_left_bytes": 0}, Cause.FINISHED),
        (USENET, CleanupRule.SLOW, {"size_left_bytes": 0}, Cause.FINISHED),
        (USENET, CleanupRule.UNMONITORED, {"size_left_bytes": 0}, Cause.FINISHED),
        (replace(ORPHAN, size_left_bytes=GB), CleanupRule.ORPHAN, {"size_left_bytes": 0}, Cause.FINISHED),
        (ORPHAN, CleanupRule.ORPHAN, {"media_id": 1}, Cause.OTHER_TITLE),
        (FAILED, CleanupRule.FAILED, {"tracked_state": TrackedState.FAILED}, Cause.BUSY),
        (
            FAILED,
            CleanupRule.FAILED,
            {"tracked_state": TrackedState.DOWNLOADING, "status": QueueStatus.DOWNLOADING},
            Cause.RECOVERED,
        ),
        (LOST, CleanupRule.MISSING_FILES, {"error_message": None}, Cause.IN_DOUBT),
        (LOST, CleanupRule.MISSING_FILES, {"status": QueueStatus.DOWNLOADING}, Cause.RECOVERED),
        (SAMPLE, CleanupRule.FAILED_IMPORT, {"tracked_status": TrackedStatus.OK}, Cause.IN_DOUBT),
        (SAMPLE, CleanupRule.FAILED_IMPORT, {"tracked_state": TrackedState.IMPORTING}, Cause.BUSY),
        (SAMPLE, CleanupRule.FAILED_IMPORT, {"messages": NEEDLESS.messages}, Cause.IN_DOUBT),
        (NEEDLESS, CleanupRule.ALREADY_HAVE, {"messages": ()}, Cause.IN_DOUBT),
    ],
)
def test_what_has_recovered_since_clean_up_proposed_it_is_kept(
    before: Download, rule: CleanupRule, changes: dict[str, Any], cause: Cause
) -> None:
    assert change_of(proposed(before, rule), replace(before, **changes), is_monitored=False) is cause


@pytest.mark.parametrize(
    ("is_monitored", "cause"), [(False, None), (True, Cause.MONITORED), (None, Cause.IN_DOUBT)]
)
def test_what_is_wanted_again_or_may_be_is_kept(is_monitored: bool | None, cause: Cause | None) -> None:
    target = proposed(LOADING, CleanupRule.UNMONITORED)
    assert change_of(target, LOADING, is_monitored=is_monitored) is cause


def test_what_was_proposed_before_its_grounds_were_kept_is_left_alone() -> None:
    old = target_of(LOADING, evidence="3 strikes in 2 h")
    assert change_of(old, LOADING) is Cause.IN_DOUBT
    assert change_of(old, LOADING, ActionKind.SEARCH) is None


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
