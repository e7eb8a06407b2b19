"""Resident memory of a connected Discarr with nothing to do, and of a bare discord.py beside it.

Both run as the image runs Discarr: without docstrings, and compiled beforehand.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.results import Bound, Report
from benchmarks.servers import running_servers
from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.app import API_KEY
from tests.fakes.discord_server import DiscordServer, running_discord, until

MOST_MB = 20.0
_ROWS = 20
_SETTLE_S = 6.0
_START_S = 60.0
_AS_IN_THE_IMAGE = {
    "PYTHONOPTIMIZE": "2",
    "PYTHONDONTWRITEBYTECODE": "",
    "PYTHONPYCACHEPREFIX": "build/pycache",
}


async def measure(report: Report) -> None:
    """Run one after the other against the same stand-in for Discord."""
    async with running_servers(_ROWS) as servers, running_discord() as discord_server:
        bare = await _rss_mb("bare", discord_server, {})
        settings = {
            "DISCORD_TOKEN": discord_server.world.token,
            "DISCORD_CHANNEL_ID": str(discord_server.world.channel_id),
            "RADARR_URL": servers.urls[InstanceKind.RADARR],
            "RADARR_API_KEY": API_KEY,
            "SONARR_URL": servers.urls[InstanceKind.SONARR],
            "SONARR_API_KEY": API_KEY,
        }
        own = await _rss_mb("discarr", discord_server, settings)
    what = f"idle memory above bare discord.py ({bare:.1f} MB; Discarr {own:.1f} MB)"
    report.add([], [Bound(what=what, found=own - bare, most=MOST_MB, unit="MB")])


async def _rss_mb(who: str, discord_server: DiscordServer, settings: Mapping[str, str]) -> float:
    for settle_s in (0.0, _SETTLE_S):  # the first run compiles what is not compiled yet
        discord_server.world.messages.clear()
        async with _running(who, discord_server, settings) as pid:
            await until(lambda: discord_server.gateway.is_connected, timeout_s=_START_S)
            if who == "discarr":
                await until(lambda: bool(discord_server.world.messages), timeout_s=_START_S)
            await asyncio.sleep(settle_s)
            resident_mb = _resident_mb(pid)
        await until(lambda: not discord_server.gateway.is_connected)
    return resident_mb


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@asynccontextmanager
async def _running(
    who: str, discord_server: DiscordServer, settings: Mapping[str, str]
) -> AsyncIterator[int]:
    with tempfile.TemporaryDirectory() as data_dir:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "benchmarks.idle_process",
            who,
            discord_server.api_url,
            discord_server.gateway.url,
            discord_server.world.token,
            env={**os.environ, **_AS_IN_THE_IMAGE, **settings, "DISCARR_DATA_DIR": data_dir},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            yield process.pid
        finally:
            process.terminate()
            await process.wait()
