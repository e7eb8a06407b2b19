"""Scripted downloads as functions of time."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discarr.core.models import Protocol
from discarr.sandbox.arr_server.occurrence import Occurrence, occurrences
from discarr.sandbox.arr_server.scenario import (
    Ending,
    Phase,
    Step,
    already,
    downloading,
    importing,
    troubled,
    waiting,
)
from tests.sandbox.arr_server.world import movie_download, pack


@pytest.mark.parametrize(
    ("moment_s", "step", "fraction", "time_left_s"),
    [
        (0, Step.QUEUED, 0.0, None),
        (10, Step.DOWNLOADING, 0.0, 100.0),
        (60, Step.DOWNLOADING, 0.5, 50.0),
        (110, Step.UNPACKING, 1.0, 0.0),
        (130, Step.WAITING_FOR_IMPORT, 1.0, 0.0),
        (135, Step.IMPORTING, 1.0, 0.0),
    ],
)
def test_a_download_goes_from_step_to_step(
    moment_s: float, step: Step, fraction: float, time_left_s: float | None
) -> None:
    state = Occurrence(script=movie_download(), cycle=0).state_at(moment_s)

    assert state is not None
    assert (state.step, state.time_left_s) == (step, time_left_s)
    assert state.fraction == pytest.approx(fraction)


@pytest.mark.parametrize("moment_s", [-0.1, 140, 1_000])
def test_a_download_is_nowhere_before_its_start_and_after_its_end(moment_s: float) -> None:
    assert Occurrence(script=movie_download(), cycle=0).state_at(moment_s) is None


def test_a_paused_download_keeps_what_it_has_and_knows_no_end() -> None:
    script = movie_download(already(0.4), waiting(Step.PAUSED))

    state = Occurrence(script=script, cycle=0).state_at(1_000_000)

    assert state is not None
    assert (state.step, state.fraction, state.time_left_s) == (Step.PAUSED, 0.4, None)


def test_a_partial_download_estimates_the_time_to_its_whole() -> None:
    script = movie_download(downloading(50, until=0.5), waiting(Step.SILENT))

    state = Occurrence(script=script, cycle=0).state_at(25)

    assert state is not None
    assert state.time_left_s == pytest.approx(75)


def test_each_repetition_is_a_new_download() -> None:
    script = movie_download(repeats_every_s=200.0)

    first, second = occurrences(script, until_s=210)

    assert first.download_id != second.download_id
    assert second.starts_at_s == 200
    assert second.state_at(210) is not None


def test_only_the_occurrences_that_can_matter_are_looked_at() -> None:
    script = movie_download(repeats_every_s=200.0)

    cycles = [item.cycle for item in occurrences(script, until_s=20_010, since_s=20_000)]

    assert cycles == [99, 100]


def test_download_ids_look_like_those_of_the_client() -> None:
    torrent = Occurrence(script=movie_download(protocol=Protocol.TORRENT), cycle=0).download_id
    usenet = Occurrence(script=movie_download(), cycle=0).download_id

    assert len(torrent) == 40
    assert torrent == torrent.upper()
    assert usenet.startswith("SABnzbd_nzo_")


def _episodes(*phases: Phase, **overrides: Any) -> Occurrence:
    return Occurrence(script=pack(*phases, **overrides), cycle=0)


def test_episodes_of_a_pack_are_imported_one_after_the_other() -> None:
    occurrence = _episodes(already(1.0), importing(80))

    assert occurrence.imports() == [(10.0 * (number + 1), number) for number in range(8)]
    assert occurrence.arrived_at(35) == {0, 1, 2}


def test_a_part_of_a_pack_can_be_imported_long_before_the_rest() -> None:
    occurrence = _episodes(already(1.0), importing(20, 2, 3), troubled("sample", 100), importing(6))

    assert occurrence.imports() == [
        (10.0, 1),
        (20.0, 2),
        *((120.0 + count, part) for count, part in enumerate((0, 3, 4, 5, 6, 7), start=1)),
    ]


def test_an_import_that_fails_first_imports_nothing_until_it_is_solved() -> None:
    occurrence = Occurrence(
        script=movie_download(already(1.0), importing(10), troubled("no room", 60), importing(10)), cycle=0
    )

    assert occurrence.imports() == [(80.0, 0)]


def test_what_waits_for_its_import_to_the_end_is_imported_at_the_end() -> None:
    occurrence = _episodes(already(1.0), waiting(Step.WAITING_FOR_IMPORT, 30))

    assert {moment_s for moment_s, _ in occurrence.imports()} == {30.0}


@pytest.mark.parametrize("ending", [Ending.FAILED, Ending.VANISHED])
def test_what_ends_badly_is_not_imported(ending: Ending) -> None:
    assert _episodes(ending=ending).imports() == []


def test_what_a_person_has_imported_is_not_imported_again() -> None:
    occurrence = replace(_episodes(already(1.0), importing(60)), by_hand=frozenset({0, 1}))

    assert [part for _, part in occurrence.imports()] == [2, 3, 4, 5, 6, 7]
    assert occurrence.arrived_at(0) == {0, 1}


def test_a_release_that_never_leaves_its_delay_was_never_grabbed() -> None:
    occurrence = Occurrence(script=movie_download(waiting(Step.DELAYED, 60)), cycle=0)

    assert list(occurrence.events()) == []


def test_events_are_told_in_order() -> None:
    kinds = [event.kind for event in _episodes(already(1.0), importing(8, 1), ending=Ending.FAILED).events()]

    assert kinds == ["grabbed", "downloadFolderImported", "downloadFailed"]


@given(cut_s=st.floats(0, 140), moment_s=st.floats(0, 140))
def test_a_download_that_is_ended_was_until_then_what_it_would_have_been(
    cut_s: float, moment_s: float
) -> None:
    scripted = Occurrence(script=movie_download(), cycle=0)
    ended = scripted.ended_now(cut_s)

    before, after = scripted.state_at(moment_s), ended.state_at(moment_s)

    if moment_s >= cut_s:
        # a moment later, because times are added up in another order
        assert ended.state_at(moment_s + 1e-6) is None
    elif moment_s < cut_s - 1e-6:
        assert before is not None
        assert after is not None
        assert after.step is before.step
        assert after.fraction == pytest.approx(before.fraction)
    assert ended.identity == scripted.identity
    assert ended.download_id == scripted.download_id


def test_what_is_over_is_ended_as_it_was() -> None:
    scripted = Occurrence(script=movie_download(), cycle=0)

    assert scripted.ended_now(500).ends_at_s == scripted.ends_at_s


def test_what_is_grabbed_instead_has_another_download_id() -> None:
    script = movie_download(replacement=movie_download())
    occurrence = Occurrence(script=script, cycle=0)

    instead = occurrence.replaced_at(300)

    assert instead is not None
    assert instead.starts_at_s == 300
    assert instead.download_id != occurrence.download_id


def test_a_torrent_that_is_grabbed_again_has_its_hash_again() -> None:
    script = movie_download(protocol=Protocol.TORRENT, replacement=movie_download(protocol=Protocol.TORRENT))
    occurrence = Occurrence(script=script, cycle=0)

    instead = occurrence.replaced_at(300)

    assert instead is not None
    assert instead.download_id == occurrence.download_id
    assert instead.identity != occurrence.identity


def test_nothing_is_grabbed_instead_of_what_has_no_replacement() -> None:
    assert Occurrence(script=movie_download(), cycle=0).replaced_at(5) is None
