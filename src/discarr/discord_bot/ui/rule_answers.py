"""What admins are told when they change what is told."""

from collections.abc import Mapping, Sequence
from typing import Final

from discarr.discord_bot.ui.row_text import sentence
from discarr.discord_bot.ui.rule_fields import Field
from discarr.utils.text_utils import count_of

NO_SUCH_KIND: Final = "⚠ There is no such kind of message in this version. Choose one of these."
CHANGED: Final = "✓ Changed. It counts from now on."
RESET: Final = "✓ As by default again."
NOWHERE_TO_TEST: Final = "⚠ There is no place to send a test to. Choose one first."
QUIET_SET: Final = "✓ The quiet hours count from now on."
QUIET_ENDED: Final = "✓ There are no quiet hours any more."
EVERYONE: Final = "⚠ @everyone is not mentioned by Discarr. Make a role for those who want to be."
NO_SUCH_ROLE: Final = "⚠ That role does not exist on this server."
NO_SUCH_PLACE: Final = "⚠ That is none of the places here."
NO_MEMBER: Final = "⚠ That person is no member of this server."
NO_BOT: Final = "⚠ A bot reads no direct messages. Choose a person."
SEES_LESS: Final = (
    "⚠ That person would be told what members do not see. Make them a helper in Discarr's settings first."
)
ROLE_IS_QUIET: Final = (
    "✓ Changed. Discord pings that role only if “Allow anyone to @mention this role” is on for it, "
    "or Discarr may mention all roles."
)
DISCORD_SILENT: Final = "⚠ Discord does not answer, so nobody knows whether that place is right. Try again."


def refused(problem: str) -> str:
    """Return why something was not changed; `problem` is that of a `RuleRefused`, or of a `SinkError`."""
    return f"⚠ {problem}"


def refused_words(problem: str, fields: Sequence[Field], typed: Mapping[str, str]) -> str:
    """Return the same, with the words that were typed, so that they need not be remembered."""
    words = [f"{field.text}: “{sentence(typed.get(field.id, ''), 60)}”" for field in fields]
    return "\n".join([refused(problem), f"-# You wrote: {' · '.join(words)}"])


def test_sent(places: str) -> str:
    """Return the confirmation of a test."""
    return f"✉ A test is on its way to {places}. What does not arrive is under **Not delivered**."


def sent_again(count: int) -> str:
    """Return what becomes of messages that are tried once more."""
    if not count:
        return "Nothing of that is left: it was sent again already, or is too old."
    return f"📨 {count_of(count, 'message')} tried once more. What fails again comes back into this list."
