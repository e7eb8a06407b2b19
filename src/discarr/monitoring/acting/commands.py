"""Actions that an app carries out as a command: searching, and importing by hand."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from msgspec.structs import replace

from discarr.core.actions import CommandResult, CommandState, CommandStatus, ImportCandidate
from discarr.core.errors import MediaClientError, NotFound
from discarr.core.models import Download, InstanceKind
from discarr.monitoring.acting.deeds import Deed, Job
from discarr.monitoring.acting.operation import CommandProgress, Trail
from discarr.monitoring.acting.past import count_grabs, count_imports, newest_id, newest_id_of
from discarr.monitoring.acting.results import Cause, ItemResult, result_of

SEARCH_LIMIT_S: Final = 15 * 60.0
"""How long a search is waited for; many indexers answer slowly."""
IMPORT_LIMIT_S: Final = 60 * 60.0
"""How long an import is waited for: it may copy a season to another disk."""
_FIRST_POLL_S: Final = 0.5
_SLOWEST_POLL_S: Final = 10.0
_POLL_SHARE: Final = 0.1
"""Of the time it takes so far: nobody notices that the end is seen a tenth later."""
_HISTORY_LOOKS_S: Final = (0.0, 1.0, 2.0, 4.0)
_LATE_LOOKS_S: Final = (30.0,) * 20
"""An import whose answer got lost takes as long as any other."""
_BEHIND: Final = (CommandState.UNKNOWN, CommandState.QUEUED, CommandState.STARTED)
"""States of commands that are not over, the furthest behind first."""


class _Ending(StrEnum):
    """How the commands of a deed ended."""

    COMPLETED = "completed"
    FAILED = "failed"
    LOST = "lost"
    """The app does not know one of them any more, or was restarted meanwhile."""
    RUNNING = "running"
    """Not at all, in the time there was."""


class _Commanding(Deed):
    """A deed that goes on after the app has answered."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._trail: Trail = job.trail

    async def _keep(self, *commands: CommandStatus) -> None:
        self._trail = replace(self._trail, commands=tuple(command.id for command in commands))
        await self._job.keep_trail(self._trail)

    async def _await_commands(self, limit_s: float) -> _Ending:
        """Wait until all commands are over, and tell how far they are meanwhile."""
        job, ids = self._job, self._trail.commands
        ended: dict[int, CommandStatus | None] = {}
        began = job.clock.monotonic()
        while len(ended) < len(ids):
            waited_s = job.clock.monotonic() - began
            if waited_s >= limit_s:
                return _Ending.RUNNING
            pause_s = min(max(_FIRST_POLL_S, _POLL_SHARE * waited_s), _SLOWEST_POLL_S)
            await job.clock.sleep(min(pause_s, limit_s - waited_s))
            latest: list[CommandStatus] = []
            for command_id in ids:
                if command_id in ended:
                    continue
                try:
                    status = await job.client.actions.command(command_id)
                except NotFound:
                    ended[command_id] = None
                except MediaClientError:
                    continue  # it goes on whether or not the app can be asked
                else:
                    latest.append(status)
                    if status.is_over:
                        ended[command_id] = status
            if latest:
                job.report(_progress(latest, ended=len(ended), total=len(ids)))
        return _ending(ended.values())


class Searching(_Commanding):
    """Searches for what a download holds, and counts what is grabbed for the same title meanwhile."""

    needs_download_to_itself = False

    async def prepare(self) -> None:
        try:
            self._trail = replace(self._trail, baseline=await newest_id(self._job.client))
        except MediaClientError:
            return  # only the count stays unknown

    async def send(self, download: Download) -> None:
        await self._keep(*await self._job.client.actions.search(download))

    async def judge(self) -> ItemResult:
        ending = await self._await_commands(SEARCH_LIMIT_S)
        if ending is _Ending.COMPLETED:
            return result_of(Cause.ANSWERED, count=await self._count_grabs())
        return result_of(_CAUSES[ending])

    async def settle(self, pauses_s: Iterable[float]) -> ItemResult:  # noqa: ARG002 - nothing to look at
        return await self.judge() if self._trail.commands else result_of(Cause.NO_ANSWER)

    async def _count_grabs(self) -> int | None:
        """Count releases that were grabbed for the title since; None when that cannot be found out."""
        if self._trail.baseline is None:
            return None
        try:
            return await count_grabs(self._job.client, self._job.target, since_id=self._trail.baseline)
        except MediaClientError:
            return None


