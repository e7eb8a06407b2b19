"""What tells two reports of one volume from reports of two, and what lies on it: the one place for it."""

from collections.abc import Iterable

from discarr.core.models import DiskSpace

_DRIFT_BYTES = 256 << 20
_DRIFT_PART = 100
"""One part in so many: what matters of a full volume is small."""


def is_same_volume(one: DiskSpace, other: DiskSpace) -> bool:
    """Return whether two reports are about one volume.

    A volume has no identity on the wire, and containers mount it under different paths: only its sizes
    tell it (facts 5.2). Similar disks are common, so they have to agree closely: a volume that is shown
    twice harms less than one whose room is not shown at all.
    """
    return one.total_bytes == other.total_bytes and is_same_room(one.free_bytes, other.free_bytes)


def is_same_room(one_bytes: int, other_bytes: int) -> bool:
    """Return whether two free spaces differ by no more than downloads write between two measurements."""
    return abs(one_bytes - other_bytes) <= min(_DRIFT_BYTES, max(one_bytes, other_bytes) // _DRIFT_PART)


def volume_of(disks: Iterable[DiskSpace], root_folder: str | None) -> DiskSpace | None:
    """Return which of an instance's volumes a root folder lies on; None when that is not known.

    It may be a subfolder: like the apps themselves, this goes by the deepest root folder that holds it.
    """
    if root_folder is None:
        return None
    wanted = plain_path(root_folder)
    found, depth = None, -1
    for disk in disks:
        for folder in (disk.path, *disk.folders):
            holder = plain_path(folder)
            if len(holder) > depth and (wanted == holder or wanted.startswith((f"{holder}/", f"{holder}\\"))):
                found, depth = disk, len(holder)
    return found


def plain_path(path: str | None) -> str:
    """Return a path for comparing: without the case of its letters and without a slash at its end."""
    return (path or "").rstrip("/\\").casefold()
