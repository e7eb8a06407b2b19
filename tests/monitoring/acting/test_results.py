import msgspec
import pytest

from discarr.core.errors import Unauthorized, Unreachable
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.results import (
    Cause,
    ItemResult,
    Outcome,
    done_before,
    failed_request,
    not_tried,
    result_of,
)
from tests.fakes.clock import START


@pytest.mark.parametrize("cause", set(Cause) - {Cause.REQUEST, Cause.INSTANCE_LOST})
def test_every_cause_has_words_and_a_remedy_where_something_is_to_be_done(cause: Cause) -> None:
    result = result_of(cause)
    assert result.cause is cause
    assert result.words
    assert not result.words.endswith(".")
    assert not result.remedy or result.remedy.endswith(".")
    if result.outcome in (Outcome.DONE, Outcome.ALREADY_GONE):
        assert not result.remedy
    assert msgspec.json.decode(msgspec.json.encode(result), type=ItemResult) == result


def test_counts_are_kept() -> None:
    result = result_of(Cause.PARTLY, count=3, expected_count=8)
    assert (result.count, result.expected_count) == (3, 8)


def test_who_was_faster_is_named() -> None:
    result = done_before(7, ActionKind.KEEP, START)
    assert (result.outcome, result.by, result.did, result.at) == (
        Outcome.ALREADY_GONE,
        7,
        ActionKind.KEEP,
        START,
    )


def test_what_an_instance_refuses_is_said_in_the_words_of_the_error() -> None:
    error = Unauthorized("radarr", "a secret address")
    result = failed_request("Movies", error)
    assert (result.outcome, result.words, result.remedy) == (
        Outcome.FAILED,
        f"Movies {error.summary}",
        error.remedy,
    )
    assert "secret" not in result.words + result.remedy


def test_what_was_not_tried_says_so() -> None:
    result = not_tried("Movies", Unreachable("radarr"))
    assert (result.outcome, result.words) == (Outcome.FAILED, "Not tried: Movies is offline")
