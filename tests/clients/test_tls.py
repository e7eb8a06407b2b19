"""Certificates that are good or not, and TLS where there should be none, or none where there should be."""

import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from discarr.clients.tls import tls_remedy
from discarr.clients.transport import InstanceHttp
from discarr.core.clock import SystemClock
from discarr.core.errors import ConfigError, Unreachable
from tests.clients.fake_app import KEY, make_config
from tests.clients.sockets import Connection, serving
from tests.fakes.certificates import HOST, authority, authority_file, server_tls

either_version = pytest.mark.parametrize("is_http2", [False, True], ids=["http1", "http2"])

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


type Send = Callable[[InstanceHttp], Awaitable[bytes]]


async def read(http: InstanceHttp) -> bytes:
    return await http.get("/queue", deadline_s=9)


async def write(http: InstanceHttp) -> bytes:
    return await http.post("/command", b"{}", deadline_s=9)


either_way = pytest.mark.parametrize("send", [read, write])


async def ask(url: str, send: Send = read, **config: Any) -> bytes:
    http = InstanceHttp(make_config(url=url, **config), clock=SystemClock())
    try:
        return await send(http)
    finally:
        await http.aclose()


async def serve(connection: Connection) -> None:
    await connection.serve()


@either_version
@either_way
async def test_an_authority_of_ones_own_is_trusted_when_it_is_named(send: Send, is_http2: bool) -> None:
    async with serving(serve, server_tls(is_http2=is_http2)) as url:
        assert await ask(url, send, ca_file=authority_file()) == b"{}"


@either_version
@either_way
async def test_any_certificate_will_do_when_none_is_checked(send: Send, is_http2: bool) -> None:
    certificate = trustme.CA().issue_cert("elsewhere.example", not_after=NOW - DAY)
    async with serving(serve, server_tls(certificate, is_http2=is_http2)) as url:
        assert await ask(url, send, verify_tls=False) == b"{}"


def write_home_made_ca(path: Path) -> trustme.CA:
    """Make an authority as `openssl req -x509` does, which leaves out what a key may be used for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Home")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM)
    path.write_bytes(pem)
    return trustme.CA.from_pem(pem, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


async def test_an_authority_that_was_made_at_home_is_good_enough(tmp_path: Path) -> None:
    certificate = write_home_made_ca(tmp_path / "ca.pem").issue_cert(HOST)
    async with serving(serve, server_tls(certificate)) as url:
        assert await ask(url, ca_file=tmp_path / "ca.pem") == b"{}"


async def test_the_certificate_of_the_server_itself_may_be_named(tmp_path: Path) -> None:
    certificate = authority().issue_cert(HOST)
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "server.pem")
    async with serving(serve, server_tls(certificate)) as url:
        assert await ask(url, ca_file=tmp_path / "server.pem") == b"{}"


@either_version
@either_way
@pytest.mark.parametrize(
    ("certificate", "host", "words"),
    [
        (trustme.CA().issue_cert(HOST), HOST, "is not trusted: set its CA_FILE"),
        (authority().issue_cert("127.0.0.2"), HOST, "is for another name"),
        (authority().issue_cert("radarr.example.org"), HOST, "is for another name"),
        (authority().issue_cert("radarr.example.org"), "localhost", "is for another name"),
        (authority().issue_cert(HOST, not_after=NOW - DAY), HOST, "has expired"),
        (authority().issue_cert(HOST, not_before=NOW + DAY), HOST, "is not valid yet"),
    ],
    ids=["unknown authority", "another address", "no address", "another name", "expired", "from the future"],
)
async def test_a_server_that_cannot_be_trusted_is_told_why_and_never_gets_the_key(
    send: Send, is_http2: bool, certificate: trustme.LeafCert, host: str, words: str
) -> None:
    heard = b""

    async def listen(connection: Connection) -> None:
        nonlocal heard
        heard += await connection.reader.read(4096)

    async with serving(listen, server_tls(certificate, is_http2=is_http2)) as url:
        with pytest.raises(Unreachable) as caught:
            await ask(url.replace(HOST, host), send, ca_file=authority_file())

    assert words in caught.value.remedy
    assert not caught.value.is_outcome_unknown
    assert heard == b""


async def test_an_authority_of_ones_own_is_not_trusted_unless_it_is_named() -> None:
    async with serving(serve, server_tls()) as url:
        with pytest.raises(Unreachable) as caught:
            await ask(url)
    assert "is not trusted: set its CA_FILE" in caught.value.remedy


NOT_FOR_THIS_NAME = bytes((0x15, 3, 3, 0, 2, 2, 112))
FAILED_INSIDE = bytes((0x15, 3, 3, 0, 2, 2, 80))
"""TLS alerts: unrecognized_name, and internal_error, which is what Caddy says instead."""


@either_way
@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "need http:// instead of https://"),
        (b"SSH-2.0-OpenSSH_9.9\r\n", "need http:// instead of https://"),
        (b"", "need http:// instead of https://"),
        (NOT_FOR_THIS_NAME, "use the host name that its certificate is for"),
        (FAILED_INSIDE, "use the host name that its certificate is for"),
    ],
    ids=["plain HTTP", "SSH", "nothing", "no such name", "error"],
)
async def test_what_does_not_shake_hands_is_asked_once_and_never_gets_the_key(
    send: Send, said: bytes, words: str
) -> None:
    heard = []

    async def turn_down(connection: Connection) -> None:
        heard.append(await connection.reader.read(4096))
        await connection.write(said)

    async with serving(turn_down) as url:
        with pytest.raises(Unreachable) as caught:
            await ask(url.replace("http", "https"), send)

    assert words in caught.value.remedy
    assert not caught.value.is_outcome_unknown
    assert len(heard) == 1
    assert KEY.encode() not in heard[0]


def test_a_connection_that_broke_while_it_waited_says_nothing_about_tls() -> None:
    broken = httpx.ReadError("reset")
    try:
        ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="app").read()
    except ssl.SSLWantReadError as waiting:
        broken.__context__ = waiting

    assert broken.__context__ is not None
    assert tls_remedy(broken) is None


async def test_plain_http_to_a_tls_port_is_unreachable() -> None:
    async with serving(serve, server_tls()) as url:
        with pytest.raises(Unreachable):
            await ask(url.replace("https", "http"))


@pytest.mark.parametrize("content", ["garbage", "empty", "key", "binary"])
def test_a_ca_file_that_holds_no_certificate_is_a_mistake_in_the_settings(
    tmp_path: Path, content: str
) -> None:
    certificate = x509.load_pem_x509_certificate(authority().cert_pem.bytes())
    contents = {
        "garbage": b"not a certificate",
        "empty": b"",
        "key": authority().private_key_pem.bytes(),
        "binary": certificate.public_bytes(Encoding.DER),
    }
    file = tmp_path / "ca.pem"
    file.write_bytes(contents[content])

    with pytest.raises(ConfigError) as caught:
        InstanceHttp(make_config(url="https://app", ca_file=file), clock=SystemClock())

    assert "CA_FILE" in caught.value.problems[0]
    assert str(tmp_path) not in caught.value.problems[0]


def test_a_ca_file_is_not_read_where_there_is_no_tls(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_bytes(b"not a certificate")
    InstanceHttp(make_config(url="http://app", ca_file=file), clock=SystemClock())
