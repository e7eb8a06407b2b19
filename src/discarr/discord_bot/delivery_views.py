"""What could not be told to anybody: the list, and sending it once more."""

from typing import Any

import discord

from discarr.discord_bot.askers import Askers
from discarr.discord_bot.error_reports import answers_errors
from discarr.discord_bot.services import Services
from discarr.discord_bot.ui import rule_answers
from discarr.discord_bot.ui.delivery_list import Undelivered, deliveries_controls, render_deliveries
from discarr.discord_bot.ui.paging import page_of
from discarr.utils.interaction_utils import safe_defer_interaction, safe_update_message
from discarr.utils.permissions import Capability

type _Asking = discord.Interaction[Any]


class DeliveryViews:
    """The `DeliveryPages` behind its buttons and selects."""

    def __init__(self, services: Services, askers: Askers) -> None:
        self._services = services
        self._askers = askers

    @answers_errors
    async def show(self, interaction: _Asking, page: int) -> None:
        """Show a page of what reached nobody, in place."""
        if await self._is_admitted(interaction):
            await self._show(interaction, page)

    @answers_errors
    async def send_again(self, interaction: _Asking, row_id: int, page: int) -> None:
        """Try one message once more, and show the page again."""
        if await self._is_admitted(interaction):
            count = await self._services.desk.send_again((row_id,))
            await self._show(interaction, page, said=rule_answers.sent_again(count))

    @answers_errors
    async def send_all_again(self, interaction: _Asking) -> None:
        """Try all of them once more, as many as are listed."""
        if await self._is_admitted(interaction):
            rows = await self._services.desk.undelivered()
            # The oldest first, as they were to be said.
            count = await self._services.desk.send_again(sorted(row.id for row in rows))
            await self._show(interaction, 0, said=rule_answers.sent_again(count))

    async def _is_admitted(self, interaction: _Asking) -> bool:
        if not await safe_defer_interaction(interaction, thinking=False):
            return False
        self._askers.here(interaction).require(Capability.CHANGE_RULES)
        return True

    async def _show(self, interaction: _Asking, number: int, *, said: str = "") -> None:
        rows = await self._services.desk.undelivered()
        counts = await self._services.desk.outbox_counts()
        page = page_of(rows, number).map(lambda row: Undelivered(row=row))
        now = self._services.clock.now()
        embed = render_deliveries(page, counts, now=now)
        await safe_update_message(interaction, said or None, embed=embed, view=deliveries_controls(page, now))
