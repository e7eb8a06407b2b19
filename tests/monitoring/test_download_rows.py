"""Phases, rows and their order."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from discarr.core.models import (
    Download,
    DownloadKey,
    InstanceKind,
    InstanceState,
    QueueSnapshot,
    QueueStatus,
    TrackedState,
    TrackedStatus,
)
from discarr.core.slices import run_in_slices
from discarr.monitoring.download_rows import (
    STALLED_AFTER,
    DownloadRow,
    Hidden,
    Phase,
    PhaseGroup,
    build_rows,
    filter_rows,
    phase_of,
    rows_in_slices,
)
from discarr.monitoring.progress_tracker import NO_ESTIMATE, ProgressTracker
from discarr.monitoring.reasons import ReasonKind
from tests.factories import make_download, make_instance_snapshot
from tests.fakes.clock import START, FakeClock


def keyed(name: str, **overrides: Any) -> Download:
    return make_download(**{"key": DownloadKey("radarr", "d", name), "title": name} | overrides)


def rows_of(*downloads: Download, **instance: Any) -> tuple[DownloadRow, ...]:
    clock = FakeClock()
    tracker = ProgressTracker(clock=clock)
    snapshot = make_instance_snapshot(downloads=downloads, **instance)
    tracker.observe(replace(snapshot, state=InstanceState.UP))
    return build_rows(QueueSnapshot(instances=(snapshot,)), tracker, now=clock.now())


def titles(rows: tuple[DownloadRow, ...]) -> list[str]:
    return [row.title for row in rows]


@pytest.mark.parametrize(
    ("overrides", "phase"),
    [
        ({}, Phase.DOWNLOADING),
        ({"size_left_bytes": 0}, Phase.UNPACKING),
        ({"size_left_bytes": 0, "size_bytes": 0}, Phase.DOWNLOADING),
        ({"status": QueueStatus.QUEUED}, Phase.QUEUED),
        ({"status": QueueStatus.PAUSED}, Phase.PAUSED),
        ({"status": QueueStatus.UNKNOWN}, Phase.UNKNOWN),
        ({"status": QueueStatus.DELAY}, Phase.DELAYED),
        ({"status": QueueStatus.CLIENT_UNAVAILABLE}, Phase.DELAYED),
        ({"key": DownloadKey("radarr", "p", "1"), "status": QueueStatus.UNKNOWN}, Phase.DELAYED),
        ({"status": QueueStatus.WARNING}, Phase.NEEDS_HAND),
        ({"status": QueueStatus.FAILED}, Phase.NEEDS_HAND),
        (
            {"status": QueueStatus.COMPLETED, "tracked_status": TrackedStatus.WARNING},
            Phase.NEEDS_HAND,
        ),
        (
            {"status": QueueStatus.COMPLETED, "tracked_state": TrackedState.IMPORT_PENDING},
            Phase.WAITING,
        ),
        ({"status": QueueStatus.COMPLETED}, Phase.WAITING),
        (
            {"status": QueueStatus.COMPLETED, "tracked_state": TrackedState.IMPORTING},
            Phase.IMPORTING,
        ),
    ],
)
def test_the_phase_follows_the_states(overrides: dict[str, Any], phase: Phase) -> None:
    assert phase_of(make_download(**overrides), NO_ESTIMATE) is phase


@pytest.mark.parametrize(
    ("idle_for", "phase"),
    [(STALLED_AFTER - timedelta(seconds=1), Phase.DOWNLOADING), (STALLED_AFTER, Phase.STALLED)],
)
def test_a_download_stalls_after_a_while_without_data(idle_for: timedelta, phase: Phase) -> None:
    assert phase_of(make_download(), replace(NO_ESTIMATE, idle_for=idle_for)) is phase


async def test_a_stalled_row_says_since_when_and_what_to_do() -> None:
    clock = FakeClock()
    tracker = ProgressTracker(clock=clock, interval_s=1000)
    snapshot = make_instance_snapshot(downloads=(make_download(time_left=timedelta(hours=1)),))
    tracker.observe(snapshot)
    await clock.advance(2000)
    snapshot = replace(snapshot, fetched_at=clock.now())
    tracker.observe(snapshot)

    (row,) = build_rows(QueueSnapshot(instances=(snapshot,)), tracker, now=clock.now())

    assert row.phase is Phase.STALLED
    assert row.idle_for == timedelta(seconds=2000)
    assert row.explanation is not None
    assert row.explanation.kind is ReasonKind.STALLED
    assert row.eta is None


async def test_a_stall_that_the_client_reports_says_since_when_too() -> None:
    stalled = make_download(status=QueueStatus.WARNING, error_message="The download is stalled")

    (row,) = rows_of(stalled)

    assert row.phase is Phase.NEEDS_HAND
    assert row.idle_for == timedelta(0)


def test_what_needs_a_hand_comes_first_and_the_oldest_grab_leads() -> None:
    stuck = {"status": QueueStatus.WARNING}
    rows = rows_of(
        keyed("downloading", time_left=timedelta(minutes=1)),
        keyed("unknown age", **stuck),
        keyed("newer", added=START - timedelta(days=1), **stuck),
        keyed("older", added=START - timedelta(days=9), **stuck),
    )

    assert titles(rows) == ["older", "newer", "unknown age", "downloading"]


def test_the_rest_is_ordered_by_arrival_then_phase_then_progress() -> None:
    rows = rows_of(
        keyed("paused", status=QueueStatus.PAUSED),
        keyed("queued", status=QueueStatus.QUEUED),
        keyed("unpacking", size_left_bytes=0),
        keyed("no estimate, far", size_left_bytes=1_000_000_000),
        keyed("no estimate, early", size_left_bytes=3_900_000_000),
        keyed("late", time_left=timedelta(hours=3)),
        keyed("soon", time_left=timedelta(minutes=20)),
    )

    assert titles(rows) == [
        "soon",
        "late",
        "no estimate, far",
        "no estimate, early",
        "unpacking",
        "queued",
        "paused",
    ]


def test_rows_keep_their_places_while_estimates_jitter() -> None:
    first = rows_of(keyed("A", time_left=timedelta(minutes=21)), keyed("B", time_left=timedelta(minutes=20)))
    second = rows_of(keyed("A", time_left=timedelta(minutes=20)), keyed("B", time_left=timedelta(minutes=21)))

    assert titles(first) == titles(second) == ["A", "B"]


def test_an_estimate_in_the_past_is_none() -> None:
    clock = FakeClock()
    tracker = ProgressTracker(clock=clock)
    snapshot = make_instance_snapshot(downloads=(make_download(time_left=timedelta(seconds=5)),))
    tracker.observe(snapshot)

    (row,) = build_rows(QueueSnapshot(instances=(snapshot,)), tracker, now=clock.now() + timedelta(seconds=6))

    assert row.eta is None


@pytest.mark.parametrize("status", [QueueStatus.PAUSED, QueueStatus.QUEUED])
def test_only_what_is_downloading_has_an_estimate(status: QueueStatus) -> None:
    (row,) = rows_of(make_download(status=status, time_left=timedelta(hours=1)))

    assert row.eta is None


def test_a_delayed_release_says_until_when() -> None:
    until = START + timedelta(hours=2)
    (row,) = rows_of(make_download(status=QueueStatus.DELAY, estimated_completion=until))

    assert row.delayed_until == until


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (InstanceState.UNREACHABLE, "4K offline"),
        (InstanceState.STARTING, "4K starting"),
        (InstanceState.UNAUTHORIZED, "4K refuses the key"),
    ],
)
def test_rows_of_an_instance_that_is_away_say_when_they_were_true(state: InstanceState, word: str) -> None:
    (row,) = rows_of(make_download(time_left=timedelta(hours=1)), name="4K", state=state)

    assert (row.true_at, row.away_word, row.eta) == (START, word, None)


def test_a_name_is_shown_only_where_several_instances_of_the_kind_are_visible() -> None:
    tracker = ProgressTracker(clock=FakeClock())
    snapshot = QueueSnapshot(
        instances=(
            make_instance_snapshot(name="Movies", downloads=(keyed("a"),)),
            make_instance_snapshot(id="radarr_4k", name="4K"),
            make_instance_snapshot(
                id="sonarr",
                name="TV",
                kind=InstanceKind.SONARR,
                downloads=(keyed("b", key=DownloadKey("sonarr", "d", "b")),),
            ),
        )
    )

    rows = build_rows(snapshot, tracker, now=START)
    without_4k = build_rows(snapshot, tracker, hidden=Hidden(instances=frozenset({"radarr_4k"})), now=START)

    assert [row.instance_name for row in rows] == ["Movies", None]
    assert [row.instance_name for row in without_4k] == [None, None]


def test_hidden_tags_hide_rows_with_unknown_tags_too() -> None:
    tracker = ProgressTracker(clock=FakeClock())
    downloads = (
        keyed("seen", tags=("family",)),
        keyed("gift", tags=("family", "gift")),
        keyed("not known yet", tags=None),
    )
    snapshot = QueueSnapshot(instances=(make_instance_snapshot(downloads=downloads),))

    rows = build_rows(snapshot, tracker, hidden=Hidden(tags=frozenset({"gift"})), now=START)

    assert titles(rows) == ["seen"]
    assert len(build_rows(snapshot, tracker, now=START)) == 3


def test_a_snapshot_can_be_stripped_of_what_is_hidden() -> None:
    seen, gift = keyed("seen"), keyed("gift", tags=("gift",))
    clean = make_instance_snapshot(id="clean", downloads=(seen,))
    mixed = make_instance_snapshot(id="mixed", downloads=(seen, gift))
    snapshot = QueueSnapshot(version=7, instances=(clean, mixed, make_instance_snapshot(id="secret")))
    hidden = Hidden(instances=frozenset({"secret"}), tags=frozenset({"gift"}))

    stripped = hidden.without(snapshot)

    assert stripped.instances == (clean, replace(mixed, downloads=(seen,)))
    assert stripped.instances[0] is clean
    assert Hidden().without(snapshot) is snapshot


def test_rows_can_be_filtered_by_instance_state_and_words() -> None:
    rows = rows_of(
        make_download(title="Dune: Part Two", year=2024),
        keyed("Arrival", status=QueueStatus.PAUSED, year=None),
        keyed("Stuck", status=QueueStatus.WARNING),
        keyed("Elsewhere", key=DownloadKey("radarr_4k", "d", "x")),
    )

    assert titles(filter_rows(rows, text="PART dune 2024")) == ["Dune: Part Two"]
    assert titles(filter_rows(rows, text="dune one")) == []
    assert titles(filter_rows(rows, group=PhaseGroup.NEEDS_HAND)) == ["Stuck"]
    assert titles(filter_rows(rows, group=PhaseGroup.WAITING)) == ["Arrival"]
    assert titles(filter_rows(rows, instance_id="radarr_4k")) == ["Elsewhere"]
    assert filter_rows(rows) == rows


def test_every_phase_belongs_to_one_group() -> None:
    rows = tuple(
        structs.replace(row, phase=phase)
        for phase in Phase
        for row in rows_of(make_download(title=phase.value))
    )

    found = [row.phase for group in PhaseGroup for row in filter_rows(rows, group=group)]

    assert sorted(found) == sorted(Phase)


async def test_long_queues_are_built_in_slices_that_let_others_run() -> None:
    clock = FakeClock()
    downloads = tuple(keyed(f"{number:04}") for number in range(2000))
    snapshot = QueueSnapshot(instances=(make_instance_snapshot(downloads=downloads),))
    steps = rows_in_slices(snapshot, ProgressTracker(clock=clock), hidden=Hidden(), now=START)
    pauses = 0

    class CountingClock(FakeClock):
        async def give_way(self) -> None:
            nonlocal pauses
            pauses += 1
            await super().give_way()

    rows = await run_in_slices(steps, CountingClock())

    assert len(rows) == 2000
    assert pauses >= 8
