"""What stands behind a simulated instance: the thing that knows its queue and its library."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import override

from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.commands import DONE, Outcome
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


class ClientRefusal(Exception):
    """The download client did not remove a download; `status` is what the app answers."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class NotCompleted(Exception):
    """A manual import was asked for what is still under way: the apps stumble over it and answer 500."""


@dataclass(kw_only=True)
class Source(ABC):
    """One simulated instance, without the socket.

    `media` and `episodes` are by id. Rows embed nothing: the server adds what a request includes.
    """

    kind: InstanceKind
    media: dict[int, JsonObject] = field(default_factory=dict)
    episodes: dict[int, JsonObject] = field(default_factory=dict)
    catalogue: list[JsonObject] = field(default_factory=list)
    """Movies or series that a look-up finds besides `media`; their own ids do not count."""
    profiles: list[JsonObject] = field(default_factory=list)
    """Quality profiles."""
    tags: list[JsonObject] = field(default_factory=list)
    health: list[JsonObject] = field(default_factory=list)
    disks: list[JsonObject] = field(default_factory=list)
    root_folders: list[JsonObject] = field(default_factory=list)
    status: JsonObject = field(default_factory=dict)
    """Fields of `/system/status` that differ from the server's own."""

    @abstractmethod
    def begin(self, at: datetime) -> None:
        """Learn when the server started: called once, before anything else is asked."""

    def advance(self, at: datetime) -> None:  # noqa: B027 - a hook
        """Let everything happen that is due by a moment: called before each request is answered."""

    @abstractmethod
    def rows(self, at: datetime) -> list[JsonObject]:
        """Return the queue rows as they look at a moment, pending releases included."""

    @abstractmethod
    def history(self, at: datetime) -> list[JsonObject]:
        """Return the history up to a moment, oldest first."""

    @abstractmethod
    def remove(self, row: JsonObject, removal: Removal, at: datetime) -> None:
        """Remove the download of a row: of a pack all rows go, whichever was named.

        Raises:
            ClientRefusal: the download client did not do it; nothing has changed.
        """

    @abstractmethod
    def grab(self, row: JsonObject, at: datetime) -> None:
        """Send a pending release to the download client."""

    def run(self, name: str, body: JsonObject, at: datetime) -> Outcome:  # noqa: ARG002 - a hook
        """Do the work of a command, at its end."""
        return DONE

    def importable(self, download_id: str, at: datetime) -> list[JsonObject]:  # noqa: ARG002 - a hook
        """Return the files that a manual import of a download offers; none for what is not tracked.

        Raises:
            NotCompleted: the download is still under way.
        """
        return []

    def reconsidered(self, file: JsonObject, at: datetime) -> JsonObject:  # noqa: ARG002 - a hook
        """Return a file of a manual import as judged with what a person has set."""
        return file | {"rejections": []}

    def blocklist(self) -> list[JsonObject]:
        """Return the blocklist, oldest first."""
        return []

    def unblock(self, ids: Collection[int]) -> None:  # noqa: B027 - a hook
        """Take entries from the blocklist."""

    def health_at(self, at: datetime) -> list[JsonObject]:  # noqa: ARG002 - a hook
        """Return the app's own warnings at a moment."""
        return self.health

    def disks_at(self, at: datetime) -> list[JsonObject]:  # noqa: ARG002 - a hook
        """Return the volumes at a moment."""
        return self.disks

    def root_folders_at(self, at: datetime) -> list[JsonObject]:  # noqa: ARG002 - a hook
        """Return the root folders at a moment."""
        return self.root_folders

    def version_at(self, at: datetime) -> str | None:  # noqa: ARG002 - a hook
        """Return the app's version at a moment; None: a usual one."""
        version: str | None = self.status.get("version")
        return version

    def prepared_page(self, query: QueueQuery) -> PreparedBody | None:  # noqa: ARG002 - a hook
        """Return the answer to a queue request if it is there already; None: sort, page and encode `rows`."""
        return None


@dataclass(kw_only=True)
class FixedSource(Source):
    """What it is given is what it answers. Tests may change the lists between requests."""

    queue: list[JsonObject] = field(default_factory=list)
    past: list[JsonObject] = field(default_factory=list)
    """History rows, oldest first, with ids."""
    blocked: list[JsonObject] = field(default_factory=list)
    """Entries of the blocklist, oldest first, with ids."""
    files: list[JsonObject] = field(default_factory=list)
    """What manual imports offer, each with its `downloadId`."""
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    """How commands end, by name; what is not here works."""
    ran: list[tuple[str, JsonObject]] = field(default_factory=list)
    """Name and body of the commands that have ended, in order; they change nothing."""

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

    @override
    def run(self, name: str, body: JsonObject, at: datetime) -> Outcome:
        self.ran.append((name, body))
        return self.outcomes.get(name, DONE)

    @override
    def importable(self, download_id: str, at: datetime) -> list[JsonObject]:
        return [file for file in self.files if file.get("downloadId") == download_id]

    @override
    def blocklist(self) -> list[JsonObject]:
        return self.blocked

    @override
    def unblock(self, ids: Collection[int]) -> None:
        self.blocked = [row for row in self.blocked if row["id"] not in ids]


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
