"""Waiting for what happens on real sockets, where a fake clock has no say."""

import asyncio
from collections.abc import Callable, Sized


async def until(condition: Callable[[], object], *, timeout_s: float = 8.0) -> None:
    """Return as soon as `condition()` is true; fail with a TimeoutError otherwise."""
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - the other end is a socket; there is no event to wait for
            await asyncio.sleep(0.005)


async def until_count(collected: Sized, count: int) -> None:
    """Return as soon as something that grows has `count` entries."""
    await until(lambda: len(collected) >= count)
