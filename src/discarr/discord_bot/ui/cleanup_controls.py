"""Buttons and selects of `/cleanup`. What is picked stands in a draft, of which the ids carry the name."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Protocol

import discord

from discarr.core.cleanup_config import CleanupAction, CleanupRule
from discarr.discord_bot.cleanup_drafts import CleanupDraft
from discarr.discord_bot.ui.lasting import (
    AnyInteraction,
    AnySelect,
    LastingButton,
    LastingSelect,
    add_turning,
    id_of,
    template,
)
from discarr.discord_bot.ui.layout import MAX_OPTION
from discarr.discord_bot.ui.paging import Page
from discarr.discord_bot.ui.queue_browser import key_token
from discarr.monitoring.cleanup.candidates import Candidate
from discarr.monitoring.cleanup.guards import GuardKind
from discarr.monitoring.cleanup.wording import ACTION_WORDS, RULE_WORDS
from discarr.utils.text_utils import count_of, label, without_addresses

_DRAFT: Final = r"[0-9a-f]{12}"
_PLACE: Final = rf"{_DRAFT}\.\d{{1,5}}"
NONE: Final = "-"
"""The option that takes a choice away; no rule and no action is called like it."""


class CleanupPages(Protocol):
    """What these controls ask for; the client carries it as `cleanup_pages`.

    Each answers by itself, errors included, and judges anew whether the person may.
    """

    async def turn(self, interaction: AnyInteraction, draft_id: str, page: int) -> None:
        """Show a page, in place."""

    async def renew(self, interaction: AnyInteraction, draft_id: str) -> None:
        """Look again at what is proposed."""

    async def pick(
        self, interaction: AnyInteraction, draft_id: str, page: int, tokens: Sequence[str]
    ) -> None:
        """Pick exactly these of the candidates on a page."""

    async def pick_all(self, interaction: AnyInteraction, draft_id: str, *, is_wanted: bool) -> None:
        """Pick everything in focus, as far as there is room, or nothing of it."""

    async def focus(self, interaction: AnyInteraction, draft_id: str, rule: str) -> None:
        """Show the candidates of one rule, or of all."""

    async def set_action(self, interaction: AnyInteraction, draft_id: str, action: str) -> None:
        """Choose what is done to the candidates of the rule in focus."""

    async def dry_run(self, interaction: AnyInteraction, draft_id: str) -> None:
        """Say exactly what would be done, in a new message, and do nothing."""

    async def go_on(self, interaction: AnyInteraction, draft_id: str) -> None:
        """Ask for everything that is picked, one question for each kind of action."""

    async def ask_to_allow(self, interaction: AnyInteraction) -> None:
        """Ask whether clean-up may act again."""

    async def allow(self, interaction: AnyInteraction, *, is_wanted: bool) -> None:
        """Let clean-up act again, or leave it as it is."""


class PageButton(LastingButton, template=template("tidy:(?:prev|next)", _PLACE)):
    """Turns to a page."""

    async def callback(self, interaction: AnyInteraction) -> None:
        draft_id, _, page = self.argument.partition(".")
        await _pages(interaction).turn(interaction, draft_id, int(page))


class RenewButton(LastingButton, template=template("tidy:again", _DRAFT)):
    """Looks again."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).renew(interaction, self.argument)


class PickSelect(LastingSelect, template=template("tidy:pick", _PLACE)):
    """Picks candidates of a page."""

    async def callback(self, interaction: AnyInteraction) -> None:
        draft_id, _, page = self.argument.partition(".")
        await _pages(interaction).pick(interaction, draft_id, int(page), [str(item) for item in self.choices])


class AllButton(LastingButton, template=template("tidy:all", rf"[01]\.{_DRAFT}")):
    """Picks everything in focus, or nothing of it."""

    async def callback(self, interaction: AnyInteraction) -> None:
        wanted, _, draft_id = self.argument.partition(".")
        await _pages(interaction).pick_all(interaction, draft_id, is_wanted=wanted == "1")


class FocusSelect(LastingSelect, template=template("tidy:rule", _DRAFT)):
    """Chooses the rule whose candidates are shown."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).focus(interaction, self.argument, self.choice)


class ActionSelect(LastingSelect, template=template("tidy:what", _DRAFT)):
    """Chooses what is done to the candidates of the rule in focus."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).set_action(interaction, self.argument, self.choice)


class DryRunButton(LastingButton, template=template("tidy:dry", _DRAFT)):
    """Says what would be done."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).dry_run(interaction, self.argument)


class GoOnButton(LastingButton, template=template("tidy:go", _DRAFT)):
    """Asks for what is picked."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).go_on(interaction, self.argument)


class AskToAllowButton(LastingButton, template=template("tidy:arm", "")):
    """Asks whether clean-up may act again."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).ask_to_allow(interaction)


class AllowButton(LastingButton, template=template("tidy:allow", "[01]")):
    """Says that it may, or not yet."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).allow(interaction, is_wanted=self.argument == "1")


