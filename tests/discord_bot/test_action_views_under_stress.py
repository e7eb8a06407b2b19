"""What is pressed twice, by others, too late or made up: an answer each time, and never a second deed."""

import asyncio
from typing import Any

import discord
import pytest
import simcord
from simcord.actors import _component_click

from discarr.core.models import Protocol, QueueStatus, TrackedState, TrackedStatus
from discarr.discord_bot.ui import action_answers
from discarr.discord_bot.ui.action_controls import OfferButton, OfferSelect, look_button, operation_controls
from discarr.discord_bot.ui.lasting import id_of
from discarr.discord_bot.ui.queue_browser import key_token
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.operation import OperationState
from discarr.sandbox.arr_server.faults import Fault, FaultKind
from discarr.sandbox.arr_server.scenario import already, troubled
from discarr.utils.permissions import Level
from tests.discord_bot.asking import (
    operation_of,
    posted,
    question_of,
    together,
)
from tests.factories import make_download
from tests.fakes.acting_world import (
    answer,
    controls_of,
    message_of,
    open_acting_world,
    said,
)
from tests.fakes.clock import START, FakeClock
from tests.fakes.media_client import FakeMediaClient
from tests.fakes.world import open_world
from tests.monitoring.acting.stage import ActingStore
from tests.sandbox.arr_server.world import movie_download, radarr

STUCK = movie_download(already(0.3), troubled("stalled"), protocol=Protocol.TORRENT)
REMOVE_SEARCH = "Remove and search again"


async def test_a_replayed_confirmation_shows_what_came_of_the_first() -> None:
    async with open_acting_world(radarr(STUCK)) as world:
        operation = await question_of(world, ActionKind.REMOVE)
        message = await posted(world, operation)

        first = await world.passing(world.oscar.click(message, label="Confirm"))
        await world.until(lambda: world.servers[0].removed)
        await world.until(lambda: "✓ Done" in said(first.response.message))
        forged = await posted(world, operation)
        again = await world.passing(world.oscar.click(forged, label="Confirm"))

        assert again.acknowledged
        assert again.response is not None
        assert "✓ Done" in said(again.response.message)
        assert len(world.written()) == 1


async def test_fifty_presses_at_once_delete_once() -> None:
    async with open_acting_world(radarr(STUCK)) as world:
        message = await posted(world, await question_of(world, ActionKind.REMOVE))

        # SimCord lets one act after the other; what is below that lets them meet.
        presses = [_component_click(world.oscar, message, label="Confirm", custom_id=None) for _ in range(50)]
        results = await world.passing(together(presses))
        await world.until(lambda: world.servers[0].removed)
        await world.clock.advance(30)

        assert all(result.acknowledged for result in results)
        assert len(world.written()) == 1
        assert [entry[2] for entry in await world.audit()].count("confirmed") == 1


async def test_nobody_else_can_confirm_or_take_back() -> None:
    async with open_acting_world(radarr(STUCK)) as world:
        message = await posted(world, await question_of(world, ActionKind.REMOVE))

        pressed = await world.passing(world.ada.click(message, label="Confirm"))
        kept = await world.passing(world.ada.click(message, label="Keep it"))

        assert "Somebody else asked for this" in answer(pressed)
        assert "Somebody else asked for this" in answer(kept)
        assert [item.state for item in await world.operations()] == [OperationState.PENDING]
        lines = [line.entry for line in await world.world.app.acting.desk.audit()]
        assert [(line.actor, line.action, line.result) for line in lines] == [
            (world.ada.id, "remove", "not yours")
        ] * 2
        assert {line.operation for line in lines} == {item.id for item in await world.operations()}
        assert lines[0].request == '{"asked":"act:no"}'
        assert world.written() == []


async def test_a_question_stands_for_ten_minutes() -> None:
    async with open_acting_world(radarr(STUCK)) as world:
        asked = await world.click(world.oscar, await world.card(world.oscar), REMOVE_SEARCH)
        await world.clock.advance(601)

        late = await world.click(world.oscar, asked, "Confirm")

        assert "That was not confirmed in time. Ask for it again." in answer(late)
        assert controls_of(late) == []
        assert world.written() == []


async def test_made_up_values_end_in_an_answer_and_do_nothing() -> None:
    async with open_acting_world(radarr(STUCK)) as world:
        view = discord.ui.View(timeout=None)
        token = world.token()
        for kind, name in (("explode", token), ("remove", "0" * 20)):
            argument = f"{kind}.{name}"
            view.add_item(OfferButton(id_of("act:do", argument), argument, kind))
        options = [discord.SelectOption(label="x", value="REMOVE; DROP TABLE")]
        view.add_item(
            OfferSelect(discord.ui.Select(custom_id=id_of("act:more", token), options=options), token)
        )
        message = await world.post(view)
        nobody = operation_of(world, ActionKind.REMOVE, 1, world.oscar, Level.OPERATOR)
        unknown = await posted(world, nobody)

        exploded = await world.passing(world.oscar.click(message, label="explode"))
        gone = await world.passing(world.oscar.click(message, label="remove"))
        chosen = await world.passing(
            world.oscar.select(message, custom_id=id_of("act:more", token), values=["REMOVE; DROP TABLE"])
        )
        confirmed = await world.passing(world.oscar.click(unknown, label="Confirm"))

        assert action_answers.NOT_UNDERSTOOD in answer(exploded)
        assert "It is not in the queue any more" in answer(gone)
        assert action_answers.NOT_UNDERSTOOD in answer(chosen)
        assert "There is nothing to confirm any more" in answer(confirmed)
        assert await world.operations() == []
        assert world.written() == []


