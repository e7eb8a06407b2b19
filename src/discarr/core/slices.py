"""Computations that pause at each `yield`, because they would hold the event loop for too long."""

from collections.abc import Generator

from discarr.core.clock import Clock

_PIECE = 500
"""Objects freed between two pauses: about 1 ms of work."""


def drain[T](steps: Generator[None, None, T]) -> T:
    """Run a sliced computation without pausing and return its result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result


async def release[T](items: list[T], clock: Clock) -> None:
    """Empty the list piece by piece: freeing thousands of objects at once takes 10 ms and more."""
    while items:
        del items[-_PIECE:]
        await clock.give_way()


async def run_in_slices[T](steps: Generator[None, None, T], clock: Clock) -> T:
    """Run a sliced computation and let other tasks run at each pause."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        await clock.give_way()