CLEANUP_ITEMS: Final[tuple[type[discord.ui.DynamicItem[Any]], ...]] = (
    PageButton,
    RenewButton,
    PickSelect,
    AllButton,
    FocusSelect,
    ActionSelect,
    DryRunButton,
    GoOnButton,
    AskToAllowButton,
    AllowButton,
)
"""For `discord.Client.add_dynamic_items`."""


def cleanup_controls(draft: CleanupDraft, page: Page[Candidate], now: datetime) -> discord.ui.View:
    """Return the controls below a page of what is proposed."""
    view = discord.ui.View(timeout=None)
    if page.items:
        _add_choices(view, draft, page, now)
    if any(guard.kind is GuardKind.DISARMED for guard in draft.collection.guards):
        view.add_item(AskToAllowButton(id_of("tidy:arm"), "", "Allow clean-up again …", emoji="🔓"))
    view.add_item(RenewButton(id_of("tidy:again", draft.id), draft.id, "Renew", emoji="🔄"))
    return view


def allow_controls() -> discord.ui.View:
    """Return the controls below the question whether clean-up may act again."""
    view = discord.ui.View(timeout=None)
    danger = discord.ButtonStyle.danger
    view.add_item(AllowButton(id_of("tidy:allow", "1"), "1", "Allow it", emoji="🔓", style=danger))
    view.add_item(AllowButton(id_of("tidy:allow", "0"), "0", "Not yet", emoji="↩"))
    return view


def _add_choices(view: discord.ui.View, draft: CleanupDraft, page: Page[Candidate], now: datetime) -> None:
    place = f"{draft.id}.{page.number}"
    view.add_item(_pick_select(draft, page, place, now))
    view.add_item(_focus_select(draft, now))
    if draft.focus is not None:
        view.add_item(_action_select(draft, draft.focus, now))
    add_turning(view, PageButton, "tidy", page, lambda number: f"{draft.id}.{number}")
    for argument, text, emoji in ((f"1.{draft.id}", "All", "☑"), (f"0.{draft.id}", "None", "☐")):
        view.add_item(AllButton(id_of("tidy:all", argument), argument, text, emoji=emoji))
    count = len(draft.chosen)
    view.add_item(
        DryRunButton(id_of("tidy:dry", draft.id), draft.id, "Dry run", emoji="🧪", is_disabled=not count)
    )
    view.add_item(
        GoOnButton(
            id_of("tidy:go", draft.id),
            draft.id,
            f"Go on ({count}) …",
            emoji="🧹",
            style=discord.ButtonStyle.primary,
            is_disabled=not count,
        )
    )


def _pick_select(draft: CleanupDraft, page: Page[Candidate], place: str, now: datetime) -> PickSelect:
    options = {
        key_token(item.download.key): discord.SelectOption(
            label=label(f"{number} · {item.download.title}", MAX_OPTION),
            value=key_token(item.download.key),
            description=label(without_addresses(item.download.release_title), MAX_OPTION),
            default=draft.is_picked(item),
        )
        for number, item in enumerate(page.items, page.first_number)
    }
    select: AnySelect = discord.ui.Select(
        custom_id=id_of("tidy:pick", place, now=now),
        placeholder="Pick …",
        min_values=0,
        max_values=len(options),
        options=list(options.values()),
    )
    return PickSelect(select, place)


def _focus_select(draft: CleanupDraft, now: datetime) -> FocusSelect:
    counts = draft.counts
    rules = [rule for rule in CleanupRule if counts[rule]]
    options = [
        discord.SelectOption(
            label=f"All rules · {count_of(counts.total(), 'download')}",
            value=NONE,
            default=draft.focus is None,
        ),
        *(
            discord.SelectOption(
                label=f"{RULE_WORDS[rule]} · {count_of(counts[rule], 'download')}",
                value=rule.value,
                default=rule is draft.focus,
            )
            for rule in rules
        ),
    ]
    select: AnySelect = discord.ui.Select(custom_id=id_of("tidy:rule", draft.id, now=now), options=options)
    return FocusSelect(select, draft.id)


def _action_select(draft: CleanupDraft, rule: CleanupRule, now: datetime) -> ActionSelect:
    chosen = draft.actions.get(rule)
    possible = {action for item in draft.shown for action in item.possible}
    options = [
        discord.SelectOption(label="As suggested", value=NONE, default=chosen is None),
        *(
            discord.SelectOption(
                label=label(ACTION_WORDS[action], MAX_OPTION), value=action.value, default=action is chosen
            )
            for action in CleanupAction
            if action in possible
        ),
    ]
    select: AnySelect = discord.ui.Select(custom_id=id_of("tidy:what", draft.id, now=now), options=options)
    return ActionSelect(select, draft.id)


def _pages(interaction: AnyInteraction) -> CleanupPages:
    pages: CleanupPages = interaction.client.cleanup_pages
    return pages
