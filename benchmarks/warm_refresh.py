"""A later poll of one Radarr and one Sonarr, with titles, when a few downloads of each have made progress.

That is how long queues are: a download client works on some twenty at a time, the others wait. They are
spread over the whole queue, so that nearly every page differs from the poll before. Both extremes are shown
beside it.
"""

import asyncio
import gc
import time
from contextlib import AsyncExitStack
from statistics import median

from benchmarks.contenders import CONTENDERS, Contender
from benchmarks.results import Bound, Report, Result
from benchmarks.servers import Servers, running_servers

CASE = "warm refresh"
ALL_CHANGED = "warm refresh, all changed"
UNCHANGED = "warm refresh, nothing changed"
MOVING = 20
"""Downloads of each app that made progress since the poll before."""
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
        times = await _times(servers, contenders, rounds, share=MOVING / n)
        ours = {name: contenders[name] for name in ("limit", "discarr")}
        all_changed = await _times(servers, ours, rounds, share=1.0)
        unchanged = await _times(servers, ours, rounds, share=0.0)
    for case, found in ((CASE, times), (ALL_CHANGED, all_changed), (UNCHANGED, unchanged)):
        report.add(_results(case, n, found), _bounds(n, found) if case == CASE else ())


async def _times(
    servers: Servers, contenders: dict[str, Contender], rounds: int, *, share: float
) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    for turn in range(rounds):
        await servers.step(share)
        await servers.warm_up()
        # Whoever comes first finds cold caches, so each does in turn.
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            times[name].append(await _time(contenders[name]))
    return times


async def _time(refresh: Contender) -> float:
    gc.collect()
    await asyncio.sleep(0.05)
    start = time.perf_counter()
    await refresh()
    return (time.perf_counter() - start) * 1000


def _results(case: str, n: int, times: dict[str, list[float]]) -> list[Result]:
    floor = median(times["limit"])
    return [
        Result(case=case, n=n, contender=name, median_ms=median(found), ratio_to_limit=median(found) / floor)
        for name, found in times.items()
    ]


def _bounds(n: int, times: dict[str, list[float]]) -> list[Bound]:
    medians = {name: median(found) for name, found in times.items()}
    own = medians["discarr"]
    others = {"pyarr": min(medians["pyarr"], medians["pyarr async"]), "aiopyarr": medians["aiopyarr"]}
    what = f"{CASE}, {n:,} rows"
    return [
        Bound(what=f"{what}, to the limit", found=own / medians["limit"], most=MOST_TO_LIMIT, unit="×"),
        *(
            Bound(what=f"{what}, part of {name}", found=own / others[name], most=1 / factor, unit="×")
            for name, factor in LEAST_FASTER_THAN.items()
        ),
    ]
