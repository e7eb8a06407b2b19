"""The audit trail in a simulated Discord: what it shows, to whom, and where it is repeated."""

from typing import Any

import discord
import pytest
import simcord

from discarr.core.models import Protocol
from discarr.core.store import Connection
from discarr.core.store.audit import AuditEntry, append
from discarr.discord_bot.ui import texts
from discarr.discord_bot.ui.audit_pages import AuditButton, AuditFilter, EntrySelect, encode_place
from discarr.discord_bot.ui.lasting import id_of
from discarr.monitoring.acting.operation import Person
from discarr.monitoring.acting.refusals import ActionRefused
from discarr.sandbox.arr_server.scenario import already, troubled
from discarr.utils.permissions import Level
from tests.fakes.acting_world import ActingWorld, answer, open_acting_world, options_of, said
from tests.sandbox.arr_server.world import movie_download, radarr

STUCK = movie_download(already(0.3), troubled("stalled"), protocol=Protocol.TORRENT)


async def ask(world: ActingWorld, asker: simcord.MemberActor, **options: Any) -> simcord.InteractionResult:
    result: simcord.InteractionResult = await world.passing(
        asker.slash(world.world.channel, "audit", **options)
    )
    return result


async def remove(world: ActingWorld) -> None:
    """Let a helper remove something, and an admin try in vain to confirm it."""
    card = await world.card(world.oscar)
    asked = await world.click(world.oscar, card, "Remove and search again")
    (operation,) = await world.operations()
    with pytest.raises(ActionRefused):
        await world.world.app.acting.desk.confirm(
            operation.id, Person(user_id=world.ada.id, level=Level.ADMIN)
        )
    done = await world.click(world.oscar, asked, "Confirm")
    await world.until(lambda: "✓ Done" in answer(done))


async def test_who_did_what_why_and_what_came_of_it() -> None:
    async with open_acting_world(radarr(STUCK)) as world:
        await remove(world)

        shown = await ask(world, world.ada)
        text = answer(shown)
        assert f"<@{world.oscar.id}> (operator)" in text
        assert "⛔ " in text
        assert f"<@{world.ada.id}> (admin)" in text
        assert "Remove and search again · Radarr" in text
        assert "Somebody else asked for this" in text

        entry = await world.choose(world.ada, shown, "audit:entry", options_of(shown, "audit:entry")[0])
        card = answer(entry)
        assert "delete its data: yes" in card
        assert "search for another: yes" in card
        assert "No data is coming in" in card
        back = await world.click(world.ada, entry, "Back to the list")
        assert answer(back) == text


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({"action": "remove_search"}, 4),
        ({"action": "grab"}, 0),
        ({"result": "done"}, 1),
        ({"result": "not yours"}, 1),
        ({"instance": "Radarr"}, 4),
        ({"instance": "sonarr"}, 0),
        ({"since": "1 h"}, 4),
        ({"since": "0"}, 0),
        ({"since": "1 h", "result": "confirmed", "action": "remove_search"}, 1),
    ],
)
async def test_filters_narrow_it(options: dict[str, str], count: int) -> None:
    async with open_acting_world(radarr(STUCK)) as world:
        await remove(world)
        await world.clock.advance(30)

        shown = await ask(world, world.ada, **options)

        found = options_of(shown, "audit:entry") if count else []
        assert len(found) == count
        assert ("Nothing matches." in answer(shown)) is (count == 0)


async def test_one_person_can_be_looked_for() -> None:
    async with open_acting_world(radarr(STUCK)) as world:
        await remove(world)

        shown = await ask(world, world.ada, person=world.ada.user)

        assert len(options_of(shown, "audit:entry")) == 1
        assert f"only <@{world.ada.id}>" in answer(shown)


