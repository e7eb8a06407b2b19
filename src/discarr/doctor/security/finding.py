"""Rules and what they find: each rule is an entry in a table, with a pure function over the evidence."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much harm a finding can do, worst first."""

    HIGH = "high"
    """The token, a key or the machine lies open as it is."""
    MEDIUM = "medium"
    """One further mistake, or one break-in, and they do."""
    LOW = "low"
    """A choice to be made knowingly, or a precaution that costs nothing."""


type Found = tuple[str, str]
"""What it is about, such as "This process" or the name of an instance; and what is so, as a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule[Evidence]:
    """One thing that must not be so."""

    code: str
    """Never used again for something else."""
    severity: Severity
    title: str
    """What is wrong, in general."""
    remedy: str
    find: Callable[[Evidence], Iterable[Found]]
    """Pure: reads the evidence and nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong here.

    The texts name variables, instances and permissions, never a value, an address or a path.
    """

    code: str
    severity: Severity
    subject: str
    title: str
    text: str
    remedy: str


def apply_rules[Evidence](rules: Iterable[Rule[Evidence]], evidence: Evidence) -> tuple[Finding, ...]:
    """Return what the rules find, in their order."""
    return tuple(
        Finding(
            code=rule.code,
            severity=rule.severity,
            subject=subject,
            title=rule.title,
            text=text,
            remedy=rule.remedy,
        )
        for rule in rules
        for subject, text in rule.find(evidence)
    )


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort by severity; those of one severity stay in their order."""
    ranks = list(Severity)
    return tuple(sorted(findings, key=lambda finding: ranks.index(finding.severity)))


def fingerprint(findings: Iterable[Finding]) -> str:
    """Return the same text for the same findings, whatever their order and wording; "" for none.

    For telling findings once: they are news when it differs from the one kept from the last time.
    """
    named = sorted({(finding.code, finding.subject) for finding in findings})
    return hashlib.sha256(repr(named).encode()).hexdigest()[:16] if named else ""
