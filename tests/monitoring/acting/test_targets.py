from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace

from discarr.core.cleanup_config import CleanupRule
from discarr.core.models import DownloadKey, QueueStatus
from discarr.monitoring.acting.targets import Target, is_same_grab, target_of
from discarr.monitoring.cleanup.grounds import Grounds
from discarr.monitoring.reasons import ReasonKind
from tests.fakes.clock import START
from tests.monitoring.acting.scenes import GRABBED, make_grab, make_target


def test_a_target_survives_the_store() -> None:
    target = make_target(episode_count=3, seasons=(1,), title="Große <Fahrt>")
    assert msgspec.json.decode(msgspec.json.encode(target), type=Target) == target


def test_the_downloads_own_reason_comes_before_what_was_observed() -> None:
    failed = make_grab(status=QueueStatus.FAILED)
    assert target_of(failed, reason=ReasonKind.STALLED).reason is ReasonKind.DOWNLOAD_FAILED
    assert target_of(make_grab(), reason=ReasonKind.STALLED).reason is ReasonKind.STALLED
    assert target_of(make_grab()).reason is None
    assert target_of(make_grab(), evidence="3 strikes").evidence == "3 strikes"


def test_a_target_that_was_stored_without_what_clean_up_went_by_is_read() -> None:
    grounds = Grounds.of(make_grab(), CleanupRule.SLOW, slow_bytes_s=1000, now=START)
    target = target_of(make_grab(), evidence="3 strikes", grounds=grounds, instance_name="TV")
    stored = msgspec.json.decode(msgspec.json.encode(target))

    assert msgspec.json.decode(msgspec.json.encode(stored), type=Target) == target
    del stored["grounds"], stored["instance_name"]
    assert msgspec.json.decode(msgspec.json.encode(stored), type=Target) == replace(
        target, grounds=None, instance_name=""
    )


def test_what_is_held_back_is_known_by_its_key() -> None:
    assert make_target(key=DownloadKey("radarr", "p", "7")).is_pending
    assert not make_target().is_pending


@pytest.mark.parametrize(
    ("changes", "is_same"),
    [
        ({}, True),
        ({"size_left_bytes": 0, "row_ids": (9,), "status": QueueStatus.COMPLETED}, True),
        ({"added": GRABBED + timedelta(seconds=1)}, False),
        ({"added": None}, False),
        ({"release_title": "Another"}, False),
    ],
)
def test_the_same_release_grabbed_at_the_same_time_is_the_same(
    changes: dict[str, object], is_same: bool
) -> None:
    assert is_same_grab(make_target(), replace(make_grab(), **changes)) is is_same
