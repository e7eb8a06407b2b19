"""From a card to what came of it: the whole bot in a simulated Discord, over simulated apps on sockets."""

from dataclasses import replace

import discord

from discarr.core.models import Protocol
from discarr.discord_bot.ui import action_answers
from discarr.discord_bot.ui.action_controls import OfferButton, look_button
from discarr.discord_bot.ui.lasting import id_of
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.operation import OperationState
from discarr.monitoring.alerts.routes import Route, RouteKind
from discarr.sandbox.arr_server.faults import Fault, FaultKind
from discarr.sandbox.arr_server.scenario import Step, already, downloading, troubled, waiting
from discarr.utils.permissions import Level
from tests.discord_bot.asking import (
    alerts_of,
    counted,
    offering,
    posted,
    question_of,
)
from tests.fakes.acting_world import (
    answer,
    controls_of,
    id_in,
    labels_of,
    open_acting_world,
    options_of,
    said,
    shown_by,
)
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
        await world.until(lambda: alerts_of(world))

        details = await world.passing(world.oscar.click(alerts_of(world)[-1], label="Details"))
        asked = await world.click(world.oscar, details, REMOVE_SEARCH)
        done = await world.click(world.oscar, asked, "Confirm")
        await world.until(lambda: "✓ Done" in answer(done))

        assert len(world.servers[0].removed) == 1


async def test_an_alert_of_a_refused_import_is_solved_by_hand_in_three_taps() -> None:
    later = movie_download(downloading(90, until=1.0), troubled("not an upgrade"), size_bytes=5)
    async with open_acting_world(radarr(later)) as world:
        await world.until(lambda: alerts_of(world))

        details = await world.passing(world.oscar.click(alerts_of(world)[-1], label="Details"))
        asked = await world.click(world.oscar, details, "Import by hand")
        assert "📥 **Metropolis** (1927)" in answer(asked)
        done = await world.click(world.oscar, asked, "Confirm")
        await world.until(lambda: "Imported: 1 of 1" in answer(done))

        assert len(await world.operations()) == 1


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
        message = await posted(world, await question_of(world, ActionKind.REMOVE))
        await world.passing(world.oscar.click(message, label="Confirm"))

        card = await world.card(world.ada)
        asked = await world.passing(world.ada.click(await offering(world), label="Remove"))
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
        operation = await question_of(world, ActionKind.REMOVE, count=11, person=world.ada, level=Level.ADMIN)
        message = await posted(world, operation)

        wrong = await world.passing(counted(world.ada, message, "10"))
        nonsense = await world.passing(counted(world.ada, message, "all²"))
        assert "That is not the number of downloads" in answer(wrong)
        assert "That is not the number of downloads" in answer(nonsense)
        assert world.written() == []

        done = await world.passing(counted(world.ada, message, " 11 "))
        await world.until(lambda: len(world.servers[0].removed) == 11)
        await world.until(lambda: "✓ Done" in said(done.response.message))
        assert "11 done" in said(done.response.message)


async def test_an_end_that_nobody_saw_is_told_directly() -> None:
    async with open_acting_world(radarr(STUCK)) as world:
        world.servers[0].faults.add(Fault(kind=FaultKind.HANG, method="DELETE"))
        message = await posted(world, await question_of(world, ActionKind.REMOVE))
        await world.passing(world.oscar.click(message, label="Confirm"))
        await world.restart()

        await world.until(lambda: world.oscar.user.dm_channel.history())

        (told,) = world.texts(world.oscar.user.dm_channel)
        assert "Metropolis" in told
        await world.clock.advance(120)
        assert len(world.oscar.user.dm_channel.history()) == 1


async def test_who_keeps_too_late_sees_what_came_of_it_and_nobody_looks_at_anothers() -> None:
    async with open_acting_world(radarr(STUCK)) as world:
        operation = await question_of(world, ActionKind.REMOVE)
        message = await posted(world, operation)
        looking = discord.ui.View(timeout=None)
        looking.add_item(look_button(operation.id))
        await world.passing(world.oscar.click(message, label="Confirm"))
        await world.until(lambda: world.servers[0].removed)

        kept = await world.passing(world.oscar.click(await posted(world, operation), label="Keep it"))
        forgotten = await posted(world, replace(operation, id="0" * 16))
        nothing = await world.passing(world.oscar.click(forgotten, label="Keep it"))
        peeked = await world.passing(world.ada.click(await world.post(looking), label="Look again"))

        assert kept.response is not None
        assert action_answers.KEPT_TOO_LATE in kept.response.content
        assert action_answers.NOTHING_TO_KEEP in answer(nothing)
        assert "Somebody else asked for this" in answer(peeked)
        assert (world.ada.id, "remove", "not yours") in await world.audit()
        assert len(world.written()) == 1


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
