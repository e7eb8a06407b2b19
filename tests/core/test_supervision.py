"""Loops that go on after a failure, and end the process after too many."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from discarr.core.supervision import Backoff, LoopDied, supervise
from tests.fakes.clock import FakeClock

LOG = logging.getLogger("discarr.test")


class Step:
    """A loop's body: fails as often as told, and takes a second each time."""

    def __init__(self, clock: FakeClock, failures: int) -> None:
        self._clock = clock
        self.failures = failures
        self.calls = 0

    async def __call__(self) -> None:
        self.calls += 1
        if self.calls <= self.failures:
            raise ValueError("surprise")
        await self._clock.sleep(1)


@asynccontextmanager
async def running(
    step: Step, clock: FakeClock, *, max_failures: int = 10
) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(
        supervise("poller", step, clock=clock, log=LOG, max_failures=max_failures), name="poller"
    )
    await clock.settle()
    yield task
    task.cancel()
    with suppress(asyncio.CancelledError, LoopDied):
        await task


async def test_a_row_of_failures_is_logged_once_and_so_is_the_recovery(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = FakeClock()
    step = Step(clock, failures=3)
    with caplog.at_level(logging.INFO, LOG.name):
        async with running(step, clock):
            await clock.advance(60)
    failed, recovered = caplog.records
    assert failed.getMessage() == "poller failed and will be tried again"
    assert failed.exc_info is not None
    assert recovered.getMessage() == "poller works again after 3 failures"
    assert step.calls > 10


async def test_too_many_failures_in_a_row_end_the_loop_with_the_last_one_as_cause() -> None:
    clock = FakeClock()
    step = Step(clock, failures=99)
    async with running(step, clock, max_failures=4) as task:
        await clock.advance(600)
        assert task.done()
        with pytest.raises(LoopDied, match="poller failed 4 times in a row") as caught:
            await task
    assert isinstance(caught.value.__cause__, ValueError)
    assert step.calls == 4


async def test_a_success_in_between_starts_the_count_again() -> None:
    clock = FakeClock()
    step = Step(clock, failures=3)
    async with running(step, clock, max_failures=4) as task:
        await clock.advance(60)
        step.failures = step.calls + 3
        await clock.advance(60)
        assert not task.done()
    assert step.calls > step.failures


async def test_a_cancellation_passes_at_once() -> None:
    clock = FakeClock()
    async with running(Step(clock, failures=0), clock) as task:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def test_pauses_grow_with_jitter_up_to_a_limit() -> None:
    backoff = Backoff(first_s=2, longest_s=30)
    for failures, expected in ((1, 2), (2, 4), (3, 8), (5, 30), (5000, 30)):
        pauses = [backoff.delay_s(failures) for _ in range(50)]
        assert expected * 0.8 <= min(pauses) < max(pauses) <= expected * 1.2
