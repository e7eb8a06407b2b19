"""Tells what came of an action in a message of its own, where the private one cannot be changed."""

import logging
from typing import Final

import discord

from discarr.core.clock import Clock
from discarr.discord_bot.delivery_faults import PlaceGone
from discarr.discord_bot.line import Line
from discarr.discord_bot.places import Places
from discarr.discord_bot.ui import action_answers
from discarr.discord_bot.ui.operation_embeds import render_operation
from discarr.monitoring.acting.operation import Operation
from discarr.monitoring.alerts.dispatcher import ContentRefused, NotNow, OutcomeUnknown, RouteRefused
from discarr.monitoring.alerts.routes import ALERTS, Route, RouteKind

_log = logging.getLogger(__name__)

_NONCE_S: Final = 100_000
"""How many seconds it takes until the nonces of an operation that is told anew begin to repeat."""


class ResultPost:
    """Writes to the person directly, else one line into the alerts' thread, which does not say what it is."""

    def __init__(self, line: Line, places: Places, *, clock: Clock) -> None:
        self.ready = line.ready
        """Set while messages can be sent at all."""
        self._line = line
        self._places = places
        self._clock = clock

    async def tell(self, operation: Operation) -> bool:
        """Tell how an operation ended; False where that has to be tried again."""
        ended_at = operation.ended_at or operation.created_at
        # The same for each attempt, so that Discord takes only one of them; another one when it came back.
        nonce = f"op-{operation.id}-{int(ended_at.timestamp()) % _NONCE_S}"
        embed = render_operation(operation, now=self._clock.now())
        try:
            person = await self._places.find(Route(RouteKind.USER, operation.requested_by))
            await self._send(person, None, embed, nonce)
        except (NotNow, OutcomeUnknown) as failure:
            _log.info("What came of an action waits for Discord: %s", failure.reason)
            return False
        except (RouteRefused, ContentRefused) as failure:
            _log.info("What came of an action goes into the thread: %s", failure.reason)
            return await self._tell_in_thread(operation, nonce)
        return True

    async def _tell_in_thread(self, operation: Operation, nonce: str) -> bool:
        words = f"{action_answers.person(operation.requested_by)}: {action_answers.TOLD_IN_VAIN}"
        try:
            thread = await self._places.find(ALERTS)
            try:
                await self._send(thread, words, None, nonce)
            except PlaceGone as gone:
                thread = await self._places.replace(ALERTS, gone, thread)
                await self._send(thread, words, None, nonce)
        except (NotNow, OutcomeUnknown):
            return False
        except (RouteRefused, ContentRefused) as failure:
            _log.warning("What came of an action could be told to nobody: %s", failure.reason)
        return True

    async def _send(
        self, channel_id: int, words: str | None, embed: discord.Embed | None, nonce: str
    ) -> None:
        async with self._line.request(is_send=True) as client:
            await client.get_partial_messageable(channel_id).send(
                words,
                embeds=[] if embed is None else [embed],
                allowed_mentions=discord.AllowedMentions.none(),
                nonce=nonce,
            )
