"""Who may do what, decided in code on every path."""

import logging

import discord
import pytest

from discarr.discord_bot.ui import texts
from tests.discord_bot.commands.test_user import answer, instance, loaded
from tests.fakes.world import open_world


async def test_a_member_may_not_use_admin_commands_even_where_discord_would_let_them() -> None:
    async with open_world([instance()]) as world:
        await loaded(world)
        verbose = next(
            command for command in await world.bot.tree.fetch_commands() if command.name == "verbose"
        )
        world.guild.set_command_permissions(verbose.id, {world.guild.default_role: True})

        result = await world.member.slash(world.channel, "verbose")

        assert answer(result) == texts.NOT_ALLOWED
        assert not world.app.log_level.is_verbose


async def test_configured_roles_decide_and_manage_server_does_not() -> None:
    async with open_world([instance()], environ={"DISCARR_ADMIN_ROLES": "1"}) as world:
        await loaded(world)
        may_manage = world.guild.create_role("Manager", permissions=discord.Permissions(manage_guild=True))
        mia = world.guild.add_member(world.env.create_user("mia"), roles=[may_manage])

        assert answer(await mia.slash(world.channel, "verbose")) == texts.NOT_ALLOWED
        assert "written to the log" in answer(await world.owner.slash(world.channel, "verbose"))


async def test_without_configured_roles_manage_server_is_enough() -> None:
    async with open_world([instance()]) as world:
        await loaded(world)
        may_manage = world.guild.create_role("Manager", permissions=discord.Permissions(manage_guild=True))
        mia = world.guild.add_member(world.env.create_user("mia"), roles=[may_manage])

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
