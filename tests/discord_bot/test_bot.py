"""What the bot does beside answering: registering commands, and coping when Discord does not let it."""

import discord
import pytest

from discarr.core.errors import StoreError
from tests.discord_bot.test_home import instance
from tests.fakes.world import World, open_world, until


def registrations(world: World) -> int:
    return sum(
        request.method == "PUT" and request.path.endswith("/commands") for request in world.env.http_requests
    )


async def test_nothing_but_guilds_is_asked_of_the_gateway() -> None:
    async with open_world([instance()]) as world:
        await world.shows("Dune")

        assert world.bot.intents == discord.Intents(guilds=True)


async def test_commands_are_registered_once_and_not_again_at_a_restart() -> None:
    async with open_world([instance()]) as world:
        await world.shows("Dune")
        assert registrations(world) == 1
        await world.end()
        world.start()
        await world.shows("Checked")

        assert registrations(world) == 1


async def test_changed_commands_are_registered_again() -> None:
    async with open_world([instance()]) as world:
        await world.shows("Dune")
        await world.end()
        await world.store.put_meta("commands_hash", "of an earlier version")
        world.start()
        await world.shows("Checked")

        assert registrations(world) == 2


@pytest.mark.parametrize("status", [403, 500])
async def test_the_live_message_does_without_commands(status: int, caplog: pytest.LogCaptureFixture) -> None:
    async with open_world(
        [instance()],
        prepare=lambda env: env.inject_error("PUT", "/applications/*/commands", status=status, times=None),
    ) as world:
        await world.shows("Dune")

        assert "Slash commands could not be registered" in caplog.text


async def test_a_full_disk_costs_neither_commands_nor_the_message(caplog: pytest.LogCaptureFixture) -> None:
    async with open_world([instance()]) as world:
        await world.shows("Dune")
        await world.end()
        await world.owner.delete(world.message)
        await world.store.close()
        world.start()

        await world.shows("Dune")

        await until(lambda: "cannot be remembered" in caplog.text)
        with pytest.raises(StoreError):
            await world.store.get_message("status")
