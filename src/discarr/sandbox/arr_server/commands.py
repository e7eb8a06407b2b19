"""The apps' command queue: queued, started a moment later, ended after its work."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.json_format import JsonObject, span_text, utc_text, without_absent

MANUAL_IMPORT = "ManualImport"
_KEPT_FOR = timedelta(minutes=5)
_COMMON = (
    "Backup", "CheckHealth", "ClearBlocklist", "ImportListSync", MANUAL_IMPORT, "ProcessMonitoredDownloads",
    "RefreshMonitoredDownloads", "RenameFiles", "RssSync",
)  # fmt: skip
_OWN = {
    InstanceKind.RADARR: (
        "ApplicationCheckUpdate", "CutoffUnmetMoviesSearch", "MissingMoviesSearch", "MoveMovie",
        "MoviesSearch", "RefreshCollections", "RefreshMovie", "RescanMovie",
    ),
    InstanceKind.SONARR: (
        "ApplicationUpdateCheck", "CutoffUnmetEpisodeSearch", "EpisodeSearch", "MissingEpisodeSearch",
        "MoveSeries", "RefreshSeries", "RescanSeries", "SeasonSearch", "SeriesSearch",
    ),
}  # fmt: skip
_REBUILDING = ("RefreshMonitoredDownloads", "ProcessMonitoredDownloads", MANUAL_IMPORT)
"""What is followed by a new snapshot of the queue at once."""
_SEARCH_TO_REBUILD = timedelta(seconds=5)
"""How long after a grab the apps look at their download clients."""


class UnknownCommand(Exception):
    """No command has that name: the apps answer 500."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a command ended."""

    message: str = "Completed"
    exception: str | None = None
    """Where the app stumbled; None: it completed, which says nothing about having found something."""


DONE = Outcome()


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command and its times."""

    id: int
    name: str
    body: JsonObject
    queued: datetime
    started: datetime
    ended: datetime
    outcome: Outcome | None = None
    """None: its work is still to be done, or never will be."""
    is_orphaned: bool = False
    """Whether the app was restarted before its end."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.outcome is not None or self.is_orphaned

    @property
    def rebuilds_at(self) -> datetime | None:
        """When the queue's snapshot is rebuilt because of it."""
        if self.outcome is None:
            return None
        if self.name in _REBUILDING:
            return self.ended
        return self.ended + _SEARCH_TO_REBUILD if self.name.endswith("Search") else None

    def resource(self, at: datetime) -> JsonObject:
        """Return what the API says about it at a moment."""
        outcome = self.outcome
        has_started = at >= self.started
        status, result, message = ("started" if has_started else "queued"), "unknown", None
        if self.is_orphaned:
            status = "orphaned"
        elif outcome is not None:
            message = outcome.message
            status, result = (
                ("completed", "successful") if outcome.exception is None else ("failed", "unsuccessful")
            )
        elif has_started and self.name == MANUAL_IMPORT:
            message = f"Processing file 1 of {len(self.body.get('files') or ())}"
        return without_absent(
            name=self.name,
            commandName=self.name,
            message=message,
            body={"sendUpdatesToClient": True, "trigger": "manual", "suppressMessages": False},
            priority="high" if self.name == MANUAL_IMPORT else "normal",
            status=status,
            result=result,
            queued=utc_text(self.queued),
            started=utc_text(self.started) if has_started else None,
            ended=utc_text(self.ended) if self.is_over else None,
            duration=span_text(self.ended - self.started) if outcome else None,
            exception=outcome.exception if outcome else None,
            trigger="manual",
            stateChangeTime=utc_text(
                self.ended if self.is_over else self.started if has_started else self.queued
            ),
            sendUpdatesToClient=True,
            updateScheduledTask=True,
            id=self.id,
        )


class CommandQueue:
    """The commands of one instance.

    A command waits `wait` before it starts and works for `work`. An equal one that has not ended yet is
    returned instead of a new one.
    """

    def __init__(self, kind: InstanceKind, *, wait: timedelta, work: timedelta) -> None:
        self._names = {name.lower(): name for name in (*_COMMON, *_OWN[kind])}
        self._wait = wait
        self._work = work
        self._commands: dict[int, Command] = {}
        self._count = 0

    def post(self, body: JsonObject, at: datetime) -> Command:
        """Queue a command.

        Raises:
            UnknownCommand: no command has that name.
        """
        name = self._names.get(str(body.get("name", "")).lower())
        if name is None:
            raise UnknownCommand
        for command in self.recent(at):
            if command.name == name and command.body == body and not command.is_over:
                return command
        self._count += 1
        started = at + self._wait
        command = Command(
            id=self._count, name=name, body=body, queued=at, started=started, ended=started + self._work
        )
        self._commands[command.id] = command
        return command

    def due(self, at: datetime) -> Iterator[Command]:
        """Yield the commands whose work is to be done by a moment, the first to end first."""
        due = [item for item in self._commands.values() if not item.is_over and item.ended <= at]
        yield from sorted(due, key=lambda command: (command.ended, command.id))

    def finish(self, command: Command, outcome: Outcome) -> None:
        """Note how a command ended."""
        self._commands[command.id] = replace(command, outcome=outcome)

    def recent(self, at: datetime) -> list[Command]:
        """Return the commands that run or ended less than five minutes ago."""
        self._commands = {
            command.id: command
            for command in self._commands.values()
            if not command.is_over or at - command.ended < _KEPT_FOR
        }
        return list(self._commands.values())

    def cancel(self, command: Command) -> None:
        """Forget a command that has not started."""
        del self._commands[command.id]

    def orphan(self, at: datetime) -> None:
        """Leave what has not ended undone: the app was restarted."""
        self._commands = {
            command.id: command if command.is_over else replace(command, is_orphaned=True, ended=at)
            for command in self._commands.values()
        }

    def last_rebuild(self, at: datetime) -> datetime | None:
        """Return when a command last led to a new snapshot of the queue."""
        moments = [command.rebuilds_at for command in self._commands.values()]
        return max((moment for moment in moments if moment is not None and moment <= at), default=None)
