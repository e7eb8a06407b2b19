"""Cleaning up from the question to the results: the whole bot in a simulated Discord, over simulated apps."""

import asyncio
from dataclasses import replace
from typing import Any

import discord
import pytest
import simcord

from discarr.core.store import Connection, records
from discarr.discord_bot.ui import cleanup_list, texts
from discarr.discord_bot.ui.action_text import WORDS
from discarr.discord_bot.ui.cleanup_controls import (
    CLEANUP_ITEMS,
    ActionSelect,
    AllButton,
    AllowButton,
    AskToAllowButton,
    DryRunButton,
    FocusSelect,
    GoOnButton,
    PageButton,
    PickSelect,
    RenewButton,
)
from discarr.discord_bot.ui.lasting import id_of
from discarr.monitoring.acting.kinds import ActionKind
from discarr.sandbox.arr_server.faults import Fault, FaultKind
from discarr.sandbox.arr_server.scenario import Step, already, downloading, waiting
from discarr.utils.permissions import Level
from tests.fakes.acting_world import (
    ActingWorld,
    answer,
    controls_of,
    id_in,
    labels_of,
    open_acting_world,
    options_of,
    said,
)
from tests.fakes.tidy_world import FAULTY, SOON, cleanup, fine, open_tidy_world, pass_until_proposed
from tests.sandbox.arr_server.world import AMELIE, movie_download, radarr

NOT_FOR_THEM = texts.NOT_ALLOWED[Level.ADMIN]
NOBODY = "Nobody may do that yet. The owner has to name admins in Discarr's settings first."


async def test_from_the_list_to_two_kinds_of_questions_and_their_results() -> None:
    async with open_tidy_world() as world:
        shown = await cleanup(world, world.ada)
        text = answer(shown)
        assert "Clean-up · 2 downloads proposed" in text
        assert "Failed imports · 3 strikes in 10 min · Import refused: only a short sample" in text
        assert "Already in the library · 3 strikes in 10 min" in text
        assert "**0 picked** of at most 5 now" in text
        assert _is_disabled(shown, "Go on (0) …")

        picked = await world.choose(world.ada, shown, "tidy:pick", *options_of(shown, "tidy:pick"))
        assert "**2 picked** of at most 5 now" in answer(picked)

        tried = await world.click(world.ada, picked, "Dry run")
        assert "A dry run: nothing was done" in answer(tried)
        for kind in (ActionKind.REMOVE_SEARCH, ActionKind.REMOVE_BLOCKLIST):
            assert f"**{WORDS[kind].label}** · 1 download" in answer(tried)
        assert "3 strikes in 10 min" in answer(tried)
        assert await world.operations() == []

        asked = await world.click(world.ada, picked, "Go on (2) …")
        questions = [asked.response, *asked.followups]
        kinds = {operation.kind for operation in await world.operations()}
        assert kinds == {ActionKind.REMOVE_BLOCKLIST, ActionKind.REMOVE_SEARCH}
        assert len(questions) == 2
        assert world.written() == []

        for question in questions:
            assert question is not None
            assert question.ephemeral
            assert "3 strikes in 10 min" in said(question.message)
            done = await world.passing(world.ada.click(question.message, label="Confirm"))
            await world.until(lambda done=done: "✓ Done" in said(done.response.message))

        assert len(world.servers[0].removed) == 2
        assert await world.world.app.acting.desk.cleaned_up_today() == 2
        lines = await world.world.app.acting.desk.audit()
        assert all("3 strikes in 10 min" in line.entry.evidence for line in lines)


