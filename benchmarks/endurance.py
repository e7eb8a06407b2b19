"""Days, nights and disasters in virtual time, and `kill -9` in real time: the promises about being told."""

import logging
import tempfile
from pathlib import Path

from benchmarks.results import Bound, Report
from discarr.monitoring.alerts.brake import MAX_MESSAGES
from tests.endurance import days
from tests.endurance.household import Absence
from tests.endurance.kills import survive

SEEDS = (1, 2, 3)
EVENTS = 10_000
KILLS = 60
"""A little more than fifty: where two fall into one life of the process, one is lost."""
FEWEST_KILLS = 50
_USERS = 500
_MOST_TOLD_AFTER_S = 60.0
_MOST_GROWTH_MIB = 1.0
_FLAPPING_PERIODS_S = (60, 120, 300, 600, 1200)


async def measure_days(report: Report) -> None:
    """Let days pass, in virtual time."""
    logging.disable()
    try:
        for seed in SEEDS:
            told = await days.lose_requests(hours=24, server_count=3, share=0.05, seed=seed)
            report.add([], [_count(f"24 h with 5 % of requests lost (seed {seed}): alerts", len(told), 0)])
        flaps = [await days.flap(period_s=period_s) for period_s in _FLAPPING_PERIODS_S]
        report.add([], [_count("an hour of flapping: messages in a channel", max(flaps), 2)])
        night = await days.import_night(imports=300, over_h=8)
        storm = await days.storm(minutes=30, server_count=3, restarts=4, seed=1)
        report.add(
            [],
            [
                _count("a night of 300 imports: messages", night.message_count, 3),
                _count("a night of 300 imports: imports not told", night.imported - night.told, 0),
                _count(
                    "a storm: messages in a channel in 5 minutes", storm.most_in_five_minutes, MAX_MESSAGES
                ),
            ],
        )
        await _measure_absences(report)
        week = await days.pass_quietly(days=7, refresh_interval_s=60.0)
        grown_bytes = await days.grow(hours=24, warm_up_h=3, server_count=1)
        report.add(
            [],
            [
                _count("a healthy week: mentions", week.mentions, 0),
                _count("a healthy week: messages that are no digest", len(week.others), 0),
                _count("a healthy week: imports not told", max(0, week.imported - week.told), 0),
                _count("24 h: growth of what Python holds", grown_bytes / 2**20, _MOST_GROWTH_MIB, "MiB"),
            ],
        )
    finally:
        logging.disable(logging.NOTSET)


async def _measure_absences(report: Report) -> None:
    """Let Discord be away for half an hour, in every way, and come back at several moments."""
    returns = [
        await days.miss_discord(absence, minutes=30, lag_s=lag_s)
        for absence in Absence
        for lag_s in (0, 11, 23, 37)
    ]
    report.add(
        [],
        [
            _count(
                "Discord away for 30 min: told after its return",
                max(after.told_after_s for after in returns),
                _MOST_TOLD_AFTER_S,
                "s",
            ),
            _count("Discord away for 30 min: not told", sum(len(after.missing) for after in returns), 0),
        ],
    )


async def measure_kills(report: Report) -> None:
    """Kill a process again and again, in real time."""
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            after = await survive(Path(folder), events=EVENTS, kills=KILLS, seed=seed, users=_USERS)
        what = (
            f"{after.events:,} events, {after.kills} × kill -9, {after.dropped} answers dropped,"
            f" {after.repeated} sent again (seed {seed})"
        )
        report.add(
            [],
            [
                _count(f"{what}: events lost", after.lost + after.uncounted, 0),
                _count(f"{what}: events told twice", after.twice, 0),
                _count(f"{what}: kills short of {FEWEST_KILLS}", max(0, FEWEST_KILLS - after.kills), 0),
            ],
        )


def _count(what: str, found: float, most: float, unit: str = "") -> Bound:
    return Bound(what=what, found=found, most=most, unit=unit)
