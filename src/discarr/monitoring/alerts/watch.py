"""Looks at every snapshot for what is not as it should be, and remembers what it needs for the next look."""

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain

from discarr.core.events import EventKind, work_of
from discarr.core.models import Download, DownloadKey, InstanceSnapshot, InstanceState, QueueSnapshot
from discarr.monitoring.alerts.alert import Alert, Observation
from discarr.monitoring.alerts.book import AlertBook
from discarr.monitoring.alerts.conditions import (
    observe_app,
    observe_disks,
    observe_instances,
    observe_queue,
)
from discarr.monitoring.alerts.steps import ENDINGS, Step
from discarr.monitoring.alerts.vanished import Vanished
from discarr.monitoring.download_rows import Hidden
from discarr.monitoring.health_checker import HealthChecker
from discarr.monitoring.progress_tracker import ProgressTracker

_QUEUE_KINDS = (EventKind.NEEDS_HAND, EventKind.STALLED)
_INSTANCE_KINDS = (
    EventKind.INSTANCE_DOWN,
    EventKind.WRONG_KEY,
    EventKind.MISCONFIGURED,
    EventKind.FLAPPING,
)


@dataclass(slots=True, kw_only=True)
class Seen:
    """What one look at a snapshot found."""

    observations: list[Observation] = field(default_factory=list)
    removed: list[Step] = field(default_factory=list)
    """Downloads that are gone, and about which the history says nothing."""
    versions: dict[str, str] = field(default_factory=dict)
    """Versions that differ from what was known, by instance; also those seen for the first time."""


class Watch:
    """The eyes of the notifier."""

    def __init__(
        self,
        tracker: ProgressTracker,
        checker: HealthChecker,
        instance_ids: Iterable[str],
        *,
        hidden: Hidden,
        reserve_bytes: int,
    ) -> None:
        """`reserve_bytes` has to stay free on every disk."""
        self.versions: dict[str, str] = {}
        """The last known version of each instance."""
        self._tracker = tracker
        self._checker = checker
        self._hidden = hidden
        self._reserve_bytes = reserve_bytes
        self._vanished = {instance_id: Vanished() for instance_id in instance_ids}
        self._looked_at: dict[str, InstanceSnapshot] = {}
        self._of_instance: dict[str, tuple[Observation, ...]] = {}

    def misses_downloads_of(self, instance_id: str) -> bool:
        """Whether a download of the instance is missing, so that its history should be read."""
        return self._vanished[instance_id].is_anything_missing

    def hides(self, instance_id: str) -> bool:
        """Whether members may not know of the instance."""
        return instance_id in self._hidden.instances

    def note_history(self, instance_id: str, steps: Iterable[Step]) -> None:
        """Take over what became of downloads."""
        self._vanished[instance_id].note_history(
            (key, ENDINGS[step.kind])
            for step in steps
            if step.kind in ENDINGS and (key := step.key) is not None
        )
        self._looked_at.pop(instance_id, None)

    def look_in_slices(self, snapshot: QueueSnapshot, book: AlertBook) -> Generator[None, None, Seen]:
        """Look at a snapshot, pausing at each `yield`."""
        seen = Seen()
        self._checker.observe(snapshot)
        for instance in snapshot.instances:
            if instance.state is not InstanceState.UP:
                continue
            if self._looked_at.get(instance.id) is not instance:
                self._of_instance[instance.id] = yield from self._look_at(instance, book, seen)
                self._looked_at[instance.id] = instance
            seen.observations += self._of_instance[instance.id]
        opens = {
            item.id: {kind: book.opens_in(kind, item.id) for kind in _INSTANCE_KINDS}
            for item in snapshot.instances
        }
        seen.observations += observe_instances(
            snapshot.instances, self._checker, hidden=self._hidden, opens=opens
        )
        yield
        seen.observations.append(
            observe_disks(snapshot.instances, hidden=self._hidden, reserve_bytes=self._reserve_bytes)
        )
        return seen

    def _look_at(
        self, instance: InstanceSnapshot, book: AlertBook, seen: Seen
    ) -> Generator[None, None, tuple[Observation, ...]]:
        opens = {kind: book.opens_in(kind, instance.id) for kind in _QUEUE_KINDS}
        vanished = self._vanished[instance.id]
        before = self._looked_at.get(instance.id)
        if before is None or before.fetched_at != instance.fetched_at:
            for download in vanished.look(instance, expected=_expected(opens)):
                seen.removed.append(self._removed(instance, download))
        if instance.version is not None and instance.version != self.versions.get(instance.id):
            seen.versions[instance.id] = instance.version
        of_queue = yield from observe_queue(
            instance, self._tracker, hidden=self._hidden, opens=opens, endings=vanished.endings
        )
        of_app = observe_app(instance, hidden=self._hidden) if instance.details_at is not None else ()
        return (*of_queue, *of_app)

    def _removed(self, instance: InstanceSnapshot, download: Download) -> Step:
        return Step(
            kind=EventKind.REMOVED,
            at=instance.fetched_at or instance.attempted_at,  # type: ignore[arg-type]  # it is up
            instance=instance.id,
            download_id=download.key.id,
            media_id=download.media_id,
            work=work_of(download),
            episodes=download.episodes,
            is_hidden=self._hidden.hides_instance(instance) or self._hidden.hides_tags(download.tags),
            name=download.key.id,
        )


def _expected(opens: Mapping[EventKind, Mapping[str, Alert]]) -> list[DownloadKey]:
    alerts = chain.from_iterable(known.values() for known in opens.values())
    return [alert.facts.key for alert in alerts if alert.facts.key is not None]
