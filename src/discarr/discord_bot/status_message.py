"""The live message: one message in one channel, edited for months (design decision 9).

What can happen to it, and the answer:

===================================  =======================================================================
deleted (10008)                      sent anew; after three deletions within an hour somebody means it: pause
channel gone (10003), no rights      told once, tried again when rights change and every 15 minutes
too many edits (429, 30046)          wait as long as Discord says, at least a minute
refused content (50035)              never sent again as it is; a plain text takes its place
Discord away, time-out, 5xx          tried again soon; a send carries a nonce, so that it happens once
database lost                        the newest message of ours in the channel is adopted
===================================  =======================================================================
"""

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import aiohttp
import discord

from discarr.core.clock import Clock
from discarr.core.errors import StoreError
from discarr.core.store import Store
from discarr.discord_bot.home import HomeProblem
from discarr.discord_bot.ui.controls import is_status_message, status_controls
from discarr.discord_bot.ui.status_embed import RenderedStatus, render_plain_status, render_status
from discarr.monitoring.download_monitor import Published
from discarr.monitoring.status_view import Scene, StatusView

_log = logging.getLogger(__name__)

PURPOSE = "status"
"""Under what name the live message is remembered."""
_REQUEST_TIMEOUT_S = 45.0
"""Above the 30 s that the bot waits for a rate limit: longer ones come as `RateLimited`."""
_RETRY_SOON_S = 15.0
_RETRY_RATE_LIMITED_S = 60.0
_RETRY_REFUSED_S = 900.0
_DELETIONS_THAT_MEAN_IT = 3
_DELETION_WINDOW = timedelta(hours=1)
_HISTORY_TO_SEARCH = 50

_UNKNOWN_MESSAGE = 10008


class ChannelFinder(Protocol):
    """The part of a bot that leads to the channel."""

    def is_ready(self) -> bool:
        """Whether Discord has said what there is."""

    async def find_channel(self) -> discord.TextChannel | HomeProblem:
        """Return the channel, or why it cannot be used."""


@dataclass(slots=True)
class _Shown:
    """What Discord is known to show."""

    message_id: int
    fingerprint: str | None = None


