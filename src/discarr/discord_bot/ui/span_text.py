"""Spans of time as people write them in a rule, and read them there: "90 s", "5 min", "2 h", "1 d"."""

import re
from typing import Final

from discarr.monitoring.alerts.rules import RuleRefused

_UNITS: Final = {"d": 86_400, "h": 3_600, "min": 60, "s": 1}
_NAMES: Final = {"1 d": "day", "1 h": "hour", "1 min": "minute"}
_NUMBER: Final = r"([0-9]{1,7}(?:[.,][0-9]{1,2})?)"
_MINUTES: Final = re.compile(_NUMBER)
_PART: Final = re.compile(_NUMBER + r" ?(days?|d|hours?|h|minutes?|min|m|seconds?|sec|s)(?![a-z]) ?")
_NEVER: Final = frozenset({"", "-", "0", "never", "no", "none", "off"})
_AT_ONCE: Final = frozenset({"", "-", "0", "at once", "now", "none", "no"})


def exact_span(seconds: float) -> str:
    """Return a span in the largest unit that says it exactly: "90 s", "2 min", "24 h" as "1 d"."""
    whole = max(round(seconds), 0)
    unit = next(unit for unit, length in _UNITS.items() if whole % length == 0)
    return f"{whole // _UNITS[unit]} {unit}" if whole else "0 s"


def every(seconds: float) -> str:
    """Return how often something happens that does so after each such span: "every day", "every 4 h"."""
    words = exact_span(seconds)
    return f"every {_NAMES.get(words, words)}"


def read_span(text: str, what: str) -> float:
    """Return the seconds that a person wrote, as "90 s", "5 min" or "1 h 30 min"; a bare number is minutes.

    Raises:
        RuleRefused: it is no span; `what` says of what ("the delay").
    """
    words = " ".join(text.lower().split())
    if words in _AT_ONCE:
        return 0.0
    if minutes := _MINUTES.fullmatch(words):
        return _number(minutes[1]) * _UNITS["min"]
    seconds, rest = 0.0, words
    while rest:
        match = _PART.match(rest)
        if match is None:
            raise RuleRefused(f"{what} is no span of time. Write it as 90 s, 5 min, 2 h or 1 d.")
        length = next(length for unit, length in _UNITS.items() if unit[0] == match[2][0])
        seconds += _number(match[1]) * length
        rest = rest[match.end() :]
    return seconds


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def read_repeat(text: str, what: str) -> float | None:
    """Return the same; None where a person wrote "never", or nothing.

    Raises:
        RuleRefused: it is neither.
    """
    return None if " ".join(text.lower().split()) in _NEVER else read_span(text, what)
