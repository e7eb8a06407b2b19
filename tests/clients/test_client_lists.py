"""Identity, health, disks and commands, at the wire."""

import asyncio
import json
import logging
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from discarr.clients.titles import FRESH_S
from discarr.core.errors import Busy, MediaClientError, Misconfigured, StartingUp, Unauthorized, Unreachable
from discarr.core.models import DiskSpace, HealthIssue, InstanceKind
from tests.clients.fake_app import FakeApp, app_with, history_of, json_response, make_client, make_history_row
from tests.fakes.clock import FakeClock
from tests.shared_folder import RECORDED, needs_shared

SONARR = InstanceKind.SONARR
GIB = 1 << 30


def status(**fields: Any) -> FakeApp:
    return app_with(system_status=fields)


async def test_an_instance_says_who_it_is() -> None:
    identity = await make_client(
        status(
            appName="Radarr",
            version="6.0.3.1",
            instanceName="Movies",
            urlBase="/radarr",
            startTime="2026-01-01T00:00:00Z",
        )
    ).identify()
    assert (identity.app_name, identity.version, identity.instance_name) == ("Radarr", "6.0.3.1", "Movies")
    assert (identity.url_base, identity.started_at) == ("/radarr", datetime(2026, 1, 1, tzinfo=UTC))


async def remedy_of(handler: Any, kind: InstanceKind = InstanceKind.RADARR, **overrides: Any) -> str:
    with pytest.raises(Misconfigured) as caught:
        await make_client(handler, kind, **overrides).identify()
    assert "/" not in caught.value.remedy  # nothing of an address: it is shown in Discord
    return caught.value.exact_remedy or caught.value.remedy


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        (
            InstanceKind.RADARR,
            {"appName": "Sonarr", "version": "4.0"},
            "This is Sonarr, configured as Radarr",
        ),
        (SONARR, {"appName": "Radarr", "version": "6.0"}, "This is Radarr, configured as Sonarr"),
        (SONARR, {"appName": "Prowlarr"}, "This is Prowlarr"),
        (SONARR, {"appName": "@everyone http://x"}, "This is another app"),
        (SONARR, {"appName": "Sonarr", "version": "3.0.9.1549"}, "Update Sonarr to version 4"),
        (SONARR, {"version": "4"}, "it is not Sonarr"),
        (SONARR, {"appName": "  "}, "it is not Sonarr"),
    ],
)
async def test_the_wrong_app_is_refused_with_the_right_hint(
    kind: InstanceKind, fields: dict[str, Any], words: str
) -> None:
    assert words in await remedy_of(status(**fields), kind)


@pytest.mark.parametrize("version", ["4.0.19.2979", "5.0.0.1", "", "develop", None])
async def test_newer_and_strange_versions_are_accepted(version: str | None) -> None:
    identity = await make_client(status(appName="sonarr", version=version), SONARR).identify()
    assert identity.version == (version or "")


@pytest.mark.parametrize("answer", [[], "Radarr", 5, json_response(404, {"message": "NotFound"})])
async def test_what_is_no_status_is_not_the_app(answer: Any) -> None:
    assert "it is not Radarr" in await remedy_of(app_with(system_status=answer))


def redirect(location: str, code: int = 307) -> Any:
    return lambda request: httpx.Response(code, headers={"location": location})


