"""Reading a title from the name of a release, for downloads that the app could not match.

A best effort for display only: names follow conventions, not rules, and titles are never keys.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from discarr.clients.values import clip
from discarr.core.models import EpisodeNumber

_MAX_NAME = 300
_MAX_SPAN = 100
"""Longer runs of seasons or episodes are misread numbers."""

_PACKAGING = re.compile(r"\.(?:mkv|mp4|avi|m4v|ts|wmv|nzb|torrent|rar|zip|iso)$", re.IGNORECASE)
_PREFIX = re.compile(r"^\s*(?:www\.[^\s\]]+\s+-+\s+|\[[^\]]*\]\s*)+", re.IGNORECASE)
_SEASON = re.compile(
    r"\bS(?P<s>\d{1,4})(?P<episodes>(?:[ ._-]?E\d{1,4})(?:-?E\d{1,4}|-\d{1,4}(?!\d|p\b))*)"
    r"|\bS(?P<first>\d{1,4})(?:\s?-\s?S?(?P<last>\d{1,4}))?\b"
    r"|\bSeasons?\s(?P<word_first>\d{1,2})(?:\s?-\s?(?P<word_last>\d{1,2}))?\b"
    r"|\b(?P<x_season>\d{1,2})x(?P<x_episode>\d{2,3})\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\w)[(\[]?((?:19|20)\d\d)[)\]]?(?!\w)")
_TECHNICAL = re.compile(
    r"(?<!\w)[(\[]?(?:\d{3,4}[pi]|uhd|web-?(?:dl|rip)|blu-?ray|bdrip|brrip|dvdrip|hdtv|hdrip|remux"
    r"|xvid|divx|[xh]\s?26[45]|hevc|av1)(?!\w)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseName:
    """What a release's name says."""

    title: str
    """Never empty."""
    year: int | None
    seasons: tuple[int, ...]
    episodes: tuple[EpisodeNumber, ...]


@lru_cache(maxsize=4096)
def parse_release_name(name: str) -> ReleaseName:
    """Read title, year, seasons and episodes from a release's name, a file name or a path."""
    base = re.split(r"[/\\]", clip(name.strip(), _MAX_NAME).rstrip("/\\"))[-1]
    text = re.sub(r"[._\s]+", " ", _PREFIX.sub("", _PACKAGING.sub("", base))).strip()
    season = _SEASON.search(text)
    end = season.start() if season else len(text)
    technical = _TECHNICAL.search(text, 1)
    if technical:
        end = min(end, technical.start())
    years = [match for match in _YEAR.finditer(text, 0, end) if match.start() > 0]
    year = years[-1] if years else None
    title = text[: year.start() if year else end].strip(" -([")
    seasons, episodes = _numbers(season) if season else ((), ())
    return ReleaseName(
        title=title or text or "Unknown title",
        year=int(year.group(1)) if year else None,
        seasons=seasons,
        episodes=episodes,
    )


def _numbers(match: re.Match[str]) -> tuple[tuple[int, ...], tuple[EpisodeNumber, ...]]:
    if match["x_season"]:
        season = int(match["x_season"])
        return (season,), (EpisodeNumber(season, int(match["x_episode"])),)
    if match["episodes"]:
        season = int(match["s"])
        return (season,), tuple(EpisodeNumber(season, number) for number in _episodes(match["episodes"]))
    first = int(match["first"] or match["word_first"])
    return tuple(_span(first, int(match["last"] or match["word_last"] or first))), ()


def _episodes(text: str) -> list[int]:
    numbers: list[int] = []
    for dash, digits in re.findall(r"(-?)[ ._]?E?(\d+)", text, re.IGNORECASE):
        number = int(digits)
        numbers.extend(_span(numbers[-1] + 1, number) if dash and numbers else (number,))
    return sorted(set(numbers))


def _span(first: int, last: int) -> range | tuple[int]:
    return range(first, last + 1) if first <= last < first + _MAX_SPAN else (first,)
