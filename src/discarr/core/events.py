"""What people can be told of: the kinds of events, how much they matter, and what they are about.

Three sorts of kinds. A *condition* holds for a while, begins and ends, and becomes an alert. An *activity* is
a step in the life of a download, told in digests. A *notice* is said once.
"""

from enum import StrEnum
from typing import Final

from msgspec import Struct

from discarr.core.models import Download, EpisodeNumber

MAX_EPISODES: Final = 100
"""More of one pack are counted, not listed."""


class EventKind(StrEnum):
    """What happened, or is so. The values stand in the database: a released one never changes."""

    NEEDS_HAND = "needs_hand"
    STALLED = "stalled"
    INSTANCE_DOWN = "instance_down"
    WRONG_KEY = "wrong_key"
    MISCONFIGURED = "misconfigured"
    FLAPPING = "flapping"
    NETWORK = "network"
    """Half of the instances cannot be reached: one problem, not many."""
    DISK_LOW = "disk_low"
    APP_ERROR = "app_error"
    """The app's own health page shows an error."""
    APP_WARNING = "app_warning"
    APP_NOTICE = "app_notice"
    UNDELIVERED = "undelivered"
    """Something could not be told to anybody."""
    SECURITY = "security"

    GRABBED = "grabbed"
    IMPORTED = "imported"
    UPGRADED = "upgraded"
    FAILED = "failed"
    REMOVED = "removed"

    READY = "ready"
    """A followed title can be watched, or its download failed."""
    VERSION = "version"
    STORE_RESET = "store_reset"


CONDITIONS: Final = frozenset(
    {
        EventKind.NEEDS_HAND,
        EventKind.STALLED,
        EventKind.INSTANCE_DOWN,
        EventKind.WRONG_KEY,
        EventKind.MISCONFIGURED,
        EventKind.FLAPPING,
        EventKind.NETWORK,
        EventKind.DISK_LOW,
        EventKind.APP_ERROR,
        EventKind.APP_WARNING,
        EventKind.APP_NOTICE,
        EventKind.UNDELIVERED,
        EventKind.SECURITY,
    }
)
ACTIVITIES: Final = frozenset(
    {
        EventKind.GRABBED,
        EventKind.IMPORTED,
        EventKind.UPGRADED,
        EventKind.FAILED,
        EventKind.REMOVED,
    }
)
NOTICES: Final = frozenset(EventKind) - CONDITIONS - ACTIVITIES


class Severity(StrEnum):
    """How much an event matters."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"
    """Told also in quiet hours."""


class Ending(StrEnum):
    """How a condition ended, as far as is known."""

    SOLVED = "solved"
    IMPORTED = "imported"
    FAILED = "failed"
    REMOVED = "removed"
    GONE = "gone"
    """What it was about is no longer there, and nobody said why."""


class Work(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The movie or the part of a series that an event is about."""

    title: str
    year: int | None = None
    seasons: tuple[int, ...] = ()
    episodes: tuple[EpisodeNumber, ...] = ()
    """Ascending, at most `MAX_EPISODES`; empty for a movie, and where the numbers are not known."""
    episode_count: int = 0
    """How many episodes there are; 0 for a movie."""
    quality: str | None = None
    resolution: int | None = None
    size_bytes: int = 0
    poster_url: str | None = None
    """At one of the public artwork servers; None when there is none."""


def work_of(download: Download) -> Work:
    """Return what a download is about."""
    return Work(
        title=download.title,
        year=download.year,
        seasons=download.seasons,
        episodes=download.episodes[:MAX_EPISODES],
        episode_count=download.episode_count,
        quality=download.quality,
        resolution=download.resolution,
        size_bytes=download.size_bytes,
        poster_url=download.poster_url,
    )
