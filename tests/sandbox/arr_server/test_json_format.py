"""The apps' notation of JSON, times and ids."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discarr.sandbox.arr_server.json_format import (
    encode,
    parse_span,
    parse_utc,
    queue_id,
    span_text,
    utc_text,
    without_absent,
)


def test_json_is_indented_by_two_spaces_and_keeps_foreign_letters() -> None:
    assert encode({"a": [1], "b": []}).decode() == '{\n  "a": [\n    1\n  ],\n  "b": []\n}'
    assert "Amélie" in encode({"title": "Amélie"}).decode()


def test_nulls_and_an_id_of_zero_are_omitted() -> None:
    assert without_absent(id=0, size=0, title=None) == {"size": 0}


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(0), "00:00:00"),
        (timedelta(hours=1, minutes=23, seconds=45), "01:23:45"),
        (timedelta(days=1, hours=2, minutes=3, seconds=4), "1.02:03:04"),
        (timedelta(seconds=6, microseconds=310772), "00:00:06.3107720"),
        (timedelta(days=100), "100.00:00:00"),
        (-timedelta(seconds=5), "-00:00:05"),
    ],
)
def test_time_spans_are_those_of_dotnet(span: timedelta, text: str) -> None:
    assert span_text(span) == text
    assert parse_span(text) == span


@given(st.timedeltas(min_value=timedelta(days=-9_000), max_value=timedelta(days=9_000)))
def test_time_spans_survive_the_round_trip(span: timedelta) -> None:
    assert parse_span(span_text(span)) == span


def test_nonsense_is_no_time_span() -> None:
    with pytest.raises(ValueError, match="soon"):
        parse_span("soon")


def test_times_are_whole_seconds_in_utc() -> None:
    assert utc_text(datetime(2026, 1, 2, 20, 47, 3, 999, tzinfo=UTC)) == "2026-01-02T20:47:03Z"
    assert parse_utc("2026-01-02T20:47:03Z") == parse_utc("2026-01-02T20:47:03")


def test_queue_ids_are_31_bits_of_the_sha1_in_little_endian_order() -> None:
    # sha1("abc") begins a9 99 3e 36
    assert queue_id("abc") == 0x363E99A9
    # sha1("") begins da 39 a3 ee: the sign bit is cut off
    assert queue_id("") == 0x6EA339DA
