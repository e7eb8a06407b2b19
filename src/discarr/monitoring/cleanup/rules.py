"""What one look at a download says about each rule.

States and codes decide. Texts of the apps do so only where neither has a word for it: why a completed
download is refused (in English, whatever the language of the app; every line has to be understood), and that
files are missing (found in English only). Texts can also speak for a download, such as "disk full".

Magnets without a description are not found in Transmission, where they look like torrents that wait for their
turn. Torrents that are being checked look like any others there and in Deluge.
"""

from collections.abc import Callable
from enum import Enum
from typing import Final

from msgspec import Struct

from discarr.clients.values import is_id
from discarr.core.cleanup_config import CleanupRule
from discarr.core.models import Download, Protocol, QueueStatus, TrackedState, TrackedStatus
from discarr.monitoring.reasons import ReasonKind, explain, import_kinds


class Verdict(Enum):
    """What a look at a download means for the strikes of a rule."""

    BAD = "bad"
    GOOD = "good"
    """It has recovered, or was never meant: its strikes are over."""
    OPEN = "open"
    """Nothing can be said now: paused, queued, being tried again, not measured yet."""


class Seen(Struct, frozen=True, kw_only=True, gc=False):
    """What is known beside the download itself."""

    idle_s: float | None = None
    """Observed seconds without a new byte (`ProgressTracker`); None where none is expected."""
    rate_bytes_s: float | None = None
    """Measured from one strike to the next; None while it is not."""
    is_monitored: bool | None = None
    """Whether anything of it is; None while nobody asked, or it cannot be known."""
    stalled_at_bytes: int | None = None
    """What was left to load when it was last struck as stalled; None when it never was."""


class Limits(Struct, frozen=True, kw_only=True):
    """From where on it is trouble."""

    stalled_s: float
    slow_bytes_s: float


FAULTY_RELEASE: Final = frozenset(
    {
        ReasonKind.DANGEROUS_FILE,
        ReasonKind.PASSWORD,
        ReasonKind.UNSUPPORTED_TYPE,
        ReasonKind.SPLIT_FILE,
        ReasonKind.EXTRA,
        ReasonKind.NO_AUDIO,
        ReasonKind.SAMPLE,
        ReasonKind.NO_VIDEO,
    }
)
"""Why an import fails for good, and would elsewhere. Not among them: what passes or lies in the owner's hands
(disk, paths, permissions), and what a person can import by hand."""
HELD_ALREADY: Final = frozenset(
    {ReasonKind.NOT_AN_UPGRADE, ReasonKind.NOT_A_FORMAT_UPGRADE, ReasonKind.ALREADY_IMPORTED}
)
_HEADERS = frozenset({ReasonKind.EPISODES_MISSING})
"""What stands above the reasons of a pack's files, and says nothing alone."""
_OWNERS_TROUBLE = frozenset({ReasonKind.NO_SPACE, ReasonKind.PERMISSION, ReasonKind.PATH, ReasonKind.LOGIN})
_STATUSES = frozenset(
    {
        QueueStatus.QUEUED,
        QueueStatus.PAUSED,
        QueueStatus.DOWNLOADING,
        QueueStatus.COMPLETED,
        QueueStatus.FAILED,
        QueueStatus.WARNING,
    }
)
_FAILED = frozenset({TrackedState.FAILED_PENDING, TrackedState.FAILED})
_REFUSED = frozenset({TrackedState.IMPORT_PENDING, TrackedState.IMPORT_BLOCKED})
_STATES = _FAILED | _REFUSED | {TrackedState.DOWNLOADING, TrackedState.IMPORTING}
_LOADING = frozenset({QueueStatus.QUEUED, QueueStatus.PAUSED, QueueStatus.DOWNLOADING, QueueStatus.WARNING})
_ACTIVE = frozenset({QueueStatus.DOWNLOADING, QueueStatus.WARNING})


def is_understood(download: Download) -> bool:
    """Whether every word about the download is known, and they go together.

    A state of qBittorrent that the app does not know is shown as "downloading", with a message.
    """
    is_error = download.tracked_status is TrackedStatus.ERROR
    return (
        not download.is_pending
        and bool(download.row_ids)
        and all(map(is_id, download.row_ids))
        and download.status in _STATUSES
        and download.tracked_state in _STATES
        and (download.tracked_status in (TrackedStatus.OK, TrackedStatus.WARNING) or is_error)
        and (not is_error or download.tracked_state in _FAILED)
        and download.protocol is not Protocol.UNKNOWN
        and not (download.status is QueueStatus.DOWNLOADING and download.error_message)
    )


def has_failed(download: Download) -> bool:
    """Whether the download client or the app gave it up."""
    return download.status is QueueStatus.FAILED or download.tracked_state in _FAILED


def has_all_data(download: Download) -> bool:
    """Whether nothing is left to load; then "downloading" means verifying, repairing, unpacking, moving."""
    return download.status is QueueStatus.COMPLETED or (
        download.size_bytes > 0 and download.size_left_bytes == 0
    )


