"""What people are told, in words: what it is about, why, and what can be done. Pure, bounded in length."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from discarr.core.events import ACTIVITIES, Ending, EventKind, Work
from discarr.discord_bot.ui.row_text import name, part_of_work, sentence
from discarr.monitoring.alerts.content import Entry, Facts, StoryContent
from discarr.monitoring.alerts.rules import label
from discarr.monitoring.reason_words import Explanation, ReasonKind, explanation_of
from discarr.utils.text_utils import capitalised, count_of, human_size, join_and_more
from discarr.utils.time_utils import clock_time, short_span

_MAX_TITLE = 60
_MAX_PROBLEM = 80
_MAX_REMEDY = 200
_MAX_NAMES = 8
_LARGEST_COUNT = 999_999_999
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class KindWords:
    """How one kind of event is spoken of."""

    symbol: str
    begun: str
    """While it holds; `{name}` is that of the instance."""
    over: str = ""
    noun: str = ""
    """What several of them are; empty where each is a story of its own."""
    remedy: str = ""
    """What can be done, where nothing closer is known."""


WORDS: Final = {
    EventKind.NEEDS_HAND: KindWords(
        symbol="✋",
        begun="Needs a hand",
        over="Needs no hand any more",
        noun="download",
        remedy="Somebody has to look at it in the app.",
    ),
    EventKind.STALLED: KindWords(
        symbol="⌛", begun="No data for a long time", over="Data is coming in again", noun="download"
    ),
    EventKind.INSTANCE_DOWN: KindWords(symbol="✗", begun="{name} is offline", over="{name} is back"),
    EventKind.WRONG_KEY: KindWords(
        symbol="✗", begun="{name} refuses the API key", over="{name} takes the API key again"
    ),
    EventKind.MISCONFIGURED: KindWords(
        symbol="✗", begun="{name} is not set up right in Discarr", over="{name} is set up right now"
    ),
    EventKind.FLAPPING: KindWords(
        symbol="↕",
        begun="{name} comes and goes",
        over="{name} is steady again",
        remedy="Nothing more is said about it until it is steady again. Look whether it restarts by itself.",
    ),
    EventKind.NETWORK: KindWords(
        symbol="✗",
        begun="Several servers cannot be reached",
        over="The servers can be reached again",
        remedy="It is probably one problem between Discarr and all of them: the network, or its names (DNS).",
    ),
    EventKind.DISK_LOW: KindWords(
        symbol="💾",
        begun="A disk runs full",
        over="There is room again",
        noun="disk",
        remedy="Free some space, or remove a download that can wait.",
    ),
    EventKind.APP_ERROR: KindWords(
        symbol="⛔",
        begun="{name} reports an error",
        over="{name} no longer reports it",
        noun="error",
        remedy="The app says more under System → Status.",
    ),
    EventKind.APP_WARNING: KindWords(
        symbol="⚠",
        begun="{name} has a warning",
        over="{name} no longer reports it",
        noun="warning",
        remedy="The app says more under System → Status.",
    ),
    EventKind.APP_NOTICE: KindWords(
        symbol="ℹ",
        begun="{name} has a notice",
        over="{name} no longer reports it",
        noun="notice",
        remedy="The app says more under System → Status.",
    ),
    EventKind.UNDELIVERED: KindWords(
        symbol="✉",
        begun="Something could not be told",
        over="Nothing is left untold",
        remedy="An admin can look at it, and send it again.",
    ),
    EventKind.SECURITY: KindWords(
        symbol="🔒", begun="Something is not as safe as it could be", over="That is safe now", noun="finding"
    ),
    EventKind.GRABBED: KindWords(symbol="⬇", begun="started"),
    EventKind.IMPORTED: KindWords(symbol="✓", begun="added"),
    EventKind.UPGRADED: KindWords(symbol="⬆", begun="better version", noun="better version"),
    EventKind.FAILED: KindWords(symbol="✗", begun="failed"),
    EventKind.REMOVED: KindWords(symbol="🗑", begun="removed"),
    EventKind.READY: KindWords(symbol="🍿", begun="ready"),
    EventKind.VERSION: KindWords(symbol="ℹ", begun="updated"),
    EventKind.STORE_RESET: KindWords(symbol="⚠", begun="lost its memory"),
}

_PREDICATES: Final = frozenset({EventKind.INSTANCE_DOWN, EventKind.WRONG_KEY, EventKind.MISCONFIGURED})
"""Kinds whose problem is said of the instance: "is offline"."""

_ENDINGS: Final = {
    Ending.SOLVED: ("✓", "solved"),
    Ending.IMPORTED: ("✓", "added to the library"),
    Ending.FAILED: ("✗", "the download failed"),
    Ending.REMOVED: ("🗑", "removed from the queue"),
    Ending.GONE: ("👋", "no longer there"),
}

_SOURCES: Final = {
    "ApiKeyValidation": "Its API key is too short",
    "AppDataLocation": "Its settings would be lost by an update",
    "DownloadClient": "It has no download client that it can reach",
    "DownloadClientRemovesCompletedDownloads": "A download client removes downloads before they are added",
    "DownloadClientRootFolder": "A download client puts downloads right into the library",
    "DownloadClientSorting": "A download client sorts downloads by itself",
    "DownloadClientStatus": "A download client does not answer it",
    "ImportListRootFolder": "A list adds titles to a folder that is missing",
    "ImportListStatus": "A list of titles cannot be read",
    "ImportMechanism": "It does not add finished downloads by itself",
    "IndexerDownloadClient": "A search source names a download client that is gone",
    "IndexerJackettAll": "A search source is set up in a way that misses releases",
    "IndexerLongTermStatus": "A search source has not worked for hours",
    "IndexerRss": "No search source tells it of new releases",
    "IndexerSearch": "It has no search source that it can search",
    "IndexerStatus": "A search source does not work",
    "Mount": "A library folder cannot be written to",
    "MovieCollectionRootFolder": "A library folder is missing",
    "NotificationStatus": "Its own notifications do not get through",
    "Proxy": "Its proxy does not work",
    "RecyclingBin": "Its recycling bin cannot be written to",
    "RemotePathMapping": "It does not see the downloaded files",
    "RemovedMovie": "A title is no longer in the film database",
    "RemovedSeries": "A title is no longer in the series database",
    "RootFolder": "A library folder is missing",
    "SystemTime": "Its clock is wrong",
    "Update": "An update waits, or cannot be installed",
}
"""What the apps' health checks look at, by their names without the suffix "Check"."""


