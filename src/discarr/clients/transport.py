"""HTTP to one instance, with httpx held so that its known faults cannot bite (design decision 4)."""

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from ipaddress import ip_address
from random import SystemRandom

import httpx

from discarr.clients.body import read_body
from discarr.clients.fresh_writes import FreshWrites
from discarr.clients.plain_http import PlainHttp
from discarr.clients.responses import API_PATH, error_for, is_locked
from discarr.clients.tls import tls_context, tls_remedy
from discarr.clients.tls_http import TlsHttp
from discarr.core.clock import Clock
from discarr.core.config import InstanceConfig
from discarr.core.errors import (
    BadAnswer,
    MediaClientError,
    Misconfigured,
    StartingUp,
    TimedOut,
    Unreachable,
)

type Params = tuple[tuple[str, str], ...]

MAX_IN_FLIGHT = 4
"""Smaller than the pool: cancelling a request while others wait *in the pool* poisons httpcore for
good (encode/httpcore#1093), so nobody ever waits there. Also what a SQLite-backed app bears well."""
MAX_WRITES = 2
"""Of those in flight, how many may change something."""

_POOL_CONNECTIONS = 10
_KEEPALIVE_S = 100.0  # Kestrel closes idle connections after 130 s; httpx's default of 5 s would reconnect.
_CONNECT_S = 5.0
_POOL_S = 5.0
_CLOSE_S = 2.0
_TRIES = 3
_BACK_OFF_S = (0.3, 2.0)
_POOL_TIMEOUTS_UNTIL_REBUILD = 3
_ERROR_BODY_BYTES = 64 << 10
_RETRIED_STATUS = (502, 503, 504)
_DROPPED = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError, httpx.CloseError)
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
    UnicodeError,
)
"""Causes that are over before a byte of the request is on its way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """A complete answer, and what kind of failure it is, if any."""

    status: int
    body: bytes
    error: MediaClientError | None

    @property
    def is_passing(self) -> bool:
        """Whether asking again soon may well succeed; a start-up takes longer than the tries do."""
        if isinstance(self.error, StartingUp):
            return False
        return self.status in _RETRIED_STATUS or is_locked(self.status, self.body)

    @property
    def may_be_carried_out(self) -> bool:
        """Whether a request that changes something may have done so, given that this is a failure.

        A success that cannot be read counts too. A start-up page comes before anything is done.
        """
        return not isinstance(self.error, StartingUp) and not 300 <= self.status < 500

    def unwrap(self) -> bytes:
        if self.error is not None:
            raise self.error
        return self.body


class InstanceHttp:
    """GET, POST and DELETE below `/api/v3` of one instance.

    Every method raises `MediaClientError` kinds only and is over by its deadline, retries and waiting for
    a turn included.
    """

    def __init__(
        self,
        config: InstanceConfig,
        *,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Prepare the connection pool; nothing is sent yet.

        `transport` replaces the network in tests.

        Raises:
            ConfigError: the CA file cannot be read.
        """
        self._config = config
        self._clock = clock
        self._transport = transport
        self._tls = tls_context(config)
        self._random = SystemRandom()
        self._slots = asyncio.Semaphore(MAX_IN_FLIGHT)
        self._write_slots = asyncio.Semaphore(MAX_WRITES)
        self._pool_timeouts = 0
        self._client = self._new_client()

    async def get(self, path: str, params: Params = (), *, deadline_s: float) -> bytes:
        """Return the JSON body; tried up to three times when the failure is of the passing kind."""
        failures: list[MediaClientError] = []
        try:
            async with asyncio.timeout(deadline_s):
                return await self._get_with_retries(path, params, deadline_s, failures)
        except TimeoutError as exc:
            if failures:
                raise failures[-1] from failures[-1].__cause__
            raise self._timed_out(deadline_s) from exc

    async def ask(self, path: str, body: bytes, *, deadline_s: float) -> bytes:
        """POST a question that changes nothing; tried once, because answering is long work."""
        try:
            async with asyncio.timeout(deadline_s), self._slots:
                return (await self._send("POST", path, (), deadline_s, body)).unwrap()
        except TimeoutError as exc:
            raise self._timed_out(deadline_s) from exc

    async def post(self, path: str, body: bytes | None = None, *, deadline_s: float) -> bytes:
        """Send a JSON body once, whatever happens: repeating a write blindly may do it twice."""
        return await self._write("POST", path, (), deadline_s, body)

    async def delete(self, path: str, params: Params = (), *, deadline_s: float) -> bytes:
        """Delete, once, whatever happens; the answer may be empty."""
        return await self._write("DELETE", path, params, deadline_s)

    async def aclose(self) -> None:
        """Close all connections, in bounded time."""
        await self._close(self._client)

    def _timed_out(self, deadline_s: float) -> TimedOut:
        # httpx's read timeout is per read: a server that drips a byte now and then never trips it.
        return TimedOut(self._config.id, f"no complete answer in {deadline_s:g} s")

    async def _write(
        self, method: str, path: str, params: Params, deadline_s: float, body: bytes | None = None
    ) -> bytes:
        """Send once, and say of every failure whether it may have been carried out all the same."""
        has_begun = False
        try:
            async with asyncio.timeout(deadline_s), self._write_slots, self._slots:
                has_begun = not self._client.is_closed
                answer = await self._send(method, path, params, deadline_s, body)
        except TimeoutError as exc:
            error: MediaClientError = self._timed_out(deadline_s)
            error.is_outcome_unknown = has_begun
            raise error from exc
        except MediaClientError as exc:
            exc.is_outcome_unknown = has_begun and not isinstance(exc.__cause__, _NEVER_SENT)
            raise
        if answer.error is not None:
            answer.error.is_outcome_unknown = answer.may_be_carried_out
        return answer.unwrap()

    async def _get_with_retries(
        self, path: str, params: Params, deadline_s: float, failures: list[MediaClientError]
    ) -> bytes:
        """Try up to three times, noting in `failures` what a deadline in between would otherwise hide."""
        has_dropped = False
        for _ in range(_TRIES - 1):
            back_off_s = self._random.uniform(*_BACK_OFF_S)
            try:
                async with self._slots:
                    answer = await self._send("GET", path, params, deadline_s)
            except Unreachable as exc:
                is_dropped = isinstance(exc.__cause__, _DROPPED)
                is_refused = isinstance(exc.__cause__, httpx.ConnectError) and tls_remedy(exc) is None
                if not (is_dropped or is_refused):
                    raise
                if is_dropped and not has_dropped:
                    back_off_s = 0.0  # most likely a kept connection that the other side had closed
                else:
                    failures.append(exc)
                has_dropped = True
            else:
                if answer.error is None or not answer.is_passing:
                    return answer.unwrap()
                failures.append(answer.error)
            await self._clock.sleep(back_off_s)
        async with self._slots:
            return (await self._send("GET", path, params, deadline_s)).unwrap()

    async def _send(
        self, method: str, path: str, params: Params, deadline_s: float, content: bytes | None = None
    ) -> _Answer:
        """Send once, within one of the slots; every foreign error is mapped here and nowhere else."""
        instance = self._config.id
        if self._client.is_closed:
            raise Unreachable(instance, "the client was closed")
        try:
            answer = await self._exchange(method, path, params, deadline_s, content)
        except httpx.PoolTimeout as exc:
            await self._count_pool_timeout()
            raise TimedOut(instance, "no free connection") from exc
        except httpx.ConnectTimeout as exc:
            raise Unreachable(instance, "no connection in time") from exc
        except httpx.TimeoutException as exc:
            raise TimedOut(instance, type(exc).__name__) from exc
        except (httpx.LocalProtocolError, httpx.UnsupportedProtocol, httpx.InvalidURL) as exc:
            raise Misconfigured(instance, type(exc).__name__) from exc
        except (httpx.HTTPError, OSError, UnicodeError) as exc:
            # UnicodeError: a host name that cannot be written in IDNA.
            raise Unreachable(instance, type(exc).__name__, remedy=tls_remedy(exc)) from exc
        self._pool_timeouts = 0
        return answer

    async def _exchange(
        self, method: str, path: str, params: Params, deadline_s: float, content: bytes | None
    ) -> _Answer:
        async with self._client.stream(
            method,
            f"{self._config.url}{API_PATH}{path}",
            params=params or None,
            content=content,
            headers=None if content is None else {"Content-Type": "application/json"},
            # While it works on a long request an app sends nothing: only the deadline may end the wait.
            timeout=httpx.Timeout(deadline_s, connect=_CONNECT_S, pool=_POOL_S),
        ) as response:
            if response.is_success:
                body = await read_body(response, self._config.id)
            else:
                body = await self._read_error(response)
            error = error_for(self._config.id, response, body)
            return _Answer(status=response.status_code, body=body, error=error)

    async def _read_error(self, response: httpx.Response) -> bytes:
        try:
            return await read_body(response, self._config.id, limit=_ERROR_BODY_BYTES)
        except BadAnswer:
            return b""

    async def _count_pool_timeout(self) -> None:
        """Replace the pool when it looks poisoned; the other requests in flight lose their connection."""
        self._pool_timeouts += 1
        if self._pool_timeouts >= _POOL_TIMEOUTS_UNTIL_REBUILD:
            self._pool_timeouts = 0
            old, self._client = self._client, self._new_client()
            await self._close(old)

    async def _close(self, client: httpx.AsyncClient) -> None:
        with suppress(TimeoutError, httpx.HTTPError, OSError):
            async with asyncio.timeout(_CLOSE_S):
                await client.aclose()

    def _new_client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=self._transport or make_transport(self._tls),
            follow_redirects=False,
            trust_env=False,
            headers=(
                (b"X-Api-Key", self._config.api_key.get_secret_value().encode()),
                (b"Accept", b"application/json"),
                (b"Accept-Encoding", b"identity" if is_near(httpx.URL(self._config.url).host) else b"gzip"),
                (b"User-Agent", f"Discarr/{version('discarr')}".encode()),
            ),
        )


def make_transport(tls: ssl.SSLContext | None) -> httpx.AsyncBaseTransport:
    """Return the way to an instance: within `tls`, where reads may go over HTTP/2, or over plain HTTP/1.1."""
    kept = httpx.Limits(
        max_connections=_POOL_CONNECTIONS,
        max_keepalive_connections=MAX_IN_FLIGHT,
        keepalive_expiry=_KEEPALIVE_S,
    )
    fresh = httpx.Limits(max_connections=_POOL_CONNECTIONS, max_keepalive_connections=0)
    if tls is None:
        return FreshWrites(PlainHttp(kept), PlainHttp(fresh))
    return FreshWrites(TlsHttp(tls, kept), TlsHttp(tls, fresh, is_http2=False))


def is_near(host: str) -> bool:
    """Whether a host is on the machine or its network, where packing costs more than it saves."""
    try:
        return ip_address(host.strip("[]")).is_private
    except ValueError:
        last_label = host.rpartition(".")[2]
        return "." not in host or last_label in ("local", "lan", "home", "internal", "arpa")
