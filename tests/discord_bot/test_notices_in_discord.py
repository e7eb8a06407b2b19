"""What people see of alerts and what happens when they press something: the whole bot in a simulated Discord.

SimCord has threads, direct messages, buttons, selects and modals. It knows no nonces and no archived or
locked threads, and makes a second thread from one message: those are tried against the stand-in.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import discord
import pytest
import simcord

from discarr.core.store import outbox
from discarr.core.store.outbox import Outgoing
from discarr.discord_bot.ui.alert_controls import silence_controls
from discarr.monitoring.alerts.content import Content, encode
from discarr.monitoring.alerts.routes import ALERTS, OWNER, Route
from discarr.utils.interaction_utils import safe_send_response
from tests.discord_bot.test_home import instance
from tests.discord_bot.ui.notices import make_digest, make_item, make_outage, make_ready, make_story
from tests.fakes.world import World, open_world, until


class AnsweringActions:
    """An `AlertActions` that says what it was asked for."""

    async def ask_silence(self, interaction: Any, story_id: int) -> None:
        await safe_send_response(interaction, f"silence {story_id}?", view=silence_controls(story_id))

    async def silence(self, interaction: Any, story_id: int, lasts: timedelta, reason: str) -> None:
        await safe_send_response(interaction, f"silenced {story_id} for {lasts}: {reason or 'no reason'}")

    def __getattr__(self, verb: str) -> Any:
        async def answer(interaction: Any, *arguments: Any) -> None:
            await safe_send_response(interaction, " ".join(map(str, (verb, *arguments))))

        return answer


@asynccontextmanager
async def open_told_world() -> AsyncIterator[World]:
    async with open_world([instance()]) as world:
        await world.shows("Dune")
        vars(world.bot)["alert_actions"] = AnsweringActions()
        yield world


async def tell(world: World, content: Content, route: Route = ALERTS, *, story: str = "story:12") -> None:
    """Put a message into the outbox, and let it be delivered."""
    now = world.clock.now()
    message = Outgoing(story=story, route=str(route), content=encode(content), not_before=now)
    await world.store.run(lambda connection: outbox.enqueue(connection, [message], now=now))
    world.app.alerting.notifier.outbox_filled.set()
    later = now + timedelta(days=1)
    while await world.store.run(lambda connection: outbox.due(connection, later, limit=10)):
        await world.clock.advance(1)


def alerts_of(world: World) -> simcord.ChannelHandle:
    (thread,) = [thread for thread in world.channel.threads if thread.name == "Alerts"]
    return thread


def last_said(channel: simcord.ChannelHandle) -> discord.Message:
    assert channel.last_message is not None
    return channel.last_message


async def test_an_alert_appears_in_the_thread_of_the_live_message_and_is_edited() -> None:
    async with open_told_world() as world:
        live_message = world.channel.history()[0]

        await tell(world, make_story())
        await tell(world, make_story(acknowledged_by=world.member.id))

        assert alerts_of(world).id == live_message.id
        said = [message for message in alerts_of(world).history() if message.embeds]
        assert len(said) == 1
        assert f"<@{world.member.id}> looks after it" in (said[0].embeds[0].description or "")


async def test_who_follows_is_mentioned() -> None:
    async with open_told_world() as world:
        await tell(world, make_ready(user_ids=(world.member.id,)), story="ready")

        said = last_said(alerts_of(world))
        assert said.content.endswith("**Dune: Part Two** (2024) can be watched now")
        assert [user.id for user in said.mentions] == [world.member.id]


@pytest.mark.parametrize(
    ("label", "answer"),
    [("Acknowledge", "acknowledge 12"), ("Details", "story_details 12"), ("Follow", "follow")],
)
async def test_the_buttons_of_an_alert_work_for_everybody_also_after_a_restart(
    label: str, answer: str
) -> None:
    async with open_told_world() as world:
        await tell(world, make_story())
        await world.end()
        world.start()
        await world.shows("Checked")
        vars(world.bot)["alert_actions"] = AnsweringActions()

        result = await world.member.click(last_said(alerts_of(world)), label=label)

        assert result.acknowledged
        assert result.response is not None
        assert result.response.ephemeral
        assert result.response.content.startswith(answer)


@pytest.mark.parametrize(("reason", "words"), [("", "no reason"), (" on holiday ", "on holiday")])
async def test_silencing_asks_for_how_long_and_why(reason: str, words: str) -> None:
    async with open_told_world() as world:
        await tell(world, make_story())

        asked = await world.member.click(last_said(alerts_of(world)), label="Silence")
        assert asked.response is not None
        shown = await world.member.select(asked.response, ["8"])
        assert shown.modal is not None
        assert shown.modal["title"] == "Silence for 8 hours"
        (field,) = shown.modal["components"]
        done = await world.member.submit_modal(shown, {field["component"]["custom_id"]: reason})

        assert done.response is not None
        assert done.response.content == f"silenced 12 for 8:00:00: {words}"


async def test_the_owner_is_told_in_private_with_buttons_that_work() -> None:
    async with open_told_world() as world:
        await tell(world, make_outage(), OWNER, story="story:13")

        said = last_said(world.owner.user.dm_channel)
        assert said.embeds[0].title == "✗ TV is offline"
        result = await world.owner.user.click(said, label="Acknowledge")
        assert result.response is not None
        assert result.response.content == "acknowledge 13"


async def test_a_digest_leads_to_the_queue() -> None:
    async with open_told_world() as world:
        await tell(world, make_digest(make_item()), story="digest:1")

        result = await world.member.click(last_said(alerts_of(world)), label="Browse")

        assert result.response is not None
        assert result.response.content == "browse"


async def test_without_rights_for_threads_the_owner_is_told(caplog: pytest.LogCaptureFixture) -> None:
    def take_rights(env: simcord.Env) -> None:
        for role in env.backend.get_guild(env.guild.id).roles.values():
            role.permissions &= ~discord.Permissions(create_public_threads=True).value

    async with open_world([instance()], prepare=take_rights) as world:
        await world.shows("Dune")

        await tell(world, make_story())

        assert world.channel.threads == []
        assert last_said(world.owner.user.dm_channel).embeds[0].title == "✋ Needs a hand"
        assert "Give Discarr Create Public Threads in #downloads." in caplog.text


async def test_what_was_due_while_discarr_was_off_is_told_at_the_start() -> None:
    async with open_told_world() as world:
        await world.end()
        now = world.clock.now()
        message = Outgoing(story="story:12", route="alerts", content=encode(make_story()), not_before=now)
        await world.store.run(lambda connection: outbox.enqueue(connection, [message], now=now))
        world.start()
        while not world.channel.threads or alerts_of(world).last_message is None:
            await world.clock.advance(1)

        await until(lambda: bool(last_said(alerts_of(world)).embeds))


async def test_nothing_is_sent_after_the_last_word() -> None:
    async with open_told_world() as world:
        now = world.clock.now()
        message = Outgoing(story="story:12", route="alerts", content=encode(make_story()), not_before=now)
        await world.store.run(lambda connection: outbox.enqueue(connection, [message], now=now))
        world.app.alerting.notifier.outbox_filled.set()

        await world.end()

        assert world.channel.threads == []
        assert world.message.embeds[0].title == "Discarr is offline"
        assert await world.store.run(lambda connection: outbox.due(connection, now, limit=10))
