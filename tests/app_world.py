"""The whole product in process: real requests to simulated instances, SimCord as Discord, fast time."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import discord
import simcord

from discarr.app import App
from discarr.clients.factory import create_client
from discarr.core.config import Config
from discarr.core.settings import load_settings
from discarr.core.store import Store
from discarr.sandbox.arr_server.app import ArrServer
from tests.fakes.world import embed_text
from tests.process_harness import instance_variables

PATIENCE_S = 45.0
SPEED = 20.0


class FastClock:
    """A `discarr.core.clock.Clock` that runs faster than wall time, for work on real sockets."""

    def __init__(self, speed: float = SPEED) -> None:
        self._speed = speed
        # The one clock that SimCord leaves alone inside of what a bot's callback started.
        self._began = time.perf_counter()
        self._start = datetime.now(UTC)

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return (time.perf_counter() - self._began) * self._speed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._speed)

    async def give_way(self) -> None:
        await asyncio.sleep(0)


@dataclass(slots=True, kw_only=True)
class AppWorld:
    """What a test acts on and looks at."""

    env: simcord.Env
    channel: simcord.ChannelHandle
    member: simcord.MemberActor
    owner: simcord.MemberActor
    app: App
    texts: list[str] = field(default_factory=list)
    """Everything the live message has said, without repetitions, as far as `shows` was watching."""

    @property
    def message(self) -> discord.Message:
        """The live message."""
        return [message for message in self.channel.history() if message.embeds][-1]

    @property
    def title(self) -> str:
        return self.message.embeds[0].title or ""

    @property
    def text(self) -> str:
        """Everything the live message says; empty before there is one."""
        messages = [message for message in self.channel.history() if message.embeds]
        return embed_text(messages[-1].embeds[0]) if messages else ""

    async def shows(self, *words: str) -> str:
        """Wait until the live message contains all the words, and return it."""
        await self.until(lambda: bool(self.texts) and all(word in self.texts[-1] for word in words))
        return self.texts[-1]

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something holds, and note what the live message says meanwhile."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    if (text := self.text) and text not in self.texts[-1:]:
                        self.texts.append(text)
                    if is_so():
                        return
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"did not come to pass; the message says:\n{self.text}") from None

    def line_of(self, name: str) -> str:
        """The line of a server in the live message."""
        return next(line for line in self.text.splitlines() if line[2:].startswith(name))

    async def browse(self) -> list[str]:
        """Return every page that a member gets to see behind Browse."""
        result = await self.member.click(self.message, label="Browse")
        pages: list[str] = []
        while True:
            assert result.acknowledged
            assert result.response is not None
            assert result.response.ephemeral
            pages.append(embed_text(result.response.embeds[0]))
            if f"Page {len(pages)} of {len(pages)} " in pages[-1]:
                return pages
            result = await self.member.click(result.response.message, label="Next")


@asynccontextmanager
async def open_app(
    servers: Mapping[str, ArrServer], clock: FastClock, **environ: str
) -> AsyncIterator[AppWorld]:
    """Run the app over these servers, under their names, and end it with the block."""
    placeholder = discord.Client(intents=discord.Intents(guilds=True))
    async with simcord.run(placeholder, settle_timeout=30.0, check_errors=False) as env:
        owner = env.create_user("olivia")
        guild = env.create_guild("Home", owner=owner)
        channel = guild.create_text_channel("downloads")
        member = guild.add_member(env.create_user("max"))
        settings = _settings(servers, channel.id, environ)
        store = await Store.in_memory(clock=clock)
        stop = asyncio.Event()

        is_online = asyncio.Event()

        async def connect(make_bot: Callable[[], discord.Client]) -> None:
            await env.restart_bot(make_bot())
            is_online.set()
            await asyncio.Event().wait()

        app = App(
            settings,
            clock=clock,
            store=store,
            clients=[create_client(config, clock=clock) for config in settings.instances],
            connection=connect,
        )
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(app.run(stop), name="app")
                async with asyncio.timeout(PATIENCE_S):
                    await is_online.wait()
                yield AppWorld(
                    env=env, channel=channel, member=member, owner=guild.add_member(owner), app=app
                )
                stop.set()
        finally:
            await store.close()


def _settings(servers: Mapping[str, ArrServer], channel_id: int, environ: Mapping[str, str]) -> Config:
    return load_settings(
        {
            "DISCORD_TOKEN": "a-token-of-the-simulation",
            "DISCORD_CHANNEL_ID": str(channel_id),
            "DISCARR_REFRESH_INTERVAL": "5",
            "DISCARR_EDIT_INTERVAL": "5",
            **instance_variables(servers),
            **environ,
        },
        env_file=None,
        secrets_dir=None,
    )
