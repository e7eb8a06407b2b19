"""Waiting for something to happen, but not for ever, by the clock that was handed in."""

import asyncio

from discarr.core.clock import Clock


async def wait_for_any(clock: Clock, timeout_s: float, *events: asyncio.Event) -> bool:
    """Wait until one of the events is set; False when `timeout_s` passed before."""
    if any(event.is_set() for event in events):
        return True
    if timeout_s <= 0:
        return False
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(clock.sleep(timeout_s), name="wait-timer")]
        tasks += [group.create_task(_wait(event), name="wait-event") for event in events]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
    return any(event.is_set() for event in events)


async def _wait(event: asyncio.Event) -> None:
    await event.wait()
