"""One simulated instance by hand: ``python -m discarr.sandbox.arr_server --kind radarr --port 7878``."""

import argparse
import asyncio
import contextlib
import sys
from pathlib import Path

from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.app import API_KEY, ArrServer
from discarr.sandbox.arr_server.bulk import BulkQueue
from discarr.sandbox.arr_server.demo_scenarios import movies, television
from discarr.sandbox.arr_server.replay import Replay, ReplayError
from discarr.sandbox.arr_server.scenario_source import ScenarioSource
from discarr.sandbox.arr_server.source import Source


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        source = _source(options)
    except ReplayError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(source, options))
    return 0


async def _serve(source: Source, options: argparse.Namespace) -> None:
    async with ArrServer(
        source,
        port=options.port,
        url_base=options.url_base,
        api_key=options.api_key,
        refresh_every_s=options.refresh_every,
    ) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().create_future()


def _source(options: argparse.Namespace) -> Source:
    kind = InstanceKind(options.kind)
    if options.replay is not None:
        return Replay.from_directory(options.replay).source(kind)
    if options.rows:
        return BulkQueue(kind=kind, row_count=options.rows)
    scenario = movies() if kind is InstanceKind.RADARR else television()
    return ScenarioSource(scenario=scenario, speed=options.speed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m discarr.sandbox.arr_server", description=__doc__)
    parser.add_argument("--kind", choices=[kind.value for kind in InstanceKind], default="radarr")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port (default)")
    parser.add_argument("--url-base", default="", help='for example "/radarr"')
    parser.add_argument("--api-key", default=API_KEY)
    parser.add_argument("--replay", type=Path, metavar="DIR", help="serve recorded answers")
    parser.add_argument("--rows", type=int, default=0, help="serve that many made-up rows")
    parser.add_argument("--speed", type=float, default=1.0, help="of the scripted downloads")
    parser.add_argument("--refresh-every", type=float, default=5.0, metavar="SECONDS")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
