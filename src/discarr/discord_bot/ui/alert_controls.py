"""Buttons below what people are told: they work after a restart, as those of the live message do.

Each message carries its mark in one of the ids at least, so that it can be found again in its channel when
nobody knows whether it was sent. The answers are those of `interaction.client.alert_actions`.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar, Final, Protocol, Self

import discord

from discarr.discord_bot.ui.lasting import AnySelect, LastingSelect, id_of, template
from discarr.discord_bot.ui.queue_browser import key_token
from discarr.discord_bot.ui.silence_choice import HOURS, REASON, ReasonModal, hours_in, silence_options
from discarr.monitoring.alerts.content import (
    Content,
    DigestContent,
    NoticeContent,
    OverflowContent,
    ReadyContent,
    StoryContent,
)
from discarr.utils.interaction_utils import safe_send_modal

_PREFIX = "discarr:v1:alert:"
_ID = r"\d{1,19}"

type _AnyInteraction = discord.Interaction[Any]
type _AnyButton = discord.ui.Button[discord.ui.View]


class AlertActions(Protocol):
    """What these buttons ask for; the client carries it as `alert_actions`.

    Each method answers the interaction itself, privately, errors included. Each judges anew whether the
    person may: anybody can press. In a direct message `interaction.user` is no member of anything, and the
    question is who that person is in the served guild. The ids may come from old messages: what they name
    may be over, forgotten, or hidden from whoever asks.
    """

    async def acknowledge(self, interaction: _AnyInteraction, story_id: int) -> None:
        """Note that the person looks after what the message of a story tells of."""

    async def ask_silence(self, interaction: _AnyInteraction, story_id: int) -> None:
        """Offer `silence_controls` for the story, in a message of its own."""

    async def silence(
        self, interaction: _AnyInteraction, story_id: int, lasts: timedelta, reason: str
    ) -> None:
        """Keep quiet what a story tells of; comes from a modal on the message of `ask_silence`."""

    async def story_details(self, interaction: _AnyInteraction, story_id: int) -> None:
        """Show the alerts of a story: why, and what will happen next."""

    async def show_open(self, interaction: _AnyInteraction) -> None:
        """Show everything that is not as it should be."""

    async def browse(self, interaction: _AnyInteraction) -> None:
        """Show the queue from its first page, in a message of its own."""

    async def follow(self, interaction: _AnyInteraction, token: str) -> None:
        """Let the person follow a download; `token` is the `key_token` of its key."""

    async def unfollow(self, interaction: _AnyInteraction, follow_id: int) -> None:
        """End a follow of the person's."""

    async def show_follows(self, interaction: _AnyInteraction) -> None:
        """Show what the person follows, with a way to end each."""


def _template(verb: str, argument: str) -> str:
    """Return the pattern of the ids of one kind of button."""
    return rf"{_PREFIX}{verb}:(?P<argument>{argument}):(?P<mark>[\w-]{{0,40}})"


