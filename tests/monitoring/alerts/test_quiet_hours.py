from contextlib import suppress
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discarr.monitoring.alerts.quiet_hours import QuietHours, decode_quiet_hours, encode_quiet_hours
from discarr.monitoring.alerts.rules import RuleRefused

ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
HOURS = st.builds(time, st.integers(0, 23), st.integers(0, 59))
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("hours", "now", "ends"),
    [
        (("22", "7", "UTC"), "2026-01-02T21:59", None),
        (("22", "7", "UTC"), "2026-01-02T22:00", "2026-01-03T07:00"),
        (("22", "7", "UTC"), "2026-01-03T06:59", "2026-01-03T07:00"),
        (("22", "7", "UTC"), "2026-01-03T07:00", None),
        (("1:30", "5", "UTC"), "2026-01-03T02:00", "2026-01-03T05:00"),
        (("1:30", "5", "UTC"), "2026-01-03T23:00", None),
        (("22:30", "24", "UTC"), "2026-01-03T23:00", "2026-01-04T00:00"),
        (("22", "7", "Europe/Berlin"), "2026-01-02T21:30", "2026-01-03T06:00"),
        # the night in which an hour is missing, and the one that has an hour twice
        (("22", "7", "Europe/Berlin"), "2026-03-28T23:00", "2026-03-29T05:00"),
        (("22", "7", "Europe/Berlin"), "2026-10-24T23:00", "2026-10-25T06:00"),
    ],
)
def test_they_end_by_the_clocks_of_their_zone(
    hours: tuple[str, str, str], now: str, ends: str | None
) -> None:
    found = QuietHours.parse(*hours).ends_after(datetime.fromisoformat(now).replace(tzinfo=UTC))

    assert found == (None if ends is None else datetime.fromisoformat(ends).replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (("25", "7", "UTC"), "start"),
        (("22", "7:60", "UTC"), "end"),
        (("", "7", "UTC"), "start"),
        (("22", "late", "UTC"), "end"),
        (("٢٢", "7", "UTC"), "start"),
        (("22", "22:00", "UTC"), "differ"),
        (("22", "7", "Europe/Atlantis"), "time zone"),
        (("22", "7", "../../etc/passwd"), "time zone"),
        (("22", "7", ""), "time zone"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words_that_say_what(
    hours: tuple[str, str, str], words: str
) -> None:
    with pytest.raises(RuleRefused, match=words):
        QuietHours.parse(*hours)


@given(st.text(), st.text(), st.text())
def test_whatever_is_typed_is_read_or_refused(start: str, end: str, zone: str) -> None:
    with suppress(RuleRefused):
        QuietHours.parse(start, end, zone)


@given(HOURS, HOURS.filter(bool), ZONES, MOMENTS)
def test_they_always_end_within_a_day_and_are_over_then(
    start: time, end: time, zone: str, now: datetime
) -> None:
    if start == end:
        return
    hours = QuietHours(start=start, end=end, zone=zone)
    ends = hours.ends_after(now)

    if ends is not None:
        assert now < ends <= now + timedelta(hours=25)
        assert ends.tzinfo is UTC


@given(HOURS, HOURS, ZONES)
def test_they_are_stored_as_they_are(start: time, end: time, zone: str) -> None:
    if start == end:
        return
    hours = QuietHours(start=start, end=end, zone=zone)

    assert decode_quiet_hours(encode_quiet_hours(hours)) == hours


@pytest.mark.parametrize("stored", ["", None, "{", "[]", '["22:00","7:00"]', '["22:00","07:00","Nowhere"]'])
def test_what_cannot_be_read_any_more_means_none(stored: str | None) -> None:
    assert encode_quiet_hours(None) == ""
    assert decode_quiet_hours(stored) is None
