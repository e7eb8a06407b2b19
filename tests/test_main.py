"""The command line, mostly as its own process: exit codes, words, and nothing secret."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path

import pytest

from discarr.core.clock import SystemClock
from discarr.core.health_file import HealthReport, health_path, write_health
from discarr.main import main

TOKEN = "canaryAAAAAAAAAAAAAAAAAA.canary.canaryAAAAAAAAAAAAAAAAAAAAAAAAA"
API_KEY = "canary0123456789abcdef0123456789"
GOOD = {
    "DISCORD_TOKEN": TOKEN,
    "DISCORD_CHANNEL_ID": "123456789012345678",
    "RADARR_URL": "http://127.0.0.1:1",
    "RADARR_API_KEY": API_KEY,
}
SEVERAL_MISTAKES = {
    "DISCORD_TOKEN": TOKEN,
    "DISCORD_CHANEL_ID": "123456789012345678",
    "RADARR_URL": "htp://canary:canary@radarr",
    "RADARR_API_KEY": API_KEY,
    "SONARR_URL": "http://127.0.0.1:1",
    "DISCARR_REFRESH_INTERVAL": "canary",
}


def call(
    *arguments: str, cwd: Path, environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `python -m discarr` with these variables and no others."""
    return subprocess.run(
        [sys.executable, "-m", "discarr", *arguments],
        cwd=cwd,
        env=_environment(environ or {}),
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )


_STRICT = "error,ignore:'audioop' is deprecated:DeprecationWarning"
"""discord.py uses audioop on Python 3.12."""


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "PYTHONPATH", "TMPDIR")}
    return {**kept, "PYTHONWARNINGS": _STRICT, **environ}


