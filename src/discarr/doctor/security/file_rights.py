"""Who but the owner and the group gets at a file: its own mode, and those of the directories above it."""

import stat
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
    can_reach, can_replace = True, False
    for directory in reversed(resolved.parents):
        mode = directory.stat().st_mode
        # In a sticky directory, such as /tmp, only owners rename and remove.
        is_open = mode & stat.S_IWOTH and mode & stat.S_IXOTH and not mode & stat.S_ISVTX
        can_replace = can_replace or (can_reach and bool(is_open))
        can_reach = can_reach and bool(mode & stat.S_IXOTH)
    mode = resolved.stat().st_mode
    return OthersRights(
        can_read=can_reach and bool(mode & stat.S_IROTH),
        can_change=can_replace or (can_reach and bool(mode & stat.S_IWOTH)),
    )
