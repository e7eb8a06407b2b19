"""Ask the advisory services about every locked package, and say plainly when the answer is incomplete.

pip-audit alone counts a package that the service does not know as skipped, reports "no known vulnerabilities"
and exits with 0. Here that is "NOT AUDITED": no failure (nobody can audit offline), but never "clean" either.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LOCKS = (Path("requirements/dev.txt"), Path("requirements/bench.txt"))
"""Together they hold every package that is locked anywhere."""

SERVICES: tuple[tuple[str, ...], ...] = (
    ("--vulnerability-service", "pypi"),
    ("--vulnerability-service", "osv"),
)
"""Asked in this order until one has answered about every package."""

TIMEOUT_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one service said about all packages."""

    audited: int
    findings: tuple[str, ...]
    gaps: tuple[str, ...]
    """Why there is no full answer, a line each; empty when every package was audited."""


def read_report(report: str) -> Outcome:
    """Read pip-audit's JSON report.

    Raises:
        ValueError: it is not a report.
    """
    dependencies = json.loads(report)["dependencies"]
    findings = tuple(
        f"{dependency['name']} {dependency['version']}: {advisory['id']}"
        f" (fixed in {', '.join(advisory['fix_versions']) or 'no version yet'})"
        for dependency in dependencies
        for advisory in dependency.get("vulns", ())
    )
    gaps = tuple(entry["skip_reason"] for entry in dependencies if "skip_reason" in entry)
    if not dependencies:
        gaps = ("the report names no package at all",)
    return Outcome(audited=len(dependencies) - len(gaps), findings=findings, gaps=gaps)


def ask(service: Sequence[str], locks: Sequence[Path]) -> Outcome:
    """Let pip-audit ask one service; an unreachable one is an outcome with a gap."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes"]
    command += ["--format", "json", "--progress-spinner", "off", *service]
    for lock in locks:
        command += ["--requirement", str(lock)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        return read_report(done.stdout)
    except subprocess.TimeoutExpired:
        reason = f"no answer within {TIMEOUT_S} s"
    except (ValueError, KeyError, TypeError):
        reason = (done.stderr.strip().splitlines() or ["pip-audit gave no report"])[-1]
    return Outcome(audited=0, findings=(), gaps=(reason,))


def audit(services: Sequence[Sequence[str]], locks: Sequence[Path]) -> int:
    """Print the verdict; 1 for a finding, 0 otherwise."""
    best = Outcome(audited=-1, findings=(), gaps=())
    for service in services:
        outcome = ask(service, locks)
        if outcome.findings or outcome.audited > best.audited:
            best = outcome
        if outcome.findings or not outcome.gaps:
            break
    for finding in best.findings:
        print(f"VULNERABLE: {finding}")
    if best.gaps:
        print(f"NOT AUDITED: {best.audited} packages got an answer, the others none. The first reason:")
        print(f"  {best.gaps[0]}")
    elif not best.findings:
        print(f"Audited: {best.audited} locked packages, no known vulnerability.")
    return 1 if best.findings else 0


if __name__ == "__main__":
    sys.exit(audit(SERVICES, LOCKS))
