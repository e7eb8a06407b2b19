"""Buttons and selects of `/alerts`, and of the cards that it leads to."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol, Self

import discord

from discarr.discord_bot.ui.action_controls import add_offers
from discarr.discord_bot.ui.alert_controls import FollowButton
from discarr.discord_bot.ui.alert_list import ShownAlert, ShownSilence, plain_standing
from discarr.discord_bot.ui.card_controls import add_link
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
from discarr.discord_bot.ui.layout import MAX_OPTION
from discarr.discord_bot.ui.paging import MAX_PAGE, Page
from discarr.discord_bot.ui.queue_browser import key_token
from discarr.discord_bot.ui.silence_choice import HOURS, REASON, ReasonModal, hours_in, silence_options
from discarr.monitoring.acting.offers import Offer
from discarr.utils.interaction_utils import safe_send_modal
from discarr.utils.text_utils import label


class Shelf(StrEnum):
    """Which list of alerts."""

    OPEN = "open"
    STORY = "story"
    """Those that one message tells of."""
    HISTORY = "history"
    SILENCES = "silences"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPlace:
    """A page of one of the lists; as text it is part of a control's id."""

    shelf: Shelf = Shelf.OPEN
    page: int = 0
    story_id: int = 0

    def __str__(self) -> str:
        return f"{self.shelf}.{max(self.story_id, 0)}.{min(max(self.page, 0), MAX_PAGE)}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` wrote; anything else is the first page of what is open."""
        match = re.fullmatch(r"([a-z]+)\.(\d{1,19})\.(\d{1,5})", text)
        if match is None or match[1] not in list(Shelf):
            return cls()
        return cls(shelf=Shelf(match[1]), story_id=int(match[2]), page=int(match[3]))

    def turned_to(self, page: int) -> str:
        """Return another page of the same list, as text."""
        return str(replace(self, page=page))


_PLACE: Final = r"[a-z]+\.\d{1,19}\.\d{1,5}"
_ON_CARD: Final = rf"\d{{1,19}}\.{_PLACE}"


class AlertPages(Protocol):
    """What these controls ask for; the client carries it as `alert_pages`.

    Each answers by itself, in place, and judges anew what the person may.
    """

    async def show(self, interaction: AnyInteraction, place: AlertPlace) -> None:
        """Show a page of a list."""

    async def show_alert(self, interaction: AnyInteraction, alert_id: int, place: AlertPlace) -> None:
        """Show one alert; `place` is where it was chosen, for the way back."""

    async def acknowledge(self, interaction: AnyInteraction, alert_id: int, place: AlertPlace) -> None:
        """Note that the person looks after one alert, and show it as it is then."""

    async def acknowledge_all(self, interaction: AnyInteraction, place: AlertPlace) -> None:
        """Note that the person looks after everything that was told in a list, and show it again."""

    async def silence(
        self,
        interaction: AnyInteraction,
        alert_id: int,
        lasts: timedelta,
        reason: str,
        place: AlertPlace,
    ) -> None:
        """Keep quiet about one alert, and show it as it is then."""

    async def end_silence(self, interaction: AnyInteraction, silence_id: int, place: AlertPlace) -> None:
        """End a silence before its time, and show the list again."""


class AlertPageButton(
    LastingButton, template=template("alerts:(?:prev|next|again|back|history|quiet)", _PLACE)
):
    """Leads to a page of a list."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).show(interaction, AlertPlace.parse(self.argument))


class AcknowledgeAllButton(LastingButton, template=template("alerts:all", _PLACE)):
    """Says that somebody looks after everything that was told."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).acknowledge_all(interaction, AlertPlace.parse(self.argument))


class AcknowledgeOneButton(LastingButton, template=template("alerts:one", _ON_CARD)):
    """Says that somebody looks after the alert of a card."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).acknowledge(interaction, *_on_card(self.argument))


class AlertSelect(LastingSelect, template=template("alerts:pick", _PLACE)):
    """Chooses an alert of the page, to be shown in full."""

    async def callback(self, interaction: AnyInteraction) -> None:
        place = AlertPlace.parse(self.argument)
        await _pages(interaction).show_alert(interaction, number_in(self.choice), place)


class SilenceOneSelect(LastingSelect, template=template("alerts:hush", _ON_CARD)):
    """Chooses for how long to keep quiet about the alert of a card, and asks why."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await safe_send_modal(interaction, SilenceOneReason(self.argument, hours_in(self.choice)))


class SilenceOneReason(ReasonModal):
    """Asks why an alert is silenced."""

    pattern = re.compile(id_of("modal:hush", rf"(?P<card>{_ON_CARD}):(?P<hours>{HOURS})"))

    def __init__(self, card: str, hours: int) -> None:
        super().__init__(id_of("modal:hush", f"{card}:{hours}"), hours)

    @classmethod
    async def answer(
        cls, interaction: AnyInteraction, match: re.Match[str], typed: Mapping[str, str]
    ) -> None:
        alert_id, place = _on_card(match["card"])
        lasts = timedelta(hours=hours_in(match["hours"]))
        await _pages(interaction).silence(interaction, alert_id, lasts, typed.get(REASON, "").strip(), place)