class _AlertButton(discord.ui.DynamicItem[_AnyButton], template=r"(?!)"):
    """A button whose id is `<verb>:<argument>:<mark>`; both may be empty."""

    verb: ClassVar[str]
    text: ClassVar[str]
    emoji: ClassVar[str]
    style: ClassVar[discord.ButtonStyle] = discord.ButtonStyle.secondary

    def __init__(self, argument: int | str = "", mark: str = "") -> None:
        self.argument = str(argument if isinstance(argument, str) else max(argument, 0))
        self.mark = mark
        super().__init__(
            discord.ui.Button(
                label=self.text,
                emoji=self.emoji,
                style=self.style,
                custom_id=f"{_PREFIX}{self.verb}:{self.argument}:{mark}",
            )
        )

    @classmethod
    async def from_custom_id(
        cls, _interaction: _AnyInteraction, _item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls(match["argument"], match["mark"])


class AcknowledgeButton(_AlertButton, template=_template("acknowledge", _ID)):
    """Says that somebody looks after a story: nobody is reminded any more."""

    verb, text, emoji, style = "acknowledge", "Acknowledge", "👍", discord.ButtonStyle.primary

    async def callback(self, interaction: _AnyInteraction) -> None:
        await _actions(interaction).acknowledge(interaction, int(self.argument))


class SilenceButton(_AlertButton, template=_template("silence", _ID)):
    """Asks for how long to keep quiet about a story."""

    verb, text, emoji = "silence", "Silence", "🔕"

    async def callback(self, interaction: _AnyInteraction) -> None:
        await _actions(interaction).ask_silence(interaction, int(self.argument))


class DetailsButton(_AlertButton, template=_template("details", _ID)):
    """Opens what the message of a story tells of."""

    verb, text, emoji = "details", "Details", "🔎"

    async def callback(self, interaction: _AnyInteraction) -> None:
        await _actions(interaction).story_details(interaction, int(self.argument))


class OpenAlertsButton(_AlertButton, template=_template("open", "")):
    """Opens the list of what is not as it should be."""

    verb, text, emoji = "open", "What is open", "🔎"

    async def callback(self, interaction: _AnyInteraction) -> None:
        await _actions(interaction).show_open(interaction)


class BrowseQueueButton(_AlertButton, template=_template("browse", "")):
    """Opens the queue."""

    verb, text, emoji = "browse", "Browse", "📋"

    async def callback(self, interaction: _AnyInteraction) -> None:
        await _actions(interaction).browse(interaction)


class FollowButton(_AlertButton, template=_template("follow", r"[0-9a-f]{20}")):
    """Asks to be told when a download can be watched; its argument is the `key_token` of a key."""

    verb, text, emoji = "follow", "Follow", "🔔"

    async def callback(self, interaction: _AnyInteraction) -> None:
        await _actions(interaction).follow(interaction, self.argument)


class UnfollowButton(_AlertButton, template=_template("unfollow", _ID)):
    """Ends a follow of whoever presses it."""

    verb, text, emoji = "unfollow", "Unfollow", "🔕"

    async def callback(self, interaction: _AnyInteraction) -> None:
        await _actions(interaction).unfollow(interaction, int(self.argument))


class FollowsButton(_AlertButton, template=_template("follows", "")):
    """Opens the list of what a person follows."""

    verb, text, emoji = "follows", "What I follow", "🔔"

    async def callback(self, interaction: _AnyInteraction) -> None:
        await _actions(interaction).show_follows(interaction)


class SilenceSelect(LastingSelect, template=template("alert:hush", _ID)):
    """Chooses for how long, and asks for a reason, which may be left out."""

    @classmethod
    def build(cls, story_id: int) -> Self:
        """Return the select for a story."""
        select: AnySelect = discord.ui.Select(
            custom_id=id_of("alert:hush", str(story_id)),
            placeholder="For how long?",
            options=silence_options(),
        )
        return cls(select, str(story_id))

    async def callback(self, interaction: _AnyInteraction) -> None:
        await safe_send_modal(interaction, SilenceReason(int(self.argument), hours_in(self.choice)))


class SilenceReason(ReasonModal):
    """Asks why a story is silenced."""

    pattern = re.compile(id_of("modal:silence", rf"(?P<story>{_ID}):(?P<hours>{HOURS})"))

    def __init__(self, story_id: int, hours: int) -> None:
        super().__init__(id_of("modal:silence", f"{story_id}:{hours}"), hours)

    @classmethod
    async def answer(
        cls, interaction: _AnyInteraction, match: re.Match[str], typed: Mapping[str, str]
    ) -> None:
        lasts = timedelta(hours=hours_in(match["hours"]))
        reason = typed.get(REASON, "").strip()
        await _actions(interaction).silence(interaction, int(match["story"]), lasts, reason)


ALERT_ITEMS: Final[tuple[type[discord.ui.DynamicItem[Any]], ...]] = (
    AcknowledgeButton,
    SilenceButton,
    SilenceSelect,
    DetailsButton,
    OpenAlertsButton,
    BrowseQueueButton,
    FollowButton,
    UnfollowButton,
    FollowsButton,
)
"""For `discord.Client.add_dynamic_items`, so that the buttons of old messages work."""


def notice_controls(content: Content, mark: str) -> discord.ui.View:
    """Return the buttons below a message; one of their ids carries the mark."""
    view = discord.ui.View(timeout=None)
    match content:
        case StoryContent():
            _add_story_buttons(view, content, mark)
        case ReadyContent():
            view.add_item(FollowsButton(mark=mark))
        case OverflowContent():
            view.add_item(OpenAlertsButton(mark=mark))
        case DigestContent() | NoticeContent():
            view.add_item(BrowseQueueButton(mark=mark))
    return view


def silence_controls(story_id: int) -> discord.ui.View:
    """Return the choice of how long to keep quiet about a story."""
    view = discord.ui.View(timeout=None)
    view.add_item(SilenceSelect.build(story_id))
    return view


def followed_controls(follow_id: int | None) -> discord.ui.View:
    """Return the ways on for somebody who asked to be told; None for who could not be helped."""
    view = discord.ui.View(timeout=None)
    if follow_id is not None:
        view.add_item(UnfollowButton(follow_id))
    view.add_item(FollowsButton())
    return view


def carries_mark(message: discord.Message, mark: str) -> bool:
    """Whether a message has a button with this mark (never empty) in its id."""
    return mark in _marks(message)


def is_of_database(message: discord.Message | None, mark: str | None) -> bool:
    """Whether the ids in a message are those of the database with this mark; None for one without any.

    Answers that only one person sees carry no mark: they are younger than any loss, but for minutes.
    """
    marks = _marks(message) if message is not None else ()
    return all(mark is not None and found.startswith(f"{mark}-") for found in marks)


def _marks(message: discord.Message) -> tuple[str, ...]:
    ids = (
        child.custom_id
        for row in message.components
        if isinstance(row, discord.ActionRow)
        for child in row.children
        if isinstance(child, discord.Button) and child.custom_id is not None
    )
    found = (custom_id.rpartition(":")[2] for custom_id in ids if custom_id.startswith(_PREFIX))
    return tuple(mark for mark in found if mark)


def _add_story_buttons(view: discord.ui.View, content: StoryContent, mark: str) -> None:
    """Add the way to the details and, while something still holds, what can be done about it."""
    is_open = content.ended_at is None
    if is_open and content.acknowledged_by is None:
        view.add_item(AcknowledgeButton(content.story_id))
    if is_open:
        view.add_item(SilenceButton(content.story_id))
    view.add_item(DetailsButton(content.story_id, mark))
    key = content.entries[0].facts.key if len(content.entries) == content.total == 1 else None
    if is_open and key is not None:
        view.add_item(FollowButton(key_token(key)))


def _actions(interaction: _AnyInteraction) -> AlertActions:
    actions: AlertActions = interaction.client.alert_actions
    return actions
