"""Discord's gateway: sessions over a websocket, with scripted misbehaviour."""

import asyncio
import json
import socket as sockets
import struct
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.fakes.discord_server.answers import answer
from tests.fakes.discord_server.world import World

_DISPATCH, _HEARTBEAT, _IDENTIFY, _RESUME = 0, 1, 2, 6
_RECONNECT, _INVALID_SESSION, _HELLO, _HEARTBEAT_ACK = 7, 9, 10, 11


@dataclass(slots=True)
class Session:
    """What IDENTIFY opens and RESUME continues."""

    session_id: str
    events: list[dict[str, Any]] = field(default_factory=list)
    """Every dispatched event in order; its place is its sequence number, counted from 1."""


@dataclass(slots=True, kw_only=True)
class GatewayFaults:
    """How the gateway misbehaves; lists are used up, flags stay until they are taken back."""

    handshake_statuses: deque[int] = field(default_factory=deque)
    """HTTP statuses to answer the next handshakes with."""
    close_codes_on_identify: deque[int] = field(default_factory=deque)
    """Close codes to answer the next IDENTIFYs with."""
    is_ignoring_identify: bool = False
    """READY never comes."""
    is_swallowing_heartbeats: bool = False
    """Heartbeats get no acknowledgement."""
    is_silent_on_close: bool = False
    """The closing handshake is never finished."""


@dataclass(slots=True)
class Gateway:
    """All sessions and the one open socket."""

    world: World
    url: str
    heartbeat_interval_s: float = 41.25
    faults: GatewayFaults = field(default_factory=GatewayFaults)
    handshakes: int = 0
    identifies: list[dict[str, Any]] = field(default_factory=list)
    """The data of every IDENTIFY."""
    resumes: list[dict[str, Any]] = field(default_factory=list)
    """The data of every RESUME."""
    heartbeats: int = 0
    received: list[dict[str, Any]] = field(default_factory=list)
    """Every other frame, such as presence updates."""
    last_close_code: int | None = None
    """The code the bot closed its last socket with; None when it just went away."""
    _sessions: dict[str, Session] = field(default_factory=dict)
    _socket: web.WebSocketResponse | None = None
    _transport: asyncio.Transport | None = None
    _session: Session | None = None
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_connected(self) -> bool:
        """Whether a bot with a session is on the line."""
        return self._socket is not None and self._session is not None

    async def push(self, event: str, data: dict[str, Any]) -> None:
        """Dispatch an event to the session; one without a socket gets it when it resumes."""
        assert self._session is not None, "nobody has identified yet"
        self._session.events.append({"op": _DISPATCH, "t": event, "d": data})
        if self._socket is not None:
            await self._send_event(self._socket, self._session, len(self._session.events))

    async def drop(self, code: int = 4000) -> None:
        """Close the socket from Discord's side."""
        if self._socket is not None:
            await self._socket.close(code=code)

    def abort(self) -> None:
        """Cut the socket with a TCP reset."""
        assert self._transport is not None
        reset(self._transport)

    async def ask_to_reconnect(self) -> None:
        """Send op 7."""
        await self._send({"op": _RECONNECT, "d": None})

    async def invalidate_session(self, *, is_resumable: bool = False) -> None:
        """Send op 9."""
        if not is_resumable and self._session is not None:
            self._sessions.pop(self._session.session_id, None)
        await self._send({"op": _INVALID_SESSION, "d": is_resumable})

    def stop(self) -> None:
        """Let go of everything that is waiting."""
        self._stopping.set()
        if self._transport is not None:
            self._transport.abort()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one socket from handshake to close."""
        self.handshakes += 1
        if self.faults.handshake_statuses:
            return answer(self.faults.handshake_statuses.popleft(), {"message": "scripted"})
        socket = web.WebSocketResponse(autoclose=not self.faults.is_silent_on_close)
        await socket.prepare(request)
        self._socket, self._transport, self._session = socket, request.transport, None
        interval_ms = int(self.heartbeat_interval_s * 1000)
        await socket.send_json({"op": _HELLO, "d": {"heartbeat_interval": interval_ms}})
        self.last_close_code = None
        try:
            await self._listen(socket)
        finally:
            if self._socket is socket:
                self._socket = None
        return socket

    async def _listen(self, socket: web.WebSocketResponse) -> None:
        while True:
            frame = await socket.receive()
            if frame.type is WSMsgType.TEXT:
                await self._receive(socket, json.loads(frame.data))
                continue
            if frame.type is WSMsgType.CLOSE:
                self.last_close_code = frame.data
                if self.faults.is_silent_on_close:
                    await self._stopping.wait()
            return

    async def _receive(self, socket: web.WebSocketResponse, frame: dict[str, Any]) -> None:
        match frame["op"]:
            case op if op == _HEARTBEAT:
                self.heartbeats += 1
                if not self.faults.is_swallowing_heartbeats:
                    await socket.send_json({"op": _HEARTBEAT_ACK})
            case op if op == _IDENTIFY:
                self.identifies.append(frame["d"])
                await self._identify(socket, frame["d"])
            case op if op == _RESUME:
                self.resumes.append(frame["d"])
                await self._resume(socket, frame["d"])
            case _:
                self.received.append(frame)

    async def _identify(self, socket: web.WebSocketResponse, data: dict[str, Any]) -> None:
        if self.faults.close_codes_on_identify:
            await socket.close(code=self.faults.close_codes_on_identify.popleft())
            return
        if data["token"] != self.world.token:
            await socket.close(code=4004, message=b"Authentication failed.")
            return
        if self.faults.is_ignoring_identify:
            return
        session = Session(f"session-{len(self._sessions) + 1}")
        self._sessions[session.session_id] = session
        self._session = session
        await self.push(
            "READY",
            {
                "v": 10,
                "user": self.world.bot_user(),
                "guilds": [{"id": str(self.world.guild_id), "unavailable": True}],
                "session_id": session.session_id,
                "resume_gateway_url": self.url,
                "application": {"id": str(self.world.application_id), "flags": 0},
            },
        )
        await self.push("GUILD_CREATE", self.world.guild_create())

    async def _resume(self, socket: web.WebSocketResponse, data: dict[str, Any]) -> None:
        session = self._sessions.get(data["session_id"])
        if session is None:
            await socket.send_json({"op": _INVALID_SESSION, "d": False})
            return
        self._session = session
        for number in range((data["seq"] or 0) + 1, len(session.events) + 1):
            await self._send_event(socket, session, number)
        await self.push("RESUMED", {})

    async def _send_event(self, socket: web.WebSocketResponse, session: Session, number: int) -> None:
        await socket.send_json(session.events[number - 1] | {"s": number})

    async def _send(self, frame: dict[str, Any]) -> None:
        assert self._socket is not None
        await self._socket.send_json(frame)


def reset(transport: asyncio.BaseTransport) -> None:
    """Close a connection so that the peer sees a reset (errno 104), not an orderly end."""
    raw = transport.get_extra_info("socket")
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
    assert isinstance(transport, asyncio.Transport)
    transport.abort()
