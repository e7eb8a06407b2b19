"""The hours in which only what is critical is told."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from discarr.monitoring.alerts.rules import RuleRefused

_TIME = re.compile(r"([0-9]{1,2})(?:[:.]([0-9]{2}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """Every night (or day) from `start` to `end`, by the clocks of a time zone."""

    start: time
    end: time
    """Before `start` for hours that go past midnight."""
    zone: str
    """Name in the IANA database, such as "Europe/Berlin"."""

    def __post_init__(self) -> None:
        if self.start == self.end:
            raise RuleRefused("Quiet hours need a beginning and an end that differ.")
        try:
            ZoneInfo(self.zone)
        except (ValueError, OSError, ZoneInfoNotFoundError):
            raise RuleRefused(
                "There is no time zone of that name. Use one such as Europe/Berlin or America/New_York."
            ) from None

    @classmethod
    def parse(cls, start: str, end: str, zone: str) -> Self:
        """Read what a person typed: two times such as "22:30" or "7", and a time zone.

        Raises:
            RuleRefused: one of them makes no sense; it says which.
        """
        return cls(start=_read_time(start, "start"), end=_read_time(end, "end"), zone=zone.strip())

    def ends_after(self, now: datetime) -> datetime | None:
        """Return when the present quiet hours end, in UTC; None outside of them.

        Where clocks are changed, an hour that does not exist or exists twice lengthens or shortens them as
        it does a night.
        """
        local = now.astimezone(ZoneInfo(self.zone))
        for days in (-1, 0):
            day = local.date() + timedelta(days=days)
            begins = datetime.combine(day, self.start, local.tzinfo)
            last_day = day if self.start < self.end else day + timedelta(days=1)
            ends = datetime.combine(last_day, self.end, local.tzinfo)
            # Compared in UTC: two times of one zone are compared by their clocks alone.
            if begins.astimezone(UTC) <= now < ends.astimezone(UTC):
                return ends.astimezone(UTC)
        return None


def encode_quiet_hours(hours: QuietHours | None) -> str:
    """Return what is stored; empty for none."""
    if hours is None:
        return ""
    return msgspec.json.encode([hours.start.isoformat(), hours.end.isoformat(), hours.zone]).decode()


def decode_quiet_hours(stored: str | None) -> QuietHours | None:
    """Return what was stored; None for none, and for what makes no sense (any more)."""
    if not stored:
        return None
    try:
        start, end, zone = msgspec.json.decode(stored, type=tuple[str, str, str])
        return QuietHours(start=time.fromisoformat(start), end=time.fromisoformat(end), zone=zone)
    except (msgspec.DecodeError, ValueError, RuleRefused):
        return None


def _read_time(text: str, which: str) -> time:
    match = _TIME.fullmatch(text.strip())
    try:
        if match is not None:
            return time(0 if match[1] == "24" else int(match[1]), int(match[2] or 0))
    except ValueError:
        pass
    raise RuleRefused(f"The {which} of the quiet hours is no time of day. Write it as 22:30.")
