import asyncio

from discarr.core.clock import SystemClock


async def test_one_piece_of_all_computations_runs_in_a_round_of_the_loop() -> None:
    clock = SystemClock()
    rounds = 0
    pieces: list[int] = []

    async def count_rounds() -> None:
        nonlocal rounds
        while True:
            await asyncio.sleep(0)
            rounds += 1

    async def compute() -> None:
        for _ in range(5):
            await clock.give_way()
            pieces.append(rounds)

    counting = asyncio.create_task(count_rounds())
    await asyncio.gather(compute(), compute(), compute())
    counting.cancel()

    assert len(pieces) == len(set(pieces)) == 15


async def test_a_computation_that_is_given_up_holds_up_no_other() -> None:
    clock = SystemClock()
    computations = [asyncio.create_task(clock.give_way()) for _ in range(3)]
    await asyncio.sleep(0)
    computations[0].cancel()
    computations[1].cancel()

    await asyncio.wait_for(computations[2], timeout=1)
