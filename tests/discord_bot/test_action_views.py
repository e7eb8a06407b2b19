"""From a card to what came of it: the whole bot in a simulated Discord, over simulated apps on sockets."""

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
from discarr.monitoring.acting.journal import Journal
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.operation import Item, Operation, OperationState
from discarr.monitoring.acting.targets import target_of
from discarr.monitoring.alerts.routes import Route, RouteKind
from discarr.sandbox.arr_server.faults import Fault, FaultKind
from discarr.sandbox.arr_server.scenario import Step, already, downloading, troubled, waiting
from discarr.utils.permissions import Level
from tests.factories import make_download
from tests.fakes.acting_world import (
    ActingWorld,
    answer,
    controls_of,
    id_in,
    labels_of,
    open_acting_world,
    options_of,
    said,
    shown_by,
)
from tests.fakes.clock import START, FakeClock
from tests.fakes.media_client import FakeMediaClient
from tests.fakes.world import open_world
from tests.monitoring.acting.stage import ActingStore
from tests.sandbox.arr_server.world import movie_download, pack, radarr, sonarr

STUCK = movie_download(already(0.3), troubled("stalled"), protocol=Protocol.TORRENT)
REMOVE_SEARCH = "Remove and search again"


async def test_a_card_says_why_and_offers_what_helps_first() -> None:
    async with open_acting_world(radarr(STUCK)) as world:
        card = await world.card(world.oscar)

        assert "No data is coming in" in answer(card)
        assert "**By itself:** The download client goes on trying." in answer(card)
        assert "-# The download is stalled with no connections" in answer(card)
        assert "Languages: English" in answer(card)
        assert labels_of(card) == [REMOVE_SEARCH, "Back to the list", "Follow"]
        assert options_of(card, "act:more")[0] == "remove"


async def test_members_are_offered_nothing() -> None:
    async with open_acting_world(radarr(STUCK)) as world:
        card = await world.card(world.people[Level.VIEWER])

        assert labels_of(card) == ["Back to the list", "Follow"]
        assert "The download is stalled with no connections" not in answer(card)


async def test_what_was_confirmed_is_done_with_every_flag_and_told_in_the_same_message() -> None:
    async with open_acting_world(radarr(STUCK)) as world:
        card = await world.card(world.oscar)
        asked = await world.click(world.oscar, card, REMOVE_SEARCH)
        assert "Its data is **deleted** (1 MB)" in answer(asked)
        assert world.written() == []

        done = await world.click(world.oscar, asked, "Confirm")
        await world.until(lambda: "✓ Done" in answer(done))

        (removed,) = world.written()
        assert removed.endswith(
            "?removeFromClient=true&blocklist=true&skipRedownload=false&changeCategory=false"
        )
        assert "Discarr removed it and had another searched" in answer(done)
        assert controls_of(done) == []
        await world.clock.advance(60)
        (operation,) = await world.operations()
        assert operation.told_at is not None
        assert world.oscar.user.dm_channel.history() == []


async def test_an_alert_is_solved_in_three_taps() -> None:
    # What was there at the start is not told.
    later = movie_download(
        downloading(90, until=0.3), troubled("stalled"), protocol=Protocol.TORRENT, size_bytes=5
    )
    async with open_acting_world(radarr(later)) as world:
        await world.until(lambda: _alerts(world))

        details = await world.passing(world.oscar.click(_alerts(world)[-1], label="Details"))
        asked = await world.click(world.oscar, details, REMOVE_SEARCH)
        done = await world.click(world.oscar, asked, "Confirm")
        await world.until(lambda: "✓ Done" in answer(done))

        assert len(world.servers[0].removed) == 1


async def test_what_else_can_be_done_can_be_chosen_again_after_it_was_not_wanted() -> None:
    async with open_acting_world(radarr(STUCK)) as world:
        card = await world.card(world.oscar)
        before = id_in(card, "act:more")
        await world.clock.advance(1)

        asked = await world.choose(world.oscar, card, "act:more", "remove")
        kept = await world.click(world.oscar, asked, "Keep it")

        assert answer(kept).strip() == action_answers.KEPT
        assert id_in(card, "act:more") != before
        assert [item.state for item in await world.operations()] == [OperationState.WITHDRAWN]
        assert world.written() == []


