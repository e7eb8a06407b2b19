"""What Discarr promises for days and nights; `make bench` tries the same at full length."""

import logging
from typing import Any

import pytest

from discarr.monitoring.alerts.brake import MAX_MESSAGES
from tests.endurance import days
from tests.endurance.household import HOUR_S, MINUTE_S, Absence

pytestmark = pytest.mark.timeout(180)  # hours of virtual time, and a machine may have others to run

_EVERY_MINUTE: dict[str, Any] = {"refresh_interval_s": MINUTE_S}
_EVERY_TWO_MINUTES: dict[str, Any] = {"refresh_interval_s": 2 * MINUTE_S}
"""How often is looked, to be done sooner than with the default."""


async def test_lost_requests_are_no_outage() -> None:
    told = await days.lose_requests(hours=5, server_count=1, share=0.05, seed=1, **_EVERY_TWO_MINUTES)

    assert told == []


@pytest.mark.parametrize("period_s", [300, 1200])
async def test_an_hour_of_coming_and_going_is_two_messages_at_most(period_s: float) -> None:
    message_count = await days.flap(period_s=period_s, **_EVERY_MINUTE)

    assert 1 <= message_count <= 2


async def test_a_night_of_imports_is_three_messages_at_most() -> None:
    night = await days.import_night(imports=80, over_h=1.5, starts_h=0.5, **_EVERY_MINUTE)

    assert night.imported == night.told == 80
    assert night.message_count <= 3


@pytest.mark.parametrize("absence", Absence)
async def test_everything_is_told_within_a_minute_of_the_return_of_discord(absence: Absence) -> None:
    after = await days.miss_discord(absence, minutes=30, lag_s=7)

    assert after.missing == frozenset()
    assert after.told_after_s <= 60


async def test_a_healthy_server_is_told_of_by_digests_that_mention_nobody() -> None:
    week = await days.pass_quietly(days=0.12, **_EVERY_MINUTE)

    assert week.others == ()
    assert week.mentions == 0
    assert week.told >= week.imported > 0


async def test_no_storm_makes_more_messages_than_a_channel_bears() -> None:
    storm = await days.storm(minutes=12, server_count=2, restarts=1, seed=1)

    assert storm.most_in_five_minutes <= MAX_MESSAGES
    assert storm.sent > MAX_MESSAGES


async def test_memory_does_not_grow(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)  # pytest keeps what is logged

    grown_bytes = await days.grow(hours=1, warm_up_h=1, server_count=1, **_EVERY_TWO_MINUTES)

    assert grown_bytes < 2**20 * HOUR_S / days.DAY_S
