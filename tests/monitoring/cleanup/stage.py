"""A clean-up watch at work: its instances, their downloads, and time."""

from datetime import datetime, timedelta
from typing import Any

from msgspec import structs

from discarr.core.cleanup_config import CleanupConfig
from discarr.core.cleanup_settings import CleanupSettings
from discarr.core.models import (
    Download,
    DownloadKey,
    InstanceSnapshot,
    QueueSnapshot,
    QueueStatus,
    StatusMessage,
    TrackedState,
    TrackedStatus,
)
from discarr.core.setting_values import as_config
from discarr.core.store import Store
from discarr.monitoring.cleanup.candidates import Collection
from discarr.monitoring.cleanup.collector import collect
from discarr.monitoring.cleanup.library import MonitoredSource
from discarr.monitoring.cleanup.watch import CleanupWatch
from discarr.monitoring.progress_tracker import ProgressTracker
from tests.factories import make_download, make_instance_snapshot
from tests.fakes.clock import START, FakeClock

GRABBED = START - timedelta(days=2)
GB = 1_000_000_000


class JumpingClock(FakeClock):
    """A clock whose hands can be moved while time goes on as before."""

    def __init__(self) -> None:
        super().__init__()
        self.jumped = timedelta()

    def now(self) -> datetime:
        return super().now() + self.jumped

    def true_time(self) -> datetime:
        """What time it really is, which is what the apps' clocks show."""
        return super().now()

    def pass_time(self, seconds: float) -> None:
        self._elapsed += seconds


def settings_of(**overrides: Any) -> CleanupConfig:
    return as_config(CleanupSettings(**overrides), CleanupConfig)


def make_item(download_id: str = "A", *, instance: str = "radarr", **overrides: Any) -> Download:
    """Return a download of two days ago that should be receiving data."""
    values: dict[str, Any] = {
        "key": DownloadKey(instance, "d", download_id),
        "row_ids": (1 + sum(map(ord, download_id)),),
        "added": GRABBED,
        "title": f"Title {download_id}",
    }
    return make_download(**(values | overrides))


def make_pending() -> Download:
    """Return a release that the app holds back."""
    return make_item(
        key=DownloadKey("radarr", "p", "7"),
        status=QueueStatus.DELAY,
        tracked_state=None,
        tracked_status=None,
        download_client=None,
    )


def refused(*texts: str, download_id: str = "A", **overrides: Any) -> Download:
    """Return a complete download that the app would not import."""
    values: dict[str, Any] = {
        "status": QueueStatus.COMPLETED,
        "size_left_bytes": 0,
        "tracked_status": TrackedStatus.WARNING,
        "tracked_state": TrackedState.IMPORT_PENDING,
        "messages": (StatusMessage(title="file.mkv", messages=texts),),
    }
    return make_item(download_id, **(values | overrides))


class Stage:
    """Feeds a tracker and a watch with snapshots, a minute apart."""

    def __init__(
        self,
        store: Store,
        settings: CleanupConfig | None = None,
        *,
        instances: tuple[str, ...] = ("radarr",),
        libraries: dict[str, MonitoredSource] | None = None,
        interval_s: float = 30.0,
    ) -> None:
        self.store = store
        self.settings = settings or settings_of()
        self.interval_s = interval_s
        self.clock = JumpingClock()
        self.libraries = libraries or {}
        self.downloads: dict[DownloadKey, Download] = {}
        self.facts: dict[str, dict[str, Any]] = {name: {"details_at": START} for name in instances}
        """What the next snapshots of each instance say, beside its downloads."""
        self.refreshed: dict[str, datetime] = {}
        """When each app last looked at its download clients."""
        self.version = 0
        self.start_discarr()

    def start_discarr(self) -> None:
        self.tracker = ProgressTracker(clock=self.clock, interval_s=self.interval_s)
        self.watch = CleanupWatch(
            self.settings,
            self.tracker,
            self.store,
            clock=self.clock,
            interval_s=self.interval_s,
            libraries=self.libraries,
        )
        self.snapshot = QueueSnapshot()

    def put(self, *downloads: Download) -> None:
        self.downloads |= {download.key: download for download in downloads}

    def change(self, download_id: str, *, instance: str = "radarr", **changes: Any) -> None:
        key = DownloadKey(instance, "d", download_id)
        self.downloads[key] = structs.replace(self.downloads[key], **changes)

    def load_data(self, download_id: str, loaded: int, *, instance: str = "radarr") -> None:
        left = self.downloads[DownloadKey(instance, "d", download_id)].size_left_bytes
        self.change(download_id, instance=instance, size_left_bytes=max(0, left - loaded))

    def remove(self, download_id: str, *, instance: str = "radarr") -> Download:
        return self.downloads.pop(DownloadKey(instance, "d", download_id))

    def take_snapshot(self, *, is_app_awake: bool = True) -> QueueSnapshot:
        """Read every instance; `is_app_awake`: the apps have looked at their download clients before."""
        instances: list[InstanceSnapshot] = []
        for name, facts in self.facts.items():
            if is_app_awake or name not in self.refreshed:
                self.refreshed[name] = self.clock.true_time()
            read = {
                "id": name,
                "name": name.upper(),
                "downloads": tuple(item for item in self.downloads.values() if item.instance == name),
                "fetched_at": self.clock.now(),
                "data_as_of": self.refreshed[name],
            }
            instances.append(make_instance_snapshot(**(read | facts)))
        self.version += 1
        return QueueSnapshot(version=self.version, instances=tuple(instances))

    async def look(self, after_s: float = 60, *, is_app_awake: bool = True) -> None:
        self.clock.pass_time(after_s)
        self.snapshot = self.take_snapshot(is_app_awake=is_app_awake)
        for instance in self.snapshot.instances:
            self.tracker.observe(instance)
        await self.watch.observe(self.snapshot)

    async def look_for(self, minutes: int, *, is_app_awake: bool = True) -> None:
        for _ in range(minutes):
            await self.look(is_app_awake=is_app_awake)

    def collect(self, **overrides: Any) -> Collection:
        return collect(self.snapshot, self.watch, **overrides)

    def proposed(self) -> dict[str, str]:
        """Return the rule by which each download is proposed."""
        return {item.download.key.id: item.rule.value for item in self.collect().candidates}

    def strikes(self, *, instance: str = "radarr") -> dict[str, dict[str, int]]:
        """Return the strikes by download and rule."""
        known = self.watch.book.of(instance)
        return {name: {item.rule: item.count for item in strikes} for name, strikes in known.items()}
