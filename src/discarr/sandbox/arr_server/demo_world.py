"""The world of the demo: two Radarrs and a Sonarr, or one of each that serves recorded answers."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from discarr.core.clock import Clock
from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.app import ArrServer
from discarr.sandbox.arr_server.demo_scenarios import movies, movies_4k, television
from discarr.sandbox.arr_server.outages import Outage, keep_outages
from discarr.sandbox.arr_server.replay import Replay
from discarr.sandbox.arr_server.scenario_source import ScenarioSource
from discarr.sandbox.arr_server.source import Source
from discarr.sandbox.arr_server.timeline import Window

_REFRESH_EVERY_S = 5.0
"""Faster than the apps' minute, so that a visitor sees something move."""
OUTAGE_OF_4K = Outage(window=Window(first_at_s=90, every_s=420, lasts_s=150))
"""Long enough to be told as down, and often enough to be told as flapping."""


@asynccontextmanager
async def demo_servers(*, clock: Clock, speed: float = 1.0) -> AsyncIterator[Mapping[str, str]]:
    """Run the three instances; yield the settings that lead to them, named as in the environment.

    At `speed` 10 the downloads take a tenth of the time; how often the 4K instance is away stays as it is.
    """
    sources: dict[str, Source] = {
        "RADARR__MOVIES": ScenarioSource(scenario=movies(), speed=speed),
        "RADARR__4K": ScenarioSource(scenario=movies_4k(), speed=speed),
        "SONARR__TV": ScenarioSource(scenario=television(), speed=speed),
    }
    names = {"RADARR__MOVIES": "Movies", "RADARR__4K": "4K", "SONARR__TV": "TV"}
    async with AsyncExitStack() as stack:
        servers = {
            prefix: await stack.enter_async_context(
                ArrServer(source, clock=clock, refresh_every_s=_REFRESH_EVERY_S, instance_name=names[prefix])
            )
            for prefix, source in sources.items()
        }
        async with asyncio.TaskGroup() as group:
            outages = group.create_task(
                keep_outages(servers["RADARR__4K"], OUTAGE_OF_4K, clock=clock), name="outages-of-4k"
            )
            try:
                yield {
                    f"{prefix}__{field}": value
                    for prefix, server in servers.items()
                    for field, value in (
                        ("URL", server.url),
                        ("API_KEY", server.api_key),
                        ("NAME", names[prefix]),
                    )
                }
            finally:
                outages.cancel()


@asynccontextmanager
async def replay_servers(directory: Path, *, clock: Clock) -> AsyncIterator[Mapping[str, str]]:
    """Run one Radarr and one Sonarr that serve recorded answers; yield the settings that lead to them.

    Raises:
        ReplayError: the directory lacks what is needed.
    """
    replay = Replay.from_directory(directory)
    async with (
        ArrServer(
            replay.source(InstanceKind.RADARR), clock=clock, refresh_every_s=_REFRESH_EVERY_S
        ) as radarr,
        ArrServer(
            replay.source(InstanceKind.SONARR), clock=clock, refresh_every_s=_REFRESH_EVERY_S
        ) as sonarr,
    ):
        yield {
            "RADARR_URL": radarr.url,
            "RADARR_API_KEY": radarr.api_key,
            "SONARR_URL": sonarr.url,
            "SONARR_API_KEY": sonarr.api_key,
        }
