"""What can be done about a download, in words: on buttons, in questions, and in answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from discarr.monitoring.acting.kinds import ActionKind, DataFate, Effect
from discarr.utils.text_utils import count_of, human_size

_LARGEST_COUNT: Final = 999_999


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionWords:
    """How one action is spoken of."""

    label: str
    """On a button and in a list of choices; plain text, at most 40 characters."""
    emoji: str
    hint: str
    """What it means, for a list of choices; plain text, at most 100 characters."""
    question: str
    """Title of its confirmation."""
    doing: str
    """After "is", in the middle of a sentence."""
    done: str
    """After a name: what somebody did to "it"."""


WORDS: Final = {
    ActionKind.REMOVE: ActionWords(
        label="Remove",
        emoji="🗑",
        hint="With its data; nothing is searched",
        question="Remove it?",
        doing="removing it",
        done="removed it",
    ),
    ActionKind.REMOVE_BLOCKLIST: ActionWords(
        label="Remove and blocklist",
        emoji="🚫",
        hint="With its data; never this release again; nothing is searched",
        question="Remove it and blocklist the release?",
        doing="removing it",
        done="removed it and blocklisted the release",
    ),
    ActionKind.REMOVE_SEARCH: ActionWords(
        label="Remove and search again",
        emoji="♻",
        hint="With its data; never this release again; another is searched",
        question="Remove it and search for another?",
        doing="removing it",
        done="removed it and had another searched",
    ),
    ActionKind.KEEP: ActionWords(
        label="Forget it, keep the data",
        emoji="🫥",
        hint="It stays in the download client; the app forgets it for good",
        question="Forget it and keep its data?",
        doing="taking it off the queue",
        done="took it off the queue",
    ),
    ActionKind.KEEP_SEARCH: ActionWords(
        label="Keep the data, search another",
        emoji="🔁",
        hint="It stays in the download client; never this release again; another is searched",
        question="Keep its data and search for another?",
        doing="taking it off the queue",
        done="took it off the queue and had another searched",
    ),
    ActionKind.CHANGE_CATEGORY: ActionWords(
        label="Hand over, keep the data",
        emoji="📦",
        hint="The download client keeps it, in the category for what is imported",
        question="Hand it over to the download client?",
        doing="handing it over",
        done="handed it over to the download client",
    ),
    ActionKind.GRAB: ActionWords(
        label="Grab now",
        emoji="⚡",
        hint="Without waiting for the end of its delay",
        question="Grab it now?",
        doing="grabbing it",
        done="grabbed it",
    ),
    ActionKind.SEARCH: ActionWords(
        label="Search again",
        emoji="🔎",
        hint="For the same movie or episodes; this download stays",
        question="Search for it again?",
        doing="searching for it",
        done="had it searched",
    ),
    ActionKind.IMPORT: ActionWords(
        label="Import by hand",
        emoji="📥",
        hint="Look at its files, say what they are, and import them",
        question="Import these files?",
        doing="importing it",
        done="imported it",
    ),
}


def effect_lines(effect: Effect) -> Iterator[str]:
    """Yield exactly what an action does, a short line each; nothing that matters is left unsaid."""
    size = human_size(effect.size_bytes) if effect.size_bytes > 0 else "size not known"
    match effect.data:
        case DataFate.DELETED:
            yield f"🗑 Its data is **deleted** ({size})"
        case DataFate.KEPT:
            yield f"💾 Its data stays in the client ({size})"
        case DataFate.MOVED:
            yield f"💾 Its data stays, in another category ({size})"
        case DataFate.NONE:
            yield "💾 There is no data yet"
        case DataFate.UNTOUCHED:
            yield "💾 Nothing is deleted"
        case DataFate.IMPORTED:
            yield "📥 The files come into the library"
            yield "⚠ They may **replace** what is there"
    if effect.is_blocklisted:
        yield "🚫 This release is never taken again"
    if effect.kind is ActionKind.GRAB:
        yield "⚡ It is sent to the download client now"
    if effect.takes_all_delayed:
        yield "⏳ All that is held back for it goes, too"
    yield _search_line(effect)


def scope(effect: Effect) -> str:
    """Return how much it is about: "1 download · 8 episodes · 18 GB"."""
    parts = [count_of(min(effect.download_count, _LARGEST_COUNT), "download")]
    if effect.episode_count:
        parts.append(count_of(min(effect.episode_count, _LARGEST_COUNT), "episode"))
    if effect.size_bytes > 0:
        parts.append(human_size(effect.size_bytes))
    return " · ".join(parts)


def _search_line(effect: Effect) -> str:
    if effect.kind is ActionKind.SEARCH:
        return "🔎 Every indexer is asked for it now"
    if effect.is_searched:
        return "🔎 Another release is searched now, unless the app is set not to"
    return "🔎 Nothing is searched"
