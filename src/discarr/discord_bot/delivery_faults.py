"""What a failed request means for a message that is on its way.

The error codes are Discord's (topics/opcodes-and-status-codes); the oddities are discord.py 2.7's.

=================================================  =======================================================
429, slow mode, proxy in front of Discord, token   not now
5xx, time-out, connection lost                     not now; for a new message: nobody knows
channel or thread gone, archived, locked           `PlaceGone`, which may be mended
no rights, conversation closed                     refused there for good
content too long, AutoMod, link filter             refused as it is, anywhere
=================================================  =======================================================
"""

from typing import Final, TypeGuard

import aiohttp
import discord

from discarr.monitoring.alerts.dispatcher import (
    ContentRefused,
    NotNow,
    OutcomeUnknown,
    RouteRefused,
    SinkError,
)

UNKNOWN_CHANNEL: Final = 10003
UNKNOWN_MESSAGE: Final = 10008
ARCHIVED: Final = 50083
THREAD_EXISTS: Final = 160004
THREAD_LOCKED: Final = 160005

_RETRY_LIMITED_S = 60.0
_REFUSALS: Final = {
    10004: "That server is gone.",
    10013: "Discord does not know that person.",
    50001: "Discarr cannot see that channel.",
    50007: "That person takes no direct messages from Discarr.",
    50013: "Discarr may not write there.",
    50024: "No message can be sent there.",
    50033: "Discord does not know that person.",
    50278: "That person shares no server with Discarr.",
    160006: "That channel has too many open threads.",
}
_GONE: Final = {
    UNKNOWN_CHANNEL: "That channel is gone.",
    ARCHIVED: "That thread is archived.",
    THREAD_LOCKED: "That thread is locked.",
}
_TOO_FAST: Final = frozenset({20016, 20022, 20028, 20029, 30046, 40003, 40062})
"""Slow mode, write limits, too many edits of an old message, too many conversations opened."""
_FROM_THE_PROXY: Final = 40333
"""Discord's word for "the proxy in front of it turned this away"."""


class PlaceGone(RouteRefused):
    """The channel or thread was deleted, or is archived or locked."""


def sink_error(error: Exception, *, is_send: bool) -> SinkError:
    """Return what a failure of discord.py or aiohttp means.

    With `is_send` the request made a new message: where it may have been made, nobody knows. Everything else
    can be repeated without harm.
    """
    match error:
        case discord.RateLimited():
            return NotNow("Discord asks Discarr to wait.", retry_after_s=error.retry_after)
        case discord.HTTPException():
            return _of_answer(error, is_send=is_send)
        case discord.InvalidData():
            return RouteRefused("That is no text channel or thread.")
        case aiohttp.ClientConnectorError():
            return NotNow("Discord cannot be reached.")
    unknown = OutcomeUnknown if is_send else NotNow
    if isinstance(error, TimeoutError):
        return unknown("Discord does not answer in time.")
    return unknown("The connection to Discord was lost.")


def is_invalid_request(error: Exception) -> TypeGuard[discord.HTTPException]:
    """Whether Discord counts the request as invalid: 10,000 of these in 10 minutes ban an address."""
    return isinstance(error, discord.HTTPException) and error.status in {401, 403, 429}


def is_block(error: discord.HTTPException) -> bool:
    """Whether the proxy in front of Discord turned the request away, and with it this address."""
    # Only the proxy refuses without one of Discord's own codes; a limit of Discord's own carries Via.
    is_foreign = error.code == 0 and "Via" not in error.response.headers
    return error.code == _FROM_THE_PROXY or (error.status in {403, 429} and is_foreign)


def code_of(error: SinkError) -> int:
    """Return Discord's own code behind a failure; 0 where there is none."""
    cause = error.__cause__
    return cause.code if isinstance(cause, discord.HTTPException) else 0


def _of_answer(error: discord.HTTPException, *, is_send: bool) -> SinkError:
    if error.status == 429 or error.code in _TOO_FAST:
        return NotNow("Discord asks Discarr to wait.", retry_after_s=_RETRY_LIMITED_S)
    if error.code in _GONE:
        return PlaceGone(_GONE[error.code])
    if error.code in _REFUSALS:
        return RouteRefused(_REFUSALS[error.code])
    if is_block(error):
        return NotNow("Discord turns Discarr's address away for a while.", retry_after_s=_RETRY_LIMITED_S)
    if error.status == 403:
        return RouteRefused("Discord does not let Discarr write there.")
    if error.status in {400, 413}:
        return ContentRefused(f"Discord refuses its content (code {error.code}).")
    if error.status >= 500 and is_send:
        return OutcomeUnknown(f"Discord has trouble answering (HTTP {error.status}).")
    return NotNow(f"Discord has trouble answering (HTTP {error.status}).")
