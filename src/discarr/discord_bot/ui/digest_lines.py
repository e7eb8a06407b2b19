"""The lines of a digest: one for each movie, and one for the episodes of a season that share their fate."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from discarr.core.events import Work
from discarr.discord_bot.ui.notice_text import WORDS, number, step_words, work_heading
from discarr.discord_bot.ui.row_text import name
from discarr.monitoring.alerts.content import MAX_ITEMS, DigestContent, Item
from discarr.utils.time_utils import clock_time

_MAX_LINES: Final = 15


def digest_lines(content: DigestContent, now: datetime) -> Iterator[str]:
    """Return what happened, newest first, and how many downloads are left out."""
    groups = _seasons_together(content.items[:MAX_ITEMS])[:_MAX_LINES]
    are_named = _are_instances_told_apart(content.items[:MAX_ITEMS])
    for group in groups:
        yield _line(group, now, is_named=are_named)
    left_out = content.total - sum(map(len, groups))
    if left_out > 0:
        yield f"and {number(left_out)} more"


def _seasons_together(items: Iterable[Item]) -> list[list[Item]]:
    """Group the items that one line can tell, each group at the place of its newest."""
    groups: dict[object, list[Item]] = {}
    for item in items:
        is_of_season = len(item.work.seasons) == 1 and _is_listed(item.work)
        key = (item.kind, item.instance_name, item.work.title, item.work.year, item.work.seasons)
        groups.setdefault(key if is_of_season else id(item), []).append(item)
    return list(groups.values())


def _is_listed(work: Work) -> bool:
    return 0 < work.episode_count == len(work.episodes)


def _line(group: Sequence[Item], now: datetime, *, is_named: bool) -> str:
    newest = group[0]
    parts = [work_heading(_together([item.work for item in group])), step_words(newest.kind)]
    if is_named and newest.instance_name:
        parts.append(name(newest.instance_name))
    return f"{WORDS[newest.kind].symbol} {' · '.join(parts)} {clock_time(newest.at, now)}"


def _together(works: Sequence[Work]) -> Work:
    if len(works) == 1:
        return works[0]
    episodes = tuple(sorted({episode for work in works for episode in work.episodes}))
    return replace(works[0], episodes=episodes, episode_count=len(episodes))


def _are_instances_told_apart(items: Iterable[Item]) -> bool:
    """Whether movies, or series, come from several instances: one of a kind is not named."""
    names: dict[bool, set[str]] = {}
    for item in items:
        names.setdefault(item.work.episode_count > 0, set()).add(item.instance_name)
    return any(len(found) > 1 for found in names.values())
