"""A later poll of one Radarr and one Sonarr, with titles, after every running download has made progress."""

import asyncio
import gc
import time
from contextlib import AsyncExitStack
from statistics import median

from benchmarks.contenders import CONTENDERS, Contender
from benchmarks.results import Bound, Report, Result
from benchmarks.servers import Servers, running_servers

CASE = "warm refresh"
UNCHANGED = "warm refresh, nothing changed"
MOST_TO_LIMIT = 2.0
LEAST_FASTER_THAN = {"pyarr": 6.0, "aiopyarr": 15.0}


async def measure(report: Report, *, n: int, rounds: int) -> None:
    """Let all contenders poll in turn, `rounds` times."""
    async with running_servers(n) as servers, AsyncExitStack() as stack:
        contenders = {
            name: await stack.enter_async_context(enter(servers.urls)) for name, enter in CONTENDERS.items()
        }
        for name, refresh in contenders.items():
            rows = await refresh()
            assert rows == 2 * n, f"{name} got {rows} of {2 * n} rows"
        times = await _times(servers, contenders, rounds)
        unchanged = [await _time(contenders["discarr"]) for _ in range(rounds)]
    floor = median(times["limit"])
    medians = {name: median(found) for name, found in times.items()}
    results = [_result(CASE, n, name, found, floor) for name, found in medians.items()]
    results.append(_result(UNCHANGED, n, "discarr", median(unchanged), floor))
    report.add(results, _bounds(n, medians))


async def _times(servers: Servers, contenders: dict[str, Contender], rounds: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        await servers.step()
        for name, refresh in contenders.items():
            times[name].append(await _time(refresh))
    return times


async def _time(refresh: Contender) -> float:
    gc.collect()
    await asyncio.sleep(0.05)
    start = time.perf_counter()
    await refresh()
    return (time.perf_counter() - start) * 1000


def _result(case: str, n: int, contender: str, found_ms: float, floor_ms: float) -> Result:
    return Result(case=case, n=n, contender=contender, median_ms=found_ms, ratio_to_limit=found_ms / floor_ms)


def _bounds(n: int, medians: dict[str, float]) -> list[Bound]:
    own = medians["discarr"]
    fastest = {"pyarr": min(medians["pyarr"], medians["pyarr async"]), "aiopyarr": medians["aiopyarr"]}
    kept = [
        Bound(
            what=f"{CASE}, {n:,} rows, to the limit",
            found=own / medians["limit"],
            most=MOST_TO_LIMIT,
            unit="×",
        )
    ]
    kept += [
        Bound(
            what=f"{CASE}, {n:,} rows, part of the time of {name}",
            found=own / fastest[name],
            most=1 / factor,
            unit="×",
        )
        for name, factor in LEAST_FASTER_THAN.items()
    ]
    return kept
