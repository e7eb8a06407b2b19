"""An instance whose downloads come, move and go by a plan, with the history that an app writes of it."""

import random
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

from discarr.core.models import (
    Download,
    DownloadKey,
    EpisodeNumber,
    FetchedHistory,
    FetchedQueue,
    HistoryEvent,
    HistoryRecord,
    QueueStatus,
    TrackedState,
    TrackedStatus,
)
from discarr.sandbox.arr_server.library import EpisodesOf
from discarr.sandbox.arr_server.scenario import ScriptedDownload
from tests.endurance.household import Fault, Server
from tests.factories import make_download
from tests.fakes.clock import START, VirtualClock

_BLOCKED: dict[str, Any] = {
    "status": QueueStatus.COMPLETED,
    "tracked_status": TrackedStatus.WARNING,
    "tracked_state": TrackedState.IMPORT_PENDING,
    "size_left_bytes": 0,
}
_HISTORY_KEPT = timedelta(hours=3)
"""Longer than Discarr reads back; what is older would only cost memory here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One download from its beginning to its end."""

    title: str
    number: int
    """Stands for its title among others, and for the download."""
    starts_s: float
    lasts_s: float
    episodes: tuple[EpisodeNumber, ...] = ()
    is_failure: bool = False
    hand_s: float = 0.0
    """For how long, before its end, it needs a hand."""

    @property
    def ends_s(self) -> float:
        return self.starts_s + self.lasts_s


class BusyServer(Server):
    """`lives` are in the order of their beginnings and may have no end."""

    def __init__(
        self,
        instance_id: str,
        clock: VirtualClock,
        lives: Iterable[Life],
        fault: Fault = lambda: None,
    ) -> None:
        super().__init__(instance_id, fault)
        self._clock = clock
        self._coming: Iterator[Life] = iter(lives)
        self._next: Life | None = next(self._coming, None)
        self._present: list[Life] = []
        self._records: deque[HistoryRecord] = deque()
        self._ids = count(1)
        self.ended = 0
        """How many downloads have been imported or have failed."""

    async def fetch_queue(self) -> FetchedQueue:
        self._go_on()
        self.downloads = tuple(map(self._download, self._present))
        return await super().fetch_queue()

    async def fetch_history(self, **what: Any) -> FetchedHistory:
        self._go_on()
        self.history = tuple(reversed(self._records))
        return await super().fetch_history(**what)

    def _go_on(self) -> None:
        now_s = self._clock.monotonic()
        while self._next is not None and self._next.starts_s <= now_s:
            self._present.append(self._next)
            self._next = next(self._coming, None)
        over = sorted((life for life in self._present if life.ends_s <= now_s), key=lambda life: life.ends_s)
        for life in over:
            self._present.remove(life)
            self._records += self._records_of(life)
            self.ended += 1
        while self._records and self._records[0].date < self._clock.now() - _HISTORY_KEPT:
            self._records.popleft()

    def _records_of(self, life: Life) -> Iterator[HistoryRecord]:
        for episode in life.episodes or (None,):
            yield HistoryRecord(
                id=next(self._ids),
                instance=self.config.id,
                event=HistoryEvent.FAILED if life.is_failure else HistoryEvent.IMPORTED,
                date=START + timedelta(seconds=life.ends_s),
                download_id=f"{life.number:040X}",
                title=life.title,
                year=2024,
                media_id=life.number,
                episode=episode,
                release_title=life.title,
                quality="WEBDL-1080p",
                tags=(),
            )

    def _download(self, life: Life) -> Download:
        age_s = self._clock.monotonic() - life.starts_s
        loading_s = max(life.lasts_s - life.hand_s, 1.0)
        size = 4_000_000_000
        fields: dict[str, Any] = {"size_left_bytes": int(size * max(0.0, 1 - age_s / loading_s))}
        if life.hand_s and age_s >= loading_s:
            fields = _BLOCKED
        return make_download(
            key=DownloadKey(self.config.id, "d", f"{life.number:040X}"),
            row_ids=(life.number,),
            title=life.title,
            media_id=life.number,
            seasons=tuple({episode.season for episode in life.episodes}),
            episodes=life.episodes,
            episode_count=len(life.episodes),
            size_bytes=size,
            **fields,
        )


def lives_of(night: Iterable[ScriptedDownload]) -> list[Life]:
    """Return the lives of scripted downloads, in the order of their beginnings."""
    lives = []
    for number, script in enumerate(night, start=1):
        media = script.media
        assert media is not None
        lives.append(
            Life(
                title=media.series.title if isinstance(media, EpisodesOf) else media.title,
                number=number,
                starts_s=script.starts_at_s,
                lasts_s=script.lasts_s,
                episodes=tuple(EpisodeNumber(media.season, n) for n in media.numbers)
                if isinstance(media, EpisodesOf)
                else (),
            )
        )
    return sorted(lives, key=lambda life: life.starts_s)


def usual_lives(*, every_s: float, seed: int = 0, troubled_share: float = 0.0) -> Iterator[Life]:
    """Yield downloads without end, one beginning every so often; a share of them needs a hand for an hour."""
    chance = random.Random(seed)  # noqa: S311
    for number in count(1):
        is_troubled = chance.random() < troubled_share
        yield Life(
            title=f"Title {number}",
            number=number,
            starts_s=number * every_s,
            lasts_s=chance.uniform(600, 5400) + (3600 if is_troubled else 0),
            hand_s=3600.0 if is_troubled else 0.0,
        )
