"""Every way in, by everybody: who may not is refused, and that is one line of the audit trail."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import discord
import pytest
import simcord
from discord import app_commands

from discarr.discord_bot.bot import ITEMS, MODALS
from discarr.discord_bot.commands.admin import NEEDED, AdminCommands
from discarr.discord_bot.ui import action_controls
from discarr.discord_bot.ui.audit_pages import ACTIONS
from discarr.discord_bot.ui.lasting import LastingModal, kind_of
from discarr.utils.permissions import Capability, Level
from tests.discord_bot.ways import (
    COMMANDS,
    DRAFT,
    JUDGED_BY_ITS_OPERATION,
    SUGGESTIONS,
    TYPED,
    WAYS,
    Trail,
    asked_by,
    is_refused,
    may,
    people,
    press,
)
from tests.fakes.acting_world import id_in, open_acting_world
from tests.fakes.tidy_world import cleanup, open_tidy_world
from tests.sandbox.arr_server.world import movie_download, radarr


def test_no_control_is_missing() -> None:
    assert {item.kind for item in WAYS} == set(ITEMS)
    assert TYPED.keys() | JUDGED_BY_ITS_OPERATION == set(MODALS)
    for item in WAYS:
        assert item.kind.__discord_ui_compiled_template__.fullmatch(item.id)
        assert item.action in ACTIONS


def test_the_kind_of_a_control_is_told_without_what_stands_in_its_id() -> None:
    assert kind_of("discarr:v1:tidy:pick123:0123456789ab.0") == "tidy:pick"
    assert kind_of("discarr:v1:alert:acknowledge:1:mark") == "alert:acknowledge"
    assert kind_of("discarr:v1:card:1.0123") == "card"
    assert kind_of("discarr:v1:hands") == "hands"
    assert kind_of("another:v1:hands") == ""
    assert all(kind_of(item.id) for item in WAYS)


def test_every_control_that_is_written_is_registered() -> None:
    assert {kind for kind in leaves(discord.ui.DynamicItem) if is_own(kind)} == set(ITEMS)
    assert {kind for kind in leaves(LastingModal) if is_own(kind)} == set(MODALS)
    assert {kind for kind in leaves(discord.ui.Modal) if is_own(kind)} == set(MODALS)


def leaves(kind: type[Any]) -> Iterator[type[Any]]:
    """Yield what nothing else is made of."""
    children: list[type[Any]] = kind.__subclasses__()
    for child in children:
        yield from leaves(child) if child.__subclasses__() else (child,)


def is_own(kind: type) -> bool:
    return kind.__module__.startswith("discarr.")


async def test_no_command_and_nothing_that_suggests_is_missing() -> None:
    async with open_acting_world(radarr(movie_download(name="fine"))) as world:
        found = list(world.world.bot.tree.walk_commands())
        assert all(isinstance(command, app_commands.Command) for command in found)
        commands = [command for command in found if isinstance(command, app_commands.Command)]
        suggesting = {
            (command.name, item.name)
            for command in commands
            for item in command.parameters
            if item.autocomplete
        }

        assert {command.qualified_name for command in commands} == COMMANDS.keys()
        assert suggesting == SUGGESTIONS.keys()
        assert {command.name: COMMANDS[command.name] for command in AdminCommands.__cog_app_commands__} == (
            NEEDED
        )
        assert {registered(kind) for kind in ITEMS} == {
            registered(kind) for kind in world.world.bot._connection._view_store._dynamic_items.values()
        }


def registered(kind: type[discord.ui.DynamicItem[Any]]) -> str:
    return kind.__discord_ui_compiled_template__.pattern


@pytest.mark.parametrize("has_admin", [True, False])
async def test_who_may_not_is_refused_by_every_control_with_one_line_each(has_admin: bool) -> None:
    async with open_acting_world(radarr(movie_download(name="fine")), has_admin=has_admin) as world:
        trail = Trail(world)
        for item in WAYS:
            for level, person in people(world, has_admin=has_admin):
                result = await press(world, person, item)

                is_allowed = may(item.needs, level, has_admin=has_admin)
                assert is_refused(result) is not is_allowed, (item.id, level)
                lines = await trail.refusals()
                assert [line[:2] for line in lines] == [(person.id, item.action)] * (not is_allowed), item.id
                assert all(asked == item.asked or not item.asked for _, _, asked in lines), lines
        assert await world.operations() == []
        assert world.written() == []


async def test_a_list_of_somebody_elses_is_refused_by_every_control_with_one_line_each() -> None:
    async with open_tidy_world() as world:
        draft_id = id_in(await cleanup(world, world.ada), "tidy:go").rpartition(":")[2]
        trail, other = Trail(world), world.people[Level.OWNER]
        own = [item for item in WAYS if item.needs is Capability.CLEAN_UP and DRAFT in item.id]
        assert len(own) == 8
        for item in own:
            result = await press(world, other, replace(item, id=item.id.replace(DRAFT, draft_id)))

            assert is_refused(result), item.id
            assert await trail.refusals() == [(other.id, item.action, item.asked)]
        assert await world.operations() == []


@pytest.mark.parametrize("has_admin", [True, False])
async def test_who_may_not_is_refused_every_command_with_one_line_each(has_admin: bool) -> None:
    async with open_acting_world(radarr(movie_download(name="fine")), has_admin=has_admin) as world:
        trail = Trail(world)
        for name, needs in COMMANDS.items():
            for level, person in people(world, has_admin=has_admin):
                options = {"title": "fine"} if name == "follow" else {}

                result = await world.passing(person.slash(world.world.channel, name, **options))

                is_allowed = may(needs, level, has_admin=has_admin)
                assert is_refused(result) is not is_allowed, (name, level)
                line = (person.id, needs.value, asked_by(f"/{name}"))
                assert await trail.refusals() == [line] * (not is_allowed), name


async def test_nothing_is_suggested_to_who_may_not_and_typing_leaves_no_lines() -> None:
    async with open_acting_world(radarr(movie_download(name="fine"))) as world:
        for (command, option), needs in SUGGESTIONS.items():
            for level, person in people(world, has_admin=True):
                suggested = await person.autocomplete(world.world.channel, command, option, "")
                assert bool(suggested) is may(needs, level, has_admin=True), (command, option, level)
        assert await Trail(world).refusals() == []


async def test_a_modal_that_was_opened_in_better_days_is_refused_with_one_line() -> None:
    async with open_acting_world(radarr(movie_download(name="fine"))) as world:
        trail = Trail(world)
        openers = {item.id.removeprefix("discarr:v1:"): item for item in WAYS}
        for kind, (opener, needs, action) in TYPED.items():
            object.__setattr__(world.world.settings, "admin_user_ids", frozenset({world.ada.id}))
            opened = await press(world, world.ada, openers[opener])
            assert opened.modal is not None
            assert kind.pattern.fullmatch(opened.modal["custom_id"])
            object.__setattr__(world.world.settings, "admin_user_ids", frozenset({1}))
            fields = [row["component"] for row in opened.modal["components"]]
            typed = {
                field["custom_id"]: [field["options"][0]["value"]] if "options" in field else "1"
                for field in fields
            }

            result = await world.passing(world.ada.submit_modal(opened, typed))

            assert is_refused(result), kind
            line = (world.ada.id, action, asked_by(kind_of(opened.modal["custom_id"])))
            assert await trail.refusals() == [line]
            assert not may(needs, Level.VIEWER, has_admin=True)


async def test_a_flood_is_one_line_a_minute_and_each_is_answered() -> None:
    async with open_acting_world(radarr(movie_download(name="fine"))) as world:
        person = world.people[Level.VIEWER]
        for _ in range(2):
            for _ in range(5):
                result = await world.passing(person.slash(world.world.channel, "cleanup"))
                assert is_refused(result)
            await world.clock.advance(61)

        assert len(await Trail(world).refusals()) == 2


async def test_a_refusal_is_answered_also_where_it_cannot_be_written_down(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with open_acting_world(radarr(movie_download(name="fine"))) as world:
        world.store.is_full = True
        person = world.people[Level.VIEWER]
        offer = next(item for item in WAYS if item.kind is action_controls.OfferButton)

        commanded = await world.passing(person.slash(world.world.channel, "cleanup"))
        pressed = await press(world, person, offer)

        world.store.is_full = False
        assert is_refused(commanded)
        assert is_refused(pressed)
        assert await Trail(world).refusals() == []
        assert caplog.text.count("A refusal is not in the audit trail") == 2


async def test_levels_are_found_by_the_ids_of_roles_and_not_by_their_names() -> None:
    roles: dict[Level, simcord.RoleHandle] = {}

    def make_roles(env: simcord.Env) -> dict[str, str]:
        levels = (Level.OPERATOR, Level.ADMIN, Level.OWNER)
        roles.update({level: env.guild.create_role(f"Discarr {level.name}") for level in levels})
        return {f"DISCARR_{level.name}_ROLES": str(role.id) for level, role in roles.items()}

    async with open_acting_world(radarr(movie_download(name="fine")), make_roles=make_roles) as world:
        guild, env = world.world.guild, world.world.env
        for level, role in roles.items():
            trusted = guild.add_member(env.create_user(f"by-id-{level}"), roles=[role])
            namesakes = [guild.create_role(name) for name in (role.name, str(role.id))]
            namesake = guild.add_member(env.create_user(f"by-name-{level}"), roles=namesakes)
            for person, found in ((trusted, level), (namesake, Level.VIEWER)):
                for item in {item.needs: item for item in WAYS}.values():
                    result = await press(world, person, item)
                    assert is_refused(result) is not may(item.needs, found, has_admin=True), (item.id, level)
                for name, needs in COMMANDS.items():
                    options = {"title": "fine"} if name == "follow" else {}
                    result = await world.passing(person.slash(world.world.channel, name, **options))
                    assert is_refused(result) is not may(needs, found, has_admin=True), (name, level)