async def test_a_replayed_confirmation_shows_what_came_of_the_first() -> None:
    async with open_acting_world(radarr(STUCK)) as world:
        operation = await _asked(world, ActionKind.REMOVE)
        message = await _post(world, operation)

        first = await world.passing(world.oscar.click(message, label="Confirm"))
        await world.until(lambda: world.servers[0].removed)
        await world.until(lambda: "✓ Done" in said(first.response.message))
        forged = await _post(world, operation)
        again = await world.passing(world.oscar.click(forged, label="Confirm"))

        assert again.acknowledged
        assert again.response is not None
        assert "✓ Done" in said(again.response.message)
        assert len(world.written()) == 1


async def test_fifty_presses_at_once_delete_once() -> None:
    async with open_acting_world(radarr(STUCK)) as world:
        message = await _post(world, await _asked(world, ActionKind.REMOVE))

        # SimCord lets one act after the other; what is below that lets them meet.
        presses = [_component_click(world.oscar, message, label="Confirm", custom_id=None) for _ in range(50)]
        results = await world.passing(_together(presses))
        await world.until(lambda: world.servers[0].removed)
        await world.clock.advance(30)

        assert all(result.acknowledged for result in results)
        assert len(world.written()) == 1
        assert [entry[2] for entry in await world.audit()].count("confirmed") == 1


async def test_nobody_else_can_confirm_or_take_back() -> None:
    async with open_acting_world(radarr(STUCK)) as world:
        message = await _post(world, await _asked(world, ActionKind.REMOVE))

        pressed = await world.passing(world.ada.click(message, label="Confirm"))
        kept = await world.passing(world.ada.click(message, label="Keep it"))

        assert "Somebody else asked for this" in answer(pressed)
        assert "There is nothing to confirm" in answer(kept)
        assert [item.state for item in await world.operations()] == [OperationState.PENDING]
        assert (world.ada.id, "remove", "not yours") in await world.audit()
        assert world.written() == []


async def test_a_question_stands_for_ten_minutes() -> None:
    async with open_acting_world(radarr(STUCK)) as world:
        asked = await world.click(world.oscar, await world.card(world.oscar), REMOVE_SEARCH)
        await world.clock.advance(601)

        late = await world.click(world.oscar, asked, "Confirm")

        assert "That was not confirmed in time. Ask for it again." in answer(late)
        assert controls_of(late) == []
        assert world.written() == []


async def test_a_question_survives_a_restart() -> None:
    async with open_acting_world(radarr(STUCK)) as world:
        asked = await world.click(world.oscar, await world.card(world.oscar), REMOVE_SEARCH)
        await world.restart()

        done = await world.click(world.oscar, asked, "Confirm")
        await world.until(lambda: "✓ Done" in answer(done))

        assert len(world.servers[0].removed) == 1


async def test_who_comes_second_sees_what_the_first_did() -> None:
    async with open_acting_world(radarr(STUCK)) as world:
        first = await world.click(world.oscar, await world.card(world.oscar), REMOVE_SEARCH)
        second = await world.click(world.ada, await world.card(world.ada), REMOVE_SEARCH)
        done = await world.click(world.oscar, first, "Confirm")
        await world.until(lambda: "✓ Done" in answer(done))

        late = await world.click(world.ada, second, "Confirm")
        await world.until(lambda: "✓ Done" in answer(late))

        assert f"Somebody was faster: <@{world.oscar.id}> removed it and had another searched" in answer(late)
        assert len(world.written()) == 1


async def test_while_somebody_is_at_it_a_card_says_so_and_offers_nothing() -> None:
    async with open_acting_world(radarr(STUCK)) as world:
        world.servers[0].faults.add(Fault(kind=FaultKind.HANG, method="DELETE"))
        message = await _post(world, await _asked(world, ActionKind.REMOVE))
        await world.passing(world.oscar.click(message, label="Confirm"))

        card = await world.card(world.ada)
        asked = await world.passing(world.ada.click(await _offering(world), label="Remove"))
        own = await world.card(world.oscar)

        assert f"<@{world.oscar.id}> is removing it" in answer(card)
        assert REMOVE_SEARCH not in labels_of(card)
        assert f"<@{world.oscar.id}> is removing it" in answer(asked)
        assert "How it goes" in labels_of(own)
        shown = await world.click(world.oscar, own, "How it goes")
        assert "Look again" in labels_of(shown)


