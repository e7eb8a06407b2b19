"""Queues of thousands of rows, answered from bytes that are ready: for load tests and benchmarks."""

import gzip
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import cast, override

from discarr.core.models import InstanceKind, Protocol
from discarr.sandbox.arr_server.download_clients import USUAL_CLIENTS, find_client
from discarr.sandbox.arr_server.json_format import JsonObject, encode
from discarr.sandbox.arr_server.library import EpisodesOf, Movie, Series, whole_season
from discarr.sandbox.arr_server.occurrence import DownloadState, Occurrence
from discarr.sandbox.arr_server.queue_query import QueueQuery, turn_page
from discarr.sandbox.arr_server.rows import queue_rows
from discarr.sandbox.arr_server.scenario import ScriptedDownload, already, downloading, troubled
from discarr.sandbox.arr_server.source import PreparedBody, Removal, Source, embed

_PACK_SIZE = 10
_PACK_SHARE = 0.3
"""Part of Sonarr's downloads that are season packs of `_PACK_SIZE` episodes."""
_TROUBLED_SHARE = 0.05
_CUSTOM_FORMATS = [{"id": 3, "name": "x264"}, {"id": 8, "name": "WEB Tier 02"}, {"id": 21, "name": "DD+"}]
_WORDS = ("Amber", "Border", "Copper", "Distant", "Ember", "Falling", "Golden", "Hollow", "Iron", "Jasper")


@dataclass(kw_only=True)
class BulkQueue(Source):
    """`row_count` made-up queue rows of 1.5 kB, about 5 kB with titles; the same for the same `seed`.

    The order is fixed: sorting and filters of a request are ignored, paging and `include*` are not. Encoded
    and compressed pages are kept, so that in a benchmark the server costs next to nothing.
    """

    row_count: int
    seed: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - not secret  # nosec B311
        self._rows: list[JsonObject] = []
        self._pages: dict[QueueQuery, PreparedBody] = {}

    @override
    def begin(self, at: datetime) -> None:
        rows = (row for script in self._scripts() for row in self._rows_of(script, at))
        self._rows = list(islice(rows, self.row_count))

    @override
    def rows(self, at: datetime) -> list[JsonObject]:
        return self._rows

    @override
    def history(self, at: datetime) -> list[JsonObject]:
        return []

    @override
    def remove(self, row: JsonObject, removal: Removal, at: datetime) -> None:
        self._rows = [item for item in self._rows if item["downloadId"] != row["downloadId"]]
        self._pages.clear()

    @override
    def grab(self, row: JsonObject, at: datetime) -> None:
        """Nothing is pending here."""

    @override
    def prepared_page(self, query: QueueQuery) -> PreparedBody:
        page = self._pages.get(query)
        if page is None:
            page = self._pages[query] = self._encode(query)
        return page

    def step(self, share: float = 1.0) -> int:
        """Make progress on a share of the running downloads, and return how many rows changed.

        Pages that were asked for before are encoded again here, those with embedded titles when asked again.
        """
        running = sorted({row["downloadId"] for row in self._rows if row["status"] == "downloading"})
        chosen = set(self._random.sample(running, round(share * len(running))))
        changed = [row for row in self._rows if row["downloadId"] in chosen]
        for row in changed:
            row["sizeleft"] = max(row["sizeleft"] - row["size"] // 100, 1)
        self._pages = {
            query: self._encode(query) for query in self._pages if not (query.has_media or query.has_episode)
        }
        return len(changed)

    def _encode(self, query: QueueQuery) -> PreparedBody:
        page = turn_page(self._rows, query)
        raw = encode(page.resource(query, [embed(self, row, query) for row in page.rows]))
        return PreparedBody(raw, gzip.compress(raw, 1))

    def _rows_of(self, script: ScriptedDownload, at: datetime) -> list[JsonObject]:
        occurrence = Occurrence(script=script, cycle=0)
        # scripts made here are in the queue at 0
        state = cast("DownloadState", occurrence.state_at(0))
        left = None if state.time_left_s is None else timedelta(seconds=state.time_left_s)
        client = find_client(USUAL_CLIENTS, script.protocol, script.client)
        rows = queue_rows(self.kind, occurrence, state, client=client, at=at, grabbed=at, time_left=left)
        path = f"/data/{script.protocol}/incomplete/{script.release}"
        return [row | {"customFormats": _CUSTOM_FORMATS, "outputPath": path} for row in rows]

    def _scripts(self) -> Iterator[ScriptedDownload]:
        """Yield downloads without end, their media being added to the library."""
        number = 0
        while True:
            number += 1
            title = " ".join(self._random.sample(_WORDS, 3))
            if self.kind is InstanceKind.RADARR:
                movie = Movie(id=number, title=f"{title} {number}", year=1950 + number % 76)
                self._add(movie)
                yield self._script(movie, movie.title)
                continue
            series = Series(id=number, title=f"{title} {number}", year=2020, episode_counts=(_PACK_SIZE,) * 2)
            self._add(series)
            self.episodes |= {episode["id"]: episode for episode in series.episodes()}
            if self._random.random() < _PACK_SHARE:
                yield self._script(whole_season(series, 1), f"{series.title} S01")
            else:
                for episode in range(1, 4):
                    media = EpisodesOf(series=series, season=1, numbers=(episode,))
                    yield self._script(media, f"{series.title} S01E{episode:02d}")

    def _add(self, item: Movie | Series) -> None:
        titles = [
            {"sourceType": "tmdb", "movieMetadataId": item.id, "title": f"{item.title} {word}", "id": number}
            if self.kind is InstanceKind.RADARR
            else {"title": f"{item.title} {word}", "seasonNumber": -1}
            for number, word in enumerate(_WORDS, start=1)
        ]
        overview = f"A tale of {item.title.lower()}, told by those who were there. " * 6
        self.media[item.id] = item.resource({}) | {"alternateTitles": titles, "overview": overview}

    def _script(self, media: Movie | EpisodesOf, title: str) -> ScriptedDownload:
        is_troubled = self._random.random() < _TROUBLED_SHARE
        done = self._random.random() * 0.9
        return ScriptedDownload(
            release=f"{title.replace(' ', '.')}.1080p.WEB-DL.DDP5.1.H.264-DISCARR",
            size_bytes=self._random.randrange(400_000_000, 40_000_000_000),
            media=media,
            protocol=self._random.choice((Protocol.USENET, Protocol.TORRENT)),
            phases=(
                (already(1.0), troubled("no eligible files"))
                if is_troubled
                else (already(done), downloading(self._random.uniform(60, 90_000)))
            ),
        )
