"""Buttons and selects of what a person follows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Protocol

import discord

from discarr.discord_bot.ui.follow_text import FollowedTitle
from discarr.discord_bot.ui.lasting import (
    AnyInteraction,
    AnySelect,
    LastingButton,
    LastingSelect,
    add_turning,
    id_of,
    number_in,
    template,
)
from discarr.discord_bot.ui.paging import Page

_PAGE: Final = r"\d{1,5}"


class FollowPages(Protocol):
    """What these controls ask for; the client carries it as `follow_pages`. Each answers by itself."""

    async def turn(self, interaction: AnyInteraction, page: int) -> None:
        """Show a page of what the person follows, in place."""

    async def let_go(self, interaction: AnyInteraction, follow_id: int, page: int) -> None:
        """End a follow of the person's, and show the page again."""

    async def choose(self, interaction: AnyInteraction, token: str) -> None:
        """Follow one of several downloads that fit; `token` is the `key_token` of its key."""


class FollowsPageButton(LastingButton, template=template("follows:(?:prev|next|again)", _PAGE)):
    """Turns to a page."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).turn(interaction, int(self.argument))


class LetGoSelect(LastingSelect, template=template("follows:end", _PAGE)):
    """Chooses what to let go of."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).let_go(interaction, number_in(self.choice), int(self.argument))


class FollowSelect(LastingSelect, template=template("follows:pick", "")):
    """Chooses one of several downloads to follow."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).choose(interaction, self.choice)


FOLLOW_ITEMS: Final[tuple[type[discord.ui.DynamicItem[Any]], ...]] = (
    FollowsPageButton,
    LetGoSelect,
    FollowSelect,
)
"""For `discord.Client.add_dynamic_items`."""


def follows_controls(page: Page[FollowedTitle], now: datetime) -> discord.ui.View:
    """Return the controls below what a person follows."""
    view = discord.ui.View(timeout=None)
    here = str(page.number)
    if page.items:
        options = [
            discord.SelectOption(label=f"{count} · {title.option}", value=str(title.id))
            for count, title in enumerate(page.items, page.first_number)
        ]
        select: AnySelect = discord.ui.Select(
            custom_id=id_of("follows:end", here, now=now),
            placeholder="No longer wait for …",
            options=options,
        )
        view.add_item(LetGoSelect(select, here))
    add_turning(view, FollowsPageButton, "follows", page)
    view.add_item(FollowsPageButton(id_of("follows:again", here), here, "Renew", emoji="🔄"))
    return view


def choice_controls(choices: Sequence[tuple[str, str]], now: datetime) -> discord.ui.View:
    """Return the choice between downloads that fit: names and tokens, 1 to 25, each token once."""
    view = discord.ui.View(timeout=None)
    select: AnySelect = discord.ui.Select(
        custom_id=id_of("follows:pick", now=now),
        placeholder="I wait for …",
        options=[discord.SelectOption(label=name, value=token) for name, token in choices],
    )
    view.add_item(FollowSelect(select, ""))
    return view


def _pages(interaction: AnyInteraction) -> FollowPages:
    pages: FollowPages = interaction.client.follow_pages
    return pages