async def test_what_recovers_between_question_and_confirmation_is_kept_and_that_is_said() -> None:
    slow_for_s = 3000.0
    fast = movie_download(downloading(slow_for_s, until=0.001), downloading(300), name="fast", media=AMELIE)
    complete = movie_download(
        already(0.9),
        waiting(Step.SILENT, slow_for_s),
        downloading(1),
        waiting(Step.UNPACKING),
        name="complete",
    )
    healthy = [movie_download(downloading(10_000), name=f"healthy.{number}") for number in range(8)]
    downloads = [replace(item, size_bytes=1_000_000_000) for item in (fast, complete, *healthy)]
    environ = {
        "DISCARR_CLEANUP_RULES": "failed-import:remove,stalled:remove,slow:remove",
        "DISCARR_CLEANUP_STALLED": "15",
    }
    async with open_acting_world(radarr(*downloads, FAULTY, *fine(3)), environ=SOON | environ) as world:
        began = world.clock.now()
        await pass_until_proposed(world, 3)
        passed_s = (world.clock.now() - began).total_seconds()
        await world.clock.advance(slow_for_s - 60 - passed_s)
        faulty = world.download("faulty")
        chosen = await world.click(world.ada, await cleanup(world, world.ada), "All")
        asked = await world.click(world.ada, chosen, "Go on (3) …")
        await world.clock.advance(180)

        done = await world.click(world.ada, asked, "Confirm")
        await world.until(lambda: "⚠ Done in part" in answer(done))

        text = answer(done)
        assert "1 done · 2 changed meanwhile" in text
        assert "It has recovered meanwhile" in text
        assert "It is loaded completely by now" in text
        assert [removed.download_id for removed in world.servers[0].removed] == [faulty.key.id]
        assert {"fast", "complete"} <= {item.release_title for item in world.downloads}
        results = [line.entry.result for line in await world.world.app.acting.desk.audit(action="remove")]
        assert sorted(results) == ["begun"] * 3 + ["changed"] * 2 + ["confirmed", "done"]


async def test_a_rule_is_looked_at_alone_and_gets_another_action() -> None:
    async with open_tidy_world() as world:
        shown = await cleanup(world, world.ada)

        one = await world.choose(world.ada, shown, "tidy:rule", "already-have")
        assert "Clean-up · 2 downloads proposed · Already in the library" in answer(one)
        assert "Failed imports" not in answer(one)
        assert options_of(one, "tidy:what") == ["-", "remove", "blocklist", "search", "category"]

        changed = await world.choose(world.ada, one, "tidy:what", "remove")
        assert "→ Remove with its data\n" in answer(changed)
        chosen = await world.click(world.ada, changed, "All")
        assert "**1 picked**" in answer(chosen)
        everything = await world.choose(world.ada, chosen, "tidy:rule", "-")
        assert "Failed imports" in answer(everything)
        none = await world.click(world.ada, everything, "None")
        assert "**0 picked**" in answer(none)
        again = await world.click(world.ada, none, "All")
        assert "**2 picked**" in answer(again)

        await world.click(world.ada, again, "Go on (2) …")
        kinds = {operation.kind for operation in await world.operations()}
        assert kinds == {ActionKind.REMOVE_SEARCH, ActionKind.REMOVE}


async def test_no_more_is_picked_than_the_settings_allow_at_a_time_and_in_a_day() -> None:
    environ = {"DISCARR_CLEANUP_PER_RUN": "1", "DISCARR_CLEANUP_PER_DAY": "1"}
    async with open_tidy_world(environ=environ) as world:
        shown = await cleanup(world, world.ada)

        chosen = await world.click(world.ada, shown, "All")
        assert "**1 picked** of at most 1 now" in answer(chosen)
        asked = await world.click(world.ada, chosen, "Go on (1) …")
        late = await cleanup(world, world.ada)
        late = await world.choose(world.ada, late, "tidy:pick", options_of(late, "tidy:pick")[1])
        done = await world.click(world.ada, asked, "Confirm")
        await world.until(lambda: "✓ Done" in answer(done))

        too_many = await world.click(world.ada, late, "Go on (1) …")
        assert cleanup_list.no_room(0) in answer(too_many)
        await world.clock.advance(60)
        used_up = await cleanup(world, world.ada)
        assert cleanup_list.no_room(0) in answer(used_up)
        assert len(world.servers[0].removed) == 1


@pytest.mark.parametrize("has_admin", [True, False])
async def test_who_may_not_clean_up_is_refused_whatever_they_press(has_admin: bool) -> None:
    async with open_acting_world(radarr(*fine(1)), has_admin=has_admin, environ=SOON) as world:
        message, pressing = await _every_control(world)
        refused = [Level.VIEWER, Level.OPERATOR] if has_admin else [Level.VIEWER, Level.OPERATOR, Level.OWNER]
        for level in refused:
            person = world.people[level]
            words = NOBODY if level is Level.OWNER else NOT_FOR_THEM
            assert words in answer(await cleanup(world, person))
            for press in pressing:
                result = await world.passing(press(person, message))
                assert result.acknowledged
                text = _shown(result)
                assert any(
                    expected in text for expected in (words, NOBODY, "You may not do that", cleanup_list.GONE)
                ), text
        assert await world.operations() == []


