"""What tests of alerts share."""

from collections.abc import AsyncIterator

import pytest

from discarr.core.store import Store
from tests.fakes.clock import FakeClock
from tests.monitoring.alerts.post import Post


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    clock = FakeClock()
    store = await Store.in_memory(clock=clock)
    office = Post(store, clock)
    await office.dispatcher.load()
    yield office
    await store.close()
