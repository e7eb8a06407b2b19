"""What a security scan found, and how it is told to a person and a machine."""

import json
from dataclasses import asdict, dataclass

from discarr.core.errors import ConfigError
from discarr.discord_bot.ui import texts
from discarr.doctor.report import SETTINGS, printable
from discarr.doctor.security.finding import Finding, Severity

_SYMBOLS = {Severity.HIGH: "✗", Severity.MEDIUM: "!", Severity.LOW: "·"}
_NOTHING = "Nothing was found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """All findings, worst first."""

    findings: tuple[Finding, ...]
    unexamined: tuple[str, ...] = ()
    """What could not be looked at, and why: nothing is known about it."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing of medium or high severity was found in what could be looked at."""
        return all(finding.severity is Severity.LOW for finding in self.findings)


def scan_of_refusal(error: ConfigError) -> Scan:
    """Return the scan with settings that cannot be used: nothing could be looked at."""
    return Scan(findings=(), unexamined=tuple(f"{SETTINGS}: {problem}" for problem in error.problems))


def format_scan(scan: Scan) -> str:
    """Return the scan as lines for a terminal: a symbol, a word and a code for each finding."""
    lines = []
    for finding in scan.findings:
        symbol = _SYMBOLS[finding.severity]
        lines.append(
            f"{symbol} {finding.severity:<7} {finding.code}  {finding.subject}: {finding.text}",
        )
        lines.append(f"                  → {finding.remedy}")
    lines += [f"? not examined   {reason}" for reason in scan.unexamined]
    return "\n".join([*map(printable, lines), "", _summary(scan)])


def scan_as_json(scan: Scan) -> str:
    """Return the scan for machines: `is_clean`, `counts` by severity, `findings`, `unexamined`."""
    whole = {"is_clean": scan.is_clean, "counts": _counts(scan), **asdict(scan)}
    return json.dumps(whole, ensure_ascii=False, indent=2)


def hint_of(findings: tuple[Finding, ...]) -> str:
    """Return where to read about the worst findings, for whoever did not ask for a scan."""
    codes = texts.list_of(sorted({finding.code for finding in findings}))
    return f"Something here is not safe ({codes}): `discarr doctor --security` says what, and what to do."


def _counts(scan: Scan) -> dict[Severity, int]:
    return {severity: sum(finding.severity is severity for finding in scan.findings) for severity in Severity}


def _summary(scan: Scan) -> str:
    words = [f"{count} {severity}" for severity, count in _counts(scan).items() if count]
    found = f"Found: {texts.list_of(words)}" if words else _NOTHING
    return f"{found}, but not everything could be examined." if scan.unexamined else f"{found}."
