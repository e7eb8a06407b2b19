"""The `discarr` command: run, demo, doctor and healthcheck, and what their exit codes mean.

===  ==========================================================================
  0  all is well; for healthcheck also: degraded, which its other lines explain
  1  it did not work: an unexpected error, an unhealthy process, a problem found
  2  the command line makes no sense
 78  the settings cannot be used (EX_CONFIG of sysexits.h)
130  interrupted by Ctrl-C
===  ==========================================================================

Everything heavy is imported by the command that needs it: Docker calls `healthcheck` all the time.
"""

import argparse
import io
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn, TextIO

if TYPE_CHECKING:
    from discarr.core.config import Config
    from discarr.core.errors import ConfigError
    from discarr.doctor.security import Finding, Sources

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_CONFIG = 78
EXIT_INTERRUPTED = 130

_ENV_FILE = Path(".env")
_SECRETS_DIR = Path("/run/secrets")
_JOIN_TIMEOUT_S = 1.0


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `argv` None means the process's own arguments.

    Raises:
        SystemExit: with 2 for a command line that makes no sense, with 0 after `--help`.
    """
    arguments = _parser().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without ✓ is no reason to fail
    if arguments.version:
        return _version()
    try:
        match arguments.command:
            case "healthcheck":
                return _healthcheck()
            case "doctor":
                return (
                    _scan(as_json=arguments.json) if arguments.security else _doctor(as_json=arguments.json)
                )
            case "demo":
                return _demo(arguments)
            case _:
                return _run()
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except Exception as error:  # Python would print it raw, whatever it quotes
        _tell_unexpected(error)
        return EXIT_FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="discarr", description="A Discord bot that watches over Radarr and Sonarr."
    )
    parser.add_argument("--version", action="store_true", help="print the version and end")
    commands = parser.add_subparsers(dest="command", metavar="command")
    commands.add_parser("run", help="run the bot (the default)")
    demo = commands.add_parser("demo", help="show the bot at work in a browser: no token, no servers")
    demo.add_argument(
        "--replay", type=_directory, metavar="DIR", help="serve recorded answers instead of simulated ones"
    )
    demo.add_argument(
        "--speed", type=_speed, default=1.0, metavar="N", help="make simulated downloads N times faster"
    )
    demo.add_argument("--port", type=_port, default=None, metavar="PORT", help="port of the page")
    doctor = commands.add_parser(
        "doctor", help="try all settings and say what to do about what does not work"
    )
    doctor.add_argument("--json", action="store_true", help="for machines")
    doctor.add_argument(
        "--security",
        action="store_true",
        help="look for what is not safe; 1 means of medium severity or worse",
    )
    commands.add_parser("healthcheck", help="say whether the running bot is well, for Docker")
    return parser


def _directory(text: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is not a directory")
    return path


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= 1000:
        raise argparse.ArgumentTypeError("must be a number above 0 and at most 1000")
    return speed


def _port(text: str) -> int:
    port = int(text) if text.isdecimal() else -1
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("must be a number from 0 to 65535")
    return port


def _version() -> int:
    from importlib.metadata import version

    _say(f"discarr {version('discarr')}")
    return EXIT_OK


def _healthcheck() -> int:
    from discarr.core.clock import SystemClock
    from discarr.core.env_sources import read_data_dir
    from discarr.core.health_file import health_path, read_health

    data_dir = read_data_dir(os.environ, env_file=_ENV_FILE, secrets_dir=_SECRETS_DIR)
    verdict = read_health(health_path(data_dir), SystemClock().now())
    _say(verdict.sentence, *(f"- {sentence}" for sentence in verdict.degraded))
    return EXIT_OK if verdict.is_healthy else EXIT_FAILED


def _doctor(*, as_json: bool) -> int:
    import asyncio
    import logging

    from discarr.core.clock import SystemClock
    from discarr.core.errors import ConfigError
    from discarr.doctor import Verdict, examine, format_report, report_as_json, report_of_refusal
    from discarr.doctor.security import hint_of, worst_findings

    logging.getLogger().addHandler(logging.NullHandler())  # the report says it all, and in order
    unsafe: tuple[Finding, ...] = ()
    try:
        settings = _load_settings()
    except ConfigError as error:
        report, exit_code = report_of_refusal(error), EXIT_CONFIG
    else:
        report = asyncio.run(examine(settings, clock=SystemClock()))
        unsafe = asyncio.run(worst_findings(settings, _sources()))
        exit_code = EXIT_FAILED if report.verdict is Verdict.PROBLEM else EXIT_OK
    _say(report_as_json(report) if as_json else format_report(report))
    if unsafe and not as_json:
        _say("", hint_of(unsafe))
    return exit_code


def _scan(*, as_json: bool) -> int:
    import asyncio
    import logging

    from discarr.core.clock import SystemClock
    from discarr.core.errors import ConfigError
    from discarr.doctor.security import format_scan, scan, scan_as_json, scan_of_refusal

    logging.getLogger().addHandler(logging.NullHandler())  # as above
    try:
        settings = _load_settings()
    except ConfigError as error:
        found, exit_code = scan_of_refusal(error), EXIT_CONFIG
    else:
        found = asyncio.run(scan(settings, _sources(), clock=SystemClock()))
        exit_code = EXIT_OK if found.is_clean else EXIT_FAILED
    _say(scan_as_json(found) if as_json else format_scan(found))
    return exit_code


def _demo(arguments: argparse.Namespace) -> int:
    import asyncio
    from importlib.util import find_spec

    if find_spec("simcord") is None:
        _say("The demo needs SimCord: pip install 'discarr[demo]'", stream=sys.stderr)
        return EXIT_FAILED
    from discarr.sandbox.arr_server.replay import ReplayError
    from discarr.sandbox.demo import run_demo

    try:
        return asyncio.run(run_demo(replay=arguments.replay, speed=arguments.speed, port=arguments.port))
    except ReplayError as error:
        _say(f"The demo cannot start: {error}", stream=sys.stderr)
        return EXIT_FAILED


def _run() -> int:
    # Loading takes seconds on a small machine, and process 1 of a container would miss a SIGTERM meanwhile.
    signal.signal(signal.SIGTERM, _leave)
    import asyncio

    from discarr.core.apart import read_apart
    from discarr.core.errors import ConfigError

    try:
        settings = read_apart(_load_settings)
        from discarr.process import run  # late: mistakes in the settings are told at once

        with asyncio.Runner() as runner:
            exit_code = runner.run(run(settings, _sources(), _read_token))
            # The runner joins its threads, and one that looks up a name without a name server takes minutes.
            last_resort = threading.Timer(_JOIN_TIMEOUT_S, os._exit, (exit_code,))
            last_resort.daemon = True
            last_resort.start()
        last_resort.cancel()
    except ConfigError as error:
        return _refuse(error)
    return exit_code


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(EXIT_OK)


def _load_settings() -> "Config":
    from discarr.core.settings import load_settings

    return load_settings(os.environ, env_file=_ENV_FILE, secrets_dir=_SECRETS_DIR)


def _read_token() -> str:
    from discarr.core.env_sources import read_token

    return read_token(os.environ, env_file=_ENV_FILE, secrets_dir=_SECRETS_DIR)


def _sources() -> "Sources":
    from discarr.doctor.security import Sources

    return Sources(environ=os.environ, env_file=_ENV_FILE, secrets_dir=_SECRETS_DIR)


def _refuse(error: "ConfigError") -> int:
    from discarr.core.settings import read_exit_delay

    count = len(error.problems)
    _say(
        f"Discarr cannot start: {count} problem{'s' if count > 1 else ''} in the settings.",
        *(f"✗ {problem}" for problem in error.problems),
        stream=sys.stderr,
    )
    delay_s = read_exit_delay(os.environ, env_file=_ENV_FILE, secrets_dir=_SECRETS_DIR)
    if delay_s:
        # As process 1 of a container, SIGTERM does nothing unless it is handled: Docker would wait, and kill.
        ended = threading.Event()
        signal.signal(signal.SIGTERM, lambda _number, _frame: ended.set())
        _say(f"Ending in {delay_s:g} s (DISCARR_EXIT_DELAY).", stream=sys.stderr)
        ended.wait(delay_s)
    return EXIT_CONFIG


def _tell_unexpected(error: Exception) -> None:
    """Write the traceback through the redacting log; where no settings name the secrets, only its places."""
    import logging
    import traceback

    from discarr.core.logging import setup_logging
    from discarr.core.redaction import Redactor

    words = "Discarr ends over an unexpected error"
    try:
        settings = _load_settings()
    except Exception:  # mistakes in them, or the very thing that failed
        places = "".join(traceback.format_tb(error.__traceback__))
        _say(f"{words}: {type(error).__name__}", places, stream=sys.stderr)
        return
    logs = setup_logging(settings, Redactor(settings.secrets()), sys.stderr)
    logging.getLogger(__name__).critical(words, exc_info=error)
    logs.close()


def _say(*lines: str, stream: TextIO | None = None) -> None:
    out = stream or sys.stdout
    out.write("".join(f"{line}\n" for line in lines))
    out.flush()
