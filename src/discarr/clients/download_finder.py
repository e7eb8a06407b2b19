"""Reading one download again, right before something is done to it."""

import asyncio

from discarr.clients.decode import Page, PageDecoder, decode_list
from discarr.clients.fold import QueueFold
from discarr.clients.paging import PAGE_SIZE, WALK_TIMEOUTS, queue_params, walk_queue
from discarr.clients.titles import TitleCache
from discarr.clients.transport import InstanceHttp, Params
from discarr.clients.wire import QueueRow
from discarr.core.clock import Clock
from discarr.core.config import InstanceConfig
from discarr.core.errors import BadAnswer, TimedOut
from discarr.core.models import Download, DownloadKey, InstanceKind
from discarr.core.slices import release


class DownloadFinder:
    """Finds a download in the queue, with requests and a fold of its own: the poll notices nothing."""

    def __init__(
        self,
        config: InstanceConfig,
        http: InstanceHttp,
        *,
        titles: TitleCache,
        unknown_items: Params,
        clock: Clock,
    ) -> None:
        self._config = config
        self._http = http
        self._titles = titles
        self._unknown_items = unknown_items
        self._clock = clock
        self._decoder = PageDecoder(QueueRow, config.id, clock=clock)

    async def find(self, key: DownloadKey, media_id: int | None) -> Download | None:
        """Return the download; see `QueueActions.find`."""
        rows = [] if media_id is None else await self._rows_of_title(key, media_id)
        rows = rows or await self._rows_of_queue(key)
        has_episodes = self._config.kind is InstanceKind.SONARR
        fold = QueueFold(self._config.id, self._titles, self._clock, has_episodes=has_episodes)
        downloads, _, _ = await fold.fold(rows)
        return downloads[0] if downloads else None

    async def _rows_of_title(self, key: DownloadKey, media_id: int) -> list[QueueRow]:
        name = "movieId" if self._config.kind is InstanceKind.RADARR else "seriesId"
        params = ((name, str(media_id)),)
        body = await self._http.get("/queue/details", params, deadline_s=self._config.timeout_s)
        return [row for row in decode_list(body, QueueRow, self._config.id) if _belongs(row, key)]

    async def _rows_of_queue(self, key: DownloadKey) -> list[QueueRow]:
        deadline_s = WALK_TIMEOUTS * self._config.timeout_s
        try:
            async with asyncio.timeout(deadline_s):
                walk = await walk_queue(self._fetch_page, page_size=PAGE_SIZE)
        except TimeoutError as exc:
            raise TimedOut(self._config.id, f"no end of the queue in {deadline_s:g} s") from exc
        skipped, rows = walk.skipped, list(walk.rows)
        del walk
        found = [row for row in rows if _belongs(row, key)]
        await release(rows, self._clock)
        if skipped and not found:
            raise BadAnswer(self._config.id, f"{skipped} queue rows could not be understood")
        return found

    async def _fetch_page(self, number: int) -> Page[QueueRow]:
        params = queue_params(number, PAGE_SIZE, self._unknown_items)
        body = await self._http.get("/queue", params, deadline_s=self._config.timeout_s)
        return await self._decoder.decode(body)


def _belongs(row: QueueRow, key: DownloadKey) -> bool:
    """Whether the fold would make that download of the row."""
    if key.kind == "d":
        return row.download_id == key.id
    return not row.download_id and str(row.id) == key.id
