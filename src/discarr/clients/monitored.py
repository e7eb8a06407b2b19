"""Whether what downloads hold is monitored, read as lightly as the apps allow."""

from collections.abc import Mapping, Sequence
from itertools import batched
from typing import Final

from discarr.clients.decode import decode_list, decode_object
from discarr.clients.title_loader import EPISODES_PER_REQUEST
from discarr.clients.transport import InstanceHttp
from discarr.clients.values import is_id
from discarr.clients.wire import MonitoredEpisode, MonitoredMovie, QueueRow
from discarr.core.clock import Clock
from discarr.core.config import InstanceConfig
from discarr.core.errors import NotFound
from discarr.core.models import Download, DownloadKey, InstanceKind

_BUDGET_TIMEOUTS: Final = 2
"""When so many single answers' time has passed, nothing further is asked."""


class MonitoredReader:
    """Asks one instance: one request a movie, two a series (its part of the queue, and those episodes).

    The movies and episodes that the apps can embed in the queue are as old as the download.
    """

    def __init__(self, config: InstanceConfig, http: InstanceHttp, *, clock: Clock) -> None:
        self._config = config
        self._http = http
        self._clock = clock

    async def monitored(self, downloads: Sequence[Download]) -> Mapping[DownloadKey, bool]:
        """Say of each download whether anything of it is monitored.

        Left out is what is not known of all it holds: a title or an episode that is gone, a download that has
        changed meanwhile, and what there was no time for.

        Raises:
            MediaClientError: the app cannot be asked.
        """
        give_up_at = self._clock.monotonic() + _BUDGET_TIMEOUTS * self._config.timeout_s
        by_title: dict[int, list[Download]] = {}
        for download in downloads:
            if is_id(download.media_id):
                by_title.setdefault(download.media_id, []).append(download)
        answers: dict[DownloadKey, bool] = {}
        for media_id, group in by_title.items():
            if self._clock.monotonic() >= give_up_at:
                break
            try:
                if self._config.kind is InstanceKind.RADARR:
                    answers |= await self._of_movie(media_id, group)
                else:
                    answers |= await self._of_series(media_id, group)
            except NotFound:
                continue
        return answers

    async def _of_movie(self, movie_id: int, downloads: Sequence[Download]) -> dict[DownloadKey, bool]:
        body = await self._http.get(f"/movie/{movie_id}", deadline_s=self._config.timeout_s)
        is_monitored = decode_object(body, MonitoredMovie, self._config.id).monitored
        return {} if is_monitored is None else {download.key: is_monitored for download in downloads}

    async def _of_series(self, series_id: int, downloads: Sequence[Download]) -> dict[DownloadKey, bool]:
        params = (("seriesId", str(series_id)),)
        body = await self._http.get("/queue/details", params, deadline_s=self._config.timeout_s)
        rows = decode_list(body, QueueRow, self._config.id)
        episodes = {download.key: _episodes(download, rows) for download in downloads}
        flags = await self._flags(sorted({key for keys in episodes.values() for key in keys}))
        answers: dict[DownloadKey, bool] = {}
        for download_key, keys in episodes.items():
            known = [flags[key] for key in keys if key in flags]
            if any(known):
                answers[download_key] = True
            elif keys and len(known) == len(keys):
                answers[download_key] = False
        return answers

    async def _flags(self, episode_ids: Sequence[int]) -> dict[int, bool]:
        flags: dict[int, bool] = {}
        for part in batched(episode_ids, EPISODES_PER_REQUEST):
            params = tuple(("episodeIds", str(key)) for key in part)
            body = await self._http.get("/episode", params, deadline_s=self._config.timeout_s)
            for row in decode_list(body, MonitoredEpisode, self._config.id):
                if row.id is not None and row.monitored is not None:
                    flags[row.id] = row.monitored
        return flags


def _episodes(download: Download, rows: Sequence[QueueRow]) -> frozenset[int]:
    """Return the ids of all episodes that a download holds; none when not all of them are known."""
    ids = {row.episode_id for row in rows if row.download_id == download.key.id}
    is_known = all(map(is_id, ids)) and len(ids) == download.episode_count
    return frozenset(key for key in ids if is_id(key)) if is_known else frozenset()
