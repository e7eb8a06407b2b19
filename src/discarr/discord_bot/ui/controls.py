"""Buttons and selects that work after a restart: everything they need stands in their ids.

discord.py builds such an item anew for each click from an id that matches its template. It only logs what
`from_custom_id` raises, which would leave the person without an answer, so ids are decoded leniently there: a
strange place is the first page. The answers themselves are those of `interaction.client.controls`.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol, Self

import discord

from discarr.discord_bot.ui.layout import MAX_OPTION
from discarr.discord_bot.ui.queue_browser import (
    STATE_FILTERS,
    QueueFilter,
    RenderedPage,
    decode_place,
    encode_place,
    key_token,
)
from discarr.monitoring.download_rows import DownloadRow
from discarr.monitoring.status_view import InstanceRow
from discarr.utils.text_utils import label, percent

_PREFIX = "discarr:v1:"
_HANDS_ID = f"{_PREFIX}hands"
_REFRESH_ID = f"{_PREFIX}refresh"
_MAX_OPTIONS = 25
_ALL = "-"
"""Value of the option that takes a filter away; no key and no instance id looks like it."""

type _AnyInteraction = discord.Interaction[Any]
type _AnyButton = discord.ui.Button[discord.ui.View]
type _AnySelect = discord.ui.Select[discord.ui.View]


class Controls(Protocol):
    """What the buttons and selects ask for; the client carries it as `controls`."""

    async def browse(self, interaction: _AnyInteraction, queue_filter: QueueFilter, page: int) -> None:
        """Show a page of the queue: a new private message from the live message, else in place."""

    async def needs_hand(self, interaction: _AnyInteraction) -> None:
        """Show privately what needs a hand."""

    async def refresh(self, interaction: _AnyInteraction) -> None:
        """Ask the servers again and say what changed."""

    async def detail(
        self, interaction: _AnyInteraction, token: str, queue_filter: QueueFilter, page: int
    ) -> None:
        """Show one download; filter and page are where it was chosen, for the way back."""

    async def set_follow(self, interaction: _AnyInteraction, token: str, *, is_wanted: bool) -> None:
        """Let the person follow the download of the card, or let go of it; show the card as it is then."""


class BrowseButton(
    discord.ui.DynamicItem[_AnyButton],
    template=rf"{_PREFIX}(?P<verb>browse|back|prev|next|again):(?P<place>.*)",
):
    """Opens the browser at a place; `verb` only keeps the ids of one message apart."""

    def __init__(
        self,
        text: str,
        *,
        verb: str = "browse",
        queue_filter: QueueFilter | None = None,
        page: int = 0,
        emoji: str | None = None,
        is_disabled: bool = False,
    ) -> None:
        self.queue_filter = queue_filter or QueueFilter()
        self.page = page
        super().__init__(
            discord.ui.Button(
                label=text,
                emoji=emoji,
                disabled=is_disabled,
                custom_id=f"{_PREFIX}{verb}:{encode_place(self.queue_filter, page)}",
            )
        )

    @classmethod
    async def from_custom_id(
        cls, _interaction: _AnyInteraction, _item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        queue_filter, page = decode_place(match["place"])
        return cls("Browse", verb=match["verb"], queue_filter=queue_filter, page=page)

    async def callback(self, interaction: _AnyInteraction) -> None:
        await controls_in(interaction).browse(interaction, self.queue_filter, self.page)


class NeedsHandButton(discord.ui.DynamicItem[_AnyButton], template=_HANDS_ID):
    """Opens what needs a hand; cannot be pressed while nothing does."""

    def __init__(self, count: int = 0) -> None:
        super().__init__(
            discord.ui.Button(
                label=f"Needs a hand ({count})",
                emoji="✋",
                style=discord.ButtonStyle.primary if count else discord.ButtonStyle.secondary,
                disabled=count == 0,
                custom_id=_HANDS_ID,
            )
        )

    @classmethod
    async def from_custom_id(
        cls, _interaction: _AnyInteraction, _item: discord.ui.Item[Any], _match: re.Match[str], /
    ) -> Self:
        return cls()

    async def callback(self, interaction: _AnyInteraction) -> None:
        await controls_in(interaction).needs_hand(interaction)


class RefreshButton(discord.ui.DynamicItem[_AnyButton], template=_REFRESH_ID):
    """Asks the servers again."""

    def __init__(self) -> None:
        super().__init__(discord.ui.Button(label="Refresh", emoji="🔄", custom_id=_REFRESH_ID))

    @classmethod
    async def from_custom_id(
        cls, _interaction: _AnyInteraction, _item: discord.ui.Item[Any], _match: re.Match[str], /
    ) -> Self:
        return cls()

    async def callback(self, interaction: _AnyInteraction) -> None:
        await controls_in(interaction).refresh(interaction)


class _PlaceSelect(discord.ui.DynamicItem[_AnySelect], template=r"(?!)"):
    """A select whose id carries the place it stands in."""

    def __init__(self, select: _AnySelect, *, queue_filter: QueueFilter, page: int) -> None:
        self.queue_filter = queue_filter
        self.page = page
        super().__init__(select)

    @classmethod
    async def from_custom_id(
        cls, _interaction: _AnyInteraction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        queue_filter, page = decode_place(match["place"])
        # The item that came with the click holds what was chosen.
        return cls(item, queue_filter=queue_filter, page=page)  # type: ignore[arg-type]  # a select by its id

    @property
    def choice(self) -> str | None:
        """The chosen value; None for "all"."""
        value = next(iter(self.item.values), _ALL)
        return value if value != _ALL else None


class StateSelect(_PlaceSelect, template=rf"{_PREFIX}state:(?P<place>.*)"):
    """Chooses the state to filter by."""

    @classmethod
    def build(cls, queue_filter: QueueFilter) -> Self:
        """Return the select with the filter's state chosen."""
        chosen = queue_filter.state
        options = [discord.SelectOption(label="In any state", value=_ALL, default=chosen is None)]
        options += [
            discord.SelectOption(label=text, value=key, default=key == chosen)
            for key, text in STATE_FILTERS.items()
        ]
        select: _AnySelect = discord.ui.Select(
            custom_id=f"{_PREFIX}state:{encode_place(queue_filter, 0)}", options=options
        )
        return cls(select, queue_filter=queue_filter, page=0)

    async def callback(self, interaction: _AnyInteraction) -> None:
        await controls_in(interaction).browse(interaction, replace(self.queue_filter, state=self.choice), 0)