def number(value: int) -> str:
    """Return a count, kept within what a line can hold."""
    return str(min(max(value, 0), _LARGEST_COUNT))


def work_heading(work: Work) -> str:
    """Return "**Devs** S01 · 8 episodes" or "**Dune: Part Two** (2024)"."""
    part = part_of_work(work, has_count=True)
    return f"**{name(work.title, _MAX_TITLE)}** {part}".rstrip()


def resolution(work: Work) -> str:
    """Return "1080p", or the quality's own name where the resolution is not known."""
    if work.resolution is not None and 0 < work.resolution <= 99_999:
        return f"{work.resolution}p"
    return name(work.quality) if work.quality else ""


def instance_name(content: StoryContent) -> str:
    """Return the escaped name of the instance, fit for the middle of a sentence."""
    return name(content.instance_name) if content.instance_name else "A server"


def subject(kind: EventKind, facts: Facts) -> str:
    """Return what an alert is about; empty where its kind and its instance say it already."""
    if facts.work is not None:
        return work_heading(facts.work)
    match kind:
        case EventKind.APP_ERROR | EventKind.APP_WARNING | EventKind.APP_NOTICE:
            return _SOURCES.get(facts.source.removesuffix("Check"), "Its own status page says what it is")
        case EventKind.UNDELIVERED:
            return f"{count_of(min(max(facts.count, 0), _LARGEST_COUNT), 'message')} reached nobody"
        case EventKind.SECURITY:
            return capitalised(sentence(facts.problem, _MAX_PROBLEM))
    names = join_and_more([name(each) for each in facts.names], _MAX_NAMES)
    if facts.free_bytes is None:
        return f"**{names}**" if names else ""
    room = f"{human_size(facts.free_bytes)} free"
    if facts.coming_bytes:
        room += f", {human_size(facts.coming_bytes)} still to come"
    return f"**{names}** · {room}" if names else room


