import socket
import time
from collections.abc import Iterator

import pytest

from discarr.clients.factory import create_client
from discarr.core.config import InstanceConfig
from discarr.core.models import InstanceKind
from discarr.doctor import instances
from discarr.doctor.instances import check_instances
from discarr.doctor.report import Check, Verdict
from tests.doctor.fake_app import API_KEY, ImpatientClock, hanging_app, make_config, running_app
from tests.fakes.certificates import authority_file, server_tls


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of 127.0.0.1 that is taken, but where nobody listens."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


async def examine(
    *configs: InstanceConfig, in_container: bool = False, timeout_s: float = 10.0
) -> tuple[Check, ...]:
    clients = [create_client(config, clock=ImpatientClock()) for config in configs]
    try:
        return await check_instances(clients, in_container=in_container, timeout_s=timeout_s)
    finally:
        for client in clients:
            await client.aclose()


async def test_a_good_instance_is_named_with_its_version_and_address() -> None:
    async with running_app() as url:
        (found,) = await examine(make_config(url))

    assert found.verdict is Verdict.OK
    assert found.subject == "Radarr"
    assert found.text == f"Radarr 6.0.3.10514 answers at {url}."


@pytest.mark.parametrize(
    ("kind", "version", "expected"),
    [
        (InstanceKind.RADARR, "5.7.0.8882", [Verdict.OK, Verdict.WARNING]),
        (InstanceKind.RADARR, "5.8.0.8907", [Verdict.OK]),
        (InstanceKind.RADARR, "5.28.0.10274", [Verdict.OK]),
        (InstanceKind.SONARR, "4.0.4.1491", [Verdict.OK, Verdict.WARNING]),
        (InstanceKind.SONARR, "4.0.5.1710", [Verdict.OK]),
        (InstanceKind.SONARR, "4.0.16.2944", [Verdict.OK]),
    ],
)
async def test_an_old_version_is_a_warning(kind: InstanceKind, version: str, expected: list[Verdict]) -> None:
    async with running_app(app_name=kind.capitalize(), version=version) as url:
        found = await examine(make_config(url, kind=kind, id=kind.value))

    assert [check.verdict for check in found] == expected
    assert all(check.remedy for check in found if check.verdict is not Verdict.OK)


async def test_a_wrong_key_is_told_with_the_place_of_the_right_one() -> None:
    async with running_app() as url:
        (found,) = await examine(make_config(url, api_key="wrong-key-0123456789abcdef01234567"))

    assert found.verdict is Verdict.PROBLEM
    assert "refuses the API key" in found.text
    assert found.remedy is not None
    assert "Settings → General → Security → API Key" in found.remedy


async def test_the_wrong_app_is_told() -> None:
    async with running_app(app_name="Sonarr", version="4.0.16.2944") as url:
        (found,) = await examine(make_config(url))

    assert found.verdict is Verdict.PROBLEM
    assert found.remedy is not None
    assert "Sonarr" in found.remedy
    assert "Radarr" in found.remedy


async def test_an_instance_behind_tls_is_found_by_the_certificate_of_its_authority() -> None:
    async with running_app(tls=server_tls()) as url:
        known, unknown, unchecked = await examine(
            make_config(url, ca_file=authority_file()),
            make_config(url, id="radarr_4k"),
            make_config(url, id="radarr_old", verify_tls=False),
            in_container=True,
        )

    assert known.text == f"Radarr 6.0.3.10514 answers at {url}."
    assert unknown.verdict is Verdict.PROBLEM
    assert unknown.text == f"{url} answers, but no secure connection can be made."
    assert unknown.remedy == (
        "Its certificate is not trusted: set its CA_FILE to the certificate of the authority that issued it."
    )
    assert unchecked.verdict is Verdict.OK


@pytest.mark.parametrize(("is_tls", "words"), [(True, "Use https://"), (False, "need http://")])
async def test_the_wrong_kind_of_address_for_a_port_is_told(is_tls: bool, words: str) -> None:
    async with running_app(tls=server_tls() if is_tls else None) as url:
        _, _, rest = url.partition("://")
        (found,) = await examine(make_config(f"{'http' if is_tls else 'https'}://{rest}"), in_container=True)

    assert found.verdict is Verdict.PROBLEM
    assert found.remedy is not None
    assert words in found.remedy


async def test_an_app_that_starts_is_only_a_warning() -> None:
    starting = {"errorMessage": "Radarr is starting up, please try again later"}
    async with running_app(status=503, body=starting) as url:
        (found,) = await examine(make_config(url))

    assert found.verdict is Verdict.WARNING
    assert "is starting up" in found.text


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("radarr.localhost", True),
        ("127.0.1.1", True),
        ("::1", True),
        ("0.0.0.0", True),  # noqa: S104 - not bound to
        ("192.168.1.10", False),
        ("radarr", False),
    ],
)
def test_which_addresses_are_the_container_itself(host: str, expected: bool) -> None:
    assert instances._is_loopback(host) is expected


async def test_localhost_in_a_container_is_explained(closed_port: int) -> None:
    config = make_config(f"http://127.0.0.1:{closed_port}")

    (inside,) = await examine(config, in_container=True)
    (outside,) = await examine(config, in_container=False)

    assert inside.remedy == (
        "Inside a container this is Discarr itself. Use http://radarr:7878 (same compose network), "
        "the address of the VPN container it sits behind, or the LAN address."
    )
    assert "is offline" in outside.text
    assert outside.remedy is not None
    assert "container" not in outside.remedy


@pytest.mark.parametrize(
    ("host", "in_container", "words"),
    [
        ("radarr" + "x" * 60, True, "From another compose project use the LAN address"),
        ("radarr" + "x" * 60, False, "http://localhost:7878"),
        ("x" * 64 + ".example", False, "name server (DNS)"),
    ],
)
async def test_an_unknown_name_is_told_apart_from_a_dead_app(
    host: str, in_container: bool, words: str
) -> None:
    (found,) = await examine(make_config(f"http://{host}:7878"), in_container=in_container)

    assert found.verdict is Verdict.PROBLEM
    assert "finds no address for the name" in found.text
    assert found.remedy is not None
    assert words in found.remedy


async def test_one_that_hangs_delays_nobody_and_never_long(closed_port: int) -> None:
    started = time.monotonic()
    async with running_app() as url, hanging_app() as hanging_url:
        hanging, fine, dead = await examine(
            make_config(hanging_url),
            make_config(url, id="radarr_4k", name="4K"),
            make_config(f"http://127.0.0.1:{closed_port}", id="radarr_old", name="Old"),
            timeout_s=0.5,
        )
    took_s = time.monotonic() - started

    assert [check.subject for check in (hanging, fine, dead)] == ["Radarr", "4K", "Old"]
    assert [check.verdict for check in (hanging, fine, dead)] == [
        Verdict.PROBLEM,
        Verdict.OK,
        Verdict.PROBLEM,
    ]
    assert "does not answer in time" in hanging.text
    assert took_s < 10


async def test_no_finding_shows_a_key(closed_port: int) -> None:
    async with running_app(status=500, body={"message": API_KEY}) as url:
        found = await examine(
            make_config(url), make_config(f"http://127.0.0.1:{closed_port}", id="radarr_4k")
        )

    assert API_KEY not in repr(found)
