"""What reached nobody: seen and sent again by admins."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import discord
import simcord

from discarr.core.store import Connection, outbox
from discarr.core.store.outbox import Outgoing
from discarr.discord_bot.ui import rule_answers
from discarr.monitoring.alerts.content import encode
from tests.discord_bot.stage import buttons, forge, open_quiet, passes, pick, press, restart, said, told
from tests.discord_bot.ui.notices import make_notice
from tests.fakes.world import World


@asynccontextmanager
async def open_lost(count: int = 1, **overrides: object) -> AsyncIterator[World]:
    """Yield a world in which messages reached nobody; later ones have higher numbers."""
    async with open_quiet() as (world, _):
        now = world.clock.now()
        values = {"route": "alerts"} | overrides

        def lose(connection: Connection) -> None:
            messages = [
                Outgoing(
                    story=f"lost {number}",
                    content=encode(make_notice(title=f"Word {number:02}")),
                    not_before=now,
                    is_new=True,
                    **values,  # type: ignore[arg-type]  # of the test
                )
                for number in range(count)
            ]
            outbox.enqueue(connection, messages, now=now)
            for row in outbox.due(connection, now, limit=count):
                outbox.mark_dead(connection, row.id, error="The channel *is* gone.", now=now)

        await world.store.run(lose)
        await world.app.alerting.dispatcher.recount()
        yield world


async def look(world: World) -> simcord.InteractionResult:
    shown = await world.owner.slash(world.channel, "notifications")
    label = next(label for label in buttons(shown) if label.startswith("Not delivered"))
    return await press(world.owner, shown, label)


def dead_count(world: World) -> int:
    return world.app.alerting.dispatcher.dead_count


async def test_nothing_lost_is_said_in_as_many_words() -> None:
    async with open_quiet() as (world, _):
        shown = await look(world)

        assert "✓ Everything reached somebody\nNothing waits for Discord." in said(shown)
        assert buttons(shown) == ["Back", "Renew"]


async def test_it_says_what_was_lost_where_and_why() -> None:
    async with open_lost() as world:
        shown = await look(world)

        assert "✉ 1 message reached nobody" in said(shown)
        assert "`1` **Word 00** · under 1 min old" in said(shown)
        assert r"To the thread for alerts: The channel \*is\* gone." in said(shown)
        assert "What is told" in said(await press(world.owner, shown, "Back"))


async def test_one_is_sent_again_also_after_a_restart() -> None:
    async with open_lost(count=2) as world:
        shown = await look(world)
        await restart(world)

        again = await pick(world.owner, shown, "mail:one")

        assert rule_answers.sent_again(1) in said(again)
        assert "✉ 1 message reached nobody" in said(again)
        assert dead_count(world) == 1
        await passes(world, lambda: told(world) is not None)
        message = told(world)
        assert message is not None
        assert message.embeds[0].title is not None
        assert "Word 01" in message.embeds[0].title


async def test_all_are_sent_again_in_the_order_in_which_they_were_to_be_said() -> None:
    async with open_lost(count=12) as world:
        shown = await look(world)
        assert "Page 1 of 2" in said(shown)
        turned = await press(world.owner, shown, "Next")
        assert "Word 00" in said(turned)

        done = await press(world.owner, turned, "Send all again")

        assert rule_answers.sent_again(12) in said(done)
        assert dead_count(world) == 0
        await passes(world, lambda: len(titles(world)) == 12)
        assert titles(world) == sorted(titles(world))


def titles(world: World) -> list[str]:
    return [
        str(message.embeds[0].title)
        for thread in world.channel.threads
        for message in thread.history()
        if message.embeds
    ]


async def test_what_was_sent_again_already_is_not_sent_twice() -> None:
    async with open_lost() as world:
        select: discord.ui.Select[discord.ui.View] = discord.ui.Select(
            custom_id="discarr:v1:mail:one1:0", options=[discord.SelectOption(label="x", value="999")]
        )
        made_up = await forge(world, select)

        answer = said(await pick(world.owner, made_up, "mail:one"), is_on_public=True)

        assert rule_answers.sent_again(0) in answer
        assert dead_count(world) == 1


async def test_a_place_and_a_message_of_another_version_are_named_so() -> None:
    async with open_lost(route="moon:7") as world:
        await world.store.run(
            lambda connection: connection.execute("UPDATE outbox SET content = x'00'").rowcount
        )

        shown = said(await look(world))

        assert "**A message of another version**" in shown
        assert "To a place of another version: " in shown