def reason(facts: Facts) -> str:
    """Return why, as one plain sentence without a full stop; empty where the subject says it already."""
    explanation = _explanation(facts)
    return explanation.sentence if explanation is not None else ""


def remedy(kind: EventKind, facts: Facts) -> str:
    """Return what can be done; empty when nothing is known."""
    explanation = _explanation(facts)
    if explanation is not None:
        return explanation.remedy
    # What the server said last, when it comes and goes, is only half of it.
    said = facts.remedy if kind is not EventKind.FLAPPING else ""
    return sentence(said, _MAX_REMEDY) or WORDS[kind].remedy


def begun_title(content: StoryContent) -> str:
    """Return how things are while a story is open: "✋ Needs a hand", "✗ TV is offline"."""
    words = WORDS[content.kind]
    if words.noun and content.total > 1:
        return f"{words.symbol} {label(content.kind)}: {_how_many(content)}"
    if content.kind in _PREDICATES and content.entries and content.entries[0].facts.problem:
        problem = sentence(content.entries[0].facts.problem, _MAX_PROBLEM)
        return f"{words.symbol} {instance_name(content)} {problem}"
    return f"{words.symbol} {words.begun.format(name=instance_name(content))}"


def over_title(content: StoryContent) -> str:
    """Return how a story ended: "✓ Added to the library", "✓ TV is back"."""
    endings = {entry.ending for entry in content.entries}
    if content.total == 1 and len(endings) == 1:
        (ending,) = endings
        if ending is not None and ending is not Ending.SOLVED:
            symbol, how = _ENDINGS[ending]
            return f"{symbol} {capitalised(how)}"
    words = WORDS[content.kind]
    if words.noun and content.total > 1:
        return f"✓ Settled: {count_of(min(content.total, _LARGEST_COUNT), words.noun)}"
    return f"✓ {(words.over or words.begun).format(name=instance_name(content))}"


def entry_line(kind: EventKind, entry: Entry, now: datetime, *, has_reason: bool) -> str:
    """Return one line of a list of alerts: "✋ **Devs** S01 · Import refused: no video file found"."""
    parts = [subject(kind, entry.facts)]
    if entry.ended_at is None:
        symbol = WORDS[kind].symbol
        if has_reason:
            parts.append(reason(entry.facts))
        if not any(parts):
            parts = [f"since {clock_time(entry.began_at, now)}"]
    else:
        symbol, words = _ENDINGS[entry.ending or Ending.SOLVED]
        parts.append(words if parts[0] else span(entry.began_at, entry.ended_at, now))
    return f"{symbol} {' · '.join(part for part in parts if part)}"


def span(began_at: datetime, ended_at: datetime, now: datetime) -> str:
    """Return "14 min, 19:12–19:26"."""
    times = f"{clock_time(began_at, now)}–{clock_time(ended_at, now)}"
    return f"{lasted(began_at, ended_at)}, {times}"


def lasted(began_at: datetime, ended_at: datetime) -> str:
    """Return how long something took, fit for after "after"."""
    return short_span(ended_at - began_at) if ended_at - began_at >= _MINUTE else "less than a minute"


def step_words(kind: EventKind) -> str:
    """Return what happened to a download, such as "added" or "failed"."""
    return WORDS[kind].begun if kind in ACTIVITIES else label(kind).lower()


def steps_words(counts: Mapping[EventKind, int]) -> str:
    """Return "12 added · 2 better versions · 1 failed", in the order of the kinds."""
    words = []
    for kind in EventKind:
        count = min(counts.get(kind, 0), _LARGEST_COUNT)
        if kind in ACTIVITIES and count > 0:
            noun = WORDS[kind].noun
            words.append(count_of(count, noun) if noun else f"{count} {WORDS[kind].begun}")
    return " · ".join(words)


def _how_many(content: StoryContent) -> str:
    total = min(max(content.total, 0), _LARGEST_COUNT)
    words = count_of(total, WORDS[content.kind].noun)
    return words if content.open_count >= total else f"{number(content.open_count)} of {words}"


def _explanation(facts: Facts) -> Explanation | None:
    try:
        return explanation_of(ReasonKind(facts.reason))
    except ValueError:
        return None
