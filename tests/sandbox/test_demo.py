"""`discarr demo` from the inside: settings, time zone, trouble at the start and the end."""

import asyncio
import logging
import os
import signal
import socket
import time
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from discarr.core.logging import _NOISY_LOGGERS
from discarr.sandbox.arr_server.replay import ReplayError
from discarr.sandbox.demo import demo_settings, local_timezone, open_demo, run_demo
from tests.fakes.world import embed_text, until
from tests.shared_folder import RECORDED, needs_shared

_ENVIRON = {"RADARR_URL": "http://127.0.0.1:7878", "RADARR_API_KEY": "0123456789abcdef0123456789abcdef"}


@pytest.fixture(autouse=True)
def _no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """`run_demo` sets up the logging of the whole process."""
    root = logging.getLogger()
    handlers = root.handlers[:]
    levels = [(logger, logger.level) for logger in map(logging.getLogger, (None, "discarr", *_NOISY_LOGGERS))]
    yield
    root.handlers[:] = handlers
    for logger, level in levels:
        logger.setLevel(level)


@pytest.fixture
def set_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Change the time zone of the process as the environment does."""

    def change(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield change
    monkeypatch.undo()
    time.tzset()


def signal_self(number: int) -> None:
    os.kill(os.getpid(), number)


async def printed(capsys: pytest.CaptureFixture[str]) -> str:
    """Wait for what the demo prints."""
    seen = ""

    def has_address() -> bool:
        nonlocal seen
        seen += capsys.readouterr().out
        return "Ctrl-C ends it" in seen

    await until(has_address)
    return seen


class TestSettings:
    def test_lead_to_the_simulated_servers(self, tmp_path: Path) -> None:
        settings = demo_settings(_ENVIRON, 42, tmp_path, owner_id=7)

        assert settings.discord_channel_id == 42
        assert settings.data_dir == tmp_path
        assert [instance.url for instance in settings.instances] == ["http://127.0.0.1:7878"]

    def test_leave_the_products_throttles_alone(self, tmp_path: Path) -> None:
        assert demo_settings(_ENVIRON, 42, tmp_path, owner_id=7).edit_interval_s == 15

    def test_ignore_the_visitors_own(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SONARR_URL", "http://sonarr:8989")
        monkeypatch.chdir(tmp_path)
        Path(".env").write_text("DISCARR_LOG_LEVEL=debug\n")

        settings = demo_settings(_ENVIRON, 42, tmp_path, owner_id=7)

        assert len(settings.instances) == 1
        assert settings.log_level == "ERROR"


class TestLocalTimezone:
    @pytest.mark.parametrize(
        "spelling", ["Europe/Berlin", ":Europe/Berlin", "/usr/share/zoneinfo/Europe/Berlin"]
    )
    def test_takes_the_name_from_the_environment(
        self, spelling: str, set_zone: Callable[[str], None]
    ) -> None:
        set_zone(spelling)

        assert local_timezone() == "Europe/Berlin"

    @pytest.mark.parametrize(
        ("rule", "offset"),
        [("ABC-3", timedelta(hours=3)), ("XYZ+7", timedelta(hours=-7)), ("UTC0", timedelta())],
    )
    def test_falls_back_to_the_offset_of_a_zone_without_a_name(
        self, rule: str, offset: timedelta, set_zone: Callable[[str], None]
    ) -> None:
        set_zone(rule)

        name = local_timezone()

        assert name.startswith("Etc/GMT")
        assert ZoneInfo(name).utcoffset(datetime.now(UTC)) == offset

    def test_asks_the_machine_otherwise(self, set_zone: Callable[[str], None]) -> None:
        set_zone("")

        assert ZoneInfo(local_timezone())


async def test_the_product_runs_over_three_simulated_servers() -> None:
    async with open_demo(replay=None, speed=1) as (_, app):
        assert [instance.name for instance in app.settings.instances] == ["4K", "Movies", "TV"]


@needs_shared
async def test_recorded_answers_are_shown_as_fifteen_downloads() -> None:
    stop = asyncio.Event()
    async with open_demo(replay=RECORDED, speed=1) as (side, app):
        running = asyncio.create_task(app.run(stop))

        def shown() -> str:
            message = side.channel.last_message
            return embed_text(message.embeds[0]) if message and message.embeds else ""

        await until(lambda: shown().startswith("15 downloads · 5 need a hand"))
        stop.set()
        await running


async def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReplayError, match=r"lacks movie-queue\.json"):
        await run_demo(replay=tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_quietly(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    running = asyncio.create_task(run_demo())
    welcome = await printed(capsys)

    signal_self(number)
    async with asyncio.timeout(8):
        code = await running

    assert code == 0
    assert welcome.count("http://127.0.0.1:") == 1
    assert capsys.readouterr() == ("", "")


async def close_page(browser: httpx.AsyncClient) -> None:
    """End the demo as the page's button does; a page of before the bot arrived is refused."""
    page = (await browser.post("/api/pages", json={})).json()
    end = {
        "protocol_version": 3,
        "sequence": 1,
        "request_id": "end",
        "generation": page["context"]["generation"],
        "bot_generation": page["botGeneration"],
        "kind": "close",
    }
    headers = {"X-Simcord-Context": page["context"]["id"]}
    await browser.post("/api/action", json=end, headers=headers)


async def test_it_ends_with_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    running = asyncio.create_task(run_demo())
    url, _, capability = next(
        word for word in (await printed(capsys)).split() if word.startswith("http")
    ).partition("#")

    async with (
        asyncio.timeout(20),
        httpx.AsyncClient(base_url=url, headers={"X-Simcord-Capability": capability}) as browser,
    ):
        while not running.done():
            with suppress(httpx.HTTPError):
                await close_page(browser)

    assert await running == 0
    assert capsys.readouterr() == ("", "")


async def test_a_taken_port_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        code = await run_demo(port=port)

    assert code == 1
    assert capsys.readouterr() == (
        "",
        f"The demo cannot start: port {port} cannot be used. Name another, or leave --port out.\n",
    )


async def test_a_display_gets_the_page_opened(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setenv("DISPLAY", ":0")
    running = asyncio.create_task(run_demo())
    welcome = await printed(capsys)

    await until(lambda: bool(opened))
    signal_self(signal.SIGTERM)
    await running

    assert opened[0] in welcome
