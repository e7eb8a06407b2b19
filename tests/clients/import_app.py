"""An app with files to import."""

import json
from typing import Any

import httpx

from discarr.core.actions import ImportCandidate, LibraryEpisode
from discarr.core.models import EpisodeNumber, InstanceKind
from tests.clients.fake_app import FakeApp, json_response, make_client

QUALITY = {
    "quality": {"id": 5, "name": "WEBDL-720p", "source": "webdl", "resolution": 720, "modifier": "none"},
    "revision": {"version": 1, "real": 0, "isRepack": False},
    "somethingNew": [1.5, None, "é"],
}
LANGUAGES = [{"id": 1, "name": "English"}, {"id": 2, "name": "French", "nameLower": "french"}]
NULL_REFERENCE = {"message": "Object reference not set to an instance of an object.", "description": "   at"}


def episode(key: int, season: int = 1) -> dict[str, Any]:
    return {"id": 100 * season + key, "seasonNumber": season, "episodeNumber": key, "title": f"No. {key}"}


def library_episode(key: int, season: int = 1) -> LibraryEpisode:
    number = EpisodeNumber(season, key)
    return LibraryEpisode(id=100 * season + key, number=number, title=f"No. {key}", has_file=None, aired=None)


def movie_file(**overrides: Any) -> dict[str, Any]:
    """Return a file as Radarr describes it; None leaves a field out."""
    row = {
        "id": 77,
        "path": "/downloads/Cats.2019/Cats.2019.mkv",
        "relativePath": "Cats.2019.mkv",
        "folderName": "Cats.2019",
        "name": "Cats.2019",
        "size": 3_648_815_687,
        "movie": {"id": 722, "title": "Cats", "year": 2019},
        "releaseGroup": "EVO",
        "quality": QUALITY,
        "languages": LANGUAGES,
        "downloadId": "NZO",
        "customFormats": [{"id": 1, "name": "Repack"}, {}],
        "customFormatScore": -10,
        "indexerFlags": 4,
        "rejections": [{"reason": "Not an upgrade", "type": "permanent"}],
    } | overrides
    return {key: value for key, value in row.items() if value is not None}


def episode_file(**overrides: Any) -> dict[str, Any]:
    """Return a file as Sonarr describes it; None leaves a field out."""
    own = {
        "path": "/downloads/Show.S01/Show.S01E01.mkv",
        "folderName": "Show.S01",
        "movie": None,
        "series": {"id": 5, "title": "Show", "year": 2020, "seasons": [{"seasonNumber": 1}]},
        "seasonNumber": 1,
        "episodes": [episode(1)],
        "releaseType": "seasonPack",
    }
    return movie_file(**(own | overrides))


class ImportApp(FakeApp):
    """Answers `/manualimport` with files, judges them as `judge` says, and takes every command."""

    def __init__(self, *files: dict[str, Any]) -> None:
        super().__init__()
        self.files: Any = list(files)
        self.judge: Any = None
        self.answers["/command"] = json_response(201, {"id": 9, "name": "ManualImport", "status": "queued"})

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/manualimport"):
            return super().__call__(request)
        self.requests.append(request)
        answer = self.files if request.method == "GET" else self.judge
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(request.content) for request in self.requests if request.content]


async def find_files(app: ImportApp, kind: InstanceKind = InstanceKind.RADARR) -> tuple[ImportCandidate, ...]:
    return await make_client(app, kind).actions.import_candidates("NZO")
