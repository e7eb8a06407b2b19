"""Scenarios: frozen descriptions of instances and of their downloads.

Times are scenario time: seconds since the scenario began, negative for what had already happened by then.
"""

import math
from dataclasses import dataclass, replace
from enum import StrEnum

from discarr.core.models import InstanceKind, Protocol
from discarr.sandbox.arr_server.download_clients import USUAL_CLIENTS, DownloadClient, find_client
from discarr.sandbox.arr_server.library import WEBDL_1080P, EpisodesOf, Movie, Quality, Series
from discarr.sandbox.arr_server.problems import PROBLEMS, Problem
from discarr.sandbox.arr_server.timeline import ALWAYS, Course, Window

SEARCH_S = 5.0
"""How long after a failure the app grabs what it has found instead."""


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
    """The app blocklists the release and searches again."""
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
    imports: tuple[int, ...] = ()
    """Numbers of the episodes that are imported during the phase, one after the other.

    What no phase names is imported in the last one: bit by bit if that is `IMPORTING`, else at its end.
    """


def downloading(lasts_s: float, *, until: float = 1.0) -> Phase:
    """Load data at a steady rate until the given part of it is there."""
    return Phase(step=Step.DOWNLOADING, lasts_s=lasts_s, until=until)


def already(fraction: float) -> Phase:
    """Take no time to have the given part of the data: for what was under way before the scenario."""
    return Phase(step=Step.DOWNLOADING, lasts_s=0, until=fraction)


def waiting(step: Step, lasts_s: float = math.inf) -> Phase:
    """Stay in a step during which no data arrives."""
    return Phase(step=step, lasts_s=lasts_s)


def importing(lasts_s: float, *numbers: int) -> Phase:
    """Import the episodes with these numbers, one after the other; without numbers see `Phase.imports`."""
    return Phase(step=Step.IMPORTING, lasts_s=lasts_s, imports=numbers)


def troubled(name: str, lasts_s: float = math.inf) -> Phase:
    """Need a person, for the reason with that name in `PROBLEMS`."""
    return Phase(step=Step.TROUBLED, lasts_s=lasts_s, problem=PROBLEMS[name])


class ManualImport(StrEnum):
    """How a person's import of a download ends."""

    WORKS = "works"
    FAILS = "fails"
    """The command fails, and nothing was imported."""
    SAYS_IT_FAILED = "says it failed"
    """The command fails although the files arrived, and the download stays in the queue: Sonarr#8649."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedFile:
    """A video file of a download, as a manual import shows it."""

    name: str
    """Path below the download's folder."""
    size_bytes: int
    media: Movie | EpisodesOf | None
    """What the app takes it for; None: it cannot tell."""
    rejections: tuple[str, ...] = ()
    quality: Quality | None = None
    """None: that of the download."""


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
    client: str | None = None
    """Name of the download client; None: the instance's first for the protocol."""
    indexer: str | None = None
    """None: a usual one for the protocol."""
    languages: tuple[str, ...] = ("English",)
    custom_formats: tuple[str, ...] = ()
    custom_format_score: int = 0
    replaces: Quality | None = None
    """The quality of the file that the library has already, so that this is an upgrade; None: it has none."""
    replacement: "ScriptedDownload | None" = None
    """What a search finds once this has failed or was removed; its `starts_at_s` counts from then."""
    files: tuple[ScriptedFile, ...] | None = None
    """What a manual import shows; None: a file per movie or episode, rejected for the present problem."""
    manual_import: ManualImport = ManualImport.WORKS

    def __post_init__(self) -> None:
        if self.repeats_every_s is not None and self.lasts_with_replacement_s > self.repeats_every_s:
            raise ValueError(f"{self.release} is grabbed again before it is gone")

    @property
    def lasts_s(self) -> float:
        """Time in the queue."""
        return sum(phase.lasts_s for phase in self.phases)

    @property
    def output_path(self) -> str:
        """Where the client leaves it when it is complete."""
        return f"/data/{self.protocol}/complete/{self.release}"

    @property
    def release_group(self) -> str | None:
        """Who made the release, from the end of its name; None if that does not say."""
        return self.release.rpartition("-")[2] if "-" in self.release else None

    @property
    def delay_s(self) -> float:
        """How long it is only a pending release."""
        return sum(phase.lasts_s for phase in self.phases if phase.step is Step.DELAYED)

    @property
    def lasts_with_replacement_s(self) -> float:
        """Time until it and all that may be grabbed instead of it have left the queue."""
        following = self.replacement
        if following is None:
            return self.lasts_s
        return self.lasts_s + SEARCH_S + following.starts_at_s + following.lasts_with_replacement_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A mounted volume as `/diskspace` shows it."""

    path: str
    free_bytes: int
    total_bytes: int
    label: str = ""
    course: Course | None = None
    """How the free bytes change; None: they stay."""

    def free_bytes_at(self, moment_s: float) -> int:
        """Return what is free at a moment."""
        return self.free_bytes if self.course is None else self.course.value_at(moment_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthLine:
    """One of the app's own warnings."""

    source: str
    level: str
    message: str
    window: Window = ALWAYS
    """When it is shown."""


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
    catalogue: tuple[Movie | Series, ...] = ()
    """What a look-up finds besides the library."""
    findable: tuple[ScriptedDownload, ...] = ()
    """What a search finds, each once; their `starts_at_s` counts from the end of the search."""
    clients: tuple[DownloadClient, ...] = USUAL_CLIENTS
    versions: tuple[tuple[float, str], ...] = ()
    """Since when the app has which version, earliest first; before the first one the usual version."""

    def client_of(self, script: ScriptedDownload) -> DownloadClient:
        """Return the client that a download is with."""
        return find_client(self.clients, script.protocol, script.client)

    @property
    def media(self) -> dict[int, Movie | Series]:
        """Everything in the library by id."""
        downloaded = (
            script.media.series if isinstance(script.media, EpisodesOf) else script.media
            for script in (*self.downloads, *self.findable)
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
