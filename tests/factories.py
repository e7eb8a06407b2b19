"""Domain objects with sensible defaults, for tests that care about one field."""

from typing import Any

from discarr.core.models import (
    Download,
    DownloadKey,
    InstanceKind,
    InstanceSnapshot,
    InstanceState,
    Protocol,
    QueueStatus,
    TrackedState,
    TrackedStatus,
)
from tests.fakes.clock import START


def make_download(**overrides: Any) -> Download:
    """Return a movie, one quarter downloaded, with nothing wrong."""
    values: dict[str, Any] = {
        "key": DownloadKey("radarr", "d", "HASH"),
        "row_ids": (1,),
        "title": "Dune: Part Two",
        "year": 2024,
        "release_title": "Dune.Part.Two.2024.2160p.WEB-DL",
        "media_id": 1,
        "seasons": (),
        "episodes": (),
        "episode_count": 0,
        "quality": "WEBDL-2160p",
        "resolution": 2160,
        "size_bytes": 4_000_000_000,
        "size_left_bytes": 3_000_000_000,
        "time_left": None,
        "estimated_completion": None,
        "added": None,
        "status": QueueStatus.DOWNLOADING,
        "tracked_status": TrackedStatus.OK,
        "tracked_state": TrackedState.DOWNLOADING,
        "messages": (),
        "error_message": None,
        "protocol": Protocol.TORRENT,
        "download_client": "qBittorrent",
        "indexer": "Indexer",
        "tags": (),
    }
    return Download(**(values | overrides))


def make_instance_snapshot(**overrides: Any) -> InstanceSnapshot:
    """Return a Radarr that is up, was read just now and has an empty queue."""
    values: dict[str, Any] = {
        "id": "radarr",
        "name": "Radarr",
        "kind": InstanceKind.RADARR,
        "public_url": None,
        "state": InstanceState.UP,
        "fetched_at": START,
        "attempted_at": START,
        "version": "6.0.3.1",
    }
    return InstanceSnapshot(**(values | overrides))
