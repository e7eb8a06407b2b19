"""TLS for servers on loopback, with certificates of an authority that lives as long as the tests run."""

import atexit
import ssl
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import trustme

HOST = "127.0.0.1"


@cache
def authority() -> trustme.CA:
    """Return the authority that nobody trusts but those who are given its certificate."""
    return trustme.CA()


@cache
def authority_file() -> Path:
    """Return where the authority's certificate is."""
    folder = TemporaryDirectory(prefix="discarr-authority-")
    atexit.register(folder.cleanup)
    path = Path(folder.name, "authority.pem")
    authority().cert_pem.write_to_path(path)
    return path


def server_tls(certificate: trustme.LeafCert | None = None, *, is_http2: bool = False) -> ssl.SSLContext:
    """Return the server's side of TLS; without a certificate it has a good one for 127.0.0.1."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    (certificate or authority().issue_cert(HOST)).configure_cert(context)
    context.set_alpn_protocols(["h2", "http/1.1"] if is_http2 else ["http/1.1"])
    return context
