"""Scenarios as descriptions."""

import pytest

from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.scenario import Scenario, rotation
from tests.sandbox.arr_server.world import AMELIE, movie_download


def test_a_download_cannot_be_grabbed_again_before_it_is_gone() -> None:
    with pytest.raises(ValueError, match="again before it is gone"):
        movie_download(repeats_every_s=100.0)


def test_a_rotation_takes_turns_for_ever() -> None:
    turns = rotation(movie_download(starts_at_s=-20), movie_download(), movie_download(), every_s=60)

    assert [script.starts_at_s for script in turns] == [-20, 40, 100]
    assert {script.repeats_every_s for script in turns} == {180}


def test_the_time_of_a_replacement_counts_too() -> None:
    with pytest.raises(ValueError, match="again before it is gone"):
        movie_download(repeats_every_s=150.0, replacement=movie_download())


def test_what_a_search_can_find_is_in_the_library() -> None:
    scenario = Scenario(kind=InstanceKind.RADARR, findable=(movie_download(media=AMELIE),))

    assert list(scenario.media) == [AMELIE.id]
