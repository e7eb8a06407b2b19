"""`/cleanup`: what is proposed, what is picked of it, and the questions that come of that; all in private."""

from collections.abc import Sequence
from typing import Any

import discord

from discarr.core.cleanup_config import CleanupAction, CleanupRule
from discarr.core.models import DownloadKey
from discarr.discord_bot.askers import Asker, Askers
from discarr.discord_bot.cleanup_drafts import CleanupDraft
from discarr.discord_bot.error_reports import answers_errors
from discarr.discord_bot.services import Services
from discarr.discord_bot.ui import action_answers, cleanup_list
from discarr.discord_bot.ui.action_controls import operation_controls
from discarr.discord_bot.ui.action_text import WORDS
from discarr.discord_bot.ui.cleanup_controls import allow_controls, cleanup_controls
from discarr.discord_bot.ui.cleanup_list import left_out_lines, no_room, render_cleanup, render_dry_run
from discarr.discord_bot.ui.operation_embeds import render_operation
from discarr.discord_bot.ui.paging import page_of
from discarr.discord_bot.ui.queue_browser import key_token
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.refusals import ActionRefused
from discarr.monitoring.cleanup.candidates import Candidate, Collection
from discarr.monitoring.cleanup.wording import evidence_text
from discarr.utils.interaction_utils import safe_defer_interaction, safe_send_response, safe_update_message
from discarr.utils.permissions import Capability

type Asking = discord.Interaction[Any]


