"""Runs Discarr as a process of its own, against the stand-in for Discord and simulated instances."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from discarr.core.clock import SystemClock
from discarr.core.health_file import health_path, read_health
from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.app import ArrServer
from tests.fakes.discord_server import DiscordServer, until
from tests.forked import ForkedProcess, fork

PATIENCE_S = 25.0
"""For what takes a second on an idle machine."""

_LAUNCHER = """
import sys, yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route
from discord.state import ConnectionState
Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = sys.argv[1], yarl.URL(sys.argv[2])
# how long discord.py waits for more guilds before it says that it is ready: 2 s
ConnectionState.guild_ready_timeout = property(lambda self: 0.05, lambda self, _: None)
{sabotage}
from discarr.main import main
sys.exit(main(sys.argv[3:]))
"""


@dataclass(slots=True)
class Discarr:
    """One process; what it wrote lies in files, so that no pipe can hold it up."""

    process: asyncio.subprocess.Process | ForkedProcess
    folder: Path
    started: float = field(default_factory=time.monotonic)

    @property
    def stdout(self) -> str:
        return (self.folder / "stdout").read_text(encoding="utf-8")

    @property
    def stderr(self) -> str:
        return (self.folder / "stderr").read_text(encoding="utf-8")

    async def says(self, words: str, *, times: int = 1) -> None:
        """Wait until the log contains the words."""
        try:
            await until(lambda: self.stderr.count(words) >= times or not self.is_alive, timeout_s=PATIENCE_S)
        except TimeoutError:
            raise AssertionError(f"{words!r} not in:\n{self.stderr}") from None
        assert self.stderr.count(words) >= times, f"ended with {self.process.returncode}:\n{self.stderr}"

    @property
    def is_alive(self) -> bool:
        return self.process.returncode is None

    async def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Send a signal; return the exit code and how many seconds the end took."""
        began = time.monotonic()
        self.process.send_signal(number)
        return await self.ended(), time.monotonic() - began

    async def ended(self) -> int:
        """Wait until it has ended by itself; return the exit code."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.process.wait()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.is_alive:
            self.process.kill()
            await self.process.wait()


@dataclass(slots=True, kw_only=True)
class Machine:
    """Where processes run: their settings, their folder, and Discord as they see it."""

    discord: DiscordServer
    folder: Path
    environ: dict[str, str]

    @property
    def data_dir(self) -> Path:
        return Path(self.environ["DISCARR_DATA_DIR"])

    async def start(
        self,
        *arguments: str,
        sabotage: str = "",
        is_new: bool = False,
        environ: Mapping[str, str] | None = None,
    ) -> Discarr:
        """Start `discarr run`, or another command.

        `sabotage` is code that breaks something before; `is_new` has an interpreter of its own begin.
        """
        folder = self.folder / f"process-{len(list(self.folder.glob('process-*')))}"
        folder.mkdir()
        command = arguments or ("run",)
        environ = {**self.environ, **(environ or {})}
        if command == ("healthcheck",):
            # It speaks to nobody, and loads so little that a new interpreter is as quick.
            process = await self._begin(folder, environ, "-m", "discarr", "healthcheck")
            return Discarr(process, folder)
        program = _LAUNCHER.format(sabotage=sabotage)
        words = (program, self.discord.api_url, self.discord.gateway.url, *command)
        if is_new:
            return Discarr(await self._begin(folder, environ, "-c", *words), folder)
        outputs = folder / "stdout", folder / "stderr"
        return Discarr(await fork(*words, cwd=self.folder, environ=environ, outputs=outputs), folder)

    async def _begin(
        self, folder: Path, environ: Mapping[str, str], *arguments: str
    ) -> asyncio.subprocess.Process:
        with (folder / "stdout").open("wb") as stdout, (folder / "stderr").open("wb") as stderr:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                *arguments,
                cwd=self.folder,
                env=environ,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
            )

    async def call(self, *arguments: str, environ: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Run a command to its end; return its exit code and everything it wrote."""
        async with await self.start(*arguments, environ=environ) as process:
            code = await process.ended()
            return code, process.stdout + process.stderr

    async def healthy(self) -> None:
        """Wait until `discarr healthcheck` agrees."""
        await self._health(lambda: read_health(self._health_file, SystemClock().now()).is_healthy)
        assert (await self.call("healthcheck"))[0] == 0

    async def unhealthy(self, words: str) -> None:
        """Wait until `discarr healthcheck` says so, in these words."""
        await self._health(lambda: words in read_health(self._health_file, SystemClock().now()).sentence)
        exit_code, said = await self.call("healthcheck")
        assert exit_code == 1
        assert words in said

    async def _health(self, is_so: Callable[[], bool]) -> None:
        await until(is_so, timeout_s=PATIENCE_S)

    @property
    def _health_file(self) -> Path:
        return Path(self.environ["TMPDIR"]) / health_path(self.data_dir).name

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What stands in the channel, oldest first."""
        return list(self.discord.world.messages.values())

    @property
    def text(self) -> str:
        """Everything the newest message says."""
        if not self.messages:
            return ""
        embed = self.messages[-1]["embeds"][0]
        parts = [embed.get("title", ""), embed.get("description", "")]
        return "\n".join(parts + [f"{field['name']}\n{field['value']}" for field in embed.get("fields", ())])

    async def shows(self, words: str) -> None:
        """Wait until the newest message contains the words."""
        try:
            await until(lambda: words in self.text, timeout_s=PATIENCE_S)
        except TimeoutError:
            logs = [path.read_text(encoding="utf-8") for path in self.folder.glob("process-*/stderr")]
            raise AssertionError("\n".join([f"{words!r} not in:", self.text, *logs])) from None


def instance_variables(servers: Mapping[str, ArrServer]) -> dict[str, str]:
    """Return the settings of named instances."""
    found: dict[str, str] = {}
    for name, server in servers.items():
        prefix = f"{'RADARR' if server.kind is InstanceKind.RADARR else 'SONARR'}__{name}__"
        found |= {f"{prefix}URL": server.url, f"{prefix}API_KEY": server.api_key, f"{prefix}NAME": name}
    return found


@asynccontextmanager
async def open_machine(
    folder: Path, discord: DiscordServer, servers: Mapping[str, ArrServer], **environ: str
) -> AsyncIterator[Machine]:
    """Yield a machine with these servers in its settings; names of instances become their display names."""
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    yield Machine(
        discord=discord,
        folder=folder,
        environ={
            "PATH": os.environ["PATH"],
            "TMPDIR": str(temporary),
            "PYTHONWARNINGS": "error,ignore:'audioop' is deprecated:DeprecationWarning",
            "DISCORD_TOKEN": discord.world.token,
            "DISCORD_CHANNEL_ID": str(discord.world.channel_id),
            "DISCARR_DATA_DIR": str(folder / "data"),
            "DISCARR_REFRESH_INTERVAL": "1",
            "DISCARR_EDIT_INTERVAL": "5",
            **instance_variables(servers),
            **environ,
        },
    )
