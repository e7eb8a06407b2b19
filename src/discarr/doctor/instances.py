"""Each Radarr and Sonarr: name look-up, address, base path, key, app, version and TLS."""

import asyncio
import ipaddress
import re
import ssl
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

from discarr.clients.base import MediaClient
from discarr.clients.factory import create_client
from discarr.core.clock import Clock
from discarr.core.config import InstanceConfig
from discarr.core.errors import (
    ConfigError,
    MediaClientError,
    Misconfigured,
    StartingUp,
    TimedOut,
    Unreachable,
)
from discarr.core.models import AppIdentity, InstanceKind
from discarr.doctor.off_loop import look_up
from discarr.doctor.report import Check, Verdict

AT_ONCE = 16
"""Instances that are asked at the same time."""

_DEFAULT_PORTS = {InstanceKind.RADARR: 7878, InstanceKind.SONARR: 8989}
_OLDEST_GOOD_VERSION = {InstanceKind.RADARR: (5, 8), InstanceKind.SONARR: (4, 0, 5)}


def open_clients(
    configs: Iterable[InstanceConfig], clock: Clock, stack: AsyncExitStack
) -> tuple[Sequence[MediaClient], Sequence[Check]]:
    """Make a client for each instance, closed with `stack`; what cannot be made becomes a problem."""
    clients, refused = [], []
    for config in configs:
        try:
            client = create_client(config, clock=clock)
        except ConfigError as error:  # a CA file that holds no certificate
            refused += [
                Check(subject=config.name, verdict=Verdict.PROBLEM, text=problem)
                for problem in error.problems
            ]
        else:
            stack.push_async_callback(client.aclose)
            clients.append(client)
    return clients, refused


async def check_instances(
    clients: Iterable[MediaClient], *, in_container: bool, timeout_s: float
) -> tuple[Check, ...]:
    """Ask every instance who it is, all at the same time; in the order of `clients`, which stay open."""
    at_once = asyncio.Semaphore(AT_ONCE)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(
                _check(client, at_once, in_container=in_container, timeout_s=timeout_s),
                name=f"doctor {client.config.id}",
            )
            for client in clients
        ]
    return tuple(check for task in tasks for check in task.result())


async def _check(
    client: MediaClient, at_once: asyncio.Semaphore, *, in_container: bool, timeout_s: float
) -> tuple[Check, ...]:
    config = client.config
    try:
        async with asyncio.timeout(timeout_s), at_once:
            if (unknown := await _check_name(config, in_container=in_container)) is not None:
                return (unknown,)
            identity = await _identify(client)
    except TimeoutError:
        return (_problem(config, f"{TimedOut.summary}.", TimedOut.default_remedy),)
    except MediaClientError as error:
        return (_failure(config, error, in_container=in_container),)
    return tuple(_verdicts(config, identity))


async def _identify(client: MediaClient) -> AppIdentity:
    """Ask who is there, and look whether TLS is spoken where plain HTTP got no answer.

    The apps' own TLS port just hangs up on it.
    """
    try:
        return await client.identify()
    except Unreachable as error:
        if await _speaks_tls(client.config):
            remedy = "Use https:// instead of http:// in the address."
            raise Misconfigured(client.config.id, "TLS is spoken there", remedy=remedy) from error
        raise


async def _speaks_tls(config: InstanceConfig) -> bool:
    address = urlsplit(config.url)
    if address.scheme != "http":
        return False
    # Whose certificate it is does not matter: nothing is sent.
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    try:
        _, writer = await asyncio.open_connection(address.hostname, address.port or 80, ssl=tls)
    except OSError:
        return False
    writer.transport.abort()
    return True


async def _check_name(config: InstanceConfig, *, in_container: bool) -> Check | None:
    """Return a problem if the address names a host that this machine does not know."""
    host = host_of(config)
    try:
        await look_up(host)
    except (OSError, UnicodeError):  # UnicodeError: no legal name at all, such as one of 64 letters
        text = f"cannot be reached: this machine finds no address for the name {host}."
        return _problem(config, text, _unknown_name_remedy(config, in_container))
    return None


def _unknown_name_remedy(config: InstanceConfig, in_container: bool) -> str:
    port = _DEFAULT_PORTS[config.kind]
    if "." in host_of(config):
        return "Check how the host is spelt in Discarr's settings, and this machine's name server (DNS)."
    if in_container:
        return (
            "A container knows only the names in its own compose network. From another compose project use "
            f"the LAN address, such as http://192.168.1.10:{port}, or a network with `external: true`."
        )
    return f"Names of containers are unknown outside of them. Use http://localhost:{port} or the LAN address."


def _failure(config: InstanceConfig, error: MediaClientError, *, in_container: bool) -> Check:
    said = error.summary
    remedy = error.exact_remedy or error.remedy
    is_silent = isinstance(error, (Unreachable, TimedOut)) and remedy == error.default_remedy
    if isinstance(error, Unreachable) and not is_silent:
        said = "answers, but no secure connection can be made"
    elif in_container and is_silent and _is_loopback(host_of(config)):
        service = f"http://{config.kind}:{_DEFAULT_PORTS[config.kind]}"
        remedy = (
            f"Inside a container this is Discarr itself. Use {service} (same compose network), the address "
            "of the VPN container it sits behind, or the LAN address."
        )
    verdict = Verdict.WARNING if isinstance(error, StartingUp) else Verdict.PROBLEM
    return _check_of(config, verdict, f"{config.url} {said}.", remedy)


def _verdicts(config: InstanceConfig, identity: AppIdentity) -> Iterable[Check]:
    app = f"{identity.app_name} {identity.version}"
    yield _check_of(config, Verdict.OK, f"{app} answers at {config.url}.")
    wanted = newer_version_wanted(config.kind, identity.version)
    if wanted is not None:
        yield _check_of(
            config,
            Verdict.WARNING,
            f"{app} is older than {wanted}: Discarr may miss why an import is refused.",
            f"Update it to {wanted} or later.",
        )


def newer_version_wanted(kind: InstanceKind, version: str) -> str | None:
    """Return the oldest version that Discarr gets along with; None where `version` is no older."""
    oldest = _OLDEST_GOOD_VERSION[kind]
    if tuple(int(part) for part in re.findall(r"\d+", version)) >= oldest:
        return None
    return ".".join(str(part) for part in oldest)


def host_of(config: InstanceConfig) -> str:
    """Return the host in an instance's address, without the brackets of IPv6."""
    return urlsplit(config.url).hostname or ""


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _problem(config: InstanceConfig, text: str, remedy: str) -> Check:
    return _check_of(config, Verdict.PROBLEM, f"{config.url} {text}", remedy)


def _check_of(config: InstanceConfig, verdict: Verdict, text: str, remedy: str | None = None) -> Check:
    return Check(subject=config.name, verdict=verdict, text=text, remedy=remedy)