@pytest.mark.parametrize(
    ("location", "url", "words"),
    [
        ("/radarr/api/v3/system/status", "http://app", "Add /radarr at the end"),
        ("http://app/radarr/api/v3/system/status", "http://app", "Add /radarr at the end"),
        ("/my/apps/radarr/api/v3/system/status", "http://app", "Add /my/apps/radarr at the end"),
        ("/films/api/v3/system/status", "http://app/radarr", "The base path is /films, not /radarr"),
        ("https://app/api/v3/system/status", "http://app", "https:// instead of http://"),
        ("/login?returnUrl=%2Fapi%2Fv3%2Fsystem%2Fstatus", "http://app", "sign-in page"),
        ("https://auth.example.org/api/v3/system/status", "http://app", "sign-in page"),
        ("/@everyone<b>/api/v3/system/status", "http://app", "sign-in page"),
        ("/api/v3/system/status", "http://app", "sign-in page"),
        ("/radarr/api/v3/movie", "http://app", "sign-in page"),
        ("http://[", "http://app", "sign-in page"),
        ("", "http://app", "sign-in page"),
    ],
)
async def test_a_redirect_tells_the_base_path_or_a_sign_in_page(location: str, url: str, words: str) -> None:
    assert words in await remedy_of(redirect(location), url=url)


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (httpx.Response(200, html="<html>login</html>"), "A web page answers instead of the API"),
        (httpx.Response(200, text="{}"), "A web page answers instead of the API"),
        (httpx.Response(404, html="<html>nginx</html>"), "check the address, including the base path"),
        (httpx.Response(404), "check the address, including the base path"),
    ],
)
async def test_a_web_page_is_a_wrong_address(response: httpx.Response, words: str) -> None:
    assert words in await remedy_of(lambda request: response)


async def test_json_without_a_content_type_is_accepted_and_a_page_is_not() -> None:
    body = b'{"appName": "Radarr"}'
    identity = await make_client(
        lambda request: httpx.Response(200, stream=httpx.ByteStream(body))
    ).identify()
    assert identity.instance_name == "Radarr"
    page = httpx.ByteStream(b"<!doctype html>")
    assert "web page" in await remedy_of(lambda request: httpx.Response(200, stream=page))


async def test_an_empty_success_is_not_the_app() -> None:
    assert "not Radarr" in await remedy_of(lambda request: httpx.Response(204))


async def test_errors_that_are_not_about_the_address_pass_through() -> None:
    with pytest.raises(Unauthorized):
        await make_client(app_with(system_status=httpx.Response(401))).identify()
    starting = {"errorMessage": "Radarr is starting up, please try again later"}
    with pytest.raises(StartingUp):
        await make_client(app_with(system_status=json_response(503, starting))).identify()


async def test_health_is_one_issue_per_source() -> None:
    app = app_with(
        health=[
            {"source": "IndexerStatusCheck", "type": "warning", "message": "old"},
            {"source": "IndexerStatusCheck", "type": "Error", "message": "new", "wikiUrl": "https://wiki"},
            7,
        ]
    )
    assert await make_client(app).fetch_health() == (
        HealthIssue(source="IndexerStatusCheck", level="error", message="new", wiki_url="https://wiki"),
    )


def folder(path: str, free: Any, **more: Any) -> dict[str, Any]:
    return {"path": path, "accessible": True, "freeSpace": free} | more


def disk(path: str, free: Any, total: Any) -> dict[str, Any]:
    return {"path": path, "freeSpace": free, "totalSpace": total}


@pytest.mark.parametrize(
    ("folders", "disks", "expected"),
    [
        pytest.param([], [disk("/", 1, 2)], [], id="nothing is imported anywhere"),
        pytest.param(
            [folder("/tv", 5 * GIB), folder("/films/", 9 * GIB)],
            [disk("/films", 9 * GIB, 90 * GIB), disk("/", 1, 2), disk("/x", 5 * GIB, 50 * GIB)],
            [("/tv", 5 * GIB, 50 * GIB, "/tv"), ("/films/", 9 * GIB, 90 * GIB, "/films/")],
            id="totals by path or by the same free space",
        ),
        pytest.param(
            [folder("/a", 50 * GIB), folder("/x", 7), folder("/b", 50 * GIB - 1000), folder("/c", 50 * GIB)],
            [],
            [("/a", 50 * GIB, None, "/a", "/b", "/c"), ("/x", 7, None, "/x")],
            id="folders of one volume, measured one after the other",
        ),
        pytest.param(
            [folder("/a", 50 * GIB), folder("/b", 50 * GIB)],
            [disk("/a", 50 * GIB, 60 * GIB), disk("/b", 50 * GIB, 70 * GIB)],
            [("/a", 50 * GIB, 60 * GIB, "/a"), ("/b", 50 * GIB, 70 * GIB, "/b")],
            id="different totals are different volumes",
        ),
        pytest.param(
            [folder("/a", 1000), folder("/b", 2000)],
            [disk("/a", 1000, 0), disk("/b", 2000, float("nan"))],
            [("/a", 1000, None, "/a"), ("/b", 2000, None, "/b")],
            id="full volumes stay apart, senseless totals are unknown",
        ),
        pytest.param(
            [
                folder("/a", None),
                folder("/b", 5, accessible=False),
                folder("", 5),
                {"id": 1},
                folder("/c", -1),
            ],
            [],
            [("/c", 0, None, "/c")],
            id="what cannot be reached is left out",
        ),
    ],
)
async def test_disk_space_is_one_entry_a_volume_with_all_its_folders(
    folders: list[Any], disks: list[Any], expected: list[Any]
) -> None:
    body = httpx.Response(200, content=json.dumps(disks), headers={"content-type": "application/json"})
    found = await make_client(app_with(rootfolder=folders, diskspace=body)).fetch_disk_space()
    assert found == tuple(
        DiskSpace(path=path, free_bytes=free, total_bytes=total, folders=tuple(inside))
        for path, free, total, *inside in expected
    )


