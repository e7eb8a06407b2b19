"""What a message says, free of any Discord detail; stored as JSON in the outbox until it is delivered.

Texts from outside are raw here: whoever draws a message escapes and cuts them.
"""

from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from discarr.core.events import Ending, EventKind, Severity, Work
from discarr.core.models import DownloadKey

MAX_ENTRIES: Final = 10
"""Alerts that one message lists."""
MAX_ITEMS: Final = 40
"""Downloads that one digest tells by name."""


class Facts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of a condition. Which fields are set depends on its kind."""

    work: Work | None = None
    key: DownloadKey | None = None
    """The download it is about, for the way to its card."""
    reason: str = ""
    """A `ReasonKind` of `discarr.monitoring.reason_words`."""
    problem: str = ""
    """What is wrong, as a predicate of the instance's name ("refuses the API key")."""
    remedy: str = ""
    source: str = ""
    """The app's own, language-free name of its health check."""
    names: tuple[str, ...] = ()
    """Instances that share the problem."""
    free_bytes: int | None = None
    coming_bytes: int | None = None
    """What is still to be loaded onto the same disk."""
    idle_s: float | None = None
    count: int = 0

    def is_news_after(self, before: "Facts") -> bool:
        """Whether people would call the difference a change: growing numbers alone are none."""
        return (self.key, self.reason, self.problem, self.source, self.names) != (
            before.key,
            before.reason,
            before.problem,
            before.source,
            before.names,
        )


class Entry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One alert within a message."""

    alert_id: int
    began_at: datetime
    facts: Facts
    ended_at: datetime | None = None
    ending: Ending | None = None


class StoryContent(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="story"):
    """One or more alerts of one kind and instance: a single message, edited as things go on."""

    story_id: int
    kind: EventKind
    severity: Severity
    instance: str | None
    instance_name: str
    """Empty for what concerns no instance."""
    began_at: datetime
    entries: tuple[Entry, ...]
    """Open ones first, at most `MAX_ENTRIES`."""
    total: int
    open_count: int
    ended_at: datetime | None = None
    """Set when all have ended."""
    acknowledged_by: int | None = None
    """Id of the person, when nothing in it is open that nobody acknowledged."""
    mention_role_id: int | None = None
    is_reminder: bool = False
    """Whether it is a message of its own that refers to the story's."""


class Item(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The latest step in the life of one download."""

    kind: EventKind
    at: datetime
    instance_name: str
    work: Work


class DigestContent(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="digest"):
    """What happened to downloads in a stretch of time: one message, edited while the stretch lasts."""

    since: datetime
    items: tuple[Item, ...]
    """Newest first, at most `MAX_ITEMS`."""
    counts: dict[EventKind, int]
    """Of all downloads in it, by their latest step."""
    mention_role_id: int | None = None
    missed_from: datetime | None = None
    """Set when some of it happened while Discarr was off: since then."""

    @property
    def total(self) -> int:
        """Number of downloads."""
        return sum(self.counts.values())


class ReadyContent(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="ready"):
    """A followed title can be watched, or its download failed."""

    work: Work
    instance_name: str
    user_ids: tuple[int, ...]
    """Who follows it and is mentioned."""
    at: datetime
    has_failed: bool = False
    missing_count: int = 0
    """Episodes of the pack that did not arrive."""


class NoticeContent(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="notice"):
    """Something said once, in sentences that are Discarr's own."""

    kind: EventKind
    severity: Severity
    title: str
    lines: tuple[str, ...] = ()
    at: datetime | None = None


class OverflowContent(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="overflow"):
    """Stands for messages that would have been too many at once."""

    counts: dict[EventKind, int]
    since: datetime


type Content = StoryContent | DigestContent | ReadyContent | NoticeContent | OverflowContent

_DECODER: Final[msgspec.json.Decoder[Content]] = msgspec.json.Decoder(
    StoryContent | DigestContent | ReadyContent | NoticeContent | OverflowContent
)


def encode(content: Content) -> bytes:
    """Return the content as JSON."""
    return msgspec.json.encode(content)


def decode(stored: bytes) -> Content:
    """Return what `encode` was given.

    Raises:
        ValueError: it is not what this version writes.
    """
    try:
        return _DECODER.decode(stored)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise ValueError("not a stored message") from exc
