"""What somebody has in hand while they say what the files of a download are; forgotten with the process."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from discarr.core.actions import ImportCandidate, LibraryEpisode, LibraryTitle
from discarr.core.clock import Clock
from discarr.core.events import Work
from discarr.core.models import Download, DownloadKey, InstanceKind
from discarr.discord_bot.drafts import Drafts

MAX_DRAFTS: Final = 100
ALL: Final = 9999
"""Stands for the place of a file where all files are meant; the apps never list so many."""
MAX_FOUND: Final = 25
"""Titles to choose from: the options of a select."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportDraft:
    """The files of one download, as one person has assigned them so far."""

    id: str
    owner_id: int
    key: DownloadKey
    work: Work
    """What the app takes the download for."""
    kind: InstanceKind
    files: tuple[ImportCandidate, ...]
    """At least one."""
    left_out: frozenset[int]
    """Places of files that are not to be imported."""
    found: tuple[LibraryTitle, ...] = ()
    """What was found last by a search, to be chosen from."""
    searched: str = ""
    """What was searched for last."""
    episodes: tuple[LibraryEpisode, ...] = ()
    """Those of the season of the file that was looked at last."""
    episodes_of: tuple[int, int] | None = None
    """Series and season of `episodes`; None while there are none."""
    operation_id: str | None = None
    """What was asked for last with these files; None while nothing was."""

    @property
    def chosen(self) -> tuple[ImportCandidate, ...]:
        """The files that would be imported."""
        return tuple(file for place, file in enumerate(self.files) if self.is_chosen(place))

    @property
    def has_conflict(self) -> bool:
        """Whether two of the files would become the same movie or episode: one would replace the other."""
        slots = [slot for file in self.chosen for slot in _slots(file)]
        return len(slots) > len(set(slots))

    def is_chosen(self, place: int) -> bool:
        """Whether the file at that place would be imported."""
        return place not in self.left_out and self.files[place].is_ready

    def with_files(self, changed: dict[int, ImportCandidate]) -> "ImportDraft":
        """Return the draft with these files as they were assigned; they are to be imported now."""
        files = tuple(changed.get(place, file) for place, file in enumerate(self.files))
        left_out = self.left_out - changed.keys()
        if len(changed) > 1:
            left_out = doubles(files)
        return replace(self, files=files, left_out=left_out, found=(), searched="")

    def with_choice(self, place: int, *, is_wanted: bool) -> "ImportDraft":
        """Return the draft with one file left out, or taken in again."""
        left_out = self.left_out - {place} if is_wanted else self.left_out | {place}
        return replace(self, left_out=left_out)


def are_as_expected(files: Iterable[ImportCandidate], download: Download) -> bool:
    """Whether every file is matched, and with nothing but what its download was grabbed for.

    Nothing is expected of a download that belongs to nothing, or to an unknown episode.
    """
    for file in files:
        if not file.is_ready or file.media is None or file.media.id != download.media_id:
            return False
        if not {episode.number for episode in file.episodes} <= set(download.episodes):
            return False
    return True


def doubles(files: Iterable[ImportCandidate]) -> frozenset[int]:
    """Return the places of files of which a larger one is the same movie or episode: samples and the like."""
    by_size = sorted(enumerate(files), key=lambda item: (-item[1].size_bytes, item[0]))
    taken: set[int] = set()
    left_out: set[int] = set()
    for place, file in by_size:
        slots = set(_slots(file))
        if taken.isdisjoint(slots):
            taken |= slots
        else:
            left_out.add(place)
    return frozenset(left_out)


class ImportDrafts(Drafts[ImportDraft]):
    """The drafts of everybody, the latest hundred of them."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock, most=MAX_DRAFTS)

    def begin(
        self,
        owner_id: int,
        key: DownloadKey,
        work: Work,
        kind: InstanceKind,
        files: tuple[ImportCandidate, ...],
    ) -> ImportDraft:
        """Return a new draft: everything that is ready, but for doubles, is to be imported."""
        draft = ImportDraft(
            id=self.new_id(),
            owner_id=owner_id,
            key=key,
            work=work,
            kind=kind,
            files=files[:ALL],
            left_out=doubles(files[:ALL]),
        )
        self.put(draft)
        return draft


def _slots(file: ImportCandidate) -> Iterator[int]:
    """Yield the ids of what a file would become."""
    if file.media is None:
        return
    if file.kind is InstanceKind.RADARR:
        yield file.media.id
    else:
        yield from (episode.id for episode in file.episodes)
