"""Retries, mapping of errors and what is sent, over a simulated network."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from discarr.clients.transport import InstanceHttp, is_near
from discarr.core.errors import (
    Busy,
    MediaClientError,
    Misconfigured,
    NotFound,
    Rejected,
    StartingUp,
    TimedOut,
    Unauthorized,
    Unreachable,
)
from tests.clients.fake_app import KEY, json_response, make_config
from tests.fakes.clock import FakeClock

LOCKED = {"message": "database is locked", "description": "   at System.Data.SQLite"}
STARTING = {"errorMessage": "Radarr is starting up, please try again later"}

type Step = httpx.Response | Exception


class Network:
    """Answers one step after the other; the last one stays."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, Exception):
            raise step
        return step


def ok(**headers: str) -> httpx.Response:
    return json_response(200, {"a": 1}, **headers)


def make_http(
    network: Callable[[httpx.Request], Any], clock: FakeClock | None = None, **config: Any
) -> InstanceHttp:
    return InstanceHttp(
        make_config(**config), clock=clock or FakeClock(), transport=httpx.MockTransport(network)
    )


async def run_get(*steps: Step, **config: Any) -> tuple[Network, bytes | MediaClientError]:
    """GET while time passes as needed; return the answer or the error."""
    clock, network = FakeClock(), Network(*steps)
    http = make_http(network, clock, **config)
    task = asyncio.create_task(http.get("/queue", deadline_s=10))
    while not task.done():
        await clock.advance(0.1)
    await http.aclose()
    error = task.exception()
    if error is not None:
        assert isinstance(error, MediaClientError)
        return network, error
    return network, task.result()


async def test_the_key_travels_in_the_header_only() -> None:
    network, _ = await run_get(ok())
    (request,) = network.requests
    assert request.headers["X-Api-Key"] == KEY
    assert KEY not in str(request.url)
    assert request.headers["Accept"] == "application/json"
    assert request.headers["User-Agent"].startswith("Discarr/")
    assert str(request.url) == "http://app:7878/api/v3/queue"


async def test_the_base_path_is_kept() -> None:
    network, _ = await run_get(ok(), url="http://app/my/radarr")
    assert network.requests[0].url.path == "/my/radarr/api/v3/queue"


@pytest.mark.parametrize(
    ("url", "encoding"),
    [
        ("http://192.168.1.5:7878", "identity"),
        ("http://radarr", "identity"),
        ("https://r.example.org", "gzip"),
    ],
)
async def test_bodies_are_packed_only_over_distance(url: str, encoding: str) -> None:
    network, _ = await run_get(ok(), url=url)
    assert network.requests[0].headers["Accept-Encoding"] == encoding


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("10.0.0.8", True),
        ("::1", True),
        ("fd00::5", True),
        ("8.8.8.8", False),
        ("localhost", True),
        ("nas.local", True),
        ("nas.home.arpa", True),
        ("radarr.example.org", False),
    ],
)
def test_near_hosts_are_known(host: str, expected: bool) -> None:
    assert is_near(host) is expected


CONNECT = httpx.ConnectError("refused")
DROPPED = httpx.RemoteProtocolError("Server disconnected without sending a response.")


@pytest.mark.parametrize(
    "trouble",
    [
        CONNECT,
        DROPPED,
        httpx.ReadError("reset"),
        httpx.WriteError("pipe"),
        httpx.Response(502),
        httpx.Response(503),
        httpx.Response(504),
        json_response(500, LOCKED),
    ],
)
async def test_passing_trouble_is_tried_three_times(trouble: Step) -> None:
    network, result = await run_get(trouble, trouble, ok())
    assert (len(network.requests), result) == (3, b'{"a": 1}')
    network, result = await run_get(trouble)
    assert len(network.requests) == 3
    assert isinstance(result, Unreachable | Busy)


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (httpx.ConnectTimeout("slow"), Unreachable),
        (httpx.ReadTimeout("slow"), TimedOut),
        (httpx.WriteTimeout("slow"), TimedOut),
        (httpx.PoolTimeout("full"), TimedOut),
        (httpx.ProxyError("odd"), Unreachable),
        (OSError("odd"), Unreachable),
        (UnicodeError("label too long"), Unreachable),
        (httpx.LocalProtocolError("Illegal header value"), Misconfigured),
        (httpx.InvalidURL("odd"), Misconfigured),
        (httpx.Response(500, json={"message": "NullReference"}), Busy),
        (httpx.Response(429), Busy),
        (httpx.Response(520, html="<html>"), Busy),
        (json_response(503, STARTING), StartingUp),
        (httpx.Response(401), Unauthorized),
        (httpx.Response(403, html="<html>"), Unauthorized),
        (json_response(404, {"message": "NotFound"}), NotFound),
        (
            httpx.Response(404, content=b"{}", headers={"content-type": "application/problem+json"}),
            NotFound,
        ),
        (httpx.Response(404), Misconfigured),
        (httpx.Response(400, json=[{"errorMessage": "bad"}]), Rejected),
        (httpx.Response(406), Rejected),
        (httpx.Response(409, json={"message": "x"}), Rejected),
        (httpx.Response(301, headers={"location": "/login"}), Misconfigured),
        (httpx.Response(200, html="<html>"), Misconfigured),
    ],
)
async def test_other_trouble_is_told_at_once_and_exactly(trouble: Step, kind: type[MediaClientError]) -> None:
    network, result = await run_get(trouble)
    assert type(result) is kind
    assert len(network.requests) == 1


