"""How people learn what came of an action: in their private message, directly, or by a line in the thread."""

from dataclasses import replace

import simcord

from discarr.discord_bot.ui import action_answers
from discarr.sandbox.arr_server.download_clients import OnRemoval
from discarr.sandbox.arr_server.scenario import already, troubled
from tests.fakes.acting_world import ActingWorld, answer, controls_of, labels_of, open_acting_world
from tests.sandbox.arr_server.world import movie_download, radarr

REFUSED = movie_download(already(1.0), troubled("not an upgrade"))
TWENTY_MINUTES_S = 20 * 60.0


async def importing(world: ActingWorld) -> simcord.InteractionResult:
    """Let a helper import the files of the one download."""
    question = await world.click(world.oscar, await world.card(world.oscar), "Import by hand")
    return await world.click(world.oscar, question, "Confirm")


def told(world: ActingWorld) -> list[str]:
    """Return what a helper was told directly."""
    return world.texts(world.oscar.user.dm_channel)


def lines_in_thread(world: ActingWorld) -> list[str]:
    threads = [thread for thread in world.world.channel.threads if thread.name == "Alerts"]
    return [message.content for thread in threads for message in thread.history() if message.content]


async def pass_minutes(world: ActingWorld, minutes: int) -> None:
    until = world.clock.monotonic() + 60 * minutes
    await world.until(lambda: world.clock.monotonic() >= until, step_s=5)


async def test_while_it_takes_long_the_message_says_how_far_it_is() -> None:
    async with open_acting_world(radarr(REFUSED), command_s=30) as world:
        shown = await importing(world)
        await world.until(lambda: "The app is at it" in answer(shown))
        assert labels_of(shown) == ["Look again"]

        await world.until(lambda: "Imported: 1 of 1" in answer(shown))
        await pass_minutes(world, 2)

        assert controls_of(shown) == []
        assert told(world) == []


async def test_after_the_fifteen_minutes_of_an_interaction_the_end_is_told_directly() -> None:
    async with open_acting_world(radarr(REFUSED), command_s=TWENTY_MINUTES_S) as world:
        shown = await importing(world)

        await world.until(lambda: told(world), step_s=5)

        assert "Imported: 1 of 1" in told(world)[0]
        assert "Imported" not in answer(shown)
        await pass_minutes(world, 2)
        assert len(told(world)) == 1


async def test_who_looks_again_sees_the_end_in_the_message() -> None:
    async with open_acting_world(radarr(REFUSED), command_s=TWENTY_MINUTES_S) as world:
        shown = await importing(world)
        await pass_minutes(world, 13)
        shown = await world.click(world.oscar, shown, "Look again")

        await world.until(lambda: "Imported: 1 of 1" in answer(shown), step_s=5)
        await pass_minutes(world, 2)

        assert told(world) == []


async def test_who_takes_no_direct_messages_finds_a_line_in_the_thread_that_names_nothing() -> None:
    async with open_acting_world(radarr(REFUSED), command_s=TWENTY_MINUTES_S) as world:
        dm = f"/channels/{world.oscar.user.dm_channel.id}/messages"
        world.world.env.inject_error("POST", dm, status=403, code=50007, times=None)
        await importing(world)

        await world.until(lambda: lines_in_thread(world), step_s=5)

        assert lines_in_thread(world) == [f"<@{world.oscar.id}>: {action_answers.TOLD_IN_VAIN}"]
        await pass_minutes(world, 2)
        assert len(lines_in_thread(world)) == 1


async def test_an_end_that_discord_does_not_take_is_told_later_and_once() -> None:
    async with open_acting_world(radarr(REFUSED), command_s=TWENTY_MINUTES_S) as world:
        dm = f"/channels/{world.oscar.user.dm_channel.id}/messages"
        world.world.env.inject_error("POST", dm, status=400, code=40062, times=2)
        await importing(world)

        await world.until(lambda: told(world), step_s=5)
        await pass_minutes(world, 2)

        assert len(told(world)) == 1


async def test_where_nothing_can_be_told_it_is_given_up() -> None:
    async with open_acting_world(radarr(REFUSED), command_s=TWENTY_MINUTES_S) as world:
        world.world.env.inject_error("POST", "/channels/*/messages", status=403, code=50013, times=None)
        await importing(world)
        await pass_minutes(world, 22)

        (operation,) = await world.operations()
        assert operation.is_over
        assert operation.told_at is not None


async def test_what_comes_back_is_told_although_it_was_called_done() -> None:
    scenario = radarr(movie_download(already(0.3), troubled("stalled")))
    clients = tuple(replace(client, on_removal=OnRemoval.PRETENDS) for client in scenario.clients)
    async with open_acting_world(replace(scenario, clients=clients)) as world:
        card = await world.card(world.oscar)
        question = await world.click(world.oscar, card, "Remove and search again")
        shown = await world.click(world.oscar, question, "Confirm")
        await world.until(lambda: "✓ Done" in answer(shown))

        await world.until(lambda: told(world), step_s=5)

        assert "It came back: the download client did not really let go of it" in told(world)[0]


async def test_two_who_look_at_the_same_message_do_not_hinder_each_other() -> None:
    async with open_acting_world(radarr(REFUSED), command_s=60) as world:
        shown = await importing(world)
        for _ in range(3):
            shown = await world.click(world.oscar, shown, "Look again")

        await world.until(lambda: "Imported: 1 of 1" in answer(shown))