class Importing(_Commanding):
    """Imports files by hand. The history decides: a command may fail although all arrived (Sonarr#8649)."""

    async def prepare(self) -> None:
        baseline = await newest_id_of(self._job.client, self._job.target)
        self._trail = replace(self._trail, baseline=baseline)
        await self._job.keep_trail(self._trail)

    async def send(self, download: Download) -> None:  # noqa: ARG002 - the files say it all
        await self._keep(await self._job.client.actions.import_files(self._job.files))

    async def judge(self) -> ItemResult:
        ending = await self._await_commands(IMPORT_LIMIT_S)
        return await self._look(_HISTORY_LOOKS_S, _CAUSES[ending])

    async def settle(self, pauses_s: Iterable[float]) -> ItemResult:
        if self._trail.commands:
            return await self.judge()
        return await self._look((*pauses_s, *_LATE_LOOKS_S), Cause.NO_ANSWER)

    async def _look(self, pauses_s: Iterable[float], otherwise: Cause) -> ItemResult:
        """Look in the history until all is there; `otherwise` is what it means that nothing is."""
        expected = sum(map(_history_lines, self._job.files))
        imported: int | None = None
        for pause_s in pauses_s:
            await self._job.clock.sleep(pause_s)
            imported = await self._count_imported(expected)
            if imported is not None and imported >= expected:
                return result_of(Cause.IMPORTED, count=imported, expected_count=expected)
        if imported is None:
            return result_of(Cause.NO_ANSWER, expected_count=expected)
        is_over = otherwise in (Cause.NOT_IMPORTED, Cause.COMMAND_FAILED)
        cause = Cause.PARTLY if imported and is_over else otherwise
        return result_of(cause, count=imported, expected_count=expected)

    async def _count_imported(self, expected: int) -> int | None:
        """Count what was imported of the download since; None when that cannot be found out."""
        job, since_id = self._job, self._trail.baseline
        if since_id is None:
            return None
        try:
            return await count_imports(job.client, job.target, since_id=since_id, expected=expected)
        except MediaClientError:
            return None


_CAUSES: Final = {
    _Ending.COMPLETED: Cause.NOT_IMPORTED,
    _Ending.FAILED: Cause.COMMAND_FAILED,
    _Ending.LOST: Cause.COMMAND_LOST,
    _Ending.RUNNING: Cause.STILL_RUNNING,
}
"""What the end of the commands means where nothing came of them."""


def _history_lines(file: ImportCandidate) -> int:
    """Return how many lines the history gets for a file: one for a movie, one for each episode."""
    return 1 if file.kind is InstanceKind.RADARR else len(file.episodes)


def _progress(latest: list[CommandStatus], *, ended: int, total: int) -> CommandProgress:
    running = [status for status in latest if not status.is_over]
    behind = min(running, key=lambda status: _BEHIND.index(status.state)) if running else latest[-1]
    return CommandProgress(ended=ended, total=total, state=behind.state, technical=behind.message)


def _ending(statuses: Iterable[CommandStatus | None]) -> _Ending:
    is_lost = False
    for status in statuses:
        if status is None or status.state is CommandState.ORPHANED:
            is_lost = True
        elif status.state is not CommandState.COMPLETED or status.result is CommandResult.UNSUCCESSFUL:
            return _Ending.FAILED
    return _Ending.LOST if is_lost else _Ending.COMPLETED
