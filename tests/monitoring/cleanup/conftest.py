from collections.abc import AsyncIterator

import pytest

from discarr.core.store import Store
from tests.fakes.clock import FakeClock


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    opened = await Store.in_memory(clock=FakeClock())
    yield opened
    await opened.close()
