"""How a download gets on, in the words that lists are filtered by."""

from datetime import timedelta
from typing import Any

import pytest

from discarr.core.models import QueueStatus
from discarr.monitoring.cleanup.signs import Sign, progress_of
from discarr.monitoring.download_rows import STALLED_AFTER
from discarr.monitoring.progress_tracker import Estimate
from tests.monitoring.cleanup.stage import make_item, make_pending, refused

SLOW_BYTES_S = 50_000.0


def estimate(**overrides: Any) -> Estimate:
    values: dict[str, Any] = {
        "rate_bytes_s": 80_000.0,
        "eta": None,
        "is_sure": False,
        "idle_for": timedelta(minutes=1),
        "samples": 3,
    }
    return Estimate(**(values | overrides))


IDLE = estimate(idle_for=STALLED_AFTER, rate_bytes_s=None)
NOT_EXPECTED = estimate(idle_for=None, rate_bytes_s=None)
SAYS_STALLED = make_item(
    status=QueueStatus.WARNING, error_message="The download is stalled with no connections"
)


@pytest.mark.parametrize(
    ("download", "found", "average_bytes_s", "expected"),
    [
        (make_item(), estimate(), None, ()),
        (make_item(), estimate(), SLOW_BYTES_S, ()),
        (make_item(), estimate(), SLOW_BYTES_S - 1, (Sign.SLOW,)),
        (make_item(), estimate(idle_for=STALLED_AFTER - timedelta(seconds=1)), None, ()),
        (make_item(), IDLE, 0.0, (Sign.STALLED,)),
        (SAYS_STALLED, estimate(), None, (Sign.NEEDS_PERSON, Sign.STALLED)),
        (make_item(status=QueueStatus.PAUSED), NOT_EXPECTED, 0.0, ()),
        (make_item(size_left_bytes=0), NOT_EXPECTED, 0.0, ()),
        (refused("Sample"), NOT_EXPECTED, None, (Sign.NEEDS_PERSON,)),
        (make_item(media_id=None), IDLE, None, (Sign.STALLED, Sign.NOT_IN_LIBRARY)),
        (make_pending(), NOT_EXPECTED, None, ()),
    ],
)
def test_a_download_is_found_by_what_holds(
    download: Any, found: Estimate, average_bytes_s: float | None, expected: tuple[Sign, ...]
) -> None:
    progress = progress_of(download, found, average_bytes_s=average_bytes_s, slow_bytes_s=SLOW_BYTES_S)

    assert progress.signs == expected
    assert (progress.rate_bytes_s, progress.idle_for) == (found.rate_bytes_s, found.idle_for)
