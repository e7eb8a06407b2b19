"""Small libraries, a scenario that shows everything, and a way to ask a server."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from discarr.core.models import InstanceKind, Protocol
from discarr.sandbox.arr_server.app import ArrServer
from discarr.sandbox.arr_server.library import EpisodesOf, Movie, Series, whole_season
from discarr.sandbox.arr_server.scenario import (
    Ending,
    HealthLine,
    Phase,
    Scenario,
    ScriptedDownload,
    Step,
    Volume,
    already,
    downloading,
    troubled,
    waiting,
)
from discarr.sandbox.arr_server.scenario_source import ScenarioSource
from tests.fakes.clock import START, FakeClock

METROPOLIS = Movie(id=1, title="Metropolis", year=1927, tags=("family",))
AMELIE = Movie(id=2, title="Amélie", year=2001)
DEVS = Series(id=7, title="Devs", year=2020, episode_counts=(8,), tags=("adults",))
GOES_WELL = (
    waiting(Step.QUEUED, 10),
    downloading(100),
    waiting(Step.UNPACKING, 20),
    waiting(Step.WAITING_FOR_IMPORT, 5),
    waiting(Step.IMPORTING, 5),
)
"""140 s in all."""


def begun(scenario: Scenario, *, speed: float = 1.0) -> ScenarioSource:
    """Return a scenario that begins at `START`."""
    source = ScenarioSource(scenario=scenario, speed=speed)
    source.begin(START)
    return source


def after(seconds: float) -> datetime:
    """Return a moment that long after `START`."""
    return START + timedelta(seconds=seconds)


def movie_download(
    *phases: Phase,
    media: Movie | None = METROPOLIS,
    name: str = "Metropolis.1927.1080p.WEB-DL",
    **overrides: Any,
) -> ScriptedDownload:
    """Return a scripted download of a movie."""
    fields: dict[str, Any] = {"size_bytes": 1_000_000, "phases": phases or GOES_WELL} | overrides
    return ScriptedDownload(release=name, media=media, **fields)


def radarr(*downloads: ScriptedDownload) -> Scenario:
    """Return a Radarr with these downloads."""
    return Scenario(
        kind=InstanceKind.RADARR,
        downloads=downloads,
        library=(METROPOLIS, AMELIE),
        volumes=(
            Volume(path="/", free_bytes=5, total_bytes=10),
            Volume(path="/data", free_bytes=7, total_bytes=20),
        ),
        root_folders=("/data/media/movies",),
        health=(HealthLine(source="IndexerStatusCheck", level="warning", message="Indexers unavailable"),),
    )


def sonarr(*downloads: ScriptedDownload) -> Scenario:
    """Return a Sonarr with these downloads."""
    return Scenario(kind=InstanceKind.SONARR, downloads=downloads, library=(DEVS,))


def pack(*phases: Phase, **overrides: Any) -> ScriptedDownload:
    """Return a scripted season pack of eight episodes."""
    fields: dict[str, Any] = {"size_bytes": 8_000_000, "phases": phases or GOES_WELL} | overrides
    return ScriptedDownload(release="Devs.S01.1080p.WEB-DL", media=whole_season(DEVS, 1), **fields)


def one_of_each() -> Scenario:
    """Return a Radarr with a download in each step, one unknown item, and one that has failed before."""
    steps = (Step.QUEUED, Step.SILENT, Step.PAUSED)
    complete = (Step.UNPACKING, Step.WAITING_FOR_IMPORT, Step.IMPORTING)
    return radarr(
        movie_download(name="running"),
        movie_download(waiting(Step.DELAYED, 600), name="delayed"),
        *(movie_download(waiting(step), name=step) for step in steps),
        *(movie_download(already(1.0), waiting(step), name=step) for step in complete),
        movie_download(already(1.0), troubled("not an upgrade"), name="refused", media=AMELIE),
        movie_download(already(0.3), troubled("stalled"), name="stalled", protocol=Protocol.TORRENT),
        movie_download(already(1.0), troubled("not grabbed"), name="unknown", media=None),
        movie_download(
            already(0.5), waiting(Step.QUEUED, 5), name="gone", starts_at_s=-60, ending=Ending.FAILED
        ),
    )


def series_of_each() -> Scenario:
    """Return a Sonarr with a running pack, a refused one, a delayed episode and an unknown item."""
    pilot = EpisodesOf(series=DEVS, season=1, numbers=(1,))
    return sonarr(
        pack(),
        pack(already(1.0), troubled("sample"), starts_at_s=-5, protocol=Protocol.TORRENT),
        ScriptedDownload(release="delayed", media=pilot, size_bytes=9, phases=(waiting(Step.DELAYED, 600),)),
        ScriptedDownload(release="unknown", media=None, size_bytes=9, phases=(waiting(Step.QUEUED),)),
        ScriptedDownload(
            release="imported", media=pilot, size_bytes=9, phases=(already(1.0),), starts_at_s=-90
        ),
    )


def events_of(rows: list[dict[str, Any]]) -> list[str]:
    """Return the kinds of events in a history."""
    return [row["eventType"] for row in rows]


class Visitor:
    """A client of one server that has its key."""

    def __init__(self, server: ArrServer, session: aiohttp.ClientSession) -> None:
        self.server = server
        self.session = session

    async def send(self, method: str, path: str, body: object = None, **parameters: Any) -> tuple[int, Any]:
        """Send something to a path of the API; return the status and the JSON of the answer, if any."""
        async with self.ask(f"/api/v3{path}", method, json=body, params=parameters) as answer:
            return answer.status, json.loads(await answer.read() or b"null")

    async def remove(self, row: dict[str, Any], **flags: str) -> int:
        """Remove the download of a row and return the answer's status."""
        status, _ = await self.send("DELETE", f"/queue/{row['id']}", **flags)
        return status

    async def run(self, clock: FakeClock, name: str, **fields: Any) -> dict[str, Any]:
        """Have a command carried out, and return what has become of it."""
        _, posted = await self.send("POST", "/command", {"name": name} | fields)
        await clock.advance(1)
        ended: dict[str, Any] = await self.get(f"/command/{posted['id']}")
        return ended

    async def history(self, **parameters: Any) -> list[dict[str, Any]]:
        """Return the history, oldest first."""
        page = await self.get("/history", **{"pageSize": 1000, "sortDirection": "ascending"} | parameters)
        rows: list[dict[str, Any]] = page["records"]
        return rows

    def ask(self, path: str, method: str = "GET", **options: Any) -> Any:
        """Send a request to a path below the URL base; to be entered with `async with`."""
        headers = {"X-Api-Key": self.server.api_key} | options.pop("headers", {})
        url = self.server.url + path
        return self.session.request(method, url, headers=headers, allow_redirects=False, **options)

    async def get(self, path: str, **parameters: Any) -> Any:
        """Return the JSON at a path of the API, which must be there."""
        async with self.ask(f"/api/v3{path}", params=parameters) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def queue(self, **parameters: Any) -> list[dict[str, Any]]:
        """Return all rows, unknown items included."""
        everything = {
            "pageSize": 1000,
            "sortDirection": "ascending",
            "includeUnknownMovieItems": "true",
            "includeUnknownSeriesItems": "true",
        }
        records: list[dict[str, Any]] = (await self.get("/queue", **everything | parameters))["records"]
        return records


@asynccontextmanager
async def visiting(server: ArrServer) -> AsyncIterator[Visitor]:
    """Start a server and a client for it."""
    async with server, aiohttp.ClientSession() as session:
        yield Visitor(server, session)
