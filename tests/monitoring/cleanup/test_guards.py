"""When nothing may be proposed."""

from typing import Any, Literal

import pytest

from discarr.core.models import HealthIssue, InstanceState, QueueSnapshot, QueueStatus
from discarr.monitoring.cleanup.guards import (
    HOLD_S,
    Guard,
    GuardKind,
    guard_of_instance,
    guard_of_network,
    turned_bad_at_once,
)
from discarr.monitoring.cleanup.sight import SETTLE_S, Sight
from tests.factories import make_download, make_instance_snapshot
from tests.fakes.clock import START

TEN_MINUTES_S = 600.0


def network(*states: InstanceState) -> QueueSnapshot:
    return QueueSnapshot(
        instances=tuple(make_instance_snapshot(id=f"i{n}", state=state) for n, state in enumerate(states))
    )


@pytest.mark.parametrize(
    ("away", "up", "is_network"), [(0, 2, False), (1, 0, False), (1, 1, False), (2, 2, True), (2, 3, False)]
)
def test_half_of_the_instances_away_is_one_problem(away: int, up: int, *, is_network: bool) -> None:
    snapshot = network(*[InstanceState.UNREACHABLE] * away, *[InstanceState.UP] * up)

    expected = Guard(kind=GuardKind.NETWORK, count=away, total=away + up) if is_network else None
    assert guard_of_network(snapshot) == expected


def test_a_wrong_key_is_no_problem_of_the_network() -> None:
    assert guard_of_network(network(InstanceState.UNAUTHORIZED, InstanceState.STARTING)) is None


def guard(now: float = SETTLE_S, *, seen_at: float = SETTLE_S, **overrides: Any) -> GuardKind | None:
    """Return the guard at a moment, for an instance that was seen first at 0 and last at `seen_at`."""
    instance = make_instance_snapshot(**({"details_at": START} | overrides))
    sight = Sight(gap_s=SETTLE_S)
    sight.note(make_instance_snapshot(), 0.0)
    sight.note(make_instance_snapshot(fetched_at=START.replace(hour=21)), seen_at)
    found = guard_of_instance(instance, sight, now)
    assert found is None or (found.instance, found.instance_name) == ("radarr", "Radarr")
    return found.kind if found else None


def test_an_instance_that_is_well_has_no_guard() -> None:
    assert guard() is None


@pytest.mark.parametrize("state", [state for state in InstanceState if state is not InstanceState.UP])
def test_an_instance_that_is_not_up_proves_nothing(state: InstanceState) -> None:
    assert guard(state=state) is GuardKind.AWAY


def test_an_instance_needs_time_after_a_start() -> None:
    never_seen = Sight(gap_s=90)

    assert guard(SETTLE_S - 1, seen_at=SETTLE_S - 1) is GuardKind.JUST_BACK
    found = guard_of_instance(make_instance_snapshot(details_at=START), never_seen, 1000.0)
    assert found is not None
    assert found.kind is GuardKind.JUST_BACK


def test_old_rows_prove_nothing() -> None:
    assert guard(2 * SETTLE_S) is None
    assert guard(2 * SETTLE_S + 1) is GuardKind.STALE


def test_an_instance_whose_health_is_not_known_yet_proves_nothing() -> None:
    assert guard(details_at=None) is GuardKind.UNCHECKED


@pytest.mark.parametrize(
    ("source", "level", "expected"),
    [
        ("DownloadClientStatusCheck", "warning", GuardKind.CLIENT_AWAY),
        ("DownloadClientStatusCheck", "error", GuardKind.CLIENT_AWAY),
        ("DownloadClientCheck", "warning", GuardKind.CLIENT_AWAY),
        ("IndexerStatusCheck", "error", GuardKind.INTERNET),
        ("IndexerStatusCheck", "warning", None),
        ("IndexerStatusCheck", "notice", None),
        ("IndexerLongTermStatusCheck", "error", GuardKind.INTERNET),
        ("IndexerLongTermStatusCheck", "warning", None),
        ("IndexerSearchCheck", "error", None),
        ("UpdateCheck", "error", None),
    ],
)
def test_what_is_away_is_told_by_the_source_and_level_of_a_health_check(
    source: str, level: Literal["notice", "warning", "error"], expected: GuardKind | None
) -> None:
    issue = HealthIssue(source=source, level=level, message="in jeder Sprache", wiki_url=None)

    assert guard(health=(issue,)) is expected


def test_a_client_that_is_away_is_said_before_the_internet() -> None:
    issues = tuple(
        HealthIssue(source=source, level="error", message="", wiki_url=None)
        for source in ("IndexerStatusCheck", "DownloadClientStatusCheck")
    )

    assert guard(health=issues) is GuardKind.CLIENT_AWAY


def test_a_release_that_waits_for_its_client_tells_so_too() -> None:
    waiting = make_download(status=QueueStatus.CLIENT_UNAVAILABLE)

    assert guard(downloads=(make_download(), waiting)) is GuardKind.CLIENT_AWAY


def at_once(
    *began_s: float, total: int, watch_s: float = 10_000.0, alive_s: float | None = None
) -> int | None:
    return turned_bad_at_once(began_s, total=total, spacing_s=TEN_MINUTES_S, watch_s=watch_s, alive_s=alive_s)


@pytest.mark.parametrize(
    ("began_s", "total", "expected"),
    [
        ((), 0, None),
        ((0.0,), 1, None),
        ((0.0, 0.0), 2, 2),
        ((0.0, 0.0), 3, None),
        ((0.0, 0.0, 0.0), 9, 3),
        ((0.0, 0.0, 0.0), 10, None),
        ((0.0, 600.0, 1200.0, 1800.0), 12, 4),
        ((0.0, 1801.0, 3602.0), 3, None),
        ((5000.0, 0.0, 5600.0, 6000.0), 9, 3),
        (tuple([0.0] * 200), 200, 200),
    ],
)
def test_a_third_that_turned_bad_together_is_one_problem(
    began_s: tuple[float, ...], total: int, expected: int | None
) -> None:
    assert at_once(*began_s, total=total) == expected


def test_it_stays_one_problem_for_a_day_and_until_data_comes_in_there() -> None:
    together = (100.0, 100.0, 200.0)

    assert at_once(*together, total=3, watch_s=HOLD_S + 199, alive_s=300.0) == 3
    assert at_once(*together, total=3, watch_s=HOLD_S + 200, alive_s=None) == 3
    assert at_once(*together, total=3, watch_s=HOLD_S + 200, alive_s=200.0) == 3
    assert at_once(*together, total=3, watch_s=HOLD_S + 200, alive_s=201.0) is None


def test_strikes_that_are_far_apart_widen_what_counts_as_together() -> None:
    began_s = (0.0, 3600.0, 7200.0)

    assert turned_bad_at_once(began_s, total=3, spacing_s=3600, watch_s=9000, alive_s=None) == 3
    assert turned_bad_at_once(began_s, total=3, spacing_s=600, watch_s=9000, alive_s=None) is None
