"""A dispatcher at work, for the tests of what it does with its outbox."""

import asyncio
from datetime import timedelta
from typing import Any

from discarr.core.events import EventKind, Severity
from discarr.core.store import Store, outbox
from discarr.core.store.outbox import Outgoing
from discarr.monitoring.alerts.content import (
    Content,
    NoticeContent,
    StoryContent,
    encode,
)
from discarr.monitoring.alerts.dispatcher import (
    Dispatcher,
)
from tests.fakes.clock import START, FakeClock
from tests.fakes.sink import FakeSink


def notice(title: str = "A word") -> NoticeContent:
    return NoticeContent(kind=EventKind.VERSION, severity=Severity.INFO, title=title)


def story(number: int = 1) -> StoryContent:
    return StoryContent(
        story_id=number,
        kind=EventKind.NEEDS_HAND,
        severity=Severity.WARNING,
        instance="radarr",
        instance_name="Movies",
        began_at=START,
        entries=(),
        total=2,
        open_count=2,
    )


class Post:
    """A dispatcher between a real outbox and a sink in memory."""

    def __init__(self, store: Store, clock: FakeClock) -> None:
        self.store = store
        self.clock = clock
        self.sink = FakeSink()
        self.filled = asyncio.Event()
        self.dispatcher = Dispatcher(store, self.sink, clock=clock, filled=self.filled)

    async def put(self, key: str, content: Content, **overrides: Any) -> None:
        values: dict[str, Any] = {"route": "alerts", "not_before": self.clock.now()}
        message = Outgoing(story=key, content=encode(content), **(values | overrides))
        now = self.clock.now()
        await self.store.run(lambda connection: outbox.enqueue(connection, [message], now=now))
        self.filled.set()

    async def restart(self) -> None:
        """The process ended, however it did, and another one begins."""
        self.filled = asyncio.Event()
        self.dispatcher = Dispatcher(self.store, self.sink, clock=self.clock, filled=self.filled)
        await self.dispatcher.load()

    async def waiting(self) -> int:
        far = self.clock.now() + timedelta(days=365)
        return len(await self.store.run(lambda connection: outbox.due(connection, far, limit=1000)))

    @property
    def texts(self) -> list[str]:
        """The titles of all messages, in the order they were sent."""
        return [
            message.contents[0].title
            for message in self.sink.messages.values()
            if isinstance(message.contents[0], NoticeContent)
        ]
