"""Where messages go: from a route to a channel, a thread or a conversation, made where need be.

What can happen to the two threads under the live message, and the answer:

===================================  =======================================================================
not made yet                         from the live message; the event log's beside it
made already (160004), but unknown   adopted: a thread made from a message has the message's id
live message renewed                 the thread stays in use
archived                             a new message opens it again, an edit asks for that before
deleted, locked                      a new one
channel of the live message changed  a new one there
rights missing                       refused, and said which
===================================  =======================================================================
"""

import logging
from dataclasses import dataclass
from typing import Final

import discord

from discarr.core.clock import Clock
from discarr.core.errors import StoreError
from discarr.core.store import Store, StoredMessage
from discarr.discord_bot.delivery_faults import THREAD_EXISTS, UNKNOWN_MESSAGE, PlaceGone, code_of
from discarr.discord_bot.home import HomeProblem
from discarr.discord_bot.line import Line
from discarr.discord_bot.status_message import PURPOSE as LIVE_MESSAGE
from discarr.discord_bot.ui import texts
from discarr.monitoring.alerts.dispatcher import NotNow, RouteRefused, SinkError
from discarr.monitoring.alerts.routes import Route, RouteKind
from discarr.utils.discord_utils import (
    ALERT_PERMISSIONS,
    NEEDED_CHANNEL_PERMISSIONS,
    THREAD_PERMISSIONS,
    missing_permissions,
)

_log = logging.getLogger(__name__)

_ARCHIVE_AFTER_MIN: Final = 10080
"""A week without a message, the longest that Discord offers."""
_LIVE_MESSAGE_PATIENCE_S: Final = 120.0
"""How long the live message is waited for, so that the thread lies under it."""
_SOON_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Thread:
    """One of the threads that are Discarr's own."""

    name: str
    purpose: str
    """Under what name it is remembered."""
    is_under_live_message: bool


