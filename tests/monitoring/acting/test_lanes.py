import asyncio

from discarr.core.models import DownloadKey
from discarr.monitoring.acting.lanes import Lane
from tests.fakes.clock import FakeClock

A, B = DownloadKey("radarr", "d", "A"), DownloadKey("radarr", "d", "B")


async def test_a_download_is_held_by_one_at_a_time_in_the_order_of_arrival() -> None:
    lane, order, go_on = Lane(), [], asyncio.Event()

    async def hold(name: str, key: DownloadKey) -> None:
        async with lane.holding(key):
            order.append(name)
            await go_on.wait()

    async with asyncio.TaskGroup() as group:
        for name, key in (("first", A), ("other", B), ("second", A)):
            group.create_task(hold(name, key))
        await FakeClock().settle()
        assert order == ["first", "other"]
        go_on.set()
    assert order == ["first", "other", "second"]


async def test_two_may_change_an_instance_at_once() -> None:
    lane = Lane()
    async with lane.turn, lane.turn:
        assert lane.turn.locked()
    assert not lane.turn.locked()
