"""Contents of messages: sensible ones, and strategies for hostile ones."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from discarr.core.events import Ending, EventKind, Severity, Work
from discarr.core.models import DownloadKey, EpisodeNumber
from discarr.monitoring.alerts.content import (
    DigestContent,
    Entry,
    Facts,
    Item,
    NoticeContent,
    OverflowContent,
    ReadyContent,
    StoryContent,
)
from discarr.monitoring.reason_words import ReasonKind
from tests.discord_bot.ui.builders import EPISODES, FOREIGN_TEXT, HUGE, KEYS, MOMENTS, NOW

POSTER = "https://image.tmdb.org/t/p/original/dune.jpg"
FOLLOWER, ROLE = 7_001, 7_002


def make_work(**overrides: Any) -> Work:
    """Return a movie."""
    values: dict[str, Any] = {
        "title": "Dune: Part Two",
        "year": 2024,
        "quality": "WEBDL-2160p",
        "resolution": 2160,
        "size_bytes": 18_000_000_000,
        "poster_url": POSTER,
    }
    return Work(**(values | overrides))


def make_pack(title: str = "Devs", season: int = 1, count: int = 8) -> Work:
    """Return a season of a series."""
    return Work(
        title=title,
        seasons=(season,),
        episodes=tuple(EpisodeNumber(season, number + 1) for number in range(count)),
        episode_count=count,
        resolution=1080,
    )


def make_facts(**overrides: Any) -> Facts:
    """Return what is known of a pack whose import was refused."""
    values: dict[str, Any] = {
        "work": make_pack(),
        "key": DownloadKey("sonarr", "d", "HASH"),
        "reason": ReasonKind.NO_VIDEO.value,
    }
    return Facts(**(values | overrides))


def make_entry(alert_id: int = 1, **overrides: Any) -> Entry:
    """Return an alert that began an hour ago."""
    values: dict[str, Any] = {
        "alert_id": alert_id,
        "began_at": NOW - timedelta(hours=1),
        "facts": make_facts(),
    }
    return Entry(**(values | overrides))


def make_story(*entries: Entry, **overrides: Any) -> StoryContent:
    """Return the story of these alerts, by default of a download that needs a hand."""
    known = entries or (make_entry(),)
    ended = [entry.ended_at for entry in known if entry.ended_at is not None]
    values: dict[str, Any] = {
        "story_id": 12,
        "kind": EventKind.NEEDS_HAND,
        "severity": Severity.WARNING,
        "instance": "sonarr",
        "instance_name": "TV",
        "began_at": min(entry.began_at for entry in known),
        "entries": known,
        "total": len(known),
        "open_count": len(known) - len(ended),
        "ended_at": max(ended) if len(ended) == len(known) else None,
    }
    return StoryContent(**(values | overrides))


def make_outage(
    *, story_id: int = 13, ended_after: timedelta | None = None, **overrides: Any
) -> StoryContent:
    """Return the story of a server that is, or was, down since an hour ago."""
    began_at = NOW - timedelta(hours=1)
    facts = Facts(problem="is offline", remedy="Is it running?")
    entry = Entry(alert_id=story_id, began_at=began_at, facts=facts)
    if ended_after is not None:
        entry = replace(entry, ended_at=began_at + ended_after, ending=Ending.SOLVED)
    values: dict[str, Any] = {
        "story_id": story_id,
        "kind": EventKind.INSTANCE_DOWN,
        "severity": Severity.CRITICAL,
    }
    return make_story(entry, **(values | overrides))


def make_item(title: str = "Dune: Part Two", **overrides: Any) -> Item:
    values: dict[str, Any] = {
        "kind": EventKind.IMPORTED,
        "at": NOW,
        "instance_name": "Movies",
        "work": make_work(title=title),
    }
    return Item(**(values | overrides))


def make_digest(*items: Item, **overrides: Any) -> DigestContent:
    counts: dict[EventKind, int] = {}
    for item in items:
        counts[item.kind] = counts.get(item.kind, 0) + 1
    values: dict[str, Any] = {"since": NOW - timedelta(hours=2), "items": items, "counts": counts}
    return DigestContent(**(values | overrides))


def make_ready(**overrides: Any) -> ReadyContent:
    values: dict[str, Any] = {
        "work": make_work(),
        "instance_name": "Movies",
        "user_ids": (FOLLOWER,),
        "at": NOW,
    }
    return ReadyContent(**(values | overrides))


def make_notice(**overrides: Any) -> NoticeContent:
    values: dict[str, Any] = {
        "kind": EventKind.VERSION,
        "severity": Severity.INFO,
        "title": "Movies was updated",
        "lines": ("From 5.1 to 5.2",),
        "at": NOW,
    }
    return NoticeContent(**(values | overrides))


def make_overflow() -> OverflowContent:
    return OverflowContent(
        counts={EventKind.NEEDS_HAND: 34, EventKind.IMPORTED: 300}, since=NOW - timedelta(hours=1)
    )


def few[T](some: st.SearchStrategy[T]) -> st.SearchStrategy[tuple[T, ...]]:
    """Return none to a hundred of something, made of at most three: many are slow to make."""
    return st.builds(
        lambda found, times: tuple(found) * times, st.lists(some, max_size=3), st.sampled_from([1, 6, 40])
    )


IDS = st.integers(-(2**63), 2**63 - 1)
WORKS = st.builds(
    Work,
    title=FOREIGN_TEXT,
    year=st.none() | HUGE,
    seasons=st.lists(HUGE, max_size=5).map(lambda found: tuple(sorted(set(found)))),
    episodes=st.lists(EPISODES, max_size=6).map(lambda found: tuple(sorted(set(found)))),
    episode_count=HUGE,
    quality=st.none() | FOREIGN_TEXT,
    resolution=st.none() | HUGE,
    size_bytes=HUGE,
    poster_url=st.none() | FOREIGN_TEXT | st.just(POSTER),
)
FACTS = st.builds(
    Facts,
    work=st.none() | WORKS,
    key=st.none() | KEYS,
    reason=st.sampled_from([kind.value for kind in ReasonKind]) | FOREIGN_TEXT,
    problem=FOREIGN_TEXT,
    remedy=FOREIGN_TEXT,
    source=FOREIGN_TEXT | st.just("IndexerRssCheck"),
    names=few(FOREIGN_TEXT),
    free_bytes=st.none() | HUGE,
    coming_bytes=st.none() | HUGE,
    idle_s=st.none() | st.floats(),
    count=HUGE,
)
ENTRIES = st.builds(
    Entry,
    alert_id=IDS,
    began_at=MOMENTS,
    facts=FACTS,
    ended_at=st.none() | MOMENTS,
    ending=st.none() | st.sampled_from(Ending),
)
COUNTS = st.dictionaries(st.sampled_from(EventKind), HUGE, max_size=len(EventKind))
STORIES = st.builds(
    StoryContent,
    story_id=IDS,
    kind=st.sampled_from(EventKind),
    severity=st.sampled_from(Severity),
    instance=st.none() | FOREIGN_TEXT,
    instance_name=FOREIGN_TEXT,
    began_at=MOMENTS,
    entries=few(ENTRIES),
    total=HUGE,
    open_count=HUGE,
    ended_at=st.none() | MOMENTS,
    acknowledged_by=st.none() | IDS,
    mention_role_id=st.none() | IDS,
    is_reminder=st.booleans(),
)
DIGESTS = st.builds(
    DigestContent,
    since=MOMENTS,
    items=few(
        st.builds(Item, kind=st.sampled_from(EventKind), at=MOMENTS, instance_name=FOREIGN_TEXT, work=WORKS)
    ),
    counts=COUNTS,
    mention_role_id=st.none() | IDS,
    missed_from=st.none() | MOMENTS,
)
CONTENTS = st.one_of(
    STORIES,
    DIGESTS,
    st.builds(
        ReadyContent,
        work=WORKS,
        instance_name=FOREIGN_TEXT,
        user_ids=few(IDS),
        at=MOMENTS,
        has_failed=st.booleans(),
        missing_count=HUGE,
    ),
    st.builds(
        NoticeContent,
        kind=st.sampled_from(EventKind),
        severity=st.sampled_from(Severity),
        title=FOREIGN_TEXT,
        lines=few(FOREIGN_TEXT),
        at=st.none() | MOMENTS,
    ),
    st.builds(OverflowContent, counts=COUNTS, since=MOMENTS),
)
