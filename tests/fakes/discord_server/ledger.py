"""What the bot asked of the stand-in, in order."""

import re
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, kw_only=True)
class RecordedRequest:
    """One HTTP request that reached the stand-in."""

    method: str
    path: str
    """Without the API prefix, with the query string: ``/channels/1/messages?limit=5``."""
    body: Any
    """The decoded JSON body; None when there was none."""
    status: int | None = None
    """What was answered; None while the answer is open, or when the connection was cut."""


@dataclass(slots=True)
class Ledger:
    """Every request in order of arrival."""

    requests: list[RecordedRequest] = field(default_factory=list)

    def add(self, method: str, path: str, body: Any) -> RecordedRequest:
        recorded = RecordedRequest(method=method, path=path, body=body)
        self.requests.append(recorded)
        return recorded

    def matching(self, method: str, path_pattern: str) -> list[RecordedRequest]:
        """Requests of that method whose whole path, query left out, matches the regular expression."""
        return [
            recorded
            for recorded in self.requests
            if recorded.method == method and re.fullmatch(path_pattern, recorded.path.partition("?")[0])
        ]
