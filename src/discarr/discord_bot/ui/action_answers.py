"""Sentences about what can, cannot or need not be done any more."""

from datetime import datetime
from typing import Final

from discarr.discord_bot.ui.action_text import WORDS
from discarr.monitoring.acting.operation import Operation
from discarr.monitoring.acting.refusals import ActionRefused
from discarr.utils.time_utils import clock_time

NOT_UNDERSTOOD: Final = "This version of Discarr does not know that action. Look at the download again."
KEPT: Final = "Nothing was done."
NOTHING_TO_KEEP: Final = "There is nothing to take back any more. Look at the download to see how it is now."
KEPT_TOO_LATE: Final = "It was confirmed or withdrawn before, so there is nothing to take back."
GONE: Final = "There is nothing more to be seen of that: it is over for long."
TOLD_IN_VAIN: Final = (
    "What you asked Discarr to do is over, and it may not write to you directly. "
    "Look at the download to see how it is now."
)
_LARGEST_ID: Final = 2**63 - 1


def refused(error: ActionRefused) -> str:
    """Return why nothing was done, and what to do about it."""
    return f"{error.summary}. {error.remedy}".strip()


def under_way(operation: Operation, now: datetime) -> str:
    """Return who is at a download already, for everybody else."""
    since = operation.confirmed_at or operation.created_at
    return f"{person(operation.requested_by)} is {WORDS[operation.kind].doing}, {clock_time(since, now)}"


def person(user_id: int) -> str:
    """Return a mention, which shows the name and pings nobody; words for what is no id."""
    return f"<@{user_id}>" if 0 < user_id <= _LARGEST_ID else "Somebody"
