"""`python -m benchmarks`: measure, print the table, write `build/bench.json`; 1 when a promise is broken."""

import argparse
import asyncio
import sys
from pathlib import Path

from benchmarks import cleanup, first_load, idle_memory, warm_refresh, whole_product
from benchmarks.results import Report

_OUTPUT = Path("build/bench.json")
_ROUNDS = {1_000: 11, 10_000: 7}


async def _measure(*, rounds: int | None) -> Report:
    report = Report()
    for n, usual in _ROUNDS.items():
        _say(f"warm refresh of {n:,} + {n:,} rows …")
        await warm_refresh.measure(report, n=n, rounds=rounds or usual)
    longest = max(_ROUNDS)
    _say("first load …")
    await first_load.measure(report, n=longest)
    _say("stalls and rendering …")
    await whole_product.measure(report, n=longest, rounds=rounds or 5)
    _say("clean-up …")
    await cleanup.measure(report, rounds=rounds or 11)
    _say("idle memory …")
    await idle_memory.measure(report)
    return report


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Run everything."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=None, help="rounds of every case, for a quick look")
    report = asyncio.run(_measure(rounds=parser.parse_args().rounds))
    report.write(_OUTPUT)
    print(report)
    print(f"\nWritten to {_OUTPUT}. {'Every promise is kept.' if report.is_good else 'A promise is BROKEN.'}")
    return 0 if report.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
