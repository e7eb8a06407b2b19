from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from discarr.discord_bot.ui.alert_controls import (
    ALERT_ITEMS,
    AcknowledgeButton,
    AlertActions,
    FollowButton,
    SilenceReason,
    UnfollowButton,
    carries_mark,
    notice_controls,
    silence_controls,
)
from discarr.discord_bot.ui.controls import DYNAMIC_ITEMS
from discarr.discord_bot.ui.queue_browser import key_token
from discarr.monitoring.alerts.content import Content
from tests.discord_bot.ui.builders import NOW
from tests.discord_bot.ui.notices import (
    make_digest,
    make_entry,
    make_facts,
    make_notice,
    make_overflow,
    make_ready,
    make_story,
)

MARK = "abc123-7"


@dataclass
class RecordedActions:
    """An `AlertActions` that notes what it was asked for."""

    asked: list[tuple[Any, ...]] = field(default_factory=list)

    async def acknowledge(self, _: Any, story_id: int) -> None:
        self.asked.append(("acknowledge", story_id))

    async def ask_silence(self, _: Any, story_id: int) -> None:
        self.asked.append(("ask_silence", story_id))

    async def silence(self, _: Any, story_id: int, lasts: timedelta, reason: str) -> None:
        self.asked.append(("silence", story_id, lasts, reason))

    async def story_details(self, _: Any, story_id: int) -> None:
        self.asked.append(("story_details", story_id))

    async def show_open(self, _: Any) -> None:
        self.asked.append(("show_open",))

    async def browse(self, _: Any) -> None:
        self.asked.append(("browse",))

    async def follow(self, _: Any, token: str) -> None:
        self.asked.append(("follow", token))

    async def unfollow(self, _: Any, follow_id: int) -> None:
        self.asked.append(("unfollow", follow_id))

    async def show_follows(self, _: Any) -> None:
        self.asked.append(("show_follows",))


async def click(component: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Send a click through the steps of discord.py's view store, from nothing but the component."""
    actions: AlertActions = RecordedActions()
    interaction = cast(
        "discord.Interaction[Any]", SimpleNamespace(client=SimpleNamespace(alert_actions=actions))
    )
    custom_id = component["custom_id"]
    kinds: list[type[discord.ui.DynamicItem[Any]]] = [*DYNAMIC_ITEMS, *ALERT_ITEMS]
    matches = [(kind, kind.__discord_ui_compiled_template__.fullmatch(custom_id)) for kind in kinds]
    found = [(kind, match) for kind, match in matches if match is not None]
    assert len(found) == 1, f"{custom_id} is claimed by {found}"
    kind, match = found[0]
    dynamic = await kind.from_custom_id(interaction, discord.ui.Button(custom_id=custom_id), match)
    assert dynamic.custom_id == custom_id
    await dynamic.callback(interaction)
    assert isinstance(actions, RecordedActions)
    return actions.asked


def components_of(view: discord.ui.View) -> list[dict[str, Any]]:
    return [child for row in view.to_components() for child in row["components"]]


def message_with(view: discord.ui.View) -> discord.Message:
    rows = [discord.ActionRow(cast("Any", row)) for row in view.to_components()]
    return cast("discord.Message", SimpleNamespace(components=rows))


async def asked_by(view: discord.ui.View) -> list[tuple[Any, ...]]:
    """Return what pressing every button asks for."""
    return [asked for component in components_of(view) for asked in await click(component)]


async def test_the_buttons_of_an_alert() -> None:
    facts = make_facts()
    assert facts.key is not None

    asked = await asked_by(notice_controls(make_story(make_entry(facts=facts)), MARK))

    assert asked == [
        ("acknowledge", 12),
        ("ask_silence", 12),
        ("story_details", 12),
        ("follow", key_token(facts.key)),
    ]


@pytest.mark.parametrize(
    ("content", "asked"),
    [
        (make_story(make_entry(ended_at=NOW)), [("story_details", 12)]),
        (make_digest(), [("browse",)]),
        (make_ready(), [("show_follows",)]),
        (make_notice(), [("browse",)]),
        (make_overflow(), [("show_open",)]),
    ],
)
async def test_the_buttons_of_everything_else(content: Content, asked: list[tuple[Any, ...]]) -> None:
    assert await asked_by(notice_controls(content, MARK)) == asked


async def test_buttons_for_those_who_follow() -> None:
    view = discord.ui.View(timeout=None)
    view.add_item(UnfollowButton(6))
    view.add_item(FollowButton("0" * 20))

    assert await asked_by(view) == [("unfollow", 6), ("follow", "0" * 20)]


@pytest.mark.parametrize(
    "content", [make_story(), make_digest(), make_ready(), make_notice(), make_overflow()]
)
def test_a_message_is_told_by_its_mark(content: Content) -> None:
    message = message_with(notice_controls(content, MARK))

    assert carries_mark(message, MARK)
    assert not carries_mark(message, "abc123-70")
    assert not carries_mark(message, "c123-7")
    assert not carries_mark(message_with(notice_controls(content, "")), MARK)


def test_buttons_of_others_carry_no_mark() -> None:
    foreign = discord.ui.View(timeout=None)
    foreign.add_item(discord.ui.Button(custom_id=f"other:{MARK}"))
    foreign.add_item(discord.ui.Button(url="https://example.org"))
    assert not carries_mark(message_with(foreign), MARK)
    assert not carries_mark(cast("discord.Message", SimpleNamespace(components=[])), MARK)


@pytest.mark.parametrize(
    ("chosen", "title"),
    [("8", "Silence for 8 hours"), ("168", "Silence for 1 week"), ("x", "Silence for 1 hour")],
)
async def test_choosing_how_long_asks_for_a_reason(chosen: str, title: str) -> None:
    opened: list[SilenceReason] = []

    class Response:
        async def send_modal(self, modal: SilenceReason) -> None:
            opened.append(modal)

    interaction = cast("discord.Interaction[Any]", SimpleNamespace(response=Response()))
    (component,) = components_of(silence_controls(12))
    assert [option["label"] for option in component["options"]] == ["1 hour", "8 hours", "1 day", "1 week"]
    (kind,) = [
        kind
        for kind in ALERT_ITEMS
        if kind.__discord_ui_compiled_template__.fullmatch(component["custom_id"])
    ]
    match = kind.__discord_ui_compiled_template__.fullmatch(component["custom_id"])
    assert match is not None
    select: discord.ui.Select[Any] = discord.ui.Select(
        custom_id=component["custom_id"], options=[discord.SelectOption(label="x")]
    )
    item = await kind.from_custom_id(interaction, select, match)
    item._refresh_state(interaction, cast("Any", {"custom_id": component["custom_id"], "values": [chosen]}))

    await item.callback(interaction)

    assert [modal.title for modal in opened] == [title]
    assert opened[0].timeout is not None


@given(st.text(max_size=100))
def test_ids_of_others_are_left_alone(custom_id: str) -> None:
    for kind in ALERT_ITEMS:
        assert not kind.__discord_ui_compiled_template__.fullmatch(f"other:{custom_id}")


def test_the_longest_ids_fit() -> None:
    story = make_story(story_id=2**63 - 1)
    for component in components_of(notice_controls(story, f"abc123-{2**63 - 1}")):
        assert len(component["custom_id"]) <= 100
    assert AcknowledgeButton(-5).custom_id == "discarr:v1:alert:acknowledge:0:"
