"""Who may do what: every action by every level, by every way in, also where nobody is named an admin."""

from itertools import count
from typing import Any

import discord
import pytest
import simcord

from discarr.core.events import work_of
from discarr.core.models import Download, InstanceKind, Protocol
from discarr.discord_bot.import_drafts import ImportDraft
from discarr.discord_bot.ui.action_controls import OfferButton, OfferSelect, operation_controls
from discarr.discord_bot.ui.action_text import WORDS
from discarr.discord_bot.ui.import_controls import (
    IMPORT_ITEMS,
    ChangeButton,
    EpisodesButton,
    EpisodeSelect,
    FilesButton,
    FileSelect,
    FinishButton,
    SearchButton,
    SeasonSelect,
    TitleSelect,
    WantedButton,
)
from discarr.discord_bot.ui.lasting import LastingSelect, id_of
from discarr.discord_bot.ui.queue_browser import key_token
from discarr.monitoring.acting.journal import Journal
from discarr.monitoring.acting.kinds import ActionKind, capability_of
from discarr.monitoring.acting.operation import Item, Operation, OperationState, Person
from discarr.monitoring.acting.results import Cause
from discarr.monitoring.acting.targets import target_of
from discarr.sandbox.arr_server.scenario import Step, downloading, troubled, waiting
from discarr.utils.permissions import DESTRUCTIVE, REQUIRED, Level
from tests.discord_bot.ui.operations import make_file
from tests.fakes.acting_world import (
    ActingWorld,
    answer,
    controls_of,
    labels_of,
    open_acting_world,
    options_of,
)
from tests.sandbox.arr_server.world import movie_download, radarr

LEVELS = (Level.VIEWER, Level.OPERATOR, Level.ADMIN, Level.OWNER)
REFUSALS = ("You may not do that", "Nobody may do that yet", "This is for Discarr's helpers and admins")
REFUSED = movie_download(
    downloading(90), troubled("not an upgrade"), protocol=Protocol.TORRENT, name="refused"
)
"""Everything but a grab can be done to it; it gets into trouble after the start, so that it is told."""
DELAYED = movie_download(waiting(Step.DELAYED, 60_000), name="delayed")
HELD_BACK = (ActionKind.GRAB,)
SCENARIO = radarr(REFUSED, DELAYED)


def may(kind: ActionKind, level: Level, *, has_admin: bool) -> bool:
    """Say it once more, in words of its own: helpers may all, but what can lose data only under an admin."""
    if kind in (ActionKind.SEARCH, ActionKind.GRAB):
        return level >= Level.OPERATOR
    return has_admin and level >= Level.OPERATOR


def levels(*, has_admin: bool) -> tuple[Level, ...]:
    return LEVELS if has_admin else tuple(level for level in LEVELS if level is not Level.ADMIN)


def download_for(world: ActingWorld, kind: ActionKind) -> Download:
    return world.download("delayed" if kind in HELD_BACK else "refused")


def is_refused(text: str) -> bool:
    return any(words in text for words in REFUSALS)


async def ready(world: ActingWorld) -> None:
    """Wait until the download is in trouble, and people were told of it."""
    await world.until(lambda: world.download("refused").needs_hand)
    await world.until(lambda: alerts(world))


def alerts(world: ActingWorld) -> list[discord.Message]:
    threads = [thread for thread in world.world.channel.threads if thread.name == "Alerts"]
    return [
        message
        for thread in threads
        for message in thread.history()
        if message.embeds and "hand" in (message.embeds[0].title or "")
    ]


@pytest.mark.parametrize("has_admin", [True, False])
async def test_the_table_grants_what_is_written_here(has_admin: bool) -> None:
    async with open_acting_world(SCENARIO, has_admin=has_admin) as world:
        grants = world.world.settings.grants
        for kind in ActionKind:
            capability = capability_of(kind)
            assert (capability in DESTRUCTIVE) is (kind not in (ActionKind.SEARCH, ActionKind.GRAB))
            assert REQUIRED[capability] is Level.OPERATOR
            for level in LEVELS:
                assert grants.allows(level, capability) is may(kind, level, has_admin=has_admin)


