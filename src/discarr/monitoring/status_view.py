"""What the live message says, free of any Discord detail: the input of the pure renderers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from discarr.core.models import DownloadKey, EpisodeNumber, InstanceKind, InstanceState
from discarr.monitoring.reasons import Explanation


class Phase(StrEnum):
    """Where a download stands, in the words of the people who wait for it."""

    NEEDS_HAND = "needs a hand"
    DOWNLOADING = "downloading"
    STALLED = "no data"
    """Downloading or queued by name, but nothing has arrived for a while."""
    UNPACKING = "unpacking"
    """Everything is loaded; the client verifies, repairs or unpacks."""
    IMPORTING = "importing"
    WAITING = "waiting to import"
    QUEUED = "queued"
    PAUSED = "paused"
    DELAYED = "delayed"
    """The app holds the release back (delay profile or download client away)."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadRow:
    """One download as people see it."""

    key: DownloadKey
    kind: InstanceKind
    title: str
    year: int | None
    seasons: tuple[int, ...]
    episodes: tuple[EpisodeNumber, ...]
    episode_count: int
    quality: str | None
    resolution: int | None
    instance_name: str | None
    """Shown only where there are several instances of the kind; None otherwise."""
    phase: Phase
    fraction_done: float | None
    """0 … 1; None while the size is unknown."""
    size_bytes: int
    eta: datetime | None
    """When the data is expected to be complete; None when nobody can tell."""
    is_eta_sure: bool
    """Whether the estimate has held for a while; unsure ones are shown with "≈"."""
    delayed_until: datetime | None
    explanation: Explanation | None
    """Why a person is needed, for NEEDS_HAND and STALLED."""
    idle_for: timedelta | None
    """How long no data has arrived, for STALLED."""
    true_at: datetime | None
    """Set while the instance is away: the row was true then."""
    away_word: str | None
    """Set while the instance is away: "4K offline", "4K starting", …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceRow:
    """One line of the server list."""

    id: str
    name: str
    state: InstanceState
    since: datetime | None
    """When it stopped being up; None while up."""
    problem: str | None
    """Why, as a predicate ("refuses the API key"); None while up."""
    remedy: str | None
    free_bytes: int | None
    """None while unknown."""
    shares_disk_with: str | None
    """Name of an earlier instance that already shows the same volume; then `free_bytes` is not repeated."""
    warning_count: int
    """The app's own health warnings and errors."""
    skipped_rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LastAdded:
    """The newest import, for the quiet hours."""

    title: str
    year: int | None
    episode: EpisodeNumber | None
    at: datetime


class Scene(StrEnum):
    """Which of its faces the live message shows."""

    LOADING = "loading"
    ACTIVE = "active"
    IDLE = "idle"
    OFFLINE = "offline"
    """Discarr itself is shutting down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusView:
    """Everything the live message says. Lists are complete and in display order: renderers cut."""

    scene: Scene
    needs_hand: tuple[DownloadRow, ...]
    """Rows that need a person, oldest trouble first."""
    others: tuple[DownloadRow, ...]
    """All other rows: soonest to finish first, then the rest."""
    instances: tuple[InstanceRow, ...]
    last_added: LastAdded | None
    checked_at: datetime | None
    """When the newest answer of any instance was read; None before the first."""
    next_check_by: datetime | None
    """Latest time by which this message will have been renewed."""

    @property
    def total(self) -> int:
        """Number of downloads."""
        return len(self.needs_hand) + len(self.others)
