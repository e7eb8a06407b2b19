"""What Radarr and Sonarr send, reduced to the fields that Discarr uses.

The only place where the wire's spellings live, with `discarr.clients.wire_actions`. Every field is
optional, because the apps leave out nulls and their versions differ; fields that are not named here are
skipped while decoding. Dates and spans stay text until they are needed: `discarr.clients.values` reads
them tolerantly.
"""

from msgspec import Struct

type Number = int | float
"""Sizes are integers by contract, but fractions were seen (Cleanuparr#710, recorded movie queue)."""


class Quality(Struct, gc=False):
    """The inner half of a quality: `{"id", "name", "source", "resolution"}`."""

    name: str | None = None
    resolution: Number | None = None


class QualityModel(Struct, gc=False):
    """A quality as it hangs on queue and history rows."""

    quality: Quality | None = None


class StatusText(Struct, gc=False):
    """One entry of `statusMessages`: a file or header and what the app says about it."""

    title: str | None = None
    messages: tuple[str | None, ...] | None = None


class Named(Struct, gc=False):
    """One entry of `languages` or `customFormats`."""

    name: str | None = None


class QueueRow(Struct, rename="camel", gc=False):
    """One record of `/queue`, of either app; Sonarr sends one per episode."""

    id: int | None = None
    movie_id: int | None = None
    series_id: int | None = None
    episode_id: int | None = None
    season_number: int | None = None
    title: str | None = None
    quality: QualityModel | None = None
    size: Number | None = None
    sizeleft: Number | None = None
    size_left: Number | None = None
    """The spelling of Sonarr 4.0.11.2688 and of API version 5 (Sonarr#7422)."""
    timeleft: str | None = None
    time_left: str | None = None
    estimated_completion_time: str | None = None
    added: str | None = None
    status: str | None = None
    tracked_download_status: str | None = None
    tracked_download_state: str | None = None
    status_messages: tuple[StatusText, ...] | None = None
    """A tuple, because the usual empty one costs nothing: 10,000 empty lists keep the collector busy."""
    error_message: str | None = None
    download_id: str | None = None
    protocol: str | None = None
    download_client: str | None = None
    download_client_has_post_import_category: bool | None = None
    indexer: str | None = None
    languages: tuple[Named | None, ...] | None = None
    custom_formats: tuple[Named | None, ...] | None = None
    custom_format_score: Number | None = None

    @property
    def media_id(self) -> int | None:
        """The app's movie or series id; None for a row the app could not match."""
        return self.movie_id or self.series_id or None


class Cover(Struct, rename="camel", gc=False):
    """One of the pictures of a movie or series; `url`, which leads to the instance itself, is left out."""

    cover_type: str | None = None
    remote_url: str | None = None


class Media(Struct, rename="camel", gc=False):
    """A movie or series, alone or embedded in a row."""

    id: int | None = None
    title: str | None = None
    year: int | None = None
    tags: tuple[int, ...] | None = None
    images: tuple[Cover | None, ...] | None = None
    path: str | None = None
    """The title's own folder."""
    root_folder_path: str | None = None
    """Sonarr and newer Radarrs leave it out where the title is embedded (recorded series queue)."""


class Episode(Struct, rename="camel", gc=False):
    """An episode, alone or embedded in a row."""

    id: int | None = None
    season_number: int | None = None
    episode_number: int | None = None


class MonitoredMovie(Struct, gc=False):
    """A movie, reduced to whether it is wanted."""

    monitored: bool | None = None


class MonitoredEpisode(Struct, gc=False):
    """An episode, reduced to whether it is wanted."""

    id: int | None = None
    monitored: bool | None = None


class TitleRow(Struct, rename="camel", gc=False):
    """What a queue row asked for with `include…` tells about titles."""

    movie: Media | None = None
    series: Media | None = None
    episode: Episode | None = None


class Status(Struct, rename="camel"):
    """`/system/status`."""

    app_name: str | None = None
    version: str | None = None
    instance_name: str | None = None
    url_base: str | None = None
    start_time: str | None = None


class Health(Struct, rename="camel"):
    """One entry of `/health`."""

    source: str | None = None
    type: str | None = None
    message: str | None = None
    wiki_url: str | None = None


class RootFolder(Struct, rename="camel"):
    """One entry of `/rootfolder`; `freeSpace` is absent while the folder cannot be reached."""

    path: str | None = None
    accessible: bool | None = None
    free_space: Number | None = None


class Disk(Struct, rename="camel"):
    """One entry of `/diskspace`."""

    path: str | None = None
    free_space: Number | None = None
    total_space: Number | None = None


class Tag(Struct):
    """One entry of `/tag`."""

    id: int | None = None
    label: str | None = None


class HistoryData(Struct, gc=False):
    """The one harmless entry of a history row's `data`: others carry indexer keys, addresses and paths."""

    reason: str | None = None
    """Why a file was deleted, such as "Upgrade" or "Manual"."""


class HistoryRow(Struct, rename="camel", gc=False):
    """One record of `/history`."""

    id: int | None = None
    movie_id: int | None = None
    series_id: int | None = None
    episode_id: int | None = None
    event_type: str | None = None
    date: str | None = None
    download_id: str | None = None
    source_title: str | None = None
    quality: QualityModel | None = None
    movie: Media | None = None
    series: Media | None = None
    episode: Episode | None = None
    data: HistoryData | None = None

    @property
    def media_id(self) -> int | None:
        """The app's movie or series id; None when the row has none."""
        return self.movie_id or self.series_id or None


class ErrorBody(Struct, rename="camel"):
    """The bodies that come with an error status, as far as they can be told apart."""

    error_message: str | None = None
    """Only the start-up middleware sends this."""
    message: str | None = None
