"""Whether a download is still what a person agreed to act on; asked right before it is acted on."""

from datetime import datetime

from discarr.core.cleanup_config import CleanupRule
from discarr.core.models import Download, InstanceKind, QueueStatus
from discarr.monitoring.acting.kinds import ActionKind, removal_of
from discarr.monitoring.acting.offers import is_untouchable, possible_actions
from discarr.monitoring.acting.results import Cause
from discarr.monitoring.acting.targets import Target
from discarr.monitoring.cleanup.rules import Verdict, has_all_data, has_failed
from discarr.monitoring.reasons import ReasonKind


def change_since(
    target: Target,
    download: Download,
    action: ActionKind,
    *,
    kind: InstanceKind,
    version: str | None,
    now: datetime,
    is_monitored: bool | None = None,
) -> Cause | None:
    """Return what has changed so that nothing may be done; None when it may.

    It must be the same grab of the same release for the same title, in a state in which the action is still
    offered. What removes it must also not take more than was said, and not what goes well by now: what
    clean-up proposed has to be bad still.

    `now` is when the download was read, and `is_monitored` what the library said of it; None: not asked, or
    not known.
    """
    if download.release_title != target.release_title:
        return Cause.OTHER_RELEASE
    if download.added != target.added:
        return Cause.GRABBED_AGAIN
    if is_untouchable(download):
        return Cause.BUSY
    if download.media_id != target.media_id:
        return Cause.OTHER_TITLE
    if action not in possible_actions(download, kind, version):
        return Cause.NOT_POSSIBLE
    if removal_of(action) is None:
        return None
    return _reason_to_keep(target, download) or _doubt(target, download, now, is_monitored=is_monitored)


def _reason_to_keep(target: Target, download: Download) -> Cause | None:
    if download.episode_count > target.work.episode_count:
        return Cause.MORE
    if 0 < target.work.size_bytes < download.size_bytes:  # an unknown size was confirmed as such
        return Cause.MORE
    if _has_finished(target, download):
        return Cause.FINISHED
    if target.needs_hand and not download.needs_hand:
        return Cause.RECOVERED
    if target.reason is ReasonKind.STALLED and download.size_left_bytes < target.size_left_bytes:
        return Cause.RECOVERED
    return None


def _has_finished(target: Target, download: Download) -> bool:
    """Whether the last of its data has come since; the client may still verify, repair or unpack it."""
    if download.status is QueueStatus.COMPLETED:
        return target.status is not QueueStatus.COMPLETED
    had_all_data = target.work.size_bytes > 0 and target.size_left_bytes == 0
    return has_all_data(download) and not had_all_data and not has_failed(download)


def _doubt(target: Target, download: Download, now: datetime, *, is_monitored: bool | None) -> Cause | None:
    """Let the rule that proposed it judge again: only what it still finds bad is removed."""
    if target.grounds is None:
        return Cause.IN_DOUBT if target.evidence else None
    verdict = target.grounds.judge_again(download, now=now, is_monitored=is_monitored)
    if verdict is Verdict.BAD:
        return None
    if verdict is Verdict.OPEN:
        return Cause.IN_DOUBT
    return Cause.MONITORED if target.grounds.rule is CleanupRule.UNMONITORED else Cause.RECOVERED
