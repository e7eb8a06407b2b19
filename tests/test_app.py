"""The whole product from real HTTP to the embed: the main job, outages, and a process in one piece."""

import asyncio
import faulthandler
import logging
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from discord.state import ConnectionState as DiscordState

from discarr.core.clock import SystemClock
from discarr.core.config import Config
from discarr.core.health_file import health_path, read_health
from discarr.core.models import DownloadKey, InstanceKind
from discarr.core.settings import load_settings
from discarr.discord_bot.connection_state import ConnectionPhase, ConnectionState
from discarr.doctor.security import Sources
from discarr.monitoring.alerts.routes import OWNER
from discarr.process import _health, run
from discarr.sandbox.arr_server.app import ArrServer
from discarr.sandbox.arr_server.faults import Fault, FaultKind
from discarr.sandbox.arr_server.replay import Replay
from discarr.sandbox.arr_server.scenario import (
    Ending,
    Step,
    already,
    downloading,
    troubled,
    waiting,
)
from discarr.sandbox.arr_server.scenario_source import ScenarioSource
from tests.app_world import PATIENCE_S, AppWorld, FastClock, open_app
from tests.discord_bot.stage import passes
from tests.discord_bot.test_delivery_views import open_lost
from tests.factories import make_download
from tests.fakes.clock import START
from tests.fakes.contract import assert_valid_for_discord
from tests.fakes.discord_server import DiscordServer, running_discord, until
from tests.fakes.media_client import FakeMediaClient
from tests.fakes.world import open_world
from tests.process_harness import instance_variables
from tests.sandbox.arr_server.world import AMELIE, movie_download, pack, radarr, sonarr
from tests.shared_folder import RECORDED, needs_shared

QUEUE = "/api/v3/queue"


@pytest.fixture
def clock() -> FastClock:
    return FastClock()


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


async def refresh_until(world: AppWorld, is_so: Callable[[], bool]) -> None:
    """Press Refresh until something holds: what was read seconds ago is not read again."""
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():
            await world.member.click(world.message, label="Refresh")
            await asyncio.sleep(0.05)


@needs_shared
async def test_recorded_queues_become_one_message_that_accounts_for_all_of_them() -> None:
    clock = FastClock(speed=100.0)
    recorded = Replay.from_directory(RECORDED)
    radarr_server = ArrServer(recorded.source(InstanceKind.RADARR), clock=clock, refresh_every_s=5)
    sonarr_server = ArrServer(recorded.source(InstanceKind.SONARR), clock=clock, refresh_every_s=5)
    async with (
        radarr_server,
        sonarr_server,
        open_app({"Movies": radarr_server, "TV": sonarr_server}, clock) as world,
    ):
        text = await world.shows(
            "15 downloads · 5 need a hand", "TV · same disk as Movies", "Movies · 14 TB free"
        )
        first = world.message.id

        lines = text.splitlines()
        hands = [number for number, line in enumerate(lines) if line.startswith("✋")]
        assert hands == [1, 3, 5]
        assert "no video file found" in lines[2]
        assert "not better than what is there" in lines[4]
        assert "tracker refuses" in lines[6]
        assert lines[7] == "+2 more"
        assert "and 3 more" in lines
        assert "▰" in text
        assert "Puffin Rock" not in text
        assert "Added <t:" in text

        pages = await world.browse()
        numbered = [line for page in pages for line in page.splitlines() if line.startswith("`")]
        assert [line.split("`")[1] for line in numbered] == [str(number) for number in range(1, 16)]
        assert "Puffin Rock** S01 · 20 episodes" in pages[-1]

        edited = len(world.env.http_requests)
        await world.until(lambda: len(world.env.http_requests) > edited)
        assert world.message.id == first
        assert len(world.channel.history()) == 1
        assert_valid_for_discord(world.env.http_requests)


async def test_downloads_progress_unpack_finish_stall_and_fail() -> None:
    clock = FastClock(speed=200.0)
    going_well = (downloading(300), waiting(Step.UNPACKING, 300), waiting(Step.IMPORTING, 300))
    films = radarr(
        movie_download(*going_well),
        movie_download(downloading(100, until=0.4), waiting(Step.SILENT), media=AMELIE, name="Amelie.2001"),
    )
    failing = pack(downloading(100, until=0.5), troubled("unpack failed", 300), ending=Ending.FAILED)
    movies = ArrServer(ScenarioSource(scenario=films), clock=clock, refresh_every_s=5)
    tv = ArrServer(ScenarioSource(scenario=sonarr(failing)), clock=clock, refresh_every_s=5)
    async with movies, tv, open_app({"Movies": movies, "TV": tv}, clock) as world:
        await world.shows("3 downloads")
        first = world.message.id
        await world.shows("1 download\n", "⌛ **Amélie** (2001) · no data for 15 min", ": Metropolis (1927)")

        assert world.message.id == first
        assert_valid_for_discord(world.env.http_requests)
    said = iter(world.texts)
    for words in (
        "% of 1 MB",
        "% of 1 MB · ≈ <t:",
        "🔧 **Metropolis** (1927) · unpacking",
        "📥 **Metropolis**",
    ):
        assert any(words in text for text in said), words
    failed = next(text for text in world.texts if "1 needs a hand" in text)
    assert "\n✋ **Devs** S01 · 8 episodes\nLocked with a password" in failed
    assert "2 downloads\n" in "".join(world.texts).partition(failed)[2]


