"""Foreign text made fit for Discord, and numbers made fit for people.

Lengths are UTF-16 units throughout: Discord does not say which unit its limits are in, and no other
count of characters is larger.
"""

import math
import re
import unicodedata
from collections.abc import Sequence

MAX_INPUT = 500
"""Longer foreign text is cut before anything else is done to it: nothing shown is nearly as long."""

_MAX_MARKS = 3
"""Combining marks kept on one letter: more only paint over the lines around it."""

_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Characters that take part in no category of controls, yet show nothing."""

_MARKUP = re.compile(r"[\\*_~|`>\[\]/]|:(?=[\w+-]+:)|(?<=[<@])")
_LINE_START = re.compile(r"^(?:[-+#]|\d+(?=\.))")

_SIZE_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")

_ADDRESS = re.compile(
    r"\b[a-z][a-z0-9+.-]{1,20}://\S*"
    r"|\[(?=[^\]]{0,60}:)[0-9a-f:.]{2,60}\](?::\d+)?"
    r"|\b\d{1,3}(?:\.\d{1,3}){3}\b(?::\d+)?"
    r"|\blocalhost\b(?::\d+)?"
    r"|\b(?=[\w.-]{0,100}[a-z])[\w.-]{1,100}:\d{2,5}\b",
    re.IGNORECASE,
)
_KEY = re.compile(
    r"\b((?:api[ _-]?key|pass[ _-]?key|auth[ _-]?key|rss[ _-]?key|torrent_pass|token|password|secret)"
    r"[\"']?\s*[=:]\s*)[^\s&]+",
    re.IGNORECASE,
)
_ABSOLUTE_DIRECTORY = re.compile(r"(?:(?<!\w)[a-z]:[\\/]|(?<![^\s\W])[\\/])[^\n]*[\\/]", re.IGNORECASE)
_ROOT = re.compile(r"(?:(?<!\w)[a-z]:)?(?<!\w)[\\/]+", re.IGNORECASE)
_RELATIVE_DIRECTORY = re.compile(r"(?<![^\s\\/])[^\s\\/]+[\\/]+")
"""Tried at the start of each word only: elsewhere a long word would cost its length squared."""


def clean(text: str) -> str:
    """Return the text on one line, without anything invisible: controls, bidi, zero-width, lone surrogates.

    Joiners go as well: a few emoji and scripts lose a ligature, and no title can hide or reverse text.
    """
    kept: list[str] = []
    marks = 0
    for character in text[:MAX_INPUT]:
        if character.isspace():
            kept.append(" ")
            continue
        if character in _INVISIBLE:
            continue
        category = unicodedata.category(character)
        if category in _INVISIBLE_CATEGORIES:
            continue
        marks = marks + 1 if category[0] == "M" else 0
        if marks <= _MAX_MARKS:
            kept.append(character)
    return " ".join("".join(kept).split())


def escape(text: str) -> str:
    """Return `clean(text)` so that Discord shows it literally: no markup, link, mention, timestamp, emoji.

    `<` and `@` are followed by a zero-width space, because servers and apps look for mentions without minding
    backslashes; everything else gets a backslash.
    """
    cleaned = clean(text)
    escaped = _MARKUP.sub(lambda match: "\\" + match[0] if match[0] else "\u200b", cleaned)
    if _LINE_START.match(escaped):
        digits = len(escaped) - len(escaped.lstrip("0123456789"))
        escaped = escaped[:digits] + "\\" + escaped[digits:]
    return escaped


def length(text: str) -> int:
    """Return the number of UTF-16 units of the text."""
    return len(text) + sum(character > "\uffff" for character in text)


def shorten(text: str, budget: int) -> str:
    """Return the text, cut to at most `budget` (≥ 1) units and then ending in "…".

    Takes plain or escaped text: a backslash is never parted from what it escapes.
    """
    used = kept_characters = 0
    for index, character in enumerate(text):
        used += length(character)
        if used < budget:
            kept_characters = index + 1
        if used > budget:
            break
    else:
        return text
    kept = text[:kept_characters]
    backslashes = len(kept) - len(kept.rstrip("\\"))
    if backslashes % 2:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def label(text: str, budget: int) -> str:
    """Return foreign text for where Discord renders no markup (select options, buttons); never empty."""
    return shorten(clean(text), budget) or "?"


def bar(fraction: float, width: int = 10) -> str:
    """Return a bar such as ▰▰▱▱; full only when complete."""
    filled = math.floor(_within_one(fraction) * width)
    return "▰" * filled + "▱" * (width - filled)


def percent(fraction: float) -> str:
    """Return "22 %"; rounded down, so that "100 %" means complete."""
    return f"{math.floor(_within_one(fraction) * 100)} %"


def human_size(size_bytes: int) -> str:
    """Return a size such as "18 GB" or "4.1 TB", in decimal units as disks and download clients count."""
    size = max(size_bytes, 0)
    if size < 1000:
        return f"{size} B"
    for power, unit in enumerate(_SIZE_UNITS[1:], start=1):
        scale = 1000**power
        tenths = (size * 10 + scale // 2) // scale
        if tenths < 100:
            whole, tenth = divmod(tenths, 10)
            return f"{whole}.{tenth} {unit}" if tenth else f"{whole} {unit}"
        whole = (size + scale // 2) // scale
        if whole < 1000:
            return f"{whole} {unit}"
    return "over 999 EB"


def capitalised(words: str) -> str:
    """Return the words with a capital at their beginning, and the rest as it is."""
    return words[:1].upper() + words[1:]


def count_of(number: int, singular: str, plural: str | None = None) -> str:
    """Return "1 download", "6 downloads"."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def join_and_more(items: Sequence[str], limit: int) -> str:
    """Return "a, b, c", or "a, b and 7 more" when there are more than `limit` (≥ 1)."""
    if len(items) <= limit:
        return ", ".join(items)
    return f"{', '.join(items[:limit])} and {len(items) - limit} more"


def without_addresses(text: str) -> str:
    """Return an app's technical text without keys, addresses and directories; file names stay.

    A bare host name, without port or scheme, cannot be told from a word and stays as well.

    Rather takes too much than too little: from the start of an absolute path to the last separator of the
    line, because directory names contain spaces.
    """
    lines = (_ADDRESS.sub("…", _KEY.sub(r"\1…", line)) for line in text[:MAX_INPUT].splitlines())
    return "\n".join(
        _RELATIVE_DIRECTORY.sub("", _ROOT.sub("", _ABSOLUTE_DIRECTORY.sub("", line))) for line in lines
    )


def _within_one(fraction: float) -> float:
    if math.isnan(fraction):
        return 0.0
    return min(max(fraction, 0.0), 1.0)
