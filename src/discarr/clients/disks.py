"""Which volumes an instance imports to, and how much room they have."""

from collections.abc import Sequence
from dataclasses import replace

from discarr.clients.values import parse_size
from discarr.clients.wire import Disk, RootFolder
from discarr.core.models import DiskSpace
from discarr.core.volumes import is_same_room, is_same_volume, plain_path


def volumes(folders: Sequence[RootFolder], disks: Sequence[Disk]) -> tuple[DiskSpace, ...]:
    """Return one entry per volume that root folders live on."""
    found: list[DiskSpace] = []
    for folder in folders:
        free = parse_size(folder.free_space)
        if folder.accessible is False or free is None or not folder.path:
            continue
        space = DiskSpace(
            path=folder.path,
            free_bytes=free,
            total_bytes=_total(folder.path, free, disks),
            folders=(folder.path,),
        )
        place = next((place for place, other in enumerate(found) if is_same_volume(space, other)), None)
        if place is None:
            found.append(space)
        else:
            found[place] = replace(found[place], folders=(*found[place].folders, folder.path))
    return tuple(found)


def _total(path: str, free: int, disks: Sequence[Disk]) -> int | None:
    exact = [disk for disk in disks if plain_path(disk.path) == plain_path(path)]
    near = [
        disk
        for disk in disks
        if (room := parse_size(disk.free_space)) is not None and is_same_room(room, free)
    ]
    totals = [total for disk in (*exact, *near) if (total := parse_size(disk.total_space)) and total >= free]
    return totals[0] if totals else None
