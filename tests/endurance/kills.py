"""`kill -9` at random points of a process that tells of events, and what arrived of them in the end."""

import asyncio
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from discarr.monitoring.alerts.content import Content, DigestContent, ReadyContent, decode
from tests.endurance.killed_process import FIRST_USER, title

_ROOT: Final = Path(__file__).parents[2]
_LATEST_S = 0.05
"""How long after an answer a process dies at the latest, where it dies after one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survival:
    """What became of the events."""

    events: int
    kills: int
    dropped: int
    """Answers that were never given, to messages that had been made."""
    repeated: int
    """Attempts under a nonce that was known: each would have been a second message."""
    lost: int
    twice: int
    uncounted: int
    """By how many the digests differ from the number of events."""


@dataclass(slots=True, kw_only=True)
class _Message:
    route: str
    nonce: str
    row_id: int
    content: bytes


@dataclass(slots=True)
class _Post:
    """A stand-in for Discord that honours nonces; it kills whoever speaks to it, by a plan."""

    chance: random.Random
    drop_share: float
    kills_left: list[int]
    """At which attempts to send, counted from 1; ascending."""
    messages: list[_Message] = field(default_factory=list)
    known: dict[tuple[str, str], int] = field(default_factory=dict)
    """Ids of messages by route and nonce."""
    attempts: int = 0
    dropped: int = 0
    repeated: int = 0
    victim: asyncio.subprocess.Process | None = None

    async def post(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.attempts += 1
        is_fatal = bool(self.kills_left) and self.attempts >= self.kills_left[0]
        moment = self.chance.choice(("before", "between", "after")) if is_fatal else ""
        if is_fatal:
            del self.kills_left[0]
        if moment == "before":
            self._kill()
        else:
            message_id = self._keep(request.match_info["route"], body)
        if moment == "between":
            self._kill()
        elif moment == "after":
            asyncio.get_running_loop().call_later(self.chance.uniform(0, _LATEST_S), self._kill)
        elif self.chance.random() < self.drop_share:
            self.dropped += 1
            self._hang_up(request)
        return web.json_response({"id": message_id if moment != "before" else 0})

    async def patch(self, request: web.Request) -> web.Response:
        self.messages[int(request.match_info["id"]) - 1].content = await request.read()
        if self.chance.random() < self.drop_share:
            self.dropped += 1
            self._hang_up(request)
        return web.json_response({})

    async def find(self, request: web.Request) -> web.Response:
        row_id, route = int(request.query["row"]), request.match_info["route"]
        for number, message in enumerate(self.messages, start=1):
            if (message.row_id, message.route) == (row_id, route):
                return web.json_response({"id": number})
        return web.json_response(None)

    def _keep(self, route: str, body: dict[str, Any]) -> int:
        key = route, body["nonce"]
        if key in self.known:
            self.repeated += 1
            return self.known[key]
        self.messages.append(
            _Message(route=route, nonce=body["nonce"], row_id=body["row"], content=body["content"].encode())
        )
        self.known[key] = len(self.messages)
        return self.known[key]

    def _kill(self) -> None:
        if self.victim is not None and self.victim.returncode is None:
            self.victim.kill()

    @staticmethod
    def _hang_up(request: web.Request) -> None:
        if request.transport is not None:
            request.transport.abort()

    @property
    def contents(self) -> list[tuple[str, Content]]:
        """Routes and what stands there now."""
        return [(message.route, decode(message.content)) for message in self.messages]


async def survive(
    folder: Path, *, events: int, kills: int, seed: int, drop_share: float = 0.03, users: int
) -> Survival:
    """Let a process tell of so many events, kill it so often meanwhile, and start it again each time.

    Each of `users` follows a part of the titles; a person is told of at most 30 in five minutes.
    """
    chance = random.Random(seed)  # noqa: S311
    first, last = max(1, events // 50), max(kills, events - events // 50)
    post = _Post(chance, drop_share, sorted(chance.sample(range(first, last + 1), kills)))
    killed = 0
    async with _serving(post) as url:
        while True:
            post.victim = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.endurance.killed_process",
                *(str(folder), url, str(events), str(users)),
                cwd=_ROOT,
                stderr=asyncio.subprocess.PIPE,
            )
            _, said = await post.victim.communicate()
            if post.victim.returncode == 0:
                break
            assert post.victim.returncode == -signal.SIGKILL, said.decode()[-3000:]
            killed += 1
    told = Counter(
        (route, content.work.title) for route, content in post.contents if isinstance(content, ReadyContent)
    )
    wanted = {(f"user:{FIRST_USER + number % users}", title(number)) for number in range(1, events + 1)}
    counted = sum(content.total for _, content in post.contents if isinstance(content, DigestContent))
    return Survival(
        events=events,
        kills=killed,
        dropped=post.dropped,
        repeated=post.repeated,
        lost=len(wanted - told.keys()),
        twice=sum(told.values()) - len(told.keys() & wanted),
        uncounted=abs(events - counted),
    )


@asynccontextmanager
async def _serving(post: _Post) -> AsyncIterator[str]:
    app = web.Application()
    app.add_routes(
        [
            web.post("/{route}", post.post),
            web.patch("/{id}", post.patch),
            web.get("/{route}", post.find),
        ]
    )
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()
