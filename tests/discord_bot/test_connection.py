"""The connection to Discord: what comes back by itself, and how it ends."""

import asyncio
import logging
from collections.abc import AsyncIterator

import discord
import pytest

from discarr.discord_bot.connection import CLOSE_TIMEOUT_S, FORCED_CLOSE_TIMEOUT_S
from discarr.discord_bot.connection_state import ConnectionPhase
from tests.discord_bot.connection_harness import Harness, discord_and_harness, let_sockets_work
from tests.fakes.contract import assert_valid_for_discord
from tests.fakes.discord_server import until, until_count
from tests.fakes.discord_server.faults import Fault, Reply, Reset, rate_limited, status

CONNECTING, READY = ConnectionPhase.CONNECTING, ConnectionPhase.READY
RETRYING, STOPPED = ConnectionPhase.RETRYING, ConnectionPhase.STOPPED


@pytest.fixture
async def harness() -> AsyncIterator[Harness]:
    async with discord_and_harness() as harness:
        yield harness


async def test_comes_online_and_says_so_once(harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="discarr")

    async with harness.running():
        await harness.reach(READY)

    assert harness.phases == [CONNECTING, READY]
    assert [line.getMessage() for line in caplog.records if line.name.startswith("discarr")] == [
        "Discord: connecting.",
        "Discord: ready.",
    ]
    assert len(harness.server.gateway.identifies) == len(harness.identify_log.identifies) == 1


async def test_asks_discord_for_nothing_it_does_not_know(harness: Harness) -> None:
    async with harness.running():
        await harness.reach(READY)

    assert_valid_for_discord(harness.server.ledger.requests)


async def test_cancellation_closes_the_client_in_order(harness: Harness) -> None:
    async with harness.running() as task:
        await harness.reach(READY)

    assert task.cancelled()
    assert harness.clients[0].is_closed()
    assert harness.server.gateway.last_close_code == 1000


async def test_dropped_connections_are_resumed_without_a_new_session(harness: Harness) -> None:
    gateway = harness.server.gateway
    async with harness.running():
        await harness.reach(READY)
        for drops in range(1, 4):
            await gateway.drop(4000)
            await until_count(gateway.resumes, drops)
            await harness.reach(READY)

    assert len(gateway.identifies) == 1
    assert len(harness.clients) == 1
    assert harness.phases == [CONNECTING, READY, *[RETRYING, READY] * 3]


async def test_a_reset_socket_is_resumed(harness: Harness) -> None:
    async with harness.running():
        await harness.reach(READY)
        harness.server.gateway.abort()
        await until(lambda: harness.server.gateway.resumes)
        await harness.reach(READY)

    assert len(harness.server.gateway.identifies) == 1


async def test_a_request_to_reconnect_is_followed(harness: Harness) -> None:
    async with harness.running():
        await harness.reach(READY)
        await harness.server.gateway.ask_to_reconnect()
        await until(lambda: harness.server.gateway.resumes)
        await harness.reach(READY)

    assert len(harness.server.gateway.identifies) == 1


async def test_an_invalidated_session_costs_one_counted_identify(harness: Harness) -> None:
    gateway = harness.server.gateway
    async with harness.running():
        await harness.reach(READY)
        await gateway.invalidate_session()
        await harness.pass_waits(5)
        await until_count(gateway.identifies, 2)
        await harness.reach(READY)

    assert len(harness.identify_log.identifies) == 2
    assert len(harness.clients) == 1


async def test_a_zombie_socket_is_left_and_resumed(harness: Harness) -> None:
    gateway = harness.server.gateway
    gateway.heartbeat_interval_s, harness.heartbeat_timeout_s = 0.1, 0.3
    gateway.faults.is_swallowing_heartbeats = True
    async with harness.running():
        await until(lambda: gateway.resumes)
        gateway.faults.is_swallowing_heartbeats = False
        await harness.reach(READY)

    assert len(gateway.identifies) == 1


async def test_a_failed_first_handshake_gets_a_new_client(harness: Harness) -> None:
    harness.server.gateway.faults.handshake_statuses.append(500)
    async with harness.running():
        await until(lambda: 5.0 in harness.clock.waits)
        first = harness.clients[0]
        assert first.is_closed()
        assert harness.states[-1].reason == "Discord did not open the gateway connection."
        await harness.clock.advance(5)
        await harness.reach(READY)

    assert len(harness.clients) == 2
    assert len(harness.server.gateway.identifies) == 1


async def test_refused_logins_are_repeated_at_growing_intervals(harness: Harness) -> None:
    await harness.server.refuse()
    async with harness.running():
        for count, expected_s in enumerate((5, 10, 20, 40, 80, 80), start=1):
            await until_count(harness.clock.waits, count)
            assert harness.clock.waits[-1] == expected_s
            if count == 6:
                await harness.server.listen()
            await harness.clock.advance(expected_s)
        await harness.reach(READY)

    assert harness.phases == [CONNECTING, RETRYING, READY]
    assert harness.states[1].reason == "Discord cannot be reached."
    assert all(client.is_closed() for client in harness.clients)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (status(503), "Discord has trouble answering (HTTP 503)."),
        (status(404), "Discord refused a request (HTTP 404, code 0)."),
        (Reset(), "Discord cannot be reached."),
    ],
)
async def test_a_login_that_fails_in_passing_is_repeated(harness: Harness, fault: Fault, reason: str) -> None:
    # Twice: aiohttp itself repeats a GET once whose connection was cut.
    harness.server.faults.add("GET", "/users/@me", fault, times=2)
    async with harness.running():
        await harness.reach(RETRYING)
        assert harness.states[-1].reason == reason


