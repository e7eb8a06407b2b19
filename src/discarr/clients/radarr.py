"""Radarr: movies."""

from collections.abc import Mapping
from typing import ClassVar

from discarr.clients.base import MediaClient
from discarr.core.models import HistoryEvent, InstanceKind


class RadarrClient(MediaClient):
    """A client of one Radarr, version 4 or later."""

    kind = InstanceKind.RADARR
    _media_path = "/movie"
    _has_episodes = False
    _unknown_items = (("includeUnknownMovieItems", "true"),)
    _embedded = (("includeMovie", "true"),)
    _event_numbers: ClassVar[Mapping[HistoryEvent, int]] = {
        HistoryEvent.GRABBED: 1,
        HistoryEvent.IMPORTED: 3,
        HistoryEvent.FAILED: 4,
        HistoryEvent.FILE_DELETED: 6,
        HistoryEvent.RENAMED: 8,
        HistoryEvent.IGNORED: 9,
    }
