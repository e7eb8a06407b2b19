"""Ways to an instance over real sockets."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from discarr.clients.transport import InstanceHttp, make_transport
from discarr.core.clock import SystemClock
from tests.clients.fake_app import make_config
from tests.clients.sockets import Handler, Talk, serving


@pytest.fixture(params=[None, ssl.PROTOCOL_TLS_CLIENT], ids=["plain", "tls"])
def talking_to(request: pytest.FixtureRequest) -> Talk:
    """Talk to a handler over the transport for http and over the one for https: the faults are the same."""

    @asynccontextmanager
    async def talk(handler: Handler) -> AsyncIterator[InstanceHttp]:
        tls = None if request.param is None else ssl.SSLContext(request.param)
        async with serving(handler) as url:
            http = InstanceHttp(make_config(url=url), clock=SystemClock(), transport=make_transport(tls))
            try:
                yield http
            finally:
                await http.aclose()

    return talk
