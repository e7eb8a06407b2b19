"""A simulated Radarr or Sonarr on a loopback socket."""

import gzip
import ssl
from collections import deque
from types import TracebackType
from typing import Self

from aiohttp import web

from discarr.core.clock import Clock, SystemClock
from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.call import Call
from discarr.sandbox.arr_server.faults import FaultKind, FaultPlan, replaced_answer, reset, send_badly
from discarr.sandbox.arr_server.instance import Instance, Removed
from discarr.sandbox.arr_server.parameters import BadParameter, Parameters
from discarr.sandbox.arr_server.replies import (
    INDEX_HTML,
    empty,
    html,
    json_reply,
    malformed,
    redirect,
    starting_up,
)
from discarr.sandbox.arr_server.routes import find_route
from discarr.sandbox.arr_server.source import Source

API_KEY = "0123456789abcdef0123456789abcdef"
_JSON_TYPES = ("application/json", "text/json", "application/*", "*/*")


class ArrServer:
    """One simulated instance: ``async with ArrServer(source) as server: ... server.url``.

    `source` says what it knows: a scenario, a recording, fixed rows, or rows in bulk. `port` 0 takes any
    free one. `refresh_every_s` is how often the queue's snapshot is rebuilt, 60 to 90 s in the apps. For
    `startup_s` it answers 503, and the queue stays empty until `first_refresh_s` later. `command_s` is how
    long a command takes. `has_login` is whether the web interface asks for one: it decides what a wrong
    path leads to. With `tls` it is reached by https only, over HTTP/1.1.
    """

    def __init__(
        self,
        source: Source,
        *,
        api_key: str = API_KEY,
        clock: Clock | None = None,
        url_base: str = "",
        version: str | None = None,
        instance_name: str | None = None,
        refresh_every_s: float = 60.0,
        startup_s: float = 0.0,
        first_refresh_s: float = 0.0,
        command_s: float = 0.5,
        has_login: bool = True,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.source = source
        self.api_key = api_key
        self.url_base = url_base
        self.port = port
        self.faults = FaultPlan()
        self.requests: deque[str] = deque(maxlen=10_000)
        """The latest requests, as "GET /api/v3/queue?page=1", for tests and benchmarks to count."""
        self._clock: Clock = clock or SystemClock()
        self._startup_s = startup_s
        self._first_refresh_s = first_refresh_s
        self._has_login = has_login
        self._tls = tls
        self._runner: web.ServerRunner | None = None
        self._instance = Instance(
            source,
            clock=self._clock,
            version=version,
            instance_name=instance_name,
            url_base=url_base,
            refresh_every_s=refresh_every_s,
            command_s=command_s,
        )

    @property
    def kind(self) -> InstanceKind:
        """Which app it simulates."""
        return self.source.kind

    @property
    def url(self) -> str:
        """Its address, URL base included."""
        scheme = "http" if self._tls is None else "https"
        return f"{scheme}://127.0.0.1:{self.port}{self.url_base}"

    @property
    def is_away(self) -> bool:
        """Whether connections are refused at the moment."""
        return self._runner is None

    @property
    def removed(self) -> list[Removed]:
        """What was removed from the queue by requests, in order, for tests to look at."""
        return self._instance.removed

    async def __aenter__(self) -> Self:
        self.source.begin(self._clock.now())
        self._instance.boot(startup_s=self._startup_s, first_refresh_s=self._first_refresh_s)
        await self.come_back()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.go_away()

    async def go_away(self) -> None:
        """Close every connection and refuse new ones."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def come_back(self) -> None:
        """Listen again, on the same port."""
        if self._runner is not None:
            return
        server = web.Server(self._handle, access_log=None, handler_cancellation=True)
        runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port, reuse_address=True, ssl_context=self._tls)
        self._runner = runner
        await site.start()
        self.port = runner.addresses[0][1]

    async def restart(self, *, startup_s: float = 0.0, first_refresh_s: float = 30.0) -> None:
        """Drop every connection and start anew: 503 first, then an empty queue until the first refresh."""
        await self.go_away()
        self._instance.boot(startup_s=startup_s, first_refresh_s=first_refresh_s)
        await self.come_back()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.requests.append(f"{request.method} {request.rel_url}")
        fault = self.faults.take(request.method, request.path.removeprefix(self.url_base))
        if fault is None:
            return _compressed(request, await self._answer(request))
        if fault.kind is FaultKind.LOST:
            reset(request)
            return empty()
        replaced = replaced_answer(fault, self._instance.app_name)
        if replaced is not None and not fault.is_carried_out:
            return replaced
        answer = _compressed(request, await self._answer(request))
        return replaced or await send_badly(fault, request, answer, self._clock)

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        """Decide as the apps' middleware does: authentication, start-up, URL base, then the end point."""
        path = request.path
        base = self.url_base
        has_base = path == base or path.startswith(f"{base}/")
        inner = path.removeprefix(base) if has_base else path
        is_api = inner == "/api" or inner.startswith("/api/")
        if is_api and not self._is_authorised(request):
            return empty(401)
        if self._instance.is_starting:
            return starting_up(self._instance.app_name, is_api=is_api)
        if not has_base:
            return redirect(f"{base}{request.rel_url}", 307)
        if inner == "/ping":
            return json_reply({"status": "OK"})
        if not is_api:
            return self._web_page(request, inner)
        return await self._api(request, inner)

    async def _api(self, request: web.BaseRequest, path: str) -> web.Response:
        self._instance.catch_up()
        answer = await self._call(request, path)
        answer.headers["X-Application-Version"] = self._instance.version
        return answer

    async def _call(self, request: web.BaseRequest, path: str) -> web.Response:
        handlers, number = find_route(self.kind, path)
        if not handlers:
            return empty(404)
        handler = handlers.get(request.method)
        if handler is None:
            return empty(405)
        if not _accepts_json(request):
            return empty(406)
        if request.can_read_body and request.content_type != "application/json":
            return empty(415)
        parameters = Parameters(request.query.items())
        try:
            return await handler(
                Call(instance=self._instance, request=request, parameters=parameters, id=number)
            )
        except BadParameter as problem:
            return malformed(problem)

    def _is_authorised(self, request: web.BaseRequest) -> bool:
        """Look where the apps look, in their order: a wrong key in the query wins over a right header."""
        key = (
            Parameters(request.query.items()).text("apikey")
            or request.headers.get("X-Api-Key")
            or request.headers.get("Authorization", "").replace("Bearer ", "")
        )
        return key == self.api_key

    def _web_page(self, request: web.BaseRequest, path: str) -> web.Response:
        if path == "/login":
            return html()
        if self._has_login:
            return redirect(f"{self.url_base}/login?returnUrl={request.path}")
        return html(INDEX_HTML % self._instance.instance_name.encode())


def _accepts_json(request: web.BaseRequest) -> bool:
    accepted = [part.split(";")[0].strip() for part in request.headers.get("Accept", "*/*").split(",")]
    return any(part in _JSON_TYPES for part in accepted)


def _compressed(request: web.BaseRequest, answer: web.Response) -> web.Response:
    """Compress as ASP.NET does: at the fastest level, whatever the size."""
    body = answer.body
    wants_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
    if wants_gzip and isinstance(body, bytes) and body and "Content-Encoding" not in answer.headers:
        answer.body = gzip.compress(body, 1)
        answer.headers["Content-Encoding"] = "gzip"
        answer.headers["Vary"] = "Accept-Encoding"
    return answer
