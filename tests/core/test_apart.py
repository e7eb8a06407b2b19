"""Settings read in a child: what arrives, what goes wrong there, and what does not stay here."""

import json
import os
import subprocess
import sys
import threading

import pytest

from discarr.core.apart import _from_text, read_apart
from discarr.core.config import Config
from tests.core.environs import KEY, MINIMAL, load

EVERYTHING = {
    **MINIMAL,
    "RADARR_PUBLIC_URL": "https://radarr.example.org",
    "RADARR_VERIFY_TLS": "no",
    "RADARR_CA_FILE": __file__,
    "RADARR_TIMEOUT": "2.5",
    "SONARR__Größe__URL": "http://sonarr:8989/base",
    "SONARR__Größe__API_KEY": KEY,
    "DISCARR_AUDIT_CHANNEL_ID": "93",
    "DISCARR_ADMIN_ROLES": "12,34",
    "DISCARR_HIDDEN_TAGS": "Gifts, adults",
    "DISCARR_CLEANUP_RULES": "stalled:search:6, slow",
    "DISCARR_DATA_DIR": "/somewhere/else",
}


def run(program: str, environ: dict[str, str]) -> str:
    """Run a program in a process with one thread, which alone reads apart; return its last line."""
    prelude = (
        "import json, os, sys\n"
        "from discarr.core.apart import read_apart\n"
        "from discarr.core.errors import ConfigError\n"
        "parent = os.getpid()\n"
        "environ = json.loads(sys.argv[1])\n"
        "def load():\n"
        "    from discarr.core.settings import load_settings\n"
        "    return load_settings(environ, env_file=None, secrets_dir=None)\n"
        "def loaded():\n"
        "    return sorted({'pydantic', 'pydantic_settings', 'pydantic_core'} & sys.modules.keys())\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", prelude + program, json.dumps(environ)],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    return ended.stdout.splitlines()[-1]


def test_everything_arrives_and_nothing_of_pydantic_stays() -> None:
    program = (
        "import discarr.process\n"
        "settings = read_apart(load)\n"
        "before = loaded()\n"
        "print(before, settings == load(), settings.secrets() == load().secrets())"
    )

    assert run(program, EVERYTHING) == "[] True True"


def test_mistakes_in_the_settings_are_this_process_s_own_errors() -> None:
    program = (
        "try:\n"
        "    read_apart(load)\n"
        "except ConfigError as error:\n"
        "    print(os.getpid() == parent, error.problems)"
    )

    told = run(program, {**MINIMAL, "DISCARR_EDIT_INTERVAL": "canary"})

    assert told == "True ('DISCARR_EDIT_INTERVAL must be a number of seconds from 5 to 120.',)"


@pytest.mark.parametrize("end", ["os._exit(1)", "os.kill(os.getpid(), 9)", "raise KeyboardInterrupt"])
def test_a_child_that_comes_to_nothing_is_done_without(end: str) -> None:
    program = (
        "def fails_in_the_child():\n"
        f"    if os.getpid() != parent: {end}\n"
        "    return load()\n"
        "print(read_apart(fails_in_the_child) == load())"
    )

    assert run(program, MINIMAL) == "True"


@pytest.mark.parametrize("name", ["pipe", "fork"])
def test_without_a_pipe_or_a_process_to_be_had_the_settings_are_read_here(name: str) -> None:
    program = (
        "def refused():\n"
        "    raise BlockingIOError\n"
        "def open_files():\n"
        "    return os.listdir('/proc/self/fd')\n"
        f"os.{name} = refused\n"
        "expected = load()\n"
        "before = open_files()\n"
        "print(read_apart(load) == expected, open_files() == before)"
    )

    assert run(program, MINIMAL) == "True True"


def test_whoever_ignores_the_end_of_children_gets_the_settings_too() -> None:
    program = (
        "import signal\n"
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        "settings = read_apart(load)\n"
        "print(loaded(), settings == load())"
    )

    assert run(program, MINIMAL) == "[] True"


def test_the_child_holds_nothing_of_the_pipe_but_its_own_end() -> None:
    program = (
        "before = len(os.listdir('/proc/self/fd'))\n"
        "def counts():\n"
        "    if os.getpid() != parent and len(os.listdir('/proc/self/fd')) != before + 1:\n"
        "        os._exit(1)\n"
        "    return load()\n"
        "read_apart(counts)\n"
        "print(loaded())"
    )

    assert run(program, MINIMAL) == "[]"


def test_a_value_that_text_does_not_carry_exactly_is_read_here() -> None:
    program = (
        "import dataclasses\n"
        "class Place:\n"
        "    pass\n"
        "place = Place()\n"
        "def odd():\n"
        "    return dataclasses.replace(load(), data_dir=place)\n"
        "print(read_apart(odd).data_dir is place)"
    )

    assert run(program, MINIMAL) == "True"


def test_no_value_is_guessed_from_a_text() -> None:
    with pytest.raises(NotImplementedError):
        _from_text(bytearray, "text")


def test_beside_other_threads_nothing_is_forked() -> None:
    calls: list[int] = []
    ended = threading.Event()
    other = threading.Thread(target=ended.wait)
    other.start()

    def noted() -> Config:
        calls.append(os.getpid())
        return load()

    try:
        assert read_apart(noted) == load()
    finally:
        ended.set()
        other.join()
    assert calls == [os.getpid()]