async def test_a_draft_is_its_owners_and_ends_with_the_process() -> None:
    async with open_tidy_world() as world:
        shown = await cleanup(world, world.ada)
        chosen = await world.click(world.ada, shown, "All")
        draft_id = id_in(chosen, "tidy:go").rpartition(":")[2]
        message = await world.post(_view(GoOnButton(id_of("tidy:go", draft_id), draft_id, "Go on")))

        others = await world.passing(world.world.owner.click(message, label="Go on"))
        assert "Somebody else asked for this" in _shown(others)
        assert (await world.audit())[-1] == (world.people[Level.OWNER].id, "clean up", "not yours")
        await world.restart()
        old = await world.passing(world.ada.click(message, label="Go on"))
        assert cleanup_list.GONE in _shown(old)
        fresh = await world.click(world.ada, chosen, "Renew")
        assert "Clean-up" in answer(fresh)
        assert await world.operations() == []


async def test_who_is_no_admin_any_more_is_refused_and_that_is_written_down() -> None:
    async with open_tidy_world() as world:
        shown = await cleanup(world, world.ada)
        chosen = await world.click(world.ada, shown, "All")
        settings = world.world.settings
        object.__setattr__(settings, "admin_user_ids", frozenset({1}))

        refused = await world.click(world.ada, chosen, "Go on (2) …")

        assert "You may not do that" in answer(refused)
        assert (await world.audit())[-2:] == [
            (world.ada.id, "remove_blocklist", "not allowed"),
            (world.ada.id, "remove_search", "not allowed"),
        ]
        assert await world.operations() == []


async def test_made_up_values_pick_nothing() -> None:
    async with open_tidy_world() as world:
        shown = await cleanup(world, world.ada)
        draft_id = id_in(shown, "tidy:go").rpartition(":")[2]
        view = discord.ui.View(timeout=None)
        place = f"{draft_id}.99999"
        for kind, verb, argument in (
            (PickSelect, "tidy:pick", place),
            (FocusSelect, "tidy:rule", draft_id),
            (ActionSelect, "tidy:what", draft_id),
        ):
            options = [discord.SelectOption(label="x", value="0" * 20)]
            select: Any = discord.ui.Select(custom_id=id_of(verb, argument), options=options)
            view.add_item(kind(select, argument))
        message = await world.post(view)

        for row in list(message.components):
            custom_id = row.children[0].custom_id
            result = await world.passing(world.ada.select(message, custom_id=custom_id, values=["0" * 20]))
            assert "**0 picked**" in _shown(result)
            message = await world.post(view)
        empty = await world.post(_view(GoOnButton(id_of("tidy:go", draft_id), draft_id, "Go on")))
        assert cleanup_list.NOTHING_PICKED in _shown(
            await world.passing(world.ada.click(empty, label="Go on"))
        )
        assert await world.operations() == []


async def test_a_page_that_is_not_there_is_the_nearest_one_and_an_old_list_is_said() -> None:
    async with open_tidy_world() as world:
        shown = await cleanup(world, world.ada)
        place = f"{id_in(shown, 'tidy:go').rpartition(':')[2]}.777"
        message = await world.post(_view(PageButton(id_of("tidy:next", place), place, "Next")))
        turned = await world.passing(world.ada.click(message, label="Next"))
        assert "`1` ☐ **Metropolis**" in _shown(turned)

        place = f"{'0' * 12}.0"
        message = await world.post(_view(PageButton(id_of("tidy:next", place), place, "Next")))
        gone = await world.passing(world.ada.click(message, label="Next"))
        assert cleanup_list.GONE in _shown(gone)


async def test_an_instance_that_disappears_in_the_middle_loses_its_proposals() -> None:
    async with open_tidy_world() as world:
        shown = await cleanup(world, world.ada)
        chosen = await world.click(world.ada, shown, "All")
        asked = await world.click(world.ada, chosen, "Go on (2) …")
        world.servers[0].faults.add(Fault(kind=FaultKind.LOST, times=None))
        await world.until(lambda: world.world.app.cache.snapshot.instances[0].is_stale)

        later = await world.click(world.ada, chosen, "Go on (2) …")
        assert "2 picked downloads left out: not proposed any more" in answer(later)
        renewed = await world.click(world.ada, chosen, "Renew")
        assert "Nothing is proposed for Radarr: Radarr is not available." in answer(renewed)

        done = await world.click(world.ada, asked, "Confirm")
        await world.until(lambda: "Not done" in answer(done) or "Nothing was done" in answer(done))
        assert world.servers[0].removed == []


