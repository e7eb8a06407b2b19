"""What a failed connection to Discord means, and what to say about it.

The error codes are Discord's (gateway close event codes); the oddities are discord.py 2.7's.
"""

from dataclasses import dataclass
from enum import Enum, auto

import aiohttp
import discord

from discarr.core.errors import DiscarrError


class ConnectionLost(DiscarrError):
    """Discarr itself gave up on a connection; `reason` and `remedy` are sentences for people."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


class FaultKind(Enum):
    """How to go on after a failed connection."""

    PASSING = auto()
    """Try again soon."""
    BLOCKED = auto()
    """Discord or the proxy in front of it turns this address away: stay away for long."""
    PERMANENT = auto()
    """Trying again changes nothing; a person has to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionFault:
    """One failed connection, in words that are safe for people."""

    kind: FaultKind = FaultKind.PASSING
    reason: str
    remedy: str = ""
    least_delay_s: float = 0.0
    """Discord asked not to be called earlier than this."""


BAD_TOKEN = ConnectionFault(
    kind=FaultKind.PERMANENT,
    reason="Discord refuses the bot token.",
    remedy="Copy a new one from the Discord developer portal (your application → Bot → Reset Token)"
    " into DISCORD_TOKEN.",
)
PRIVILEGED_INTENTS = ConnectionFault(
    kind=FaultKind.PERMANENT,
    reason="Discord refuses the privileged intents that this version of Discarr asks for.",
    remedy="Discarr needs none: update it, or switch them on in the Discord developer portal"
    " (your application → Bot → Privileged Gateway Intents).",
)
UNSUPPORTED = ConnectionFault(
    kind=FaultKind.PERMANENT,
    reason="Discord refuses the way this version of Discarr connects.",
    remedy="Update Discarr.",
)

_BY_CLOSE_CODE = {
    4004: BAD_TOKEN,
    4010: UNSUPPORTED,
    4011: UNSUPPORTED,
    4012: UNSUPPORTED,
    4013: PRIVILEGED_INTENTS,
    4014: PRIVILEGED_INTENTS,
}


def classify(error: Exception) -> ConnectionFault | None:
    """Say what an error of logging in or of holding the connection means.

    None: it is no fault of the connection but a mistake in the program.
    """
    match error:
        case ConnectionLost():
            return ConnectionFault(reason=error.reason, remedy=error.remedy)
        case discord.LoginFailure():
            return BAD_TOKEN
        case discord.PrivilegedIntentsRequired():
            return PRIVILEGED_INTENTS
        case discord.ConnectionClosed():
            return _BY_CLOSE_CODE.get(
                error.code, ConnectionFault(reason=f"Discord closed the connection (code {error.code}).")
            )
        case discord.RateLimited():
            return ConnectionFault(reason="Discord asks Discarr to wait.", least_delay_s=error.retry_after)
        case discord.HTTPException():
            return _of_answer(error)
        case discord.GatewayNotFound():
            return ConnectionFault(reason="Discord has trouble answering.")
        case aiohttp.ClientConnectorDNSError():
            return ConnectionFault(
                reason="Discord's address cannot be looked up.",
                remedy="Is this machine on the internet, and does its DNS work?",
            )
        case TimeoutError():
            return ConnectionFault(reason="Discord does not answer in time.")
        case OSError() | aiohttp.ClientError():
            return ConnectionFault(
                reason="Discord cannot be reached.", remedy="Is this machine on the internet?"
            )
        case AttributeError(name="sequence", obj=None):
            # discord.py #10520: it looks for the session of a socket that never came to be.
            return ConnectionFault(reason="Discord did not open the gateway connection.")
    return None


def _of_answer(error: discord.HTTPException) -> ConnectionFault:
    # Only the proxy in front of Discord refuses without one of Discord's own codes.
    if error.status in {403, 429} and error.code == 0:
        return ConnectionFault(
            kind=FaultKind.BLOCKED,
            reason=f"Discord turns this address away for a while (HTTP {error.status}).",
            remedy="Too many refused requests came from it; Discarr waits until that has passed.",
        )
    if error.status >= 500:
        return ConnectionFault(reason=f"Discord has trouble answering (HTTP {error.status}).")
    return ConnectionFault(reason=f"Discord refused a request (HTTP {error.status}, code {error.code}).")
