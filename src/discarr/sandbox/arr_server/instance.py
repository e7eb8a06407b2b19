"""A simulated instance behind its socket: the snapshot of the queue, commands and start-up."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from discarr.core.clock import Clock
from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.commands import CommandQueue
from discarr.sandbox.arr_server.json_format import JsonObject, utc_text
from discarr.sandbox.arr_server.source import Removal, Source

VERSIONS = {InstanceKind.RADARR: "5.28.0.10274", InstanceKind.SONARR: "4.0.16.2944"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What a request removed, and how."""

    row_id: int
    download_id: str | None
    """None: a pending release."""
    removal: Removal


class Instance:
    """The memory of one app.

    Like the apps it answers `/queue` from a snapshot that is rebuilt every `refresh_every_s`, when a refresh
    command ends, and after a removal. Nothing runs in the background: what is due is done when somebody asks.
    """

    def __init__(
        self,
        source: Source,
        *,
        clock: Clock,
        version: str | None,
        instance_name: str | None,
        url_base: str,
        refresh_every_s: float,
        command_s: float,
    ) -> None:
        self.source = source
        self.app_name = source.kind.value.capitalize()
        self.instance_name = instance_name or self.app_name
        self.url_base = url_base
        self._version = version
        self._clock = clock
        self._refresh_every = timedelta(seconds=refresh_every_s)
        self.commands = CommandQueue(
            source.kind, wait=timedelta(seconds=command_s / 5), work=timedelta(seconds=command_s * 4 / 5)
        )
        self.removed: list[Removed] = []
        self._snapshot: list[JsonObject] = []

    def boot(self, *, startup_s: float, first_refresh_s: float) -> None:
        """Start, or start again: with an empty queue until the first refresh."""
        self.catch_up()
        self.started = self._clock.now()
        self.commands.orphan(self.started)
        self._ready = self.started + timedelta(seconds=startup_s)
        self._first_refresh = self._ready + timedelta(seconds=first_refresh_s)
        self._snapshot_at: datetime | None = None
        self._snapshot = []

    def now(self) -> datetime:
        """Return the time of the simulated machine."""
        return self._clock.now()

    @property
    def version(self) -> str:
        """The app's version, also sent as a header."""
        return self._version or self.source.version_at(self.now()) or VERSIONS[self.source.kind]

    @property
    def is_starting(self) -> bool:
        """Whether it still answers 503."""
        return self.now() < self._ready

    def catch_up(self) -> None:
        """Do what is due: called before each request is answered."""
        now = self.now()
        for command in self.commands.due(now):
            self.source.advance(command.ended)
            outcome = self.source.run(command.name, command.body, command.ended)
            self.commands.finish(command, outcome)
        self.source.advance(now)

    def rows(self) -> list[JsonObject]:
        """Return what the queue shows: the snapshot, and the pending releases as of now."""
        now = self.now()
        if now >= self._first_refresh:
            ticks = (now - self._first_refresh) // self._refresh_every
            due = self._first_refresh + ticks * self._refresh_every
            due = max(due, self.commands.last_rebuild(now) or due)
            if self._snapshot_at is None or due > self._snapshot_at:
                self._rebuild(due)
        pending = [row for row in self.source.rows(now) if "downloadId" not in row]
        return self._snapshot + pending

    def refresh(self, at: datetime) -> None:
        """Rebuild the snapshot at once, as the apps do after a removal."""
        self._rebuild(at)

    def system_status(self) -> JsonObject:
        """Return `/system/status`."""
        status: JsonObject = {
            "appName": self.app_name,
            "instanceName": self.instance_name,
            "version": self.version,
            "buildTime": "2025-10-21T12:00:00Z",
            "isDebug": False,
            "isProduction": True,
            "isAdmin": False,
            "isUserInteractive": False,
            "startupPath": f"/app/{self.source.kind}/bin",
            "appData": "/config",
            "osName": "alpine",
            "osVersion": "3.22.2",
            "isNetCore": True,
            "isLinux": True,
            "isOsx": False,
            "isWindows": False,
            "isDocker": True,
            "mode": "console",
            "branch": "main",
            "databaseType": "sqLite",
            "databaseVersion": "3.49.2",
            "authentication": "forms",
            "migrationVersion": 242,
            "runtimeVersion": "6.0.36",
            "runtimeName": "netcore",
            "packageVersion": self.version,
            "packageAuthor": "[linuxserver.io](https://linuxserver.io)",
            "packageUpdateMechanism": "docker",
        }
        status |= self.source.status
        return status | {
            "version": self.version,
            "urlBase": self.url_base,
            "startTime": utc_text(self.started),
        }

    def _rebuild(self, at: datetime) -> None:
        self._snapshot_at = at
        self._snapshot = [row for row in self.source.rows(at) if "downloadId" in row]