@pytest.mark.parametrize("has_admin", [True, False])
@pytest.mark.parametrize("way", ["button", "select"])
async def test_who_may_not_is_refused_whatever_they_press(way: str, has_admin: bool) -> None:
    async with open_acting_world(SCENARIO, has_admin=has_admin) as world:
        await ready(world)
        for kind in ActionKind:
            token = key_token(download_for(world, kind).key)
            view = discord.ui.View(timeout=None)
            if way == "button":
                argument = f"{kind}.{token}"
                view.add_item(OfferButton(id_of("act:do", argument), argument, "Do it"))
            else:
                options = [discord.SelectOption(label=kind, value=kind)]
                select: Any = discord.ui.Select(custom_id=id_of("act:more", token), options=options)
                view.add_item(OfferSelect(select, token))
            message = await world.post(view)
            for level in levels(has_admin=has_admin):
                person = world.people[level]
                before, known = len(await world.operations()), len(await world.audit())
                if way == "button":
                    result = await world.passing(person.click(message, label="Do it"))
                else:
                    custom_id = message.components[0].children[0].custom_id
                    result = await world.passing(person.select(message, custom_id=custom_id, values=[kind]))
                    message = next(item for item in world.world.channel.history() if item.id == message.id)

                text = answer(result)
                is_allowed = may(kind, level, has_admin=has_admin)
                assert is_refused(text) is not is_allowed, (kind, level, text)
                asked = len(await world.operations()) - before
                assert asked == int(is_allowed)
                lines = [line[:2] for line in (await world.audit())[known:]]
                assert lines == [(person.id, kind.value)] * (not is_allowed)
        assert world.written() == []


@pytest.mark.parametrize("has_admin", [True, False])
async def test_who_may_not_import_is_refused_by_every_control_of_the_files(has_admin: bool) -> None:
    async with open_acting_world(SCENARIO, has_admin=has_admin) as world:
        await ready(world)
        download, drafts = world.download("refused"), world.world.app.services.drafts
        for level in levels(has_admin=has_admin):
            if may(ActionKind.IMPORT, level, has_admin=has_admin):
                continue
            person = world.people[level]
            draft = drafts.begin(
                person.id, download.key, work_of(download), InstanceKind.RADARR, (make_file(), make_file())
            )
            for view in controls_of_files(draft):
                message = await world.post(view)
                for custom_id in [item.item.custom_id for item in view.children]:  # type: ignore[attr-defined]
                    known = len(await world.audit())
                    is_select = isinstance(view.children[0], LastingSelect)
                    result = await world.passing(
                        person.select(message, custom_id=custom_id, values=["1"])
                        if is_select
                        else person.click(message, custom_id=custom_id)
                    )
                    if result.modal is not None:
                        (row,) = result.modal["components"]
                        typed = {row["component"]["custom_id"]: "metropolis"}
                        result = await world.passing(person.submit_modal(result, typed))
                    assert is_refused(answer(result)), (level, custom_id)
                    lines = [line[:2] for line in (await world.audit())[known:]]
                    assert lines == [(person.id, "import")]
            assert drafts.find(draft.id, person.id) == draft
        assert await world.operations() == []


def controls_of_files(draft: ImportDraft) -> tuple[discord.ui.View, discord.ui.View]:
    """Return one of each control that has to do with importing by hand: buttons, and selects."""
    buttons, selects = discord.ui.View(timeout=None), discord.ui.View(timeout=None)
    for button, verb, rest in (
        (FilesButton, "files", ".0"),
        (WantedButton, "want", ".0.0"),
        (SearchButton, "find", ".0"),
        (EpisodesButton, "later", ".0.1"),
        (FinishButton, "go", ""),
        (ChangeButton, "change", ""),
    ):
        argument = f"{draft.id}{rest}"
        buttons.add_item(button(id_of(f"imp:{verb}", argument), argument, "x"))
    for choice, verb, rest in (
        (FileSelect, "pick", ""),
        (TitleSelect, "title", ".0"),
        (SeasonSelect, "season", ".0"),
        (EpisodeSelect, "episodes", ".0"),
    ):
        argument = f"{draft.id}{rest}"
        options = [discord.SelectOption(label="x", value="1")]
        select: Any = discord.ui.Select(custom_id=id_of(f"imp:{verb}", argument), options=options)
        selects.add_item(choice(select, argument))
    assert len(buttons.children) + len(selects.children) == len(IMPORT_ITEMS)
    return buttons, selects


