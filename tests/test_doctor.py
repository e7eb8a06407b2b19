"""`discarr doctor` as a whole: real sockets on all sides, from the variables to the exit code."""

import asyncio
import json
import subprocess
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from discarr.clients.factory import create_client
from discarr.core.clock import SystemClock
from discarr.core.config import Config
from discarr.core.settings import load_settings
from discarr.doctor import Report, Verdict, examine
from discarr.main import main
from tests.doctor.fake_app import API_KEY, ImpatientClock, hanging_app, running_app
from tests.doctor.test_messages import make_database
from tests.fakes.discord_server import DiscordServer, running_discord
from tests.fakes.discord_server.faults import Hang


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with running_discord() as running:
        yield running


def variables(server: DiscordServer, data_dir: Path, **more: str) -> dict[str, str]:
    return {
        "DISCORD_TOKEN": server.world.token,
        "DISCORD_CHANNEL_ID": str(server.world.channel_id),
        "DISCARR_DATA_DIR": str(data_dir),
        **more,
    }


def settings_of(environ: Mapping[str, str]) -> Config:
    return load_settings(environ, env_file=None, secrets_dir=None)


def put_under_git(path: Path) -> None:
    for arguments in (["init", "--quiet"], ["add", path.name]):
        subprocess.run(["git", *arguments], cwd=path.parent, check=True)  # noqa: S607


def verdicts(report: Report) -> list[tuple[str, Verdict]]:
    return [(check.subject, check.verdict) for check in report.checks]


async def test_everything_works(server: DiscordServer, tmp_path: Path) -> None:
    async with running_app() as radarr, running_app(app_name="Sonarr", version="4.0.16.2944") as sonarr:
        settings = settings_of(
            variables(
                server,
                tmp_path,
                RADARR_URL=radarr,
                RADARR_API_KEY=API_KEY,
                SONARR__TV__URL=sonarr,
                SONARR__TV__API_KEY=API_KEY,
            )
        )
        report = await examine(settings, clock=SystemClock())

    assert report.verdict is Verdict.OK
    assert verdicts(report) == [
        ("Settings", Verdict.OK),
        ("Discord token", Verdict.OK),
        ("Discord channel", Verdict.OK),
        ("Radarr", Verdict.OK),
        ("TV", Verdict.OK),
        ("Data directory", Verdict.OK),
    ]


async def test_what_reached_nobody_is_told_from_the_database(server: DiscordServer, tmp_path: Path) -> None:
    await make_database(tmp_path)
    async with running_app() as radarr:
        settings = settings_of(variables(server, tmp_path, RADARR_URL=radarr, RADARR_API_KEY=API_KEY))
        report = await examine(settings, clock=SystemClock())

    assert ("Messages", Verdict.OK) in verdicts(report)
    assert ("Messages", Verdict.WARNING) in verdicts(report)
    assert report.verdict is Verdict.WARNING


