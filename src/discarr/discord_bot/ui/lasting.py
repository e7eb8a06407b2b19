"""Buttons, selects and modals that work after a restart: everything they need stands in their ids.

An id is `discarr:v1:<verb>:<argument>`. What a client sends may have been made up: whoever answers judges the
argument and the choice anew.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final, Self

import discord

from discarr.discord_bot.ui.paging import MAX_PAGE, Page

_PREFIX: Final = "discarr:v1:"
_KIND: Final = re.compile(rf"{_PREFIX}([a-z]+(?::[a-z]+)?)\d*(?::|$)")
_MODAL_TIMEOUT_S: Final = 900.0
"""How long discord.py keeps a modal, which it need not: without an end it would keep every one."""

type AnyInteraction = discord.Interaction[Any]
type AnySelect = discord.ui.Select[discord.ui.View]
type AnyItem = discord.ui.Item[discord.ui.View]


def template(verb: str, argument: str) -> str:
    """Return the pattern of the ids of one kind of control."""
    return rf"{_PREFIX}{verb}\d*:(?P<argument>{argument})"


def id_of(verb: str, argument: str = "", *, now: datetime | None = None) -> str:
    """Return the id of a control.

    With `now` it is another one with each rendering: a client keeps what was chosen for as long as the id
    stays the same, and then the same could not be chosen a second time.
    """
    rendering = "" if now is None else int(now.timestamp()) % 1000
    return f"{_PREFIX}{verb}{rendering}:{argument}"


def kind_of(custom_id: str) -> str:
    """Return the verb in an id of these; empty for another id."""
    match = _KIND.match(custom_id)
    return "" if match is None else match[1]


class LastingButton(discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]], template=r"(?!)"):
    """A button of which only the id matters when it is pressed."""

    def __init__(
        self,
        custom_id: str,
        argument: str,
        text: str = "…",
        *,
        emoji: str | None = None,
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
        is_disabled: bool = False,
    ) -> None:
        self.argument = argument
        super().__init__(
            discord.ui.Button(label=text, emoji=emoji, style=style, disabled=is_disabled, custom_id=custom_id)
        )

    @classmethod
    async def from_custom_id(
        cls, _interaction: AnyInteraction, _item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls(match[0], match["argument"])


class LastingSelect(discord.ui.DynamicItem[Any], template=r"(?!)"):
    """A select of any kind."""

    def __init__(self, select: AnyItem, argument: str) -> None:
        self.argument = argument
        super().__init__(select)

    @classmethod
    async def from_custom_id(
        cls, _interaction: AnyInteraction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        # The item that came with the click holds what was chosen.
        return cls(item, match["argument"])

    @property
    def choices(self) -> Sequence[Any]:
        """What was chosen: texts, or people, roles and channels."""
        chosen: Sequence[Any] = self.item.values
        return chosen

    @property
    def choice(self) -> str:
        """The one text that was chosen; empty for none."""
        return str(next(iter(self.choices), ""))


def add_turning[T](
    view: discord.ui.View,
    button: type[LastingButton],
    area: str,
    page: Page[T],
    argument_of: Callable[[int], str] = str,
) -> None:
    """Add the buttons that turn to the pages before and after; none where there is one page only."""
    if not page.words:
        return
    for verb, text, emoji, number, is_disabled in (
        ("prev", "Previous", "◀", page.number - 1, page.number == 0),
        ("next", "Next", "▶", page.number + 1, not page.has_next),
    ):
        argument = argument_of(min(max(number, 0), MAX_PAGE))
        view.add_item(
            button(id_of(f"{area}:{verb}", argument), argument, text, emoji=emoji, is_disabled=is_disabled)
        )


def number_in(text: str) -> int:
    """Return the id that was chosen; 0, which nothing has, for what is none."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else 0


class LastingModal(discord.ui.Modal):
    """A modal that is answered by `take_answer`, and not by discord.py, which forgets it with the process."""

    pattern: ClassVar[re.Pattern[str]]
    """What the whole id of such a modal looks like."""

    def __init__(self, title: str, custom_id: str) -> None:
        super().__init__(title=title, timeout=_MODAL_TIMEOUT_S, custom_id=custom_id)

    @classmethod
    async def answer(
        cls, interaction: AnyInteraction, match: re.Match[str], typed: Mapping[str, str]
    ) -> None:
        """Do what was asked for; `typed` holds texts and choices by the ids of their fields."""
        raise NotImplementedError


async def take_answer(interaction: AnyInteraction, kinds: Iterable[type[LastingModal]]) -> None:
    """Hand the answer to a modal to its kind; anything else is left alone."""
    if interaction.type is not discord.InteractionType.modal_submit:
        return
    data: Mapping[str, Any] = interaction.data or {}
    for kind in kinds:
        match = kind.pattern.fullmatch(data.get("custom_id", ""))
        if match is not None:
            await kind.answer(interaction, match, _typed(data.get("components", ())))


def _typed(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    fields = [row["component"] for row in rows if "component" in row]
    return {
        field["custom_id"]: field.get("value") or next(iter(field.get("values") or ()), "")
        for field in fields
    }
