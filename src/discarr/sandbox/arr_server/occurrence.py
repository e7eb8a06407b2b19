"""What a scripted download looks like at a given moment, and what has happened to it by then.

Everything here is a pure function of scenario time.
"""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from discarr.core.models import Protocol
from discarr.sandbox.arr_server.library import EpisodesOf, media_ids
from discarr.sandbox.arr_server.problems import Problem
from discarr.sandbox.arr_server.scenario import Ending, Phase, ScriptedDownload, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadState:
    """What a scripted download looks like at one moment."""

    step: Step
    fraction: float
    time_left_s: float | None
    problem: Problem | None


class EventKind(StrEnum):
    """What goes into the history, in the apps' words."""

    GRABBED = "grabbed"
    IMPORTED = "downloadFolderImported"
    FAILED = "downloadFailed"
    IGNORED = "downloadIgnored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happens to a download."""

    kind: EventKind
    moment_s: float
    occurrence: "Occurrence"
    part: int = 0
    """What is imported; all else happens to all parts at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One of the times that a scripted download is in the queue.

    Its parts are the movie or the episodes that it brings, numbered from 0.
    """

    script: ScriptedDownload
    cycle: int
    moved_s: float = 0.0
    """How much later it starts than its script says: for what is grabbed instead of another download."""
    by_hand: frozenset[int] = frozenset()
    """The parts that a person has imported."""

    @property
    def identity(self) -> tuple[str, Protocol, float]:
        """What stays the same whatever people make of it, and tells it from all others."""
        return (self.script.release, self.script.protocol, self.starts_at_s)

    @property
    def starts_at_s(self) -> float:
        """When it enters the queue."""
        return self.script.starts_at_s + self.cycle * (self.script.repeats_every_s or 0) + self.moved_s

    @property
    def grabbed_at_s(self) -> float:
        """When the download client gets it: after the delay, if there is one; infinite if never."""
        is_grabbed = any(phase.step is not Step.DELAYED for phase in self.script.phases)
        return self.starts_at_s + self.script.delay_s if is_grabbed else math.inf

    @property
    def ends_at_s(self) -> float:
        """When it leaves the queue; infinite if it stays."""
        return self.starts_at_s + self.script.lasts_s

    @property
    def download_id(self) -> str:
        """The download client's id: a torrent's hash, or the id of a SABnzbd job."""
        if self.script.protocol is Protocol.TORRENT:
            return _digest(f"{self.script.release}#{self.cycle}").upper()
        # every job has an id of its own, also for what was grabbed before
        again = f"@{self.moved_s}" if self.moved_s else ""
        return f"SABnzbd_nzo_{_digest(f'{self.script.release}#{self.cycle}{again}')[:8]}"

    @property
    def part_count(self) -> int:
        """How many movies or episodes it brings; 0 for an unknown item."""
        return len(media_ids(self.script.media))

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

    def imports(self) -> list[tuple[float, int]]:
        """Return when the app itself imports which part, earliest first."""
        found: list[tuple[float, int]] = []
        left = [part for part in range(self.part_count) if part not in self.by_hand]
        moment_s = self.starts_at_s
        for position, phase in enumerate(self.script.phases, start=1):
            is_last = position == len(self.script.phases) and self.script.ending is Ending.IMPORTED
            parts = left if is_last else [part for part in left if self._number_of(part) in phase.imports]
            for count, part in enumerate(parts, start=1):
                share = count / len(parts) if phase.step is Step.IMPORTING else 1
                found.append((moment_s + phase.lasts_s * share, part))
            left = [part for part in left if part not in parts]
            moment_s += phase.lasts_s
        return found

    def arrived_at(self, moment_s: float) -> frozenset[int]:
        """Return the parts that are in the library at a moment."""
        return self.by_hand | {part for imported_s, part in self.imports() if imported_s <= moment_s}

    def events(self) -> Iterator[Event]:
        """Yield what goes into the history, in order where moments are equal."""
        if math.isfinite(self.grabbed_at_s):
            yield Event(kind=EventKind.GRABBED, moment_s=self.grabbed_at_s, occurrence=self)
            for moment_s, part in self.imports():
                yield Event(kind=EventKind.IMPORTED, moment_s=moment_s, occurrence=self, part=part)
            if self.script.ending is Ending.FAILED:
                yield Event(kind=EventKind.FAILED, moment_s=self.ends_at_s, occurrence=self)

    def grabbed_now(self, moment_s: float) -> "Occurrence":
        """Return it with its delay ended by a person."""
        waited = Phase(step=Step.DELAYED, lasts_s=moment_s - self.starts_at_s)
        phases = (waited, *(phase for phase in self.script.phases if phase.step is not Step.DELAYED))
        return replace(self, script=replace(self.script, phases=phases))

    def ended_now(self, moment_s: float, ending: Ending = Ending.VANISHED) -> "Occurrence":
        """Return it as it is when it leaves the queue at a moment, whatever its script had in mind."""
        left_s = moment_s - self.starts_at_s
        fraction = 0.0
        phases: list[Phase] = []
        for phase in self.script.phases:
            target = fraction if phase.until is None else phase.until
            if phase.lasts_s > left_s:
                reached = fraction + (target - fraction) * left_s / phase.lasts_s
                phases.append(replace(phase, lasts_s=left_s, until=reached))
                break
            phases.append(phase)
            left_s -= phase.lasts_s
            fraction = target
        return replace(self, script=replace(self.script, phases=tuple(phases), ending=ending))

    def replaced_at(self, moment_s: float) -> "Occurrence | None":
        """Return what a search finds instead of it at a moment."""
        script = self.script.replacement
        return None if script is None else Occurrence(script=script, cycle=self.cycle, moved_s=moment_s)

    def _number_of(self, part: int) -> int | None:
        media = self.script.media
        return media.numbers[part] if isinstance(media, EpisodesOf) else None


def _digest(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def occurrences(script: ScriptedDownload, until_s: float, since_s: float = -math.inf) -> Iterator[Occurrence]:
    """Yield each time that a script is or was in the queue between two moments, earliest first."""
    if until_s < script.starts_at_s:
        return
    if script.repeats_every_s is None:
        yield Occurrence(script=script, cycle=0)
        return
    first = max(
        0, math.floor((max(since_s, script.starts_at_s) - script.starts_at_s) / script.repeats_every_s)
    )
    last = math.floor((until_s - script.starts_at_s) / script.repeats_every_s)
    # the cycle before may have an event at the very moment this one begins
    for cycle in range(max(0, first - 1), last + 1):
        yield Occurrence(script=script, cycle=cycle)
