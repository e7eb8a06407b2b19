import json
import logging

import pytest

from discarr.core.errors import ConfigError
from discarr.doctor.report import (
    Check,
    Report,
    Verdict,
    format_report,
    log_report,
    report_as_json,
    report_of_refusal,
)

FINE = Check(subject="Radarr", verdict=Verdict.OK, text="Radarr 6.0.3 answers.")
ODD = Check(subject="Discord bot", verdict=Verdict.WARNING, text="It is public.", remedy="Make it private.")
BROKEN = Check(subject="Sonarr", verdict=Verdict.PROBLEM, text="It is offline.", remedy="Start it.")


@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        ((), Verdict.OK),
        ((FINE,), Verdict.OK),
        ((ODD, FINE), Verdict.WARNING),
        ((FINE, BROKEN, ODD), Verdict.PROBLEM),
    ],
)
def test_the_worst_check_decides(checks: tuple[Check, ...], expected: Verdict) -> None:
    assert Report(checks=checks).verdict is expected


def test_each_finding_has_a_symbol_a_word_and_its_remedy() -> None:
    text = format_report(
        Report(checks=(FINE, ODD, BROKEN), invite_url="https://discord.com/oauth2/authorize?x")
    )

    assert text.splitlines() == [
        "✓ ok       Radarr: Radarr 6.0.3 answers.",
        "! warning  Discord bot: It is public.",
        "             → Make it private.",
        "✗ problem  Sonarr: It is offline.",
        "             → Start it.",
        "",
        "Invite Discarr to your server with: https://discord.com/oauth2/authorize?x",
        "",
        "1 problem and 1 warning.",
    ]


def test_problems_are_counted() -> None:
    report = report_of_refusal(ConfigError(("RADARR_URL is missing.", "DISCORD_TOKEN is missing.")))

    assert format_report(report).endswith("\n\n2 problems.")


def test_all_fine_is_said() -> None:
    assert format_report(Report(checks=(FINE,))).endswith("\n\nEverything works.")


def test_names_from_outside_cannot_command_the_terminal() -> None:
    evil = Check(subject="Radarr", verdict=Verdict.OK, text="\x1b[2J\x07 answers", remedy="a\nb")

    text = format_report(Report(checks=(evil,)))

    assert "\x1b" not in text
    assert "\x07" not in text
    assert "a\nb" not in text


def test_machines_get_everything() -> None:
    decoded = json.loads(report_as_json(Report(checks=(FINE, BROKEN))))

    assert decoded == {
        "verdict": "problem",
        "invite_url": None,
        "checks": [
            {"subject": "Radarr", "verdict": "ok", "text": "Radarr 6.0.3 answers.", "remedy": None},
            {"subject": "Sonarr", "verdict": "problem", "text": "It is offline.", "remedy": "Start it."},
        ],
    }


def test_the_log_gets_a_line_for_each_finding_that_is_not_fine(caplog: pytest.LogCaptureFixture) -> None:
    unexplained = Check(subject="Settings", verdict=Verdict.WARNING, text="A word.")

    with caplog.at_level(logging.INFO):
        log_report(Report(checks=(FINE, unexplained, BROKEN)))

    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "Settings: A word."),
        ("ERROR", "Sonarr: It is offline. Start it."),
    ]
