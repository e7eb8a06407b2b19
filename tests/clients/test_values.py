from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discarr.clients.values import MAX_SIZE_BYTES, clip, is_id, parse_instant, parse_size, parse_span


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-02T20:56:00Z", datetime(2026, 1, 2, 20, 56, tzinfo=UTC)),
        ("2026-01-02T20:56:00.1234567Z", datetime(2026, 1, 2, 20, 56, 0, 123456, tzinfo=UTC)),
        ("2026-01-02T21:56:00+01:00", datetime(2026, 1, 2, 20, 56, tzinfo=UTC)),
        ("2026-01-02T20:56:00", datetime(2026, 1, 2, 20, 56, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("yesterday", None),
        ("2" * 5000, None),
        ("", None),
        (None, None),
    ],
)
def test_dates_are_utc_or_absent(text: str | None, expected: datetime | None) -> None:
    assert parse_instant(text) == expected
    assert expected is None or parse_instant(text).tzinfo is UTC  # type: ignore[union-attr]  # compared above


@given(st.text())
def test_no_text_breaks_the_reading_of_dates_and_spans(text: str) -> None:
    assert parse_instant(text) is None or parse_instant(text).tzinfo is UTC  # type: ignore[union-attr]
    assert parse_span(text) is None or isinstance(parse_span(text), timedelta)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("00:00:00", timedelta(0)),
        ("01:23:45", timedelta(hours=1, minutes=23, seconds=45)),
        ("1.02:03:04", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("00:00:06.3107720", timedelta(seconds=6, microseconds=310772)),
        ("-00:10:00", timedelta(minutes=-10)),
        (
            "10675199.02:48:05.4775807",
            timedelta(days=10675199, hours=2, minutes=48, seconds=5, microseconds=477580),
        ),
        ("1:2:3", None),
        ("٠٠:٠٠:٠٠", None),
        ("", None),
        (None, None),
    ],
)
def test_spans_are_read_as_dotnet_writes_them(text: str | None, expected: timedelta | None) -> None:
    assert parse_span(text) == expected


@given(st.timedeltas(min_value=timedelta(days=-10675199), max_value=timedelta(days=10675199)))
def test_every_span_survives_dotnet_notation(span: timedelta) -> None:
    positive = abs(span)
    hours, rest = divmod(positive.seconds, 3600)
    text = "-" if span < timedelta(0) else ""
    text += f"{positive.days}." if positive.days else ""
    text += f"{hours:02}:{rest // 60:02}:{rest % 60:02}"
    text += f".{positive.microseconds:06}0" if positive.microseconds else ""
    assert parse_span(text) == span


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (0, 0),
        (1347812855.0, 1347812855),
        (5870368312.844, 5870368313),
        (-5, 0),
        (float("nan"), None),
        (float("inf"), MAX_SIZE_BYTES),
        (10**400, MAX_SIZE_BYTES),
        (1e300, MAX_SIZE_BYTES),
    ],
)
def test_sizes_are_whole_and_within_bounds(value: float | None, expected: int | None) -> None:
    assert parse_size(value) == expected


def test_long_texts_are_cut_visibly() -> None:
    assert clip("a" * 10, 10) == "a" * 10
    assert clip("a" * 11, 10) == "a" * 9 + "…"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1, True), (2**31 - 1, True), (0, False), (-1, False), (2**31, False), (10**40, False), (None, False)],
)
def test_only_numbers_that_an_app_can_have_given_are_ids(value: int | None, expected: bool) -> None:
    assert is_id(value) is expected
