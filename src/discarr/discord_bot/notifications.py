"""The way of messages from the outbox into Discord; `discarr.monitoring.alerts.dispatcher` drives it."""

import logging
import secrets
from collections.abc import Callable
from typing import Final

import discord

from discarr.core.clock import Clock
from discarr.core.errors import StoreError
from discarr.core.store import Connection, Store, outbox, records
from discarr.core.store.outbox import PostedMessage
from discarr.discord_bot.delivery_faults import (
    ARCHIVED,
    UNKNOWN_CHANNEL,
    UNKNOWN_MESSAGE,
    PlaceGone,
    code_of,
)
from discarr.discord_bot.home import Home
from discarr.discord_bot.line import REQUEST_TIMEOUT_S, Line
from discarr.discord_bot.places import Places
from discarr.discord_bot.ui.alert_controls import carries_mark
from discarr.discord_bot.ui.notice_embeds import RenderedNotice, render_notice, render_plain_notice
from discarr.monitoring.alerts.content import Content, StoryContent
from discarr.monitoring.alerts.dispatcher import TOLD_ELSEWHERE, ContentRefused, NotNow, SinkError
from discarr.monitoring.alerts.routes import Route

_log = logging.getLogger(__name__)

_HISTORY_TO_SEARCH: Final = 50
NOTICE_MARK: Final = "notice_mark"
"""Under what name the mark of this database is stored."""


class DiscordSink:
    """A `discarr.monitoring.alerts.dispatcher.Sink`: every call is bounded, every failure a `SinkError`."""

    def __init__(self, store: Store, *, clock: Clock, timeout_s: float = REQUEST_TIMEOUT_S) -> None:
        """`timeout_s` bounds each request to Discord."""
        self._store = store
        self._clock = clock
        self._line = Line(clock, timeout_s=timeout_s)
        self._places = Places(self._line, store, clock=clock)
        self._mark: str | None = None
        self.ready = self._line.ready
        """Set while messages can be sent at all."""

    def attach(self, client: discord.Client, home: Home) -> None:
        """Send through this bot, which is ready, from now on."""
        self._line.attach(client, home)

    def detach(self, client: discord.Client) -> None:
        """Stop sending through this bot, unless another one took over meanwhile."""
        self._line.detach(client)

    async def channel_of(self, route: Route) -> int:
        """Return the id of the channel a route leads to, making it if need be."""
        return await self._places.find(route)

    async def send(self, route: Route, content: Content, *, row_id: int, nonce: str) -> PostedMessage:
        """Send a new message.

        Content that Discord refuses is sent once more, in plain words; a thread that is gone is replaced.
        """
        channel_id = await self._places.find(route)
        mark = await self._mark_of(row_id)
        first = await self._first_message(route, content)
        try:
            return await self._send(channel_id, content, first=first, mark=mark, nonce=nonce)
        except PlaceGone as gone:
            channel_id = await self._places.replace(route, gone, channel_id)
            return await self._send(channel_id, content, first=None, mark=mark, nonce=nonce)

    async def edit(self, posted: PostedMessage, content: Content) -> None:
        """Change a message; one that somebody deleted, alone or with its thread, is left alone."""
        now = self._clock.now()
        try:
            await self._edit(posted, render_notice(content, mark="", now=now))
        except ContentRefused as refusal:
            _log.warning("An edit goes on in plain words: %s", refusal.reason)
            await self._edit(posted, render_plain_notice(content, mark="", now=now))

    async def find(self, route: Route, row_id: int) -> PostedMessage | None:
        """Look for a message that may have been sent, among the latest 50 of its channel."""
        channel_id = await self._places.find(route)
        mark = await self._mark_of(row_id)
        try:
            async with self._line.request() as client:
                history = client.get_partial_messageable(channel_id).history(limit=_HISTORY_TO_SEARCH)
                async for message in history:
                    is_ours = client.user is not None and message.author.id == client.user.id
                    if is_ours and carries_mark(message, mark):
                        return PostedMessage(channel_id=channel_id, message_id=message.id)
        except PlaceGone:
            return None
        return None

    async def _send(
        self, channel_id: int, content: Content, *, first: PostedMessage | None, mark: str, nonce: str
    ) -> PostedMessage:
        if first is not None and first.channel_id != channel_id:
            first = None
        now = self._clock.now()
        notice = render_notice(content, mark=mark, now=now, is_sequel=first is not None)
        try:
            return await self._post(channel_id, notice, first=first, nonce=nonce)
        except ContentRefused as refusal:
            _log.warning("A message is sent in plain words: %s", refusal.reason)
            plain = render_plain_notice(content, mark=mark, now=now)
            return await self._post(channel_id, plain, first=first, nonce=nonce)

    async def _post(
        self, channel_id: int, notice: RenderedNotice, *, first: PostedMessage | None, nonce: str
    ) -> PostedMessage:
        reference = None
        if first is not None:
            reference = discord.MessageReference(
                message_id=first.message_id, channel_id=first.channel_id, fail_if_not_exists=False
            )
        async with self._line.request(is_send=True) as client:
            message = await client.get_partial_messageable(channel_id).send(
                notice.text,
                embeds=[] if notice.embed is None else [notice.embed],
                view=notice.controls,
                allowed_mentions=notice.mentions,
                nonce=nonce,
                reference=reference,  # type: ignore[arg-type]  # None is taken; the overloads leave it out
            )
        return PostedMessage(channel_id=channel_id, message_id=message.id)

    async def _edit(self, posted: PostedMessage, notice: RenderedNotice) -> None:
        try:
            await self._patch(posted, notice)
        except SinkError as error:
            match code_of(error):
                case code if code in (UNKNOWN_MESSAGE, UNKNOWN_CHANNEL):
                    _log.debug("A message is no longer there to be edited")
                case code if code == ARCHIVED:
                    await self._places.reopen(posted.channel_id)
                    await self._patch(posted, notice)
                case _:
                    raise

    async def _patch(self, posted: PostedMessage, notice: RenderedNotice) -> None:
        async with self._line.request() as client:
            channel = client.get_partial_messageable(posted.channel_id)
            await channel.get_partial_message(posted.message_id).edit(
                content=notice.text,
                embeds=[] if notice.embed is None else [notice.embed],
                view=notice.controls,
                allowed_mentions=discord.AllowedMentions.none(),
            )

    async def _first_message(self, route: Route, content: Content) -> PostedMessage | None:
        """Return the message of the story that a new message belongs to; None where there is none."""
        if not isinstance(content, StoryContent):
            return None
        posted = await self._run(
            lambda connection: outbox.find_posted(connection, f"story:{content.story_id}", str(route))
        )
        return posted if posted != TOLD_ELSEWHERE else None

    async def _mark_of(self, row_id: int) -> str:
        """Return what a row's message is known by; rows of an earlier, lost database have other marks."""
        if self._mark is None:
            fresh = secrets.token_hex(3)
            self._mark = await self._run(lambda connection: records.keep_meta(connection, NOTICE_MARK, fresh))
        return f"{self._mark}-{row_id}"

    async def _run[T](self, work: Callable[[Connection], T]) -> T:
        try:
            return await self._store.run(work)
        except StoreError as error:
            raise NotNow("Discarr cannot read its database.") from error
