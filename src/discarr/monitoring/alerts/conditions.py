"""What is not as it should be, as observations for the book of alerts.

An instance that is not up is not observed: what its queue, health page and disks said last may be long
untrue. So an outage silences everything else about an instance, and ends nothing.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping
from typing import Final

from discarr.core.events import Ending, EventKind, work_of
from discarr.core.models import DiskSpace, Download, DownloadKey, InstanceSnapshot
from discarr.core.volumes import is_same_volume, volume_of
from discarr.monitoring.alerts.alert import Alert, Condition, Observation
from discarr.monitoring.alerts.content import Facts
from discarr.monitoring.download_rows import Hidden, Phase, phase_of
from discarr.monitoring.health_checker import HealthChecker, HealthState
from discarr.monitoring.progress_tracker import ProgressTracker
from discarr.monitoring.reasons import ReasonKind, explain

CLIENT_TROUBLE_SOURCES: Final = frozenset({"DownloadClientCheck", "DownloadClientStatusCheck"})
"""Health checks that say that a download client cannot be asked: its downloads are missing from the queue."""
_SLICE = 200
"""Downloads looked at between two pauses: about 1 ms of work."""
_APP_KINDS = {
    "error": EventKind.APP_ERROR,
    "warning": EventKind.APP_WARNING,
    "notice": EventKind.APP_NOTICE,
}
_INSTANCE_KINDS = {
    EventKind.INSTANCE_DOWN: HealthState.DOWN,
    EventKind.WRONG_KEY: HealthState.WRONG_KEY,
    EventKind.MISCONFIGURED: HealthState.MISCONFIGURED,
    EventKind.FLAPPING: HealthState.FLAPPING,
}
_UNCERTAIN = frozenset(
    {HealthState.UNKNOWN, HealthState.PENDING, HealthState.RECOVERING, HealthState.STARTING}
)
"""States in which nobody can say that a trouble is over, nor that there is one."""


def has_client_trouble(instance: InstanceSnapshot) -> bool:
    """Whether the app cannot ask a download client, so that absent downloads mean nothing."""
    return any(issue.source in CLIENT_TROUBLE_SOURCES for issue in instance.health)


def observe_queue(
    instance: InstanceSnapshot,
    tracker: ProgressTracker,
    *,
    hidden: Hidden,
    opens: Mapping[EventKind, Mapping[str, Alert]],
    endings: Mapping[DownloadKey, Ending],
) -> Generator[None, None, tuple[Observation, ...]]:
    """Look at the downloads of an instance that is up, pausing at each `yield`.

    `opens` are the open alerts of both kinds; `endings` say what became of downloads that are no longer
    there. One that is gone without a word keeps its alert until it has an ending.
    """
    hands: list[Condition] = []
    stalls: list[Condition] = []
    present: dict[str, Download] = {}
    is_hidden_here = hidden.hides_instance(instance)
    may_stall = not has_client_trouble(instance)
    for count, download in enumerate(instance.downloads, start=1):
        if count % _SLICE == 0:
            yield
        is_hidden = is_hidden_here or hidden.hides_tags(download.tags)
        if download.needs_hand:
            explanation = explain(download)
            reason = explanation.kind.value if explanation is not None else ""
            facts = Facts(work=work_of(download), key=download.key, reason=reason)
            hands.append(_about(download, EventKind.NEEDS_HAND, facts, is_hidden=is_hidden))
            continue
        estimate = tracker.estimate(download.key)
        if may_stall and estimate.idle_for and phase_of(download, estimate) is Phase.STALLED:
            facts = Facts(
                work=work_of(download),
                key=download.key,
                reason=ReasonKind.STALLED.value,
                coming_bytes=download.size_left_bytes,
            )
            held_s = estimate.idle_for.total_seconds()
            stalls.append(_about(download, EventKind.STALLED, facts, is_hidden=is_hidden, held_s=held_s))
    yield
    if any(opens.values()):
        present = {download.key.text: download for download in instance.downloads}
    return (
        _of_queue(EventKind.NEEDS_HAND, instance, hands, opens, endings, present),
        _of_queue(EventKind.STALLED, instance, stalls, opens, endings, present),
    )


def observe_app(instance: InstanceSnapshot, *, hidden: Hidden) -> Iterator[Observation]:
    """Look at the health page of an instance that is up and whose page was read."""
    is_hidden = hidden.hides_instance(instance)
    for level, kind in _APP_KINDS.items():
        yield Observation(
            kind=kind,
            instance=instance.id,
            conditions=tuple(
                Condition(
                    kind=kind,
                    instance=instance.id,
                    subject=issue.source,
                    facts=Facts(source=issue.source),
                    is_hidden=is_hidden,
                )
                for issue in instance.health
                if issue.level == level
            ),
        )


def observe_instances(
    instances: Iterable[InstanceSnapshot],
    checker: HealthChecker,
    *,
    hidden: Hidden,
    opens: Mapping[str, Mapping[EventKind, Mapping[str, Alert]]],
) -> Iterator[Observation]:
    """Say which instances are not well, and whether that is one problem of the network.

    `opens` are the open alerts by instance and kind. While the network is the problem, no single instance is:
    what is open stays, and nothing new opens.
    """
    network = checker.network_problem
    involved = frozenset(network.instances) if network is not None else frozenset[str]()
    names: list[str] = []
    for instance in instances:
        is_hidden = hidden.hides_instance(instance)
        health = checker.health(instance.id)
        if instance.id in involved and not is_hidden:
            names.append(instance.name)
        for kind, state in _INSTANCE_KINDS.items():
            open_here = frozenset(opens.get(instance.id, {}).get(kind, ()))
            is_so = health.state is state and not (
                kind is EventKind.INSTANCE_DOWN and instance.id in involved
            )
            is_open_question = health.state in _UNCERTAIN or instance.id in involved
            condition = Condition(
                kind=kind,
                instance=instance.id,
                subject="",
                facts=Facts(problem=instance.problem or "", remedy=instance.remedy or ""),
                is_hidden=is_hidden,
                held_s=health.held_s,
            )
            yield Observation(
                kind=kind,
                instance=instance.id,
                conditions=(condition,) if is_so else (),
                unsettled=open_here if is_open_question and not is_so else frozenset(),
            )
    conditions: tuple[Condition, ...] = ()
    if network is not None and names:
        facts = Facts(names=tuple(names))
        conditions = (
            Condition(kind=EventKind.NETWORK, instance=None, subject="", facts=facts, held_s=network.held_s),
        )
    yield Observation(kind=EventKind.NETWORK, instance=None, conditions=conditions)


def observe_disks(
    instances: Iterable[InstanceSnapshot], *, hidden: Hidden, reserve_bytes: int
) -> Observation:
    """Say which volumes will not hold what is still to come and leave the reserve free.

    Counted is what is still to be loaded: what is there already lies on a disk, mostly the same one, and is
    moved or linked from there. A volume that several instances report is one.
    """
    volumes: list[tuple[InstanceSnapshot, DiskSpace, int]] = []
    for instance in instances:
        coming: dict[str, int] = {}
        for download in instance.downloads:
            disk = volume_of(instance.disks, download.root_folder)
            if disk is not None:
                coming[disk.path] = coming.get(disk.path, 0) + download.size_left_bytes
        for disk in instance.disks:
            bytes_here = coming.get(disk.path, 0)
            place = next(
                (
                    number
                    for number, (owner, other, _) in enumerate(volumes)
                    if owner.id != instance.id and is_same_volume(disk, other)
                ),
                None,
            )
            if place is None:
                volumes.append((instance, disk, bytes_here))
            else:
                owner, other, bytes_there = volumes[place]
                volumes[place] = owner, other, bytes_there + bytes_here
    return Observation(
        kind=EventKind.DISK_LOW,
        instance=None,
        conditions=tuple(
            Condition(
                kind=EventKind.DISK_LOW,
                instance=None,
                subject=f"{instance.id}:{disk.path}",
                facts=Facts(names=(instance.name,), free_bytes=disk.free_bytes, coming_bytes=coming_bytes),
                is_hidden=hidden.hides_instance(instance),
            )
            for instance, disk, coming_bytes in volumes
            if disk.free_bytes - coming_bytes < reserve_bytes
        ),
        unsettled=frozenset(),
    )


def _about(
    download: Download, kind: EventKind, facts: Facts, *, is_hidden: bool, held_s: float = 0.0
) -> Condition:
    return Condition(
        kind=kind,
        instance=download.instance,
        subject=download.key.text,
        facts=facts,
        is_hidden=is_hidden,
        held_s=held_s,
    )


def _of_queue(
    kind: EventKind,
    instance: InstanceSnapshot,
    conditions: list[Condition],
    opens: Mapping[EventKind, Mapping[str, Alert]],
    endings: Mapping[DownloadKey, Ending],
    present: Mapping[str, Download],
) -> Observation:
    known: dict[str, Ending] = {}
    unsettled: set[str] = set()
    for dedup, alert in opens.get(kind, {}).items():
        key = alert.facts.key
        if key is None:
            continue
        download = present.get(key.text)
        if download is None:
            ending = endings.get(key)
            if ending is None:
                unsettled.add(dedup)
            else:
                known[dedup] = ending
        elif kind is EventKind.STALLED and not _has_moved_on(download, alert):
            unsettled.add(dedup)
    return Observation(
        kind=kind,
        instance=instance.id,
        conditions=tuple(conditions),
        endings=known,
        unsettled=frozenset(unsettled),
    )


def _has_moved_on(download: Download, alert: Alert) -> bool:
    """Whether a stalled download has got data since, or is in another state.

    After a start nobody has watched it for long enough to call it stalled: that alone ends nothing.
    """
    left = alert.facts.coming_bytes
    return left is None or download.size_left_bytes != left or download.needs_hand
