"""Reading single values from the wire: whatever an instance sends becomes a sane value or None."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeGuard

MAX_SIZE_BYTES = 1 << 60
"""An exbibyte: more than any download, and safe in a signed 64-bit column."""

_SPAN = re.compile(r"(-)?(?:(\d{1,8})\.)?(\d\d):(\d\d):(\d\d)(?:\.(\d{1,7}))?", re.ASCII)


def parse_instant(text: str | None) -> datetime | None:
    """Read an ISO date in UTC; None for nonsense and for .NET's "never" (0001-01-01)."""
    if not text or len(text) > 40:
        return None
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is not UTC:
            instant = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return None if instant.year <= 1 else instant


@lru_cache(maxsize=4096)
def parse_span(text: str | None) -> timedelta | None:
    """Read a .NET TimeSpan (`[-][d.]hh:mm:ss[.fffffff]`), up to TimeSpan.MaxValue; None for nonsense."""
    match = _SPAN.fullmatch(text) if text and len(text) <= 40 else None
    if match is None:
        return None
    sign, days, hours, minutes, seconds, fraction = match.groups(default="0")
    microseconds = 0 if fraction == "0" else int(fraction.ljust(7, "0")) // 10
    span = timedelta(int(days), int(hours) * 3600 + int(minutes) * 60 + int(seconds), microseconds)
    return -span if sign == "-" else span


def is_id(value: int | None) -> TypeGuard[int]:
    """Whether a number can be an id of the apps, and so be sent back to them."""
    return value is not None and 0 < value < 1 << 31


def parse_size(value: float | None) -> int | None:
    """Read a size in bytes; None when absent or not a number, never negative, never beyond an exbibyte."""
    if type(value) is int and 0 <= value <= MAX_SIZE_BYTES:
        return value
    if value is None or value != value:  # NaN; math.isnan fails on integers beyond a double
        return None
    return round(min(max(value, 0), MAX_SIZE_BYTES))


def clip(text: str, limit: int) -> str:
    """Cut a text that is too long to be honest, so that no instance can fill the memory with it."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
