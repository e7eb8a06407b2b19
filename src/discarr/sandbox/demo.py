"""`discarr demo`: the real bot, a simulated Discord in the browser, simulated servers behind it.

Nothing is drawn for the demo: what the page shows was sent by the product's own code.
"""

import asyncio
import os
import sys
import tempfile
import webbrowser
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from simcord import SetupError
from simcord.preview import Preview

from discarr.app import App
from discarr.clients.factory import create_client
from discarr.core.clock import SystemClock
from discarr.core.config import Config
from discarr.core.logging import setup_logging
from discarr.core.redaction import Redactor
from discarr.core.settings import load_settings
from discarr.core.store import Store
from discarr.process import stop_on_signals
from discarr.sandbox.arr_server.demo_scenarios import demo_media
from discarr.sandbox.arr_server.demo_world import demo_servers, replay_servers
from discarr.sandbox.demo_rules import tell_in_channel
from discarr.sandbox.posters import draw_posters
from discarr.sandbox.simulated_discord import SimulatedDiscord, open_simulated_discord

_DESKTOPS = ("darwin", "win32")
_STAND_IN = "the-demo-needs-no-token"
_WELCOME = """\
Discarr is at work here, with no token and no servers:

  {url}

Look at the live message, click its buttons, type / for the commands; switch between Max, a member,
and Olivia, the owner, at the top of the page. Alerts come within a minute; follow a title as Max and
be mentioned, remove or import one as Olivia. /cleanup wants to have watched for six minutes first.
Ctrl-C ends it.
"""
_PORT_TAKEN = "port {port} cannot be used. Name another, or leave --port out."


async def run_demo(*, replay: Path | None = None, speed: float = 1.0, port: int | None = None) -> int:
    """Show the bot at work until interrupted; return the exit code.

    `replay` is a folder of recorded answers to serve instead of the scripted downloads; `speed` makes the
    scripted downloads faster, never the product's own throttles; `port` pins the page's port.

    Raises:
        ReplayError: the folder lacks what is needed.
    """
    stop = asyncio.Event()
    with stop_on_signals(stop):
        async with AsyncExitStack() as stack:
            discord_side, app = await stack.enter_async_context(open_demo(replay=replay, speed=speed))
            logs = setup_logging(app.settings, Redactor(app.settings.secrets()), sys.stderr)
            stack.callback(logs.close)
            pictures = {} if replay else draw_posters(demo_media())
            page = discord_side.preview(port=port, timezone=local_timezone(), pictures=pictures)
            try:
                await stack.enter_async_context(page)
            except SetupError as error:
                reason = _PORT_TAKEN.format(port=port) if port else error
                print(f"The demo cannot start: {reason}", file=sys.stderr)  # noqa: T201
                return 1
            async with asyncio.TaskGroup() as group:
                running = group.create_task(app.run(stop), name="app")
                ticking = group.create_task(discord_side.run(page), name="simulated-discord")
                closing = group.create_task(_stop_when_closed(page, stop), name="page")
                print(_WELCOME.format(url=page.url), flush=True)  # noqa: T201 - the demo's one output
                if _has_display():
                    await asyncio.to_thread(webbrowser.open, page.url)
                await running
                ticking.cancel()
                closing.cancel()
    return 0


@asynccontextmanager
async def open_demo(*, replay: Path | None, speed: float) -> AsyncIterator[tuple[SimulatedDiscord, App]]:
    """Yield a simulated Discord and the product, built over simulated servers; the app is not running yet."""
    async with AsyncExitStack() as stack:
        data_dir = stack.enter_context(tempfile.TemporaryDirectory(prefix="discarr-demo-"))
        server_clock = SystemClock()
        opened = (
            replay_servers(replay, clock=server_clock)
            if replay
            else demo_servers(clock=server_clock, speed=speed)
        )
        environ = await stack.enter_async_context(opened)
        discord_side = await stack.enter_async_context(open_simulated_discord())
        settings = demo_settings(
            environ, discord_side.channel.id, Path(data_dir), owner_id=discord_side.owner.id
        )
        store = await Store.open(settings.data_dir, clock=discord_side.clock)
        stack.push_async_callback(store.close)
        clients = [create_client(config, clock=discord_side.clock) for config in settings.instances]
        app = App(
            settings,
            clock=discord_side.clock,
            store=store,
            clients=clients,
            connection=discord_side.connect,
        )
        await tell_in_channel(app.alerting.desk, discord_side.channel.id)
        yield discord_side, app


def demo_settings(environ: Mapping[str, str], channel_id: int, data_dir: Path, *, owner_id: int) -> Config:
    """Return the settings of the demo, read by the same reader as everybody's."""
    settings = load_settings(
        {
            "DISCORD_TOKEN": _STAND_IN,
            "DISCORD_CHANNEL_ID": str(channel_id),
            "DISCARR_DATA_DIR": str(data_dir),
            "DISCARR_OWNER_USERS": str(owner_id),  # until somebody is named, nobody may remove anything
            "DISCARR_REFRESH_INTERVAL": "5",
            "DISCARR_LOG_LEVEL": "error",  # the 4K instance goes away on purpose
            **environ,
        },
        env_file=None,
        secrets_dir=None,
    )
    # What settings may say starts at minutes, as is right at home.
    return replace(settings, cleanup_strikes=2, cleanup_spacing_minutes=0.25, cleanup_young_hours=0.05)


def local_timezone() -> str:
    """Return the name of this machine's time zone, in words that a browser knows.

    Where it has none (a rule in TZ, a copied file), the zone of the present offset in whole hours.
    """
    named = os.environ.get("TZ", "").lstrip(":") or str(Path("/etc/localtime").resolve())
    name = named.rpartition("zoneinfo/")[2]
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        offset = datetime.now(UTC).astimezone().utcoffset() or timedelta()
        return f"Etc/GMT{-round(offset / timedelta(hours=1)):+d}"  # POSIX counts west of Greenwich
    return name


def _has_display() -> bool:
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or sys.platform in _DESKTOPS)


async def _stop_when_closed(page: Preview, stop: asyncio.Event) -> None:
    await page.wait_closed()
    stop.set()
