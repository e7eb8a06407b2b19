"""What stands behind a simulated instance: the thing that knows its queue and its library."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import override

from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.json_format import JsonObject
from discarr.sandbox.arr_server.queue_query import QueueQuery


class PreparedBody:
    """An answer that is encoded already, so that serving it costs nothing."""

    __slots__ = ("gzipped", "raw")

    def __init__(self, raw: bytes, gzipped: bytes) -> None:
        self.raw = raw
        self.gzipped = gzipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """The flags of a removal, with the defaults of the apps."""

    remove_from_client: bool = True
    blocklist: bool = False
    skip_redownload: bool = False
    change_category: bool = False

    @property
    def is_ignore(self) -> bool:
        """Whether it only hides the download for good."""
        return not (self.remove_from_client or self.blocklist or self.change_category)


@dataclass(kw_only=True)
class Source(ABC):
    """One simulated instance, without the socket.

    `media` and `episodes` are by id. Rows embed nothing: the server adds what a request includes.
    """

    kind: InstanceKind
    media: dict[int, JsonObject] = field(default_factory=dict)
    episodes: dict[int, JsonObject] = field(default_factory=dict)
    tags: list[JsonObject] = field(default_factory=list)
    health: list[JsonObject] = field(default_factory=list)
    disks: list[JsonObject] = field(default_factory=list)
    root_folders: list[JsonObject] = field(default_factory=list)
    status: JsonObject = field(default_factory=dict)
    """Fields of `/system/status` that differ from the server's own."""

    @abstractmethod
    def begin(self, at: datetime) -> None:
        """Learn when the server started: called once, before anything else is asked."""

    @abstractmethod
    def rows(self, at: datetime) -> list[JsonObject]:
        """Return the queue rows as they look at a moment, pending releases included."""

    @abstractmethod
    def history(self, at: datetime) -> list[JsonObject]:
        """Return the history up to a moment, oldest first."""

    @abstractmethod
    def remove(self, row: JsonObject, removal: Removal, at: datetime) -> None:
        """Remove the download of a row: of a pack all rows go, whichever was named."""

    @abstractmethod
    def grab(self, row: JsonObject, at: datetime) -> None:
        """Send a pending release to the download client."""

    def prepared_page(self, query: QueueQuery) -> PreparedBody | None:  # noqa: ARG002 - a hook
        """Return the answer to a queue request if it is there already; None: sort, page and encode `rows`."""
        return None


@dataclass(kw_only=True)
class FixedSource(Source):
    """What it is given is what it answers. Tests may change the lists between requests."""

    queue: list[JsonObject] = field(default_factory=list)
    past: list[JsonObject] = field(default_factory=list)
    """History rows, oldest first, with ids."""

    @override
    def begin(self, at: datetime) -> None:
        pass

    @override
    def rows(self, at: datetime) -> list[JsonObject]:
        return list(self.queue)

    @override
    def history(self, at: datetime) -> list[JsonObject]:
        return self.past

    @override
    def remove(self, row: JsonObject, removal: Removal, at: datetime) -> None:
        self.queue = [item for item in self.queue if not _is_same_download(item, row)]

    @override
    def grab(self, row: JsonObject, at: datetime) -> None:
        self.queue = [item for item in self.queue if not _is_same_download(item, row)]


def by_id(resources: Iterable[JsonObject]) -> dict[int, JsonObject]:
    """Return the resources by their ids."""
    return {resource["id"]: resource for resource in resources}


def embed(source: Source, row: JsonObject, query: QueueQuery) -> JsonObject:
    """Return a row with the movie, series and episode that a request includes, as far as they are known."""
    embedded: JsonObject = {}
    for name in ("movie", "series"):
        item = source.media.get(row.get(f"{name}Id", 0))
        if query.has_media and item is not None:
            embedded[name] = item
    episode = source.episodes.get(row.get("episodeId", 0))
    if query.has_episode and episode is not None:
        embedded["episode"] = episode
    return row | embedded


def _is_same_download(one: JsonObject, other: JsonObject) -> bool:
    key = "downloadId" if "downloadId" in other else "id"
    return bool(one.get(key) == other[key])
