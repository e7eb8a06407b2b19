import asyncio
from collections.abc import Generator
from itertools import pairwise

import pytest

from discarr.core.clock import SystemClock
from discarr.core.slices import drain, release, run_in_slices


def count_to(limit: int) -> Generator[None, None, str]:
    for _ in range(limit):
        yield
    return "done"


def test_a_drained_computation_gives_its_result() -> None:
    assert drain(count_to(3)) == "done"


async def test_others_have_their_turn_at_each_pause() -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(others())
    assert await run_in_slices(count_to(20), SystemClock()) == "done"
    task.cancel()

    assert turns >= 19


@pytest.mark.parametrize("length", [0, 1, 999, 1000, 1001, 10_000])
async def test_a_long_list_is_let_go_of_piece_by_piece(length: int) -> None:
    items = list(range(length))
    left: list[int] = []

    class WatchingClock(SystemClock):
        async def give_way(self) -> None:
            left.append(len(items))

    await release(items, WatchingClock())

    assert items == []
    assert all(before - after <= 500 for before, after in pairwise([length, *left]))
