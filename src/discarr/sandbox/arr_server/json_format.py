"""How the apps write JSON, times, time spans and queue ids."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

type JsonObject = dict[str, Any]
"""One JSON object of the wire: the server's raw material, never seen by the product."""

_SPAN = re.compile(r"(-)?(?:(\d+)\.)?(\d\d):(\d\d):(\d\d(?:\.\d{7})?)")


def encode(value: object) -> bytes:
    """Return `value` as the apps print it: UTF-8, indented by two spaces, non-ASCII as it is."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2)


def without_absent(**fields: object) -> JsonObject:
    """Return the given fields as the apps send them: nulls are omitted, and so is an `id` of 0."""
    return {name: value for name, value in fields.items() if value is not None and (name, value) != ("id", 0)}


def utc_text(moment: datetime) -> str:
    """Return a moment as the apps do: UTC, whole seconds, "Z"."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_utc(text: str) -> datetime:
    """Read a moment in the apps' notation; a missing zone means UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def span_text(span: timedelta) -> str:
    """Return a .NET "c" time span: `[-][d.]hh:mm:ss[.fffffff]`."""
    sign = "-" if span < timedelta(0) else ""
    span = abs(span)
    minutes, seconds = divmod(span.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days = f"{span.days}." if span.days else ""
    fraction = f".{span.microseconds:06d}0" if span.microseconds else ""
    return f"{sign}{days}{hours:02d}:{minutes:02d}:{seconds:02d}{fraction}"


def parse_span(text: str) -> timedelta:
    """Read a .NET "c" time span.

    Raises:
        ValueError: the text is not one.
    """
    match = _SPAN.fullmatch(text)
    if match is None:
        raise ValueError(text)
    sign, days, hours, minutes, seconds = match.groups()
    span = timedelta(days=int(days or 0), hours=int(hours), minutes=int(minutes), seconds=float(seconds))
    return -span if sign else span


def queue_id(key: str) -> int:
    """Return the queue row id the apps derive from a key: 31 bits of its SHA-1, little-endian."""
    digest = hashlib.sha1(key.encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:4], "little") & 0x7FFFFFFF
