"""What clean-up proposes, as values; the words for them are in `wording`."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from discarr.clients.features import Feature, supports
from discarr.core.cleanup_config import CleanupAction, CleanupRule
from discarr.core.models import Download, InstanceSnapshot
from discarr.monitoring.cleanup.guards import Guard
from discarr.monitoring.cleanup.protection import Protection
from discarr.monitoring.reasons import ReasonKind


class Evidence(Struct, frozen=True, kw_only=True, gc=False):
    """What speaks for removing a download."""

    strikes: int
    """Separate observations of it in trouble."""
    span: timedelta
    """Watched time since the first of them."""
    idle_for: timedelta | None
    """Observed time without a new byte; None where none is expected."""
    rate_bytes_s: float | None
    """Measured from one strike to the next; None where it is not, and for other rules than SLOW."""
    reason: ReasonKind | None
    """What the app or the download client says; None when they find nothing wrong."""
    age: timedelta | None
    """Since the grab; None when the app did not grab it."""


class Candidate(Struct, frozen=True, kw_only=True, gc=False):
    """A download that is worth removing; a struct for the reason that `core.models` gives."""

    download: Download
    """As it was when the candidate was collected, to be compared with what it is when something is done."""
    instance_name: str
    rule: CleanupRule
    evidence: Evidence
    action: CleanupAction | None
    """What the settings suggest for the rule; None where that is not possible with this download."""
    possible: tuple[CleanupAction, ...]
    """In the order of `CleanupAction`."""
    is_beyond_cap: bool
    """Whether it exceeds what may be cleaned up now, at a time or in a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What one collecting found."""

    candidates: tuple[Candidate, ...] = ()
    """What is least in doubt first, then what has been in trouble longest."""
    guards: tuple[Guard, ...] = ()
    """Why some of the instances, or of their download clients, have no candidates."""
    room: int = 0
    """How many may be cleaned up now, at a time and in a day."""
    protected: Mapping[Protection, int] = field(default_factory=lambda: MappingProxyType({}))
    """How many downloads with all their strikes are left alone, by what protects them."""


_FEATURES: Final = {
    CleanupAction.BLOCKLIST: Feature.SKIP_REDOWNLOAD,
    CleanupAction.CATEGORY: Feature.CHANGE_CATEGORY,
}


def supported_actions(instance: InstanceSnapshot) -> frozenset[CleanupAction]:
    """Return what can be done in an app of that version."""
    unsupported = {
        action
        for action, feature in _FEATURES.items()
        if not supports(feature, instance.kind, instance.version)
    }
    return frozenset(CleanupAction) - unsupported


def possible_actions(download: Download, supported: Container[CleanupAction]) -> tuple[CleanupAction, ...]:
    """Return which of the supported actions can be done to a download.

    What the app did not grab, it does not blocklist; what belongs to nothing, it cannot search for.
    """
    is_grabbed = download.added is not None
    checks = (
        (CleanupAction.REMOVE, True),
        (CleanupAction.BLOCKLIST, is_grabbed),
        (CleanupAction.SEARCH, is_grabbed and download.media_id is not None),
        (CleanupAction.CATEGORY, download.has_post_import_category),
    )
    return tuple([action for action, is_possible in checks if is_possible and action in supported])