async def test_a_failure_shows_neither_address_nor_key_nor_body() -> None:
    body = {"message": "canary-body", "description": "/secret/path"}
    for step in (
        json_response(500, body),
        CONNECT,
        httpx.Response(302, headers={"location": "http://x/canary"}),
    ):
        _, result = await run_get(step, url="http://canary-host:1")
        assert isinstance(result, MediaClientError)
        for text in (result.summary, result.remedy, str(result)):
            assert "canary" not in text
            assert "/secret" not in text


async def test_a_sign_in_page_in_front_is_not_mistaken_for_a_wrong_key() -> None:
    _, wrong_key = await run_get(httpx.Response(401))
    _, page = await run_get(httpx.Response(401, html="<html>"))
    _, forbidden = await run_get(httpx.Response(403))
    assert isinstance(wrong_key, Unauthorized)
    assert "API Key" in wrong_key.remedy
    for error in (page, forbidden):
        assert isinstance(error, Unauthorized)
        assert "sign-in page" in error.remedy


@pytest.mark.parametrize(
    "words",
    [
        "<center>The plain HTTP request was sent to HTTPS port</center>",
        "Reason: You're speaking plain HTTP to an SSL-enabled server port.",
        "Client sent an HTTP request to an HTTPS server.",
    ],
    ids=["nginx", "Apache", "Go"],
)
async def test_a_port_that_wants_tls_is_told_apart_from_an_app_that_refuses(words: str) -> None:
    _, error = await run_get(httpx.Response(400, html=words))
    _, over_tls = await run_get(httpx.Response(400, html=words), url="https://app")
    _, of_the_app = await run_get(json_response(400, [{"errorMessage": words}]))

    assert isinstance(error, Misconfigured)
    assert "https:// instead of http://" in error.remedy
    assert isinstance(over_tls, Rejected)
    assert isinstance(of_the_app, Rejected)


async def test_a_kept_connection_that_was_dropped_is_replaced_at_once() -> None:
    http = make_http(Network(DROPPED, ok()))
    assert await http.get("/queue", deadline_s=10) == b'{"a": 1}'
    await http.aclose()


async def test_back_off_has_jitter_within_bounds() -> None:
    clock = FakeClock()
    network = Network(CONNECT)
    http = make_http(network, clock)
    task = asyncio.create_task(http.get("/queue", deadline_s=60))
    await clock.advance(0.29)
    assert len(network.requests) == 1
    await clock.advance(4)
    assert len(network.requests) == 3
    with pytest.raises(Unreachable):
        await task


async def test_a_write_is_sent_once_whatever_happens() -> None:
    for step in (CONNECT, DROPPED, httpx.Response(503), json_response(500, LOCKED)):
        network = Network(step)
        with pytest.raises(MediaClientError):
            await make_http(network).post("/command", b"{}", deadline_s=5)
        assert len(network.requests) == 1


async def test_after_three_pool_timeouts_in_a_row_the_pool_is_replaced() -> None:
    full = httpx.PoolTimeout("full")
    http = make_http(Network(full, full, ok(), full, full, full, ok()))
    first = http._client
    outcomes = []
    for _ in range(7):
        try:
            outcomes.append(await http.get("/queue", deadline_s=5))
        except TimedOut:
            outcomes.append(b"")
        if len(outcomes) == 5:
            assert http._client is first
    assert http._client is not first
    assert first.is_closed
    assert outcomes[-1] == b'{"a": 1}'


async def test_never_more_than_four_are_under_way() -> None:
    now = most = 0

    async def slow(request: httpx.Request) -> httpx.Response:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        return ok()

    http = make_http(slow)
    await asyncio.gather(*(http.get(f"/movie/{key}", deadline_s=5) for key in range(20)))
    assert most == 4


async def test_waiting_for_a_turn_counts_towards_the_deadline() -> None:
    async def hang(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    http = make_http(hang)
    results = await asyncio.gather(
        *(http.get(f"/movie/{key}", deadline_s=0.05) for key in range(6)), return_exceptions=True
    )
    assert {type(result) for result in results} == {TimedOut}


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (json_response(500, LOCKED), Busy),
        (httpx.Response(502), Busy),
        (httpx.Response(503), Busy),
        (CONNECT, Unreachable),
    ],
)
async def test_a_deadline_between_two_tries_hides_no_failure(
    trouble: Step, kind: type[MediaClientError]
) -> None:
    http = make_http(Network(trouble))
    with pytest.raises(kind):
        await http.get("/queue", deadline_s=0.05)


async def test_a_deadline_after_a_dropped_connection_is_a_time_out() -> None:
    steps = iter([DROPPED])

    async def drop_and_hang(request: httpx.Request) -> httpx.Response:
        for step in steps:
            raise step
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(TimedOut):
        await make_http(drop_and_hang).get("/queue", deadline_s=0.05)
