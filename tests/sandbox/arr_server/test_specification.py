"""Answers against the apps' own OpenAPI documents."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from discarr.core.models import InstanceKind, Protocol
from discarr.sandbox.arr_server.app import ArrServer
from discarr.sandbox.arr_server.bulk import BulkQueue
from discarr.sandbox.arr_server.demo_scenarios import movies, movies_4k, television
from discarr.sandbox.arr_server.library import WEBDL_720P, Movie, Series
from discarr.sandbox.arr_server.scenario import Ending, Scenario, Step, already, importing, troubled, waiting
from discarr.sandbox.arr_server.scenario_source import ScenarioSource
from discarr.sandbox.arr_server.source import Source
from tests.fakes.clock import FakeClock
from tests.sandbox.arr_server.world import (
    AMELIE,
    Visitor,
    movie_download,
    one_of_each,
    pack,
    radarr,
    series_of_each,
    sonarr,
    visiting,
)
from tests.shared_folder import SPECS, needs_shared

pytestmark = needs_shared

EMBEDDED = "includeMovie=true&includeSeries=true&includeEpisode=true"
UNKNOWN = "includeUnknownMovieItems=true&includeUnknownSeriesItems=true"
COMMON = [
    ("/system/status", "/api/v3/system/status"),
    ("/health", "/api/v3/health"),
    ("/diskspace", "/api/v3/diskspace"),
    ("/rootfolder", "/api/v3/rootfolder"),
    ("/tag", "/api/v3/tag"),
    (f"/queue?pageSize=100&{UNKNOWN}", "/api/v3/queue"),
    (f"/queue?pageSize=100&{EMBEDDED}", "/api/v3/queue"),
    (f"/queue/details?{EMBEDDED}", "/api/v3/queue/details"),
    ("/queue/status", "/api/v3/queue/status"),
    ("/qualityprofile", "/api/v3/qualityprofile"),
    (f"/history?pageSize=100&{EMBEDDED}", "/api/v3/history"),
    ("/history/since?date=2000-01-01T00:00:00Z", "/api/v3/history/since"),
    ("/blocklist?pageSize=100", "/api/v3/blocklist"),
    ("/manualimport?downloadId=none", "/api/v3/manualimport"),
    ("/command", "/api/v3/command"),
]
OWN = {
    InstanceKind.RADARR: [
        ("/movie", "/api/v3/movie"),
        ("/movie/1", "/api/v3/movie/{id}"),
        ("/movie/lookup?term=e", "/api/v3/movie/lookup"),
    ],
    InstanceKind.SONARR: [
        ("/series", "/api/v3/series"),
        ("/series/1", "/api/v3/series/{id}"),
        ("/series/lookup?term=e", "/api/v3/series/lookup"),
        ("/episode?seriesId=1", "/api/v3/episode"),
        ("/episode/101001", "/api/v3/episode/{id}"),
    ],
}


def _without_nulls_forbidden(schema: Any) -> Any:
    """Return an OpenAPI 3.0 schema with its "nullable" in JSON Schema's words."""
    if isinstance(schema, list):
        return [_without_nulls_forbidden(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    translated = {name: _without_nulls_forbidden(value) for name, value in schema.items()}
    if translated.pop("nullable", False) is True and isinstance(translated.get("type"), str):
        translated["type"] = [translated["type"], "null"]
    return translated


@cache
def _document(kind: InstanceKind) -> tuple[Any, Registry[Any]]:
    document = _without_nulls_forbidden(json.loads((SPECS / f"{kind.value}-v3-openapi.json").read_text()))
    resource = Resource.from_contents(document, default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource("urn:document", resource)
    return document, registry


def _deviations(kind: InstanceKind, operation: str, body: Any, *, method: str = "get") -> Iterator[str]:
    document, registry = _document(kind)
    (content,) = [
        content["application/json"]
        for content in [document["paths"][operation][method]["responses"]["200"]["content"]]
    ]
    pointer = operation.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
    reference = f"urn:document#/paths/{pointer}/{method}/responses/200/content/application~1json/schema"
    assert content["schema"]
    validator = Draft202012Validator({"$ref": reference}, registry=registry)
    for error in validator.iter_errors(body):
        yield f"{operation}: {error.json_path}: {error.message[:200]}"


async def _check_everything(visitor: Visitor, kind: InstanceKind) -> list[str]:
    async with visitor.ask("/api/v3/command", "POST", json={"name": "RssSync"}) as answer:
        deviations = list(_deviations(kind, "/api/v3/command", await answer.json(), method="post"))
    for path, operation in COMMON + OWN[kind]:
        async with visitor.ask(f"/api/v3{path}") as answer:
            assert answer.status == 200, path
            deviations += _deviations(kind, operation, await answer.json())
    return deviations


@pytest.mark.parametrize(
    "source",
    [
        ScenarioSource(scenario=movies()),
        ScenarioSource(scenario=movies_4k()),
        ScenarioSource(scenario=television()),
        BulkQueue(kind=InstanceKind.RADARR, row_count=50),
        BulkQueue(kind=InstanceKind.SONARR, row_count=50),
    ],
    ids=["movies", "4K", "TV", "bulk Radarr", "bulk Sonarr"],
)
async def test_answers_are_as_the_apps_document_them(source: Source) -> None:
    clock = FakeClock()
    async with visiting(ArrServer(source, clock=clock)) as visitor:
        await clock.advance(300)
        assert await _check_everything(visitor, source.kind) == []


@pytest.mark.parametrize("scenario", [one_of_each(), series_of_each()], ids=["Radarr", "Sonarr"])
async def test_queues_in_every_state_are_as_the_apps_document_them(scenario: Any) -> None:
    async with visiting(ArrServer(ScenarioSource(scenario=scenario), clock=FakeClock())) as visitor:
        for query in (UNKNOWN, EMBEDDED):
            async with visitor.ask(f"/api/v3/queue?pageSize=100&{query}") as answer:
                assert list(_deviations(scenario.kind, "/api/v3/queue", await answer.json())) == []


def _choice(kind: InstanceKind, offer: dict[str, Any]) -> dict[str, Any]:
    named = {"movieId": 1} if kind is InstanceKind.RADARR else {"seriesId": 7, "episodeIds": [701_001]}
    return {name: offer[name] for name in ("path", "downloadId", "quality", "languages")} | named


def _schema_deviations(kind: InstanceKind, schema: str, items: list[Any]) -> list[str]:
    """Compare with a named schema, for answers that the documents leave open."""
    reference = f"urn:document#/components/schemas/{schema}"
    validator = Draft202012Validator({"$ref": reference}, registry=_document(kind)[1])
    return [f"{schema}: {error.message[:200]}" for item in items for error in validator.iter_errors(item)]


@pytest.mark.parametrize(
    "scenario",
    [
        radarr(
            movie_download(replaces=WEBDL_720P),
            movie_download(name="failing", ending=Ending.FAILED, protocol=Protocol.TORRENT),
            movie_download(already(1.0), troubled("not an upgrade"), name="refused", media=AMELIE),
            movie_download(already(1.0), troubled("not grabbed"), name="unknown", media=None),
            movie_download(waiting(Step.QUEUED), name="blocked", custom_formats=("x265",)),
            movie_download(waiting(Step.QUEUED), name="ignored"),
        ),
        sonarr(
            pack(replaces=WEBDL_720P),
            pack(already(1.0), importing(50, 2, 3), troubled("sample"), protocol=Protocol.TORRENT),
            replace(pack(already(1.0), troubled("not grabbed")), release="unknown", media=None),
            replace(pack(waiting(Step.QUEUED)), release="blocked"),
            replace(pack(waiting(Step.QUEUED)), release="ignored"),
        ),
    ],
    ids=["Radarr", "Sonarr"],
)
async def test_answers_about_what_people_did_are_as_the_apps_document_them(scenario: Scenario) -> None:
    kind, clock = scenario.kind, FakeClock()
    series = Series(id=1, title="Else", year=2000, episode_counts=(1,))
    if kind is InstanceKind.RADARR:
        scenario = replace(scenario, catalogue=(Movie(id=90, title="Else", year=2000),))
    else:
        library = (*scenario.library, series)
        scenario = replace(scenario, library=library, catalogue=(replace(series, id=90),))
    source = ScenarioSource(scenario=scenario)
    deviations: list[str] = []
    async with visiting(ArrServer(source, clock=clock, refresh_every_s=5)) as visitor:
        await clock.advance(200)
        rows = {row["title"]: row for row in await visitor.queue()}
        await visitor.remove(rows["blocked"], blocklist="true")
        await visitor.remove(rows["ignored"], removeFromClient="false")
        for row in rows.values():
            if row["status"] == "completed":
                offers = await visitor.get("/manualimport", downloadId=row["downloadId"])
                deviations += _deviations(kind, "/api/v3/manualimport", offers)
                choices = [_choice(kind, offer) for offer in offers]
                _, judged = await visitor.send("POST", "/manualimport", choices)
                deviations += _schema_deviations(kind, "ManualImportReprocessResource", judged)
                for files in ([{"path": "nowhere"}], choices):
                    ended = await visitor.run(clock, "ManualImport", files=files)
                    deviations += _schema_deviations(kind, "CommandResource", [ended])
        events = {row["eventType"] for row in await visitor.history()}
        deviations += await _check_everything(visitor, kind)

    assert deviations == []
    assert {"downloadFolderImported", "downloadFailed", "downloadIgnored"} < events


async def test_the_check_finds_what_is_not_documented() -> None:
    page = {"page": 1, "records": [{"id": 1, "sizeLeft": 2, "status": "resting"}]}

    deviations = list(_deviations(InstanceKind.RADARR, "/api/v3/queue", page))

    assert len(deviations) == 2
