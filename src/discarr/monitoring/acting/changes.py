"""Whether a download is still what a person agreed to act on; asked right before it is acted on."""

from discarr.core.models import Download, InstanceKind, QueueStatus
from discarr.monitoring.acting.kinds import ActionKind, removal_of
from discarr.monitoring.acting.offers import is_untouchable, possible_actions
from discarr.monitoring.acting.results import Cause
from discarr.monitoring.acting.targets import Target
from discarr.monitoring.reasons import ReasonKind


def change_since(
    target: Target, download: Download, action: ActionKind, *, kind: InstanceKind, version: str | None
) -> Cause | None:
    """Return what has changed so that nothing may be done; None when it may.

    It must be the same grab of the same release for the same title, in a state in which the action is still
    offered. What removes it must also not take more than was said, and not what goes well by now.
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
    return None if removal_of(action) is None else _reason_to_keep(target, download)


def _reason_to_keep(target: Target, download: Download) -> Cause | None:
    if download.episode_count > target.work.episode_count:
        return Cause.MORE
    if 0 < target.work.size_bytes < download.size_bytes:  # an unknown size was confirmed as such
        return Cause.MORE
    if download.status is QueueStatus.COMPLETED and target.status is not QueueStatus.COMPLETED:
        return Cause.FINISHED
    if target.needs_hand and not download.needs_hand:
        return Cause.RECOVERED
    if target.reason is ReasonKind.STALLED and download.size_left_bytes < target.size_left_bytes:
        return Cause.RECOVERED
    return None
