"""Whether Discarr is on the line with Discord, for the log, the health check and `/health`."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ConnectionPhase(StrEnum):
    """Where the connection stands."""

    CONNECTING = "connecting"
    READY = "ready"
    RETRYING = "retrying"
    """Not there, and Discarr tries again by itself."""
    STOPPED = "stopped"
    """Not there, and only a person can change that; Discord is asked again once an hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionState:
    """The connection to Discord at one moment."""

    phase: ConnectionPhase
    since: datetime
    """When the phase or its reason last changed."""
    reason: str = ""
    """Why it is not ready, one sentence without secrets; empty while connecting or ready."""
    remedy: str = ""
    """What a person can do; empty when there is nothing to do but wait."""
