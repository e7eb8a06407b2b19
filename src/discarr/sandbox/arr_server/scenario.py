"""Scripted downloads: frozen descriptions, and what they look like at a given moment.

Everything here is a pure function of scenario time: seconds since the scenario began, which is negative for
what had already happened by then.
"""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from discarr.core.models import InstanceKind, Protocol
from discarr.sandbox.arr_server.library import WEBDL_1080P, EpisodesOf, Movie, Quality, Series
from discarr.sandbox.arr_server.problems import PROBLEMS, Problem


class Step(StrEnum):
    """What happens to a download during one phase of its script."""

    DELAYED = "delayed"
    """Held back by a delay profile: a pending release, unknown to the download client."""
    QUEUED = "queued"
    DOWNLOADING = "downloading"
    SILENT = "silent"
    """Downloading, but nothing arrives, and the client does not say why."""
    PAUSED = "paused"
    UNPACKING = "unpacking"
    """Usenet: the client says "downloading" with nothing left to load."""
    WAITING_FOR_IMPORT = "waiting for import"
    IMPORTING = "importing"
    TROUBLED = "troubled"
    """`Phase.problem` says how."""


class Ending(StrEnum):
    """How a download leaves the queue after its last phase."""

    IMPORTED = "imported"
    FAILED = "failed"
    VANISHED = "vanished"
    """Gone without a word in the history, as when somebody removed it in the download client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One stretch of a script."""

    step: Step
    lasts_s: float = math.inf
    until: float | None = None
    """Part of the data that is loaded at the end of the phase; None: as at its beginning."""
    problem: Problem | None = None


def downloading(lasts_s: float, *, until: float = 1.0) -> Phase:
    """Load data at a steady rate until the given part of it is there."""
    return Phase(step=Step.DOWNLOADING, lasts_s=lasts_s, until=until)


def already(fraction: float) -> Phase:
    """Take no time to have the given part of the data: for what was under way before the scenario."""
    return Phase(step=Step.DOWNLOADING, lasts_s=0, until=fraction)


def waiting(step: Step, lasts_s: float = math.inf) -> Phase:
    """Stay in a step during which no data arrives."""
    return Phase(step=step, lasts_s=lasts_s)