class StatusMessage:
    """Publishes views as the one live message; a `discarr.monitoring.download_monitor.Publisher`."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._bot: ChannelFinder | None = None
        self._shown: _Shown | None = None
        self._is_loaded = False
        self._is_store_trouble_told = False
        self._not_before = 0.0
        self.is_waiting_for_people = False
        """Whether somebody has to give rights or name another channel before the message can be renewed."""
        self._nonce: str | None = None
        self._refused_fingerprint: str | None = None
        self.problem: str | None = None
        """Why the message cannot be renewed, as it was told; None while all is well."""
        self.retry_requested = asyncio.Event()
        """Set when a wait may be cut short: the bot came online or rights changed."""

    def attach(self, bot: ChannelFinder) -> None:
        """Publish through this bot from now on."""
        self._bot = bot

    def detach(self, bot: ChannelFinder) -> None:
        """Stop publishing through this bot, unless another one took over meanwhile."""
        if self._bot is bot:
            self._bot = None

    def retry_now(self) -> None:
        """End a wait for rights or for the channel: something changed there. Discord's own limits stand."""
        if self.is_waiting_for_people:
            self._not_before = 0.0
        self.retry_requested.set()

    async def publish(self, view: StatusView, *, renew: bool) -> Published:
        """Make the message show the view; touch it only when something visible changed or `renew` is set.

        Trouble with Discord never raises: it is told once and ends as `Published.WAITING`.
        """
        self.retry_requested.clear()
        bot = self._bot
        if bot is None or not bot.is_ready() or self._clock.monotonic() < self._not_before:
            return Published.WAITING
        try:
            async with asyncio.timeout(_REQUEST_TIMEOUT_S):
                channel = await bot.find_channel()
                if isinstance(channel, HomeProblem):
                    return (
                        self._wait_for_people(channel.text)
                        if channel.is_lasting
                        else self._wait_for_discord()
                    )
                return await self._publish_in(channel, view, renew=renew)
        except discord.RateLimited as exc:
            return self._wait(max(exc.retry_after, _RETRY_RATE_LIMITED_S))
        except discord.Forbidden:
            return self._wait_for_people(
                "Discord does not let Discarr write the live message: give it View Channel, Send Messages, "
                "Embed Links and Read Message History in its channel.",
            )
        except discord.NotFound:
            return self._wait_for_people("The channel of the live message is gone.")
        except discord.HTTPException as exc:
            if exc.status == 429:
                return self._wait(_RETRY_RATE_LIMITED_S)
            return self._wait_for_discord(f" (HTTP {exc.status})")
        except (discord.DiscordException, aiohttp.ClientError, TimeoutError, OSError):
            return self._wait_for_discord()

    async def _publish_in(self, channel: discord.TextChannel, view: StatusView, *, renew: bool) -> Published:
        await self._load(channel)
        if view.scene is Scene.LOADING and self._shown is not None:
            return Published.UNCHANGED
        rendered = render_status(view, self._clock.now())
        if rendered.fingerprint == self._refused_fingerprint:
            rendered = render_plain_status(view, self._clock.now())
        if self._shown is not None and self._shown.fingerprint == rendered.fingerprint and not renew:
            self._note_success()
            return Published.UNCHANGED
        try:
            return await self._edit_or_send(channel, rendered)
        except discord.HTTPException as exc:
            if exc.status != 400:
                raise
            # The body itself is refused: sending it again would only be refused again (fault D30).
            _log.error(
                "Discord refused the live message's content; a plain text is shown instead", exc_info=exc
            )
            self._refused_fingerprint = rendered.fingerprint
            return await self._edit_or_send(channel, render_plain_status(view, self._clock.now()))

    async def _edit_or_send(self, channel: discord.TextChannel, rendered: RenderedStatus) -> Published:
        if self._shown is not None:
            try:
                await channel.get_partial_message(self._shown.message_id).edit(
                    content=None, embed=rendered.embed, view=status_controls(rendered.needs_hand_count)
                )
            except discord.NotFound as exc:
                if exc.code != _UNKNOWN_MESSAGE:
                    raise
                await self._note_deletion()
            else:
                self._shown.fingerprint = rendered.fingerprint
                self._note_success()
                return Published.EDITED
        if await self._is_unwanted():
            return self._wait_for_people(
                "The live message was deleted three times within an hour, so Discarr pauses it for an hour. "
                "To move it, change DISCORD_CHANNEL_ID."
            )
        return await self._send(channel, rendered)

    async def _send(self, channel: discord.TextChannel, rendered: RenderedStatus) -> Published:
        # One nonce until the send is known to have worked: Discord then answers a repetition with the
        # message that already exists, instead of posting a second one.
        is_repeated = self._nonce is not None
        self._nonce = self._nonce or f"status-{int(self._clock.now().timestamp())}"
        message = await channel.send(
            embed=rendered.embed,
            view=status_controls(rendered.needs_hand_count),
            nonce=self._nonce,
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self._nonce = None
        # A repetition may have been answered with the earlier message, and that one's content.
        self._shown = _Shown(message.id, None if is_repeated else rendered.fingerprint)
        await self._remember(channel, message.id)
        self._note_success()
        return Published.SENT

    async def _load(self, channel: discord.TextChannel) -> None:
        """Find out, once per process, which message is ours."""
        if self._is_loaded:
            return
        stored = await self._despite_store(self._store.get_message(PURPOSE), None)
        if stored is not None and stored.channel_id == channel.id:
            self._shown = _Shown(stored.message_id)
        elif stored is not None:
            await self._remove_old(channel, stored.channel_id, stored.message_id)
        else:
            self._shown = await self._adopt(channel)
        self._is_loaded = True

    async def _adopt(self, channel: discord.TextChannel) -> _Shown | None:
        me = channel.guild.me
        async for message in channel.history(limit=_HISTORY_TO_SEARCH):
            if message.author.id == me.id and is_status_message(message):
                await self._remember(channel, message.id)
                return _Shown(message.id)
        return None

    async def _remember(self, channel: discord.TextChannel, message_id: int) -> None:
        remembering = self._store.put_message(
            PURPOSE, guild_id=channel.guild.id, channel_id=channel.id, message_id=message_id
        )
        await self._despite_store(remembering, None)

    async def _despite_store[T](self, asked: Awaitable[T], otherwise: T) -> T:
        """A full or broken disk must not cost the live message: it is found again in the channel."""
        try:
            return await asked
        except StoreError as error:
            if not self._is_store_trouble_told:
                self._is_store_trouble_told = True
                _log.error("The live message cannot be remembered: %s. %s", error, error.remedy)
            return otherwise

    async def _remove_old(self, channel: discord.TextChannel, channel_id: int, message_id: int) -> None:
        """The channel in the settings changed: take the message in the old one away, if that is possible."""
        await self._despite_store(self._store.forget_message(PURPOSE), None)
        old = channel.guild.get_channel(channel_id)
        if isinstance(old, discord.TextChannel):
            try:
                await old.get_partial_message(message_id).delete()
            except discord.HTTPException:
                _log.info("The live message in the previous channel could not be removed; delete it by hand")

    async def _note_deletion(self) -> None:
        self._shown = None
        await self._despite_store(self._store.forget_message(PURPOSE), None)
        await self._despite_store(self._store.record_deletion(PURPOSE, self._clock.now()), None)

    async def _is_unwanted(self) -> bool:
        since = self._clock.now() - _DELETION_WINDOW
        count = await self._despite_store(self._store.count_deletions(PURPOSE, since), 0)
        return count >= _DELETIONS_THAT_MEAN_IT

    def _wait_for_discord(self, detail: str = "") -> Published:
        return self._wait(
            _RETRY_SOON_S,
            f"Discord has trouble with the live message{detail}; Discarr tries again by itself.",
        )

    def _wait_for_people(self, told: str) -> Published:
        published = self._wait(_RETRY_REFUSED_S, told)
        self.is_waiting_for_people = True
        return published

    def _wait(self, seconds: float, told: str | None = None) -> Published:
        self._not_before = self._clock.monotonic() + seconds
        self.is_waiting_for_people = False
        if told is not None and told != self.problem:
            self.problem = told
            _log.warning("%s", told)
        return Published.WAITING

    def _note_success(self) -> None:
        self.is_waiting_for_people = False
        if self.problem is not None:
            self.problem = None
            _log.info("The live message is renewed again")
