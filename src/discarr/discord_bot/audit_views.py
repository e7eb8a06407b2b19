"""`/audit`: who did what, in what role, why, and what came of it; for admins, in private."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import discord

from discarr.discord_bot.askers import Askers
from discarr.discord_bot.error_reports import answers_errors
from discarr.discord_bot.services import Services
from discarr.discord_bot.ui import texts
from discarr.discord_bot.ui.audit_pages import (
    ACTIONS,
    PAGE_SIZE,
    RESULTS,
    AuditFilter,
    AuditPage,
    audit_controls,
    entry_controls,
    is_instance,
    render_audit,
    render_entry,
)
from discarr.discord_bot.ui.span_text import read_span
from discarr.utils.interaction_utils import safe_defer_interaction, safe_send_response, safe_update_message
from discarr.utils.permissions import Capability

type Asking = discord.Interaction[Any]

_LONGEST_S = 3650 * 86_400.0


class AuditViews:
    """Answers `/audit`, and is the `AuditPages` behind its buttons and selects."""

    def __init__(self, services: Services, askers: Askers) -> None:
        self._services = services
        self._askers = askers

    async def show_new(
        self,
        interaction: Asking,
        *,
        actor: int | None,
        instance: str | None,
        action: str | None,
        result: str | None,
        since: str | None,
    ) -> None:
        """Answer a deferred interaction with the newest entries that match what was typed.

        Raises:
            RuleRefused: `since` is no span of time.
        """
        await self._admit(interaction)
        chosen_instance = None if instance is None else self._instance_id(instance)
        is_known = action in (None, *ACTIONS) and result in (None, *RESULTS)
        if not is_known or (instance is not None and chosen_instance is None):
            text = texts.OPTION_NOT_UNDERSTOOD if not is_known else texts.NO_SUCH_SERVER
            await safe_send_response(interaction, text)
            return
        begin = None
        if since is not None:
            span_s = min(read_span(since, "That"), _LONGEST_S)
            begin = self._services.clock.now() - timedelta(seconds=span_s)
        chosen = AuditFilter(actor=actor, instance=chosen_instance, action=action, result=result, since=begin)
        await self._show(interaction, chosen, None, is_new=True)

    @answers_errors
    async def turn(self, interaction: Asking, chosen: AuditFilter, before: int | None) -> None:
        """Show the entries before one, or the newest, in place."""
        if await safe_defer_interaction(interaction, thinking=False):
            await self._admit(interaction)
            await self._show(interaction, chosen, before)

    @answers_errors
    async def show_entry(
        self, interaction: Asking, sequence: int, chosen: AuditFilter, before: int | None
    ) -> None:
        """Show one entry in full, in place."""
        if not await safe_defer_interaction(interaction, thinking=False):
            return
        await self._admit(interaction)
        found = await self._services.actions.audit(before=sequence + 1, limit=1)
        line = next((item for item in found if item.sequence == sequence), None)
        embed = render_entry(line, self._names())
        await safe_update_message(interaction, embed=embed, view=entry_controls(chosen, before))

    def instance_choices(self, interaction: Asking, current: str, *, limit: int) -> list[tuple[str, str]]:
        """Return name and id of the servers whose name contains what was typed; none for who may not."""
        if not self._askers.here(interaction).may(Capability.SEE_AUDIT):
            return []
        wanted = current.casefold()
        found = [(name, key) for key, name in self._names().items() if wanted in name.casefold()]
        return found[:limit]

    async def _show(
        self, interaction: Asking, chosen: AuditFilter, before: int | None, *, is_new: bool = False
    ) -> None:
        found = await self._services.actions.audit(
            before=before,
            limit=PAGE_SIZE + 1,
            actor=chosen.actor,
            instance=chosen.instance,
            action=chosen.action,
            result=chosen.result,
            since=chosen.since,
        )
        page = AuditPage(
            lines=tuple(found[:PAGE_SIZE]),
            filter=chosen,
            before=before,
            has_older=len(found) > PAGE_SIZE,
        )
        embed = render_audit(page, self._names())
        controls = audit_controls(page, self._services.clock.now())
        if is_new:
            await safe_send_response(interaction, embed=embed, view=controls)
        else:
            await safe_update_message(interaction, embed=embed, view=controls)

    async def _admit(self, interaction: Asking) -> None:
        (await self._askers.identify(interaction)).require(Capability.SEE_AUDIT)

    def _names(self) -> Mapping[str, str]:
        return {item.id: item.name for item in self._services.cache.snapshot.instances}

    def _instance_id(self, typed: str) -> str | None:
        """Return the id of a server by its id or name; one that is gone may still be in the trail."""
        wanted = typed.strip().casefold()
        known = next((key for key, name in self._names().items() if wanted in (key, name.casefold())), None)
        return known or (wanted if is_instance(wanted) else None)
