"""What can be done to an instance, and what comes of it, as frozen values."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from discarr.core.models import EpisodeNumber, InstanceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """How a download is removed. No flag has a default, because the apps' own defaults delete the data."""

    remove_from_client: bool
    """Delete the download and its data in the download client."""
    blocklist: bool
    """Never take this release again, and search for another one; skipped for what the app did not grab."""
    skip_redownload: bool
    """Do not search for another one after all; only where `Feature.SKIP_REDOWNLOAD` is supported."""
    change_category: bool
    """Keep the data and hand it over to another category of the client (`Feature.CHANGE_CATEGORY`)."""

    def __post_init__(self) -> None:
        """Refuse a contradiction: the apps would ignore the category and delete the data.

        Raises:
            ValueError: it is to be removed from the client and to be kept there.
        """
        if self.remove_from_client and self.change_category:
            raise ValueError("a download is either removed from its client or kept in another category")

    @property
    def is_ignore(self) -> bool:
        """Whether the app only hides the download, for good; of unknown items that does not last."""
        return not (self.remove_from_client or self.blocklist or self.change_category)


class CommandState(StrEnum):
    """How far an app has got with a command."""

    QUEUED = "queued"
    STARTED = "started"
    COMPLETED = "completed"
    FAILED = "failed"
    ABORTED = "aborted"
    CANCELLED = "cancelled"
    ORPHANED = "orphaned"
    """The app was restarted meanwhile."""
    UNKNOWN = "unknown"


class CommandResult(StrEnum):
    """What an app says came of a command."""

    SUCCESSFUL = "successful"
    UNSUCCESSFUL = "unsuccessful"
    UNKNOWN = "unknown"
    """Also while it has not ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandStatus:
    """A command of an app at one moment."""

    id: int
    name: str
    state: CommandState
    result: CommandResult
    message: str | None
    """Progress or outcome in the app's own words and language: technical, for operators only."""
    exception: str | None = field(repr=False)
    """For logs only: a stack trace with paths."""
    duration: timedelta | None
    """How long the work took; None before its end."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it. "Completed" does not mean that a search found anything."""
        return self.state not in (CommandState.QUEUED, CommandState.STARTED, CommandState.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryTitle:
    """A movie or series in the library of an instance."""

    id: int
    title: str
    year: int | None
    seasons: tuple[int, ...] = ()
    """Season numbers, ascending, 0 for the specials; empty for movies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryEpisode:
    """An episode in the library of an instance."""

    id: int
    number: EpisodeNumber
    title: str | None
    has_file: bool | None
    """None where the app does not say."""
    aired: datetime | None
    """None when unknown; may lie in the future."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRejection:
    """Why an app would not import a file by itself."""

    reason: str
    """In the app's own words and language: technical, for operators only."""
    is_permanent: bool
    """Whether it stays so unless somebody does something; also for a word that Discarr does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportCandidate:
    """A file of a download as it would be imported.

    What begins with `wire_` is the app's own, given back word for word: its own detection would be
    overwritten by anything else. `path` and `folder` are for the app as well and never shown.
    """

    kind: InstanceKind
    id: int
    """The app's number for the file, the same as long as its path is."""
    file_name: str
    """Without its path."""
    size_bytes: int
    media: LibraryTitle | None
    """The movie or series it is matched with; None when the app found none."""
    season: int | None
    """None for movies, and when the app found none."""
    episodes: tuple[LibraryEpisode, ...]
    """In ascending order; empty for movies, and when the app found none."""
    quality: str | None
    """Name of the quality, such as "WEBDL-1080p"; None when the app does not know it."""
    languages: tuple[str, ...]
    release_group: str | None
    release_type: str | None
    """The app's word, such as "seasonPack"; None for movies."""
    indexer_flags: int
    custom_formats: tuple[str, ...]
    custom_format_score: int
    rejections: tuple[ImportRejection, ...]
    """Importing does not heed them: it is forced, and may replace a better file."""
    download_id: str | None
    path: str = field(repr=False)
    folder: str | None = field(repr=False)
    episode_file_id: int | None = None
    """The app's file that this one already is, if any."""
    wire_quality: bytes = field(repr=False)
    """JSON; empty when the app sent none."""
    wire_languages: bytes = field(repr=False)
    """JSON; empty when the app sent none."""

    @property
    def is_ready(self) -> bool:
        """Whether all is known that an import needs; its rejections are another question."""
        is_assigned = self.media is not None and (self.kind is InstanceKind.RADARR or bool(self.episodes))
        return is_assigned and bool(self.wire_quality and self.wire_languages)

    def assign_title(self, title: LibraryTitle) -> Self:
        """Return the candidate for a movie, or for a series of which no season is said yet.

        Its rejections hold only after it is evaluated again.
        """
        return replace(self, media=title, season=None, episodes=())

    def assign_episodes(
        self, series: LibraryTitle, season: int, episodes: tuple[LibraryEpisode, ...] = ()
    ) -> Self:
        """Return the candidate for episodes of a series; as above.

        Without episodes the app finds them itself when it evaluates the candidate again.
        """
        ordered = tuple(sorted(episodes, key=lambda episode: episode.number))
        return replace(self, media=series, season=season, episodes=ordered)
