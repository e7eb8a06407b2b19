"""Environments for tests of the settings."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from discarr.core.config import Config
from discarr.core.errors import ConfigError
from discarr.core.settings import load_settings

TOKEN = "CANARYtokenCANARYtoken00.GaBcDe.CANARYsignatureCANARYsignature"
KEY = "canary0123456789canary0123456789"
MINIMAL = {
    "DISCORD_TOKEN": TOKEN,
    "DISCORD_CHANNEL_ID": "123456789012345678",
    "RADARR_URL": "http://radarr:7878",
    "RADARR_API_KEY": KEY,
}


def load(
    changes: Mapping[str, str] | None = None,
    *,
    base: Mapping[str, str] = MINIMAL,
    env_file: Path | None = None,
    secrets_dir: Path | None = None,
) -> Config:
    """Load `base` with changes."""
    return load_settings({**base, **(changes or {})}, env_file=env_file, secrets_dir=secrets_dir)


def problems(
    changes: Mapping[str, str] | None = None,
    *,
    base: Mapping[str, str] = MINIMAL,
    env_file: Path | None = None,
    secrets_dir: Path | None = None,
) -> tuple[str, ...]:
    """Return what is wrong with `base` after changes; that nothing is wrong fails the test."""
    with pytest.raises(ConfigError) as caught:
        load(changes, base=base, env_file=env_file, secrets_dir=secrets_dir)
    return caught.value.problems


def only_problem(changes: Mapping[str, str]) -> str:
    """Return the one problem that the changes make."""
    found = problems(changes)
    assert len(found) == 1, found
    return found[0]
