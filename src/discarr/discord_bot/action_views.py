"""Asking for something to be done, confirming it, and seeing how it goes on: always in private."""

import re
from typing import Any, Final

import discord

from discarr.discord_bot.action_offers import ActionOffers
from discarr.discord_bot.askers import Asker, Askers
from discarr.discord_bot.error_reports import Refused, answers_errors
from discarr.discord_bot.import_views import ImportViews
from discarr.discord_bot.services import Services
from discarr.discord_bot.sight import find_download
from discarr.discord_bot.ui import action_answers
from discarr.discord_bot.ui.action_controls import operation_controls, renewed
from discarr.discord_bot.ui.operation_embeds import render_operation
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.operation import Operation
from discarr.monitoring.acting.refusals import ActionRefused, Refusal
from discarr.utils.interaction_utils import (
    safe_defer_interaction,
    safe_renew_controls,
    safe_send_response,
    safe_update_message,
)
from discarr.utils.permissions import Capability

_NO_NUMBER: Final = -1
"""What nothing is counted to: for what was typed and is no number."""

type Asking = discord.Interaction[Any]


class ActionViews:
    """The `ActionPages` behind the controls of cards and questions."""

    def __init__(
        self, services: Services, askers: Askers, offers: ActionOffers, imports: ImportViews
    ) -> None:
        self._services = services
        self._askers = askers
        self._offers = offers
        self._imports = imports
        self._desk = services.actions

    @answers_errors
    async def ask(self, interaction: Asking, kind: str, token: str, *, is_chosen: bool = False) -> None:
        """Ask whether something is to be done about a download, in a new message.

        `is_chosen` is whether it comes from a select, in which it must be possible to choose it again.
        """
        if not await safe_defer_interaction(interaction, thinking=not is_chosen):
            return
        if is_chosen and interaction.message is not None:
            controls = renewed(interaction.message, now=self._services.clock.now())
            await safe_renew_controls(interaction, controls)
        asker = await self._askers.identify(interaction)
        action = _action(kind)
        if action is None:
            await safe_send_response(interaction, action_answers.NOT_UNDERSTOOD)
            return
        download = await find_download(self._services, asker.hidden, token)
        at_it = await self._offers.under_way(download) if download is not None else None
        if at_it is not None and asker.may(Capability.SEE_TECHNICAL):
            now = self._services.clock.now()
            await safe_send_response(interaction, action_answers.under_way(at_it, now))
        elif action is ActionKind.IMPORT and download is not None and asker.may(Capability.IMPORT):
            await self._imports.begin(interaction, asker, download)
        else:
            keys = [] if download is None else [download.key]
            asked = await self._desk.ask(
                asker.person, action, keys, reasons=self._offers.observed(download) if download else None
            )
            embed = render_operation(
                asked.operation, left_out=len(asked.left_out), now=self._services.clock.now()
            )
            await safe_send_response(interaction, embed=embed, view=operation_controls(asked.operation))

    @answers_errors
    async def confirm(self, interaction: Asking, operation_id: str, typed: str | None = None) -> None:
        """Have an operation carried out, and show how it goes on in place of the question."""
        if not await safe_defer_interaction(interaction, thinking=False):
            return
        asker = await self._askers.identify(interaction)
        count = None if typed is None else _number(typed)
        try:
            operation = await self._desk.confirm(operation_id, asker.person, typed_count=count)
        except ActionRefused as refused:
            if refused.refusal is Refusal.EXPIRED:
                await safe_update_message(interaction, action_answers.refused(refused))
                return
            known = await self._own(asker, operation_id) if refused.refusal is Refusal.USED else None
            if known is None:
                raise
            operation = known
        await self._show(interaction, operation)

    @answers_errors
    async def keep(self, interaction: Asking, operation_id: str) -> None:
        """Take back what was asked for, and say so in place of the question."""
        if not await safe_defer_interaction(interaction, thinking=False):
            return
        asker = await self._askers.identify(interaction)
        if await self._desk.withdraw(operation_id, asker.user_id):
            await safe_update_message(interaction, action_answers.KEPT)
            return
        operation = await self._own(asker, operation_id)
        if operation is None:
            await safe_send_response(interaction, action_answers.NOTHING_TO_KEEP)
            return
        await self._show(interaction, operation, said=action_answers.KEPT_TOO_LATE)

    @answers_errors
    async def look(self, interaction: Asking, operation_id: str) -> None:
        """Show how an operation is now, in place."""
        if not await safe_defer_interaction(interaction, thinking=False):
            return
        asker = await self._askers.identify(interaction)
        operation = await self._own(asker, operation_id)
        if operation is None:
            await safe_send_response(interaction, action_answers.GONE)
            return
        await self._show(interaction, operation)

    async def _show(self, interaction: Asking, operation: Operation, *, said: str = "") -> None:
        """Show an operation in place, and how it goes on from now."""
        embed = render_operation(operation, now=self._services.clock.now())
        await safe_update_message(interaction, said or None, embed=embed, view=operation_controls(operation))
        if operation.confirmed_at is not None:
            self._services.reports.follow(interaction, operation, said=said)

    async def _own(self, asker: Asker, operation_id: str) -> Operation | None:
        """Return an operation; None when there is none (any more).

        Raises:
            Refused: it is another's.
        """
        operation = await self._desk.find(operation_id)
        if operation is not None and operation.requested_by != asker.user_id:
            raise Refused(asker.person, operation.kind, Refusal.NOT_YOURS, operation_id=operation_id)
        return operation


def _action(text: str) -> ActionKind | None:
    return ActionKind(text) if text in list(ActionKind) else None


def _number(typed: str) -> int:
    digits = typed.strip()
    return int(digits) if re.fullmatch(r"[0-9]{1,6}", digits) else _NO_NUMBER
