"""Computations that pause at each `yield`, because they would hold the event loop for too long."""

from collections.abc import Generator

from discarr.core.clock import Clock

_PIECE = 1000


def drain[T](steps: Generator[None, None, T]) -> T:
    """Run a sliced computation without pausing and return its result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result


def pieces[T](items: list[T]) -> Generator[list[T]]:
    """Yield the items in pieces, and let go of each: freeing thousands of objects at once takes 10 ms."""
    items.reverse()
    while items:
        yield items[: -_PIECE - 1 : -1]
        del items[-_PIECE:]


async def run_in_slices[T](steps: Generator[None, None, T], clock: Clock) -> T:
    """Run a sliced computation and let other tasks run at each pause."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        await clock.sleep(0)
