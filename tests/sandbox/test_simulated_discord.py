import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, override

import discord
import pytest
from discord import app_commands
from simcord.preview import Preview

from discarr.sandbox.simulated_discord import SimulatedClock, SimulatedDiscord, open_simulated_discord
from tests.fakes.world import until

_SOON = timedelta(seconds=2)


class Button(discord.ui.View):
    """One button; its callback waits until the test lets it go."""

    def __init__(self, bot: "Bot") -> None:
        super().__init__(timeout=None)
        self._bot = bot

    @discord.ui.button(label="Press", custom_id="press")
    async def press(self, interaction: discord.Interaction, button: discord.ui.Button[Any]) -> None:
        self._bot.presses += 1
        self._bot.clock_in_callback = self._bot.side.clock.now()
        self._bot.is_pressed.set()
        await self._bot.may_answer.wait()
        if self._bot.failure is not None:
            raise self._bot.failure
        await interaction.response.send_message("pressed", ephemeral=True)

    @override
    async def on_error(
        self, interaction: discord.Interaction, error: Exception, item: discord.ui.Item[Any]
    ) -> None:
        await interaction.response.send_message("failed", ephemeral=True)


class Bot(discord.Client):
    """Stands in for the product: one message with one button."""

    def __init__(self, side: SimulatedDiscord) -> None:
        super().__init__(intents=discord.Intents(guilds=True))
        self.side = side
        self.presses = 0
        self.failure: Exception | None = None
        self.clock_in_callback: datetime | None = None
        self.is_pressed = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    @override
    async def setup_hook(self) -> None:
        self.add_view(Button(self))

    async def write(self, text: str) -> None:
        channel = await self.fetch_channel(self.side.channel.id)
        assert isinstance(channel, discord.TextChannel)
        await channel.send(text, view=Button(self))


@asynccontextmanager
async def open_bot() -> AsyncIterator[tuple[SimulatedDiscord, Bot]]:
    """Yield a simulated Discord with a bot that is online."""
    async with open_simulated_discord() as side:
        bot = Bot(side)
        connected = asyncio.create_task(side.connect(lambda: bot))
        await until(lambda: bot.is_ready() and not side._lock.locked())
        yield side, bot
        connected.cancel()
        await asyncio.wait([connected])


@asynccontextmanager
async def kept_up(side: SimulatedDiscord, page: Preview) -> AsyncIterator[asyncio.Task[None]]:
    """Keep the clock and the page up to date meanwhile."""
    running = asyncio.create_task(side.run(page))
    yield running
    running.cancel()
    await asyncio.wait([running])


async def ticks(side: SimulatedDiscord, count: int) -> None:
    """Wait until SimCord's clock was moved that often."""
    for _ in range(count):
        before = side._env.now()
        await until(lambda before=before: side._env.now() > before)  # type: ignore[misc]


def press(page: Preview) -> dict[str, Any]:
    """What the browser sends for a click on what it has just loaded."""
    payload = page._page_payload(page._open_page(None, None))
    message_id = payload["timeline"][-1]
    return {
        "protocol_version": 3,
        "sequence": 1,
        "request_id": "click",
        "generation": payload["context"]["generation"],
        "bot_generation": payload["botGeneration"],
        "published_revision": payload["publishedRevision"],
        "kind": "click",
        "control_key": f"message:{message_id}:component:0.components.0",
        "target_id": message_id,
        "context": payload["context"]["id"],
    }


async def click(page: Preview, body: dict[str, Any]) -> dict[str, Any]:
    return await page._action(body.pop("context"), body)


async def test_olivia_owns_the_guild_and_max_does_not() -> None:
    async with open_bot() as (side, bot):
        guild = bot.get_guild(side.guild.id)

        assert guild is not None
        assert guild.owner_id == side.owner.id != side.member.id


async def test_the_clock_measures_and_sleeps_in_real_time() -> None:
    clock = SimulatedClock()
    before, began = clock.monotonic(), time.monotonic()

    await clock.sleep(0.01)

    assert clock.monotonic() - before == pytest.approx(time.monotonic() - began, abs=0.005)
    assert abs(clock.now() - datetime.now(UTC)) < _SOON


