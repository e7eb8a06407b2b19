"""The loop that delivers: when it waits, when it goes on, and what does not end it."""

import asyncio
from datetime import timedelta
from pathlib import Path

from discarr.core.store import Store
from tests.fakes.clock import START, FakeClock
from tests.monitoring.alerts.post import Post, notice


async def until_sent(post: Post, count: int) -> None:
    async with asyncio.timeout(10):
        while len(post.sink.messages) < count:
            await post.clock.advance(1)
            await asyncio.sleep(0.001)


async def test_the_loop_waits_for_discord_and_delivers_when_it_is_back(post: Post) -> None:
    post.sink.ready.clear()
    running = asyncio.create_task(post.dispatcher.run())
    await post.put("a", notice())
    await post.clock.advance(1800)
    assert post.texts == []

    post.sink.ready.set()
    await until_sent(post, 1)
    running.cancel()

    assert post.clock.now() - START < timedelta(seconds=1860)


async def test_the_loop_delivers_what_is_put_in_and_what_becomes_due(post: Post) -> None:
    running = asyncio.create_task(post.dispatcher.run())
    await post.clock.settle()
    await post.put("a", notice("now"), is_new=True)
    await until_sent(post, 1)
    await post.put("b", notice("later"), is_new=True, not_before=post.clock.now() + timedelta(minutes=15))
    await until_sent(post, 2)
    running.cancel()

    assert post.texts == ["now", "later"]
    assert timedelta(minutes=15) <= post.clock.now() - START < timedelta(minutes=17)


async def test_a_store_in_trouble_does_not_end_the_loop(post: Post) -> None:
    running = asyncio.create_task(post.dispatcher.run())
    await post.store.close()
    await post.clock.advance(300)

    assert not running.done()
    running.cancel()


async def test_a_disk_that_takes_nothing_does_not_end_the_loop_either(tmp_path: Path) -> None:
    """Reading works then, and only noting that something is about to be sent fails."""
    clock = FakeClock()
    post = Post(await Store.open(tmp_path, clock=clock), clock)
    await post.put("n", notice(), is_new=True)
    await post.store.run(lambda connection: connection.execute("PRAGMA query_only = ON").close())
    async with asyncio.TaskGroup() as group:
        running = group.create_task(post.dispatcher.run())
        for _ in range(20):
            await post.clock.advance(60)
            await asyncio.sleep(0.005)
        assert not running.done()
        assert post.sink.messages == {}

        await post.store.run(lambda connection: connection.execute("PRAGMA query_only = OFF").close())
        async with asyncio.timeout(5):
            while not post.sink.messages:
                await post.clock.advance(1)
                await asyncio.sleep(0.002)
        running.cancel()
    await post.store.close()
