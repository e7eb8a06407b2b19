"""Recorded answers of real instances, served as if they were given now."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, override

from discarr.core.errors import DiscarrError
from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.instance import VERSIONS
from discarr.sandbox.arr_server.json_format import JsonObject, parse_span, parse_utc, utc_text
from discarr.sandbox.arr_server.source import FixedSource, by_id

QUEUE_FILES = {InstanceKind.RADARR: "movie-queue.json", InstanceKind.SONARR: "series-queue.json"}
_HISTORY_FILES = {
    InstanceKind.RADARR: "movie-history.json",
    InstanceKind.SONARR: "series-episode-history.json",
}
_UNTIMED_AGE = timedelta(hours=3)
"""How long ago a row was grabbed that does not tell when it was recorded."""
_LAST_EVENT_AGE = timedelta(minutes=15)


class ReplayError(DiscarrError):
    """The directory does not hold usable recordings; the message says what is needed."""


@dataclass(kw_only=True)
class ReplaySource(FixedSource):
    """Recorded rows of one instance.

    The moment of the recording is always now: at each refresh of the queue an estimate is again as far away
    as it was. A download was grabbed as long before the server's start as it was before the recording.
    """

    _began: datetime | None = field(default=None, init=False)

    @override
    def begin(self, at: datetime) -> None:
        self._began = at
        if self.past:
            shift = at - _LAST_EVENT_AGE - max(parse_utc(row["date"]) for row in self.past)
            self.past = [row | {"date": utc_text(parse_utc(row["date"]) + shift)} for row in self.past]

    @override
    def rows(self, at: datetime) -> list[JsonObject]:
        return [self._shifted(row, at) for row in self.queue]

    def _shifted(self, row: JsonObject, at: datetime) -> JsonObject:
        recorded = _recorded_at(row)
        shifted = dict(row)
        if recorded is None or self._began is None:
            return shifted
        if "estimatedCompletionTime" in row:
            estimate = parse_utc(row["estimatedCompletionTime"])
            shifted["estimatedCompletionTime"] = utc_text(at + (estimate - recorded))
        if "added" in row:
            shifted["added"] = utc_text(self._began + (parse_utc(row["added"]) - recorded))
        return shifted


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A directory of recordings, named as in the list that `from_directory` demands."""

    sources: dict[InstanceKind, ReplaySource]

    @classmethod
    def from_directory(cls, directory: Path) -> "Replay":
        """Read the recordings; only the two queues are required.

        Raises:
            ReplayError: a queue is missing, or a file is not what its name says.
        """
        missing = [name for name in QUEUE_FILES.values() if not (directory / name).is_file()]
        if missing:
            raise ReplayError(
                f"{directory} lacks {' and '.join(missing)}. Needed are movie-queue.json (Radarr, GET "
                "/api/v3/queue?includeMovie=true) and series-queue.json (Sonarr, GET "
                "/api/v3/queue?includeSeries=true&includeEpisode=true); system-status.json, disk-space.json, "
                "root-folders.json, tags.json, health.json, quality-profiles.json, movie-history.json, "
                "series-episode-history.json, and of each app the -manual-import.json and -lookup.json "
                "(radarr-manual-import.json, movie-lookup.json) are used when they are there"
            )
        return cls(sources={kind: _read_source(directory, kind) for kind in InstanceKind})

    def source(self, kind: InstanceKind) -> ReplaySource:
        """Return the recording of an app, to be given to an `ArrServer`."""
        return self.sources[kind]


def _read_source(directory: Path, kind: InstanceKind) -> ReplaySource:
    rows = _read(directory / QUEUE_FILES[kind], _records)
    media_name = "movie" if kind is InstanceKind.RADARR else "series"
    found = _read(directory / f"{media_name}-lookup.json", _records)
    return ReplaySource(
        kind=kind,
        queue=[
            {name: value for name, value in row.items() if name not in ("movie", "series", "episode")}
            for row in rows
        ],
        media=by_id(item for item in found if "id" in item)
        | by_id(row[media_name] for row in rows if media_name in row),
        episodes=by_id(row["episode"] for row in rows if "episode" in row),
        past=sorted(_read(directory / _HISTORY_FILES[kind], _records), key=lambda row: row["date"]),
        files=_read(directory / f"{kind}-manual-import.json", _records),
        catalogue=[item for item in found if "id" not in item],
        profiles=_read(directory / "quality-profiles.json", _records),
        tags=_read(directory / "tags.json", _records),
        health=_read(directory / "health.json", _records),
        disks=_read(directory / "disk-space.json", _records),
        root_folders=_read(directory / "root-folders.json", _records),
        status=_read_status(directory / "system-status.json", kind),
    )


def _read_status(path: Path, kind: InstanceKind) -> JsonObject:
    """Return the recorded status; one of the other app is adapted, with a supported version."""
    if not path.is_file():
        return {}
    status: JsonObject = _read(path, dict)
    app_name = kind.value.capitalize()
    return (
        status
        if status.get("appName") == app_name
        else status
        | {
            "appName": app_name,
            "version": VERSIONS[kind],
        }
    )


def _records(content: Any) -> list[JsonObject]:
    rows = content["records"] if isinstance(content, dict) else content
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise TypeError
    return rows


def _read[T](path: Path, shape: Callable[[Any], T]) -> T:
    """Return a file's content in the given shape; a file that is not there holds nothing."""
    if not path.is_file():
        return shape([])
    try:
        return shape(json.loads(path.read_bytes()))
    except (ValueError, TypeError, LookupError):
        raise ReplayError(f"{path} is not a recorded answer: a JSON list or page was expected") from None


def _recorded_at(row: JsonObject) -> datetime | None:
    """Return when the app made a row: its estimate less the time left, or a guess from the grab."""
    if "estimatedCompletionTime" in row and "timeleft" in row:
        return parse_utc(row["estimatedCompletionTime"]) - parse_span(row["timeleft"])
    if "estimatedCompletionTime" in row:
        return parse_utc(row["estimatedCompletionTime"])
    return parse_utc(row["added"]) + _UNTIMED_AGE if "added" in row else None