async def test_more_than_ten_have_to_be_counted() -> None:
    scripts = [
        movie_download(already(0.3), troubled("stalled"), name=f"film.{number}") for number in range(11)
    ]
    async with open_acting_world(radarr(*scripts)) as world:
        operation = await _asked(world, ActionKind.REMOVE, count=11, person=world.ada, level=Level.ADMIN)
        message = await _post(world, operation)

        wrong = await world.passing(_counted(world.ada, message, "10"))
        nonsense = await world.passing(_counted(world.ada, message, "all²"))
        assert "That is not the number of downloads" in answer(wrong)
        assert "That is not the number of downloads" in answer(nonsense)
        assert world.written() == []

        done = await world.passing(_counted(world.ada, message, " 11 "))
        await world.until(lambda: len(world.servers[0].removed) == 11)
        await world.until(lambda: "✓ Done" in said(done.response.message))
        assert "11 done" in said(done.response.message)


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
        message = await _send(world, view)
        nobody = _operation(world, ActionKind.REMOVE, 1, world.oscar, Level.OPERATOR)
        unknown = await _post(world, nobody)

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

        clicking = asyncio.create_task(world.oscar.click(_message(card), label="Import by hand"))
        await world.until(lambda: len(world.world.env.http_requests) > before)

        assert "/callback" in str(world.world.env.http_requests[before])
        clicking.cancel()
        await asyncio.gather(clicking, return_exceptions=True)


async def test_an_end_that_nobody_saw_is_told_directly() -> None:
    async with open_acting_world(radarr(STUCK)) as world:
        world.servers[0].faults.add(Fault(kind=FaultKind.HANG, method="DELETE"))
        message = await _post(world, await _asked(world, ActionKind.REMOVE))
        await world.passing(world.oscar.click(message, label="Confirm"))
        await world.restart()

        await world.until(lambda: world.oscar.user.dm_channel.history())

        (told,) = world.texts(world.oscar.user.dm_channel)
        assert "Metropolis" in told
        await world.clock.advance(120)
        assert len(world.oscar.user.dm_channel.history()) == 1


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


async def test_who_keeps_too_late_sees_what_came_of_it_and_nobody_looks_at_anothers() -> None:
    async with open_acting_world(radarr(STUCK)) as world:
        operation = await _asked(world, ActionKind.REMOVE)
        message = await _post(world, operation)
        looking = discord.ui.View(timeout=None)
        looking.add_item(look_button(operation.id))
        await world.passing(world.oscar.click(message, label="Confirm"))
        await world.until(lambda: world.servers[0].removed)

        kept = await world.passing(world.oscar.click(await _post(world, operation), label="Keep it"))
        peeked = await world.passing(world.ada.click(await _send(world, looking), label="Look again"))

        assert kept.response is not None
        assert action_answers.KEPT_TOO_LATE in kept.response.content
        assert action_answers.GONE in answer(peeked)
        assert len(world.written()) == 1


@pytest.mark.parametrize("label", ["Confirm", "Keep it", "Remove", "Look again"])
async def test_a_click_that_discord_no_longer_knows_does_nothing(label: str) -> None:
    async with open_acting_world(radarr(STUCK)) as world:
        operation = await _asked(world, ActionKind.REMOVE)
        view = operation_controls(operation)
        assert view is not None
        argument = f"remove.{world.token()}"
        view.add_item(OfferButton(id_of("act:do", argument), argument, "Remove"))
        view.add_item(look_button(operation.id))
        message = await _send(world, view)
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