async def test_the_clock_tells_wall_time_in_a_callback_too() -> None:
    async with open_bot() as (side, bot), side.preview(port=None, timezone="UTC") as page:
        await bot.write("first")
        await page.refresh()

        receipt = await click(page, press(page))

        assert receipt["settlement"] == "settled"
        assert bot.clock_in_callback is not None
        assert abs(bot.clock_in_callback - datetime.now(UTC)) < _SOON


async def test_messages_are_written_at_wall_time() -> None:
    async with open_bot() as (side, bot), side.preview(port=None, timezone="UTC") as page:
        async with kept_up(side, page):
            await ticks(side, 2)
            await bot.write("first")

        assert side.channel.last_message is not None
        assert abs(side.channel.last_message.created_at - datetime.now(UTC)) < _SOON


async def test_the_page_shows_news_at_once_but_not_all_the_time() -> None:
    async with open_bot() as (side, bot), side.preview(port=None, timezone="UTC") as page:
        view = page._open_page(None, None)
        async with kept_up(side, page):
            await bot.write("first")
            await until(lambda: len(page._page_payload(view)["timeline"]) == 1)
            await bot.write("second")
            await ticks(side, 3)

        assert len(page._page_payload(view)["timeline"]) == 1


async def test_a_click_counts_on_a_page_that_was_refreshed_meanwhile() -> None:
    async with open_bot() as (side, bot), side.preview(port=None, timezone="UTC") as page:
        await bot.write("first")
        await page.refresh()
        body = press(page)
        await page.refresh()

        receipt = await click(page, body)

        assert not receipt["rejected"]
        assert bot.presses == 1


@pytest.mark.parametrize(
    ("failure", "settlement"), [(app_commands.CheckFailure(), "settled"), (ValueError(), "failed")]
)
async def test_a_refusal_that_the_bot_explains_is_no_failure_of_the_page(
    failure: Exception, settlement: str
) -> None:
    async with open_bot() as (side, bot), side.preview(port=None, timezone="UTC") as page:
        bot.failure = failure
        await bot.write("first")
        await page.refresh()

        receipt = await click(page, press(page))

        assert receipt["settlement"] == settlement


async def test_ticks_wait_for_a_running_action() -> None:
    async with open_bot() as (side, bot), side.preview(port=None, timezone="UTC") as page:
        await bot.write("first")
        await page.refresh()
        bot.may_answer.clear()
        clicking = asyncio.create_task(click(page, press(page)))
        await bot.is_pressed.wait()
        before = side._env.now()
        async with kept_up(side, page) as running:
            for _ in range(100):
                await asyncio.sleep(0)  # SimCord would refuse a tick now, and end the loop
            assert not running.done()
            assert side._env.now() == before

            bot.may_answer.set()

            assert (await clicking)["settlement"] == "settled"
            await ticks(side, 1)


async def test_an_action_waits_for_a_running_tick() -> None:
    async with open_bot() as (side, bot), side.preview(port=None, timezone="UTC") as page:
        await bot.write("first")
        await page.refresh()
        async with side._lock:
            clicking = asyncio.create_task(click(page, press(page)))
            for _ in range(100):
                await asyncio.sleep(0)
            assert bot.presses == 0

        assert (await clicking)["settlement"] == "settled"
        assert bot.presses == 1


async def test_keeping_up_ends_with_the_page() -> None:
    async with open_bot() as (side, bot), side.preview(port=None, timezone="UTC") as page:
        await bot.write("first")
        await page.close()

        async with asyncio.timeout(5):
            await side.run(page)


async def test_keeping_up_ends_when_the_bot_was_stopped_while_it_arrived() -> None:
    async with open_bot() as (side, _), side.preview(port=None, timezone="UTC") as page:
        arriving = asyncio.create_task(side.connect(lambda: Bot(side)))
        await until(side._lock.locked)
        arriving.cancel()
        await asyncio.wait([arriving])

        async with asyncio.timeout(5):
            await side.run(page)