async def test_the_back_off_starts_anew_after_a_success(harness: Harness) -> None:
    harness.server.faults.add("GET", "/users/@me", status(503), times=2)
    async with harness.running():
        await harness.pass_waits(5)
        await harness.pass_waits(10)
        await harness.reach(READY)
        await harness.clients[-1].close()
        await harness.pass_waits(5)
        await until_count(harness.clients, 4)

    assert harness.states[-1].reason == "The connection to Discord ended."


async def test_a_long_rate_limit_at_login_is_respected(harness: Harness) -> None:
    harness.server.faults.add("GET", "/users/@me", rate_limited(400))
    async with harness.running():
        await until(lambda: harness.clock.waits == [400])

    assert harness.states[-1].reason == "Discord asks Discarr to wait."


async def test_a_close_without_a_reason_leads_to_a_new_session(harness: Harness) -> None:
    harness.server.gateway.faults.close_codes_on_identify.append(1000)
    async with harness.running():
        await harness.pass_waits(5)
        await harness.reach(READY)

    assert len(harness.server.gateway.identifies) == len(harness.identify_log.identifies) == 2


async def test_a_gateway_that_never_lets_in_is_left_after_two_minutes(harness: Harness) -> None:
    gateway = harness.server.gateway
    gateway.faults.is_ignoring_identify = True
    async with harness.running():
        await until(lambda: gateway.identifies)
        await harness.clock.advance(90)
        await let_sockets_work()
        assert harness.phase is CONNECTING
        await harness.clock.advance(30)
        await harness.reach(RETRYING)
        gateway.faults.is_ignoring_identify = False
        await harness.pass_waits(5)
        await harness.reach(READY)

    assert len(harness.clients) == 2
    assert harness.clients[0].is_closed()


async def test_a_gateway_is_not_left_while_all_of_discord_is_away(harness: Harness) -> None:
    gateway = harness.server.gateway
    gateway.faults.is_ignoring_identify = True
    harness.server.faults.add("GET", "/gateway", status(503), times=3)
    async with harness.running():
        await until(lambda: gateway.identifies)
        requests = harness.server.ledger.requests
        for wait_s in (120, 30, 30):
            probed = len(requests) + 1
            await harness.clock.advance(wait_s)
            await until_count(requests, probed)
            await let_sockets_work()
        assert len(harness.clients) == 1
        await harness.clock.advance(30)
        await harness.reach(RETRYING)


async def test_a_silent_discord_cannot_hold_up_the_end(harness: Harness) -> None:
    gateway, loop = harness.server.gateway, asyncio.get_running_loop()
    gateway.faults.is_silent_on_close = True
    async with harness.running():
        await harness.reach(READY)
        await gateway.ask_to_reconnect()
        await until(lambda: gateway.last_close_code)  # discord.py now waits 30 s for the other half
        started = loop.time()

    assert loop.time() - started < CLOSE_TIMEOUT_S


async def test_a_client_that_does_not_close_is_cut_off(
    harness: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    class Clinging(discord.Client):
        async def close(self) -> None:
            await asyncio.Event().wait()

    harness.client_class = Clinging
    loop = asyncio.get_running_loop()
    async with harness.running():
        await harness.reach(READY)
        started = loop.time()

    assert loop.time() - started < CLOSE_TIMEOUT_S + FORCED_CLOSE_TIMEOUT_S + 0.5
    assert "cutting it" in caplog.text
    await until(lambda: not harness.server.gateway.is_connected)


@pytest.mark.parametrize("path", ["/users/@me", "/oauth2/applications/@me"])
@pytest.mark.parametrize(
    "answer",
    [
        Reply(status=200, body="<html>Blocked by your network</html>", is_html=True),
        Reply(status=200, body={}),
    ],
)
async def test_a_filter_in_discords_place_is_asked_again(harness: Harness, path: str, answer: Reply) -> None:
    harness.server.faults.add("GET", path, answer)
    async with harness.running():
        await harness.reach(RETRYING)
        assert harness.states[-1].reason == "Something else answers in Discord's place."
        assert "web filter" in harness.states[-1].remedy
        await harness.pass_waits(5)
        await harness.reach(READY)


@pytest.mark.parametrize("mistake", [AttributeError("no such thing"), TypeError("no such thing")])
async def test_a_mistake_in_the_program_is_not_taken_for_a_fault_of_discord(
    harness: Harness, mistake: Exception
) -> None:
    class Mistaken(discord.Client):
        async def setup_hook(self) -> None:
            raise mistake

    harness.client_class = Mistaken
    async with harness.running() as task:
        await until(task.done)

    with pytest.raises(type(mistake), match="no such thing"):
        await task
    assert harness.clients[0].is_closed()
