"""What is sent to an app for each kind of action, and how to find out what came of it.

An answer that got lost is never made up for by asking again: the queue and the history are looked at instead,
with growing pauses.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar, Final

from discarr.clients.base import MediaClient
from discarr.core.actions import ImportCandidate, Removal
from discarr.core.clock import Clock
from discarr.core.errors import MediaClientError
from discarr.core.models import Download
from discarr.monitoring.acting.operation import CommandProgress, Trail
from discarr.monitoring.acting.past import was_grabbed
from discarr.monitoring.acting.results import Cause, ItemResult, result_of
from discarr.monitoring.acting.targets import Target, is_same_grab

QUICK_LOOKS_S: Final = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Pauses before each look after an answer got lost."""
PATIENT_LOOKS_S: Final = (1.0, 5.0, 10.0, 20.0, 40.0, *(60.0 for _ in range(60)))
"""The same after a restart of Discarr: the instance may need a while, too. About an hour."""
_ENOUGH_SIGHTINGS: Final = len(QUICK_LOOKS_S)
"""What is still there after so many looks in a row was not done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One download that something is done to, and what is needed for it."""

    client: MediaClient
    clock: Clock
    target: Target
    files: tuple[ImportCandidate, ...]
    trail: Trail
    keep_trail: Callable[[Trail], Awaitable[None]]
    """Write down how to find out what came of it."""
    report: Callable[[CommandProgress], None]


class Deed(ABC):
    """One action on one download: `prepare`, `send`, then `judge`, or `settle` where no answer came."""

    is_gone_when_not_found: ClassVar[bool] = False
    """Whether 404 means that what was to be acted on is not there any more."""
    needs_download_to_itself: ClassVar[bool] = True
    """Whether nothing else may be done to the download until it is known what came of it."""

    def __init__(self, job: Job) -> None:
        self._job = job

    async def prepare(self) -> None:
        """Read what is needed to judge later; nothing is changed.

        Raises:
            MediaClientError: it could not be read, so that the deed must not be done.
        """
        return

    @abstractmethod
    async def send(self, download: Download) -> None:
        """Ask the app to do it, once; `download` was read just now.

        Raises:
            MediaClientError: `is_outcome_unknown` says whether it may have been done.
        """

    @abstractmethod
    async def judge(self) -> ItemResult:
        """Say what came of it, after the app answered."""

    @abstractmethod
    async def settle(self, pauses_s: Iterable[float]) -> ItemResult:
        """Find out what came of it where no answer came, looking after each of the pauses."""


class _Leaving(Deed):
    """A deed after which the download is not in the queue any more."""

    is_gone_when_not_found = True

    async def judge(self) -> ItemResult:
        return result_of(Cause.ANSWERED)

    async def settle(self, pauses_s: Iterable[float]) -> ItemResult:
        sightings = 0
        for pause_s in pauses_s:
            await self._job.clock.sleep(pause_s)
            try:
                if await self._is_there():
                    sightings += 1
                elif await self._is_done():
                    return result_of(Cause.SEEN)
                else:
                    sightings = 0
            except MediaClientError:
                sightings = 0
            if sightings == _ENOUGH_SIGHTINGS:
                break
        return result_of(Cause.STILL_THERE if sightings else Cause.NO_ANSWER)

    async def _is_there(self) -> bool:
        target = self._job.target
        found = await self._job.client.actions.find(target.key, target.media_id)
        return found is not None and is_same_grab(target, found)

    async def _is_done(self) -> bool:
        """Whether it is gone because of the deed."""
        return True


class Removing(_Leaving):
    """Takes a download off the queue."""

    def __init__(self, job: Job, removal: Removal) -> None:
        super().__init__(job)
        self._removal = removal

    async def send(self, download: Download) -> None:
        await self._job.client.actions.remove(download.row_ids[0], removal=self._removal)


class Grabbing(_Leaving):
    """Sends a release that is held back to the download client."""

    async def send(self, download: Download) -> None:
        await self._job.client.actions.grab(download.row_ids[0])

    async def _is_done(self) -> bool:
        return await was_grabbed(self._job.client, self._job.target)
