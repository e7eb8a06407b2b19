"""Who may do what, decided in code on every path."""

import logging
from dataclasses import replace

import discord
import pytest
import simcord

from discarr.discord_bot.ui import texts
from discarr.utils.permissions import Level
from tests.discord_bot.commands.test_user import answer, instance, loaded
from tests.fakes.world import open_world


async def test_a_member_may_not_use_admin_commands() -> None:
    async with open_world([instance()]) as world:
        await loaded(world)

        result = await world.member.slash(world.channel, "verbose")

        assert answer(result) == texts.NOT_ALLOWED[Level.ADMIN]
        assert logging.getLogger("discarr").level != logging.DEBUG


async def test_discords_own_permissions_make_no_admin() -> None:
    async with open_world([instance()]) as world:
        await loaded(world)
        may_all = world.guild.create_role("Manager", permissions=discord.Permissions(administrator=True))
        mia = world.guild.add_member(world.env.create_user("mia"), roles=[may_all])

        assert answer(await mia.slash(world.channel, "verbose")) == texts.NOT_ALLOWED[Level.ADMIN]
        assert "written to the log" in answer(await world.owner.slash(world.channel, "verbose"))


async def test_a_role_from_the_settings_makes_an_admin() -> None:
    roles: list[simcord.RoleHandle] = []

    def add_role(env: simcord.Env) -> None:
        roles.append(env.guild.create_role("Helper"))

    async with open_world([instance()], prepare=add_role) as world:
        await loaded(world)
        await world.end()
        world.settings = replace(world.settings, admin_role_ids=frozenset({roles[0].id}))
        world.start()
        await loaded(world)
        mia = world.guild.add_member(world.env.create_user("mia"), roles=roles)

        assert "written to the log" in answer(await mia.slash(world.channel, "verbose"))


async def test_verbose_logging_ends_by_itself_or_by_hand(caplog: pytest.LogCaptureFixture) -> None:
    async with open_world([instance()]) as world:
        await loaded(world)
        own = logging.getLogger("discarr")

        await world.owner.slash(world.channel, "verbose")
        assert own.level == logging.DEBUG
        await world.clock.advance(31 * 60)
        assert own.level == logging.INFO

        await world.owner.slash(world.channel, "verbose")
        await world.owner.slash(world.channel, "verbose", on=False)
        assert own.level == logging.INFO
