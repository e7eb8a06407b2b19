"""Discarr as a process: start, signals, restarts, refusals, and what a person reads in its log."""

import json
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from discarr.core.store import DATABASE_NAME
from discarr.sandbox.arr_server import faults as arr
from discarr.sandbox.arr_server.app import ArrServer
from discarr.sandbox.arr_server.scenario_source import ScenarioSource
from tests.doctor.security.test_git_index import repository
from tests.fakes.contract import assert_valid_for_discord
from tests.fakes.discord_server import DiscordServer, running_discord, until, until_count
from tests.fakes.discord_server.faults import Hang
from tests.process_harness import PATIENCE_S, Machine, open_machine
from tests.sandbox.arr_server.world import one_of_each

WRONG_TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcdE.a-token-that-discord-does-not-know-0"
LATEST_END_S = 8.0
"""Docker kills two seconds later."""


@pytest.fixture
async def discord_server() -> AsyncIterator[DiscordServer]:
    async with running_discord() as server:
        yield server


@pytest.fixture
async def server() -> AsyncIterator[ArrServer]:
    async with ArrServer(ScenarioSource(scenario=one_of_each()), refresh_every_s=1) as running:
        yield running


@pytest.fixture
async def machine(tmp_path: Path, discord_server: DiscordServer, server: ArrServer) -> AsyncIterator[Machine]:
    async with open_machine(tmp_path, discord_server, {"Movies": server}) as opened:
        yield opened


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
async def test_a_signal_ends_it_with_a_last_word(machine: Machine, number: signal.Signals) -> None:
    async with await machine.start(is_new=True) as process:
        await machine.shows("11 downloads · 3 need a hand")
        await machine.healthy()

        exit_code, took_s = await process.end(number)

    assert exit_code == 0
    assert took_s < LATEST_END_S
    assert "Discarr is offline" in machine.text
    assert machine.discord.gateway.last_close_code == 1000
    assert "Traceback" not in process.stderr
    assert process.stdout == ""
    assert "Discarr is not running" in (await machine.call("healthcheck"))[1]
    assert_valid_for_discord(machine.discord.ledger.requests)


async def test_discord_hanging_does_not_hold_up_the_end(machine: Machine) -> None:
    async with await machine.start() as process:
        await machine.shows("11 downloads")
        for method in ("GET", "PATCH", "POST", "PUT"):
            machine.discord.faults.add(method, ".*", Hang(), times=None)
        machine.discord.gateway.faults.is_silent_on_close = True

        exit_code, took_s = await process.end()

    assert exit_code == 0
    assert took_s < LATEST_END_S


async def test_discord_that_never_let_it_in_does_not_hold_up_the_end(machine: Machine) -> None:
    machine.discord.gateway.faults.is_ignoring_identify = True
    machine.discord.gateway.faults.is_silent_on_close = True
    async with await machine.start() as process:
        await until_count(machine.discord.gateway.identifies, 1)
        await process.says("11 downloads)")

        exit_code, took_s = await process.end()

    assert exit_code == 0
    assert took_s < LATEST_END_S


async def test_a_hanging_instance_does_not_hold_up_the_end(machine: Machine, server: ArrServer) -> None:
    server.faults.add(arr.Fault(kind=arr.FaultKind.HANG, times=None))
    async with await machine.start() as process:
        await machine.shows("Asking the servers")

        exit_code, took_s = await process.end()

    assert exit_code == 0
    assert took_s < LATEST_END_S
    assert "Discarr is offline" in machine.text


async def test_a_silent_name_server_does_not_hold_up_the_end(machine: Machine) -> None:
    machine.environ |= {"SONARR_URL": "http://sonarr.example:8989", "SONARR_API_KEY": "k" * 32}
    no_name_server = """
import socket, time
look_up = socket.getaddrinfo
def hang(host, *arguments, **options):
    if host == "sonarr.example":
        time.sleep(40)
    return look_up(host, *arguments, **options)
socket.getaddrinfo = hang
"""
    async with await machine.start(sabotage=no_name_server) as process:
        await process.says("11 downloads)")

        exit_code, took_s = await process.end()

    assert exit_code == 0
    assert took_s < LATEST_END_S


