"""What Radarr and Sonarr are sent and send back when something is done to them.

The rules of `discarr.clients.wire` hold here too.
"""

from typing import Annotated, Any

from msgspec import Meta, Raw, Struct

from discarr.clients.wire import Media, Number

type Int32 = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
"""What .NET calls an int. These numbers are sent back, and nothing larger would be understood."""


class Command(Struct, rename="camel"):
    """A command as the apps show it."""

    id: Int32 | None = None
    name: str | None = None
    status: str | None = None
    result: str | None = None
    message: str | None = None
    exception: str | None = None
    duration: str | None = None


class MoviesSearch(Struct, rename="camel", tag_field="name"):
    """Search for movies now (Radarr)."""

    movie_ids: tuple[int, ...]


class EpisodeSearch(Struct, rename="camel", tag_field="name"):
    """Search for single episodes now (Sonarr); one search at the indexers each."""

    episode_ids: tuple[int, ...]


class SeasonSearch(Struct, rename="camel", tag_field="name"):
    """Search for a whole season now (Sonarr)."""

    series_id: int
    season_number: int


class ImportFile(Struct, rename="camel", omit_defaults=True, kw_only=True):
    """A file to evaluate or to import, and as what."""

    path: str
    quality: Raw
    languages: Raw
    indexer_flags: int
    id: int | None = None
    folder_name: str | None = None
    movie_id: int | None = None
    series_id: int | None = None
    season_number: int | None = None
    episode_ids: tuple[int, ...] | None = None
    episode_file_id: int | None = None
    release_group: str | None = None
    release_type: str | None = None
    download_id: str | None = None


class ManualImport(Struct, rename="camel", tag_field="name", kw_only=True):
    """Import files now, whatever speaks against it."""

    import_mode: str = "auto"
    """Move if the download client allows it, else copy: what the apps' own web pages ask for."""
    files: tuple[ImportFile, ...]


class Season(Struct, rename="camel"):
    """A season inside of a series."""

    season_number: Int32 | None = None


class LibraryRow(Media, rename="camel"):
    """A movie or series that was looked up, or that a file is matched with."""

    seasons: list[Season] | None = None


class EpisodeRow(Struct, rename="camel"):
    """An episode to choose."""

    id: Int32 | None = None
    season_number: Int32 | None = None
    episode_number: Int32 | None = None
    title: str | None = None
    has_file: bool | None = None
    air_date_utc: str | None = None


class Rejection(Struct):
    """One entry of `rejections`."""

    reason: str | None = None
    type: str | None = None


class CustomFormat(Struct):
    """One entry of `customFormats`."""

    name: str | None = None


class ImportRow(Struct, rename="camel"):
    """One file of `/manualimport`: found, or evaluated again (then without name, size and series)."""

    id: Int32 | None = None
    path: str | None = None
    folder_name: str | None = None
    size: Number | None = None
    movie: LibraryRow | None = None
    series: LibraryRow | None = None
    season_number: Int32 | None = None
    episodes: list[EpisodeRow] | None = None
    episode_file_id: Int32 | None = None
    release_group: str | None = None
    release_type: str | None = None
    quality: dict[str, Any] | None = None
    """Whole, because it is given back as it came."""
    languages: list[dict[str, Any]] | None = None
    """Whole, as above."""
    download_id: str | None = None
    custom_formats: list[CustomFormat] | None = None
    custom_format_score: Int32 | None = None
    indexer_flags: Int32 | None = None
    rejections: list[Rejection] | None = None
