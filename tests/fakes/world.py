"""The whole product over a simulated Discord and fake instances, under a clock that the test moves."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import discord
import simcord

from discarr.app import App
from discarr.clients.base import MediaClient
from discarr.core.config import Config
from discarr.core.settings import load_settings
from discarr.core.store import Store
from discarr.discord_bot.bot import DiscordBot
from tests.fakes.clock import FakeClock
from tests.fakes.contract import assert_valid_for_discord
from tests.fakes.inline_store import InlineStore
from tests.shared_folder import CONTRACTS

_PATIENCE_S = 30.0

# SimCord waits 50 ms by default whenever something is about to run: a third of these tests' time.
_settle = simcord.Env._settle_internal
assert "idle" in (_settle.__kwdefaults__ or {})
_settle.__kwdefaults__ = {**(_settle.__kwdefaults__ or {}), "idle": 0.001}


async def until(is_so: Callable[[], bool]) -> None:
    """Return as soon as something holds; fail when it does not within half a minute."""
    async with asyncio.timeout(_PATIENCE_S):
        while not is_so():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.002)


@dataclass(slots=True, kw_only=True)
class World:
    """What a test acts on and looks at."""

    env: simcord.Env
    guild: simcord.GuildHandle
    channel: simcord.ChannelHandle
    owner: simcord.MemberActor
    member: simcord.MemberActor
    helper: simcord.MemberActor
    """Named as a helper by the settings."""
    clock: FakeClock
    clients: Sequence[MediaClient]
    store: Store
    settings: Config
    group: asyncio.TaskGroup
    step_takes_s: float = 0.0
    """Real time between two steps of the clock: where there are sockets, they need some."""
    app: App = field(init=False)
    _stop: asyncio.Event = field(init=False)
    _running: asyncio.Task[None] = field(init=False)
    _is_online: asyncio.Event = field(init=False)

    def start(self) -> None:
        """Start a process: a new app over what outlives one."""
        self.app = App(
            self.settings, clock=self.clock, store=self.store, clients=self.clients, connection=self._connect
        )
        self._stop = asyncio.Event()
        self._is_online = asyncio.Event()
        self._running = self.group.create_task(self.app.run(self._stop), name="app")

    async def while_time_passes[T](self, action: Coroutine[Any, Any, T]) -> T:
        """Let somebody do what takes a while, such as a refresh of all servers."""
        doing = asyncio.create_task(action)
        while not doing.done():
            await self.clock.advance(0.1)
            await asyncio.sleep(0.0005)  # SimCord looks once a millisecond whether it is done
        return await doing

    async def end(self) -> None:
        """End the process as SIGTERM does; harmless when repeated."""
        self._stop.set()
        await self._running

    async def _connect(self, make_bot: Callable[[], discord.Client]) -> None:
        await self.env.restart_bot(make_bot())
        self._is_online.set()
        await asyncio.Event().wait()

    @property
    def bot(self) -> DiscordBot:
        assert isinstance(self.env.bot, DiscordBot)
        return self.env.bot

    @property
    def message(self) -> discord.Message:
        """The live message; SimCord says in the channel, too, that a thread was made."""
        return [message for message in self.channel.history() if message.embeds][-1]

    @property
    def text(self) -> str:
        """Title, description and fields of the live message."""
        return self._texts()[-1]

    def _texts(self) -> list[str]:
        return [embed_text(message.embeds[0]) for message in self.channel.history() if message.embeds]

    async def is_online(self) -> None:
        """Wait until the bot has arrived."""
        async with asyncio.timeout(_PATIENCE_S):
            await self._is_online.wait()

    async def shows(self, words: str) -> None:
        """Let time pass until the live message contains the words."""
        await self.is_online()
        async with asyncio.timeout(_PATIENCE_S):
            while not any(words in text for text in self._texts()[-1:]):
                said = len(self.env.http_requests)
                while len(self.env.http_requests) == said:
                    await self.step(1)

    async def step(self, seconds: float) -> None:
        """Let time pass."""
        await self.clock.advance(seconds)
        await asyncio.sleep(self.step_takes_s)


def embed_text(embed: discord.Embed) -> str:
    """Everything an embed says."""
    parts = [embed.title or "", embed.description or ""]
    for part in embed.fields:
        parts += [part.name or "", part.value or ""]
    return "\n".join(parts)


@asynccontextmanager
async def open_world(
    clients: Sequence[MediaClient],
    *,
    environ: Mapping[str, str] | None = None,
    prepare: Callable[[simcord.Env], None] | None = None,
    clock: FakeClock | None = None,
    store: Store | None = None,
) -> AsyncIterator[World]:
    """Yield a world in which the app runs, and end it with the block.

    All that was sent to Discord is held against its own document then, where the shared folder is there.
    `environ` adds to the settings; `prepare` may change the simulated Discord before the bot arrives. `clock`
    is one that others share; a `store` of the test's own is closed with the world, too.
    """
    clock = clock or FakeClock()
    placeholder = discord.Client(intents=discord.Intents(guilds=True))
    async with simcord.run(placeholder, check_errors=False) as env:
        owner = env.create_user("olivia")
        guild = env.create_guild("Home", owner=owner)
        channel = guild.create_text_channel("downloads")
        helper = env.create_user("hana")
        if prepare is not None:
            prepare(env)
        settings = load_settings(
            {
                "DISCORD_TOKEN": "a-token-of-the-simulation",
                "DISCORD_CHANNEL_ID": str(channel.id),
                "RADARR_URL": "http://radarr:7878",
                "RADARR_API_KEY": "0123456789abcdef0123456789abcdef",
                "DISCARR_OPERATOR_USERS": str(helper.id),
                **(environ or {}),
            },
            env_file=None,
            secrets_dir=None,
        )
        store = store or await InlineStore.in_memory(clock=clock)
        try:
            async with asyncio.TaskGroup() as group:
                world = World(
                    env=env,
                    guild=guild,
                    channel=channel,
                    owner=guild.add_member(owner),
                    member=guild.add_member(env.create_user("max")),
                    helper=guild.add_member(helper),
                    clock=clock,
                    clients=clients,
                    store=store,
                    settings=settings,
                    group=group,
                )
                world.start()
                yield world
                await world.end()
            if CONTRACTS.is_dir():
                assert_valid_for_discord(env.http_requests)
        finally:
            await store.close()
