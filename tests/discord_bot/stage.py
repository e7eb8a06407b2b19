"""A simulated Discord in which a download got stuck and people were told, and what they do about it."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import discord
import simcord

from discarr.core.models import Download, DownloadKey, QueueStatus, TrackedState, TrackedStatus
from tests.factories import make_download
from tests.fakes.media_client import FakeMediaClient
from tests.fakes.world import World, embed_text, open_world

_PATIENCE_S = 20.0

type Actor = simcord.MemberActor | simcord.UserHandle
type Shown = discord.Message | simcord.InteractionResult


def movie(name: str, number: int = 1, **overrides: Any) -> Download:
    """Return a movie that is loading; its number tells it from others."""
    key = DownloadKey(overrides.pop("instance", "radarr"), "d", f"H{number}")
    values: dict[str, Any] = {"key": key, "title": name, "year": None, "media_id": number}
    return make_download(**(values | overrides))


def stuck(name: str, number: int = 50, **overrides: Any) -> Download:
    """Return a movie whose import was refused."""
    values: dict[str, Any] = {
        "status": QueueStatus.COMPLETED,
        "tracked_status": TrackedStatus.WARNING,
        "tracked_state": TrackedState.IMPORT_PENDING,
    }
    return movie(name, number, **(values | overrides))


@asynccontextmanager
async def open_quiet(
    *downloads: Download,
    environ: Mapping[str, str] | None = None,
    prepare: Callable[[simcord.Env], None] | None = None,
) -> AsyncIterator[tuple[World, FakeMediaClient]]:
    """Yield a world whose one server was looked at already, and that server."""
    client = FakeMediaClient(name="Movies")
    client.downloads = downloads or (movie("Arrival"),)
    async with open_world([client], environ=environ, prepare=prepare) as world:
        await settle_in(world)
        yield world, client


@asynccontextmanager
async def open_told(
    *downloads: Download, environ: Mapping[str, str] | None = None
) -> AsyncIterator[tuple[World, FakeMediaClient]]:
    """Yield a world in which these downloads, "Sunshine" by default, need a hand and people were told."""
    async with open_quiet(environ=environ) as (world, client):
        await get_stuck(world, client, *downloads)
        yield world, client


async def get_stuck(world: World, client: FakeMediaClient, *downloads: Download) -> None:
    """Let these downloads, "Sunshine" by default, need a hand and people be told."""
    client.downloads = (*client.downloads, *(downloads or (stuck("Sunshine"),)))
    await passes(world, lambda: told(world) is not None)


async def settle_in(world: World) -> None:
    """Let the first look, which is no news, be over."""
    await world.shows("Checked")
    later = world.clock.now() + timedelta(seconds=40)
    await passes(world, lambda: world.clock.now() >= later)


async def passes(world: World, is_so: Callable[[], object], *, step_s: float = 5.0) -> None:
    """Let time pass until something holds."""
    async with asyncio.timeout(_PATIENCE_S):
        while not is_so():
            await world.step(step_s)


async def restart(world: World) -> None:
    """Let the process end, and another one begin."""
    await world.end()
    world.start()
    await world.shows("Checked")


def told(world: World) -> discord.Message | None:
    """Return the latest message with an embed in the thread for alerts."""
    threads = [thread for thread in world.channel.threads if thread.name == "Alerts"]
    messages = [message for thread in threads for message in thread.history() if message.embeds]
    return messages[-1] if messages else None


def alert_in(world: World) -> discord.Message:
    message = told(world)
    assert message is not None
    return message


def message_of(shown: Shown) -> discord.Message:
    if isinstance(shown, discord.Message):
        return shown
    assert shown.response is not None
    return shown.response.message


def said(result: simcord.InteractionResult, *, is_on_public: bool = False) -> str:
    """Return what the person reads: in time, and in private unless it took the place of a public message."""
    assert result.acknowledged
    response = result.followups[-1] if result.followups else result.response
    assert response is not None
    assert response.ephemeral is not is_on_public
    return "\n".join([response.content, *map(embed_text, response.embeds)])


def buttons(shown: Shown) -> list[str]:
    """Return the labels of the buttons that can be pressed."""
    return [
        child.label or ""
        for row in message_of(shown).components
        if isinstance(row, discord.ActionRow)
        for child in row.children
        if isinstance(child, discord.Button) and not child.disabled
    ]


def select_in(shown: Shown, verb: str) -> discord.SelectMenu:
    """Return the select whose id begins with a verb."""
    return next(
        child
        for row in message_of(shown).components
        if isinstance(row, discord.ActionRow)
        for child in row.children
        if isinstance(child, discord.SelectMenu) and re.match(rf"discarr:v1:{verb}\d*:", child.custom_id)
    )


async def press(actor: Actor, shown: Shown, label: str) -> simcord.InteractionResult:
    return await actor.click(message_of(shown), label=label)


async def pick(actor: Actor, shown: Shown, verb: str, *values: Any) -> simcord.InteractionResult:
    """Choose in a select; without values its first option."""
    select = select_in(shown, verb)
    chosen = list(values) or [select.options[0].value]
    return await actor.select(message_of(shown), chosen, custom_id=select.custom_id)


async def fill(actor: Actor, shown: simcord.InteractionResult, **values: str) -> simcord.InteractionResult:
    """Submit the modal that was opened."""
    assert shown.modal is not None
    return await actor.submit_modal(shown, values)


async def forge(world: World, *controls: discord.ui.Item[Any] | str) -> discord.Message:
    """Return a message with controls that were made up; a text is the id of a button."""
    view = discord.ui.View(timeout=None)
    for control in controls:
        item = discord.ui.Button[Any](label="x", custom_id=control) if isinstance(control, str) else control
        view.add_item(item)
    channel = world.bot.get_channel(world.channel.id)
    assert isinstance(channel, discord.TextChannel)
    return await channel.send("made up", view=view)