TROUBLES = {
    FaultKind.UNAUTHORIZED: "refuses the API key",
    FaultKind.HTML: "is not set up right in Discarr",
    FaultKind.STARTING: "starting",
    FaultKind.LOCKED: "has trouble answering since",
    FaultKind.GARBAGE: "sent an answer that makes no sense since",
    FaultKind.HANG: "offline since",
    FaultKind.DRIP: "offline since",
}


def tells(world: AppWorld, name: str, words: str) -> bool:
    return words in world.line_of(name)


def is_up(world: AppWorld, name: str) -> bool:
    """Whether a server is shown as up, with warnings of its own or without."""
    return world.line_of(name).startswith(("✓", "⚠"))


async def test_every_kind_of_outage_is_told_apart_delays_nobody_and_ends(
    clock: FastClock, stack: AsyncExitStack
) -> None:
    servers = {kind.name: ArrServer(ScenarioSource(scenario=radarr()), clock=clock) for kind in TROUBLES}
    servers["FINE"] = ArrServer(
        ScenarioSource(scenario=radarr(movie_download(waiting(Step.PAUSED)))), clock=clock
    )
    servers["DEAD"] = ArrServer(ScenarioSource(scenario=radarr()), clock=clock)
    for kind in TROUBLES:
        path = QUEUE if kind is FaultKind.GARBAGE else "/"
        servers[kind.name].faults.add(Fault(kind=kind, path=path, times=None, seconds=20.0))
    for server in servers.values():
        await stack.enter_async_context(server)
    await servers["DEAD"].go_away()
    async with open_app(servers, clock, RADARR__HANG__TIMEOUT="1", RADARR__DRIP__TIMEOUT="1") as world:
        began = asyncio.get_running_loop().time()
        await world.shows("1 download", "**Metropolis** (1927) · FINE · paused")
        assert asyncio.get_running_loop().time() - began < 10

        for kind, words in TROUBLES.items():
            await world.until(partial(tells, world, kind.name, words))
        await world.until(partial(tells, world, "DEAD", "offline since"))
        assert is_up(world, "FINE")
        assert "Copy the key from Settings" in world.text
        assert not any("Nothing is downloading" in text for text in world.texts)

        for server in servers.values():
            server.faults.clear()
            await server.come_back()
        await refresh_until(world, lambda: all(is_up(world, name) for name in servers))
        assert_valid_for_discord(world.env.http_requests)


@pytest.mark.parametrize("kind", [FaultKind.UNAUTHORIZED, FaultKind.GARBAGE, FaultKind.RESET])
async def test_an_outage_keeps_the_rows_and_never_looks_like_an_empty_queue(
    clock: FastClock, kind: FaultKind
) -> None:
    scenario = radarr(movie_download(already(0.4), waiting(Step.PAUSED)))
    async with (
        ArrServer(ScenarioSource(scenario=scenario), clock=clock) as server,
        open_app({"Movies": server}, clock) as world,
    ):
        await world.shows("paused at 40 %")
        server.faults.add(Fault(kind=kind, times=None))

        await world.shows("✗ Movies", "Metropolis", "paused at 40 % · at <t:")

        server.faults.clear()
        await refresh_until(world, lambda: is_up(world, "Movies"))
        assert all("1 download" in text for text in world.texts if "Loading" not in text)


async def test_an_instance_that_never_answered_is_no_empty_queue(clock: FastClock) -> None:
    async with ArrServer(ScenarioSource(scenario=radarr()), clock=clock) as server:
        server.faults.add(Fault(kind=FaultKind.GARBAGE, path=QUEUE, times=None))
        async with open_app({"Movies": server}, clock) as world:
            await world.shows("The server cannot be asked", "What is downloading is not known right now")
            server.faults.clear()
            await world.shows("Nothing is downloading")

            assert is_up(world, "Movies")
            assert [text.splitlines()[0] for text in world.texts if "Loading" not in text] == [
                "The server cannot be asked",
                "Nothing is downloading",
            ]