async def test_a_signal_while_it_is_still_loading_ends_it_too(machine: Machine) -> None:
    impatient = """
import os, signal
class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "discarr.process":
            os.kill(os.getpid(), signal.SIGTERM)
sys.meta_path.insert(0, Finder)
"""
    async with await machine.start(sabotage=impatient, is_new=True) as process:
        assert await process.ended() == 0

    assert machine.discord.ledger.requests == []
    assert process.stderr == ""


async def test_after_being_killed_it_goes_on_with_the_same_message(machine: Machine) -> None:
    edits = ("PATCH", r"/channels/\d+/messages/\d+")
    async with await machine.start() as process:
        await machine.shows("11 downloads")
        assert (await process.end(signal.SIGKILL))[0] == -signal.SIGKILL
    first = machine.messages[0]["id"]

    async with await machine.start() as again:
        await until(lambda: machine.discord.ledger.matching(*edits), timeout_s=PATIENCE_S)
        await again.end()

    assert [message["id"] for message in machine.messages] == [first]
    assert {request.path.rpartition("/")[2] for request in machine.discord.ledger.matching(*edits)} == {first}


async def test_a_secret_that_git_tracks_is_put_down_to_be_told_once(machine: Machine) -> None:
    repository(machine.folder, ".env")
    (machine.folder / ".env").write_text(f"DISCORD_TOKEN={machine.discord.world.token}\n")

    put_down = []
    for _ in range(2):
        async with await machine.start() as process:
            await machine.shows("11 downloads")
            await until(lambda: told_to_owner(machine), timeout_s=PATIENCE_S)
            await process.end()
        put_down.append(told_to_owner(machine))

    (content,) = put_down[0]
    assert "Git tracks it" in content
    assert put_down[0] == put_down[1]


def told_to_owner(machine: Machine) -> list[str]:
    """Return what the outbox has for the owner: what is no emergency waits there for others to join it."""
    with closing(sqlite3.connect(machine.data_dir / DATABASE_NAME)) as connection:
        rows = connection.execute("SELECT content FROM outbox WHERE route = 'owner'").fetchall()
    return [row[0].decode() for row in rows]


async def test_a_second_process_on_the_same_data_directory_is_refused(machine: Machine) -> None:
    async with await machine.start() as process:
        await machine.shows("11 downloads")
        async with await machine.start() as second:
            assert await second.ended() == 78

            assert "another Discarr uses the data directory. Stop the other one" in second.stderr
        assert len(machine.discord.gateway.identifies) == 1
        await process.end()


async def test_a_wrong_token_is_told_once_and_not_tried_again(machine: Machine) -> None:
    machine.environ |= {"DISCORD_TOKEN": WRONG_TOKEN, "DISCARR_LOG_FORMAT": "json"}
    async with await machine.start() as process:
        await process.says("11 downloads)")
        await process.says("Discord: stopped.")
        told = process.stderr
        await machine.unhealthy("Discord: stopped. Discord refuses the bot token.")

        # ten seconds and as many polls later
        assert process.stderr == told
        messages = [json.loads(line)["message"] for line in told.splitlines()]
        assert sum("Discord: stopped" in message for message in messages) == 1
        assert len(machine.discord.ledger.matching("GET", "/users/@me")) == 1
        assert machine.discord.gateway.identifies == []
        assert WRONG_TOKEN not in told
        assert (await process.end())[0] == 0


async def test_a_dead_loop_ends_the_process_with_a_redacted_log(machine: Machine) -> None:
    machine.environ["RADARR__Movies__API_KEY"] = "canary0123456789"
    broken = """
import faulthandler
def fail(*_, **__):
    raise RuntimeError("broken by canary0123456789")
faulthandler.dump_traceback_later = fail
"""
    async with await machine.start(sabotage=broken) as process:
        assert await process.ended() == 1

    assert "Discarr ends, because a part of it died" in process.stderr
    assert "broken by [redacted]" in process.stderr
    assert "canary" not in process.stderr


async def test_a_dropped_gateway_is_resumed(machine: Machine) -> None:
    gateway = machine.discord.gateway
    async with await machine.start() as process:
        await machine.shows("11 downloads")
        await gateway.drop()
        await until_count(gateway.resumes, 1)
        await process.says("Discord: ready.", times=2)
        gateway.abort()
        await until_count(gateway.resumes, 2)
        await process.says("Discord: ready.", times=3)
        assert len(gateway.identifies) == 1
        assert len(machine.messages) == 1
        assert process.stderr.count("The connection to Discord was interrupted") == 2
        await process.end()
