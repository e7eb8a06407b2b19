"""The connection to Discord: what Discarr must not ask again, and how it keeps its token."""

import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import chain, repeat

import pytest

from discarr.core.errors import ConfigError, StoreError
from discarr.discord_bot.connection_faults import BAD_TOKEN
from discarr.discord_bot.connection_state import ConnectionPhase
from tests.discord_bot.connection_harness import Harness, discord_and_harness, let_sockets_work
from tests.fakes.discord_server import until, until_count
from tests.fakes.discord_server.faults import cloudflare_block, status

CONNECTING, READY = ConnectionPhase.CONNECTING, ConnectionPhase.READY
RETRYING, STOPPED = ConnectionPhase.RETRYING, ConnectionPhase.STOPPED


@pytest.fixture
async def harness() -> AsyncIterator[Harness]:
    async with discord_and_harness() as harness:
        yield harness


@pytest.mark.parametrize("status_code", [403, 429])
async def test_a_blocked_address_stays_away_for_longer_and_longer(harness: Harness, status_code: int) -> None:
    harness.server.faults.add("GET", "/users/@me", cloudflare_block(status_code), times=5)
    async with harness.running():
        for count in range(1, 6):
            await until_count(harness.clock.waits, count)
            await harness.clock.advance(harness.clock.waits[-1])
        await harness.reach(READY)

    assert harness.clock.waits[:5] == [900, 1800, 3600, 7200, 7200]
    assert f"HTTP {status_code}" in harness.states[1].reason


async def test_a_refused_token_stops_all_calls_but_one_an_hour(harness: Harness) -> None:
    harness.server.faults.add("GET", "/users/@me", status(401), times=2)
    async with harness.running() as task:
        await harness.reach(STOPPED)
        await harness.pass_waits(60, 59)
        await let_sockets_work()
        assert len(harness.server.ledger.requests) == 1
        await harness.pass_waits(60)
        await until_count(harness.server.ledger.requests, 2)
        assert not task.done()
        await harness.pass_waits(60, 60)
        await harness.reach(READY)

    assert harness.phases == [CONNECTING, STOPPED, READY]
    assert (harness.states[1].reason, harness.states[1].remedy) == (BAD_TOKEN.reason, BAD_TOKEN.remedy)


async def test_a_new_token_is_tried_within_a_minute(harness: Harness) -> None:
    right = harness.server.world.token
    harness.tokens = chain(repeat("wrong", 4), repeat(right))
    async with harness.running():
        await harness.reach(STOPPED)
        await harness.pass_waits(60, 3)
        await harness.reach(READY)

    assert harness.phases == [CONNECTING, STOPPED, READY]


@pytest.mark.parametrize("unreadable", [OSError(), ConfigError(("DISCORD_TOKEN_FILE cannot be read",))])
async def test_a_token_that_cannot_be_read_for_a_while_keeps_the_old_one(
    harness: Harness, unreadable: Exception
) -> None:
    harness.server.faults.add("GET", "/users/@me", status(503))
    readings = iter([harness.server.world.token])

    def read_token() -> str:
        for token in readings:
            return token
        raise unreadable

    harness.connection._token_source = read_token
    async with harness.running():
        await harness.reach(RETRYING)
        await harness.clock.advance(5)
        await harness.reach(READY)


@pytest.mark.parametrize(
    ("close_code", "word"),
    [(4004, "token"), (4012, "version of Discarr"), (4013, "intents"), (4014, "intents")],
)
async def test_a_close_that_only_a_person_can_repair_costs_one_identify_an_hour(
    harness: Harness, close_code: int, word: str
) -> None:
    gateway = harness.server.gateway
    gateway.faults.close_codes_on_identify.extend([close_code] * 2)
    async with harness.running():
        await harness.reach(STOPPED)
        assert word in harness.states[-1].reason
        assert harness.states[-1].remedy
        await harness.pass_waits(60, 59)
        await let_sockets_work()
        assert len(gateway.identifies) == 1
        await harness.pass_waits(60)
        await until_count(gateway.identifies, 2)
        await harness.pass_waits(60, 60)
        await harness.reach(READY)

    assert len(gateway.identifies) == 3
    assert harness.phases == [CONNECTING, STOPPED, READY]


async def test_restarts_in_a_loop_do_not_spend_the_identify_budget(harness: Harness) -> None:
    for _ in range(30):
        async with harness.running():
            await until(lambda: harness.phase is READY or 900.0 in harness.clock.waits)
            harness.states.clear()
            harness.connection._state = None

    assert len(harness.server.gateway.identifies) == 21


@pytest.mark.parametrize(("count", "age_h", "wait_h"), [(21, 0, 1), (201, 10, 14)])
async def test_a_spent_budget_waits_until_the_window_clears(
    harness: Harness, count: int, age_h: int, wait_h: int
) -> None:
    harness.remember_identifies(count, age=timedelta(hours=age_h))
    async with harness.running():
        await harness.reach(RETRYING)
        assert "too often" in harness.states[-1].reason
        await harness.pass_waits(900, wait_h * 4)
        await harness.reach(READY)

    assert len(harness.server.gateway.identifies) == 1


async def test_a_session_too_many_is_refused_inside_a_running_client(harness: Harness) -> None:
    async with harness.running():
        await harness.reach(READY)
        harness.remember_identifies(21, age=timedelta(minutes=1))
        await harness.server.gateway.invalidate_session()
        await until(lambda: harness.states[-1].reason == "Discord asked for too many new sessions.")
        await harness.pass_waits(5)
        await harness.pass_waits(900, 4)
        await harness.reach(READY)

    assert len(harness.server.gateway.identifies) == 2


async def test_a_full_disk_costs_neither_the_connection_nor_the_budget(
    harness: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    harness.identify_log.trouble = StoreError("the disk is full", remedy="Make room.")
    gateway = harness.server.gateway
    async with harness.running():
        await harness.reach(READY)
        for count in range(2, 22):
            await gateway.invalidate_session()
            await harness.pass_waits(5)
            await until_count(gateway.identifies, count)
            await harness.reach(READY)
        await gateway.invalidate_session()
        await until(lambda: harness.states[-1].reason == "Discord asked for too many new sessions.")

    assert len(gateway.identifies) == 21
    assert "Make room." in caplog.text


async def test_no_state_or_log_line_carries_the_token(
    harness: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="discarr")
    harness.server.faults.add("GET", "/users/@me", status(401))
    async with harness.running():
        await harness.reach(STOPPED)

    assert harness.server.world.token not in caplog.text + repr(harness.states)
