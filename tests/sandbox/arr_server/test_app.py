"""The server as a client of the network sees it: authentication, paths, headers, start-up, absence."""

import gzip
from typing import Any

import aiohttp
import pytest

from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.app import API_KEY, ArrServer
from discarr.sandbox.arr_server.scenario_source import ScenarioSource
from discarr.sandbox.arr_server.source import FixedSource
from tests.fakes.clock import FakeClock
from tests.sandbox.arr_server.world import Visitor, one_of_each, visiting

WRONG = "f" * 32


def _server(kind: InstanceKind = InstanceKind.RADARR, **options: Any) -> ArrServer:
    return ArrServer(FixedSource(kind=kind), **{"clock": FakeClock()} | options)


async def _status(visitor: Visitor, path: str, **options: Any) -> int:
    async with visitor.ask(path, **options) as answer:
        await answer.read()
        return int(answer.status)


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        ("", {}, 401),
        ("", {"X-Api-Key": WRONG}, 401),
        ("", {"X-Api-Key": API_KEY}, 200),
        ("", {"Authorization": f"Bearer {API_KEY}"}, 200),
        ("", {"X-Api-Key": WRONG, "Authorization": f"Bearer {API_KEY}"}, 401),
        (f"?apikey={API_KEY}", {}, 200),
        (f"?apikey={WRONG}", {"X-Api-Key": API_KEY}, 401),
    ],
)
async def test_the_key_is_looked_for_in_query_header_and_bearer(
    query: str, headers: dict[str, str], status: int
) -> None:
    async with (
        _server() as server,
        aiohttp.ClientSession() as session,
        session.get(f"{server.url}/api/v3/system/status{query}", headers=headers) as answer,
    ):
        body = await answer.read()

    assert answer.status == status
    assert (b"Radarr" in body) == (status == 200)
    assert ("X-Application-Version" in answer.headers) == (status == 200)


async def test_a_refusal_has_neither_body_nor_content_type() -> None:
    headers = {"X-Api-Key": WRONG}
    async with visiting(_server()) as visitor, visitor.ask("/api/v3/queue", headers=headers) as answer:
        assert await answer.read() == b""

    assert "Content-Type" not in answer.headers


@pytest.mark.parametrize(("key", "status"), [(API_KEY, 404), (WRONG, 401)])
async def test_unknown_api_paths_are_told_only_to_those_with_the_key(key: str, status: int) -> None:
    async with visiting(_server()) as visitor:
        assert await _status(visitor, "/api/v3/nonsense", headers={"X-Api-Key": key}) == status


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        (InstanceKind.RADARR, "/api/v3/series"),
        (InstanceKind.SONARR, "/api/v3/movie"),
        (InstanceKind.RADARR, "/api/v5/queue"),
    ],
)
async def test_each_app_has_only_its_own_paths(kind: InstanceKind, path: str) -> None:
    async with visiting(_server(kind)) as visitor:
        assert await _status(visitor, path) == 404


async def test_a_path_takes_only_its_methods_types_and_bodies() -> None:
    async with visiting(_server()) as visitor:
        method = await _status(visitor, "/api/v3/queue", method="POST")
        accept = await _status(visitor, "/api/v3/queue", headers={"Accept": "text/html"})
        mixed = await _status(visitor, "/api/v3/queue", headers={"Accept": "text/html, */*;q=0.8"})
        body = await _status(visitor, "/api/v3/command", method="POST", data="name=RssSync")

    assert (method, accept, mixed, body) == (405, 406, 200, 415)


async def test_answers_are_compressed_when_asked() -> None:
    async with _server() as server, aiohttp.ClientSession(auto_decompress=False) as session:
        visitor = Visitor(server, session)
        async with visitor.ask("/api/v3/system/status", headers={"Accept-Encoding": "gzip"}) as answer:
            small = await answer.read()
        async with visitor.ask("/api/v3/system/status", headers={"Accept-Encoding": "identity"}) as answer:
            plain = await answer.read()

    assert gzip.decompress(small) == plain
    assert plain.startswith(b'{\n  "appName": "Radarr",\n')
    assert answer.headers["Cache-Control"] == "no-cache, no-store"


async def test_ping_needs_no_key_and_api_tells_the_versions() -> None:
    async with visiting(_server()) as visitor:
        async with visitor.ask("/ping", headers={"X-Api-Key": WRONG}) as answer:
            ping = await answer.json()
        async with visitor.ask("/api") as answer:
            versions = await answer.json()

    assert ping == {"status": "OK"}
    assert versions == {"current": "v3", "deprecated": []}


