"""Waiting by the clock that was handed in."""

import asyncio

from discarr.monitoring.waiting import wait_for_any
from tests.fakes.clock import FakeClock


async def test_an_event_that_is_set_needs_no_wait() -> None:
    event = asyncio.Event()
    event.set()

    assert await wait_for_any(FakeClock(), 60, asyncio.Event(), event)


async def test_no_time_means_no_wait() -> None:
    assert not await wait_for_any(FakeClock(), 0, asyncio.Event())


async def test_an_event_ends_the_wait() -> None:
    clock, event = FakeClock(), asyncio.Event()
    waiting = asyncio.create_task(wait_for_any(clock, 60, asyncio.Event(), event))
    await clock.settle()
    event.set()

    assert await waiting
    assert clock.monotonic() == 0


async def test_time_ends_the_wait() -> None:
    clock = FakeClock()
    waiting = asyncio.create_task(wait_for_any(clock, 60, asyncio.Event()))
    await clock.advance(59)
    was_done_before = waiting.done()
    await clock.advance(1)

    assert not was_done_before
    assert not await waiting


async def test_cancelling_the_wait_leaves_no_task_behind() -> None:
    clock = FakeClock()
    waiting = asyncio.create_task(wait_for_any(clock, 60, asyncio.Event()))
    await clock.settle()
    waiting.cancel()
    await asyncio.wait([waiting])

    assert waiting.cancelled()
    assert asyncio.all_tasks() == {asyncio.current_task()}