async def test_nothing_in_trouble_is_said() -> None:
    async with open_acting_world(radarr(*fine(2)), environ=SOON) as world:
        for _ in range(40):
            await world.clock.advance(20)
            await asyncio.sleep(0.002)

        shown = await cleanup(world, world.ada)

        assert "✓ Nothing to clean up" in answer(shown)
        assert labels_of(shown) == ["Renew"]


async def test_after_the_database_was_replaced_an_admin_has_to_allow_it() -> None:
    async with open_tidy_world() as world:

        def lose(connection: Connection) -> None:
            records.put_meta(connection, "cleanup_disarmed_since", records.to_text(world.clock.now()))

        await world.store.run(lose)
        shown = await cleanup(world, world.ada)
        assert "an admin has to allow clean-up again" in answer(shown)

        question = await world.click(world.ada, shown, "Allow clean-up again …")
        assert cleanup_list.ARM_QUESTION in answer(question)
        kept = await world.click(world.ada, question, "Not yet")
        assert cleanup_list.STILL_DISARMED in answer(kept)

        shown = await cleanup(world, world.ada)
        question = await world.click(world.ada, shown, "Allow clean-up again …")
        allowed = await world.click(world.ada, question, "Allow it")
        assert "Clean-up · 2 downloads proposed" in answer(allowed)
        assert (world.ada.id, "arm", "done") in await world.audit()


def _is_disabled(shown: simcord.InteractionResult, label: str) -> bool:
    return next(bool(item.get("disabled")) for item in controls_of(shown) if item.get("label") == label)


def _shown(result: Any) -> str:
    """Return what somebody reads, also where a message was changed in place."""
    parts = [shown.message for shown in (result.response, *result.followups) if shown is not None]
    return "\n".join(said(message) for message in parts)


def _view(*items: discord.ui.Item[Any]) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    for item in items:
        view.add_item(item)
    return view


async def _every_control(world: ActingWorld) -> tuple[Any, list[Any]]:
    """Put one control of every kind where everybody can press it, and say how."""
    draft_id = "0" * 12
    place = f"{draft_id}.0"
    buttons: list[tuple[Any, str, str]] = [
        (PageButton, "tidy:next", place),
        (RenewButton, "tidy:again", draft_id),
        (AllButton, "tidy:all", f"1.{draft_id}"),
        (DryRunButton, "tidy:dry", draft_id),
        (GoOnButton, "tidy:go", draft_id),
        (AskToAllowButton, "tidy:arm", ""),
        (AllowButton, "tidy:allow", "1"),
    ]
    selects: list[tuple[Any, str, str]] = [
        (PickSelect, "tidy:pick", place),
        (FocusSelect, "tidy:rule", draft_id),
        (ActionSelect, "tidy:what", draft_id),
    ]
    assert {kind for kind, _, _ in (*buttons, *selects)} == set(CLEANUP_ITEMS)
    presses: list[Any] = []
    for kind, verb, argument in buttons:
        view = _view(kind(id_of(verb, argument), argument, "Do it"))
        presses.append(_clicking(world, view))
    for kind, verb, argument in selects:
        options = [discord.SelectOption(label="x", value="stalled")]
        select: Any = discord.ui.Select(custom_id=id_of(verb, argument), options=options)
        presses.append(_selecting(world, _view(kind(select, argument)), id_of(verb, argument)))
    return None, presses


def _clicking(world: ActingWorld, view: discord.ui.View) -> Any:
    async def press(person: simcord.MemberActor, _message: Any) -> Any:
        return await person.click(await world.post(view), label="Do it")

    return press


def _selecting(world: ActingWorld, view: discord.ui.View, custom_id: str) -> Any:
    async def press(person: simcord.MemberActor, _message: Any) -> Any:
        return await person.select(await world.post(view), custom_id=custom_id, values=["stalled"])

    return press
