"""Scripted downloads as functions of time."""

import pytest

from discarr.core.models import Protocol
from discarr.sandbox.arr_server.occurrence import Occurrence, occurrences
from discarr.sandbox.arr_server.scenario import Step, already, downloading, waiting
from tests.sandbox.arr_server.world import movie_download


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
