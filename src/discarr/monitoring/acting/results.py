"""What came of an action for one download, in plain words by class."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from msgspec import Struct

from discarr.core.errors import MediaClientError
from discarr.monitoring.acting.kinds import ActionKind


class Outcome(StrEnum):
    """What came of it. The values stand in the database: a released one never changes."""

    DONE = "done"
    ALREADY_GONE = "already gone"
    """As good as done: what was to be acted on is not there any more."""
    CHANGED = "changed"
    """Nothing was done, because the download is not as it was when the person asked."""
    REFUSED = "refused"
    """Nothing was done, because it may not be."""
    FAILED = "failed"
    UNKNOWN = "unknown"
    """It may have been done; nothing was repeated."""


class Cause(StrEnum):
    """Why that came of it."""

    ANSWERED = "answered"
    """The app said so."""
    SEEN = "seen"
    """The app's answer got lost, but it was seen to be done."""
    IMPORTED = "imported"
    """The history of the app says so, whatever its command said."""

    DONE_BEFORE = "done before"
    """Somebody did it with Discarr; `ItemResult` says who and what."""
    WAS_IMPORTED = "was imported"
    WAS_GRABBED = "was grabbed"
    HAD_FAILED = "had failed"
    NOT_SHOWN = "not shown"
    """It is not in the queue, and nothing says why."""

    OTHER_RELEASE = "other release"
    GRABBED_AGAIN = "grabbed again"
    OTHER_TITLE = "other title"
    MORE = "more"
    BUSY = "busy"
    RECOVERED = "recovered"
    MONITORED = "monitored"
    FINISHED = "finished"
    IN_DOUBT = "in doubt"
    """Clean-up proposed it, and whether what it went by still holds cannot be seen now."""
    NOT_POSSIBLE = "not possible"
    OTHER_ROWS = "other rows"

    LEVEL = "level"
    LEVEL_UNKNOWN = "level unknown"
    NO_AUDIT = "no audit"
    DISARMED = "disarmed"
    TOO_LATE = "too late"

    REQUEST = "request"
    """The app could not be asked, or refused: the words are those of the error."""
    INSTANCE_LOST = "instance lost"
    """Not tried, because the instance could not be asked for another download before."""
    NO_INSTANCE = "no instance"
    EMPTY = "empty"
    """The app was started just now and shows nothing yet."""
    STILL_THERE = "still there"
    CAME_BACK = "came back"
    COMMAND_FAILED = "command failed"
    PARTLY = "partly"
    NOT_IMPORTED = "not imported"
    NOT_STARTED = "not started"
    """Discarr ended before its turn came."""

    NO_ANSWER = "no answer"
    STILL_RUNNING = "still running"
    COMMAND_LOST = "command lost"
    SURPRISE = "surprise"
    """An error in Discarr itself."""


