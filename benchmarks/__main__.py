"""`python -m benchmarks`: measure, print the table, write `build/bench.json`; 1 when a promise is broken."""

import argparse
import asyncio
import sys
from collections.abc import Collection
from pathlib import Path

from benchmarks import (
    acknowledgement,
    cleanup,
    endurance,
    first_load,
    idle_memory,
    sudden_change,
    warm_refresh,
    whole_product,
)
from benchmarks.results import Report

_OUTPUT = Path("build/bench.json")
_PARTS = ("speed", "stalls", "clean-up", "answers", "memory", "days", "kills")
_ROUNDS = {1_000: 11, 10_000: 7}


async def _measure(parts: Collection[str], *, rounds: int | None) -> Report:
    report = Report()
    longest = max(_ROUNDS)
    if "speed" in parts:
        for n, usual in _ROUNDS.items():
            _say(f"warm refresh of {n:,} + {n:,} rows …")
            await warm_refresh.measure(report, n=n, rounds=rounds or usual)
        _say("first load …")
        await first_load.measure(report, n=longest)
    if "stalls" in parts:
        _say("stalls and rendering …")
        await whole_product.measure(report, n=longest, rounds=rounds or 5)
        _say("ten queues that change at once …")
        await sudden_change.measure(report, n=longest, rounds=rounds or 3)
    if "clean-up" in parts:
        _say("clean-up …")
        await cleanup.measure(report, rounds=rounds or 11)
    if "answers" in parts:
        _say("acknowledgements …")
        await acknowledgement.measure(report, rounds=rounds or 5)
    if "memory" in parts:
        _say("idle memory …")
        await idle_memory.measure(report)
    if "days" in parts:
        _say("days in virtual time …")
        await endurance.measure_days(report)
    if "kills" in parts:
        _say("kill -9 …")
        await endurance.measure_kills(report)
    return report


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Run everything."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=None, help="rounds of every case, for a quick look")
    parser.add_argument("--only", nargs="+", choices=_PARTS, default=_PARTS, help="parts to be measured")
    chosen = parser.parse_args()
    report = asyncio.run(_measure(chosen.only, rounds=chosen.rounds))
    report.write(_OUTPUT)
    print(report)
    print(f"\nWritten to {_OUTPUT}. {'Every promise is kept.' if report.is_good else 'A promise is BROKEN.'}")
    return 0 if report.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
