"""How far somebody is trusted is asked of Discord anew."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from discarr.discord_bot.home import Home
from discarr.discord_bot.levels import Levels
from discarr.utils.permissions import Level
from tests.fakes.media_client import FakeMediaClient
from tests.fakes.world import World, open_world


@asynccontextmanager
async def open_connected() -> AsyncIterator[World]:
    async with open_world([FakeMediaClient()]) as world:
        await world.shows("Servers")
        yield world


async def test_members_have_the_level_of_the_moment_and_others_are_strangers() -> None:
    async with open_connected() as world:
        levels = world.app.levels
        assert await levels.level_of(world.member.id) is Level.VIEWER
        assert await levels.level_of(world.owner.id) is Level.OWNER
        assert await levels.level_of(99) is Level.STRANGER


async def test_a_discord_that_refuses_to_say_leaves_it_open() -> None:
    async with open_connected() as world:
        world.env.inject_error("GET", "/guilds/*/members/*", status=403, times=1)
        assert await world.app.levels.level_of(world.owner.id) is None
        assert await world.app.levels.level_of(world.owner.id) is Level.OWNER


async def test_without_a_bot_nobody_knows() -> None:
    async with open_connected() as world:
        levels, home = Levels(world.settings.grants), world.bot.home
        assert await levels.level_of(world.owner.id) is None
        levels.attach(home)
        levels.detach(Home(world.bot, 1))
        assert await levels.level_of(world.owner.id) is Level.OWNER
        levels.detach(home)
        assert await levels.level_of(world.owner.id) is None
