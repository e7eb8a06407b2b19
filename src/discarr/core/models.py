"""The domain: downloads, instances and snapshots of them, as frozen values.

Nothing here knows the wire format or Discord. "Absent" is None, "unknown" is an enum member.
Sizes are bytes, times are timezone-aware UTC, spans are `timedelta`.

What exists once per queue row is a frozen msgspec struct instead of a dataclass, without the garbage
collector's book-keeping (`gc=False`): it can be part of no cycle, and going through those of 20,000 rows
held up the event loop for 100 ms. `msgspec.structs.replace` copies them.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from msgspec import Struct


class InstanceKind(StrEnum):
    """Which app an instance runs."""

    RADARR = "radarr"
    SONARR = "sonarr"


class Protocol(StrEnum):
    """How a download travels."""

    USENET = "usenet"
    TORRENT = "torrent"
    UNKNOWN = "unknown"


class QueueStatus(StrEnum):
    """The download client's state of a queue item; the last two before UNKNOWN are pending releases."""

    QUEUED = "queued"
    PAUSED = "paused"
    DOWNLOADING = "downloading"
    COMPLETED = "completed"
    FAILED = "failed"
    WARNING = "warning"
    DELAY = "delay"
    CLIENT_UNAVAILABLE = "downloadClientUnavailable"
    UNKNOWN = "unknown"