async def test_a_dead_mount_costs_the_totals_only() -> None:
    app = app_with(rootfolder=[folder("/a", 5)], diskspace=httpx.Response(500))
    assert await make_client(app).fetch_disk_space() == (
        DiskSpace(path="/a", free_bytes=5, total_bytes=None, folders=("/a",)),
    )
    with pytest.raises(Busy):
        await make_client(app_with(rootfolder=httpx.Response(500))).fetch_disk_space()


async def test_what_cannot_be_had_is_logged_when_it_changes_only(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="discarr")
    clock = FakeClock()
    app = history_of(make_history_row(1, movie={"title": "Dune", "tags": [1]}))
    app.answers |= {"/rootfolder": [folder("/a", 5)], "/diskspace": [], "/tag": [{"id": 1, "label": "x"}]}
    client = make_client(app, clock=clock)

    async def poll_twice() -> list[str]:
        caplog.clear()
        for _ in range(2):
            await clock.advance(FRESH_S)
            await client.fetch_disk_space()
            await client.fetch_history()
        return [entry.getMessage() for entry in caplog.records]

    assert await poll_twice() == []
    working = dict(app.answers)
    app.answers |= {"/diskspace": httpx.Response(500), "/tag": httpx.Response(500)}
    sizes, tags = await poll_twice()
    assert sizes.startswith("radarr: the sizes of its volumes are not known: radarr: ")
    assert tags.startswith("radarr: the tags of its history are not known: radarr: ")
    app.answers |= working
    assert await poll_twice() == [
        "radarr: the sizes of its volumes are known again",
        "radarr: the tags of its history are known again",
    ]


@needs_shared
async def test_recorded_root_folders_are_one_volume() -> None:
    app = app_with(
        rootfolder=json.loads((RECORDED / "root-folders.json").read_text()),
        diskspace=json.loads((RECORDED / "disk-space.json").read_text()),
    )
    (space,) = await make_client(app).fetch_disk_space()
    assert space.free_bytes == 13751310237696
    assert space.folders == ("/volume2/Media/Documentaries", "/volume2/Media/Movies", "/volume2/Media/UFC")


async def test_a_refresh_is_one_command() -> None:
    app = app_with(command=httpx.Response(201, json={"id": 1}))
    await make_client(app).request_refresh()
    (request,) = app.requests
    assert (request.method, request.headers["content-type"]) == ("POST", "application/json")
    assert json.loads(request.content) == {"name": "RefreshMonitoredDownloads"}


async def test_a_failed_command_is_not_repeated() -> None:
    app = app_with(command=httpx.Response(503))
    with pytest.raises(MediaClientError):
        await make_client(app).request_refresh()
    assert len(app.requests) == 1


async def test_closing_ends_what_is_under_way() -> None:
    async def hang(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    client = make_client(hang)  # type: ignore[arg-type]  # MockTransport takes both
    task = asyncio.create_task(client.fetch_health())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await client.aclose()
    with pytest.raises(Unreachable):
        await task
