"""What could not be told to anybody, and how the outbox is doing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

import discord

from discarr.core.store.outbox import OutboxCounts, OutboxRow
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
from discarr.discord_bot.ui.layout import AMBER, GREEN, MAX_DESCRIPTION, MAX_OPTION, fit
from discarr.discord_bot.ui.notice_text import steps_words
from discarr.discord_bot.ui.paging import Page
from discarr.discord_bot.ui.row_text import sentence
from discarr.discord_bot.ui.rule_pages import RulesButton
from discarr.discord_bot.ui.rule_text import place
from discarr.monitoring.alerts.content import (
    Content,
    DigestContent,
    NoticeContent,
    OverflowContent,
    ReadyContent,
    StoryContent,
    decode,
)
from discarr.monitoring.alerts.routes import Route
from discarr.monitoring.alerts.rules import label as kind_label
from discarr.utils.text_utils import count_of, label
from discarr.utils.time_utils import clock_time, short_span

_PAGE: Final = r"\d{1,5}"
_FOR_REST: Final = 400
_UNREADABLE: Final = "A message of another version"


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """A message that reached nobody."""

    row: OutboxRow

    @property
    def what(self) -> str:
        """What it would have said, in a line without markup."""
        try:
            return _headline(decode(self.row.content))
        except ValueError:
            return _UNREADABLE

    @property
    def wheres(self) -> str:
        """Where it was tried, fit for Discord."""
        routes = []
        for text in (*self.row.tried, self.row.route):
            try:
                routes.append(place(Route.parse(text)))
            except ValueError:
                routes.append("a place of another version")
        return ", ".join(dict.fromkeys(routes))


class DeliveryPages(Protocol):
    """What these controls ask for; the client carries it as `delivery_pages`. Each answers by itself."""

    async def show(self, interaction: AnyInteraction, page: int) -> None:
        """Show a page of what reached nobody, in place."""

    async def send_again(self, interaction: AnyInteraction, row_id: int, page: int) -> None:
        """Try one message once more, and show the page again."""

    async def send_all_again(self, interaction: AnyInteraction) -> None:
        """Try all of them once more."""


class DeliveryButton(LastingButton, template=template("mail:(?:list|prev|next|again)", _PAGE)):
    """Leads to a page of what reached nobody."""

    @classmethod
    def build(cls, dead: int) -> "DeliveryButton":
        """Return the way there; `dead` messages reached nobody."""
        words = f"Not delivered ({dead})" if dead else "Not delivered"
        style = discord.ButtonStyle.danger if dead else discord.ButtonStyle.secondary
        return cls(id_of("mail:list", "0"), "0", words, emoji="✉", style=style)

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).show(interaction, int(self.argument))


class SendAgainSelect(LastingSelect, template=template("mail:one", _PAGE)):
    """Chooses a message to try once more."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).send_again(interaction, number_in(self.choice), int(self.argument))


class SendAllAgainButton(LastingButton, template=template("mail:all", "")):
    """Tries all of them once more."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).send_all_again(interaction)


DELIVERY_ITEMS: Final[tuple[type[discord.ui.DynamicItem[Any]], ...]] = (
    DeliveryButton,
    SendAgainSelect,
    SendAllAgainButton,
)
"""For `discord.Client.add_dynamic_items`."""


def render_deliveries(page: Page[Undelivered], counts: OutboxCounts, *, now: datetime) -> discord.Embed:
    """Draw how the outbox is doing, and a page of what reached nobody."""
    state = "\n".join(_state(counts, now))
    blocks = [_block(count, item, now) for count, item in enumerate(page.items, page.first_number)]
    if not blocks:
        return discord.Embed(title="✓ Everything reached somebody", description=state, colour=GREEN)
    shown = fit(blocks, MAX_DESCRIPTION - _FOR_REST)
    return discord.Embed(
        title=f"✉ {count_of(counts.dead, 'message')} reached nobody",
        description="\n".join([state, "", *shown, *(["", page.words] if page.words else [])]),
        colour=AMBER,
    )


def deliveries_controls(page: Page[Undelivered], now: datetime) -> discord.ui.View:
    """Return the controls below what reached nobody."""
    view = discord.ui.View(timeout=None)
    here = str(page.number)
    if page.items:
        select: AnySelect = discord.ui.Select(
            custom_id=id_of("mail:one", here, now=now),
            placeholder="Send again …",
            options=[
                discord.SelectOption(
                    label=label(f"{count} · {item.what}", MAX_OPTION), value=str(item.row.id)
                )
                for count, item in enumerate(page.items, page.first_number)
            ],
        )
        view.add_item(SendAgainSelect(select, here))
    add_turning(view, DeliveryButton, "mail", page)
    if page.items:
        view.add_item(SendAllAgainButton(id_of("mail:all"), "", "Send all again", emoji="📨"))
    view.add_item(RulesButton(id_of("rules:list"), "", "Back", emoji="↩"))
    view.add_item(DeliveryButton(id_of("mail:again", here), here, "Renew", emoji="🔄"))
    return view


def _state(counts: OutboxCounts, now: datetime) -> Iterator[str]:
    if counts.oldest_due is not None:
        since = clock_time(counts.oldest_due, now)
        yield f"{count_of(counts.waiting, 'message')} on the way, the oldest since {since}"
    else:
        yield "Nothing waits for Discord."
    if counts.scheduled:
        yield f"{counts.scheduled} for later: summaries, and what waits for the end of the quiet hours"


def _block(count: int, item: Undelivered, now: datetime) -> str:
    row = item.row
    age = short_span(now - row.created_at)
    reason = sentence(row.error or "", 120) or "Nobody knows why."
    return f"`{count}` **{sentence(item.what, 100)}** · {age} old\nTo {item.wheres}: {reason}"


def _headline(content: Content) -> str:
    match content:
        case StoryContent():
            work = content.entries[0].facts.work if content.entries else None
            about = work.title if work is not None else content.instance_name
            return f"{kind_label(content.kind)} · {about}" if about else kind_label(content.kind)
        case DigestContent():
            return steps_words(content.counts) or "What happened to downloads"
        case ReadyContent():
            return f"{content.work.title} {'failed' if content.has_failed else 'can be watched'}"
        case NoticeContent():
            return content.title
        case OverflowContent():
            return "A lot happened at once"


def _pages(interaction: AnyInteraction) -> DeliveryPages:
    pages: DeliveryPages = interaction.client.delivery_pages
    return pages