class CleanupViews:
    """Answers `/cleanup`, and is the `CleanupPages` behind its buttons and selects."""

    def __init__(self, services: Services, askers: Askers) -> None:
        self._services = services
        self._askers = askers
        self._drafts = services.cleanup_drafts

    async def show_new(self, interaction: Asking) -> None:
        """Answer a deferred interaction with what is proposed."""
        asker = await self._admit(interaction)
        await self._show(interaction, await self._begin(asker), is_new=True)

    @answers_errors
    async def turn(self, interaction: Asking, draft_id: str, page: int) -> None:
        """Show a page, in place."""
        if (draft := await self._take_up(interaction, draft_id)) is not None:
            await self._show(interaction, draft, page)

    @answers_errors
    async def renew(self, interaction: Asking, draft_id: str) -> None:
        """Look again at what is proposed; a list that is too old gives way to a new one."""
        if not await safe_defer_interaction(interaction, thinking=False):
            return
        asker = await self._admit(interaction)
        draft = asker.own(self._drafts, draft_id, Capability.CLEAN_UP)
        if draft is None:
            draft = await self._begin(asker)
        else:
            draft = draft.renewed(await self._collect()).without_lost()
        await self._show(interaction, draft)

    @answers_errors
    async def pick(self, interaction: Asking, draft_id: str, page: int, tokens: Sequence[str]) -> None:
        """Pick exactly these of the candidates on a page."""
        if (draft := await self._take_up(interaction, draft_id)) is not None:
            shown = page_of(draft.shown, page)
            wanted = {item.download.key for item in shown.items if key_token(item.download.key) in tokens}
            await self._show(interaction, draft.with_page(shown.items, wanted), page)

    @answers_errors
    async def pick_all(self, interaction: Asking, draft_id: str, *, is_wanted: bool) -> None:
        """Pick everything in focus, as far as there is room, or nothing of it."""
        if (draft := await self._take_up(interaction, draft_id)) is not None:
            await self._show(interaction, draft.with_all() if is_wanted else draft.with_none())

    @answers_errors
    async def focus(self, interaction: Asking, draft_id: str, rule: str) -> None:
        """Show the candidates of one rule, or of all."""
        if (draft := await self._take_up(interaction, draft_id)) is not None:
            chosen = CleanupRule(rule) if rule in list(CleanupRule) else None
            await self._show(interaction, draft.with_focus(chosen))

    @answers_errors
    async def set_action(self, interaction: Asking, draft_id: str, action: str) -> None:
        """Choose what is done to the candidates of the rule in focus."""
        if (draft := await self._take_up(interaction, draft_id)) is not None:
            chosen = CleanupAction(action) if action in list(CleanupAction) else None
            await self._show(interaction, draft.with_action(chosen))

    @answers_errors
    async def dry_run(self, interaction: Asking, draft_id: str) -> None:
        """Say exactly what would be done, in a new message, and do nothing."""
        if not await safe_defer_interaction(interaction):
            return
        draft = await self._ready(interaction, await self._admit(interaction), draft_id)
        if draft is None:
            return
        desk = self._services.actions
        foreseen = [
            (kind, desk.foresee(kind, _keys(found), evidence=_evidence(found)))
            for kind, found in draft.kinds()
        ]
        embed = render_dry_run(
            draft,
            [(kind, item.targets) for kind, item in foreseen if item.targets],
            left_out=sum(len(item.left_out) for _, item in foreseen),
        )
        await safe_send_response(interaction, embed=embed)

    @answers_errors
    async def go_on(self, interaction: Asking, draft_id: str) -> None:
        """Ask for everything that is picked, one question for each kind of action."""
        if not await safe_defer_interaction(interaction):
            return
        # Whether they may is for the desk to say, which writes it down.
        asker = await self._askers.identify(interaction)
        draft = await self._ready(interaction, asker, draft_id)
        if draft is None:
            return
        for kind, found in draft.kinds():
            await self._ask(interaction, asker, kind, found)
        if lines := list(left_out_lines(draft)):
            await safe_send_response(interaction, "\n".join(lines))

    @answers_errors
    async def ask_to_allow(self, interaction: Asking) -> None:
        """Ask whether clean-up may act again, in place of the list."""
        if await safe_defer_interaction(interaction, thinking=False):
            await self._admit(interaction)
            await safe_update_message(interaction, cleanup_list.ARM_QUESTION, view=allow_controls())

    @answers_errors
    async def allow(self, interaction: Asking, *, is_wanted: bool) -> None:
        """Let clean-up act again, or leave it as it is."""
        if not await safe_defer_interaction(interaction, thinking=False):
            return
        asker = await self._askers.identify(interaction)
        if not is_wanted:
            asker.require(Capability.CLEAN_UP)
            await safe_update_message(interaction, cleanup_list.STILL_DISARMED)
            return
        await self._services.actions.arm(asker.person)
        await self._show(interaction, await self._begin(asker))

    async def _ask(
        self, interaction: Asking, asker: Asker, kind: ActionKind, found: Sequence[Candidate]
    ) -> None:
        """Ask whether this is to be done to all of these; what is refused is said."""
        try:
            asked = await self._services.actions.ask(
                asker.person,
                kind,
                _keys(found),
                evidence=_evidence(found),
                # What has recovered before its turn comes is left alone.
                grounds={item.download.key: self._services.cleanup.grounds(item) for item in found},
            )
        except ActionRefused as refused:
            words = f"{WORDS[kind].label}: {action_answers.refused(refused)}"
            await safe_send_response(interaction, words)
            return
        operation, left_out = asked.operation, len(asked.left_out)
        embed = render_operation(operation, left_out=left_out, now=self._services.clock.now())
        await safe_send_response(interaction, embed=embed, view=operation_controls(operation))

    async def _ready(self, interaction: Asking, asker: Asker, draft_id: str) -> CleanupDraft | None:
        """Return what is picked, over what is proposed at this moment; None where that was answered."""
        draft = asker.own(self._drafts, draft_id, Capability.CLEAN_UP)
        if draft is None:
            await safe_send_response(interaction, cleanup_list.GONE)
            return None
        draft = draft.renewed(await self._collect())
        if not draft.picked:
            await safe_send_response(interaction, cleanup_list.NOTHING_PICKED)
        elif len(draft.chosen) > draft.collection.room:
            await safe_send_response(interaction, no_room(draft.collection.room))
        else:
            return draft
        return None

    async def _take_up(self, interaction: Asking, draft_id: str) -> CleanupDraft | None:
        """Acknowledge, judge the person, and return their draft; None where that was answered."""
        if not await safe_defer_interaction(interaction, thinking=False):
            return None
        asker = await self._admit(interaction)
        draft = asker.own(self._drafts, draft_id, Capability.CLEAN_UP)
        if draft is None:
            await safe_update_message(interaction, cleanup_list.GONE)
        return draft

    async def _admit(self, interaction: Asking) -> Asker:
        asker = await self._askers.identify(interaction)
        asker.require(Capability.CLEAN_UP)
        return asker

    async def _begin(self, asker: Asker) -> CleanupDraft:
        return CleanupDraft(
            id=self._drafts.new_id(), owner_id=asker.user_id, collection=await self._collect()
        )

    async def _collect(self) -> Collection:
        removed_today = await self._services.actions.cleaned_up_today()
        return await self._services.cleanup.collect(removed_today=removed_today)

    async def _show(
        self, interaction: Asking, draft: CleanupDraft, number: int = 0, *, is_new: bool = False
    ) -> None:
        """Keep a draft as it is now, and show a page of it."""
        self._drafts.put(draft)
        now = self._services.clock.now()
        page = page_of(draft.shown, number)
        has_rules = bool(self._services.settings.cleanup_rules)
        embed = render_cleanup(draft, page, has_rules=has_rules, now=now)
        controls = cleanup_controls(draft, page, now)
        if is_new:
            await safe_send_response(interaction, embed=embed, view=controls)
        else:
            await safe_update_message(interaction, embed=embed, view=controls)


def _keys(found: Sequence[Candidate]) -> list[DownloadKey]:
    return [item.download.key for item in found]


def _evidence(found: Sequence[Candidate]) -> dict[DownloadKey, str]:
    return {item.download.key: evidence_text(item) for item in found}
