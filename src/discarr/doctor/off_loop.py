"""Blocking calls that may hang for good: a look-up without a name server, a dead network mount."""

import asyncio
import concurrent.futures
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address

_LOOKUP_TIMEOUT_S = 6.0


async def run_off_loop[Result](work: Callable[[], Result], *, timeout_s: float) -> Result:
    """Return what `work` returns, called in a daemon thread; what it raises is raised here.

    Unlike `asyncio.to_thread`, a call that never returns holds up neither the deadline nor the end of
    the process: a loop waits for its executor when it closes.

    Raises:
        TimeoutError: `work` did not return in time; it is left behind.
    """
    outcome: concurrent.futures.Future[Result] = concurrent.futures.Future()
    outcome.set_running_or_notify_cancel()  # from here on the thread alone sets it, cancelled or not

    def call() -> None:
        try:
            result = work()
        except BaseException as exc:  # carried over to the caller, whatever it is
            outcome.set_exception(exc)
        else:
            outcome.set_result(result)

    threading.Thread(target=call, name="doctor", daemon=True).start()
    async with asyncio.timeout(timeout_s):
        return await asyncio.wrap_future(outcome)


async def look_up(host: str) -> tuple[IPv4Address | IPv6Address, ...]:
    """Return the addresses that this machine knows for `host`; one that is an address is its own.

    Raises:
        TimeoutError: no name server answered in time.
        OSError: the name is unknown.
        UnicodeError: it cannot be a name at all.
    """
    with suppress(ValueError):
        return (ip_address(host),)
    found = await run_off_loop(lambda: socket.getaddrinfo(host, None), timeout_s=_LOOKUP_TIMEOUT_S)
    return tuple(dict.fromkeys(ip_address(place[0]) for *_, place in found))
