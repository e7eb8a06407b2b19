"""Controls below the card of a download: what can be done about it, following it, and the ways on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Self

import discord

from discarr.discord_bot.ui.action_controls import add_offers, look_button
from discarr.discord_bot.ui.controls import BrowseButton, controls_in
from discarr.discord_bot.ui.lasting import AnyInteraction, LastingButton, id_of, template
from discarr.discord_bot.ui.queue_browser import QueueFilter, decode_place
from discarr.monitoring.acting.offers import Offer
from discarr.monitoring.acting.operation import Operation
from discarr.utils.text_utils import label

_BACK: Final = id_of("back")
_MAX_BUTTON: Final = 80
_MAX_URL: Final = 512


class FollowToggle(LastingButton, template=template("card", r"[01]\.[0-9a-f]{20}")):
    """Asks to be told when the download of a card is ready, or no longer.

    What is wanted stands in the id, so that a second click on the same button changes nothing.
    """

    @classmethod
    def build(cls, token: str, *, is_following: bool) -> Self:
        """Return the button as it is for somebody who follows the download, or does not."""
        argument = f"{0 if is_following else 1}.{token}"
        return cls(
            id_of("card", argument),
            argument,
            "Following" if is_following else "Follow",
            emoji="✅" if is_following else "🔔",
            style=discord.ButtonStyle.success if is_following else discord.ButtonStyle.primary,
        )

    async def callback(self, interaction: AnyInteraction) -> None:
        wanted, _, token = self.argument.partition(".")
        await controls_in(interaction).set_follow(interaction, token, is_wanted=wanted == "1")


CARD_ITEMS: Final[tuple[type[discord.ui.DynamicItem[Any]], ...]] = (FollowToggle,)
"""For `discord.Client.add_dynamic_items`."""


def detail_controls(
    queue_filter: QueueFilter,
    page: int,
    *,
    toggle: FollowToggle | None = None,
    app_name: str = "",
    app_url: str | None = None,
    token: str = "",
    offers: Sequence[Offer] = (),
    under_way: Operation | None = None,
    now: datetime | None = None,
) -> discord.ui.View:
    """Return the controls below a detail card: what can be done, the way back, and into the app.

    `app_url` is the address for people's browsers, or None for no link. `token` is that of the download,
    `offers` are what the reader may do about it, and `under_way` is what they do about it already.
    """
    view = discord.ui.View(timeout=None)
    if under_way is not None:
        view.add_item(look_button(under_way.id, "How it goes"))
    elif now is not None:
        add_offers(view, token, offers, now=now)
    view.add_item(
        BrowseButton("Back to the list", verb="back", emoji="↩", queue_filter=queue_filter, page=page)
    )
    if toggle is not None:
        view.add_item(toggle)
    add_link(view, app_name, app_url)
    return view


def add_link(view: discord.ui.View, app_name: str, app_url: str | None) -> None:
    """Add the way into an app's own queue; none without an address for people's browsers."""
    queue_url = f"{app_url}/activity/queue"
    if app_url is not None and len(queue_url) <= _MAX_URL:
        view.add_item(discord.ui.Button(label=label(f"Open in {app_name}", _MAX_BUTTON), url=queue_url))


def way_back(message: discord.Message | None) -> tuple[QueueFilter, int]:
    """Return where a card was chosen, which its button back knows; else the first page of everything."""
    ids = (
        child.custom_id
        for row in (message.components if message is not None else ())
        if isinstance(row, discord.ActionRow)
        for child in row.children
        if isinstance(child, discord.Button) and child.custom_id is not None
    )
    place = next((found.removeprefix(_BACK) for found in ids if found.startswith(_BACK)), "")
    return decode_place(place)
