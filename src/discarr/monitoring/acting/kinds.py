"""What can be done about a download, and what exactly each of it means."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from discarr.core.actions import Removal
from discarr.monitoring.acting.targets import Target
from discarr.utils.permissions import Capability


class ActionKind(StrEnum):
    """What can be done. The values stand in the database: a released one never changes."""

    REMOVE = "remove"
    REMOVE_BLOCKLIST = "remove_blocklist"
    """Remove it and never take this release again, without a new search."""
    REMOVE_SEARCH = "remove_search"
    """Remove it, never take this release again, and search for another one."""
    KEEP = "keep"
    """Take it off the queue for good and leave it to the download client, with its data."""
    KEEP_SEARCH = "keep_search"
    """Leave it to the download client, never take this release again, and search for another one."""
    CHANGE_CATEGORY = "change_category"
    """Hand it over to the client's category for what is imported, with its data."""
    GRAB = "grab"
    """Send a release that is held back to the download client now."""
    SEARCH = "search"
    IMPORT = "import"
    """Import chosen files, whatever speaks against it."""


class DataFate(StrEnum):
    """What happens to the data of a download."""

    DELETED = "deleted"
    KEPT = "kept"
    """It stays with the download client."""
    MOVED = "moved"
    """It stays with the download client, in another category."""
    NONE = "none"
    """There is none yet: the release is held back."""
    UNTOUCHED = "untouched"
    IMPORTED = "imported"
    """It comes into the library, and may replace what is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Exactly what an action does, to one download or to several together; for the confirmation to say."""

    kind: ActionKind
    download_count: int
    episode_count: int
    """0 where there are only movies and unknown items."""
    size_bytes: int
    """Of the downloads as a whole, loaded or not; 0 while it is not known."""
    data: DataFate
    is_blocklisted: bool
    """Whether the app never takes these releases again."""
    is_searched: bool
    """Whether the same movies or episodes are searched for now; the app's own settings may forbid it."""
    takes_all_delayed: bool
    """Whether every release that is held back for the same movie or episodes goes with it."""


_DELETE: Final = {"remove_from_client": True, "change_category": False}
_LEAVE: Final = {"remove_from_client": False, "change_category": False}
REMOVALS: Final = {
    ActionKind.REMOVE: Removal(**_DELETE, blocklist=False, skip_redownload=False),
    ActionKind.REMOVE_BLOCKLIST: Removal(**_DELETE, blocklist=True, skip_redownload=True),
    ActionKind.REMOVE_SEARCH: Removal(**_DELETE, blocklist=True, skip_redownload=False),
    ActionKind.KEEP: Removal(**_LEAVE, blocklist=False, skip_redownload=False),
    ActionKind.KEEP_SEARCH: Removal(**_LEAVE, blocklist=True, skip_redownload=False),
    ActionKind.CHANGE_CATEGORY: Removal(
        remove_from_client=False, change_category=True, blocklist=False, skip_redownload=False
    ),
}
_CAPABILITIES: Final = {
    ActionKind.GRAB: Capability.GRAB,
    ActionKind.SEARCH: Capability.SEARCH,
    ActionKind.IMPORT: Capability.IMPORT,
}


def removal_of(kind: ActionKind) -> Removal | None:
    """Return the flags of a removal; None for what removes nothing."""
    return REMOVALS.get(kind)


def capability_of(kind: ActionKind, *, count: int = 1) -> Capability:
    """Return what a person must be allowed to do it to that many downloads."""
    return Capability.CLEAN_UP if count > 1 else _CAPABILITIES.get(kind, Capability.REMOVE)


def effect_of(kind: ActionKind, targets: Sequence[Target]) -> Effect:
    """Say what an action does to all of these downloads."""
    removal = removal_of(kind)
    has_delayed = any(target.is_pending for target in targets)
    is_blocklisted = removal is not None and removal.blocklist
    return Effect(
        kind=kind,
        download_count=len(targets),
        episode_count=sum(target.work.episode_count for target in targets),
        size_bytes=sum(target.work.size_bytes for target in targets),
        data=_data(kind, removal, are_all_delayed=all(target.is_pending for target in targets)),
        is_blocklisted=is_blocklisted,
        is_searched=kind in (ActionKind.SEARCH, ActionKind.REMOVE_SEARCH, ActionKind.KEEP_SEARCH),
        takes_all_delayed=removal is not None and has_delayed,
    )


def _data(kind: ActionKind, removal: Removal | None, *, are_all_delayed: bool) -> DataFate:
    if removal is None:
        return DataFate.IMPORTED if kind is ActionKind.IMPORT else DataFate.UNTOUCHED
    if are_all_delayed:
        return DataFate.NONE
    if removal.remove_from_client:
        return DataFate.DELETED
    return DataFate.MOVED if removal.change_category else DataFate.KEPT