async def test_a_missing_url_base_is_pointed_out_with_method_and_query_kept() -> None:
    async with visiting(_server(url_base="/radarr")) as visitor:
        right = await visitor.get("/system/status")
        url = visitor.server.url.removesuffix("/radarr")
        async with visitor.session.get(
            f"{url}/api/v3/queue?page=2", headers={"X-Api-Key": API_KEY}, allow_redirects=False
        ) as answer:
            location = answer.headers["Location"]
        async with visitor.session.get(f"{url}/api/v3/queue") as refused:
            pass

    assert right["urlBase"] == "/radarr"
    assert (answer.status, location) == (307, "/radarr/api/v3/queue?page=2")
    assert refused.status == 401


async def test_a_wrong_url_base_leads_to_the_login_page() -> None:
    async with visiting(_server()) as visitor:
        async with visitor.ask("/foo/api/v3/queue") as answer:
            location = answer.headers["Location"]
        async with visitor.ask(location) as page:
            body = await page.text()

    assert (answer.status, location) == (302, "/login?returnUrl=/foo/api/v3/queue")
    assert (page.status, page.content_type) == (200, "text/html")
    assert "<title>Login</title>" in body


async def test_without_a_login_a_wrong_url_base_shows_the_web_interface() -> None:
    server = _server(has_login=False)
    async with visiting(server) as visitor, visitor.ask("/foo/api/v3/queue") as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")


@pytest.mark.parametrize("kind", list(InstanceKind))
async def test_system_status_names_the_app_and_its_version(kind: InstanceKind) -> None:
    server = _server(kind, version="6.0.4.10291", instance_name="Movies")
    async with visiting(server) as visitor, visitor.ask("/api/v3/system/status") as answer:
        status = await answer.json()

    assert status["appName"] == kind.value.capitalize()
    assert status["instanceName"] == "Movies"
    assert status["startTime"] == "2026-01-02T20:47:00Z"
    assert status["version"] == answer.headers["X-Application-Version"] == "6.0.4.10291"


async def test_while_starting_it_says_so_and_then_has_no_queue_yet() -> None:
    clock = FakeClock()
    source = ScenarioSource(scenario=one_of_each())
    server = ArrServer(source, clock=clock, startup_s=5, first_refresh_s=30)
    async with visiting(server) as visitor:
        async with visitor.ask("/api/v3/queue") as answer:
            message = await answer.json()
        async with visitor.ask("/ping") as page:
            text = await page.text()
        refused = await _status(visitor, "/api/v3/queue", headers={"X-Api-Key": WRONG})
        await clock.advance(6)
        early = await visitor.queue()
        await clock.advance(30)
        late = await visitor.queue()

    assert answer.status == page.status == 503
    assert message == {"errorMessage": "Radarr is starting up, please try again later"}
    assert (page.content_type, text) == ("text/plain", message["errorMessage"])
    assert refused == 401
    assert {row["status"] for row in early} == {"delay"}
    assert len(late) > len(early)


async def test_it_goes_away_with_its_connections_and_comes_back_on_the_same_port() -> None:
    server = _server()
    async with visiting(server) as visitor:
        port = server.port
        assert await _status(visitor, "/ping") == 200

        await server.go_away()
        await server.go_away()
        with pytest.raises(aiohttp.ClientConnectorError):
            await _status(visitor, "/ping")
        assert server.is_away

        await server.come_back()
        await server.come_back()
        assert await _status(visitor, "/ping") == 200
        assert server.port == port


async def test_a_restart_empties_the_queue_until_the_first_refresh() -> None:
    clock = FakeClock()
    server = ArrServer(ScenarioSource(scenario=one_of_each()), clock=clock)
    async with visiting(server) as visitor:
        before = await visitor.queue()
        await clock.advance(100)
        await server.restart(first_refresh_s=30)
        after = await visitor.queue()
        started = (await visitor.get("/system/status"))["startTime"]

    assert len(after) < len(before)
    assert started == "2026-01-02T20:48:40Z"


async def test_requests_can_be_counted() -> None:
    server = _server()
    async with visiting(server) as visitor:
        await visitor.get("/queue", page=1)

    assert list(server.requests) == ["GET /api/v3/queue?page=1"]
