"""`discarr doctor --security`: rules with codes over evidence that was gathered before; it only reads."""

from discarr.doctor.security.finding import Finding, Severity, fingerprint
from discarr.doctor.security.scan_report import Scan, format_scan, hint_of, scan_as_json, scan_of_refusal
from discarr.doctor.security.scanner import scan, worst_findings
from discarr.doctor.security.secret_places import Sources

__all__ = [
    "Finding",
    "Scan",
    "Severity",
    "Sources",
    "fingerprint",
    "format_scan",
    "hint_of",
    "scan",
    "scan_as_json",
    "scan_of_refusal",
    "worst_findings",
]