async def test_many_polls_log_no_line(clock: FastClock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    scenario = radarr(movie_download(downloading(100_000)))
    async with (
        ArrServer(ScenarioSource(scenario=scenario), clock=clock, refresh_every_s=5) as server,
        open_app({"Movies": server}, clock, DISCARR_REFRESH_INTERVAL="1") as world,
    ):
        server.faults.add(Fault(kind=FaultKind.GARBAGE, path="/api/v3/history", times=None))
        await world.shows("1 download")
        told = len(caplog.records)
        polls = len(server.requests)

        await world.until(lambda: len(server.requests) > polls + 30)

        own = [record for record in caplog.records[told:] if record.name.startswith("discarr")]
        assert [record.getMessage() for record in own] == []


async def test_an_hour_of_quiet_polling_writes_nothing() -> None:
    client = FakeMediaClient()
    client.downloads = (make_download(),)
    async with open_world([client]) as world:
        await world.shows("1 download")
        for _ in range(180):  # until all is said and stored about a download that gets no data
            await world.clock.advance(60)
            await world.store.get_meta("in its turn")
        writes, polls = world.store.write_count, client.count("queue")

        await world.clock.advance(3600)
        await world.store.get_meta("in its turn")

        assert client.count("queue") > polls + 30
        assert world.store.write_count == writes > 0


async def test_clean_up_proposes_what_it_watched_and_ends_with_the_process(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = FakeMediaClient()
    stuck = make_download(added=START - timedelta(days=2))
    finished = [make_download(key=DownloadKey("radarr", "d", name), size_left_bytes=0) for name in "BCD"]
    client.downloads = (stuck, *finished)
    async with open_world([client], environ={"DISCARR_CLEANUP_STALLED": "15"}) as world:
        await world.shows("4 downloads")
        for _ in range(60):
            await world.clock.advance(60)
            await world.store.get_meta("in its turn")

        collection = await world.app.services.cleanup.collect()

        assert [item.download for item in collection.candidates] == [stuck]
        assert "cleanup" in {task.get_name() for task in asyncio.all_tasks()}
        await world.end()
        assert "cleanup" not in {task.get_name() for task in asyncio.all_tasks()}
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.fixture
def logging_restored() -> Iterator[None]:
    """Undo what a process does to logging, which is everybody's."""
    root = logging.getLogger()
    loggers = [root, *map(logging.getLogger, ("discarr", *root.manager.loggerDict))]
    levels = [logger.level for logger in loggers]
    handlers = root.handlers[:]
    yield
    root.handlers[:] = handlers
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.fixture
def ready_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """discord.py waits 2 s for more guilds before it says that it is ready."""
    monkeypatch.setattr(
        DiscordState, "guild_ready_timeout", property(lambda _: 0.05, lambda *_: None), raising=False
    )


@pytest.mark.usefixtures("logging_restored", "ready_at_once")
async def test_a_process_without_a_data_directory_says_so_and_works(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").write_text("in the way")
    async with running_discord() as discord_server, ArrServer(ScenarioSource(scenario=radarr())) as server:
        await server.go_away()
        settings = settings_of_a_process(discord_server, server, tmp_path / "data")
        running = asyncio.create_task(run(settings, NO_SOURCES, settings.discord_token.get_secret_value))
        await until(lambda: discord_server.world.messages)
        verdict = read_health(health_path(settings.data_dir), SystemClock().now())
        os.kill(os.getpid(), signal.SIGTERM)

        assert await running == 0

    assert verdict.is_healthy
    assert "The data directory cannot be used." in verdict.degraded
    assert not health_path(settings.data_dir).exists()
    assert "a file of that name is in the way. Discarr goes on" in capfd.readouterr().err
    (message,) = discord_server.world.messages.values()
    assert message["embeds"][0]["title"] == "Discarr is offline"


async def test_what_is_not_delivered_is_in_the_health_file() -> None:
    async with open_lost(count=2) as world:

        def degraded(phase: ConnectionPhase) -> tuple[str, ...]:
            state = ConnectionState(phase=phase, since=world.clock.now())
            report = _health(world.app, state, world.clock)
            assert report.is_healthy
            assert report.degraded[0] == "The data directory cannot be used."  # it is in memory
            return report.degraded[1:]

        lost = "2 messages could not be delivered to anybody."
        assert degraded(ConnectionPhase.READY) == (lost,)
        assert degraded(ConnectionPhase.RETRYING) == (
            "Discord cannot be reached: what is to be told waits.",
            lost,
        )
        world.env.inject_error("POST", "/channels/*/messages", status=500, times=None)
        await world.app.alerting.desk.send_test([OWNER])
        await passes(world, lambda: len(degraded(ConnectionPhase.READY)) == 2, step_s=0.5)
        assert degraded(ConnectionPhase.READY) == (
            "Discord takes no messages for the moment: what is to be told waits.",
            lost,
        )


@pytest.mark.usefixtures("logging_restored")
async def test_a_part_that_dies_ends_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(faulthandler, "dump_traceback_later", fail)
    async with running_discord() as discord_server, ArrServer(ScenarioSource(scenario=radarr())) as server:
        settings = settings_of_a_process(discord_server, server, tmp_path)

        assert await run(settings, NO_SOURCES, settings.discord_token.get_secret_value) == 1

    assert "because a part of it died" in capfd.readouterr().err


NO_SOURCES = Sources(environ={}, env_file=None, secrets_dir=None)


def settings_of_a_process(discord_server: DiscordServer, server: ArrServer, data_dir: Path) -> Config:
    environ = {
        "DISCORD_TOKEN": discord_server.world.token,
        "DISCORD_CHANNEL_ID": str(discord_server.world.channel_id),
        "DISCARR_DATA_DIR": str(data_dir),
        **instance_variables({"Movies": server}),
    }
    return load_settings(environ, env_file=None, secrets_dir=None)
