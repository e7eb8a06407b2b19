"""The stand-in as a whole: one port for REST and gateway, and discord.py pointed at it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import discord
import yarl
from aiohttp import web
from discord.gateway import DiscordWebSocket
from discord.http import Route

from tests.fakes.discord_server.answers import answer, body_of, refusal
from tests.fakes.discord_server.faults import Fault, FaultScript, Hang, Reply
from tests.fakes.discord_server.gateway import Gateway, reset
from tests.fakes.discord_server.interactions import Interactions
from tests.fakes.discord_server.ledger import Ledger
from tests.fakes.discord_server.rest import Rest
from tests.fakes.discord_server.threads import Threads
from tests.fakes.discord_server.world import World

_API = f"/api/v{discord.http.INTERNAL_API_VERSION}"
_UNAUTHENTICATED = ("/gateway", "/interactions/", "/webhooks/")

type _Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class DiscordServer:
    """Discord as the bot sees it. Tests read `ledger` and `gateway`, script `faults`, and change `world`."""

    def __init__(self, *, port: int) -> None:
        self._port = port
        self.world = World()
        self.ledger = Ledger()
        self.faults = FaultScript()
        self.threads = Threads(self.world)
        self.rest = Rest(self.world, self.threads)
        self.interactions = Interactions(self.world)
        self.api_url = f"http://127.0.0.1:{port}{_API}"
        self.gateway = Gateway(self.world, f"ws://127.0.0.1:{port}/gateway")
        self._stopping = asyncio.Event()
        self._site: web.TCPSite | None = None

        @web.middleware
        async def serve(request: web.Request, handler: _Handler) -> web.StreamResponse:
            return await self._serve(request, handler)

        app = web.Application(middlewares=[serve])
        routes = [
            *self.rest.routes(self.gateway.url),
            *self.threads.routes(),
            *self.interactions.routes(),
        ]
        app.add_routes([web.RouteDef(r.method, _API + r.path, r.handler, r.kwargs) for r in routes])
        app.add_routes([web.get("/gateway", self.gateway.handle)])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2, handler_cancellation=True)

    async def start(self) -> None:
        """Prepare everything and listen."""
        await self._runner.setup()
        await self.listen()

    async def listen(self) -> None:
        """Take connections again after `refuse`."""
        self._site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await self._site.start()

    async def refuse(self) -> None:
        """Refuse new connections from now on; open ones stay."""
        assert self._site is not None
        await self._site.stop()
        self._site = None

    async def stop(self) -> None:
        """Close every connection, also those that hang."""
        self._stopping.set()
        self.gateway.stop()
        await self._runner.cleanup()

    async def _serve(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        if not request.path.startswith(_API):
            return await handler(request)
        path = request.path_qs.removeprefix(_API)
        recorded = self.ledger.add(request.method, path, await body_of(request))
        fault = self.faults.take(request.method, request.path.removeprefix(_API))
        response = await (self._commit(fault, request, handler) if fault else self._obey(request, handler))
        recorded.status = response.status if request.transport else None
        return response

    async def _obey(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        path = request.path.removeprefix(_API)
        token = request.headers.get("Authorization", "").removeprefix("Bot ")
        if token != self.world.token and not path.startswith(_UNAUTHENTICATED):
            return refusal(401, 0, "401: Unauthorized")
        try:
            return await handler(request)
        except web.HTTPException as missing:
            return refusal(
                missing.status, 0, f"{missing.status}: the stand-in has no {request.method} {path}"
            )

    async def _commit(self, fault: Fault, request: web.Request, handler: _Handler) -> web.StreamResponse:
        if isinstance(fault, Reply):
            if fault.is_html:
                return web.Response(status=fault.status, text=fault.body, content_type="text/html")
            return answer(fault.status, fault.body, fault.headers)
        if isinstance(fault, Hang):
            await self._stopping.wait()
        elif fault.is_done_first:
            await self._obey(request, handler)
        if request.transport is not None:
            reset(request.transport)
        return web.Response()


@asynccontextmanager
async def running_discord() -> AsyncIterator[DiscordServer]:
    """Run a stand-in on a free port of 127.0.0.1, and point discord.py at it for as long."""
    server = DiscordServer(port=_free_port())
    base, default_gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    await server.start()
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = server.api_url, yarl.URL(server.gateway.url)
    try:
        yield server
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, default_gateway
        await server.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
