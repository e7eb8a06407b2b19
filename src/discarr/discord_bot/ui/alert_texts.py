"""What people are told when they do something about alerts."""

from datetime import datetime
from typing import Final

from discarr.utils.text_utils import count_of
from discarr.utils.time_utils import clock_time

OVER: Final = "That is over: nothing has to be done about it any more."
FORGOTTEN: Final = "Discarr knows nothing of that any more: it is long over, or it is not for you to see."
OTHER_DATABASE: Final = (
    "This message is from before Discarr lost its memory, and its buttons lead nowhere. "
    "`/alerts` shows how things are now."
)
EVERYTHING: Final = "everything"
NOTHING_TO_ACKNOWLEDGE: Final = "Nothing is left that nobody looks after."
SILENCE_OVER: Final = "That silence is over already."
SILENCE_ENDED: Final = "🔔 The silence is ended."


def acknowledged(count: int) -> str:
    """Return the thanks to somebody who looks after `count` alerts from now on."""
    what = "it" if count == 1 else f"all {count} of them"
    return f"👍 Thank you. You look after {what}, and nobody is reminded."


def looked_after(user_id: int) -> str:
    """Return the answer to somebody who comes second."""
    return f"👍 <@{user_id}> looks after it already."


def ask_silence(about: str) -> str:
    """Return the question of how long; `about` is fit for Discord."""
    return f"🔕 Keep quiet about this: {about}"


def silenced(about: str, until: datetime, now: datetime) -> str:
    """Return the confirmation of a silence; `about` is fit for Discord."""
    return (
        f"🔕 Nothing is said about this until {clock_time(until, now)}: {about}\n"
        "-# `/alerts` shows what is silenced, and ends it sooner."
    )


def all_of_kind(kind: str, instance_name: str) -> str:
    """Return what a silence of a story of several alerts covers."""
    return f"everything of the kind “{kind}”" + (f" at {instance_name}" if instance_name else "")


def story_title(count: int) -> str:
    """Return the title of the alerts that one message tells of."""
    return f"{count_of(count, 'alert')} of that message"
