"""Which volumes an instance imports to, and how much room they have."""

from collections.abc import Sequence

from discarr.clients.values import parse_size
from discarr.clients.wire import Disk, RootFolder
from discarr.core.models import DiskSpace
from discarr.core.volumes import is_same_room, is_same_volume


def volumes(folders: Sequence[RootFolder], disks: Sequence[Disk]) -> tuple[DiskSpace, ...]:
    """Return one entry per volume that root folders live on."""
    found: list[DiskSpace] = []
    for folder in folders:
        free = parse_size(folder.free_space)
        if folder.accessible is False or free is None or not folder.path:
            continue
        space = DiskSpace(path=folder.path, free_bytes=free, total_bytes=_total(folder.path, free, disks))
        if not any(is_same_volume(space, other) for other in found):
            found.append(space)
    return tuple(found)


def _total(path: str, free: int, disks: Sequence[Disk]) -> int | None:
    exact = [disk for disk in disks if _plain(disk.path) == _plain(path)]
    near = [
        disk
        for disk in disks
        if (room := parse_size(disk.free_space)) is not None and is_same_room(room, free)
    ]
    totals = [total for disk in (*exact, *near) if (total := parse_size(disk.total_space)) and total >= free]
    return totals[0] if totals else None


def _plain(path: str | None) -> str:
    return (path or "").rstrip("/\\").casefold()
