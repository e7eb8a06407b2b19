"""A process that may die at any moment: it reads a history to its end, and tells followers of it.

It ends by itself, with 0, when everything was told. It takes a directory, an address, and how many events and
users there are.
"""

import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from discarr.core.clock import SystemClock
from discarr.core.events import EventKind, Work
from discarr.core.models import HistoryEvent, HistoryRecord
from discarr.core.slices import drain
from discarr.core.store import Store, follows, outbox
from discarr.core.store.activity import HistoryCursor
from discarr.core.store.follows import Follow
from discarr.core.store.outbox import PostedMessage
from discarr.monitoring.alerts.content import Content, encode
from discarr.monitoring.alerts.desk import Desk
from discarr.monitoring.alerts.dispatcher import Dispatcher, NotNow, OutcomeUnknown
from discarr.monitoring.alerts.notifier import Notifier
from discarr.monitoring.alerts.routes import Route
from discarr.monitoring.alerts.steps import Batch, read_in_slices
from discarr.monitoring.alerts.watch import Watch
from discarr.monitoring.cache_manager import CacheManager
from discarr.monitoring.download_rows import NOTHING_HIDDEN
from discarr.monitoring.health_checker import HealthChecker
from discarr.monitoring.progress_tracker import ProgressTracker

INSTANCE = "radarr"
FIRST_USER = 1_000_000
_BEGAN = datetime(2026, 1, 2, tzinfo=UTC)
_BATCH = 20
_ENOUGH_WAITING = 100
_PAUSE_S = 0.02
_TIMEOUT_S = 5.0


def title(number: int) -> str:
    """Return the title of the event of that number."""
    return f"Title {number}"


class HttpSink:
    """A `discarr.monitoring.alerts.dispatcher.Sink` for the stand-in of `tests.endurance.kills`."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url
        self.ready = asyncio.Event()
        self.ready.set()

    async def channel_of(self, route: Route) -> int:
        return route.id or 1

    async def send(self, route: Route, content: Content, *, row_id: int, nonce: str) -> PostedMessage:
        body = {"nonce": nonce, "row": row_id, "content": encode(content).decode()}
        try:
            answer = await self._ask("POST", f"/{route}", json=body)
        except aiohttp.ClientConnectorError as error:
            raise NotNow("It cannot be reached.") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise OutcomeUnknown("The connection was lost.") from error
        return PostedMessage(channel_id=route.id or 1, message_id=answer["id"])

    async def edit(self, posted: PostedMessage, content: Content) -> None:
        try:
            await self._ask("PATCH", f"/{posted.message_id}", data=encode(content))
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NotNow("The connection was lost.") from error

    async def find(self, route: Route, row_id: int) -> PostedMessage | None:
        try:
            answer = await self._ask("GET", f"/{route}", params={"row": str(row_id)})
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NotNow("The connection was lost.") from error
        return None if answer is None else PostedMessage(channel_id=route.id or 1, message_id=answer["id"])

    async def _ask(self, method: str, path: str, **what: Any) -> Any:
        async with self._session.request(method, self._url + path, **what) as response:
            return await response.json()


class _Reader:
    """Reads the history, a few records at a time, and lets somebody follow each title before."""

    def __init__(self, notifier: Notifier, store: Store, *, events: int, users: int) -> None:
        self._notifier = notifier
        self._store = store
        self._events = events
        self._users = users

    async def run(self) -> None:
        """Read to the end, and return when nothing is left to be told."""
        cursor = await self._notifier.cursor(INSTANCE)
        cursor = cursor or HistoryCursor(instance=INSTANCE, last_id=0, last_at=_BEGAN)
        while waiting := await self._wait(cursor):
            if waiting > _ENOUGH_WAITING or cursor.last_id >= self._events:
                await asyncio.sleep(_PAUSE_S)
                continue
            # The overlap with what was read before is as in the product.
            first = max(1, cursor.last_id - _BATCH)
            records = [self._record(n) for n in range(first, min(cursor.last_id + _BATCH, self._events) + 1)]
            await self._follow([record.id for record in records if record.id > cursor.last_id])
            steps, after = drain(read_in_slices(records, cursor, hidden=NOTHING_HIDDEN))
            if await self._notifier.take_history(Batch(instance=INSTANCE, steps=steps, cursor=after)):
                cursor = after

    async def _wait(self, cursor: HistoryCursor) -> int:
        """Return how many messages wait, and what is not read yet as one more."""
        now = datetime.now(UTC)
        counts = await self._store.run(lambda connection: outbox.count(connection, now))
        assert counts.dead == 0
        return counts.waiting + counts.scheduled + (cursor.last_id < self._events)

    async def _follow(self, numbers: Sequence[int]) -> None:
        wanted = [self._wish(number) for number in numbers]
        await self._store.run(lambda connection: [follows.add(connection, follow) for follow in wanted])
        self._notifier.follows = tuple(await self._store.run(follows.all_follows))

    def _wish(self, number: int) -> Follow:
        return Follow(
            id=0,
            user_id=FIRST_USER + number % self._users,
            instance=INSTANCE,
            media_id=number,
            download=f"{number:040X}",
            part="",
            work=msgspec.json.encode(Work(title=title(number))),
            missing=b"[]",
            is_hidden=True,  # so that each is told in private, and no channel's brake holds thousands up
            created_at=_BEGAN,
            failed=(),
        )

    @staticmethod
    def _record(number: int) -> HistoryRecord:
        return HistoryRecord(
            id=number,
            instance=INSTANCE,
            event=HistoryEvent.IMPORTED,
            date=_BEGAN + timedelta(seconds=number),
            download_id=f"{number:040X}",
            title=title(number),
            year=2024,
            media_id=number,
            episode=None,
            release_title=title(number),
            quality="WEBDL-1080p",
            tags=(),
        )


async def main(directory: Path, url: str, events: int, users: int) -> None:
    """Run until everything was told."""
    clock = SystemClock()
    store = await Store.open(directory, clock=clock)
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as group:
        filled = asyncio.Event()
        dispatcher = Dispatcher(store, HttpSink(session, url), clock=clock, filled=filled)
        watch = Watch(
            ProgressTracker(clock=clock),
            HealthChecker(clock=clock, interval_s=30.0),
            [INSTANCE],
            hidden=NOTHING_HIDDEN,
            reserve_bytes=0,
        )
        notifier = Notifier(
            CacheManager((), clock=clock),
            watch,
            store,
            clock=clock,
            filled=filled,
            undelivered=lambda: dispatcher.dead_count,
        )
        await notifier.load()
        await dispatcher.load()
        await Desk(notifier, dispatcher, store, clock=clock).change_rule(EventKind.IMPORTED, delay_s=0.0)
        delivering = group.create_task(dispatcher.run(), name="dispatcher")
        await _Reader(notifier, store, events=events, users=users).run()
        delivering.cancel()
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