def lacks_files(download: Download) -> bool:
    """Whether its download client misses the files of what it has loaded, all of it or a part."""
    return download.status is QueueStatus.WARNING and _said(download) is ReasonKind.MISSING_FILES


def is_refused(download: Download) -> bool:
    """Whether the app has tried to import it, and would not."""
    return (
        download.status is QueueStatus.COMPLETED
        and download.tracked_status is TrackedStatus.WARNING
        and download.tracked_state in _REFUSED
    )


def is_loading(download: Download) -> bool:
    """Whether data is still to come, now or later."""
    return (
        download.status in _LOADING
        and download.tracked_state is TrackedState.DOWNLOADING
        and not has_all_data(download)
    )


def expects_data(download: Download) -> bool:
    """Whether data should be coming in now."""
    return download.status in _ACTIVE and download.size_left_bytes > 0 and is_loading(download)


def judge(rule: CleanupRule, download: Download, seen: Seen, limits: Limits) -> Verdict:
    """Say what a look at a download that `is_understood` means for a rule."""
    return _JUDGES[rule](download, seen, limits)


def _failed(download: Download, _seen: Seen, _limits: Limits) -> Verdict:
    return Verdict.BAD if has_failed(download) else Verdict.GOOD


def _missing_files(download: Download, _seen: Seen, _limits: Limits) -> Verdict:
    if download.status is not QueueStatus.WARNING:
        return Verdict.GOOD
    return Verdict.BAD if lacks_files(download) else Verdict.OPEN


def _failed_import(download: Download, _seen: Seen, _limits: Limits) -> Verdict:
    return _refused_for(FAULTY_RELEASE, download)


def _already_have(download: Download, _seen: Seen, _limits: Limits) -> Verdict:
    return _refused_for(HELD_ALREADY, download)


def _refused_for(reasons: frozenset[ReasonKind], download: Download) -> Verdict:
    if download.status is not QueueStatus.COMPLETED or has_failed(download):
        return Verdict.GOOD
    if not is_refused(download):
        return Verdict.OPEN  # the apps try again at every refresh
    telling = import_kinds(download) - _HEADERS
    return Verdict.BAD if telling and telling <= reasons else Verdict.OPEN


def _no_metadata(download: Download, _seen: Seen, _limits: Limits) -> Verdict:
    if download.protocol is not Protocol.TORRENT or download.size_bytes > 0 or not is_loading(download):
        return Verdict.GOOD
    # qBittorrent's magnets are "queued" as well, but with a message, whatever its language.
    is_asking = download.status is QueueStatus.QUEUED and bool(download.error_message)
    return Verdict.BAD if is_asking or download.status in _ACTIVE else Verdict.OPEN


def _stalled(download: Download, seen: Seen, limits: Limits) -> Verdict:
    left = download.size_left_bytes
    if has_all_data(download) or seen.stalled_at_bytes not in (None, left):
        return Verdict.GOOD
    if not expects_data(download) or seen.idle_s is None or seen.idle_s < limits.stalled_s:
        return Verdict.OPEN
    return Verdict.OPEN if _said(download) in _OWNERS_TROUBLE else Verdict.BAD


def _slow(download: Download, seen: Seen, limits: Limits) -> Verdict:
    if has_all_data(download):
        return Verdict.GOOD
    if not expects_data(download) or seen.rate_bytes_s is None:
        return Verdict.OPEN
    if seen.rate_bytes_s >= limits.slow_bytes_s:
        return Verdict.GOOD
    return Verdict.OPEN if _said(download) in _OWNERS_TROUBLE else Verdict.BAD


def _orphan(download: Download, _seen: Seen, _limits: Limits) -> Verdict:
    if download.media_id is not None:
        return Verdict.GOOD
    if is_loading(download):
        return Verdict.BAD
    if not is_refused(download) or ReasonKind.NOT_GRABBED_HERE in import_kinds(download):
        return Verdict.OPEN
    return Verdict.BAD


def _unmonitored(download: Download, seen: Seen, _limits: Limits) -> Verdict:
    if seen.is_monitored is None:
        return Verdict.OPEN
    if seen.is_monitored:
        return Verdict.GOOD
    return Verdict.BAD if is_loading(download) else Verdict.OPEN


def _said(download: Download) -> ReasonKind | None:
    explanation = explain(download)
    return None if explanation is None else explanation.kind


_JUDGES: Final[dict[CleanupRule, Callable[[Download, Seen, Limits], Verdict]]] = {
    CleanupRule.FAILED: _failed,
    CleanupRule.MISSING_FILES: _missing_files,
    CleanupRule.FAILED_IMPORT: _failed_import,
    CleanupRule.ALREADY_HAVE: _already_have,
    CleanupRule.NO_METADATA: _no_metadata,
    CleanupRule.STALLED: _stalled,
    CleanupRule.SLOW: _slow,
    CleanupRule.ORPHAN: _orphan,
    CleanupRule.UNMONITORED: _unmonitored,
}
