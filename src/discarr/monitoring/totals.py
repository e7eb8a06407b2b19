"""How everything together gets on: how much, how fast, how long still, and what is stuck; from memory."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched

from discarr.core.models import Download, InstanceSnapshot, InstanceState, QueueSnapshot
from discarr.monitoring.cleanup.signs import Progress, Sign
from discarr.monitoring.download_rows import Hidden, Phase, phase_of
from discarr.monitoring.progress_tracker import ProgressTracker

_SLICE = 64
"""Downloads looked at between two pauses: about 1 ms of work."""

type ProgressOf = Callable[[Download], Progress]


@dataclass(slots=True, kw_only=True)
class Totals:
    """Sums over some downloads."""

    count: int = 0
    loading: int = 0
    """How many should be receiving data."""
    left_bytes: int = 0
    """What those still have to load."""
    rate_bytes_s: float = 0.0
    """Measured over the last ten minutes, of all together."""
    signs: dict[Sign, int] = field(default_factory=dict)
    """How many have each sign."""
    latest_eta: datetime | None = None
    """When the last of those is expected for which that can be told."""
    without_eta: int = 0
    """How many are loading without anybody knowing for how long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceTotals:
    """The same of one instance."""

    name: str
    state: InstanceState
    true_at: datetime | None
    """When it was read last; None before the first time."""
    totals: Totals

    @property
    def is_away(self) -> bool:
        """Whether it may not be so any more."""
        return self.state is not InstanceState.UP


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything that one person may see."""

    totals: Totals
    instances: tuple[InstanceTotals, ...]
    checked_at: datetime | None

    @property
    def is_partial(self) -> bool:
        """Whether an instance is away: then "nothing" does not mean that there is nothing."""
        return any(item.is_away for item in self.instances)


def overview_in_slices(
    snapshot: QueueSnapshot, tracker: ProgressTracker, progress_of: ProgressOf, *, hidden: Hidden
) -> Generator[None, None, Overview]:
    """Sum up what a viewer may see, pausing at each `yield`; `progress_of` says how a download gets on."""
    everything = Totals()
    found: list[InstanceTotals] = []
    visible = [item for item in snapshot.instances if not hidden.hides_instance(item)]
    for instance in visible:
        own = Totals()
        for part in batched(instance.downloads, _SLICE):
            yield
            for download in part:
                if not hidden.hides_tags(download.tags):
                    _count(download, instance, tracker, progress_of(download), (own, everything))
        found.append(
            InstanceTotals(
                name=instance.name,
                state=instance.state,
                true_at=instance.fetched_at,
                totals=own,
            )
        )
    return Overview(
        totals=everything,
        instances=tuple(found),
        checked_at=max((item.fetched_at for item in visible if item.fetched_at is not None), default=None),
    )


def _count(
    download: Download,
    instance: InstanceSnapshot,
    tracker: ProgressTracker,
    progress: Progress,
    into: tuple[Totals, ...],
) -> None:
    estimate = tracker.estimate(download.key)
    # What an instance that is away was loading is not known to go on.
    is_loading = phase_of(download, estimate) is Phase.DOWNLOADING and not instance.is_stale
    for totals in into:
        totals.count += 1
        for sign in progress.signs:
            totals.signs[sign] = totals.signs.get(sign, 0) + 1
        if is_loading:
            totals.loading += 1
            totals.left_bytes += max(download.size_left_bytes, 0)
            totals.rate_bytes_s += progress.rate_bytes_s or 0.0
            if estimate.eta is None:
                totals.without_eta += 1
            elif totals.latest_eta is None or estimate.eta > totals.latest_eta:
                totals.latest_eta = estimate.eta