_THREADS: Final = {
    RouteKind.ALERTS: _Thread(name="Alerts", purpose="alerts-thread", is_under_live_message=True),
    RouteKind.LOG: _Thread(name="Event log", purpose="log-thread", is_under_live_message=False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    parent_id: int
    thread_id: int


class Places:
    """Finds the channel of a route; every failure is a `SinkError`."""

    def __init__(self, line: Line, store: Store, *, clock: Clock) -> None:
        self._line = line
        self._store = store
        self._clock = clock
        self._known: dict[RouteKind, _Known] = {}
        self._unusable: set[int] = set()
        """Threads that turned out to be locked or gone."""
        self._conversations: dict[int, int] = {}
        """Channels of direct messages, by person."""
        self._awaited_since: float | None = None
        """Since when the live message is waited for (monotonic)."""

    async def find(self, route: Route) -> int:
        """Return the id of the channel that a route leads to.

        Raises:
            RouteRefused: there is none, or Discarr may not write there; it says what is missing.
            NotNow: Discord, or the live message, is not there yet.
        """
        match route:
            case Route(RouteKind.CHANNEL, int(channel_id)):
                return await self._check_channel(channel_id)
            case Route(RouteKind.USER, int(user_id)):
                return await self._conversation(user_id)
            case Route(RouteKind.OWNER):
                return await self._conversation(await self._owner_id())
            case Route(RouteKind.ALERTS | RouteKind.LOG):
                return await self._thread(route.kind)
        raise RouteRefused("That is no place in Discord.")

    async def replace(self, route: Route, gone: PlaceGone, channel_id: int) -> int:
        """Return another channel for a route whose channel turned out to be gone.

        Raises:
            SinkError: there is none, or none yet.
        """
        thread = _THREADS.get(route.kind)
        if thread is None:
            raise gone
        self._unusable.add(channel_id)
        self._known.pop(route.kind, None)
        try:
            await self._store.forget_message(thread.purpose)
        except StoreError as error:
            _log.debug("A thread could not be forgotten: %s", error)
        return await self.find(route)

    async def reopen(self, channel_id: int) -> None:
        """Open an archived thread, so that its messages can be edited.

        Raises:
            PlaceGone: it is locked, or no thread any more.
        """
        async with self._line.request() as client:
            thread = await client.fetch_channel(channel_id)
        if not isinstance(thread, discord.Thread) or thread.locked:
            raise PlaceGone("That thread is locked.")
        async with self._line.request():
            await thread.edit(archived=False)

    async def _home(self) -> discord.TextChannel:
        home = self._line.home
        found = await home.find()
        if isinstance(found, HomeProblem):
            # Without any guild there is nobody to go to instead.
            if found.is_lasting and home.channel is not None:
                raise RouteRefused(found.text)
            raise NotNow(found.text)
        return found

    async def _guild(self) -> discord.Guild:
        home = self._line.home
        if home.channel is None:
            await home.find()
        if home.channel is None:
            raise NotNow("Discarr does not find its server yet.")
        return home.channel.guild

    async def _owner_id(self) -> int:
        owner_id = (await self._guild()).owner_id
        if owner_id is None:
            raise NotNow("Discord did not say yet who owns the server.")
        return owner_id

    async def _conversation(self, user_id: int) -> int:
        known = self._conversations.get(user_id)
        if known is None:
            async with self._line.request() as client:
                known = (await client.create_dm(discord.Object(user_id))).id
            self._conversations[user_id] = known
        return known

    async def _check_channel(self, channel_id: int) -> int:
        """Return the id of a text channel or thread of the served guild, in which Discarr may write."""
        guild = await self._guild()
        channel: object = guild.get_channel_or_thread(channel_id)
        if channel is None:
            async with self._line.request() as client:
                channel = await client.fetch_channel(channel_id)
        if not isinstance(channel, discord.TextChannel | discord.Thread) or channel.guild.id != guild.id:
            raise RouteRefused("That is no text channel or thread of this server.")
        if isinstance(channel, discord.TextChannel):
            _check_rights(channel, NEEDED_CHANNEL_PERMISSIONS, f"#{channel.name}")
        elif channel.parent is not None:
            _check_rights(channel.parent, THREAD_PERMISSIONS, f"#{channel.parent.name}")
        return channel.id

    async def _thread(self, kind: RouteKind) -> int:
        channel = await self._home()
        thread = _THREADS[kind]
        known = self._known.get(kind)
        if known is None or known.parent_id != channel.id:
            known = await self._recall(channel, thread)
        needed = ALERT_PERMISSIONS if known is None else THREAD_PERMISSIONS
        _check_rights(channel, needed, f"#{channel.name}")
        if known is None:
            known = _Known(parent_id=channel.id, thread_id=await self._open(channel, thread))
            await self._remember(channel, thread, known.thread_id)
        self._known[kind] = known
        return known.thread_id

    async def _recall(self, channel: discord.TextChannel, thread: _Thread) -> _Known | None:
        """Return the thread of an earlier run: from the store, or, if that was lost, the one of its name."""
        stored = await self._stored(thread.purpose)
        if stored is not None and stored.channel_id == channel.id:
            return _Known(parent_id=channel.id, thread_id=stored.message_id)
        me = channel.guild.me
        for found in channel.threads:
            is_ours = found.name == thread.name and found.owner_id == (me.id if me is not None else None)
            if is_ours and not found.locked and found.id not in self._unusable:
                await self._remember(channel, thread, found.id)
                return _Known(parent_id=channel.id, thread_id=found.id)
        return None

    async def _stored(self, purpose: str) -> StoredMessage | None:
        try:
            return await self._store.get_message(purpose)
        except StoreError as error:
            raise NotNow("Discarr cannot read its database.") from error

    async def _remember(self, channel: discord.TextChannel, thread: _Thread, thread_id: int) -> None:
        try:
            await self._store.put_message(
                thread.purpose, guild_id=channel.guild.id, channel_id=channel.id, message_id=thread_id
            )
        except StoreError as error:
            # It is found again by its name.
            _log.debug("A thread could not be remembered: %s", error)

    async def _open(self, channel: discord.TextChannel, thread: _Thread) -> int:
        under = await self._open_under_live_message(channel, thread) if thread.is_under_live_message else None
        self._awaited_since = None
        if under is not None:
            return under
        async with self._line.request():
            made = await channel.create_thread(
                name=thread.name,
                type=discord.ChannelType.public_thread,
                auto_archive_duration=_ARCHIVE_AFTER_MIN,
            )
        return made.id

    async def _open_under_live_message(self, channel: discord.TextChannel, thread: _Thread) -> int | None:
        """Return the thread of the live message, made or adopted; None when there can be none."""
        live = await self._stored(LIVE_MESSAGE)
        if live is None or live.channel_id != channel.id:
            self._wait_for_live_message()
            return None
        try:
            async with self._line.request():
                made = await channel.get_partial_message(live.message_id).create_thread(
                    name=thread.name, auto_archive_duration=_ARCHIVE_AFTER_MIN
                )
        except SinkError as error:
            if code_of(error) == THREAD_EXISTS:
                return await self._adopt(live.message_id)
            if code_of(error) != UNKNOWN_MESSAGE:
                raise
            self._wait_for_live_message()
            return None
        return made.id

    def _wait_for_live_message(self) -> None:
        """Raise NotNow until it has been waited for long enough."""
        now = self._clock.monotonic()
        if self._awaited_since is None:
            self._awaited_since = now
        if now - self._awaited_since < _LIVE_MESSAGE_PATIENCE_S:
            raise NotNow("The live message is not there yet.", retry_after_s=_SOON_S)

    async def _adopt(self, message_id: int) -> int | None:
        """Return the thread that a message has already, unless it is of no use."""
        try:
            async with self._line.request() as client:
                found = await client.fetch_channel(message_id)
        except PlaceGone:
            return None
        is_usable = isinstance(found, discord.Thread) and not found.locked and found.id not in self._unusable
        return found.id if is_usable else None


def _check_rights(
    channel: discord.TextChannel | discord.ForumChannel, needed: discord.Permissions, where: str
) -> None:
    """Raise RouteRefused, naming what is missing."""
    me = channel.guild.me
    # Without roles and members at hand, Discord's own answer has to do.
    missing = missing_permissions(channel.permissions_for(me), needed) if me is not None else ()
    if missing:
        raise RouteRefused(f"Give Discarr {texts.list_of(missing)} in {where}.")
