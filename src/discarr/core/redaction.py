"""Takes secrets out of text before anybody sees it."""

import base64
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

REDACTED = "[redacted]"
_SHORTEST_SECRET = 4
"""Shorter values would eat ordinary words; no token or key is that short."""

_VALUE = r"[^\s\"',;&)}\]]+"
_AFTER_NAME = r"[\"']?\s*[:=,]\s*(?:b?[\"'])?"
_PATTERNS = (
    # A Discord bot token: id, time and signature, each in base64.
    (re.compile(r"[\w-]{23,30}\.[\w-]{6,7}\.[\w-]{27,}"), REDACTED),
    (re.compile(rf"(api[-_]?key{_AFTER_NAME}){_VALUE}", re.I), rf"\1{REDACTED}"),
    (
        re.compile(rf"(authorization{_AFTER_NAME})(?:(?:bot|bearer|basic)\s+)?{_VALUE}", re.I),
        rf"\1{REDACTED}",
    ),
    (re.compile(rf"([\"'](?:token|session_id)[\"']\s*:\s*[\"']){_VALUE}", re.I), rf"\1{REDACTED}"),
    (re.compile(r"(/(?:webhooks|interactions)/\d+/)[^/\s?\"']+", re.I), rf"\1{REDACTED}"),
    (re.compile(r"(https?://)[^/\s@\"']{1,512}@", re.I), rf"\1{REDACTED}@"),
)


class Redactor:
    """Replaces known secrets, however they are encoded, and whatever looks like one."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if len(secret) >= _SHORTEST_SECRET for form in _forms(secret)}
        # The longest first: one secret may begin with another.
        ordered = sorted(forms, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, ordered)), re.I) if ordered else None

    def redact(self, text: str) -> str:
        """Return the text without secrets."""
        if self._known is not None:
            text = self._known.sub(REDACTED, text)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text


def _forms(secret: str) -> Iterator[str]:
    yield from (secret, quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1])
    raw = secret.encode()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        # Inside a longer text the secret begins at one of three places of a base64 group; only the
        # characters that depend on nothing else are the same each time.
        for shift, leading in ((0, 0), (1, 2), (2, 3)):
            whole = (shift + len(raw)) * 4 // 3
            form = encode(b"\0" * shift + raw).decode()[leading:whole].rstrip("=")
            if len(form) >= 2 * _SHORTEST_SECRET:
                yield form
