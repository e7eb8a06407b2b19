import asyncio

import httpx

from discarr.clients.factory import create_client
from discarr.monitoring.acting.acting import Acting
from discarr.monitoring.acting.desk import Limits
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.operation import OperationState
from discarr.monitoring.cache_manager import CacheManager
from discarr.utils.permissions import Level
from tests.clients.fake_app import make_config
from tests.fakes.clock import VirtualClock
from tests.monitoring.acting.queue_app import QueueApp
from tests.monitoring.acting.stage import GRANTS, OLIVIA, ActingStore


async def test_what_is_confirmed_at_the_desk_is_carried_out_while_it_runs() -> None:
    clock, app = VirtualClock(), QueueApp()
    app.add("A")
    store = await ActingStore.in_memory(clock=clock)
    client = create_client(make_config(), clock=clock, transport=httpx.MockTransport(app))
    cache = CacheManager([client], clock=clock)

    async def level_of(user_id: int) -> Level | None:
        return Level.OPERATOR

    acting = Acting(
        cache, store, clock=clock, grants=GRANTS, limits=Limits(per_run=1, per_day=1), level_of=level_of
    )
    tasks = [asyncio.create_task(cache.run()), asyncio.create_task(acting.run())]
    await clock.settle()
    (download,) = cache.snapshot.downloads

    asked = await acting.desk.ask(OLIVIA, ActionKind.REMOVE, [download.key])
    await acting.desk.confirm(asked.operation.id, OLIVIA)
    seen = [change.state async for change in acting.desk.follow(asked.operation.id)]

    assert seen[-1] is OperationState.DONE
    assert app.grabs == {}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await store.close()
