"""Sentences for people that several places need: never an address, key, path or exception text."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from discarr.utils.permissions import Level
from discarr.utils.time_utils import timestamp

ACTIVITY = "Watching over the downloads"

NOT_ALLOWED: Final = {
    Level.VIEWER: "Discarr answers members of its own Discord server only.",
    Level.OPERATOR: "This is for Discarr's helpers and admins. Ask the owner of the server to be one.",
    Level.ADMIN: "This is for Discarr's admins. Ask the owner of this server if you should be one.",
}
"""By the least level that may, for those of `discarr.utils.permissions.REQUIRED`."""
MEMBER_UNKNOWN = "Discord did not say who you are on the server. Try again in a minute, or ask there."
WRONG_SERVER = "Discarr serves another Discord server and does not answer here."
NO_SUCH_SERVER = "There is no server of that name. Choose one of the suggestions."
NO_HOME = "Discarr does not find its channel yet. Its log says why, and so does `discarr doctor`."
WRONG_SERVER_GOODBYE = (
    "Thanks for the invitation! This Discarr serves another Discord server only, so it leaves again. "
    "Anyone can run their own."
)
COMMAND_OUTDATED = (
    "This command has changed since your Discord loaded it. Try again in a minute, or restart Discord."
)
OPTION_NOT_UNDERSTOOD = (
    "One of the options could not be understood. Choose one of the suggestions and try again."
)
DOWNLOAD_GONE = (
    "This download is no longer in the queue: it was finished or removed. Go back to see what is there now."
)
VERBOSE_OFF = "The log is back to its normal level."


def unexpected(code: str) -> str:
    """Return the answer for an error nobody foresaw; `code` stands in the log beside it."""
    return f"Something went wrong in Discarr. The log says more under the code {code}."


def store_trouble(summary: str) -> str:
    """Return the answer where the database could not be used; `summary` is that of the `StoreError`."""
    return f"This could not be stored or read: {summary}. Nothing has changed; Discarr's log says what to do."


def verbose_on(until: datetime) -> str:
    """Return the confirmation of verbose logging."""
    return f"Everything is written to the log until {timestamp(until, 't')}. Keys stay hidden there."


def list_of(items: Sequence[str]) -> str:
    """Return "a", "a and b" or "a, b and c"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
