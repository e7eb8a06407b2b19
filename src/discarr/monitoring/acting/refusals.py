"""Why nobody gets to ask for, or to confirm, something."""

from enum import StrEnum
from typing import Final

from discarr.core.errors import DiscarrError


class Refusal(StrEnum):
    """Why not. The values stand in the audit trail: a released one never changes."""

    NOT_ALLOWED = "not allowed"
    NO_ADMIN = "no admin"
    NO_MEMORY = "no memory"
    """Nothing would outlive the process: neither the confirmation nor the audit trail."""
    DISARMED = "disarmed"
    """The database was replaced: what was done and counted before may be forgotten."""
    NOT_THERE = "not there"
    NOT_POSSIBLE = "not possible"
    NO_FILES = "no files"
    TOO_MANY = "too many"
    TOO_MANY_TODAY = "too many today"
    NO_OPERATION = "no operation"
    NOT_YOURS = "not yours"
    EXPIRED = "expired"
    USED = "used"
    WRONG_COUNT = "wrong count"


_WORDS: Final = {
    Refusal.NOT_ALLOWED: ("You may not do that", "Ask somebody who may."),
    Refusal.NO_ADMIN: (
        "Nobody may do that yet",
        "The owner has to name admins in Discarr's settings first.",
    ),
    Refusal.NO_MEMORY: (
        "Discarr cannot write down what it does, so it does nothing",
        "The owner has to look at the disk of Discarr's data directory.",
    ),
    Refusal.DISARMED: (
        "Discarr's database was replaced, so several downloads are not acted on together for now",
        "An admin has to allow it again. Single downloads can be acted on.",
    ),
    Refusal.NOT_THERE: ("It is not in the queue any more", "Look again at what is there now."),
    Refusal.NOT_POSSIBLE: ("That cannot be done to it now", "Look again at what can be done."),
    Refusal.NO_FILES: (
        "There is no file that could be imported",
        "Choose what each file is first: the movie, or the series and its episodes.",
    ),
    Refusal.TOO_MANY: ("Those are more downloads than may be acted on at once", "Choose fewer of them."),
    Refusal.TOO_MANY_TODAY: (
        "Those are more downloads than may be acted on in a day",
        "Go on tomorrow.",
    ),
    Refusal.NO_OPERATION: ("There is nothing to confirm any more", "Ask for it again."),
    Refusal.NOT_YOURS: ("Somebody else asked for this", "Only that person can go on with it."),
    Refusal.EXPIRED: ("That was not confirmed in time", "Ask for it again."),
    Refusal.USED: ("That was confirmed or withdrawn before", "Look at what came of it."),
    Refusal.WRONG_COUNT: ("That is not the number of downloads", "Type the number that is shown."),
}


class ActionRefused(DiscarrError):
    """Nothing was done, and nothing will be; `summary` and `remedy` are for the person."""

    def __init__(self, refusal: Refusal) -> None:
        summary, remedy = _WORDS[refusal]
        super().__init__(summary)
        self.refusal = refusal
        self.summary = summary
        self.remedy = remedy
