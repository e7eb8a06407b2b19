"""What is left alone, whatever speaks against it."""

from datetime import timedelta
from typing import Any

import pytest

from discarr.core.models import Download, QueueStatus, TrackedState, TrackedStatus
from discarr.monitoring.cleanup.protection import Keep, Protection, protection_of
from tests.monitoring.cleanup.stage import make_item, refused, settings_of

LOST = "qBittorrent is reporting missing files"
NOTHING = Keep.of(settings_of())


def keep(**overrides: Any) -> Keep:
    return Keep.of(settings_of(**overrides))


@pytest.mark.parametrize(
    ("download", "expected"),
    [
        (make_item(), None),
        (refused("Sample"), None),
        (make_item(status=QueueStatus.FAILED, size_left_bytes=0), None),
        (make_item(status=QueueStatus.WARNING, size_left_bytes=0, error_message=LOST), None),
        (make_item(status=QueueStatus.WARNING, size_left_bytes=0), Protection.WAITING_FOR_IMPORT),
        (make_item(size_left_bytes=0, error_message=LOST), Protection.NOT_UNDERSTOOD),
        (make_item(status=QueueStatus.COMPLETED), Protection.WAITING_FOR_IMPORT),
        (refused("x", tracked_state=TrackedState.DOWNLOADING), Protection.WAITING_FOR_IMPORT),
        (make_item(size_left_bytes=0), Protection.WAITING_FOR_IMPORT),
        (make_item(tracked_state=TrackedState.IMPORTING), Protection.IMPORTING),
        (make_item(tracked_state=TrackedState.IMPORTED), Protection.IMPORTING),
        (make_item(status=QueueStatus.UNKNOWN), Protection.NOT_UNDERSTOOD),
        (make_item(tracked_status=TrackedStatus.UNKNOWN), Protection.NOT_UNDERSTOOD),
    ],
)
def test_states_protect(download: Download, expected: Protection | None) -> None:
    assert protection_of(download, NOTHING) is expected


@pytest.mark.parametrize(
    ("tags", "is_kept"), [(("keep",), True), (("other", "keep"), True), (("other",), False), ((), False)]
)
def test_named_tags_protect(tags: tuple[str, ...], *, is_kept: bool) -> None:
    found = protection_of(make_item(tags=tags), keep(cleanup_keep_tags="Keep, precious"))

    assert found is (Protection.TAG if is_kept else None)


def test_unknown_tags_may_be_the_named_ones() -> None:
    assert protection_of(make_item(tags=None), keep(cleanup_keep_tags="keep")) is Protection.TAG
    assert protection_of(make_item(tags=None), NOTHING) is None


@pytest.mark.parametrize(
    ("indexer", "setting", "is_kept"),
    [
        ("Linux Tracker", "linux tracker", True),
        ("Linux Tracker (Prowlarr)", "Linux Tracker", True),
        ("Linux Tracker", "Linux Tracker (Prowlarr)", True),
        ("Linux Tracker 2", "Linux Tracker", False),
        ("Other", "Linux Tracker, other", True),
        (None, "Linux Tracker", True),
        (None, "", False),
    ],
)
def test_named_indexers_protect(indexer: str | None, setting: str, *, is_kept: bool) -> None:
    found = protection_of(make_item(indexer=indexer), keep(cleanup_keep_indexers=setting))

    assert found is (Protection.INDEXER if is_kept else None)


def test_youth_protects_and_so_does_the_future() -> None:
    patient, impatient = keep(cleanup_young_hours=2), keep(cleanup_young_hours=0)

    assert patient.is_young(timedelta(hours=2, seconds=-1))
    assert not patient.is_young(timedelta(hours=2))
    assert impatient.is_young(timedelta(seconds=-1))
    assert not impatient.is_young(timedelta())
