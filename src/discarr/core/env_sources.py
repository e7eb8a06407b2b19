"""Where settings come from: environment, `<NAME>_FILE`, secret files and `.env`, in this order.

The first of them that holds a value that is not blank wins; names are compared without regard to case.
Only names that begin with one of `PREFIXES` are looked at. Nothing here imports pydantic: `discarr
healthcheck` reads its directory this way, and Docker calls it all the time; and so does the running bot
its token, before each login.
"""

import io
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dotenv.parser import parse_stream

from discarr.core.errors import ConfigError
from discarr.core.secret import Refused, check_secret

DEFAULT_DATA_DIR: Final = Path("data")
PREFIXES = ("DISCORD_", "RADARR_", "SONARR_", "DISCARR_")
_MAX_FILE_BYTES = 65_536
_FILE_SUFFIX = "_FILE"
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060"

# Docker links and Kubernetes announce a service called "radarr" in variables of these forms.
_INJECTED = re.compile(
    r"\w+_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?|ENV_\w+)", re.I
)
_INJECTED_PORT = re.compile(r"\w+_PORT", re.I)
_INJECTED_PORT_VALUE = re.compile(r"(tcp|udp|sctp)://.*", re.I)
_INJECTED_NAME_VALUE = re.compile(r"/[^/]+/[^/]+")
# Radarr and Sonarr read their own settings from RADARR__<SECTION>__<KEY>; an env file may be shared.
_OF_THE_APPS = re.compile(r"(RADARR|SONARR)__(APP|AUTH|LOG|POSTGRES|SERVER|UPDATE)__\w+", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One variable that is set: its name as typed, its value without copying accidents."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Variables:
    """Everything that was found, strongest source first."""

    entries: Mapping[str, Entry]
    """By case-folded name."""
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    """Worth saying, but nothing that stops Discarr."""
    other_names: tuple[str, ...]
    """Names in the environment and `.env` that are none of Discarr's; for hints only."""

    def get(self, name: str) -> str | None:
        """Return the value of a variable, or None where it is not set."""
        entry = self.entries.get(name.casefold())
        return entry.value if entry else None


def read_variables(
    environ: Mapping[str, str],
    *,
    env_file: Path | None,
    secrets_dir: Path | None,
    is_known: Callable[[str], bool],
) -> Variables:
    """Gather the variables of all sources; what cannot be read becomes a problem, never an exception.

    `is_known` tells a setting whose name happens to end in `_FILE` from one that names a file.
    """
    reader = _Reader(is_known)
    dotenv = reader.read_dotenv(env_file)
    direct = tuple(environ.items())
    # Strongest first.
    reader.take("the environment", reader.own(direct))
    reader.take("a _FILE variable", reader.read_named_files([*direct, *dotenv]))
    reader.take("a secret file", reader.read_secrets(secrets_dir))
    reader.take(".env", reader.own(dotenv))
    others = tuple(name for name, _ in [*direct, *dotenv] if not _is_ours(name))
    return Variables(
        entries=reader.entries,
        problems=tuple(reader.problems),
        warnings=tuple(reader.warnings),
        other_names=others,
    )


def read_data_dir(environ: Mapping[str, str], *, env_file: Path | None, secrets_dir: Path | None) -> Path:
    """Return DISCARR_DATA_DIR as the settings read it, without the cost of loading and checking them."""
    name = "DISCARR_DATA_DIR"
    value = _read_one(name, environ, env_file, secrets_dir).get(name)
    return DEFAULT_DATA_DIR if value is None else Path(value)


def read_token(environ: Mapping[str, str], *, env_file: Path | None, secrets_dir: Path | None) -> str:
    """Return DISCORD_TOKEN likewise: while Discarr runs, it may be replaced.

    Raises:
        ConfigError: there is none that the settings would take, or what is set cannot all be read.
    """
    name = "DISCORD_TOKEN"
    variables = _read_one(name, environ, env_file, secrets_dir)
    if variables.problems:
        raise ConfigError(variables.problems)
    value = variables.get(name)
    if value is None:
        raise ConfigError((f"{name} is missing: set it to your bot's token.",))
    try:
        check_secret(value)
    except Refused as refusal:
        raise ConfigError((f"{name} {refusal}.",)) from None
    return value


def _read_one(
    name: str, environ: Mapping[str, str], env_file: Path | None, secrets_dir: Path | None
) -> Variables:
    return read_variables(
        environ,
        env_file=env_file,
        secrets_dir=secrets_dir,
        is_known=lambda candidate: candidate.casefold() == name.casefold(),
    )


def instance_pattern(keys: Iterable[str]) -> re.Pattern[str]:
    """Return what a variable of an instance looks like that ends in one of `keys`, with or without a name."""
    return re.compile(rf"(?P<kind>RADARR|SONARR)_(?:_(?P<name>.+)__)?(?P<key>{'|'.join(keys)})", re.I)


def clean(text: str) -> str:
    """Remove what copying adds: surrounding blanks, invisible characters, one pair of quotes."""
    text = text.strip().strip(_INVISIBLE).strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].strip()
    return text


def printable_name(name: str) -> str:
    """Return a variable's name as it may be shown; a broken line can carry a secret in its name."""
    if re.fullmatch(r"\w{1,80}", name) and name.isprintable():
        return name
    prefix = next((prefix for prefix in PREFIXES if name.casefold().startswith(prefix.casefold())), "")
    return f"a variable that begins with {prefix}"


