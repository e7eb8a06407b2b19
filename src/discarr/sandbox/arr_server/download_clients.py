"""The download clients that a simulated instance uses."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from discarr.core.models import Protocol
from discarr.sandbox.arr_server.timeline import NEVER, Window


class OnRemoval(StrEnum):
    """What a client does when it is to remove a download with its data."""

    REMOVES = "removes"
    FAILS = "fails"
    """The app answers 500, and everything stays."""
    PRETENDS = "pretends"
    """It says yes and does nothing: the row is back with the next refresh of the queue."""
    IS_MISSING = "is missing"
    """Its entry in the app was deleted: the app answers 400, and everything stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadClient:
    """A download client as it is set up in an app."""

    id: int
    name: str
    protocol: Protocol
    has_post_import_category: bool = False
    """Whether a download can be given another category, which is what frees it without deleting data."""
    on_removal: OnRemoval = OnRemoval.REMOVES
    away: Window = NEVER
    """When the app cannot reach it: its downloads are missing from the queue meanwhile."""


SABNZBD = DownloadClient(id=1, name="SABnzbd", protocol=Protocol.USENET)
QBITTORRENT = DownloadClient(
    id=2, name="qBittorrent", protocol=Protocol.TORRENT, has_post_import_category=True
)
USUAL_CLIENTS = (SABNZBD, QBITTORRENT)


def find_client(clients: Iterable[DownloadClient], protocol: Protocol, name: str | None) -> DownloadClient:
    """Return the client with a name, or the first for a protocol if none is named.

    Raises:
        ValueError: there is none.
    """
    for client in clients:
        if client.protocol is protocol and name in (None, client.name):
            return client
    raise ValueError(f"no client for {protocol} is called {name}")
