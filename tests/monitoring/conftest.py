"""A cache that runs for the length of a test, and an instance that has been up for a while."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from discarr.monitoring.cache_manager import CacheManager
from tests.fakes.clock import FakeClock
from tests.fakes.media_client import FakeMediaClient
from tests.monitoring.judging import OK, Judge

type Running = Callable[..., Any]


@asynccontextmanager
async def running(*works: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run coroutines beside the test; what they raise is raised here."""
    tasks = [asyncio.create_task(work) for work in works]
    await asyncio.sleep(0)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def client() -> FakeMediaClient:
    return FakeMediaClient()


@pytest.fixture
def cache(client: FakeMediaClient, clock: FakeClock) -> CacheManager:
    return CacheManager([client], clock=clock)


@pytest.fixture
def judge() -> Judge:
    """A judge of an instance that has been up for a while."""
    judge = Judge()
    judge.see(*[OK] * 5)
    return judge
