"""Instants and spans as people read them; clock times are left to the reader's own Discord."""

from datetime import UTC, datetime, timedelta
from typing import Literal

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC)
_UNAMBIGUOUS = timedelta(hours=20)

type TimestampStyle = Literal["t", "T", "d", "D", "f", "F", "R"]

FIVE_MINUTES = timedelta(minutes=5)


def round_up(moment: datetime, step: timedelta = FIVE_MINUTES) -> datetime:
    """Return the first multiple of `step` (counted from the epoch) that is not before the moment."""
    remainder = (moment - _EPOCH) % step
    if not remainder:
        return moment
    try:
        return moment - remainder + step
    except OverflowError:
        return _LATEST


def round_down(span: timedelta, step: timedelta = FIVE_MINUTES) -> timedelta:
    """Return the largest multiple of `step` within the span; negative spans count as none."""
    span = max(span, timedelta())
    return span - span % step


def short_span(span: timedelta) -> str:
    """Return a span in its largest sensible unit, rounded down: "25 min", "3 h", "2 d"."""
    minutes = max(span, timedelta()) // timedelta(minutes=1)
    if minutes < 1:
        return "under 1 min"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} d"


def timestamp(moment: datetime, style: TimestampStyle) -> str:
    """Return Discord's markup for an instant, shown in each reader's own zone.

    It works in descriptions, field values and contents, not in titles, field names and footers.
    """
    return f"<t:{(moment - _EPOCH) // timedelta(seconds=1)}:{style}>"


def clock_time(moment: datetime, now: datetime) -> str:
    """Return the markup of a clock time, with the day unless the time alone is clear.

    The reader's zone is unknown, and so is their "today": within 20 hours of now a clock time names one
    instant only, also for somebody who reads it some hours later.
    """
    return timestamp(moment, "t" if abs(moment - now) < _UNAMBIGUOUS else "f")