@pytest.fixture
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """This process in an empty directory, without settings and with a directory for temporary files."""
    for name in os.environ:
        if name.startswith(("DISCORD_", "RADARR_", "SONARR_", "DISCARR_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return monkeypatch


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"discarr {version('discarr')}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["doctor", "--yaml"],
        ["demo", "--speed", "0"],
        ["demo", "--speed", "fast"],
        ["demo", "--port", "70000"],
        ["demo", "--replay", "no/such/directory"],
    ],
)
def test_a_command_line_that_makes_no_sense_ends_with_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    assert "usage: discarr" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["run"],
        ["doctor"],
        ["doctor", "--json"],
        ["doctor", "--security"],
        ["doctor", "--security", "--json"],
    ],
)
def test_every_mistake_is_told_at_once_without_a_secret(
    arguments: list[str], surroundings: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    surroundings.setattr(signal, "signal", lambda *_: None)  # this process's own stay as they are
    for name, value in SEVERAL_MISTAKES.items():
        surroundings.setenv(name, value)

    assert main(arguments) == 78

    said = "".join(capsys.readouterr())
    assert_told(said)


def assert_told(said: str) -> None:
    for name in (
        "DISCORD_CHANNEL_ID",
        "DISCORD_CHANEL_ID",
        "RADARR_URL",
        "SONARR_API_KEY",
        "DISCARR_REFRESH_INTERVAL",
    ):
        assert name in said
    assert "canary" not in said
    assert "Traceback" not in said


def test_run_tells_mistakes_on_stderr(tmp_path: Path) -> None:
    ended = call("run", cwd=tmp_path, environ=SEVERAL_MISTAKES)

    assert (ended.returncode, ended.stdout) == (78, "")
    assert "Discarr cannot start: 5 problems in the settings." in ended.stderr
    assert_told(ended.stderr)


def test_doctor_tells_mistakes_to_machines(
    surroundings: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in SEVERAL_MISTAKES.items():
        surroundings.setenv(name, value)

    assert main(["doctor", "--json"]) == 78

    report = json.loads(capsys.readouterr().out)
    assert report["verdict"] == "problem"
    assert len(report["checks"]) == 5
    assert {check["subject"] for check in report["checks"]} == {"Settings"}


def test_the_security_scan_tells_mistakes_to_machines(
    surroundings: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in SEVERAL_MISTAKES.items():
        surroundings.setenv(name, value)

    assert main(["doctor", "--security", "--json"]) == 78

    report = json.loads(capsys.readouterr().out)
    assert report["findings"] == []
    assert len(report["unexamined"]) == 5


def test_a_ca_file_without_a_certificate_is_a_mistake_in_the_settings(
    surroundings: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ca.pem").write_text("this is no certificate")
    https = {"RADARR_URL": "https://127.0.0.1:1", "RADARR_CA_FILE": str(tmp_path / "ca.pem")}
    for name, value in (GOOD | https).items():
        surroundings.setenv(name, value)

    assert main(["run"]) == 78
    assert "Discarr cannot start: 1 problem in the settings." in capsys.readouterr().err


@pytest.mark.parametrize("delay", ["0.01", "'0.01'", "-5", "nan", "canary"])
def test_the_delay_before_the_end_needs_no_sound_settings(
    delay: str,
    surroundings: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    surroundings.setenv("DISCARR_EXIT_DELAY", delay)
    try:
        assert main([]) == 78
    finally:
        signal.signal(signal.SIGTERM, before)

    assert ("Ending in 0.01 s" in capsys.readouterr().err) == ("0.01" in delay)


def test_a_container_can_be_stopped_during_the_delay(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DISCARR_EXIT_DELAY=30\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "discarr"],
        cwd=tmp_path,
        env=_environment({}),
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stderr is not None
        started = time.monotonic()
        while "Ending in 30 s" not in process.stderr.readline():
            assert process.poll() is None
        process.terminate()

        assert process.wait(10) == 78
        assert time.monotonic() - started < 20


def test_healthcheck_without_a_running_bot(tmp_path: Path) -> None:
    ended = call("healthcheck", cwd=tmp_path, environ={"TMPDIR": str(tmp_path)})

    assert ended.returncode == 1
    assert ended.stdout == "Discarr is not running, or has only just started.\n"
    assert ended.stderr == ""


@pytest.mark.parametrize(("is_healthy", "exit_code"), [(True, 0), (False, 1)])
@pytest.mark.parametrize("source", ["default", "environment", "quoted", "lower case", "named file", ".env"])
def test_healthcheck_finds_the_process_of_its_data_directory(
    source: str,
    is_healthy: bool,
    exit_code: int,
    surroundings: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data_dir = Path("data") if source == "default" else tmp_path / "elsewhere"
    if source == "environment":
        surroundings.setenv("DISCARR_DATA_DIR", str(data_dir))
    if source == "quoted":
        surroundings.setenv("DISCARR_DATA_DIR", f' "{data_dir}"')
    if source == "lower case":
        surroundings.setenv("discarr_data_dir", str(data_dir))
    if source == "named file":
        (tmp_path / "named").write_text(f"{data_dir}\n")
        surroundings.setenv("DISCARR_DATA_DIR_FILE", str(tmp_path / "named"))
    if source == ".env":
        (tmp_path / ".env").write_text(f"DISCARR_DATA_DIR={data_dir}\n")
    report = HealthReport(
        written_at=SystemClock().now(), is_healthy=is_healthy, discord="online", degraded=("TV is offline.",)
    )
    write_health(health_path(data_dir), report)

    assert main(["healthcheck"]) == exit_code
    state = "degraded" if is_healthy else "not healthy"
    assert capsys.readouterr().out == f"Discarr is {state}; Discord: online.\n- TV is offline.\n"


def test_healthcheck_notices_a_process_that_stopped_writing(
    surroundings: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    long_ago = SystemClock().now() - timedelta(minutes=10)
    write_health(
        health_path(Path("data")), HealthReport(written_at=long_ago, is_healthy=True, discord="online")
    )

    assert main(["healthcheck"]) == 1
    assert "sign of life" in capsys.readouterr().out


def test_healthcheck_imports_nothing_heavy(tmp_path: Path) -> None:
    program = (
        "import sys; from discarr.main import main; main(['healthcheck']); "
        "print({'discord', 'httpx', 'aiohttp', 'pydantic', 'sqlite3'} & sys.modules.keys())"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=_environment({"TMPDIR": str(tmp_path)}),
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )

    assert ended.stdout.splitlines()[-1] == "set()"


def test_the_demo_says_how_to_install_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "simcord", None)

    assert main(["demo"]) == 1
    assert "pip install 'discarr[demo]'" in capsys.readouterr().err


def test_the_demo_says_what_a_folder_to_replay_lacks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--replay", str(tmp_path), "--speed", "2", "--port", "0"]) == 1
    assert f"The demo cannot start: {tmp_path} lacks" in capsys.readouterr().err


class _Broken:
    """A stdout that fails in the worst way."""

    encoding = "utf-8"

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def write(self, _: str) -> int:
        raise self._error

    def flush(self) -> None: ...


def test_ctrl_c_ends_quietly(surroundings: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    surroundings.setattr(sys, "stdout", _Broken(KeyboardInterrupt()))

    assert main(["healthcheck"]) == 130
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("environ", [GOOD, SEVERAL_MISTAKES])
def test_an_unexpected_error_is_told_without_secrets(
    environ: dict[str, str], surroundings: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in environ.items():
        surroundings.setenv(name, value)
    surroundings.setattr(sys, "stdout", _Broken(RuntimeError(f"could not say {API_KEY} to {TOKEN}")))

    assert main(["healthcheck"]) == 1
    said = capsys.readouterr().err
    assert "unexpected error" in said
    assert "RuntimeError" in said
    assert "main.py" in said
    assert API_KEY not in said
    assert TOKEN not in said
