"""Discord for the demo: SimCord's in-process Discord, kept at wall time and shown in a browser.

What was learnt about SimCord and is relied on here:

- It has a clock of its own that must be moved along with wall time, or every time on the page is off.
- Its operations must not overlap: one lock stands around the clock's ticks, refreshes and page actions.
- A refresh makes the page stale until its next poll, and a click on a stale page is refused: a tenth of all
  clicks, measured. So it is done rarely and only for news, and a click counts as made on the page as it is.
- Whatever reaches a bot's error handler is a failed action to it, and the page says so in red. A refusal that
  the bot explains to the visitor is none.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import discord
import simcord
from discord import app_commands
from simcord.preview import Preview

from discarr.core.clock import Clock

_TICK_S = 0.25
_REFRESH_EVERY_S = 10.0


class SimulatedClock:
    """Wall time for the product, also where SimCord makes the system's clocks virtual.

    It does so inside work that a bot's callback started; its own clock moves in ticks, too coarse to measure
    an answer by. The performance counter is left alone, and the same for everybody.
    """

    def __init__(self) -> None:
        self._wall_start = datetime.now(UTC) - timedelta(seconds=time.perf_counter())

    def now(self) -> datetime:
        return self._wall_start + timedelta(seconds=time.perf_counter())

    def monotonic(self) -> float:
        return time.perf_counter()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def give_way(self) -> None:
        await asyncio.sleep(0)


class SimulatedDiscord:
    """A guild with one channel, an owner and a member, and the page that shows it."""

    def __init__(self, env: simcord.Env) -> None:
        self._env = env
        self._lock = asyncio.Lock()
        self._record_failure = env._record_error  # noqa: SLF001 - SimCord offers no other way
        env._record_error = self._record_unless_refused  # type: ignore[method-assign]  # noqa: SLF001
        env.backend.bot_user.name = "Discarr"
        owner = env.create_user("olivia", global_name="Olivia (owner)")
        self.guild = env.create_guild("Home cinema", owner=owner)
        self.channel = self.guild.create_text_channel("downloads", topic="What is coming, and when")
        self.owner = self.guild.add_member(owner)
        self.member = self.guild.add_member(env.create_user("max", global_name="Max (member)"))
        self.clock: Clock = SimulatedClock()

    async def connect(self, make_bot: Callable[[], discord.Client]) -> None:
        """Bring a bot online and keep it there until cancelled: the demo's `Connection`."""
        async with self._lock:
            await self._env.restart_bot(make_bot())
        await asyncio.Event().wait()

    def _record_unless_refused(self, error: BaseException) -> None:
        if not isinstance(error, app_commands.CheckFailure):
            self._record_failure(error)

    def preview(
        self, *, port: int | None, timezone: str, pictures: Mapping[str, tuple[str, bytes]] | None = None
    ) -> Preview:
        """Return the page as an async context manager; its `url` is the address to open.

        `pictures` are file name and content by the address that the bot names: the page fetches nothing.
        Entering it raises `simcord.SetupError` where the port cannot be used.
        """
        page = self._env.preview(
            self.channel,
            viewers=[self.member, self.owner],
            layout="channel",
            timezone=timezone,
            port=port,
            assets=pictures,
        )
        # SimCord offers no other way to keep ticks and clicks apart, and clicks valid.
        act, find_view = page._action, page._get_page  # noqa: SLF001

        async def act_alone(context_id: str | None, body: Mapping[str, Any]) -> dict[str, Any]:
            async with self._lock:
                return await act(context_id, {**body, "published_revision": find_view(context_id).revision})

        page._action = act_alone  # type: ignore[method-assign]  # noqa: SLF001
        return page

    async def run(self, page: Preview) -> None:
        """Keep the clock at wall time and the page at what the bot wrote, until it ends or is cancelled."""
        shown, shown_at = 0, 0.0
        loop = asyncio.get_running_loop()
        while True:
            async with self._lock:
                try:
                    behind = (datetime.now(UTC) - self._env.now()).total_seconds()
                    if behind > 0:
                        await self._env.advance_time(behind)
                    written = sum(1 for request in self._env.http_requests if request.method != "GET")
                    if written != shown and loop.time() - shown_at >= _REFRESH_EVERY_S:
                        await page.refresh()
                        shown, shown_at = written, loop.time()
                except simcord.SetupError:  # the visitor has just ended it, or did while the bot arrived
                    return
            await asyncio.sleep(_TICK_S)


@asynccontextmanager
async def open_simulated_discord() -> AsyncIterator[SimulatedDiscord]:
    """Yield a running `SimulatedDiscord` at wall time.

    The world needs a client to come into being, and the product's bot needs the world's channel id in its
    settings; so a placeholder opens it and the bot takes its place (`SimulatedDiscord.connect`).
    """
    placeholder = discord.Client(intents=discord.Intents(guilds=True))
    async with simcord.run(placeholder, settle_timeout=30.0, check_errors=False) as env:
        await env.advance_time((datetime.now(UTC) - env.now()).total_seconds())
        yield SimulatedDiscord(env)
