import discord
import pytest

from discarr.discord_bot.home import Home
from discarr.discord_bot.line import Line
from discarr.monitoring.alerts.dispatcher import NotNow
from tests.fakes.clock import FakeClock


async def test_a_mistake_in_the_program_is_not_taken_for_trouble_with_discord() -> None:
    line = Line(FakeClock())
    async with discord.Client(intents=discord.Intents.none()) as client:
        line.attach(client, Home(client, 1))

        with pytest.raises(RuntimeError, match="a mistake"):
            async with line.request():
                raise RuntimeError("a mistake")


async def test_it_is_ready_while_there_is_a_bot() -> None:
    line = Line(FakeClock())
    with pytest.raises(NotNow):
        _ = line.home
    async with discord.Client(intents=discord.Intents.none()) as client:
        home = Home(client, 1)
        line.attach(client, home)
        assert line.ready.is_set()
        assert line.home is home

        line.detach(client)

        assert not line.ready.is_set()
