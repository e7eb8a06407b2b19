"""TLS to one instance: whom to trust, and what to do about a handshake that failed."""

import ssl
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import httpx

from discarr.core.config import InstanceConfig
from discarr.core.errors import ConfigError

_OTHER_NAME = "Its certificate is for another name: use that name in the address."
_VERIFY_REMEDIES: Mapping[int, str] = {
    9: "Its certificate is not valid yet: check the clocks of both machines.",
    10: "Its certificate has expired: renew it.",
    62: _OTHER_NAME,
    64: _OTHER_NAME,
}
"""By OpenSSL's X509_V_ERR_…: not yet valid, expired, another host name, another IP address."""
_UNTRUSTED = (
    "Its certificate is not trusted: set its CA_FILE to the certificate of the authority that issued it."
)
_REFUSED = "It refuses the encrypted connection: use the host name that its certificate is for."
_NO_TLS = "It does not speak TLS there: does the address need http:// instead of https://?"
_ALERTS = ("SSLV3_", "TLSV1")
"""How the reasons begin that the other side gave itself, in an alert; so TLS is what it speaks."""


def tls_context(config: InstanceConfig) -> ssl.SSLContext | None:
    """Return the TLS settings of an instance; those that trust the same share them. None for http.

    Raises:
        ConfigError: the CA file cannot be read.
    """
    if not config.url.startswith("https:"):
        return None
    try:
        return _build(config.verify_tls, config.ca_file if config.verify_tls else None)
    except (OSError, ssl.SSLError) as exc:
        problem = f"{config.name}: its CA_FILE cannot be read as a certificate in PEM form."
        raise ConfigError((problem,)) from exc


@cache
def _build(verifies: bool, ca_file: Path | None) -> ssl.SSLContext:
    """Load the authorities: it takes 50 ms of the loop's time, and they take a megabyte."""
    context = httpx.create_ssl_context(verify=verifies, trust_env=False)
    if verifies:
        # Python 3.13 became strict and refuses most authorities made at home: `openssl req -x509` leaves
        # out the key usage. What it began to accept as CA_FILE, the server's own certificate, is welcome.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_default_certs()  # what the machine's owner added, besides certifi's list
        if ca_file is not None:
            context.load_verify_locations(ca_file)
    return context


def tls_remedy(exc: BaseException) -> str | None:
    """Find a TLS failure among the causes of an error and say what to do about it."""
    cause: BaseException | None = exc
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _VERIFY_REMEDIES.get(cause.verify_code, _UNTRUSTED)
        if isinstance(cause, ssl.SSLError) and cause.reason:  # none: it was only waiting for more
            return _REFUSED if cause.reason.startswith(_ALERTS) else _NO_TLS
        cause = cause.__cause__ or cause.__context__
    return None
