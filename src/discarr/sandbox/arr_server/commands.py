"""The apps' command queue: queued, started a moment later, completed after its work."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from discarr.sandbox.arr_server.json_format import JsonObject, span_text, utc_text, without_absent

REFRESH = "RefreshMonitoredDownloads"
_KEPT_FOR = timedelta(minutes=5)
_COMMON = (
    "ApplicationCheckUpdate", "ApplicationUpdateCheck", "Backup", "CheckHealth", "ImportListSync",
    "ManualImport", "ProcessMonitoredDownloads", REFRESH, "RenameFiles", "RssSync", "MoviesSearch",
    "MissingMoviesSearch", "RefreshMovie", "RescanMovie", "EpisodeSearch", "SeasonSearch", "SeriesSearch",
    "MissingEpisodeSearch", "RefreshSeries", "RescanSeries",
)  # fmt: skip
_NAMES = {name.lower(): name for name in _COMMON}


class UnknownCommand(Exception):
    """No command has that name: the apps answer 500."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command and its times."""

    id: int
    name: str
    body: JsonObject
    queued: datetime
    started: datetime
    ended: datetime

    def resource(self, at: datetime) -> JsonObject:
        """Return what the API says about it at a moment."""
        has_started, has_ended = at >= self.started, at >= self.ended
        status = "completed" if has_ended else "started" if has_started else "queued"
        return without_absent(
            name=self.name,
            commandName=self.name,
            message="Completed" if has_ended else None,
            body={"sendUpdatesToClient": True, "trigger": "manual", "suppressMessages": False},
            priority="normal",
            status=status,
            result="successful" if has_ended else "unknown",
            queued=utc_text(self.queued),
            started=utc_text(self.started) if has_started else None,
            ended=utc_text(self.ended) if has_ended else None,
            duration=span_text(self.ended - self.started) if has_ended else None,
            trigger="manual",
            stateChangeTime=utc_text(
                self.ended if has_ended else self.started if has_started else self.queued
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

    def __init__(self, *, wait: timedelta, work: timedelta) -> None:
        self._wait = wait
        self._work = work
        self._commands: list[Command] = []
        self._count = 0

    def post(self, body: JsonObject, at: datetime) -> Command:
        """Queue a command.

        Raises:
            UnknownCommand: no command has that name.
        """
        name = _NAMES.get(str(body.get("name", "")).lower())
        if name is None:
            raise UnknownCommand
        for command in self.recent(at):
            if command.name == name and command.body == body and at < command.ended:
                return command
        self._count += 1
        started = at + self._wait
        command = Command(
            id=self._count, name=name, body=body, queued=at, started=started, ended=started + self._work
        )
        self._commands.append(command)
        return command

    def recent(self, at: datetime) -> list[Command]:
        """Return the commands that run or ended less than five minutes ago."""
        self._commands = [command for command in self._commands if at - command.ended < _KEPT_FOR]
        return list(self._commands)

    def cancel(self, command: Command) -> None:
        """Forget a command that has not started."""
        self._commands.remove(command)

    def last_refresh(self, at: datetime) -> datetime | None:
        """Return when a refresh of the queue last ended."""
        ended = [item.ended for item in self.recent(at) if item.name == REFRESH and item.ended <= at]
        return max(ended, default=None)
