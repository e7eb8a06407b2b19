"""Scripted faults: what can go wrong between a client and an instance, on the real socket."""

import asyncio
import gzip
import random
import socket
import struct
from dataclasses import dataclass
from enum import StrEnum

from aiohttp import web

from discarr.core.clock import Clock
from discarr.sandbox.arr_server.replies import INDEX_HTML, empty, error, html, redirect, starting_up

_CHUNK = 64 * 1024
_FOR_EVER = 1_000_000


class FaultKind(StrEnum):
    """What goes wrong."""

    DELAY = "delay"
    """The right answer, `seconds` late."""
    HANG = "hang"
    """What was asked is done, and nothing ever comes back."""
    DRIP = "drip"
    """The right answer, a byte at a time, `seconds` apart: no read time-out ever fires."""
    LOST = "lost"
    """The connection is reset (RST) before anything is done."""
    RESET = "reset"
    """What was asked is done, and the connection is reset (RST) instead of an answer."""
    RESET_IN_BODY = "reset in body"
    """The connection is reset in the middle of the right answer."""
    TRUNCATED = "truncated"
    """The connection is closed in the middle of the right answer."""
    UNAUTHORIZED = "unauthorized"
    LOCKED = "locked"
    """500 "database is locked"."""
    STARTING = "starting"
    """503 with the app's own start-up message."""
    BAD_GATEWAY = "bad gateway"
    """502 with a proxy's page."""
    UNAVAILABLE = "unavailable"
    """503 with a proxy's page."""
    GARBAGE = "garbage"
    """200 and "application/json", but not JSON."""
    HTML = "html"
    """200 with a login page, as a forward-auth proxy sends it."""
    REDIRECT = "redirect"
    """302 to `location`."""
    HUGE = "huge"
    """200 with `size_bytes` of JSON white space."""
    GZIP_BOMB = "gzip bomb"
    """The same, compressed to a thousandth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong, for requests whose path (without URL base) begins with `path`."""

    kind: FaultKind
    path: str = "/"
    method: str | None = None
    """None: any."""
    times: int | None = 1
    """To how many requests it happens; None: until it is removed."""
    share: float = 1.0
    """To which part of the requests it happens; `seed` decides to which ones."""
    seed: int = 0
    is_carried_out: bool = False
    """Whether what was asked is done all the same, for kinds that give another answer."""
    seconds: float = 1.0
    size_bytes: int = 256 * 1024 * 1024
    location: str = "https://auth.example.org/login"


class FaultPlan:
    """The faults that are still to happen; the first that fits a request happens to it."""

    def __init__(self) -> None:
        self._left: list[_Planned] = []

    def add(self, *faults: Fault) -> None:
        """Plan faults."""
        self._left += [_Planned(fault) for fault in faults]

    def clear(self) -> None:
        """Let everything go well from now on."""
        self._left.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """Return what happens to a request, and count it."""
        for planned in self._left:
            if planned.happens_to(method, path):
                self._left = [item for item in self._left if item.times_left > 0]
                return planned.fault
        return None


class _Planned:
    """A fault, and how often it is still to happen."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.times_left = _FOR_EVER if fault.times is None else fault.times
        self._random = random.Random(fault.seed)  # noqa: S311 - not secret  # nosec B311

    def happens_to(self, method: str, path: str) -> bool:
        fault = self.fault
        fits = path.startswith(fault.path) and fault.method in (None, method)
        if not fits or self._random.random() >= fault.share:
            return False
        self.times_left -= 1
        return True


def replaced_answer(fault: Fault, app: str) -> web.Response | None:
    """Return the answer that a fault gives instead of the right one; None if it only treats that badly."""
    match fault.kind:
        case FaultKind.UNAUTHORIZED:
            return empty(401)
        case FaultKind.LOCKED:
            return error(500, "database is locked\ndatabase is locked")
        case FaultKind.STARTING:
            return starting_up(app, is_api=True)
        case FaultKind.BAD_GATEWAY:
            return _proxy_page(502, "502 Bad Gateway")
        case FaultKind.UNAVAILABLE:
            return _proxy_page(503, "503 Service Temporarily Unavailable")
        case FaultKind.GARBAGE:
            return web.Response(body=b'{"page": 1, "records": [\x00\xff', content_type="application/json")
        case FaultKind.HTML:
            return html()
        case FaultKind.REDIRECT:
            return redirect(fault.location)
        case FaultKind.GZIP_BOMB:
            headers = {"Content-Encoding": "gzip"}
            body = gzip.compress(b" " * fault.size_bytes, 9)
            return web.Response(body=body, content_type="application/json", headers=headers)
        case _:
            return None


async def send_badly(
    fault: Fault, request: web.BaseRequest, answer: web.Response, clock: Clock
) -> web.StreamResponse:
    """Give the right answer late, in pieces, in part or not at all."""
    if fault.kind is FaultKind.DELAY:
        await clock.sleep(fault.seconds)
        return answer
    if fault.kind is FaultKind.HANG:
        # ends when the client or the server closes the connection
        await asyncio.get_running_loop().create_future()
    if fault.kind is FaultKind.RESET:
        reset(request)
        return answer
    if fault.kind is FaultKind.HUGE:
        return await _send_white_space(request, fault.size_bytes)
    stream = web.StreamResponse(status=answer.status, headers=answer.headers)
    body = answer.body if isinstance(answer.body, bytes) else b""
    stream.content_length = len(body)
    await stream.prepare(request)
    if fault.kind is FaultKind.DRIP:
        for index in range(len(body)):
            await stream.write(body[index : index + 1])
            await clock.sleep(fault.seconds)
        return stream
    await stream.write(body[: len(body) // 2])
    if fault.kind is FaultKind.RESET_IN_BODY:
        # let the half leave first: a reset drops what is still unsent
        await clock.sleep(0)
        reset(request)
    elif request.transport is not None:
        request.transport.close()
    return stream


async def _send_white_space(request: web.BaseRequest, size_bytes: int) -> web.StreamResponse:
    stream = web.StreamResponse(headers={"Content-Type": "application/json"})
    stream.content_length = size_bytes
    await stream.prepare(request)
    for start in range(0, size_bytes, _CHUNK):
        await stream.write(b" " * min(_CHUNK, size_bytes - start))
    return stream


def reset(request: web.BaseRequest) -> None:
    """Close the connection so that the other side sees a reset instead of an orderly end."""
    transport = request.transport
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def _proxy_page(status: int, title: str) -> web.Response:
    return web.Response(body=INDEX_HTML % title.encode(), status=status, content_type="text/html")