def _is_ours(name: str) -> bool:
    return name.casefold().startswith(tuple(prefix.casefold() for prefix in PREFIXES))


def _is_injected(name: str, value: str, names: frozenset[str]) -> bool:
    if _INJECTED.fullmatch(name):
        return True
    if _INJECTED_PORT.fullmatch(name):
        return _INJECTED_PORT_VALUE.fullmatch(value) is not None
    # A Docker link sets RADARR_NAME=/discarr/radarr beside RADARR_PORT.
    has_port = f"{name[: -len('_NAME')]}_PORT".casefold() in names
    return has_port and name.casefold().endswith("_name") and bool(_INJECTED_NAME_VALUE.fullmatch(value))


class _Reader:
    """Collects entries and problems over the sources."""

    def __init__(self, is_known: Callable[[str], bool]) -> None:
        self._is_known = is_known
        self._origins: dict[str, str] = {}
        self.entries: dict[str, Entry] = {}
        self.problems: list[str] = []
        self.warnings: list[str] = []

    def own(self, pairs: Iterable[tuple[str, str]]) -> list[Entry]:
        """Keep what is Discarr's and not blank; `_FILE` variables are read elsewhere."""
        pairs = tuple(pairs)
        names = frozenset(name.casefold() for name, _ in pairs)
        found = []
        for name, raw in pairs:
            value = clean(raw)
            if not value or not _is_ours(name) or self._names_file(name):
                continue
            if self._is_known(name):
                is_foreign = _is_injected(name, value, names) and name.casefold().endswith("_name")
            else:
                is_foreign = _is_injected(name, value, names) or bool(_OF_THE_APPS.fullmatch(name))
            if not is_foreign:
                found.append(Entry(name=name, value=value))
        return found

    def take(self, origin: str, found: Iterable[Entry]) -> None:
        """Add the entries of the next weaker source."""
        for entry in found:
            key = entry.name.casefold()
            shown = printable_name(entry.name)
            present = self.entries.get(key)
            if present is None:
                self.entries[key] = entry
                self._origins[key] = origin
            elif present.value == entry.value:
                continue
            elif self._origins[key] == origin:
                self.problems.append(f"{shown} is set twice with different values: keep one of them.")
            else:
                self.warnings.append(
                    f"{shown} is set in {self._origins[key]} and in {origin}: the first one counts."
                )

    def read_dotenv(self, path: Path | None) -> list[tuple[str, str]]:
        """Read `.env`; a missing file is no problem."""
        if path is None:
            return []
        text = self._read_file(path, "The .env file", is_optional=True)
        pairs: list[tuple[str, str]] = []
        for binding in parse_stream(io.StringIO(text or "")):
            if binding.error or (binding.key and binding.value is None and _is_ours(binding.key)):
                self.problems.append(
                    f"Line {binding.original.line} of the .env file cannot be understood: write NAME=value."
                )
            elif binding.key and binding.value is not None:
                pairs.append((binding.key, binding.value))
        return pairs

    def read_named_files(self, pairs: Iterable[tuple[str, str]]) -> list[Entry]:
        """Read the files that `<NAME>_FILE` variables name."""
        found = []
        for name, raw in pairs:
            if _is_ours(name) and self._names_file(name) and clean(raw):
                text = self._read_file(Path(clean(raw)), f"The file that {printable_name(name)} names")
                if text is not None and clean(text):
                    found.append(Entry(name=name[: -len(_FILE_SUFFIX)], value=clean(text)))
        return found

    def read_secrets(self, directory: Path | None) -> list[Entry]:
        """Read files such as /run/secrets/discord_token; others in that directory are left alone."""
        if directory is None:
            return []
        try:
            paths = sorted(path for path in directory.iterdir() if _is_ours(path.name) and path.is_file())
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError:
            self.problems.append(
                f"The secrets directory may not be read by uid {os.getuid()}: check its mode."
            )
            return []
        texts = (
            (path.name, self._read_file(path, f"The secret file {printable_name(path.name)}"))
            for path in paths
        )
        return self.own((name, text) for name, text in texts if text is not None)

    def _names_file(self, name: str) -> bool:
        return (
            name.upper().endswith(_FILE_SUFFIX)
            and not self._is_known(name)
            and self._is_known(name[: -len(_FILE_SUFFIX)])
        )

    def _read_file(self, path: Path, subject: str, *, is_optional: bool = False) -> str | None:
        """Return the text of a small file, or None with a problem that begins with `subject`."""
        try:
            if is_optional and not path.exists():
                return None
            if not path.is_file():
                self.problems.append(
                    f"{subject} does not exist or is no file: inside a container it must be the path there."
                )
                return None
            with path.open("rb") as file:
                raw = file.read(_MAX_FILE_BYTES + 1)
        except PermissionError:
            self.problems.append(
                f"{subject} may not be read by uid {os.getuid()}: compose keeps the owner and mode it has"
                " on the host. Make it readable for that uid there, or use plain variables."
            )
        except (OSError, ValueError):
            self.problems.append(f"{subject} cannot be read: check the path.")
        else:
            if len(raw) > _MAX_FILE_BYTES:
                self.problems.append(f"{subject} is far too large for settings: check the path.")
                return None
            try:
                return raw.decode("utf-8-sig")
            except UnicodeDecodeError:
                self.problems.append(f"{subject} is not UTF-8 text: save it as UTF-8.")
        return None