class InstanceSelect(_PlaceSelect, template=rf"{_PREFIX}where:(?P<place>.*)"):
    """Chooses the instance to filter by."""

    @classmethod
    def build(cls, queue_filter: QueueFilter, instances: Sequence[InstanceRow]) -> Self:
        """Return the select with the filter's instance chosen; it holds 24 of them, the chosen one first."""
        chosen = queue_filter.instance
        options = [discord.SelectOption(label="All servers", value=_ALL, default=chosen is None)]
        options += [
            discord.SelectOption(label=label(item.name, MAX_OPTION), value=item.id, default=item.id == chosen)
            for item in sorted(instances, key=lambda item: item.id != chosen)
        ]
        select: _AnySelect = discord.ui.Select(
            custom_id=f"{_PREFIX}where:{encode_place(queue_filter, 0)}",
            options=_distinct(options)[:_MAX_OPTIONS],
        )
        return cls(select, queue_filter=queue_filter, page=0)

    async def callback(self, interaction: _AnyInteraction) -> None:
        chosen = replace(self.queue_filter, instance=self.choice)
        await controls_in(interaction).browse(interaction, chosen, 0)


class DownloadSelect(_PlaceSelect, template=rf"{_PREFIX}pick\d*:(?P<place>.*)"):
    """Chooses a row of the page, to be shown in detail.

    A client keeps what was chosen for as long as the id stays the same, and then the same row could not be
    chosen a second time: so each rendering has an id of its own.
    """

    @classmethod
    def build(cls, page: RenderedPage) -> Self:
        """Return the select with a page's rows, at least one."""
        rendering = int(page.rendered_at.timestamp()) % 1000
        options = [
            discord.SelectOption(
                label=f"{number} · {label(row.title, MAX_OPTION - 10)}",
                value=key_token(row.key),
                description=_description(row),
            )
            for number, row in enumerate(page.rows, start=page.first_number)
        ]
        select: _AnySelect = discord.ui.Select(
            custom_id=f"{_PREFIX}pick{rendering}:{encode_place(page.filter, page.page)}",
            options=_distinct(options),
            placeholder="More about …",
        )
        return cls(select, queue_filter=page.filter, page=page.page)

    async def callback(self, interaction: _AnyInteraction) -> None:
        await controls_in(interaction).detail(interaction, self.choice or "", self.queue_filter, self.page)


DYNAMIC_ITEMS: tuple[type[discord.ui.DynamicItem[Any]], ...] = (
    BrowseButton,
    NeedsHandButton,
    RefreshButton,
    StateSelect,
    InstanceSelect,
    DownloadSelect,
)
"""For `discord.Client.add_dynamic_items`, so that the controls of old messages work."""


def status_controls(needs_hand_count: int) -> discord.ui.View:
    """Return the buttons of the live message."""
    view = discord.ui.View(timeout=None)
    view.add_item(BrowseButton("Browse", emoji="📋"))
    view.add_item(NeedsHandButton(needs_hand_count))
    view.add_item(RefreshButton())
    return view


def is_status_message(message: discord.Message) -> bool:
    """Whether a message carries the buttons of the live message."""
    return any(
        isinstance(child, discord.Button) and child.custom_id == _REFRESH_ID
        for row in message.components
        if isinstance(row, discord.ActionRow)
        for child in row.children
    )


def page_controls(page: RenderedPage, instances: Sequence[InstanceRow]) -> discord.ui.View:
    """Return the controls below a page of the queue; `instances` are those that the reader may see."""
    view = discord.ui.View(timeout=None)
    if page.rows:
        view.add_item(DownloadSelect.build(page))
    view.add_item(StateSelect.build(page.filter))
    if len(instances) > 1:
        view.add_item(InstanceSelect.build(page.filter, instances))
    last = page.page_count - 1
    view.add_item(
        BrowseButton(
            "Previous",
            verb="prev",
            emoji="◀",
            queue_filter=page.filter,
            page=page.page - 1,
            is_disabled=page.page <= 0,
        )
    )
    view.add_item(
        BrowseButton(
            "Next",
            verb="next",
            emoji="▶",
            queue_filter=page.filter,
            page=page.page + 1,
            is_disabled=page.page >= last,
        )
    )
    view.add_item(BrowseButton("Renew", verb="again", emoji="🔄", queue_filter=page.filter, page=page.page))
    return view


def controls_in(interaction: _AnyInteraction) -> Controls:
    """Return what answers these controls."""
    controls: Controls = interaction.client.controls
    return controls


def _distinct(options: Sequence[discord.SelectOption]) -> list[discord.SelectOption]:
    """Discord refuses a select with equal values; keys and ids are unique, but not by this module's doing."""
    return list({option.value: option for option in options}.values())


def _description(row: DownloadRow) -> str:
    loaded = f" · {percent(row.fraction_done)}" if row.fraction_done is not None else ""
    return f"{row.phase.value}{loaded}"