async def test_a_long_trail_is_turned_through() -> None:
    async with open_acting_world(radarr(STUCK)) as world:
        await fill(world, 25)

        first = await ask(world, world.ada)
        second = await world.click(world.ada, first, "Older")
        third = await world.click(world.ada, second, "Older")

        assert options_of(third, "audit:entry") == ["5", "4", "3", "2", "1"]
        older = next(item for item in _controls(third) if item.get("label") == "Older")
        assert older["disabled"]
        newest = await world.click(world.ada, third, "Newest")
        assert options_of(newest, "audit:entry")[0] == "25"


async def test_only_admins_see_it_by_any_way_in() -> None:
    async with open_acting_world(radarr(STUCK)) as world:
        await fill(world, 1)
        place = encode_place(AuditFilter(), None)
        for level in (Level.VIEWER, Level.OPERATOR):
            person = world.people[level]
            assert texts.NOT_ALLOWED[Level.ADMIN] in answer(await ask(world, person))
            button = await _send(world, AuditButton(id_of("audit:newest", place), place, "Newest"))
            pressed = await world.passing(person.click(button, label="Newest"))
            options = [discord.SelectOption(label="x", value="1")]
            select: Any = discord.ui.Select(custom_id=id_of("audit:entry", place), options=options)
            message = await _send(world, EntrySelect(select, place))
            chosen = await world.passing(
                person.select(message, custom_id=id_of("audit:entry", place), values=["1"])
            )
            for result in (pressed, chosen):
                assert texts.NOT_ALLOWED[Level.ADMIN] in answer(result)
            suggested = await person.autocomplete(world.world.channel, "audit", "instance", "")
            assert suggested == []
        offered = await world.ada.autocomplete(world.world.channel, "audit", "instance", "rad")
        assert offered == [{"name": "Radarr", "value": "radarr"}]


async def test_made_up_values_end_in_an_answer() -> None:
    async with open_acting_world(radarr(STUCK)) as world:
        assert texts.NO_SUCH_SERVER in answer(await ask(world, world.ada, instance="Фильмы"))
        assert "is no span of time" in answer(await ask(world, world.ada, since="yesterday"))
        place = encode_place(AuditFilter(), None)
        options = [discord.SelectOption(label="x", value="9; DROP")]
        select: Any = discord.ui.Select(custom_id=id_of("audit:entry", place), options=options)
        message = await _send(world, EntrySelect(select, place))

        chosen = await world.passing(
            world.ada.select(message, custom_id=id_of("audit:entry", place), values=["9; DROP"])
        )

        assert "There is no such entry." in said(chosen.response.message)


async def test_it_is_repeated_in_a_channel_once_across_restarts() -> None:
    async with open_acting_world(radarr(STUCK), audit_channel="audit") as world:
        channel = world.world.guild.channels["audit"]
        await world.clock.advance(30)
        await fill(world, 12)
        await world.until(lambda: len(channel.history()) == 2)

        assert sum(said(message).count("Remove · Radarr") for message in channel.history()) == 12
        await world.restart()
        await world.clock.advance(60)
        assert len(channel.history()) == 2
        await fill(world, 1)
        await world.until(lambda: len(channel.history()) == 3)


async def fill(world: ActingWorld, count: int) -> None:
    """Write lines into the trail."""
    entry = AuditEntry(
        at=world.clock.now(), actor=7, level=2, action="remove", instance="radarr", result="done"
    )

    def work(connection: Connection) -> None:
        append(connection, *[entry] * count)

    await world.store.run(work)


def _controls(shown: simcord.InteractionResult) -> list[dict[str, Any]]:
    assert shown.response is not None
    return [item for row in shown.response.components for item in row["components"]]


async def _send(world: ActingWorld, item: discord.ui.Item[Any]) -> Any:
    view = discord.ui.View(timeout=None)
    view.add_item(item)
    view.stop()  # the ids alone decide who answers
    channel = world.world.bot.get_channel(world.world.channel.id)
    assert isinstance(channel, discord.TextChannel)
    sent = await channel.send("?", view=view)
    return next(message for message in world.world.channel.history() if message.id == sent.id)
