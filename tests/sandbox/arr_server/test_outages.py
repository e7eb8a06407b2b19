"""Instances that go away and come back, seen from outside."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.app import ArrServer
from discarr.sandbox.arr_server.outages import Outage, keep_outages
from discarr.sandbox.arr_server.source import FixedSource
from discarr.sandbox.arr_server.timeline import Window
from tests.fakes.clock import FakeClock
from tests.sandbox.arr_server.world import Visitor, visiting

FLAPPING = Outage(window=Window(first_at_s=5, lasts_s=10, every_s=20))


@asynccontextmanager
async def _keeping(clock: FakeClock, *outages: Outage) -> AsyncIterator[Visitor]:
    server = ArrServer(FixedSource(kind=InstanceKind.RADARR), clock=clock)
    async with visiting(server) as visitor, asyncio.TaskGroup() as group:
        task = group.create_task(keep_outages(server, *outages, clock=clock), name="outages")
        await clock.settle()
        try:
            yield visitor
        finally:
            task.cancel()


async def _look(clock: FakeClock, visitor: Visitor, *, after_s: float, is_away: bool) -> str:
    """Return what a visitor gets after some time; a port takes its time to open or close."""
    await clock.advance(after_s)
    async with asyncio.timeout(10):
        while visitor.server.is_away is not is_away:  # noqa: ASYNC110 - the server is not to know of its tests
            await asyncio.sleep(0)
    try:
        async with visitor.ask("/api/v3/queue") as answer:
            return str(answer.status)
    except aiohttp.ClientError:
        return "away"


async def test_an_instance_can_flap_several_times_a_minute() -> None:
    clock = FakeClock()
    async with _keeping(clock, FLAPPING) as visitor:
        looks = [await _look(clock, visitor, after_s=10, is_away=number % 2 == 0) for number in range(6)]

    assert looks == ["away", "200", "away", "200", "away", "200"]


async def test_an_instance_can_come_back_as_from_a_restart() -> None:
    clock = FakeClock()
    restart = Outage(window=Window(first_at_s=5, lasts_s=10), is_restart=True, startup_s=20)
    async with _keeping(clock, restart) as visitor:
        started = (await visitor.get("/system/status"))["startTime"]
        looks = [
            await _look(clock, visitor, after_s=10, is_away=True),
            await _look(clock, visitor, after_s=10, is_away=False),
            await _look(clock, visitor, after_s=30, is_away=False),
        ]
        restarted = (await visitor.get("/system/status"))["startTime"]

    assert looks == ["away", "503", "200"]
    assert started < restarted


async def test_one_of_several_outages_is_enough() -> None:
    clock = FakeClock()
    second = Outage(window=Window(first_at_s=15, lasts_s=10))
    async with _keeping(clock, FLAPPING, second) as visitor:
        looks = [
            await _look(clock, visitor, after_s=after_s, is_away=is_away)
            for after_s, is_away in ((10, True), (10, True), (10, True), (6, False))
        ]

    assert looks == ["away", "away", "away", "200"]
