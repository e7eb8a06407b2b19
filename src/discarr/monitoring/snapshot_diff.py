"""What changed between two snapshots."""

from collections.abc import Generator
from dataclasses import dataclass

from discarr.core.models import Download, InstanceSnapshot, InstanceState, QueueSnapshot
from discarr.core.slices import drain

_SLICE = 500
"""Downloads compared between two pauses: about 1 ms of work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceChange:
    """An instance went from one state to another."""

    id: str
    name: str
    before: InstanceState
    after: InstanceState


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotChanges:
    """The difference of two snapshots, each list in the order of the queues.

    A download that vanished is not finished: only history can tell (design decision 7).
    """

    new: tuple[Download, ...] = ()
    vanished: tuple[Download, ...] = ()
    """As they were last seen."""
    progressed: tuple[Download, ...] = ()
    """Less data is left to load than before."""
    needing_hand: tuple[Download, ...] = ()
    """A person is needed since; new downloads included."""
    resolved: tuple[Download, ...] = ()
    """Still there, but no person is needed any more."""
    instances: tuple[InstanceChange, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing changed that people would call a change."""
        return not (
            self.new
            or self.vanished
            or self.progressed
            or self.needing_hand
            or self.resolved
            or self.instances
        )


@dataclass(slots=True)
class _Found:
    new: list[Download]
    vanished: list[Download]
    progressed: list[Download]
    needing_hand: list[Download]
    resolved: list[Download]


def diff(old: QueueSnapshot, new: QueueSnapshot) -> SnapshotChanges:
    """Compare two snapshots.

    An instance that had never been read before adds nothing: what was already there is no news.
    """
    return drain(diff_in_slices(old, new))


def diff_in_slices(old: QueueSnapshot, new: QueueSnapshot) -> Generator[None, None, SnapshotChanges]:
    """Do the same with a pause at each `yield`."""
    found = _Found([], [], [], [], [])
    states: list[InstanceChange] = []
    for after in new.instances:
        before = old.instance(after.id)
        if before is None or before is after:
            continue
        if before.state is not after.state:
            states.append(
                InstanceChange(id=after.id, name=after.name, before=before.state, after=after.state)
            )
        if before.fetched_at is not None and before.downloads is not after.downloads:
            yield from _compare(before, after, found)
    return SnapshotChanges(
        new=tuple(found.new),
        vanished=tuple(found.vanished),
        progressed=tuple(found.progressed),
        needing_hand=tuple(found.needing_hand),
        resolved=tuple(found.resolved),
        instances=tuple(states),
    )


def _compare(before: InstanceSnapshot, after: InstanceSnapshot, found: _Found) -> Generator[None]:
    remaining = {download.key: download for download in before.downloads}
    for count, download in enumerate(after.downloads):
        if count % _SLICE == 0:
            yield
        earlier = remaining.pop(download.key, None)
        if earlier is download:
            continue
        if earlier is None:
            found.new.append(download)
            if download.needs_hand:
                found.needing_hand.append(download)
            continue
        if download.size_left_bytes < earlier.size_left_bytes:
            found.progressed.append(download)
        needs_hand, needed_hand = download.needs_hand, earlier.needs_hand
        if needs_hand and not needed_hand:
            found.needing_hand.append(download)
        elif needed_hand and not needs_hand:
            found.resolved.append(download)
    found.vanished.extend(remaining.values())