class EndSilenceSelect(LastingSelect, template=template("alerts:end", _PLACE)):
    """Chooses a silence to end."""

    async def callback(self, interaction: AnyInteraction) -> None:
        place = AlertPlace.parse(self.argument)
        await _pages(interaction).end_silence(interaction, number_in(self.choice), place)


ALERT_PAGE_ITEMS: Final[tuple[type[discord.ui.DynamicItem[Any]], ...]] = (
    AlertPageButton,
    AcknowledgeAllButton,
    AcknowledgeOneButton,
    AlertSelect,
    SilenceOneSelect,
    EndSilenceSelect,
)
"""For `discord.Client.add_dynamic_items`."""


def list_controls(
    place: AlertPlace,
    page: Page[ShownAlert],
    *,
    unacknowledged: int,
    is_operator: bool,
    silence_count: int,
    now: datetime,
) -> discord.ui.View:
    """Return the controls below a list of alerts; `unacknowledged` were told and nobody looks after them."""
    view = discord.ui.View(timeout=None)
    here = str(place)
    if page.items and place.shelf is not Shelf.HISTORY:
        options = [
            discord.SelectOption(
                label=label(f"{count} · {shown.option}", MAX_OPTION),
                value=str(shown.alert.id),
                description=plain_standing(shown),
            )
            for count, shown in enumerate(page.items, page.first_number)
        ]
        select: AnySelect = discord.ui.Select(
            custom_id=id_of("alerts:pick", here, now=now), placeholder="More about …", options=options
        )
        view.add_item(AlertSelect(select, here))
    add_turning(view, AlertPageButton, "alerts", page, place.turned_to)
    if is_operator and unacknowledged:
        view.add_item(
            AcknowledgeAllButton(
                id_of("alerts:all", here),
                here,
                "Acknowledge all",
                emoji="👍",
                style=discord.ButtonStyle.primary,
            )
        )
    if place.shelf is Shelf.OPEN:
        view.add_item(_button("history", "What is over", "🕘", AlertPlace(shelf=Shelf.HISTORY)))
        if is_operator:
            words = f"Silences ({silence_count})" if silence_count else "Silences"
            view.add_item(_button("quiet", words, "🔕", AlertPlace(shelf=Shelf.SILENCES)))
    else:
        view.add_item(_button("back", "What is open", "↩", AlertPlace()))
    view.add_item(_button("again", "Renew", "🔄", place))
    return view


def alert_controls(
    shown: ShownAlert,
    place: AlertPlace,
    *,
    offers: Sequence[Offer] = (),
    app_url: str | None = None,
    is_operator: bool,
    now: datetime,
) -> discord.ui.View:
    """Return the controls below one alert in full; `offers` are what the reader may do about its download.

    `app_url` is the address of its server for people's browsers, or None for no link.
    """
    view = discord.ui.View(timeout=None)
    alert = shown.alert
    if alert.facts.key is not None:
        add_offers(view, key_token(alert.facts.key), offers, now=now)
    card = f"{alert.id}.{place}"
    if is_operator and alert.is_open:
        select: AnySelect = discord.ui.Select(
            custom_id=id_of("alerts:hush", card, now=now),
            placeholder="Keep quiet about it for …",
            options=silence_options(),
        )
        view.add_item(SilenceOneSelect(select, card))
    view.add_item(_button("back", "Back to the list", "↩", place))
    if is_operator and alert.is_open and alert.acknowledged_by is None:
        view.add_item(
            AcknowledgeOneButton(
                id_of("alerts:one", card), card, "Acknowledge", emoji="👍", style=discord.ButtonStyle.primary
            )
        )
    if alert.is_open and alert.facts.key is not None:
        view.add_item(FollowButton(key_token(alert.facts.key)))
        add_link(view, shown.instance_name, app_url)
    return view


def silences_controls(place: AlertPlace, page: Page[ShownSilence], *, now: datetime) -> discord.ui.View:
    """Return the controls below what is kept quiet."""
    view = discord.ui.View(timeout=None)
    here = str(place)
    if page.items:
        options = [
            discord.SelectOption(
                label=label(f"{count} · {shown.about}", MAX_OPTION), value=str(shown.silence.id)
            )
            for count, shown in enumerate(page.items, page.first_number)
        ]
        select: AnySelect = discord.ui.Select(
            custom_id=id_of("alerts:end", here, now=now), placeholder="End …", options=options
        )
        view.add_item(EndSilenceSelect(select, here))
    add_turning(view, AlertPageButton, "alerts", page, place.turned_to)
    view.add_item(_button("back", "What is open", "↩", AlertPlace()))
    return view


def way_to_lists() -> discord.ui.View:
    """Return the ways on from what is no longer known."""
    view = discord.ui.View(timeout=None)
    view.add_item(_button("back", "What is open", "🔎", AlertPlace()))
    view.add_item(_button("history", "What is over", "🕘", AlertPlace(shelf=Shelf.HISTORY)))
    return view


def _button(verb: str, text: str, emoji: str, place: AlertPlace) -> AlertPageButton:
    return AlertPageButton(id_of(f"alerts:{verb}", str(place)), str(place), text, emoji=emoji)


def _on_card(argument: str) -> tuple[int, AlertPlace]:
    alert_id, _, place = argument.partition(".")
    return int(alert_id), AlertPlace.parse(place)


def _pages(interaction: AnyInteraction) -> AlertPages:
    pages: AlertPages = interaction.client.alert_pages
    return pages
