"""Repeating the audit trail in a channel, on real sockets: once, in order, whatever Discord does."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from discarr.core.store import Connection
from discarr.core.store.audit import AuditEntry, append
from discarr.discord_bot.audit_mirror import AuditMirror
from discarr.monitoring.acting.acting import Acting
from discarr.monitoring.acting.desk import Limits
from discarr.monitoring.cache_manager import CacheManager
from discarr.utils.permissions import Grants, Level
from tests.discord_bot.post import MESSAGES, Post, open_post
from tests.fakes.clock import START
from tests.fakes.discord_server.faults import Reset, error

CONTENT_BLOCKED = 200000


class Repeated:
    """A mirror at work, and what it told."""

    def __init__(self, post: Post, channel_id: int | None) -> None:
        self.post = post
        cache = CacheManager([], clock=post.clock, refresh_interval_s=30)

        async def level_of(_user_id: int) -> Level | None:
            return None

        acting = Acting(
            cache,
            post.store,
            clock=post.clock,
            grants=Grants(),
            limits=Limits(per_run=1, per_day=1),
            level_of=level_of,
        )
        self.mirror = AuditMirror(
            acting.desk, cache, post.store, post.sink, channel_id=channel_id, clock=post.clock
        )

    async def write(self, *details: str, result: str = "done") -> None:
        """Add entries to the trail."""
        entries = [
            AuditEntry(at=START, actor=7, level=3, action="remove", result=result, detail=detail)
            for detail in details
        ]

        def work(connection: Connection) -> None:
            append(connection, *entries)

        await self.post.store.run(work)

    async def until_told(self, *details: str) -> None:
        """Let time pass until exactly these were told, in this order."""
        async with asyncio.timeout(10):
            while self.told != list(details):
                await self.post.clock.advance(1)
                await asyncio.sleep(0.005)

    @property
    def told(self) -> list[str]:
        """The details of all entries in the channel."""
        return [detail for message in self.messages for detail in _details(message)]

    @property
    def messages(self) -> list[dict[str, Any]]:
        return self.post.said_in(self.post.server.world.channel_id)

    @property
    def nonces(self) -> list[str]:
        """Those of all attempts."""
        sent = self.post.server.ledger.matching("POST", MESSAGES)
        return [str(request.body["nonce"]) for request in sent]


def _details(message: dict[str, Any]) -> Iterator[str]:
    lines = message["embeds"][0]["description"].splitlines()
    return (line for line in lines if line.startswith("E"))


@asynccontextmanager
async def repeating(*, has_channel: bool = True) -> AsyncIterator[Repeated]:
    async with open_post() as post:
        repeated = Repeated(post, post.server.world.channel_id if has_channel else None)
        task = asyncio.create_task(repeated.mirror.run())
        try:
            await post.clock.advance(11)
            yield repeated
        finally:
            task.cancel()
            await asyncio.wait([task])


async def begun(repeated: Repeated) -> None:
    """Wait until the mirror knows from where on it repeats."""
    async with asyncio.timeout(10):
        while await repeated.post.store.get_meta("audit_mirrored") is None:
            await repeated.post.clock.advance(1)
            await asyncio.sleep(0.005)


async def test_each_entry_is_told_once_in_order_ten_at_a_time() -> None:
    async with repeating() as repeated:
        await begun(repeated)
        details = [f"E{number}" for number in range(12)]
        await repeated.write(*details)

        await repeated.until_told(*details)

        assert len(repeated.messages) == 2
        await repeated.post.clock.advance(60)
        await repeated.until_told(*details)


async def test_that_a_turn_has_come_is_not_told() -> None:
    async with repeating() as repeated:
        await begun(repeated)
        await repeated.write("E1", result="begun")
        await repeated.write("E2")

        await repeated.until_told("E2")


async def test_after_a_lost_answer_it_is_the_same_message_with_the_same_nonce() -> None:
    async with repeating() as repeated:
        await begun(repeated)
        repeated.post.server.faults.add("POST", MESSAGES, Reset(), times=2)
        await repeated.write("E1", "E2")
        async with asyncio.timeout(10):
            while not repeated.nonces:
                await repeated.post.clock.advance(1)
                await asyncio.sleep(0.005)
        await repeated.write("E3")

        await repeated.until_told("E1", "E2", "E3")

        first, *again, last = repeated.nonces
        assert set(again) == {first}
        assert last != first


async def test_where_it_may_not_write_it_says_so_once_and_goes_on_later(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with repeating() as repeated:
        await begun(repeated)
        repeated.post.server.faults.add("POST", MESSAGES, error(403, 50013), times=2)
        await repeated.write("E1")

        await repeated.until_told("E1")

        assert caplog.text.count("The audit trail cannot be repeated in its channel") == 1


async def test_what_discord_does_not_take_anywhere_is_left_to_the_trail() -> None:
    async with repeating() as repeated:
        await begun(repeated)
        repeated.post.server.faults.add("POST", MESSAGES, error(400, CONTENT_BLOCKED))
        await repeated.write("E1")
        async with asyncio.timeout(10):
            while not repeated.nonces:
                await repeated.post.clock.advance(1)
                await asyncio.sleep(0.005)
        await repeated.write("E2")

        await repeated.until_told("E2")


async def test_without_a_channel_nothing_is_told() -> None:
    async with repeating(has_channel=False) as repeated:
        await repeated.write("E1")
        await repeated.post.clock.advance(60)

        assert repeated.messages == []


async def test_while_there_is_no_bot_it_waits() -> None:
    async with repeating() as repeated:
        await begun(repeated)
        repeated.post.sink.detach(repeated.post.client)
        await repeated.post.clock.advance(30)
        await repeated.write("E1")
        await repeated.post.clock.advance(30)
        assert repeated.messages == []

        repeated.post.sink.attach(repeated.post.client, repeated.post.home)
        await repeated.until_told("E1")