async def test_everything_is_wrong_at_once(server: DiscordServer, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("this is no certificate")
    (tmp_path / "file").touch()
    async with running_app() as radarr:
        settings = settings_of(
            variables(
                server,
                tmp_path / "file",
                RADARR_URL=radarr,
                RADARR_API_KEY="wrong" + API_KEY,
                SONARR_URL="https://127.0.0.1:1",
                SONARR_API_KEY=API_KEY,
                SONARR_CA_FILE=str(tmp_path / "ca.pem"),
            )
            | {"DISCORD_TOKEN": "wrong-token-canary"}
        )
        report = await examine(settings, clock=SystemClock())

    problems = {check.subject for check in report.checks if check.verdict is Verdict.PROBLEM}
    assert problems == {"Discord token", "Radarr", "Sonarr", "Data directory"}
    assert API_KEY not in repr(report)
    assert "canary" not in repr(report)


async def test_warnings_of_the_settings_are_passed_on(server: DiscordServer, tmp_path: Path) -> None:
    environ = variables(
        server,
        tmp_path,
        RADARR_URL="https://127.0.0.1:1",
        RADARR_API_KEY=API_KEY,
        RADARR_VERIFY_TLS="false",
    )

    report = await examine(settings_of(environ), clock=ImpatientClock())

    assert ("Settings", Verdict.WARNING) in verdicts(report)


async def test_clients_of_the_running_process_are_used_and_left_open(
    server: DiscordServer, tmp_path: Path
) -> None:
    async with running_app() as radarr:
        settings = settings_of(variables(server, tmp_path, RADARR_URL=radarr, RADARR_API_KEY=API_KEY))
        client = create_client(settings.instances[0], clock=SystemClock())
        report = await examine(settings, clock=SystemClock(), media_clients=[client])
        again = await client.identify()
        await client.aclose()

    assert ("Radarr", Verdict.OK) in verdicts(report)
    assert again.app_name == "Radarr"


async def test_it_ends_in_time_when_everything_hangs(server: DiscordServer, tmp_path: Path) -> None:
    server.faults.add("GET", ".*", Hang(), times=None)

    started = time.monotonic()
    async with hanging_app() as url:
        settings = settings_of(variables(server, tmp_path, RADARR_URL=url, RADARR_API_KEY=API_KEY))
        report = await examine(settings, clock=SystemClock(), timeout_s=0.5)

    assert time.monotonic() - started < 5
    assert ("Discord token", Verdict.PROBLEM) in verdicts(report)
    assert ("Radarr", Verdict.PROBLEM) in verdicts(report)


@pytest.mark.parametrize(("key", "exit_code"), [(API_KEY, 0), ("wrong" + API_KEY, 1)])
async def test_the_command(
    key: str,
    exit_code: int,
    server: DiscordServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    async with running_app() as radarr:
        environ = variables(server, tmp_path, RADARR_URL=radarr, RADARR_API_KEY=key)
        (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in environ.items()))

        assert await asyncio.to_thread(main, ["doctor"]) == exit_code
        for_people = capsys.readouterr().out
        assert await asyncio.to_thread(main, ["doctor", "--json"]) == exit_code
        for_machines = json.loads(capsys.readouterr().out)

    assert "✓ ok       Discord token:" in for_people
    assert f"client_id={server.world.application_id}" in for_people
    assert for_machines["verdict"] == ("ok" if exit_code == 0 else "problem")
    assert key not in for_people
    assert server.world.token not in for_people


@pytest.mark.parametrize("key", [API_KEY, "short"])
async def test_the_security_scan_as_a_command(
    key: str,
    server: DiscordServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    async with running_app() as radarr:
        environ = variables(server, tmp_path, RADARR_URL=radarr, RADARR_API_KEY=key)
        (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in environ.items()))

        for_people_code = await asyncio.to_thread(main, ["doctor", "--security"])
        for_people = capsys.readouterr().out
        for_machines_code = await asyncio.to_thread(main, ["doctor", "--security", "--json"])
        for_machines = json.loads(capsys.readouterr().out)

    codes = {finding["code"] for finding in for_machines["findings"]}
    assert ("DS032" in codes) == (key == "short")
    # What else is found depends on who runs the tests, and where.
    assert for_people_code == for_machines_code == (0 if for_machines["is_clean"] else 1)
    assert for_machines["is_clean"] == (
        for_machines["counts"]["high"] == for_machines["counts"]["medium"] == 0
    )
    assert "· low     DS014  Discord channel:" in for_people
    for private in (f"={key}", API_KEY, server.world.token, radarr, str(tmp_path)):
        assert private not in for_people
        assert private not in repr(for_machines)


async def test_the_doctor_mentions_what_is_worst(
    server: DiscordServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    async with running_app() as radarr:
        environ = variables(server, tmp_path, RADARR_URL=radarr, RADARR_API_KEY=API_KEY)
        (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in environ.items()))
        put_under_git(tmp_path / ".env")

        assert await asyncio.to_thread(main, ["doctor"]) == 0
        for_people = capsys.readouterr().out
        assert await asyncio.to_thread(main, ["doctor", "--json"]) == 0
        for_machines = json.loads(capsys.readouterr().out)

    *_, verdict, empty, hint = for_people.splitlines()
    assert (verdict, empty) == ("Everything works.", "")
    assert "DS003" in hint
    assert "`discarr doctor --security`" in hint
    assert for_machines.keys() == {"verdict", "invite_url", "checks"}
