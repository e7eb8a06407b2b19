"""How the rate is measured from the proposal to the moment right before something is done."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from discarr.core.cleanup_config import CleanupRule
from discarr.core.models import Download
from discarr.monitoring.cleanup.grounds import Grounds
from discarr.monitoring.cleanup.rules import Verdict
from tests.fakes.clock import START
from tests.monitoring.cleanup.stage import GB, make_item

SLOW_BYTES_S = 1000
LEFT = 3 * GB


def seen(left_bytes: int, looked_at: datetime | None, **overrides: Any) -> Download:
    """Return a download as the app saw it then; None where it does not tell."""
    time_left = timedelta(hours=5)
    known: dict[str, Any] = {}
    if looked_at is not None:
        known = {"time_left": time_left, "estimated_completion": looked_at + time_left}
    return make_item(size_left_bytes=left_bytes, **(known | overrides))


def slow_at(looked_at: datetime | None) -> Grounds:
    """Return what spoke for a slow download at `START`."""
    return Grounds.of(seen(LEFT, looked_at), CleanupRule.SLOW, slow_bytes_s=SLOW_BYTES_S, now=START)


def verdict_after(grounds: Grounds, seconds: float, loaded: int, looked_at: datetime | None) -> Verdict:
    after = seen(LEFT - loaded, looked_at)
    return grounds.judge_again(after, now=START + timedelta(seconds=seconds), is_monitored=None)


@pytest.mark.parametrize(
    ("since_s", "until_s", "window_s"),
    [
        (-80, 5, 85),  # the app looked in between, soon after the question
        (0, 10, 10),  # and long before it was confirmed
        (3520, 3605, 85),  # its clock may differ from that of Discarr
        (-3680, -3595, 85),
        (-3600, 60, 660),  # but one that was set meanwhile is believed for ten minutes
        (60, -3600, 1),  # or not at all
        (None, 40, 60),
        (-40, None, 60),
        (None, None, 60),
    ],
)
def test_a_rate_is_measured_from_look_to_look_of_the_app(
    since_s: float | None, until_s: float | None, window_s: float
) -> None:
    since = None if since_s is None else START + timedelta(seconds=since_s)
    until = None if until_s is None else START + timedelta(seconds=until_s)
    grounds = slow_at(since)

    fast = round(window_s * SLOW_BYTES_S)

    assert verdict_after(grounds, 60, fast - 1, until) is Verdict.BAD
    assert verdict_after(grounds, 60, fast, until) is Verdict.GOOD


def test_a_time_that_there_is_not_says_nothing() -> None:
    download = seen(LEFT, START, time_left=timedelta(days=999_999))

    grounds = Grounds.of(download, CleanupRule.SLOW, slow_bytes_s=SLOW_BYTES_S, now=START)

    assert grounds.looked_at is None
    assert verdict_after(grounds, 60, 60 * SLOW_BYTES_S - 1, START) is Verdict.BAD


def test_what_the_app_has_not_looked_at_again_is_as_slow_as_it_was() -> None:
    assert verdict_after(slow_at(START), 30, 0, START) is Verdict.BAD


def test_what_is_less_than_it_was_is_being_checked_again() -> None:
    assert verdict_after(slow_at(START), 60, -1, START + timedelta(seconds=60)) is Verdict.OPEN


def test_what_is_not_understood_is_not_judged() -> None:
    download = seen(LEFT, START)
    grounds = Grounds.of(download, CleanupRule.STALLED, slow_bytes_s=SLOW_BYTES_S, now=START)

    def verdict(**changes: Any) -> Verdict:
        return grounds.judge_again(replace(download, **changes), now=START, is_monitored=None)

    assert verdict() is Verdict.BAD
    assert verdict(error_message="forcedMetaDL") is Verdict.OPEN


def test_grounds_survive_the_store() -> None:
    grounds = slow_at(START - timedelta(seconds=40))
    assert msgspec.json.decode(msgspec.json.encode(grounds), type=Grounds) == grounds
