"""Buttons, selects and the modal by which something is done about downloads.

What is asked for stands in the ids: the kind of action and the `key_token` of a download on a card, the id
of the operation on a question. The answers are those of `interaction.client.action_pages`.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

import discord

from discarr.discord_bot.ui.action_text import WORDS
from discarr.discord_bot.ui.lasting import (
    AnyInteraction,
    AnySelect,
    LastingButton,
    LastingModal,
    LastingSelect,
    id_of,
    template,
)
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.offers import Offer
from discarr.monitoring.acting.operation import Operation, OperationState
from discarr.utils.interaction_utils import safe_send_modal
from discarr.utils.text_utils import count_of

_DOWNLOAD: Final = r"[0-9a-f]{20}"
_KIND: Final = r"[a-z_]{1,20}"
_OPERATION: Final = r"[0-9a-f]{16}"
_COUNT: Final = r"\d{1,6}"
_MORE: Final = id_of("act:more").rstrip(":")
_FIELD: Final = "count"
_MAX_DIGITS: Final = 6
_DESTRUCTIVE: Final = frozenset(
    {ActionKind.REMOVE, ActionKind.REMOVE_BLOCKLIST, ActionKind.REMOVE_SEARCH, ActionKind.IMPORT}
)
"""What may lose data, and is red where it is confirmed."""


class ActionPages(Protocol):
    """What these controls ask for; the client carries it as `action_pages`.

    Each answers by itself, errors included, and judges anew what the person may: anybody can press, and what
    a client sends may be made up.
    """

    async def ask(
        self, interaction: AnyInteraction, kind: str, token: str, *, is_chosen: bool = False
    ) -> None:
        """Ask whether something is to be done about the download with that token, in a new message.

        `is_chosen` is whether it comes from a select, in which it must be possible to choose it again.
        """

    async def confirm(self, interaction: AnyInteraction, operation_id: str, typed: str | None = None) -> None:
        """Have an operation carried out and show how it goes on; `typed` comes from the modal."""

    async def keep(self, interaction: AnyInteraction, operation_id: str) -> None:
        """Take back what was asked for."""

    async def look(self, interaction: AnyInteraction, operation_id: str) -> None:
        """Show how an operation is now."""


class OfferButton(LastingButton, template=template("act:do", rf"{_KIND}\.{_DOWNLOAD}")):
    """Offers the remedy of a card."""

    async def callback(self, interaction: AnyInteraction) -> None:
        kind, _, token = self.argument.partition(".")
        await _pages(interaction).ask(interaction, kind, token)


class OfferSelect(LastingSelect, template=template("act:more", _DOWNLOAD)):
    """Chooses what else can be done."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).ask(interaction, self.choice, self.argument, is_chosen=True)


class ConfirmButton(LastingButton, template=template("act:yes", _OPERATION)):
    """Confirms an operation."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).confirm(interaction, self.argument)


class CountButton(LastingButton, template=template("act:count", rf"{_OPERATION}\.{_COUNT}")):
    """Asks for the number of downloads, which confirms."""

    async def callback(self, interaction: AnyInteraction) -> None:
        operation_id, _, count = self.argument.partition(".")
        await safe_send_modal(interaction, CountModal(operation_id, int(count)))


class KeepButton(LastingButton, template=template("act:no", _OPERATION)):
    """Takes an operation back."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).keep(interaction, self.argument)


