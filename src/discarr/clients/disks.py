"""Which volumes an instance imports to, and how much room they have."""

from collections.abc import Sequence

from discarr.clients.values import parse_size
from discarr.clients.wire import Disk, RootFolder
from discarr.core.models import DiskSpace

_DRIFT_BYTES = 256 << 20
"""Folders of one volume are measured one after the other, while downloads go on."""


def volumes(folders: Sequence[RootFolder], disks: Sequence[Disk]) -> tuple[DiskSpace, ...]:
    """Return one entry per volume that root folders live on.

    A volume has no identity on the wire: folders with (nearly) the same free space and no differing
    total are taken for one, as containers report the same mount under several paths.
    """
    found: list[DiskSpace] = []
    for folder in folders:
        free = parse_size(folder.free_space)
        if folder.accessible is False or free is None or not folder.path:
            continue
        space = DiskSpace(path=folder.path, free_bytes=free, total_bytes=_total(folder.path, free, disks))
        if not any(_is_same(space, other) for other in found):
            found.append(space)
    return tuple(found)


def _total(path: str, free: int, disks: Sequence[Disk]) -> int | None:
    exact = [disk for disk in disks if _plain(disk.path) == _plain(path)]
    near = [disk for disk in disks if _is_near(parse_size(disk.free_space), free)]
    totals = [total for disk in (*exact, *near) if (total := parse_size(disk.total_space)) and total >= free]
    return totals[0] if totals else None


def _is_same(one: DiskSpace, other: DiskSpace) -> bool:
    has_same_total = one.total_bytes == other.total_bytes or None in (one.total_bytes, other.total_bytes)
    return has_same_total and _is_near(one.free_bytes, other.free_bytes)


def _is_near(one: int | None, other: int) -> bool:
    return one is not None and abs(one - other) <= min(_DRIFT_BYTES, max(one, other) // 100)


def _plain(path: str | None) -> str:
    return (path or "").rstrip("/\\").casefold()
