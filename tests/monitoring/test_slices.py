import asyncio
from collections.abc import Generator

import pytest

from discarr.core.clock import SystemClock
from discarr.monitoring.slices import drain, pieces, run_in_slices


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
def test_pieces_are_all_there_is_in_order_and_leave_nothing(length: int) -> None:
    items = list(range(length))

    found = list(pieces(items))

    assert [item for piece in found for item in piece] == list(range(length))
    assert max(map(len, found), default=0) <= 1000
    assert items == []
