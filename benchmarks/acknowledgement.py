"""How soon Discord hears that a click has arrived, while one instance hangs and another is long.

Everything is on real sockets: the stand-in of Discord with its gateway, a simulated Radarr in a process of
its own, and a Sonarr that takes connections and never answers. What is measured is the time from the event on
the gateway to the callback, the stand-in's own work included.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import cycle, islice
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks.results import Bound, Report, Result
from benchmarks.servers import running_servers
from discarr.app import App
from discarr.clients.factory import create_client
from discarr.core.clock import SystemClock
from discarr.core.config import Config
from discarr.core.memory import settle_memory
from discarr.core.models import InstanceKind, InstanceState
from discarr.core.settings import load_settings
from discarr.core.store import IdentifyRecords, Store
from discarr.discord_bot.connection import GatewayConnection
from discarr.discord_bot.ui.controls import status_controls
from discarr.sandbox.arr_server.app import API_KEY
from tests.fakes.discord_server import DiscordServer, running_discord, until
from tests.fakes.discord_server.interactions import OpenInteraction

ROWS = 2_000
MOST_MS = 500.0
_COUNT = 50
"""Interactions in each round."""
_BURST = 5
"""How many of them come at the same time."""
_APART_S = 0.1
_PATIENCE_S = 60.0
_ACKNOWLEDGEMENTS = {5, 8}
"""A message that is being thought of, and suggestions: nothing is refused."""
_COMMANDS = ("queue", "progress", "health", "check", "alerts", "cleanup", "audit")
_BUTTONS = ("discarr:v1:browse:0:::", "discarr:v1:hands", "discarr:v1:refresh")


async def measure(report: Report, *, rounds: int) -> None:
    """Press and ask, again and again, and look how long each acknowledgement took."""
    clock = SystemClock()
    stop = asyncio.Event()
    async with running_servers(ROWS) as servers, hanging_server() as hanging, running_discord() as server:
        with tempfile.TemporaryDirectory() as folder:
            settings = _settings(servers.urls[InstanceKind.RADARR], hanging, server, Path(folder))
            store = await Store.open(Path(folder), clock=clock)
            try:
                app = App(
                    settings,
                    clock=clock,
                    store=store,
                    clients=[create_client(config, clock=clock) for config in settings.instances],
                    connection=GatewayConnection(
                        lambda: server.world.token,
                        clock=clock,
                        identify_log=IdentifyRecords(store),
                        on_state=lambda _: None,
                    ),
                )
                async with asyncio.TaskGroup() as group:
                    group.create_task(app.run(stop), name="app")
                    await until(lambda: _is_ready(app, server), timeout_s=_PATIENCE_S)
                    settle_memory()
                    found_ms = [taken for _ in range(rounds) for taken in await _round(server)]
                    stop.set()
            finally:
                await store.close()
    slowest_percent = quantiles(found_ms, n=100, method="inclusive")[-1]
    report.add(
        [
            Result(case=case, n=ROWS, contender="discarr", median_ms=found, ratio_to_limit=found / MOST_MS)
            for case, found in (
                ("acknowledgement while an instance hangs", median(found_ms)),
                ("… at the 99th percentile", slowest_percent),
                ("… at worst", max(found_ms)),
            )
        ],
        [
            Bound(
                what="acknowledgement while an instance hangs, 99 %",
                found=slowest_percent,
                most=MOST_MS,
                unit="ms",
            )
        ],
    )


@asynccontextmanager
async def hanging_server() -> AsyncIterator[str]:
    """Yield the address of something that takes connections and never answers."""
    open_for_ever = asyncio.Event()

    async def hang(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await open_for_ever.wait()
        finally:
            writer.close()

    listening = await asyncio.start_server(hang, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    finally:
        listening.close()
        open_for_ever.set()


async def _round(server: DiscordServer) -> list[float]:
    """Send interactions in bursts and return the milliseconds after which each was acknowledged."""
    sent: list[tuple[str, float]] = []
    for number, payload in enumerate(islice(_interactions(server), _COUNT)):
        sent.append((payload["token"], time.monotonic()))
        await server.gateway.push("INTERACTION_CREATE", payload)
        if (number + 1) % _BURST == 0:
            await asyncio.sleep(_APART_S)
    asked = [(server.interactions[token], began) for token, began in sent]
    await until(
        lambda: all(interaction.answered_at is not None for interaction, _ in asked), timeout_s=_PATIENCE_S
    )
    assert {interaction.answer_type for interaction, _ in asked} == _ACKNOWLEDGEMENTS
    # Nothing is left in the air when the app ends; looking again takes as long as the hanging instance may.
    await until(lambda: all(_is_answered(interaction) for interaction, _ in asked), timeout_s=_PATIENCE_S)
    return [
        (interaction.answered_at - began) * 1000
        for interaction, began in asked
        if interaction.answered_at is not None
    ]


def _is_answered(interaction: OpenInteraction) -> bool:
    """Whether somebody reads more than that it is being thought of."""
    message = interaction.original
    return message is None or bool(message["content"] or message["embeds"])


def _interactions(server: DiscordServer) -> Iterator[dict[str, Any]]:
    world, owner = server.world, server.world.owner_id
    message = world.message({"content": "", "components": status_controls(1).to_components()})
    for command, button in zip(cycle(_COMMANDS), cycle(_BUTTONS), strict=False):
        yield server.interactions.slash(command, user_id=owner)
        yield server.interactions.press(button, message, user_id=owner)
        yield server.interactions.suggest("queue", "text", "m", user_id=owner)


def _is_ready(app: App, server: DiscordServer) -> bool:
    instance = app.cache.snapshot.instance("radarr")
    return (
        server.gateway.is_connected
        and instance is not None
        and instance.state is InstanceState.UP
        and app.sink.line.ready.is_set()
    )


def _settings(radarr_url: str, sonarr_url: str, server: DiscordServer, folder: Path) -> Config:
    environ = {
        "DISCORD_TOKEN": server.world.token,
        "DISCORD_CHANNEL_ID": str(server.world.channel_id),
        "DISCARR_OWNER_USERS": str(server.world.owner_id),
        "DISCARR_DATA_DIR": str(folder),
        "DISCARR_REFRESH_INTERVAL": "5",
        "RADARR_URL": radarr_url,
        "RADARR_API_KEY": API_KEY,
        "SONARR_URL": sonarr_url,
        "SONARR_API_KEY": API_KEY,
    }
    return load_settings(environ, env_file=None, secrets_dir=None)
