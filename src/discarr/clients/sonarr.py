"""Sonarr: series."""

from collections.abc import Mapping
from typing import ClassVar

from discarr.clients.base import MediaClient
from discarr.core.models import HistoryEvent, InstanceKind


class SonarrClient(MediaClient):
    """A client of one Sonarr, version 4 or 5, through the API that both have."""

    kind = InstanceKind.SONARR
    _media_path = "/series"
    _has_episodes = True
    _unknown_items = (("includeUnknownSeriesItems", "true"),)
    _embedded = (("includeSeries", "true"), ("includeEpisode", "true"))
    _event_numbers: ClassVar[Mapping[HistoryEvent, int]] = {
        HistoryEvent.GRABBED: 1,
        HistoryEvent.IMPORTED: 3,
        HistoryEvent.FAILED: 4,
        HistoryEvent.FILE_DELETED: 5,
        HistoryEvent.RENAMED: 6,
        HistoryEvent.IGNORED: 7,
    }
