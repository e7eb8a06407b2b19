"""What was known of a download when somebody asked to do something to it."""

from datetime import datetime

from msgspec import Struct

from discarr.core.events import Work, work_of
from discarr.core.models import Download, DownloadKey, QueueStatus, TrackedState, TrackedStatus
from discarr.monitoring.cleanup.grounds import Grounds
from discarr.monitoring.reasons import ReasonKind, explain


class Target(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A download as the person saw it; stored as JSON."""

    key: DownloadKey
    row_ids: tuple[int, ...]
    release_title: str
    work: Work
    media_id: int | None
    added: datetime | None
    """When the app grabbed it: the same release grabbed again has the same ids, but another time."""
    size_left_bytes: int
    status: QueueStatus
    tracked_status: TrackedStatus | None
    tracked_state: TrackedState | None
    needs_hand: bool
    reason: ReasonKind | None
    """Why somebody is needed; None when nobody is."""
    evidence: str = ""
    """What clean-up says for it, such as its strikes: plain words; empty where it proposed nothing."""
    grounds: Grounds | None = None
    """What clean-up went by; None where it proposed nothing, and in what was stored before it was kept."""
    instance_name: str = ""
    """What its instance was called then; empty where that was not kept."""

    @property
    def is_pending(self) -> bool:
        """Whether it is a release that the app still holds back."""
        return self.key.kind == "p"


def target_of(
    download: Download,
    *,
    reason: ReasonKind | None = None,
    evidence: str = "",
    grounds: Grounds | None = None,
    instance_name: str = "",
) -> Target:
    """Return what is known of a download now.

    `reason` is what was observed where the download itself says nothing: that no data comes in.
    """
    explanation = explain(download)
    return Target(
        key=download.key,
        row_ids=download.row_ids,
        release_title=download.release_title,
        work=work_of(download),
        media_id=download.media_id,
        added=download.added,
        size_left_bytes=download.size_left_bytes,
        status=download.status,
        tracked_status=download.tracked_status,
        tracked_state=download.tracked_state,
        needs_hand=download.needs_hand,
        reason=explanation.kind if explanation else reason,
        evidence=evidence,
        grounds=grounds,
        instance_name=instance_name,
    )


def is_same_grab(target: Target, download: Download) -> bool:
    """Whether a download with the target's key is what was asked about, and not a later one of that key."""
    return download.release_title == target.release_title and download.added == target.added
