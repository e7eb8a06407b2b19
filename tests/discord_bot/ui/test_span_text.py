"""Spans as people type them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discarr.discord_bot.ui.span_text import every, exact_span, read_repeat, read_span
from discarr.monitoring.alerts.rules import RuleRefused


@given(st.integers(0, 30 * 86_400))
def test_a_span_is_read_as_it_was_written(seconds: int) -> None:
    assert read_span(exact_span(seconds), "it") == seconds


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        ("", 0),
        ("0", 0),
        ("At  once", 0),
        ("15", 900),
        ("1,5 h", 5400),
        ("1.5h", 5400),
        ("90s", 90),
        ("1 h 30 min", 5400),
        ("2 Days", 172_800),
        ("5 m", 300),
        ("1d12h", 129_600),
    ],
)
def test_people_write_spans_in_many_ways(typed: str, seconds: float) -> None:
    assert read_span(typed, "it") == seconds


@pytest.mark.parametrize(
    "typed",
    ["soon", "5 mon", "-5 min", "5 min and", "٥ min", "1e9 s", "99999999 d", "h", "5 min <@1>", "nan"],
)
def test_what_is_no_span_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(RuleRefused) as refusal:
        read_span(typed, "The delay")
    assert refusal.value.problem == "The delay is no span of time. Write it as 90 s, 5 min, 2 h or 1 d."


@pytest.mark.parametrize(
    ("typed", "seconds"), [("never", None), (" No ", None), ("", None), ("4 h", 14_400), ("1 d", 86_400)]
)
def test_never_is_a_repeat_too(typed: str, seconds: float | None) -> None:
    assert read_repeat(typed, "it") == seconds


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(typed: str) -> None:
    with suppress(RuleRefused):
        assert read_span(typed, "it") >= 0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (86_400, "every day"),
        (3_600, "every hour"),
        (60, "every minute"),
        (4 * 3_600, "every 4 h"),
        (2 * 86_400, "every 2 d"),
        (90, "every 90 s"),
    ],
)
def test_how_often_is_said_without_a_one(seconds: float, words: str) -> None:
    assert every(seconds) == words
