"""An instance without a wire: for tests of scheduling, where only the order and the time of calls matter."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from discarr.clients.base import MediaClient
from discarr.clients.history_walk import MAX_RECORDS
from discarr.clients.monitored import MonitoredReader
from discarr.core.config import InstanceConfig
from discarr.core.errors import MediaClientError
from discarr.core.models import (
    AppIdentity,
    DiskSpace,
    Download,
    DownloadKey,
    FetchedHistory,
    FetchedQueue,
    HealthIssue,
    HistoryEvent,
    HistoryRecord,
    InstanceKind,
)
from discarr.core.secret import Secret
from tests.fakes.clock import START


class FakeLibrary(MonitoredReader):
    """Knows what the test says is monitored."""

    def __init__(self) -> None:
        self.known: dict[DownloadKey, bool] = {}

    async def monitored(self, downloads: Sequence[Download]) -> Mapping[DownloadKey, bool]:
        return {item.key: self.known[item.key] for item in downloads if item.key in self.known}


class FakeMediaClient(MediaClient):
    """Answers at once from its attributes; `error` fails every request, `gate` holds the queue back."""

    kind = InstanceKind.RADARR
    library: FakeLibrary

    def __init__(self, instance_id: str = "radarr", *, name: str = "Radarr") -> None:
        self.config = InstanceConfig(
            id=instance_id, kind=self.kind, name=name, url="http://radarr:7878", api_key=Secret("k" * 32)
        )
        self.identity = AppIdentity(
            app_name="Radarr", version="6.0.3", instance_name="Radarr", url_base="", started_at=START
        )
        self.library = FakeLibrary()
        self.downloads: tuple[Download, ...] = ()
        self.data_as_of: datetime | None = None
        self.health: tuple[HealthIssue, ...] = ()
        self.disks: tuple[DiskSpace, ...] = ()
        self.history: tuple[HistoryRecord, ...] = ()
        """Newest first."""
        self.is_history_cut_off = False
        self.error: BaseException | None = None
        self.failures: dict[str, MediaClientError] = {}
        self.gate: asyncio.Event | None = None
        self.on_refresh: Callable[[], None] = lambda: None
        self.calls: list[str] = []
        self.is_closed = False
        self._last: tuple[Download, ...] | None = None

    def count(self, name: str) -> int:
        return self.calls.count(name)

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if self.error is not None:
            raise self.error
        if name in self.failures:
            raise self.failures[name]

    async def identify(self) -> AppIdentity:
        self._call("identify")
        return self.identity

    async def fetch_queue(self) -> FetchedQueue:
        if self.gate is not None:
            self.calls.append("held")
            await self.gate.wait()
        self._call("queue")
        is_unchanged = self.downloads is self._last
        self._last = self.downloads
        return FetchedQueue(
            downloads=self.downloads,
            row_count=len(self.downloads),
            skipped_rows=0,
            data_as_of=self.data_as_of,
            is_unchanged=is_unchanged,
        )

    async def fetch_health(self) -> tuple[HealthIssue, ...]:
        self._call("health")
        return self.health

    async def fetch_disk_space(self) -> tuple[DiskSpace, ...]:
        self._call("disks")
        return self.disks

    async def fetch_history(
        self,
        *,
        page_size: int = 20,
        event: HistoryEvent | None = None,
        since: datetime | None = None,
        download_id: str | None = None,
        max_records: int = MAX_RECORDS,
    ) -> FetchedHistory:
        self._call("history")
        wanted = [
            record
            for record in self.history
            if event in (None, record.event)
            and download_id in (None, record.download_id)
            and (since is None or record.date >= since)
        ]
        records = tuple(wanted[: page_size if since is None else max_records])
        is_complete = len(records) == len(wanted) and not self.is_history_cut_off
        return FetchedHistory(records=records, is_complete=is_complete)

    async def request_refresh(self) -> None:
        self._call("refresh")
        self.on_refresh()

    async def aclose(self) -> None:
        self.is_closed = True
