"""No secret in anything that a whole run writes or sends, whatever goes wrong meanwhile."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest

from discarr.sandbox.arr_server.app import ArrServer
from discarr.sandbox.arr_server.faults import Fault, FaultKind
from discarr.sandbox.arr_server.scenario_source import ScenarioSource
from tests.fakes.contract import assert_valid_for_discord
from tests.fakes.discord_server import DiscordServer, running_discord, until
from tests.process_harness import PATIENCE_S, Machine, open_machine
from tests.sandbox.arr_server.world import one_of_each, radarr

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.Canary.canary-of-the-token-0123456789abcdef"
KEYS = {
    FaultKind.GARBAGE: "canary01garbage0123456789abcde",
    FaultKind.UNAUTHORIZED: "canary02unauthorized0123456789",
    FaultKind.HANG: "canary03hang0123456789abcdef01",
    FaultKind.REDIRECT: "canary04redirect0123456789abcd",
    FaultKind.RESET: "canary05reset0123456789abcdef0",
}
FINE_KEY = "canary06fine0123456789abcdef01"
SECRETS = (TOKEN, FINE_KEY, *KEYS.values())

CRASH = f"""
import faulthandler
def fail(*_, **__):
    raise RuntimeError("http://radarr/api?apikey={FINE_KEY} {{'X-Api-Key': '{FINE_KEY}'}} {TOKEN}")
faulthandler.dump_traceback_later = fail
"""
UNEXPECTED_ANSWER_ERROR = f"""
import discord
def fail(_):
    raise RuntimeError("/data/secret {FINE_KEY} {TOKEN}")
discord.Client.latency = property(fail)
"""


@pytest.fixture
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    """A machine whose token and keys come from the environment and from files, with every kind of trouble."""
    async with AsyncExitStack() as stack:
        discord = await stack.enter_async_context(running_discord())
        discord.world.token = TOKEN
        servers = {"Fine": ArrServer(ScenarioSource(scenario=one_of_each()), api_key=FINE_KEY)}
        for kind, key in KEYS.items():
            server = servers[kind.name] = ArrServer(ScenarioSource(scenario=radarr()), api_key=key)
            location = f"https://sign-in.example/{key}?apikey={key}"
            server.faults.add(Fault(kind=kind, times=None, location=location))
        servers["Fine"].faults.add(Fault(kind=FaultKind.UNAUTHORIZED, path="/api/v3/history", times=None))
        for server in servers.values():
            await stack.enter_async_context(server)
        machine = await stack.enter_async_context(
            open_machine(tmp_path, discord, servers, DISCARR_LOG_LEVEL="debug", RADARR__HANG__TIMEOUT="1")
        )
        for variable in ("DISCORD_TOKEN", "RADARR__Fine__API_KEY", "RADARR__RESET__API_KEY"):
            secret_file = tmp_path / "secrets" / variable
            secret_file.parent.mkdir(exist_ok=True)
            secret_file.write_text(machine.environ.pop(variable) + "\n", encoding="utf-8")
            machine.environ[f"{variable}_FILE"] = str(secret_file)
        yield machine


def leaks(text: str) -> list[str]:
    """Return the secrets that are in a text, plain or as Basic and cookie headers carry them."""
    lowered = text.lower()
    found = [secret for secret in SECRETS if secret.lower() in lowered]
    return found + [secret for secret in SECRETS if base64.b64encode(secret.encode()).decode()[:-4] in text]


def written(machine: Machine) -> str:
    """Everything that lies on the disk afterwards, but for the secrets' own files."""
    files = [path for path in machine.folder.rglob("*") if path.is_file() and path.parent.name != "secrets"]
    assert {path.name for path in files} >= {"stderr", "stdout", "discarr.db"}
    return "\n".join(path.read_bytes().decode("latin-1") for path in files)


def sent(discord: DiscordServer) -> str:
    """Everything that Discord was told, the gateway included; the token belongs into IDENTIFY alone."""
    frames = [
        {name: value for name, value in data.items() if name != "token"}
        for data in (*discord.gateway.identifies, *discord.gateway.resumes, *discord.gateway.received)
    ]
    requests = [(request.method, request.path, request.body) for request in discord.ledger.requests]
    return json.dumps([frames, requests])


def is_asked(discord: DiscordServer, path: str) -> bool:
    return any(discord.ledger.matching(method, path) for method in ("POST", "PATCH"))


async def ask(machine: Machine, *names: str) -> None:
    """Have the owner use slash commands; wait until each was answered in full."""
    discord = machine.discord
    for name in names:
        payload = discord.interactions.slash(name, user_id=discord.world.owner_id)
        await discord.gateway.push("INTERACTION_CREATE", payload)
        await until(partial(is_asked, discord, rf"/webhooks/\d+/{payload['token']}.*"), timeout_s=PATIENCE_S)


async def test_a_troubled_run_tells_no_secret(machine: Machine) -> None:
    async with await machine.start() as process:
        await process.says("Discord: ready.")
        await machine.shows("HANG · offline")
        await ask(machine, "queue", "health", "check")
        await machine.healthy()
        on_disk = written(machine)
        await process.end()

    on_disk += written(machine)
    assert "DEBUG   discarr" in process.stderr
    assert leaks(on_disk) == []
    told = sent(machine.discord)
    assert "refuses the API key" in told
    assert leaks(told) == []
    ports = [machine.environ[name].rpartition(":")[2] for name in machine.environ if name.endswith("_URL")]
    for private in (
        "127.0.0.1",
        "sign-in.example",
        str(machine.folder),
        "Traceback",
        *(f":{port}" for port in ports),
    ):
        assert private not in told
    assert_valid_for_discord(machine.discord.ledger.requests)


async def test_crashes_tell_no_secret(machine: Machine) -> None:
    async with await machine.start(sabotage=CRASH) as crashed:
        assert await crashed.ended() == 1
    async with await machine.start(sabotage=UNEXPECTED_ANSWER_ERROR) as process:
        await machine.shows("downloads")
        await ask(machine, "health")
        await process.says("Unexpected error")
        await process.end()

    assert "RuntimeError: http://radarr/api?apikey=[redacted]" in crashed.stderr
    assert "RuntimeError: /data/secret [redacted]" in process.stderr
    assert leaks(written(machine)) == []
    told = sent(machine.discord)
    assert leaks(told) == []
    assert "/data/secret" not in told
    assert "RuntimeError" not in told


async def test_doctor_tells_no_secret(machine: Machine) -> None:
    wrong_token = {"DISCORD_TOKEN_FILE": str(machine.folder / "wrong-token")}
    (machine.folder / "wrong-token").write_text(f"{TOKEN}x", encoding="utf-8")

    reports = await asyncio.gather(
        machine.call("doctor"),
        machine.call("doctor", "--json"),
        machine.call("doctor", environ=wrong_token),
    )

    for exit_code, said in reports:
        assert exit_code == 1
        assert "refuses the API key" in said
        assert leaks(said) == []
    assert "Discord refuses the token" in reports[2][1]