async def test_from_a_direct_message_it_works_the_same() -> None:
    async with open_acting_world(radarr(STUCK)) as world:
        owner = world.people[Level.OWNER]
        place = await world.world.app.sink.places.find(Route(RouteKind.USER, owner.id))
        view = discord.ui.View(timeout=None)
        argument = f"remove.{world.token()}"
        view.add_item(OfferButton(id_of("act:do", argument), argument, "Remove"))
        view.stop()  # the ids alone decide who answers
        await world.world.bot.get_partial_messageable(place).send("?", view=view)
        message = owner.user.dm_channel.history()[-1]

        asked = await world.passing(owner.user.click(message, label="Remove"))
        done = await world.passing(owner.user.click(shown_by(asked).message, label="Confirm"))
        await world.until(lambda: "✓ Done" in answer(done))

        assert len(world.servers[0].removed) == 1


async def test_a_pack_is_one_question_with_all_its_episodes() -> None:
    async with open_acting_world(sonarr(pack(already(0.3), troubled("stalled")))) as world:
        card = await world.card(world.oscar)
        asked = await world.click(world.oscar, card, REMOVE_SEARCH)

        assert "S01: E01–E08" in answer(card)
        assert "**Devs** S01 · 8 episodes" in answer(asked)
        assert "1 download · 8 episodes · 8 MB" in answer(asked)


async def test_a_release_that_is_held_back_is_grabbed() -> None:
    delayed = movie_download(waiting(Step.DELAYED, 6000))
    async with open_acting_world(radarr(delayed)) as world:
        card = await world.card(world.oscar)
        asked = await world.click(world.oscar, card, "Grab now")
        assert "💾 Nothing is deleted" in answer(asked)

        done = await world.click(world.oscar, asked, "Confirm")
        await world.until(lambda: "✓ Done" in answer(done))

        assert "Discarr grabbed it" in answer(done)


def _alerts(world: ActingWorld) -> list[discord.Message]:
    """Return the alerts in the thread of the live message."""
    threads = [thread for thread in world.world.channel.threads if thread.name == "Alerts"]
    return [message for thread in threads for message in thread.history() if message.embeds]


def _message(result: simcord.InteractionResult) -> Any:
    return shown_by(result).message


def _operation(
    world: ActingWorld, kind: ActionKind, count: int, person: simcord.MemberActor, level: Level
) -> Operation:
    now = world.clock.now()
    return Operation(
        id=f"{count:016x}",
        kind=kind,
        state=OperationState.PENDING,
        requested_by=person.id,
        level=level,
        required_count=count if count > 10 else None,
        created_at=now,
        expires_at=now.replace(hour=23),
        items=tuple(Item(target=target_of(download)) for download in world.downloads[:count]),
    )


async def _asked(
    world: ActingWorld,
    kind: ActionKind,
    *,
    count: int = 1,
    person: simcord.MemberActor | None = None,
    level: Level = Level.OPERATOR,
) -> Operation:
    """Return a question of somebody's, as it would be found after a restart."""
    operation = _operation(world, kind, count, person or world.oscar, level)
    await Journal(world.store, clock=world.clock).add(operation)
    return operation


async def _post(world: ActingWorld, operation: Operation) -> Any:
    """Put the controls of a question where everybody can press them."""
    view = operation_controls(operation)
    assert view is not None
    return await _send(world, view)


async def _offering(world: ActingWorld) -> Any:
    view = discord.ui.View(timeout=None)
    argument = f"remove.{world.token()}"
    view.add_item(OfferButton(id_of("act:do", argument), argument, "Remove"))
    return await _send(world, view)


async def _send(world: ActingWorld, view: discord.ui.View) -> Any:
    view.stop()  # the ids alone decide who answers
    channel = world.world.bot.get_channel(world.world.channel.id)
    assert isinstance(channel, discord.TextChannel)
    sent = await channel.send("?", view=view)
    return next(message for message in world.world.channel.history() if message.id == sent.id)


async def _counted(person: simcord.MemberActor, message: Any, typed: str) -> Any:
    shown = await person.click(message, label="Confirm …")
    assert shown.modal is not None
    (row,) = shown.modal["components"]
    return await person.submit_modal(shown, {row["component"]["custom_id"]: typed})


async def _together(presses: list[Any]) -> list[Any]:
    return list(await asyncio.gather(*presses))
