"""The app's own warnings."""

from collections.abc import Iterable, Mapping
from typing import Literal

from discarr.clients.values import clip
from discarr.clients.wire import Health
from discarr.core.models import HealthIssue

MAX_MESSAGE = 1000
_MAX_SOURCE = 200
_LEVELS: Mapping[str, Literal["notice", "warning", "error"]] = {
    "notice": "notice",
    "warning": "warning",
    "error": "error",
}
_SEVERITY = tuple(_LEVELS)


def health_issues(rows: Iterable[Health]) -> tuple[HealthIssue, ...]:
    """Return one issue a source, in the order of their appearance; of several the worst, then the first.

    The source alone is the identity. Messages are no substitute where it is missing: they are written in the
    language of the app, and change while the issue stays. So issues without a source are one.
    """
    issues: dict[str, HealthIssue] = {}
    for row in rows:
        level = (row.type or "").strip().lower()
        if level == "ok":
            continue
        issue = HealthIssue(
            source=clip((row.source or "").strip(), _MAX_SOURCE) or "unknown",
            level=_LEVELS.get(level, "warning"),
            message=clip(row.message or "", MAX_MESSAGE),
            wiki_url=row.wiki_url if row.wiki_url and row.wiki_url.startswith("https://") else None,
        )
        known = issues.setdefault(issue.source, issue)
        if _SEVERITY.index(issue.level) > _SEVERITY.index(known.level):
            issues[issue.source] = issue
    return tuple(issues.values())
