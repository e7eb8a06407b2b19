"""The scan as a whole: real sockets and a real disk on all sides."""

import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import discord
import pytest

from discarr.core.config import Config
from discarr.core.settings import load_settings
from discarr.doctor.security import Scan, Severity, Sources, fingerprint, scan, worst_findings
from tests.doctor.fake_app import API_KEY, ImpatientClock, hanging_app, running_app
from tests.fakes.discord_server import DiscordServer, running_discord
from tests.fakes.discord_server.faults import Hang, Reset, error

OF_THE_MACHINE = {"DS006", "DS007", "DS008", "DS009", "DS010", "DS011", "DS033"}
"""What depends on where and as whom the tests run."""


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with running_discord() as running:
        yield running


def variables(server: DiscordServer, folder: Path, **more: str) -> dict[str, str]:
    return {
        "DISCORD_TOKEN": server.world.token,
        "DISCORD_CHANNEL_ID": str(server.world.channel_id),
        "DISCARR_DATA_DIR": str(folder / "data"),
        "RADARR_URL": "http://127.0.0.1:1",
        "RADARR_API_KEY": API_KEY,
        **more,
    }


def read(environ: Mapping[str, str]) -> tuple[Config, Sources]:
    sources = Sources(environ=environ, env_file=None, secrets_dir=None)
    return load_settings(environ, env_file=None, secrets_dir=None), sources


async def scan_of(environ: Mapping[str, str], **arguments: Any) -> Scan:
    settings, sources = read(environ)
    return await scan(settings, sources, clock=ImpatientClock(), **arguments)


def codes(found: Scan) -> set[str]:
    """The codes of what does not depend on the machine."""
    return {finding.code for finding in found.findings} - OF_THE_MACHINE


async def test_a_visible_channel_is_the_only_finding_where_all_is_well(
    server: DiscordServer, tmp_path: Path
) -> None:
    async with running_app() as radarr:
        found = await scan_of(variables(server, tmp_path, RADARR_URL=radarr))

    assert codes(found) == {"DS014"}
    assert found.unexamined == ()


async def test_everything_is_looked_at_and_the_worst_comes_first(
    server: DiscordServer, tmp_path: Path
) -> None:
    server.world.is_public_bot = True
    server.world.everyone_permissions = discord.Permissions(administrator=True)
    async with (
        running_app(version="5.7.0") as radarr,
        running_app(app_name="Sonarr", version="4.0.16") as sonarr,
    ):
        found = await scan_of(
            variables(
                server,
                tmp_path,
                RADARR_URL=radarr,
                SONARR_URL=sonarr,
                SONARR_API_KEY=API_KEY,
                DISCARR_LOG_LEVEL="debug",
                DISCARR_ADMIN_ROLES="123,456",
                DISCARR_OWNER_ROLES="789",
            )
        )

    assert codes(found) == {"DS012", "DS014", "DS015", "DS017", "DS018", "DS019", "DS027"}
    severities = [list(Severity).index(finding.severity) for finding in found.findings]
    assert severities == sorted(severities)
    assert {"DISCARR_ADMIN_ROLES", "DISCARR_OWNER_ROLES"} <= {item.subject for item in found.findings}
    assert found.unexamined == ()
    for private in (API_KEY, server.world.token, radarr, str(tmp_path)):
        assert private not in repr(found)


async def test_one_server_by_two_names_is_noticed(server: DiscordServer, tmp_path: Path) -> None:
    async with running_app() as radarr:
        second = {"RADARR__4K__URL": radarr.replace("127.0.0.1", "localhost"), "RADARR__4K__API_KEY": API_KEY}
        found = await scan_of(variables(server, tmp_path, RADARR_URL=radarr, **second))

    assert codes(found) == {"DS014", "DS028"}


async def test_what_does_not_answer_is_said_to_be_unexamined(server: DiscordServer, tmp_path: Path) -> None:
    server.faults.add("GET", "/users/@me", Reset(), times=None)
    (tmp_path / "ca.pem").write_text("this is no certificate")
    async with running_app() as radarr:
        found = await scan_of(
            variables(
                server,
                tmp_path,
                RADARR_URL=radarr,
                RADARR_API_KEY=f"wrong{API_KEY}",
                RADARR__4K__URL=f"http://{'a' * 64}.example:7878",
                RADARR__4K__API_KEY=API_KEY,
                SONARR_URL="https://8.8.8.8",
                SONARR_API_KEY="short",
                SONARR_CA_FILE=str(tmp_path / "ca.pem"),
            )
        )

    assert codes(found) == {"DS032"}
    discord_side, refused, *versions = found.unexamined
    assert discord_side == "Discord: Discord cannot be reached from here."
    assert refused.startswith("Sonarr: its CA_FILE")
    assert versions == ["Radarr's version: it refuses the API key.", "4K's version: it is offline."]


async def test_a_bot_without_its_channel_is_judged_as_far_as_it_is_known(
    server: DiscordServer, tmp_path: Path
) -> None:
    server.world.is_public_bot = True
    server.faults.add("GET", "/channels/.*", error(404, 10003), times=None)

    found = await scan_of(variables(server, tmp_path))

    assert "DS027" in codes(found)
    assert found.unexamined[0] == (
        "The bot's place in Discord: There is no channel with the id in DISCORD_CHANNEL_ID."
    )


async def test_it_ends_in_time_when_everything_hangs(server: DiscordServer, tmp_path: Path) -> None:
    server.faults.add("GET", ".*", Hang(), times=None)

    started = time.monotonic()
    async with hanging_app() as url:
        found = await scan_of(variables(server, tmp_path, RADARR_URL=url), timeout_s=0.5)

    assert time.monotonic() - started < 5
    assert [text.partition(":")[0] for text in found.unexamined] == ["Discord", "Radarr's version"]


async def test_a_disk_that_does_not_answer_is_said(server: DiscordServer, tmp_path: Path) -> None:
    found = await scan_of(variables(server, tmp_path, DISCARR_LOG_LEVEL="debug"), timeout_s=0)

    assert found.unexamined[0] == "This machine: its disk does not answer."
    assert {finding.code for finding in found.findings} == {"DS019"}


async def test_the_worst_is_told_without_asking_anybody(server: DiscordServer, tmp_path: Path) -> None:
    settings, sources = read(
        variables(server, tmp_path, RADARR_URL="http://8.8.8.8", DISCARR_LOG_LEVEL="debug")
    )

    found = await worst_findings(settings, sources)

    assert {finding.severity for finding in found} == {Severity.HIGH}
    assert "DS004" in {finding.code for finding in found}
    assert server.ledger.requests == []
    again = await worst_findings(settings, sources)
    assert fingerprint(again) == fingerprint(found)


async def test_the_worst_is_told_as_far_as_it_comes_to_light(server: DiscordServer, tmp_path: Path) -> None:
    settings, sources = read(variables(server, tmp_path))

    assert await worst_findings(settings, sources, timeout_s=0) == ()
