"""A world in which something is worth removing: seen in trouble for long enough by the real clean-up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import simcord

from discarr.core.models import Protocol
from discarr.monitoring.cleanup.candidates import Collection
from discarr.sandbox.arr_server.scenario import ScriptedDownload, Step, already, troubled, waiting
from tests.fakes.acting_world import ActingWorld, open_acting_world
from tests.sandbox.arr_server.world import movie_download, radarr

SOON = {
    "DISCARR_CLEANUP_YOUNG": "0",
    "DISCARR_CLEANUP_SPACING": "5",
    "DISCARR_CLEANUP_RULES": "failed-import, already-have",
}
_PATIENCE_S = 20.0


def refused(name: str, problem: str) -> ScriptedDownload:
    """Return a complete download that the app would not import."""
    return movie_download(already(1.0), troubled(problem), protocol=Protocol.TORRENT, name=name)


HELD = refused("held", "not an upgrade")
"""Worth blocklisting."""
FAULTY = refused("faulty", "sample")
"""Worth searching for another."""


def fine(count: int) -> list[ScriptedDownload]:
    """Return downloads that are finished and wait for their import: without them, all is bad at once."""
    return [
        movie_download(
            already(1.0),
            waiting(Step.WAITING_FOR_IMPORT, 900_000),
            protocol=Protocol.TORRENT,
            name=f"fine.{number}",
        )
        for number in range(count)
    ]


async def collected(world: ActingWorld) -> Collection:
    """Return what clean-up proposes now."""
    return await world.world.app.cleanup.collect()


async def pass_until_proposed(world: ActingWorld, count: int) -> None:
    """Let time pass until so many downloads are proposed."""
    async with asyncio.timeout(_PATIENCE_S):
        while len((await collected(world)).candidates) < count:
            await world.clock.advance(20)
            await asyncio.sleep(0.002)


@asynccontextmanager
async def open_tidy_world(
    *bad: ScriptedDownload, has_admin: bool = True, environ: dict[str, str] | None = None
) -> AsyncIterator[ActingWorld]:
    """Yield a world in which all these are proposed."""
    downloads = bad or (HELD, FAULTY)
    values = SOON | (environ or {})
    async with open_acting_world(
        radarr(*downloads, *fine(3 * len(downloads))), has_admin=has_admin, environ=values
    ) as world:
        await pass_until_proposed(world, len(downloads))
        yield world


async def cleanup(world: ActingWorld, person: simcord.MemberActor) -> simcord.InteractionResult:
    """Ask what is worth removing."""
    result: simcord.InteractionResult = await world.passing(person.slash(world.world.channel, "cleanup"))
    return result
