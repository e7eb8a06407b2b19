"""Plain words, safe for everybody."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discarr.core.cleanup_config import CleanupAction, CleanupRule
from discarr.monitoring.cleanup.candidates import Candidate, Evidence
from discarr.monitoring.cleanup.guards import Guard, GuardKind
from discarr.monitoring.cleanup.protection import Protection
from discarr.monitoring.cleanup.wording import (
    ACTION_WORDS,
    PROTECTION_WORDS,
    RULE_WORDS,
    evidence_text,
    guard_text,
)
from discarr.monitoring.reasons import ReasonKind
from tests.monitoring.cleanup.stage import make_item

SECRET = make_item(
    download_client="CANARYclient", indexer="CANARYindexer", error_message="CANARY /path/of/file"
)


def words(rule: CleanupRule, **overrides: Any) -> str:
    values: dict[str, Any] = {
        "strikes": 3,
        "span": timedelta(hours=2, minutes=10),
        "idle_for": None,
        "rate_bytes_s": None,
        "reason": None,
        "age": None,
    }
    candidate = Candidate(
        download=SECRET,
        instance_name="4K",
        rule=rule,
        evidence=Evidence(**(values | overrides)),
        action=None,
        possible=(),
        is_beyond_cap=False,
    )
    return evidence_text(candidate)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (
            words(CleanupRule.STALLED, idle_for=timedelta(minutes=95, seconds=59), reason=ReasonKind.STALLED),
            "3 strikes in 2 h 10 min · no byte for 95 min · client says: stalled",
        ),
        (
            words(CleanupRule.STALLED, idle_for=timedelta(hours=49), reason=ReasonKind.TRACKER),
            "3 strikes in 2 h 10 min · no byte for 2 d 1 h · The tracker refuses this download",
        ),
        (words(CleanupRule.STALLED), "3 strikes in 2 h 10 min"),
        (words(CleanupRule.SLOW, rate_bytes_s=12_345.6), "3 strikes in 2 h 10 min · 12 kB/s on average"),
        (words(CleanupRule.SLOW, rate_bytes_s=12.0), "3 strikes in 2 h 10 min · under 1 kB/s on average"),
        (
            words(CleanupRule.NO_METADATA, reason=ReasonKind.MAGNET),
            "3 strikes in 2 h 10 min · nobody sends its description",
        ),
        (words(CleanupRule.ORPHAN), "3 strikes in 2 h 10 min · it belongs to nothing in the library"),
        (
            words(CleanupRule.UNMONITORED),
            "3 strikes in 2 h 10 min · nothing of it is monitored any more",
        ),
        (
            words(CleanupRule.FAILED_IMPORT, reason=ReasonKind.SAMPLE, span=timedelta(hours=3)),
            "3 strikes in 3 h · Import refused: only a short sample",
        ),
        (words(CleanupRule.FAILED, span=timedelta(days=5)), "3 strikes in 5 d"),
    ],
)
def test_the_evidence_is_said_in_a_line(found: str, expected: str) -> None:
    assert found == expected


def test_every_word_has_its_words() -> None:
    assert RULE_WORDS.keys() == set(CleanupRule)
    assert ACTION_WORDS.keys() == set(CleanupAction)
    assert PROTECTION_WORDS.keys() == set(Protection)


@pytest.mark.parametrize("kind", GuardKind)
def test_every_guard_is_a_sentence_that_names_no_client(kind: GuardKind) -> None:
    text = guard_text(
        Guard(kind=kind, instance="x", instance_name="Movies", client="CANARY", count=3, total=9)
    )

    assert text.endswith(".")
    assert "CANARY" not in text
    assert "None" not in guard_text(Guard(kind=kind, instance_name="Movies"))


@given(
    st.sampled_from(CleanupRule),
    st.sampled_from([None, *ReasonKind]),
    st.timedeltas(),
    st.one_of(st.none(), st.timedeltas()),
    st.one_of(st.none(), st.floats(0, 1e12)),
)
def test_no_evidence_tells_where_a_download_comes_from(
    rule: CleanupRule,
    reason: ReasonKind | None,
    span: timedelta,
    idle_for: timedelta | None,
    rate: float | None,
) -> None:
    text = words(rule, reason=reason, span=span, idle_for=idle_for, rate_bytes_s=rate)

    assert text.startswith("3 strikes in ")
    assert "CANARY" not in text