def troubled(name: str, lasts_s: float = math.inf) -> Phase:
    """Need a person, for the reason with that name in `PROBLEMS`."""
    return Phase(step=Step.TROUBLED, lasts_s=lasts_s, problem=PROBLEMS[name])


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedDownload:
    """One download and what becomes of it."""

    release: str
    size_bytes: int
    phases: tuple[Phase, ...]
    media: Movie | EpisodesOf | None
    """None: the app cannot match it to anything."""
    starts_at_s: float = 0.0
    """When it enters the queue."""
    repeats_every_s: float | None = None
    """It is grabbed again and again, each time as a new download; None: once."""
    ending: Ending = Ending.IMPORTED
    quality: Quality = WEBDL_1080P
    protocol: Protocol = Protocol.USENET

    def __post_init__(self) -> None:
        if self.repeats_every_s is not None and self.lasts_s > self.repeats_every_s:
            raise ValueError(f"{self.release} is grabbed again before it is gone")

    @property
    def lasts_s(self) -> float:
        """Time in the queue."""
        return sum(phase.lasts_s for phase in self.phases)

    @property
    def delay_s(self) -> float:
        """How long it is only a pending release."""
        return sum(phase.lasts_s for phase in self.phases if phase.step is Step.DELAYED)

    def occurrences(self, until_s: float, since_s: float = -math.inf) -> Iterator["Occurrence"]:
        """Yield each time it is or was in the queue between two moments, earliest first."""
        if until_s < self.starts_at_s:
            return
        if self.repeats_every_s is None:
            yield Occurrence(script=self, cycle=0)
            return
        first = max(0, math.floor((max(since_s, self.starts_at_s) - self.starts_at_s) / self.repeats_every_s))
        last = math.floor((until_s - self.starts_at_s) / self.repeats_every_s)
        # the cycle before may have an event at the very moment this one begins
        for cycle in range(max(0, first - 1), last + 1):
            yield Occurrence(script=self, cycle=cycle)


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadState:
    """What a scripted download looks like at one moment."""

    step: Step
    fraction: float
    time_left_s: float | None
    problem: Problem | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One of the times that a scripted download is in the queue."""

    script: ScriptedDownload
    cycle: int

    @property
    def starts_at_s(self) -> float:
        """When it enters the queue."""
        return self.script.starts_at_s + self.cycle * (self.script.repeats_every_s or 0)

    @property
    def grabbed_at_s(self) -> float:
        """When the download client gets it: after the delay, if there is one."""
        return self.starts_at_s + self.script.delay_s

    @property
    def ends_at_s(self) -> float:
        """When it leaves the queue; infinite if it stays."""
        return self.starts_at_s + self.script.lasts_s

    @property
    def download_id(self) -> str:
        """The download client's id: a torrent's hash, or the id of a SABnzbd job."""
        digest = hashlib.sha1(f"{self.script.release}#{self.cycle}".encode(), usedforsecurity=False)
        if self.script.protocol is Protocol.TORRENT:
            return digest.hexdigest().upper()
        return f"SABnzbd_nzo_{digest.hexdigest()[:8]}"

    def state_at(self, moment_s: float) -> DownloadState | None:
        """Return what it looks like, or None before its start and after its end."""
        age_s = moment_s - self.starts_at_s
        fraction = 0.0
        if age_s < 0:
            return None
        for phase in self.script.phases:
            target = fraction if phase.until is None else phase.until
            if age_s >= phase.lasts_s:
                age_s -= phase.lasts_s
                fraction = target
                continue
            left_s: float | None = None
            if phase.step is Step.DOWNLOADING and target > fraction:
                rate = (target - fraction) / phase.lasts_s
                fraction += rate * age_s
                left_s = (1 - fraction) / rate
            elif phase.step is Step.DELAYED:
                left_s = phase.lasts_s - age_s
            elif fraction >= 1:
                left_s = 0.0
            return DownloadState(
                step=phase.step, fraction=fraction, time_left_s=left_s, problem=phase.problem
            )
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A mounted volume as `/diskspace` shows it."""

    path: str
    free_bytes: int
    total_bytes: int
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthLine:
    """One of the app's own warnings."""

    source: str
    level: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One simulated instance: its library, its disks, and what it downloads when."""

    kind: InstanceKind
    downloads: tuple[ScriptedDownload, ...] = ()
    volumes: tuple[Volume, ...] = ()
    root_folders: tuple[str, ...] = ()
    health: tuple[HealthLine, ...] = ()
    library: tuple[Movie | Series, ...] = ()
    """What is in the library besides the media of the downloads."""

    @property
    def media(self) -> dict[int, Movie | Series]:
        """Everything in the library by id."""
        downloaded = (
            script.media.series if isinstance(script.media, EpisodesOf) else script.media
            for script in self.downloads
        )
        return {item.id: item for item in (*self.library, *downloaded) if item is not None}

    @property
    def tag_ids(self) -> dict[str, int]:
        """Ids of all tags in use, by label."""
        labels = sorted({label for item in self.media.values() for label in item.tags})
        return {label: number for number, label in enumerate(labels, start=1)}


def rotation(*scripts: ScriptedDownload, every_s: float) -> tuple[ScriptedDownload, ...]:
    """Return the scripts so that one starts `every_s` after the other, in turn, for ever.

    The first keeps its own start; each must be gone when its turn comes again.
    """
    return tuple(
        replace(
            script,
            starts_at_s=scripts[0].starts_at_s + number * every_s,
            repeats_every_s=len(scripts) * every_s,
        )
        for number, script in enumerate(scripts)
    )
