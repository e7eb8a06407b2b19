"""The audit of the locked packages: never "clean" where somebody was not asked or did not answer."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from scripts.audit import audit, read_report

NOBODY = ("--vulnerability-service", "osv", "--osv-url", "http://127.0.0.1:9/v1/query")
"""The discard port: refused at once."""

ADVISORY = {
    "id": "GHSA-test-test-test",
    "summary": "made up",
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "leaky"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}],
            "versions": ["1.0"],
        }
    ],
}


class AdvisoryService(BaseHTTPRequestHandler):
    """Speaks OSV's query protocol; knows one vulnerable package."""

    def do_POST(self) -> None:
        """Answer one query."""
        query: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = {"vulns": [ADVISORY]} if query["package"]["name"] == "leaky" else {}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Stay silent."""


@pytest.fixture
def service() -> Iterator[tuple[str, ...]]:
    with ThreadingHTTPServer(("127.0.0.1", 0), AdvisoryService) as server:
        thread = Thread(target=server.serve_forever, name="advisories")
        thread.start()
        yield (
            "--vulnerability-service",
            "osv",
            "--osv-url",
            f"http://127.0.0.1:{server.server_port}/v1/query",
        )
        server.shutdown()
        thread.join()


def lock(folder: Path, *packages: str) -> list[Path]:
    path = folder / "lock.txt"
    path.write_text("".join(f"{package} --hash=sha256:{'0' * 64}\n" for package in packages))
    return [path]


def test_a_finding_fails_and_names_the_fix(
    service: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = audit([service], lock(tmp_path, "sound==1.0", "leaky==1.0"))

    assert code == 1
    assert "VULNERABLE: leaky 1.0: GHSA-test-test-test (fixed in 2.0)" in capsys.readouterr().out


def test_an_unreachable_service_is_not_audited_and_does_not_fail(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = audit([NOBODY], lock(tmp_path, "sound==1.0"))

    printed = capsys.readouterr().out
    assert code == 0
    assert "NOT AUDITED: 0 packages" in printed
    assert "Audited:" not in printed


def test_what_the_next_service_answers_in_full_without_findings_is_clean(
    service: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = audit([NOBODY, service], lock(tmp_path, "sound==1.0", "solid==2.0"))

    printed = capsys.readouterr().out
    assert code == 0
    assert "NOT AUDITED" not in printed
    assert "Audited: 2 locked packages, no known vulnerability." in printed


def test_a_skipped_package_is_a_gap_beside_the_audited_ones() -> None:
    report = json.dumps(
        {
            "dependencies": [
                {"name": "sound", "version": "1.0", "vulns": []},
                {
                    "name": "obscure",
                    "skip_reason": "Not found, could not be audited: obscure (1.0)",
                },
            ]
        }
    )

    outcome = read_report(report)

    assert outcome.audited == 1
    assert outcome.gaps == ("Not found, could not be audited: obscure (1.0)",)


def test_an_empty_report_is_a_gap() -> None:
    assert read_report('{"dependencies": [], "fixes": []}').gaps
