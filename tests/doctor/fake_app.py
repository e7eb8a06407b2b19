"""Just enough of a Radarr or Sonarr on a real socket: who it is, for those who hold the key."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from discarr.core.clock import SystemClock
from discarr.core.config import InstanceConfig
from discarr.core.instance_settings import InstanceSettings
from discarr.core.models import InstanceKind
from discarr.core.setting_values import as_config

API_KEY = "canary-api-key-0123456789abcdef"


@asynccontextmanager
async def running_app(
    *,
    app_name: str = "Radarr",
    version: str = "6.0.3.10514",
    status: int = 200,
    body: Any = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[str]:
    """Run it and yield its address; `status` and `body` replace its answer to those with the key."""

    async def answer(request: web.Request) -> web.Response:
        if request.headers.get("X-Api-Key") != API_KEY:
            return web.Response(status=401)
        if not request.path.startswith("/api"):
            return web.Response(text="<html>", content_type="text/html")
        said = {
            "appName": app_name,
            "instanceName": app_name,
            "version": version,
            "urlBase": "",
            "startTime": "2026-01-01T00:00:00Z",
        }
        if request.path == "/api":
            said = {"current": "v3", "deprecated": []}  # type: ignore[dict-item]
        return web.json_response(said if body is None else body, status=status)

    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        host, port = runner.addresses[0][:2]
        yield f"{'https' if tls else 'http'}://{host}:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def hanging_app() -> AsyncIterator[str]:
    """Yield the address of something that takes connections and never answers."""
    ended = asyncio.Event()

    async def hold(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ended.wait()
        writer.close()

    async with await asyncio.start_server(hold, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        yield f"http://{host}:{port}"
        ended.set()


class ImpatientClock(SystemClock):
    """Does not wait between two tries."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


def make_config(url: str, **overrides: Any) -> InstanceConfig:
    """Return the settings of an unnamed Radarr at `url`."""
    values: dict[str, Any] = {
        "id": "radarr",
        "kind": InstanceKind.RADARR,
        "name": "Radarr",
        "url": url,
        "api_key": API_KEY,
        "timeout_s": 5.0,
    }
    return as_config(InstanceSettings(**(values | overrides)), InstanceConfig)
