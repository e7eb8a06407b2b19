"""What makes sense for a download now, and what of it a person may do: pure, the right remedy first.

Blocklisting is only offered for what the app grabbed itself (`Download.added`): for anything else the apps
skip it without a word and only remove.
"""

from dataclasses import dataclass
from typing import Final

from discarr.clients.features import Feature, supports
from discarr.clients.values import is_id
from discarr.core.models import Download, InstanceKind, QueueStatus, TrackedState, TrackedStatus
from discarr.monitoring.acting.kinds import ActionKind, Effect, capability_of, effect_of
from discarr.monitoring.acting.targets import target_of
from discarr.monitoring.reasons import ReasonKind, explain
from discarr.utils.permissions import Capability, Grants, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One thing that a person may do about a download."""

    kind: ActionKind
    capability: Capability
    effect: Effect
    is_remedy: bool
    """Whether it is what usually helps; at most the first offer is."""


_BUSY: Final = frozenset(
    {TrackedState.IMPORTING, TrackedState.IMPORTED, TrackedState.FAILED, TrackedState.IGNORED}
)
"""The app is at work on it, or about to take it off the queue by itself."""
_HELD_BACK: Final = (QueueStatus.DELAY, QueueStatus.CLIENT_UNAVAILABLE)

_REMOVE, _BLOCKLIST, _ANOTHER = ActionKind.REMOVE, ActionKind.REMOVE_BLOCKLIST, ActionKind.REMOVE_SEARCH
_KEEP, _KEEP_ANOTHER, _CATEGORY = ActionKind.KEEP, ActionKind.KEEP_SEARCH, ActionKind.CHANGE_CATEGORY
_GRAB, _SEARCH, _IMPORT = ActionKind.GRAB, ActionKind.SEARCH, ActionKind.IMPORT


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    remedies: tuple[ActionKind, ...]
    others: tuple[ActionKind, ...]


_OF_BAD_RELEASES: Final = _Order(
    remedies=(_ANOTHER, _REMOVE), others=(_KEEP_ANOTHER, _BLOCKLIST, _IMPORT, _SEARCH, _CATEGORY, _KEEP)
)
_OF_DOUBTS: Final = _Order(
    remedies=(_IMPORT,), others=(_ANOTHER, _REMOVE, _KEEP_ANOTHER, _BLOCKLIST, _SEARCH, _CATEGORY, _KEEP)
)
_OF_NEEDLESS: Final = _Order(
    remedies=(_REMOVE,), others=(_KEEP, _CATEGORY, _BLOCKLIST, _IMPORT, _ANOTHER, _KEEP_ANOTHER, _SEARCH)
)
_OF_SURROUNDINGS: Final = _Order(
    remedies=(), others=(_SEARCH, _IMPORT, _KEEP, _CATEGORY, _REMOVE, _ANOTHER, _KEEP_ANOTHER, _BLOCKLIST)
)
"""Nothing is wrong with the download itself, or nobody knows: nothing is advised, least of all removing."""
_OF_DELAYED: Final = _Order(remedies=(_GRAB,), others=(_REMOVE, _BLOCKLIST))

_BAD_RELEASES: Final = (
    ReasonKind.DANGEROUS_FILE,
    ReasonKind.PASSWORD,
    ReasonKind.UNSUPPORTED_TYPE,
    ReasonKind.ARCHIVE,
    ReasonKind.NOT_A_LANGUAGE_UPGRADE,
    ReasonKind.SPLIT_FILE,
    ReasonKind.EXTRA,
    ReasonKind.NO_AUDIO,
    ReasonKind.SAMPLE,
    ReasonKind.NO_VIDEO,
    ReasonKind.TRACKER,
    ReasonKind.MISSING_FILES,
    ReasonKind.MAGNET,
    ReasonKind.DAMAGED,
    ReasonKind.INCOMPLETE,
    ReasonKind.UNPACK_FAILED,
    ReasonKind.STALLED,
    ReasonKind.DOWNLOAD_FAILED,
)
_DOUBTS: Final = (
    ReasonKind.MATCHED_BY_ID,
    ReasonKind.TITLE_MISMATCH,
    ReasonKind.SEVERAL_MATCHES,
    ReasonKind.UNKNOWN_TITLE,
    ReasonKind.NOT_IN_RELEASE,
    ReasonKind.NOT_GRABBED_HERE,
    ReasonKind.FULL_SEASON_FILE,
    ReasonKind.PARTIAL_SEASON,
    ReasonKind.NUMBERING,
    ReasonKind.TITLE_TBA,
    ReasonKind.UNPARSABLE,
    ReasonKind.EPISODES_MISSING,
    ReasonKind.IMPORT_REFUSED,
)
_NEEDLESS: Final = (
    ReasonKind.NOT_AN_UPGRADE,
    ReasonKind.NOT_A_FORMAT_UPGRADE,
    ReasonKind.ALREADY_IMPORTED,
    ReasonKind.DESTINATION_EXISTS,
)
_ORDERS: Final = {
    **dict.fromkeys(_BAD_RELEASES, _OF_BAD_RELEASES),
    **dict.fromkeys(_DOUBTS, _OF_DOUBTS),
    **dict.fromkeys(_NEEDLESS, _OF_NEEDLESS),
}


def is_untouchable(download: Download) -> bool:
    """Whether nothing may be done to a download: the app is at work on it, or nobody knows what it does."""
    if download.is_pending:
        return download.status not in _HELD_BACK
    return (
        download.status is QueueStatus.UNKNOWN
        or download.tracked_status in (None, TrackedStatus.UNKNOWN)
        or download.tracked_state in (None, TrackedState.UNKNOWN)
        or download.tracked_state in _BUSY
    )


def possible_actions(download: Download, kind: InstanceKind, version: str | None) -> frozenset[ActionKind]:
    """Return what can be done about a download in its present state, by an app of that kind and version."""
    if is_untouchable(download):
        return frozenset()
    if download.is_pending:
        return frozenset({_GRAB, _REMOVE, _BLOCKLIST}) if download.row_ids else frozenset()
    possible: set[ActionKind] = set()
    is_matched = is_id(download.media_id)
    if download.row_ids:
        possible.add(_REMOVE)
        if download.added is not None:
            possible.add(_ANOTHER)
            if supports(Feature.SKIP_REDOWNLOAD, kind, version):
                possible.add(_BLOCKLIST)
        if is_matched:  # an unknown item that is ignored comes back at once
            possible.add(_KEEP)
            if download.added is not None:
                possible.add(_KEEP_ANOTHER)
        if download.has_post_import_category and supports(Feature.CHANGE_CATEGORY, kind, version):
            possible.add(_CATEGORY)
    if is_matched and (kind is InstanceKind.RADARR or download.seasons):
        possible.add(_SEARCH)
    if _can_be_imported(download):
        possible.add(_IMPORT)
    return frozenset(possible)


def offers_for(
    download: Download,
    kind: InstanceKind,
    version: str | None,
    *,
    level: Level,
    grants: Grants,
    reason: ReasonKind | None = None,
) -> tuple[Offer, ...]:
    """Return what a person of that level may do about a download, the right remedy first.

    `reason` is what was observed where the download itself says nothing: that no data comes in.
    """
    possible = possible_actions(download, kind, version)
    target = target_of(download, reason=reason)
    order = _OF_DELAYED if download.is_pending else _order_for(target.reason)
    offered = [
        action
        for action in (*order.remedies, *order.others)
        if action in possible and grants.allows(level, capability_of(action))
    ]
    is_away = download.status is QueueStatus.CLIENT_UNAVAILABLE
    return tuple(
        Offer(
            kind=action,
            capability=capability_of(action),
            effect=effect_of(action, (target,)),
            is_remedy=place == 0 and action in order.remedies and not is_away,
        )
        for place, action in enumerate(offered)
    )


def _order_for(reason: ReasonKind | None) -> _Order:
    return _OF_SURROUNDINGS if reason is None else _ORDERS.get(reason, _OF_SURROUNDINGS)


def _can_be_imported(download: Download) -> bool:
    """Whether the app can be asked for its files: all is loaded, and it did not import them by itself."""
    explanation = explain(download)
    return (
        download.status is QueueStatus.COMPLETED
        and download.tracked_state is not TrackedState.FAILED_PENDING
        and explanation is not None
        and explanation.kind is not ReasonKind.DANGEROUS_FILE
    )