class LookButton(LastingButton, template=template("act:look", _OPERATION)):
    """Shows how an operation is now; the message of an old click cannot be renewed without one."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).look(interaction, self.argument)


class CountModal(LastingModal):
    """Asks how many downloads it is that are acted on."""

    pattern = re.compile(id_of("modal:count", rf"(?P<operation>{_OPERATION})"))

    def __init__(self, operation_id: str, count: int) -> None:
        super().__init__("Are you sure?", id_of("modal:count", operation_id))
        field: discord.ui.TextInput[discord.ui.View] = discord.ui.TextInput(
            custom_id=_FIELD, min_length=1, max_length=_MAX_DIGITS, placeholder=str(count)
        )
        words = f"This is about {count_of(count, 'download')}. Type the number to confirm."
        self.add_item(discord.ui.Label(text="How many?", description=words, component=field))

    @classmethod
    async def answer(
        cls, interaction: AnyInteraction, match: re.Match[str], typed: Mapping[str, str]
    ) -> None:
        await _pages(interaction).confirm(interaction, match["operation"], typed.get(_FIELD, ""))


ACTION_ITEMS: Final[tuple[type[discord.ui.DynamicItem[Any]], ...]] = (
    OfferButton,
    OfferSelect,
    ConfirmButton,
    CountButton,
    KeepButton,
    LookButton,
)
"""For `discord.Client.add_dynamic_items`."""


def add_offers(view: discord.ui.View, token: str, offers: Sequence[Offer], *, now: datetime) -> None:
    """Add what can be done about the download of a card: the remedy as a button, the rest as choices.

    An import by hand is a button in any case: it takes a while to read the files, and what is chosen in a
    select cannot say that it is being worked on.
    """
    remedy = offers[0] if offers and offers[0].is_remedy else None
    others: list[Offer] = []
    for offer in offers:
        if offer is remedy or offer.kind is ActionKind.IMPORT:
            style = discord.ButtonStyle.primary if offer is remedy else discord.ButtonStyle.secondary
            view.add_item(_offer_button(offer.kind, token, style))
        else:
            others.append(offer)
    if others:
        select: AnySelect = discord.ui.Select(
            custom_id=id_of("act:more", token, now=now),
            placeholder="More …" if remedy is not None else "Do something about it …",
            options=[
                discord.SelectOption(
                    label=WORDS[offer.kind].label,
                    value=offer.kind.value,
                    description=WORDS[offer.kind].hint,
                    emoji=WORDS[offer.kind].emoji,
                )
                for offer in others
            ],
        )
        view.add_item(OfferSelect(select, token))


def renewed(message: discord.Message, *, now: datetime) -> discord.ui.View:
    """Return the controls of a card as they are, but with nothing chosen in its select."""
    view = discord.ui.View.from_message(message, timeout=None)
    for child in view.children:
        if isinstance(child, discord.ui.Select) and child.custom_id.startswith(_MORE):
            child.custom_id = id_of("act:more", child.custom_id.rpartition(":")[2], now=now)
    view.stop()  # the ids alone decide who answers
    return view


def operation_controls(operation: Operation) -> discord.ui.View | None:
    """Return the controls below an operation as it is now; None where there is nothing to do any more."""
    if operation.state is OperationState.PENDING:
        return question_controls(operation)
    if operation.is_over:
        return None
    view = discord.ui.View(timeout=None)
    view.add_item(look_button(operation.id))
    return view


def question_controls(operation: Operation) -> discord.ui.View:
    """Return the controls below an operation that nobody has confirmed yet."""
    style = discord.ButtonStyle.danger if operation.kind in _DESTRUCTIVE else discord.ButtonStyle.success
    view = discord.ui.View(timeout=None)
    view.add_item(_confirm_button(operation, style))
    view.add_item(KeepButton(id_of("act:no", operation.id), operation.id, "Keep it", emoji="↩"))
    return view


def look_button(operation_id: str, text: str = "Look again") -> LookButton:
    """Return the way to how an operation is now."""
    return LookButton(id_of("act:look", operation_id), operation_id, text, emoji="🔄")


def _offer_button(kind: ActionKind, token: str, style: discord.ButtonStyle) -> OfferButton:
    words, argument = WORDS[kind], f"{kind}.{token}"
    return OfferButton(id_of("act:do", argument), argument, words.label, emoji=words.emoji, style=style)


def _confirm_button(operation: Operation, style: discord.ButtonStyle) -> LastingButton:
    count = operation.required_count
    if count is None:
        return ConfirmButton(id_of("act:yes", operation.id), operation.id, "Confirm", emoji="✔", style=style)
    argument = f"{operation.id}.{count}"
    return CountButton(id_of("act:count", argument), argument, "Confirm …", emoji="✍", style=style)


def _pages(interaction: AnyInteraction) -> ActionPages:
    pages: ActionPages = interaction.client.action_pages
    return pages
