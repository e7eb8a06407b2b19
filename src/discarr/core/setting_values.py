"""How single settings are read: the types behind `Settings`, each with words for what it expects.

Every refusal is a `Refused` whose text completes "<VARIABLE> …" and never repeats the value:
people paste secrets into the wrong line. `{example}` in it stands for the example of that variable.
"""

import ipaddress
import re
import socket
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, SecretStr

from discarr.core.cleanup_config import CleanupConfig
from discarr.core.config import Config, InstanceConfig, LogLevel
from discarr.core.env_sources import clean
from discarr.core.models import InstanceKind
from discarr.core.secret import Refused, Secret, check_secret, is_placeholder

_CHANNEL_LINK = re.compile(r"https?://(?:\w+\.)?discord(?:app)?\.com/channels/\d+/(\d+)(?:/\d+)?/?")
_ROLE_MENTION = re.compile(r"<@&(\d+)>|(\d+)")
_USER_MENTION = re.compile(r"<@!?(\d+)>|(\d+)")
_LARGEST_ID = 2**63 - 1
_DEFAULT_PORTS = {"http": 80, "https": 443}
_FORBIDDEN_NETWORKS = tuple(
    ipaddress.ip_network(network)
    for network in ("169.254.0.0/16", "fe80::/10", "100.100.100.200/32", "fd00:ec2::254/128")
)
"""Link-local ranges and the clouds' metadata services: never a media server, always worth attacking."""
_NO_ADDRESS = "is not an address: check the host and the port, such as {example}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """What a person needs to know about one setting; `Settings` and `.env.example` share it."""

    name: str
    """The environment variable; for an instance only the part behind `RADARR_` or `RADARR__<NAME>__`."""
    about: str
    """One plain line."""
    expects: str
    """Completes "<VARIABLE> must be …"."""
    example: str
    """What `.env.example` shows; a placeholder where only the owner can know the value."""
    is_required: bool = False

    def of_instance(self, prefix: str, kind: InstanceKind) -> "Variable":
        """Return the variable of one instance; `prefix` is such as `RADARR_` or `RADARR__4K__`."""
        words = {"kind": kind.value, "port": 7878 if kind is InstanceKind.RADARR else 8989}
        return replace(
            self,
            name=prefix + self.name,
            expects=self.expects.format(**words),
            example=self.example.format(**words),
        )


def _check_secret(secret: SecretStr) -> SecretStr:
    check_secret(secret.get_secret_value())
    return secret


def _read_channel_id(value: object) -> object:
    if not isinstance(value, str):
        return value
    if is_placeholder(value):
        raise Refused("still holds the placeholder of the example: put your channel's id or link there")
    link = _CHANNEL_LINK.fullmatch(value)
    digits = link.group(1) if link else value.removeprefix("<#").removesuffix(">")
    return _read_id(digits)


def _read_id(digits: str) -> int:
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 19 and 0 < int(digits) <= _LARGEST_ID):
        raise ValueError
    return int(digits)


def _read_role_ids(value: object) -> object:
    return _read_ids(value, _ROLE_MENTION)


def _read_user_ids(value: object) -> object:
    return _read_ids(value, _USER_MENTION)


def _read_ids(value: object, mention: re.Pattern[str]) -> object:
    if not isinstance(value, str):
        return value
    matches = [mention.fullmatch(part) for part in split_list(value)]
    return frozenset(_read_id((match.group(1) or match.group(2)) if match else "") for match in matches)


def as_config[T: (Config, InstanceConfig, CleanupConfig)](model: BaseModel, config: type[T]) -> T:
    """Return what was checked as the product holds it: the fields of the same names."""
    values: dict[str, Any] = {field.name: getattr(model, field.name) for field in fields(config)}
    secrets = {
        name: Secret(value.get_secret_value())
        for name, value in values.items()
        if isinstance(value, SecretStr)
    }
    return config(**values | secrets)


def split_list(text: str) -> tuple[str, ...]:
    """Split a comma-separated value, leaving out blank entries."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _read_words(value: object) -> object:
    return frozenset(part.casefold() for part in split_list(value)) if isinstance(value, str) else value


def _read_level(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _read_path(value: object) -> object:
    if isinstance(value, str) and not (value and value.isprintable()):
        raise ValueError
    return value


def _check_ca_file(path: Path) -> Path:
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError:
        raise Refused(
            "names a file that does not exist or may not be read: inside a container it is the path there"
        ) from None
    return path


def _check_name(name: str) -> str:
    if not (name and name.isprintable() and len(name) <= 50):
        raise ValueError
    return name


def normalise_address(text: str) -> str:
    """Return `scheme://host[:port][/base]` without a trailing slash or `/api/v3`.

    Raises:
        Refused: not an http(s) address, carries a user name or a query, or points at a link-local
            or metadata service.
    """
    text = clean(text)
    if is_placeholder(text):
        raise Refused("still holds the placeholder of the example: put your own address there")
    if not re.match(r"https?://", text, re.I):
        raise Refused("must start with http:// or https://, such as {example}")
    if not text.isprintable() or re.search(r"[\s\\]", text):
        raise Refused("contains a character that no address has: copy it again")
    try:
        parts = urlsplit(text)
        port = parts.port
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        raise Refused(_NO_ADDRESS) from None
    if "@" in parts.netloc:
        raise Refused("must not contain a user name or password: the API key is all that is needed")
    if "?" in text or "#" in text:
        raise Refused("must end before any ? or #: only the address itself, such as {example}")
    if not host or port == 0:
        raise Refused(_NO_ADDRESS)
    if _is_forbidden(host):
        raise Refused("points at a link-local or metadata address, which is never a Radarr or Sonarr")
    return f"{parts.scheme}://{_netloc(parts, host, port)}{_base_path(parts.path)}"


def _netloc(parts: SplitResult, host: str, port: int | None) -> str:
    host = f"[{host}]" if ":" in host else host
    return host if port in (None, _DEFAULT_PORTS[parts.scheme]) else f"{host}:{port}"


def _base_path(path: str) -> str:
    path = path.rstrip("/")
    return re.sub(r"/+api(/+v3)?$", "", path, flags=re.I).rstrip("/")


def _is_forbidden(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        # Resolvers also take 2852039166 and 0xA9FEA9FE for an IPv4 address.
        try:
            address = ipaddress.ip_address(socket.inet_aton(host))
        except (OSError, ValueError):
            return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in _FORBIDDEN_NETWORKS)


Address = Annotated[str, AfterValidator(normalise_address)]
SecretText = Annotated[SecretStr, AfterValidator(_check_secret)]
ChannelId = Annotated[int, BeforeValidator(_read_channel_id)]
RoleIds = Annotated[frozenset[int], BeforeValidator(_read_role_ids)]
UserIds = Annotated[frozenset[int], BeforeValidator(_read_user_ids)]
Words = Annotated[frozenset[str], BeforeValidator(_read_words)]
"""Lower case, without order."""
LogLevelText = Annotated[LogLevel, BeforeValidator(_read_level)]
DisplayName = Annotated[str, AfterValidator(_check_name)]
DirectoryPath = Annotated[Path, BeforeValidator(_read_path)]
CaFile = Annotated[Path, BeforeValidator(_read_path), AfterValidator(_check_ca_file)]