class TrackedStatus(StrEnum):
    """The app's verdict on a tracked download."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"
    UNKNOWN = "unknown"


class TrackedState(StrEnum):
    """How far the app has got with a tracked download."""

    DOWNLOADING = "downloading"
    IMPORT_BLOCKED = "importBlocked"
    IMPORT_PENDING = "importPending"
    IMPORTING = "importing"
    IMPORTED = "imported"
    FAILED_PENDING = "failedPending"
    FAILED = "failed"
    IGNORED = "ignored"
    UNKNOWN = "unknown"


class DownloadKey(Struct, frozen=True, order=True, gc=False, cache_hash=True):
    """Identity of a download: titles are never keys.

    `kind` is "d" for a tracked download (`id` is the download id: torrent hash, nzo id, …) and
    "p" for a pending release, which has no download id (`id` is the queue row's id).
    """

    instance: str
    kind: Literal["d", "p"]
    id: str

    @property
    def text(self) -> str:
        """The key without its instance, as it is stored: "d:HASH"."""
        return f"{self.kind}:{self.id}"


class EpisodeNumber(Struct, frozen=True, order=True, gc=False):
    """Season and episode number as the app counts them; season 0 holds the specials."""

    season: int
    episode: int


class StatusMessage(Struct, frozen=True, kw_only=True, gc=False):
    """One of the app's technical explanations: usually a file and why it was rejected."""

    title: str
    messages: tuple[str, ...]


class Download(Struct, frozen=True, kw_only=True, gc=False):
    """One download, whatever the number of queue rows the app shows for it."""

    key: DownloadKey
    """Stable across refreshes and restarts of the app."""
    row_ids: tuple[int, ...]
    """The app's queue ids of all rows that were folded into this download, ascending."""
    title: str
    """Name of the movie or series; where the app does not know it, read from the release's name."""
    year: int | None
    """Release year of the movie or series; None when unknown."""
    release_title: str
    """The release as the download client names it."""
    media_id: int | None
    """The app's movie or series id; None for a download the app could not match."""
    seasons: tuple[int, ...]
    """Season numbers touched, ascending; empty for movies and unknown items."""
    episodes: tuple[EpisodeNumber, ...]
    """The episodes whose numbers are known, ascending; may be fewer than `episode_count`."""
    episode_count: int
    """How many episodes the app expects from this download; 0 for movies and unknown items."""
    quality: str | None
    """Name of the quality, such as "WEBDL-1080p"."""
    resolution: int | None
    """Vertical resolution, such as 1080; None when unknown."""
    size_bytes: int
    """Whole download; 0 while unknown (magnet without metadata)."""
    size_left_bytes: int
    """Within 0 … size_bytes."""
    time_left: timedelta | None
    """The client's own estimate; None when it has none (also when it says 0 with data left)."""
    estimated_completion: datetime | None
    """For a pending release: when its delay ends."""
    added: datetime | None
    """When the app grabbed it; None when it did not."""
    status: QueueStatus
    tracked_status: TrackedStatus | None
    """None for pending releases."""
    tracked_state: TrackedState | None
    """None for pending releases."""
    messages: tuple[StatusMessage, ...]
    """Technical, for operators only: names files and paths."""
    error_message: str | None
    """The download client's own words, in the language of the app; for operators only."""
    protocol: Protocol
    download_client: str | None
    indexer: str | None
    """For operators only."""
    tags: tuple[str, ...] | None
    """Labels of the movie's or series' tags, lower case; None when the title is not known (yet)."""
    has_post_import_category: bool = False
    """Whether the client supports the app's "change category"."""
    languages: tuple[str, ...] = ()
    custom_formats: tuple[str, ...] = ()
    """Names of the app's custom formats that the release matches."""
    custom_format_score: int | None = None
    """What the formats add up to; None where the app does not say."""
    poster_url: str | None = None
    """A picture on a public host, which Discord may fetch; None without one, or without a known title."""
    root_folder: str | None = None
    """The root folder that the title lies in, or a folder in it; None when the title is not known (yet).
    For operators and computations only: never shown to members."""

    @property
    def instance(self) -> str:
        """Id of the instance this download belongs to."""
        return self.key.instance

    @property
    def is_pending(self) -> bool:
        """Whether the app is still holding the release back (delay profile, client unavailable)."""
        return self.key.kind == "p"

    @property
    def fraction_done(self) -> float | None:
        """Part of the data that is loaded, 0 … 1; None while the size is unknown."""
        if self.size_bytes <= 0:
            return None
        return 1 - self.size_left_bytes / self.size_bytes

    @property
    def needs_hand(self) -> bool:
        """Whether a person has to do something (the rule of the apps' own web pages, design decision 1)."""
        if self.status in (QueueStatus.WARNING, QueueStatus.FAILED):
            return True
        if self.tracked_status is TrackedStatus.ERROR:
            return True
        if self.tracked_state is TrackedState.IMPORT_BLOCKED:
            return True
        return self.status is QueueStatus.COMPLETED and self.tracked_status is TrackedStatus.WARNING


class InstanceState(StrEnum):
    """What is known about an instance right now."""

    LOADING = "loading"
    """Not attempted yet."""
    UP = "up"
    STARTING = "starting"
    UNREACHABLE = "unreachable"
    """No connection, or no answer in time."""
    UNAUTHORIZED = "unauthorized"
    MISCONFIGURED = "misconfigured"
    DEGRADED = "degraded"
    """It answers, but with server errors or nonsense."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppIdentity:
    """What an instance says about itself (`/system/status`)."""

    app_name: str
    version: str
    instance_name: str
    url_base: str
    started_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskSpace:
    """Free room of one volume that the instance imports to."""

    path: str
    """For operators and logs only: never shown to members."""
    free_bytes: int
    total_bytes: int | None
    """None where the app does not say (root folders)."""
    folders: tuple[str, ...] = ()
    """All root folders that lie on the volume, `path` among them; as private as that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthIssue:
    """One of the app's own warnings; `source` is its language-free identity, one issue per source."""

    source: str
    level: Literal["notice", "warning", "error"]
    message: str
    wiki_url: str | None


class HistoryEvent(StrEnum):
    """The kinds of history records Discarr tells apart."""

    GRABBED = "grabbed"
    IMPORTED = "imported"
    FAILED = "failed"
    IGNORED = "ignored"
    FILE_DELETED = "fileDeleted"
    RENAMED = "renamed"
    UNKNOWN = "unknown"


class HistoryRecord(Struct, frozen=True, kw_only=True, gc=False):
    """One line of an instance's history. The wire's `data` map is left behind: it carries secrets."""

    id: int
    instance: str
    event: HistoryEvent
    date: datetime
    download_id: str | None
    title: str
    """Movie or series; read from the release's name where the app did not embed it."""
    year: int | None
    media_id: int | None
    episode: EpisodeNumber | None
    release_title: str
    quality: str | None
    tags: tuple[str, ...] | None
    """As in `Download.tags`."""
    episode_id: int | None = None
    """Sonarr's id of the episode; None for movies."""
    poster_url: str | None = None
    """As in `Download.poster_url`."""
    is_upgrade_deletion: bool = False
    """Whether a file was deleted only because a better one took its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedHistory:
    """What was read of an instance's history."""

    records: tuple[HistoryRecord, ...]
    """Newest first, each id once."""
    is_complete: bool
    """Whether nothing is missing back to the moment that was asked for, or to the history's beginning.

    Otherwise the reading was cut off: there are older records than the last one here."""
    skipped_rows: int = 0
    """Rows that could not be understood and were left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedQueue:
    """The result of one complete walk over an instance's queue."""

    downloads: tuple[Download, ...]
    row_count: int
    """Rows the app sent, before folding."""
    skipped_rows: int
    """Rows that could not be understood and were left out."""
    data_as_of: datetime | None
    """When the app itself last looked at its download clients (design decision 6); None when unknown."""
    is_unchanged: bool
    """Whether every body was byte-identical to the previous walk's; then `downloads` is the same object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceSnapshot:
    """Everything known about one instance at one moment."""

    id: str
    name: str
    kind: InstanceKind
    public_url: str | None
    state: InstanceState = InstanceState.LOADING
    downloads: tuple[Download, ...] = ()
    """The last rows that were read, kept while the instance is away."""
    fetched_at: datetime | None = None
    """When `downloads` was read; None before the first success."""
    attempted_at: datetime | None = None
    """When the queue was last asked for, successfully or not."""
    away_since: datetime | None = None
    """When the current failure began; None while up."""
    problem: str | None = None
    """Why it is not up, as "<name> <problem>": safe for Discord; None while up."""
    remedy: str | None = None
    """What to do about it; safe for Discord."""
    data_as_of: datetime | None = None
    skipped_rows: int = 0
    version: str | None = None
    started_at: datetime | None = None
    """When the app was started, by its own clock; None while it never said so."""
    disks: tuple[DiskSpace, ...] = ()
    health: tuple[HealthIssue, ...] = ()
    recent_imports: tuple[HistoryRecord, ...] = ()
    """The newest imports, newest first: a record an episode, so that a pack has several."""
    details_at: datetime | None = None
    """When warnings were last read; None before the first time."""
    response_s: float | None = None
    """How long the last successful walk over the queue took."""

    @property
    def is_stale(self) -> bool:
        """Whether `downloads` may no longer be true."""
        return self.state is not InstanceState.UP


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSnapshot:
    """All instances at one moment; replaced, never changed. `version` grows by one with every change."""

    version: int = 0
    instances: tuple[InstanceSnapshot, ...] = field(default=())

    def instance(self, instance_id: str) -> InstanceSnapshot | None:
        """Return the instance with that id, or None."""
        return next((item for item in self.instances if item.id == instance_id), None)

    def download(self, key: DownloadKey) -> Download | None:
        """Return the download with that key, or None."""
        instance = self.instance(key.instance)
        if instance is None:
            return None
        return next((download for download in instance.downloads if download.key == key), None)

    @property
    def downloads(self) -> tuple[Download, ...]:
        """The downloads of all instances, in the order of the instances."""
        return tuple(download for item in self.instances for download in item.downloads)
