"""Targets and operations as they stand in memory."""

from datetime import timedelta
from typing import Any

from discarr.core.actions import ImportCandidate, LibraryEpisode, LibraryTitle
from discarr.core.models import Download, EpisodeNumber, InstanceKind
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.operation import Item, Operation, OperationState
from discarr.monitoring.acting.targets import Target, target_of
from discarr.utils.permissions import Level
from tests.factories import make_download
from tests.fakes.clock import START

GRABBED = START - timedelta(hours=1)


def make_grab(**overrides: Any) -> Download:
    """Return a movie that the app itself grabbed an hour ago."""
    return make_download(**({"added": GRABBED} | overrides))


def make_target(**overrides: Any) -> Target:
    return target_of(make_grab(**overrides))


def make_operation(*targets: Target, **overrides: Any) -> Operation:
    values: dict[str, Any] = {
        "id": "0123456789abcdef",
        "kind": ActionKind.REMOVE,
        "state": OperationState.PENDING,
        "requested_by": 1,
        "level": Level.OPERATOR,
        "created_at": START,
        "expires_at": START + timedelta(minutes=10),
        "items": tuple(Item(target=target) for target in targets or (make_target(),)),
    }
    return Operation(**(values | overrides))


def make_file(kind: InstanceKind = InstanceKind.RADARR, **overrides: Any) -> ImportCandidate:
    """Return a file of the download A that is ready to be imported: a movie, or two episodes."""
    is_radarr = kind is InstanceKind.RADARR
    episodes = tuple(
        LibraryEpisode(
            id=100 + number,
            number=EpisodeNumber(season=1, episode=number),
            title="T",
            has_file=False,
            aired=START,
        )
        for number in (1, 2)
    )
    values: dict[str, Any] = {
        "kind": kind,
        "id": 1,
        "file_name": "a.mkv",
        "size_bytes": 4000,
        "media": LibraryTitle(id=1, title="Title 1", year=2020),
        "season": None if is_radarr else 1,
        "episodes": () if is_radarr else episodes,
        "quality": "WEBDL-1080p",
        "languages": ("English",),
        "release_group": None,
        "release_type": None,
        "indexer_flags": 0,
        "custom_formats": (),
        "custom_format_score": 0,
        "rejections": (),
        "download_id": "A",
        "path": "/downloads/A/a.mkv",
        "folder": "A",
        "wire_quality": b'{"quality":{"id":3}}',
        "wire_languages": b'[{"id":1}]',
    }
    return ImportCandidate(**(values | overrides))
