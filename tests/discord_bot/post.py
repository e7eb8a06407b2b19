"""The way of messages on real sockets: store, dispatcher, sink and discord.py against the stand-in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import discord

from discarr.core.store import Store, outbox
from discarr.core.store.outbox import OutboxRow, Outgoing
from discarr.discord_bot.home import Home
from discarr.discord_bot.notifications import DiscordSink
from discarr.monitoring.alerts.content import Content, encode
from discarr.monitoring.alerts.dispatcher import Dispatcher
from discarr.monitoring.alerts.routes import ALERTS, Route
from tests.discord_bot.ui.notices import make_notice
from tests.fakes.clock import FakeClock
from tests.fakes.discord_server import DiscordServer, running_discord

MESSAGES = r"/channels/\d+/messages"
THREADS = r"/channels/\d+(/messages/\d+)?/threads"
CONVERSATIONS = "/users/@me/channels"


class Post:
    """Everything between the outbox and Discord, under a clock that the test moves."""

    def __init__(self, server: DiscordServer, store: Store, clock: FakeClock) -> None:
        self.server = server
        self.store = store
        self.clock = clock
        self.client = discord.Client(
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=0.02,
            max_messages=None,
            max_ratelimit_timeout=30.0,
        )
        self.home = Home(self.client, server.world.channel_id)
        self.start()

    def start(self, *, timeout_s: float = 20.0) -> None:
        """Begin as a new process does, with what the store remembers.

        `timeout_s` is real time, for each request; a busy machine may take long over one.
        """
        self.sink = DiscordSink(self.store, clock=self.clock, timeout_s=timeout_s)
        self.dispatcher = Dispatcher(self.store, self.sink, clock=self.clock, filled=asyncio.Event())
        if self.client.is_ready():
            self.sink.attach(self.client, self.home)

    async def publish_live_message(self) -> int:
        """Let there be a live message, and return its id."""
        world = self.server.world
        message = world.message({"content": "the live message"})
        message_id = int(message["id"])
        world.messages[message_id] = message
        await self.store.put_message(
            "status", guild_id=world.guild_id, channel_id=world.channel_id, message_id=message_id
        )
        return message_id

    async def tell(
        self,
        content: Content,
        *routes: Route,
        story: str = "",
        is_new: bool = False,
        is_sequel: bool = False,
    ) -> None:
        """Put a message into the outbox: a story of its own unless one is named."""
        now = self.clock.now()
        messages = [
            Outgoing(
                story=story or f"said:{id(content)}",
                route=str(route),
                content=encode(content),
                not_before=now,
                is_new=is_new,
                is_sequel=is_sequel,
            )
            for route in routes or (ALERTS,)
        ]
        await self.store.run(lambda connection: outbox.enqueue(connection, messages, now=now))

    async def tell_titles(self, *titles: str, route: Route = ALERTS) -> None:
        """Put a notice for each title into the outbox."""
        for title in titles:
            await self.tell(make_notice(title=title), route, story=title, is_new=True)

    async def deliver(self, *, times: int = 1, every: timedelta = timedelta()) -> None:
        """Try everything that is due, as often as asked, with time in between."""
        for _ in range(times):
            await self.dispatcher.deliver()
            await self.clock.advance(every.total_seconds())

    async def open_rows(self) -> list[OutboxRow]:
        """What is not delivered yet."""
        later = self.clock.now() + timedelta(days=30)
        return await self.store.run(lambda connection: outbox.due(connection, later, limit=1000))

    async def dead_rows(self) -> list[OutboxRow]:
        return await self.store.run(lambda connection: outbox.dead(connection, limit=1000))

    def thread_named(self, name: str) -> int:
        """The id of the one thread of that name."""
        (found,) = [key for key, thread in self.server.world.threads.items() if thread["name"] == name]
        return found

    def said_in(self, channel_id: int) -> list[dict[str, Any]]:
        """The messages of a channel, oldest first, without the live message."""
        found = self.server.world.messages_in(channel_id)
        return [message for message in found if message["content"] != "the live message"]

    def titles_in(self, channel_id: int) -> list[str]:
        """The titles of those messages, without their symbols."""
        return [said["embeds"][0]["title"].partition(" ")[2] for said in self.said_in(channel_id)]

    @property
    def owner_channel_id(self) -> int:
        """The conversation with the owner."""
        return self.server.world.conversations[self.server.world.owner_id]


@asynccontextmanager
async def open_post(
    *, has_live_message: bool = True, store_class: type[Store] = Store
) -> AsyncIterator[Post]:
    """Yield a connected post."""
    clock = FakeClock()
    async with running_discord() as server:
        store = await store_class.in_memory(clock=clock)
        try:
            post = Post(server, store, clock)
            async with post.client:
                await post.client.login(server.world.token)
                connecting = asyncio.create_task(post.client.connect())
                await post.client.wait_until_ready()
                await post.home.find()
                if has_live_message:
                    await post.publish_live_message()
                post.sink.attach(post.client, post.home)
                await post.dispatcher.load()
                yield post
                await post.client.close()
                await asyncio.wait([connecting])
        finally:
            await store.close()
