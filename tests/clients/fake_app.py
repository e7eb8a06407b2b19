"""An app at the wire: answers requests of the client under test, and remembers them."""

import json
from collections.abc import Callable
from typing import Any

import httpx

from discarr.clients.base import MediaClient
from discarr.clients.factory import create_client
from discarr.core.clock import Clock
from discarr.core.config import InstanceConfig
from discarr.core.instance_settings import InstanceSettings
from discarr.core.models import InstanceKind
from discarr.core.setting_values import as_config
from tests.fakes.clock import FakeClock

KEY = "canary-0123456789abcdef"

type Handler = Callable[[httpx.Request], httpx.Response]


def make_config(kind: InstanceKind = InstanceKind.RADARR, **overrides: Any) -> InstanceConfig:
    values: dict[str, Any] = {
        "id": kind.value,
        "kind": kind,
        "name": kind.value.capitalize(),
        "url": "http://app:7878",
        "api_key": KEY,
    }
    return as_config(InstanceSettings(**(values | overrides)), InstanceConfig)


def make_client(
    handler: Handler,
    kind: InstanceKind = InstanceKind.RADARR,
    *,
    clock: Clock | None = None,
    needs_fresh_tags: bool = False,
    **overrides: Any,
) -> MediaClient:
    return create_client(
        make_config(kind, **overrides),
        clock=clock or FakeClock(),
        transport=httpx.MockTransport(handler),
        needs_fresh_tags=needs_fresh_tags,
    )


def make_row(row_id: int, **overrides: Any) -> dict[str, Any]:
    """Return a queue record as Radarr sends it; None leaves a field out."""
    row: dict[str, Any] = {
        "id": row_id,
        "movieId": row_id,
        "title": f"Movie.{row_id:05}.2015.1080p.BluRay-GRP",
        "quality": {"quality": {"id": 7, "name": "Bluray-1080p", "resolution": 1080}},
        "size": 4000,
        "sizeleft": 1000,
        "timeleft": "00:10:00",
        "estimatedCompletionTime": "2026-01-02T20:56:00Z",
        "added": "2026-01-02T20:00:00Z",
        "status": "downloading",
        "trackedDownloadStatus": "ok",
        "trackedDownloadState": "downloading",
        "statusMessages": [],
        "downloadId": f"HASH{row_id}",
        "protocol": "torrent",
        "downloadClient": "qBittorrent",
        "downloadClientHasPostImportCategory": True,
        "indexer": "Indexer",
    } | overrides
    return {key: value for key, value in row.items() if value is not None}


def make_episode_row(row_id: int, *, download_id: str = "PACK", **overrides: Any) -> dict[str, Any]:
    """Return a queue record as Sonarr sends it, one per episode."""
    return make_row(
        row_id,
        **(
            {
                "movieId": None,
                "seriesId": 5,
                "episodeId": 100 + row_id,
                "seasonNumber": 1,
                "title": "Show.S01.1080p.WEB-DL-GRP",
                "downloadId": download_id,
            }
            | overrides
        ),
    )


def make_history_row(key: int, minute: int = 0, **overrides: Any) -> dict[str, Any]:
    """Return a history record as Radarr sends it, secrets included; None leaves a field out."""
    row: dict[str, Any] = {
        "id": key,
        "movieId": 7,
        "eventType": "downloadFolderImported",
        "date": f"2026-01-02T20:{minute:02}:00Z",
        "downloadId": "HASH",
        "sourceTitle": "Dune.Part.Two.2024.2160p",
        "quality": {"quality": {"name": "WEBDL-2160p"}},
        "data": {"downloadUrl": "https://indexer/?apikey=canary-indexer-key"},
    } | overrides
    return {name: value for name, value in row.items() if value is not None}


class FakeApp:
    """A Radarr or Sonarr that pages as the real ones do."""

    def __init__(self, rows: list[dict[str, Any]] | None = None) -> None:
        self.rows = rows or []
        self.answers: dict[str, Any] = {}
        """By path below /api/v3: a JSON value, or a ready response."""
        self.titles: dict[int, dict[str, Any]] = {}
        """Movies or series that `include…` embeds, by id."""
        self.episodes: dict[int, dict[str, Any]] = {}
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        path = request.url.path.partition("/api/v3")[2]
        if path in self.answers:
            answer = self.answers[path]
            return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)
        if path == "/queue":
            return httpx.Response(200, json=self._page(request.url.params))
        return httpx.Response(404, json={"message": "NotFound"})

    def paths(self) -> list[str]:
        """Return what was asked for, in order; queue pages with titles are marked."""
        return [
            request.url.path.partition("/api/v3")[2] + ("+" if "include" in _includes(request) else "")
            for request in self.requests
        ]

    def _page(self, params: httpx.QueryParams) -> dict[str, Any]:
        number, size = int(params["page"]), int(params["pageSize"])
        rows = sorted(self.rows, key=lambda row: str(row.get("title")))
        if (number - 1) * size >= len(rows):
            number = max(len(rows) // size, 1)  # past the end: an earlier page, integer division
        records = rows[(number - 1) * size : number * size]
        return {
            "page": number,
            "pageSize": size,
            "totalRecords": len(rows),
            "records": [self._embed(row, params) for row in records],
        }

    def _embed(self, row: dict[str, Any], params: httpx.QueryParams) -> dict[str, Any]:
        extra: dict[str, Any] = {}
        if "includeMovie" in params and row.get("movieId") in self.titles:
            extra["movie"] = self.titles[row["movieId"]]
        if "includeSeries" in params and row.get("seriesId") in self.titles:
            extra["series"] = self.titles[row["seriesId"]]
        if "includeEpisode" in params and row.get("episodeId") in self.episodes:
            extra["episode"] = self.episodes[row["episodeId"]]
        return row | extra


def json_response(status: int, value: Any, **headers: str) -> httpx.Response:
    return httpx.Response(
        status, content=json.dumps(value), headers={"content-type": "application/json"} | headers
    )


def _includes(request: httpx.Request) -> str:
    names = ("includeMovie", "includeSeries", "includeEpisode")
    return "include" if any(name in request.url.params for name in names) else ""


def app_with(**answers: Any) -> FakeApp:
    """Return an app with these answers, by path with underscores for slashes."""
    app = FakeApp()
    app.answers = {"/" + path.replace("_", "/"): answer for path, answer in answers.items()}
    return app


def history_of(*records: Any) -> FakeApp:
    """Return an app whose history is these records, all on one page."""
    return app_with(history={"page": 1, "totalRecords": len(records), "records": records})
