"""The ways to Radarr and Sonarr, and the keys to them."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from itertools import combinations, groupby
from urllib.parse import urlsplit

from discarr.core.config import InstanceConfig
from discarr.discord_bot.ui import texts
from discarr.doctor.instances import newer_version_wanted
from discarr.doctor.security.finding import Found, Rule, Severity
from discarr.doctor.security.surroundings import InstanceFacts, Surroundings

_SHORTEST_KEY = 20
"""The apps warn below it (their ApiKeyValidationCheck)."""


def _plain_over_internet(surroundings: Surroundings) -> Iterator[Found]:
    for config in surroundings.settings.instances:
        addresses = _facts(surroundings, config).addresses
        # A name can lead to a public IPv6 address and a private IPv4 one of the same machine at home.
        if config.url.startswith("http://") and addresses and all(map(_is_public, addresses)):
            yield (
                config.name,
                "Its address is plain http on the internet: everybody on the way can read its key.",
            )


def _unverified_certificates(surroundings: Surroundings) -> Iterator[Found]:
    for config in surroundings.settings.instances:
        if config.url.startswith("https://") and not config.verify_tls:
            yield (
                config.name,
                "VERIFY_TLS is off: whoever forges its certificate on the way can read its key.",
            )


def _shared_keys(surroundings: Surroundings) -> Iterator[Found]:
    for group in _same_key(surroundings.settings.instances):
        apart = [
            config
            for number, config in enumerate(group)
            if not any(_is_one_server(config, earlier, surroundings) for earlier in group[:number])
        ]
        if len(apart) > 1:
            names = texts.list_of([config.name for config in apart])
            yield names, "They have the same API key: whoever gets into one gets into all of them."


def _old_versions(surroundings: Surroundings) -> Iterator[Found]:
    for config in surroundings.settings.instances:
        version = _facts(surroundings, config).version
        if version is not None and (wanted := newer_version_wanted(config.kind, version)):
            yield config.name, f"It is older than {wanted}, the oldest version that Discarr supports."


def _entered_twice(surroundings: Surroundings) -> Iterator[Found]:
    for one, other in combinations(surroundings.settings.instances, 2):
        if _is_one_server(one, other, surroundings):
            yield (
                f"{one.name} and {other.name}",
                "They are one server: everything of it is shown and done twice.",
            )


def _short_keys(surroundings: Surroundings) -> Iterator[Found]:
    for config in surroundings.settings.instances:
        if len(config.api_key.get_secret_value()) < _SHORTEST_KEY:
            yield config.name, f"Its API key has fewer than {_SHORTEST_KEY} characters and may be guessed."


def _facts(surroundings: Surroundings, config: InstanceConfig) -> InstanceFacts:
    return surroundings.instances.get(config.id, InstanceFacts())


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_global


def _same_key(configs: tuple[InstanceConfig, ...]) -> Iterator[list[InstanceConfig]]:
    def key(config: InstanceConfig) -> str:
        return config.api_key.get_secret_value()

    for _, group in groupby(sorted(configs, key=key), key=key):
        yield list(group)


def _is_one_server(one: InstanceConfig, other: InstanceConfig, surroundings: Surroundings) -> bool:
    """Return whether two entries lead to one server: one key, one port and path, and a common address."""
    first, second = urlsplit(one.url), urlsplit(other.url)
    return (
        (one.kind, one.api_key) == (other.kind, other.api_key)
        and (first.scheme, first.port, first.path) == (second.scheme, second.port, second.path)
        and not set(_facts(surroundings, one).addresses).isdisjoint(_facts(surroundings, other).addresses)
    )


RULES: tuple[Rule[Surroundings], ...] = (
    Rule(
        code="DS004",
        severity=Severity.HIGH,
        title="An API key travels unencrypted over the internet",
        remedy="Use https, a VPN, or its address in your own network, and renew its API key.",
        find=_plain_over_internet,
    ),
    Rule(
        code="DS005",
        severity=Severity.MEDIUM,
        title="A certificate is not verified",
        remedy="Set CA_FILE to the certificate of your own authority, and remove VERIFY_TLS.",
        find=_unverified_certificates,
    ),
    Rule(
        code="DS017",
        severity=Severity.LOW,
        title="Several servers have the same API key",
        remedy="In all but one of them: Settings → General → Security → API Key → the arrow that renews it.",
        find=_shared_keys,
    ),
    Rule(
        code="DS018",
        severity=Severity.LOW,
        title="A server is older than the oldest supported version",
        remedy="Update it.",
        find=_old_versions,
    ),
    Rule(
        code="DS028",
        severity=Severity.LOW,
        title="Two entries lead to the same server",
        remedy="Remove one of the two from the settings.",
        find=_entered_twice,
    ),
    Rule(
        code="DS032",
        severity=Severity.MEDIUM,
        title="An API key is short enough to be guessed",
        remedy="In the app: Settings → General → Security → API Key → the arrow that renews it.",
        find=_short_keys,
    ),
)
