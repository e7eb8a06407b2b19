"""Ways to an instance over real sockets."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from discarr.clients.transport import InstanceHttp
from discarr.core.clock import SystemClock
from tests.clients.fake_app import make_config
from tests.clients.sockets import Handler, Talk, serving
from tests.fakes.certificates import authority_file, server_tls


@pytest.fixture(params=["plain", "tls", "http2"])
def way(request: pytest.FixtureRequest) -> str:
    """Go over plain HTTP, over TLS, and over HTTP/2 within TLS: the faults are the same."""
    return str(request.param)


@pytest.fixture
async def talking_to(way: str) -> AsyncIterator[Talk]:
    """Talk to handlers that way; the clients are closed when the test is over."""
    tls = None if way == "plain" else server_tls(is_http2=way == "http2")

    async with AsyncExitStack() as clients:

        @asynccontextmanager
        async def talk(handler: Handler, **config: Any) -> AsyncIterator[InstanceHttp]:
            async with serving(handler, tls) as url:
                http = InstanceHttp(
                    make_config(url=url, ca_file=authority_file(), **config), clock=SystemClock()
                )
                clients.push_async_callback(http.aclose)
                yield http

        yield talk