@pytest.mark.parametrize("has_admin", [True, False])
@pytest.mark.parametrize("way", ["card", "alert"])
async def test_only_what_somebody_may_do_is_offered(way: str, has_admin: bool) -> None:
    async with open_acting_world(SCENARIO, has_admin=has_admin) as world:
        await ready(world)
        for level in levels(has_admin=has_admin):
            person = world.people[level]
            if way == "card":
                shown = await world.card(person, "refused")
            else:
                shown = await world.passing(person.click(alerts(world)[-1], label="Details"))

            offered = {kind for kind in ActionKind if WORDS[kind].label in labels_of(shown)}
            if any("act:more" in item for item in ids_of(shown)):
                offered |= {ActionKind(value) for value in options_of(shown, "act:more")}
            expected = {
                kind for kind in ActionKind if kind not in HELD_BACK and may(kind, level, has_admin=has_admin)
            }
            assert offered == expected, (level, offered ^ expected)


@pytest.mark.parametrize("has_admin", [True, False])
@pytest.mark.parametrize("way", ["confirmation", "modal"])
async def test_a_question_of_better_days_is_not_carried_out(way: str, has_admin: bool) -> None:
    numbers = count(1)
    async with open_acting_world(SCENARIO, has_admin=has_admin) as world:
        await ready(world)
        targets = {kind: target_of(download_for(world, kind)) for kind in ActionKind}
        for kind in ActionKind:
            for level in levels(has_admin=has_admin):
                person = world.people[level]
                now = world.clock.now()
                operation = Operation(
                    id=f"{next(numbers):016x}",
                    kind=kind,
                    state=OperationState.PENDING,
                    requested_by=person.id,
                    level=Level.OWNER,
                    required_count=1 if way == "modal" else None,
                    created_at=now,
                    expires_at=now.replace(hour=23, minute=59),
                    items=(Item(target=targets[kind]),),
                )
                await Journal(world.store, clock=world.clock).add(operation)
                view = operation_controls(operation)
                assert view is not None
                message = await world.post(view)
                known = len(await world.audit())

                if way == "modal":
                    opened = await world.passing(person.click(message, label="Confirm …"))
                    assert opened.modal is not None
                    (row,) = opened.modal["components"]
                    typed = {row["component"]["custom_id"]: "1"}
                    await world.passing(person.submit_modal(opened, typed))
                else:
                    await world.passing(person.click(message, label="Confirm"))

                found = await world.world.app.acting.desk.find(operation.id)
                assert found is not None
                is_allowed = may(kind, level, has_admin=has_admin)
                assert (found.confirmed_at is not None) is is_allowed, (kind, level)
                refused = [line for line in (await world.audit())[known:] if line[2] == "not allowed"]
                assert refused == [(person.id, kind.value, "not allowed")] * (not is_allowed)


async def test_who_left_meanwhile_is_refused_when_their_turn_comes() -> None:
    async with open_acting_world(SCENARIO) as world:
        await ready(world)
        desk = world.world.app.acting.desk
        person = Person(user_id=world.oscar.id, level=Level.OPERATOR)
        asked = await desk.ask(person, ActionKind.REMOVE, [world.download("refused").key])
        world.world.guild.remove_member(world.oscar)

        await desk.confirm(asked.operation.id, person)
        await world.clock.advance(30)

        ended = await desk.find(asked.operation.id)
        assert ended is not None
        assert ended.state is OperationState.REFUSED
        assert ended.items[0].result is not None
        assert ended.items[0].result.cause is Cause.LEVEL
        assert world.written() == []


def ids_of(shown: simcord.InteractionResult) -> list[str]:
    return [item.get("custom_id", "") for item in controls_of(shown)]
