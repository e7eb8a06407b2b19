"""Who but the owner and the group gets at a file: its own mode, and those of the directories above it."""

import stat
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class OthersRights(NamedTuple):
    """What everybody on the machine may do."""

    can_read: bool
    can_change: bool
    """Write to it, or put something else in its place."""


def rights_of_others(path: Path) -> OthersRights:
    """Return what others may do with a file or directory; links are followed.

    Raises:
        OSError: it is not there, or may not be looked at.
    """
    resolved = path.resolve()
    above = [directory.stat().st_mode for directory in reversed(resolved.parents)]
    return rights_by_modes(above, resolved.stat().st_mode)


def rights_by_modes(above: Iterable[int], own: int) -> OthersRights:
    """Return what follows from the modes of the directories above, root first, and of the thing itself."""
    can_reach, can_replace = True, False
    for mode in above:
        can_enter = can_reach and bool(mode & stat.S_IXOTH)
        # In a sticky directory, such as /tmp, only owners rename and remove.
        if can_enter and mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            can_replace = True
        can_reach = can_enter
    return OthersRights(
        can_read=can_reach and bool(own & stat.S_IROTH),
        can_change=can_replace or (can_reach and bool(own & stat.S_IWOTH)),
    )
