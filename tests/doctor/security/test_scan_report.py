import json

import pytest

from discarr.core.errors import ConfigError
from discarr.doctor.security.finding import Finding, Severity
from discarr.doctor.security.scan_report import Scan, format_scan, hint_of, scan_as_json, scan_of_refusal


def make(severity: Severity, code: str = "DS001", **changes: str) -> Finding:
    words = {"subject": "Radarr", "title": "A title", "text": "It is so.", "remedy": "Do this."} | changes
    return Finding(code=code, severity=severity, **words)


HIGH, MEDIUM, LOW = make(Severity.HIGH), make(Severity.MEDIUM, "DS005"), make(Severity.LOW, "DS014")


@pytest.mark.parametrize(
    ("findings", "expected"),
    [((), True), ((LOW,), True), ((MEDIUM,), False), ((HIGH, LOW), False), ((HIGH, MEDIUM, LOW), False)],
)
def test_only_low_findings_leave_it_clean(findings: tuple[Finding, ...], expected: bool) -> None:
    assert Scan(findings=findings).is_clean is expected


def test_each_finding_has_a_symbol_a_word_a_code_and_its_remedy() -> None:
    text = format_scan(Scan(findings=(HIGH, MEDIUM, LOW, LOW), unexamined=("Discord: It is away.",)))

    assert text.splitlines() == [
        "✗ high    DS001  Radarr: It is so.",
        "                  → Do this.",
        "! medium  DS005  Radarr: It is so.",
        "                  → Do this.",
        "· low     DS014  Radarr: It is so.",
        "                  → Do this.",
        "· low     DS014  Radarr: It is so.",
        "                  → Do this.",
        "? not examined   Discord: It is away.",
        "",
        "Found: 1 high, 1 medium and 2 low, but not everything could be examined.",
    ]


def test_all_fine_is_said() -> None:
    assert format_scan(Scan(findings=())) == "\nNothing was found."


def test_names_from_outside_cannot_command_the_terminal() -> None:
    text = format_scan(
        Scan(findings=(make(Severity.LOW, subject="\x1b[2J", text="a\nb"),), unexamined=("\x07",))
    )

    assert not {"\x1b", "\x07"} & set(text)
    assert "a\nb" not in text


def test_machines_get_everything_under_stable_keys() -> None:
    decoded = json.loads(scan_as_json(Scan(findings=(HIGH,), unexamined=("Discord: It is away.",))))

    assert decoded == {
        "is_clean": False,
        "counts": {"high": 1, "medium": 0, "low": 0},
        "findings": [
            {
                "code": "DS001",
                "severity": "high",
                "subject": "Radarr",
                "title": "A title",
                "text": "It is so.",
                "remedy": "Do this.",
            }
        ],
        "unexamined": ["Discord: It is away."],
    }


def test_settings_that_cannot_be_used_leave_everything_unexamined() -> None:
    scan = scan_of_refusal(ConfigError(("RADARR_URL is missing.", "DISCORD_TOKEN is missing.")))

    assert scan.findings == ()
    assert scan.unexamined == ("Settings: RADARR_URL is missing.", "Settings: DISCORD_TOKEN is missing.")
    assert format_scan(scan).endswith("\n\nNothing was found, but not everything could be examined.")


def test_a_hint_names_each_code_once() -> None:
    findings = (make(Severity.HIGH, "DS004"), make(Severity.HIGH, subject="x"), make(Severity.HIGH))

    hint = hint_of(findings)

    assert hint.startswith("Something here is not safe (DS001 and DS004):")
    assert "discarr doctor --security" in hint