class ItemResult(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of an action for one download; stored as JSON."""

    outcome: Outcome
    cause: Cause
    words: str
    """One plain sentence without a full stop, safe for Discord; names of instances in it are raw."""
    remedy: str = ""
    """What to do about it, as a sentence; empty where nothing has to be done."""
    by: int | None = None
    """Who did it before; None where Discarr does not know."""
    did: ActionKind | None = None
    """What that person did."""
    at: datetime | None = None
    """When that was."""
    count: int | None = None
    """How many releases a search grabbed, or files and episodes were imported; None when unknown."""
    expected_count: int | None = None
    """How many files or episodes were to be imported; None for everything else."""


_ASK_AGAIN: Final = "Look at it again, and ask again if it is still wanted."
_LOOK_IN_THE_APP: Final = "Look in the app itself."
_WORDS: Final = {
    Cause.ANSWERED: (Outcome.DONE, "Done", ""),
    Cause.SEEN: (Outcome.DONE, "The answer got lost, but it is done", ""),
    Cause.IMPORTED: (Outcome.DONE, "Imported", ""),
    Cause.DONE_BEFORE: (Outcome.ALREADY_GONE, "Somebody was faster", ""),
    Cause.WAS_IMPORTED: (Outcome.ALREADY_GONE, "It was imported meanwhile", ""),
    Cause.WAS_GRABBED: (Outcome.ALREADY_GONE, "It was grabbed meanwhile", ""),
    Cause.HAD_FAILED: (Outcome.ALREADY_GONE, "It failed meanwhile, and the app took it off the queue", ""),
    Cause.NOT_SHOWN: (Outcome.ALREADY_GONE, "It is not in the queue any more", ""),
    Cause.OTHER_RELEASE: (Outcome.CHANGED, "Another release is in its place now", _ASK_AGAIN),
    Cause.GRABBED_AGAIN: (Outcome.CHANGED, "It was grabbed again meanwhile", _ASK_AGAIN),
    Cause.OTHER_TITLE: (Outcome.CHANGED, "The app takes it for another title now", _ASK_AGAIN),
    Cause.MORE: (Outcome.CHANGED, "There is more to it now than was confirmed", _ASK_AGAIN),
    Cause.BUSY: (Outcome.CHANGED, "The app is at work on it now", "Wait until that is over."),
    Cause.RECOVERED: (Outcome.CHANGED, "It has recovered meanwhile", _ASK_AGAIN),
    Cause.MONITORED: (Outcome.CHANGED, "It is monitored again by now", _ASK_AGAIN),
    Cause.FINISHED: (Outcome.CHANGED, "It is loaded completely by now", _ASK_AGAIN),
    Cause.IN_DOUBT: (Outcome.CHANGED, "What spoke against it cannot be seen any more", _ASK_AGAIN),
    Cause.NOT_POSSIBLE: (Outcome.CHANGED, "That cannot be done to it any more", _ASK_AGAIN),
    Cause.OTHER_ROWS: (Outcome.CHANGED, "The app lists it under another number by now", _ASK_AGAIN),
    Cause.LEVEL: (
        Outcome.REFUSED,
        "The person who confirmed it may not do that any more",
        "Ask somebody who may.",
    ),
    Cause.LEVEL_UNKNOWN: (
        Outcome.REFUSED,
        "Discarr could not ask Discord whether the person still may do that",
        _ASK_AGAIN,
    ),
    Cause.NO_AUDIT: (
        Outcome.REFUSED,
        "Discarr cannot write down what it does, so it does nothing",
        "The owner has to look at the disk of Discarr's data directory.",
    ),
    Cause.DISARMED: (
        Outcome.REFUSED,
        "Discarr's database was replaced, so several downloads are not acted on together for now",
        "An admin has to allow it again.",
    ),
    Cause.TOO_LATE: (Outcome.REFUSED, "It could not be begun in time", _ASK_AGAIN),
    Cause.REQUEST: (Outcome.FAILED, "", ""),
    Cause.INSTANCE_LOST: (Outcome.FAILED, "", ""),
    Cause.NO_INSTANCE: (Outcome.FAILED, "Its server is no longer in Discarr's settings", ""),
    Cause.EMPTY: (
        Outcome.FAILED,
        "Its server was started just now and shows nothing yet",
        "Wait a few minutes, then ask again.",
    ),
    Cause.STILL_THERE: (Outcome.FAILED, "The answer got lost, and it was not done", _ASK_AGAIN),
    Cause.CAME_BACK: (
        Outcome.FAILED,
        "It came back: the download client did not really let go of it",
        "Remove it in the download client.",
    ),
    Cause.COMMAND_FAILED: (Outcome.FAILED, "The app gave it up", "Look at the app's own log for the reason."),
    Cause.PARTLY: (Outcome.FAILED, "Only a part of it was imported", _LOOK_IN_THE_APP),
    Cause.NOT_IMPORTED: (
        Outcome.FAILED,
        "The app imported nothing",
        "Look at the app's own log for the reason.",
    ),
    Cause.NOT_STARTED: (Outcome.FAILED, "Discarr was restarted before its turn came", _ASK_AGAIN),
    Cause.NO_ANSWER: (
        Outcome.UNKNOWN,
        "The answer got lost, and what came of it could not be found out",
        _LOOK_IN_THE_APP,
    ),
    Cause.STILL_RUNNING: (Outcome.UNKNOWN, "The app is still at it", _LOOK_IN_THE_APP),
    Cause.COMMAND_LOST: (Outcome.UNKNOWN, "The app was restarted before it was over", _LOOK_IN_THE_APP),
    Cause.SURPRISE: (
        Outcome.UNKNOWN,
        "An error in Discarr came in between",
        "Look in the app itself, and at Discarr's log.",
    ),
}


def result_of(cause: Cause, *, count: int | None = None, expected_count: int | None = None) -> ItemResult:
    """Return the result for a cause that needs no more words than its own."""
    outcome, words, remedy = _WORDS[cause]
    return ItemResult(
        outcome=outcome, cause=cause, words=words, remedy=remedy, count=count, expected_count=expected_count
    )


def done_before(by: int, did: ActionKind, at: datetime) -> ItemResult:
    """Return the result where somebody was faster."""
    outcome, words, _ = _WORDS[Cause.DONE_BEFORE]
    return ItemResult(outcome=outcome, cause=Cause.DONE_BEFORE, words=words, by=by, did=did, at=at)


def failed_request(name: str, error: MediaClientError) -> ItemResult:
    """Return the result where an instance of that name could not be asked, or refused."""
    return ItemResult(
        outcome=Outcome.FAILED, cause=Cause.REQUEST, words=f"{name} {error.summary}", remedy=error.remedy
    )


def not_tried(name: str, error: MediaClientError) -> ItemResult:
    """Return the result where an instance was lost before its turn came."""
    words = f"Not tried: {name} {error.summary}"
    return ItemResult(outcome=Outcome.FAILED, cause=Cause.INSTANCE_LOST, words=words, remedy=error.remedy)
