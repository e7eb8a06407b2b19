"""Where the token and the API keys lie. Nothing is kept of their values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dotenv import dotenv_values

from discarr.core.env_sources import clean, instance_pattern, printable_name

_FILE_SUFFIX = "_FILE"
_API_KEY = instance_pattern(["API_KEY"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where `load_settings` got the settings from; its arguments."""

    environ: Mapping[str, str] = field(repr=False)
    env_file: Path | None
    secrets_dir: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretPlace:
    """One place that holds one secret."""

    variable: str
    place: str
    """As people are told: "the environment", "the .env file"; never a path."""
    path: Path | None
    """None: it is no file."""


def find_secret_places(sources: Sources) -> tuple[SecretPlace, ...]:
    """Return every place of every secret, in the order in which `load_settings` prefers them.

    A file that is reached in two ways, such as DISCORD_TOKEN_FILE=/run/secrets/discord_token, is one place.

    Raises:
        OSError: a file that could be read a moment ago no longer can.
    """
    environ, dotenv = sources.environ, _read_dotenv(sources.env_file)
    places = (
        *_direct(environ, "the environment", None),
        *_named_files(environ),
        *_named_files(dotenv),
        *_secret_files(sources.secrets_dir),
        *_direct(dotenv, "the .env file", sources.env_file),
    )
    distinct: dict[tuple[str, Path | None], SecretPlace] = {}
    for place in places:
        distinct.setdefault((place.variable.upper(), place.path and place.path.resolve()), place)
    return tuple(distinct.values())


def _read_dotenv(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    values = dotenv_values(path, interpolate=False, encoding="utf-8-sig")
    return {name: value for name, value in values.items() if value is not None}


def _direct(variables: Mapping[str, str], place: str, path: Path | None) -> Iterator[SecretPlace]:
    for name, value in variables.items():
        if _is_secret(name) and clean(value):
            yield SecretPlace(variable=printable_name(name), place=place, path=path)


def _named_files(variables: Mapping[str, str]) -> Iterator[SecretPlace]:
    for name, value in variables.items():
        variable = name[: -len(_FILE_SUFFIX)]
        if name.upper().endswith(_FILE_SUFFIX) and _is_secret(variable) and clean(value):
            shown = printable_name(variable)
            place = f"the file of {shown}{_FILE_SUFFIX}"
            yield SecretPlace(variable=shown, place=place, path=Path(clean(value)))


def _secret_files(directory: Path | None) -> Iterator[SecretPlace]:
    if directory is None or not directory.is_dir():
        return
    for path in sorted(directory.iterdir()):
        if _is_secret(path.name) and path.is_file() and path.stat().st_size:
            shown = printable_name(path.name)
            yield SecretPlace(variable=shown.upper(), place=f"the secret file {shown}", path=path)


def _is_secret(name: str) -> bool:
    return name.upper() == "DISCORD_TOKEN" or _API_KEY.fullmatch(name) is not None
