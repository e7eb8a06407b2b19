"""Shows how actions go on in the private messages they were confirmed in, and tells every end exactly once.

::

    confirmed ─> follower: redraws the message ─┬─ its end was drawn ─> told
                                                └─ too late, or restarted ─> `ResultPost` ─> told

The followers run in a task of the app: an interaction owns nothing of what goes on after its answer.
"""

import asyncio
import logging
from datetime import timedelta
from functools import partial
from typing import Any, Final

import discord

from discarr.core.clock import Clock
from discarr.core.errors import StoreError
from discarr.core.supervision import contain, supervise
from discarr.discord_bot.result_post import ResultPost
from discarr.discord_bot.ui.action_controls import operation_controls
from discarr.discord_bot.ui.layout import fingerprint
from discarr.discord_bot.ui.operation_embeds import render_operation
from discarr.monitoring.acting.desk import ActionDesk
from discarr.monitoring.acting.operation import Operation
from discarr.monitoring.waiting import wait_for_any
from discarr.utils.interaction_utils import safe_update_message

_log = logging.getLogger(__name__)

LIVES_S: Final = 14 * 60.0
"""How long the answer to a click can be changed; Discord says 15 minutes."""
EDIT_EVERY_S: Final = 1.5
UNTOLD_AFTER: Final = timedelta(seconds=10)
"""How long an end is left to the message in which it was confirmed."""
_LOOK_EVERY_S: Final = 15.0

type Asking = discord.Interaction[Any]
type _Message = tuple[str, int]
"""An operation, and the message that shows it."""


class OperationReports:
    """Follows operations for those who look at them."""

    def __init__(self, desk: ActionDesk, post: ResultPost, *, clock: Clock) -> None:
        self._desk = desk
        self._post = post
        self._clock = clock
        self._asked: asyncio.Queue[tuple[Asking, Operation, str]] = asyncio.Queue()
        self._followers: dict[_Message, asyncio.Task[None]] = {}

    def follow(self, interaction: Asking, operation: Operation, *, said: str = "") -> None:
        """Keep the message that was just answered with up to date from now on; returns at once.

        `said` is what stands above the operation.
        """
        self._asked.put_nowait((interaction, operation, said))

    async def run(self) -> None:
        """Follow and tell until cancelled."""
        async with asyncio.TaskGroup() as group:
            telling = supervise("results", self._tell_untold, clock=self._clock, log=_log)
            group.create_task(telling, name="results")
            while True:
                await self._begin(group)

    async def _begin(self, group: asyncio.TaskGroup) -> None:
        interaction, operation, said = await self._asked.get()
        message = (operation.id, interaction.message.id if interaction.message is not None else 0)
        older = self._followers.get(message)
        if older is not None:
            older.cancel()  # the newer click's answer can be changed for longer
        name = f"follow-{operation.id}"
        work = partial(self._follow, interaction, operation, said)
        task = group.create_task(contain(name, work, log=_log), name=name)
        self._followers[message] = task
        task.add_done_callback(partial(self._forget, message))

    def _forget(self, message: _Message, task: asyncio.Task[None]) -> None:
        if self._followers.get(message) is task:
            del self._followers[message]

    async def _follow(self, interaction: Asking, followed: Operation, said: str) -> None:
        until = self._clock.monotonic() + LIVES_S
        shown = ""
        async for operation in self._desk.follow(followed.id):
            if self._clock.monotonic() >= until:
                return
            embed = render_operation(operation, now=self._clock.now())
            if operation.is_over or fingerprint(embed) != shown:
                shown = fingerprint(embed)
                is_drawn = await safe_update_message(
                    interaction, said or None, embed=embed, view=operation_controls(operation)
                )
                if operation.is_over and is_drawn:
                    await self._note_told(operation)
            if not operation.is_over:
                await self._clock.sleep(EDIT_EVERY_S)

    async def _tell_untold(self) -> None:
        """Tell what nobody saw the end of, and wait a while."""
        if not self._post.ready.is_set():
            await wait_for_any(self._clock, _LOOK_EVERY_S, self._post.ready)
            return
        try:
            untold = await self._desk.untold()
        except StoreError as error:
            _log.debug("What was not told yet cannot be read: %s", error)
            untold = []
        followed = {operation_id for operation_id, _ in self._followers}
        now = self._clock.now()
        for operation in untold:
            is_due = operation.ended_at is None or now - operation.ended_at >= UNTOLD_AFTER
            if is_due and operation.id not in followed and await self._post.tell(operation):
                await self._note_told(operation)
        await self._clock.sleep(_LOOK_EVERY_S)

    async def _note_told(self, operation: Operation) -> None:
        try:
            await self._desk.note_told(operation.id)
        except StoreError as error:
            _log.warning("That the end of %s was told cannot be stored: %s", operation.id, error)
