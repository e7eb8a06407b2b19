"""What the doctor found, and how it is told to a person, a machine and the log."""

import json
import logging
from dataclasses import asdict, dataclass
from enum import StrEnum

from discarr.core.errors import ConfigError

_log = logging.getLogger(__name__)

SETTINGS = "Settings"
"""Subject of what is said about the settings themselves."""


class Verdict(StrEnum):
    """How a check ended; only a problem keeps Discarr from doing its work."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


_SYMBOLS = {Verdict.OK: "✓", Verdict.WARNING: "!", Verdict.PROBLEM: "✗"}
_LOG_LEVELS = {Verdict.OK: logging.INFO, Verdict.WARNING: logging.WARNING, Verdict.PROBLEM: logging.ERROR}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One finding. The texts may name configured addresses and paths: terminal and log only."""

    subject: str
    """What was tried, such as "Discord token" or the name of an instance."""
    verdict: Verdict
    text: str
    """What is so, as a sentence."""
    remedy: str | None = None
    """What to do about it; None where nothing has to be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All findings, in the order of the settings."""

    checks: tuple[Check, ...]
    invite_url: str | None = None
    """The link that adds the bot to a server; None when the token did not work."""

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of all checks."""
        found = {check.verdict for check in self.checks}
        return next((worst for worst in (Verdict.PROBLEM, Verdict.WARNING) if worst in found), Verdict.OK)


def report_of_refusal(error: ConfigError) -> Report:
    """Return the report on settings that cannot be used: nothing else could be tried."""
    return Report(
        checks=tuple(Check(subject=SETTINGS, verdict=Verdict.PROBLEM, text=text) for text in error.problems)
    )


def format_report(report: Report) -> str:
    """Return the report as lines for a terminal: a symbol and a word for each finding."""
    lines = []
    for check in report.checks:
        lines.append(printable(f"{_SYMBOLS[check.verdict]} {check.verdict:<8} {check.subject}: {check.text}"))
        if check.remedy:
            lines.append(printable(f"             → {check.remedy}"))
    if report.invite_url:
        lines += ["", f"Invite Discarr to your server with: {report.invite_url}"]
    lines += ["", _summary(report)]
    return "\n".join(lines)


def report_as_json(report: Report) -> str:
    """Return the report for machines: `verdict`, `invite_url` and the `checks` as they are."""
    return json.dumps({"verdict": report.verdict, **asdict(report)}, ensure_ascii=False, indent=2)


def log_report(report: Report) -> None:
    """Write one line for each finding that is not fine."""
    for check in report.checks:
        if check.verdict is not Verdict.OK:
            text = f"{check.text} {check.remedy}" if check.remedy else check.text
            _log.log(_LOG_LEVELS[check.verdict], "%s: %s", check.subject, text)


def _summary(report: Report) -> str:
    counts = {verdict: sum(check.verdict is verdict for check in report.checks) for verdict in Verdict}
    words = [
        f"{counts[verdict]} {verdict}{'s' if counts[verdict] > 1 else ''}"
        for verdict in (Verdict.PROBLEM, Verdict.WARNING)
        if counts[verdict]
    ]
    return (" and ".join(words) if words else "Everything works") + "."


def printable(line: str) -> str:
    """Return a line as a terminal may get it, which obeys control characters: names come from outside."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line)
