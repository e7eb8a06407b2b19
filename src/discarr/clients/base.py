"""One Radarr or Sonarr, as the rest of Discarr sees it."""

import asyncio
import logging
from abc import ABC
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

import httpx

from discarr.clients.actions import QueueActions
from discarr.clients.decode import Page, PageDecoder, decode_list, decode_object
from discarr.clients.disks import volumes
from discarr.clients.fold import QueueFold
from discarr.clients.health import health_issues
from discarr.clients.history import HistoryReader
from discarr.clients.history_walk import MAX_RECORDS, walk_history
from discarr.clients.identity import read_identity
from discarr.clients.monitored import MonitoredReader
from discarr.clients.paging import PAGE_SIZE, WALK_TIMEOUTS, QueueWalk, queue_params, walk_queue
from discarr.clients.shared_requests import SharedRequests
from discarr.clients.title_loader import TITLE_PAGE_SIZE, TitleLoader, TitleSource
from discarr.clients.titles import MediaTitle, TitleCache
from discarr.clients.transport import InstanceHttp, Params
from discarr.clients.values import clip
from discarr.clients.wire import (
    Disk,
    Episode,
    Health,
    HistoryRow,
    Media,
    QueueRow,
    RootFolder,
    Status,
    Tag,
    TitleRow,
)
from discarr.core.clock import Clock
from discarr.core.config import InstanceConfig
from discarr.core.errors import BadAnswer, MediaClientError, Misconfigured, NotFound, TimedOut
from discarr.core.models import (
    AppIdentity,
    DiskSpace,
    FetchedHistory,
    FetchedQueue,
    HealthIssue,
    HistoryEvent,
    HistoryRecord,
    InstanceKind,
)
from discarr.core.slices import release

logger = logging.getLogger(__name__)

_FEW_RECORDS = 20
_CATCH_UP_TIMEOUTS = 20
"""A catch-up may take as long as so many single answers: years of history, on a slow machine. What it has by
then counts, so that the next one does not begin where this one did."""


