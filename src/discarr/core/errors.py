"""The errors Discarr raises on purpose.

::

    DiscarrError
    ├── ConfigError            the settings cannot be used
    ├── StoreError             the data directory or its database cannot be used
    │   └── StoreInUse         another process has them
    └── MediaClientError       one instance, one failed request
        ├── Unreachable        no connection: refused, DNS, reset, TLS
        ├── TimedOut           connected, but no complete answer in time
        ├── Unauthorized       the API key is missing or wrong (401, 403)
        ├── NotFound           the resource does not exist (404)
        ├── Rejected           the app understood and refused (400, 409)
        ├── Misconfigured      redirect, HTML, wrong app, unsupported version
        ├── StartingUp         the app answers 503 while it starts
        ├── Busy               5xx, such as "database is locked"
        │   └── Crashed        500 for a null reference, which does not pass by itself
        ├── NotComplete        nothing to import yet: the download is not complete
        └── BadAnswer          a success status with a body that makes no sense

Text for people comes from `summary` and `remedy`, never from ``str(exc)``: the latter may carry
addresses and belongs in the (redacted) log.
"""

from typing import ClassVar


class DiscarrError(Exception):
    """Base of every error that Discarr raises on purpose."""


class ConfigError(DiscarrError):
    """The settings cannot be used.

    `problems` holds one plain sentence each, naming the variable and the remedy, never a value.
    """

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class StoreError(DiscarrError):
    """The data directory or its database cannot be used.

    `summary` is safe for Discord. The message itself, and `remedy`, which says what to do about it, may
    name paths: they are for the terminal and the log.
    """

    def __init__(self, message: str, *, remedy: str, summary: str | None = None) -> None:
        super().__init__(message)
        self.remedy = remedy
        self.summary = summary or message


class StoreInUse(StoreError):
    """Another process uses the data directory: two of them would fight over one live message."""


class MediaClientError(DiscarrError):
    """A request to one instance failed.

    `instance` is the id of the instance; `detail` is for logs only and may name addresses.
    `summary` and `remedy` are safe for Discord; `exact_remedy` names parts of the address and is for the
    terminal and the log.

    `is_outcome_unknown` is about requests that change something: whether this one may have been carried out
    although it failed, so that it must be checked and not repeated. True unless it is certain that it was
    not: so for every failure after sending began (no answer in time, a dropped connection, 5xx, a success
    that cannot be read). False when no connection could be made or none was free, and when the app, or
    something in front of it, answered 3xx or 4xx or that it is starting. False for mere reading.
    """

    summary: ClassVar[str] = "could not be asked"
    default_remedy: ClassVar[str] = "Discarr tries again by itself."

    def __init__(
        self,
        instance: str,
        detail: str = "",
        *,
        remedy: str | None = None,
        exact_remedy: str | None = None,
        is_outcome_unknown: bool = False,
    ) -> None:
        known = "; ".join(part for part in (detail, exact_remedy) if part)
        super().__init__(f"{instance}: {self.summary}" + (f" ({known})" if known else ""))
        self.instance = instance
        self.detail = detail
        self.remedy = remedy or self.default_remedy
        self.exact_remedy = exact_remedy
        self.is_outcome_unknown = is_outcome_unknown


class Unreachable(MediaClientError):
    """No connection could be made or kept: refused, unknown host, reset, TLS failure."""

    summary = "is offline"
    default_remedy = "Is it running, and is the address in Discarr's settings right?"


class TimedOut(MediaClientError):
    """A connection exists, but no complete answer came before the deadline."""

    summary = "does not answer in time"
    default_remedy = "It may be overloaded or hanging; a restart of the app often helps."


class Unauthorized(MediaClientError):
    """The app answered 401, or something in front of it 403."""

    summary = "refuses the API key"
    default_remedy = "Copy the key from Settings → General → Security → API Key into Discarr's settings."


class NotFound(MediaClientError):
    """The resource does not exist (404)."""

    summary = "does not know what was asked for"
    default_remedy = "It may have been removed meanwhile; refresh and look again."


class Rejected(MediaClientError):
    """The app understood the request and refused it (400, 409 and other 4xx)."""

    summary = "refused the request"
    default_remedy = "Look at the app's own log for the reason."


class Misconfigured(MediaClientError):
    """Something answers, but not the API that was configured: redirect, HTML, wrong app, old version.

    `remedy` carries the exact hint (the base path to use, "this is Sonarr, configured as Radarr", …).
    """

    summary = "is not set up right in Discarr"
    default_remedy = "Check the address in Discarr's settings, including the base path."


class StartingUp(MediaClientError):
    """The app answers 503 with its start-up message."""

    summary = "is starting up"
    default_remedy = "Wait a minute."


class Busy(MediaClientError):
    """A server error that usually passes: 500 "database is locked", 502, 503, 504."""

    summary = "has trouble answering"
    default_remedy = "This usually passes; if it stays, look at the app's own log."


class Crashed(Busy):
    """500 for an error inside of the app, a null reference: asking again changes nothing."""

    summary = "ran into an error of its own"
    default_remedy = "Look at the app's own log for the reason."


class NotComplete(MediaClientError):
    """The app cannot look for files to import, most likely because the download is not complete."""

    summary = "cannot import this download yet"
    default_remedy = "Wait until it is loaded completely; if it is already, look at the app's own log."


class BadAnswer(MediaClientError):
    """A success status, but the body is not what the API promises (not JSON, too large, wrong shape)."""

    summary = "sent an answer that makes no sense"
    default_remedy = "A proxy may be changing the answers, or the app is of an unsupported version."
