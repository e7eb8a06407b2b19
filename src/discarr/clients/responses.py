"""What an HTTP answer means: either a JSON body, or exactly one kind of `MediaClientError`."""

import re
from urllib.parse import urlsplit

import httpx
import msgspec

from discarr.clients.wire import ErrorBody
from discarr.core.errors import (
    Busy,
    Crashed,
    MediaClientError,
    Misconfigured,
    NotFound,
    Rejected,
    StartingUp,
    Unauthorized,
)

API_PATH = "/api/v3"
"""The API that Radarr (all) and Sonarr 4 and 5 have in common."""

_BASE_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]{1,32}){1,3}")
_SIGN_IN = (
    "Something in front of the app, such as a sign-in page, turns Discarr away: use the app's direct address."
)
_SIGN_IN_OR_PATH = (
    "A web page answers instead of the API: check the base path of the address, "
    "or whether a sign-in page stands in front of it."
)
_NULL_REFERENCE = (b"Object reference not set", b"NullReferenceException")
"""How .NET says it, in English whatever the language of the app: in the message and in the stack trace."""
_USE_TLS = "Use https:// instead of http:// in the address."
_WRONG_PATH = "Something answers there, but not the app's API: check the address, including the base path."


def error_for(instance: str, response: httpx.Response, body: bytes) -> MediaClientError | None:
    """Return the error that an answer stands for; None when it is a success.

    `body` may be cut short; it is only looked at to tell errors apart and never becomes part of one.
    """
    status = response.status_code
    detail = f"HTTP {status}"
    if status < 300:
        return _not_json(instance, response, body)
    if status < 400:
        exact = _redirect_remedy(response)
        remedy = None if exact else _SIGN_IN_OR_PATH
        return Misconfigured(instance, f"{detail}, redirect", remedy=remedy, exact_remedy=exact)
    if status in (401, 403):
        # The apps answer 401 with an empty body, and never 403.
        is_foreign = status == 403 or _is_html(response, body)
        return Unauthorized(instance, detail, remedy=_SIGN_IN if is_foreign else None)
    if status == 404:
        # Below the right address with the right key, an unknown id is answered in JSON.
        if _has_json_type(response):
            return NotFound(instance, detail)
        return Misconfigured(instance, detail, remedy=_WRONG_PATH)
    if status == 429 or status >= 500:
        if status == 503 and _error_body(body).error_message:
            return StartingUp(instance, detail)
        if status == 500 and any(mark in body for mark in _NULL_REFERENCE):
            return Crashed(instance, f"{detail}, null reference")
        return Busy(instance, f"{detail}, database is locked" if is_locked(status, body) else detail)
    if status == 400 and _wants_tls(response, body):
        return Misconfigured(instance, f"{detail}, plain HTTP to a TLS port", remedy=_USE_TLS)
    return Rejected(instance, detail)


def is_locked(status: int, body: bytes) -> bool:
    """Whether SQLite's 100 ms busy timeout ran out in the app, which is normal under load."""
    return status == 500 and b"database is locked" in body


def _not_json(instance: str, response: httpx.Response, body: bytes) -> MediaClientError | None:
    if not body or _has_json_type(response):
        return None
    if "content-type" not in response.headers and body.lstrip()[:1] in (b"{", b"["):
        return None
    return Misconfigured(instance, "a success without JSON", remedy=_SIGN_IN_OR_PATH)


def _redirect_remedy(response: httpx.Response) -> str | None:
    """Read the missing base path out of a redirect; the app answers 307 when its own is left out."""
    try:
        asked = urlsplit(str(response.request.url))
        target = urlsplit(response.headers.get("location", ""))
    except ValueError:
        return None
    base, _, rest = asked.path.rpartition(API_PATH + "/")
    wanted, separator, target_rest = target.path.rpartition(API_PATH + "/")
    if target.netloc not in ("", asked.netloc) or not separator or target_rest != rest:
        return None
    if wanted == base and (asked.scheme, target.scheme) == ("http", "https"):
        return _USE_TLS
    if wanted == base or not _BASE_PATH.fullmatch(wanted):
        return None
    if base:
        return f"The base path is {wanted}, not {base}: correct the end of the address."
    return f"Add {wanted} at the end of the address."


def _wants_tls(response: httpx.Response, body: bytes) -> bool:
    """Whether a proxy says that TLS is spoken on this port: nginx, Apache and Go do, each in own words."""
    is_plain = response.request.url.scheme == "http"
    return is_plain and not _has_json_type(response) and re.search(rb"(?i)https|ssl|tls", body) is not None


def _has_json_type(response: httpx.Response) -> bool:
    return "json" in response.headers.get("content-type", "").lower()


def _is_html(response: httpx.Response, body: bytes) -> bool:
    return "html" in response.headers.get("content-type", "").lower() or body.lstrip()[:1] == b"<"


def _error_body(body: bytes) -> ErrorBody:
    try:
        return msgspec.json.decode(body, type=ErrorBody)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ErrorBody()