HOSTILE = "@everyone <@&1> [x](https://evil.example) **`||" + "\u202e" + "Ä" * 5000


async def test_hostile_names_are_shown_harmlessly_from_the_card_to_the_end() -> None:
    async with open_acting_world(
        radarr(movie_download(already(0.3), troubled("stalled"), name=HOSTILE))
    ) as world:
        card = await world.card(world.oscar)
        asked = await world.click(world.oscar, card, REMOVE_SEARCH)
        done = await world.click(world.oscar, asked, "Confirm")
        await world.until(lambda: "✓ Done" in answer(done))

        for shown in (answer(card), answer(asked), answer(done)):
            assert "@everyone" not in shown
            assert "](https" not in shown


async def test_an_app_that_hangs_keeps_nobody_waiting_for_an_answer() -> None:
    refused = movie_download(already(1.0), troubled("not an upgrade"))
    async with open_acting_world(radarr(refused)) as world:
        card = await world.card(world.oscar)
        world.servers[0].faults.add(Fault(kind=FaultKind.HANG, path="/api/v3/manualimport"))
        before = len(world.world.env.http_requests)

        clicking = asyncio.create_task(world.oscar.click(message_of(card), label="Import by hand"))
        await world.until(lambda: len(world.world.env.http_requests) > before)

        assert "/callback" in str(world.world.env.http_requests[before])
        clicking.cancel()
        await asyncio.gather(clicking, return_exceptions=True)


async def test_without_an_audit_nothing_is_asked_and_nothing_done() -> None:
    async with open_acting_world(radarr(STUCK)) as world:
        card = await world.card(world.oscar)
        asked = await world.click(world.oscar, card, REMOVE_SEARCH)
        world.store.is_full = True

        again = await world.click(world.oscar, card, REMOVE_SEARCH)
        confirmed = await world.click(world.oscar, asked, "Confirm")
        world.store.is_full = False

        assert "This could not be stored" in answer(again)
        assert "This could not be stored" in answer(confirmed)
        assert world.written() == []


@pytest.mark.parametrize("label", ["Confirm", "Keep it", "Remove", "Look again"])
async def test_a_click_that_discord_no_longer_knows_does_nothing(label: str) -> None:
    async with open_acting_world(radarr(STUCK)) as world:
        operation = await question_of(world, ActionKind.REMOVE)
        view = operation_controls(operation)
        assert view is not None
        argument = f"remove.{world.token()}"
        view.add_item(OfferButton(id_of("act:do", argument), argument, "Remove"))
        view.add_item(look_button(operation.id))
        message = await world.post(view)
        world.world.env.inject_error("POST", "/interactions/*/callback", status=404, code=10062)

        result = await world.passing(world.oscar.click(message, label=label))
        await world.clock.advance(10)

        assert not result.acknowledged
        assert [item.state for item in await world.operations()] == [OperationState.PENDING]
        assert world.written() == []


@pytest.mark.parametrize(
    "fields",
    [
        {"status": QueueStatus.UNKNOWN},
        {"tracked_state": TrackedState.UNKNOWN},
        {"tracked_status": TrackedStatus.UNKNOWN},
    ],
)
async def test_to_what_is_in_a_state_that_nobody_knows_nothing_is_done(fields: dict[str, Any]) -> None:
    client = FakeMediaClient()
    client.downloads = (make_download(**fields, added=START),)
    environ: dict[str, str] = {}

    def name_admin(env: simcord.Env) -> None:
        environ["DISCARR_ADMIN_USERS"] = str(env.create_user("ada").id)

    store = await ActingStore.in_memory(clock=FakeClock())
    async with open_world([client], environ=environ, prepare=name_admin, store=store) as world:
        await world.shows("Checked")
        token = key_token(client.downloads[0].key)
        argument = f"remove.{token}"
        view = discord.ui.View(timeout=None)
        view.add_item(OfferButton(id_of("act:do", argument), argument, "Remove"))
        view.stop()
        channel = world.bot.get_channel(world.channel.id)
        assert isinstance(channel, discord.TextChannel)
        sent = await channel.send("?", view=view)
        message = next(item for item in world.channel.history() if item.id == sent.id)

        result = await world.while_time_passes(world.owner.click(message, label="Remove"))

        assert "That cannot be done to it now" in answer(result)