class MediaClient(ABC):
    """A client of one instance. Every method raises `MediaClientError` kinds only, and is bounded in time."""

    kind: ClassVar[InstanceKind]
    _media_path: ClassVar[str]
    _has_episodes: ClassVar[bool]
    _unknown_items: ClassVar[Params]
    """Asks for downloads that the app could not match; it leaves them out otherwise."""
    _embedded: ClassVar[Params]
    """Asks for titles inside of queue and history rows."""
    _event_numbers: ClassVar[Mapping[HistoryEvent, int]]

    def __init__(
        self,
        config: InstanceConfig,
        *,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
        needs_fresh_tags: bool = False,
    ) -> None:
        """Prepare the client; nothing is sent yet. `transport` replaces the network in tests.

        `needs_fresh_tags`: tags decide what people may see, so titles in use are asked for every 5 minutes.

        Raises:
            ConfigError: the CA file cannot be read.
        """
        self.config = config
        self._clock = clock
        self._http = InstanceHttp(config, clock=clock, transport=transport)
        self._titles = TitleCache(clock, needs_fresh_tags=needs_fresh_tags)
        self.actions = QueueActions(
            config, self._http, titles=self._titles, unknown_items=self._unknown_items, clock=clock
        )
        self.library = MonitoredReader(config, self._http, clock=clock)
        self._loader = TitleLoader(
            self._titles,
            TitleSource(
                page=self._get_title_page,
                media=self._get_media,
                episodes=self._get_episodes,
                labels=self._get_labels,
            ),
            clock=clock,
            budget_s=config.timeout_s,
        )
        self._fold = QueueFold(config.id, self._titles, clock, has_episodes=self._has_episodes)
        self._queue_decoder = PageDecoder(QueueRow, config.id, clock=clock)
        self._title_decoder = PageDecoder(TitleRow, config.id, clock=clock)
        self._history_decoder = PageDecoder(HistoryRow, config.id, clock=clock)
        self._pages: dict[int, tuple[bytes, Page[QueueRow]]] = {}
        self._last_walk: QueueWalk | None = None
        self._last_queue: FetchedQueue | None = None
        self._last_titles_version = -1
        self._skipped_history: dict[HistoryEvent | None, int] = {}
        self._requests: SharedRequests[tuple[str, Params]] = SharedRequests(config.id)
        self._troubles: dict[str, str | None] = {}

    async def identify(self) -> AppIdentity:
        """Ask who is there.

        Raises:
            Misconfigured: the wrong app, an unsupported version or a wrong base path; `remedy` says which.
        """
        instance = self.config.id
        try:
            body = await self._get("/system/status")
            status = decode_object(body, Status, instance)
        except (NotFound, BadAnswer) as exc:
            remedy = (
                f"Something answers there, but it is not {self.kind.value.capitalize()}: check the address."
            )
            raise Misconfigured(instance, exc.detail, remedy=remedy) from exc
        return read_identity(status, self.kind, instance)

    async def get_all_queue_items_paginated(self) -> list[QueueRow]:
        """Return every row of the queue, also when it changes meanwhile (`discarr.clients.paging`)."""
        return list((await self._walk_queue()).rows)

    async def fetch_queue(self) -> FetchedQueue:
        """Return the queue as downloads, with titles where they can be had."""
        previous, previous_walk = self._last_queue, self._last_walk
        walk = await self._walk_queue()
        await self._loader.load(walk.rows)
        if (
            previous is not None
            and walk is previous_walk
            and self._last_titles_version == self._titles.version
        ):
            return replace(previous, is_unchanged=True)
        version = self._titles.version
        downloads, data_as_of, anonymous = await self._fold.fold(walk.rows)
        if previous_walk is not None and previous_walk is not walk:
            rows = list(previous_walk.rows)
            previous_walk = None
            await release(rows, self._clock)
        skipped = walk.skipped + anonymous
        if skipped and (previous is None or previous.skipped_rows != skipped):
            logger.warning("%s: %d queue rows could not be understood", self.config.id, skipped)
        queue = FetchedQueue(
            downloads=downloads,
            row_count=len(walk.rows) + walk.skipped,
            skipped_rows=skipped,
            data_as_of=data_as_of,
            is_unchanged=False,
        )
        self._last_queue, self._last_titles_version = queue, version
        return queue

    async def fetch_health(self) -> tuple[HealthIssue, ...]:
        """Return the app's own warnings, one a source."""
        return health_issues(decode_list(await self._get("/health"), Health, self.config.id))

    async def fetch_disk_space(self) -> tuple[DiskSpace, ...]:
        """Return the volumes that root folders live on, one entry a volume.

        The apps touch every mount to answer, so that a dead network share makes them slow.
        """
        patience_s = 2 * self.config.timeout_s
        folders = decode_list(
            await self._get("/rootfolder", deadline_s=patience_s), RootFolder, self.config.id
        )
        disks: Sequence[Disk] = ()
        try:
            disks = decode_list(await self._get("/diskspace", deadline_s=patience_s), Disk, self.config.id)
            self._tell_change("the sizes of its volumes", None)
        except MediaClientError as exc:
            self._tell_change("the sizes of its volumes", exc)
        return volumes(folders, disks)

    async def fetch_history(
        self,
        *,
        page_size: int = _FEW_RECORDS,
        event: HistoryEvent | None = None,
        since: datetime | None = None,
        download_id: str | None = None,
        max_records: int = MAX_RECORDS,
    ) -> FetchedHistory:
        """Return history records, newest first.

        Without `since` one page of `page_size`; with it every record from that moment on, itself included,
        also after a long absence: up to `max_records`.
        """
        query = [("sortKey", "date"), ("sortDirection", "descending")]
        if event is not None and event in self._event_numbers:
            query.append(("eventType", str(self._event_numbers[event])))
        if download_id is not None:
            query.append(("downloadId", download_id))
        reader = HistoryReader(self.config.id, self._titles, self._clock)

        async def fetch_page(number: int, size: int) -> Page[HistoryRecord]:
            params = (("page", str(number)), ("pageSize", str(size)), *query, *self._embedded)
            body = await self._get("/history", params, deadline_s=2 * self.config.timeout_s)
            page = await self._history_decoder.decode(body)
            await self._load_labels_of(reader.titles_of(page.rows))
            return await reader.read(page)

        history = await walk_history(
            fetch_page,
            page_size=page_size,
            since=since,
            max_records=max_records,
            clock=self._clock,
            budget_s=_CATCH_UP_TIMEOUTS * self.config.timeout_s,
        )
        if history.skipped_rows > self._skipped_history.get(event, 0):
            logger.warning(
                "%s: %d history rows could not be understood", self.config.id, history.skipped_rows
            )
        self._skipped_history[event] = history.skipped_rows
        return history

    async def fetch_newest_record(self) -> HistoryRecord | None:
        """Return the newest history record, where a first cursor begins; None while there is no history.

        Raises:
            BadAnswer: there is a history, but its newest records cannot be understood.
        """
        for page_size in (1, _FEW_RECORDS):
            history = await self.fetch_history(page_size=page_size)
            if history.records:
                return history.records[0]
            if not history.skipped_rows:
                return None
        raise BadAnswer(self.config.id, "a history that cannot be understood")

    async def request_refresh(self) -> None:
        """Make the app look at its download clients now; it costs the app work, so ask sparingly."""
        body = b'{"name":"RefreshMonitoredDownloads"}'
        await self._http.post("/command", body, deadline_s=self.config.timeout_s)

    async def aclose(self) -> None:
        """End the requests in flight and close the connections, in bounded time."""
        await self._requests.aclose()
        await self._http.aclose()

    async def _get(self, path: str, params: Params = (), *, deadline_s: float | None = None) -> bytes:
        deadline_s = deadline_s or self.config.timeout_s
        return await self._requests.get(
            (path, params), lambda: self._http.get(path, params, deadline_s=deadline_s)
        )

    async def _walk_queue(self) -> QueueWalk:
        """Walk over the queue; an unchanged queue is the same object as the last time."""
        pages: dict[int, tuple[bytes, Page[QueueRow]]] = {}
        has_changed = False
        asked = 0

        async def fetch_page(number: int) -> Page[QueueRow]:
            nonlocal has_changed, asked
            asked += 1
            body = await self._get("/queue", queue_params(number, PAGE_SIZE, self._unknown_items))
            known = self._pages.get(number)
            if known is None or known[0] != body:
                has_changed = True
                known = body, await self._queue_decoder.decode(body, known[1] if known else None)
            pages[number] = known
            return known[1]

        deadline_s = WALK_TIMEOUTS * self.config.timeout_s
        try:
            async with asyncio.timeout(deadline_s):
                walk = await walk_queue(fetch_page, page_size=PAGE_SIZE)
        except TimeoutError as exc:
            raise TimedOut(self.config.id, f"no end of the queue in {deadline_s:g} s") from exc
        is_single = asked == len(pages)
        if is_single and not has_changed and self._last_walk and pages.keys() == self._pages.keys():
            return self._last_walk
        self._pages = pages
        self._last_walk = walk if is_single else None
        return walk

    async def _get_title_page(self, number: int) -> Sequence[TitleRow]:
        params = (*queue_params(number, TITLE_PAGE_SIZE, self._unknown_items), *self._embedded)
        body = await self._get("/queue", params)
        return (await self._title_decoder.decode(body)).rows

    async def _get_media(self, media_id: int) -> Media:
        return decode_object(await self._get(f"{self._media_path}/{media_id}"), Media, self.config.id)

    async def _get_episodes(self, ids: Sequence[int]) -> Sequence[Episode]:
        params = tuple(("episodeIds", str(key)) for key in ids)
        return decode_list(await self._get("/episode", params), Episode, self.config.id)

    async def _get_labels(self) -> dict[int, str]:
        tags = decode_list(await self._get("/tag"), Tag, self.config.id)
        return {tag.id: clip(tag.label, 100).lower() for tag in tags if tag.id is not None and tag.label}

    async def _load_labels_of(self, titles: Sequence[MediaTitle]) -> None:
        try:
            is_complete = await self._loader.load_labels(titles)
        except MediaClientError as exc:
            self._tell_change("the tags of its history", exc)
        else:
            if is_complete:
                self._tell_change("the tags of its history", None)

    def _tell_change(self, subject: str, trouble: MediaClientError | None) -> None:
        """Log that a detail cannot be had, or can again: once, and not at every poll."""
        before, now = self._troubles.get(subject), None if trouble is None else str(trouble)
        self._troubles[subject] = now
        if now == before:
            return
        if now is None:
            logger.info("%s: %s are known again", self.config.id, subject)
        else:
            logger.info("%s: %s are not known: %s", self.config.id, subject, now)
