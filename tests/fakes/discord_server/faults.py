"""Faults the stand-in can be told to commit on its REST side."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Answer this instead of doing what was asked."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    is_html: bool = False


@dataclass(frozen=True, slots=True)
class Hang:
    """Take the request and never answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """Cut the connection with a TCP reset."""

    is_done_first: bool = False
    """Do what was asked before cutting: the caller cannot know the outcome."""


type Fault = Reply | Hang | Reset


def status(code: int) -> Reply:
    """A bare HTTP error in JSON, as Discord sends for 500 to 504 and 401."""
    return Reply(status=code, body={"message": f"{code}: scripted", "code": 0})


def error(status_code: int, code: int, message: str = "scripted") -> Reply:
    """One of Discord's own error codes, such as 403 with 50001."""
    return Reply(status=status_code, body={"message": message, "code": code})


def rate_limited(retry_after_s: float, *, is_global: bool = False, code: int = 0) -> Reply:
    """A 429 of Discord itself (it carries ``Via``); code 30046 is the limit for edits of old messages."""
    body = {"message": "You are being rate limited.", "retry_after": retry_after_s, "global": is_global}
    if code:
        body["code"] = code
    return Reply(
        status=429, body=body, headers={"Via": "1.1 google", "Retry-After": str(max(1, round(retry_after_s)))}
    )


def cloudflare_block(status_code: int = 429) -> Reply:
    """The HTML page of the proxy in front of Discord; it has no ``Via``."""
    return Reply(status=status_code, body="<html>error code: 1015</html>", is_html=True)


@dataclass(slots=True)
class _Scripted:
    method: str
    path_pattern: str
    fault: Fault
    times: int | None


@dataclass(slots=True)
class FaultScript:
    """Faults to come, first added first committed."""

    _scripted: list[_Scripted] = field(default_factory=list)

    def add(self, method: str, path_pattern: str, fault: Fault, *, times: int | None = 1) -> None:
        """Commit `fault` on the next `times` requests that match; None means until `clear`."""
        self._scripted.append(_Scripted(method, path_pattern, fault, times))

    def clear(self) -> None:
        self._scripted.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this request, used up by asking."""
        for scripted in self._scripted:
            if scripted.method != method or not re.fullmatch(scripted.path_pattern, path):
                continue
            if scripted.times is not None:
                scripted.times -= 1
                if scripted.times == 0:
                    self._scripted.remove(scripted)
            return scripted.fault
        return None
