"""The whole product without Discord over instances without a wire, on a clock that runs through days."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Final

from discarr.core.errors import MediaClientError
from discarr.core.store import Store, activity, alerts, follows, keep_backups, outbox
from discarr.core.store.outbox import PostedMessage
from discarr.discord_bot.line import REQUEST_TIMEOUT_S
from discarr.discord_bot.ui.status_embed import render_status
from discarr.monitoring.alerts.alerting import Alerting
from discarr.monitoring.alerts.content import Content
from discarr.monitoring.alerts.dispatcher import NotNow, OutcomeUnknown, SinkError
from discarr.monitoring.alerts.routes import Route
from discarr.monitoring.cache_manager import CacheManager
from discarr.monitoring.detail_reader import DetailReader
from discarr.monitoring.download_monitor import DownloadMonitor, Published
from discarr.monitoring.download_rows import NOTHING_HIDDEN, Hidden
from discarr.monitoring.progress_tracker import ProgressTracker
from discarr.monitoring.status_view import StatusView
from tests.fakes.clock import VirtualClock
from tests.fakes.inline_store import InlineStore
from tests.fakes.media_client import FakeMediaClient
from tests.fakes.sink import FakeSink

MINUTE_S: Final = 60.0
HOUR_S: Final = 3600.0
_RESERVE_BYTES = 20_000_000_000
_PRUNERS = (outbox.prune, alerts.prune, activity.prune, follows.prune)

type Fault = Callable[[], MediaClientError | None]


class Server(FakeMediaClient):
    """An instance that asks `fault` before each answer, and keeps no list of what it was asked."""

    def __init__(self, instance_id: str, fault: Fault = lambda: None) -> None:
        super().__init__(instance_id, name=instance_id.title())
        self.fault = fault

    def _call(self, name: str) -> None:
        fault = self.fault()
        if fault is not None:
            raise fault


class Absence(StrEnum):
    """How Discord can be away."""

    NO_BOT = "no bot"
    REFUSES = "refuses"
    HANGS = "hangs"


class Channels(FakeSink):
    """Where messages go: notes when, and can be in trouble."""

    def __init__(self, clock: VirtualClock, *, places: Mapping[str, int] | None = None) -> None:
        super().__init__(places=places or {})
        self._clock = clock
        self._absence: Absence | None = None
        self.sent: list[tuple[float, int, Content]] = []
        """New messages: when (monotonic), in which channel, and what they said at first."""
        self.touched_at = 0.0
        """When something was last sent or edited (monotonic)."""

    def be_away(self, absence: Absence) -> None:
        """Take nothing from now on."""
        self._absence = absence
        if absence is Absence.NO_BOT:
            self.ready.clear()

    def come_back(self) -> None:
        """Take everything again, but for what is under way."""
        self._absence = None
        self.ready.set()

    async def channel_of(self, route: Route) -> int:
        self.calls.clear()
        return await super().channel_of(route)

    async def send(self, route: Route, content: Content, *, row_id: int, nonce: str) -> PostedMessage:
        await self._fail(OutcomeUnknown("Discord does not answer in time."))
        count = len(self.messages)
        posted = await super().send(route, content, row_id=row_id, nonce=nonce)
        if len(self.messages) > count:
            self.touched_at = self._clock.monotonic()
            self.sent.append((self.touched_at, await self.channel_of(route), content))
        return posted

    async def edit(self, posted: PostedMessage, content: Content) -> None:
        await self._fail(NotNow("Discord does not answer in time."))
        if posted.message_id in self.messages:  # else it was forgotten
            await super().edit(posted, content)
        self.touched_at = self._clock.monotonic()

    async def find(self, route: Route, row_id: int) -> PostedMessage | None:
        await self._fail(NotNow("Discord does not answer in time."))
        return await super().find(route, row_id)

    async def _fail(self, in_the_end: SinkError) -> None:
        match self._absence:
            case Absence.REFUSES:
                raise NotNow("Discord cannot be reached.")
            case Absence.HANGS:
                await self._clock.sleep(REQUEST_TIMEOUT_S)
                raise in_the_end

    def most_within(self, window_s: float) -> int:
        """Return how many new messages one channel got at most in any such stretch of time."""
        most = 0
        lately: dict[int, deque[float]] = {}
        for at, channel_id, _ in self.sent:
            times = lately.setdefault(channel_id, deque())
            times.append(at)
            while times[0] <= at - window_s:
                times.popleft()
            most = max(most, len(times))
        return most

    def said_in(self, channel_id: int) -> list[Content]:
        """Return what the new messages of a channel said at first, oldest first."""
        return [content for _, channel, content in self.sent if channel == channel_id]

    @property
    def contents(self) -> list[Content]:
        """What all messages say now."""
        return [message.contents[-1] for message in self.messages.values()]

    def forget(self) -> None:
        """Let go of everything, as only a fake has to: messages are Discord's to keep."""
        self.messages.clear()
        self.calls.clear()
        self.sent.clear()


class _LiveMessage:
    """A publisher that draws the live message and lets go of it."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._fingerprint: str | None = None
        self.retry_requested = asyncio.Event()

    async def publish(self, view: StatusView, *, renew: bool) -> Published:
        self.retry_requested.clear()
        fingerprint = render_status(view, self._clock.now()).fingerprint
        if fingerprint == self._fingerprint and not renew:
            return Published.UNCHANGED
        self._fingerprint = fingerprint
        return Published.EDITED


class Household:
    """One Discarr after the other, over what outlives a process."""

    def __init__(
        self,
        servers: Sequence[FakeMediaClient],
        store: Store,
        channels: Channels,
        *,
        clock: VirtualClock,
        hidden: Hidden,
        refresh_interval_s: float,
    ) -> None:
        self.servers = servers
        self.store = store
        self.channels = channels
        self.clock = clock
        self._hidden = hidden
        self._interval_s = refresh_interval_s
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start a process."""
        self.cache = CacheManager(self.servers, clock=self.clock, refresh_interval_s=self._interval_s)
        tracker = ProgressTracker(clock=self.clock, interval_s=self._interval_s)
        self.alerting = Alerting(
            self.cache,
            tracker,
            self.store,
            self.channels,
            clock=self.clock,
            hidden=self._hidden,
            reserve_bytes=_RESERVE_BYTES,
            refresh_interval_s=self._interval_s,
            history_interval_s=300.0,
        )
        self.desk = self.alerting.desk
        monitor = DownloadMonitor(
            self.cache, tracker, _LiveMessage(self.clock), clock=self.clock, hidden=self._hidden
        )
        loops = (
            monitor.run(),
            DetailReader(self.cache, clock=self.clock).run(),
            self.alerting.run(),
            self.cache.run(),
            keep_backups(self.store, clock=self.clock, pruners=_PRUNERS),
        )

        async def run() -> None:
            async with asyncio.TaskGroup() as group:
                for loop in loops:
                    group.create_task(loop)

        self._running = asyncio.create_task(run(), name="household")
        await self.pass_time(0)

    async def end(self) -> None:
        """End the process."""
        assert self._running is not None
        self._running.cancel()
        await asyncio.wait([self._running])
        if not self._running.cancelled():
            await self._running

    async def pass_time(self, seconds: float) -> None:
        """Let time pass; a part of Discarr that dies is told at once."""
        await self.clock.advance(seconds)
        if self._running is not None and self._running.done():
            await self._running


@asynccontextmanager
async def open_household(
    servers: Iterable[FakeMediaClient],
    *,
    clock: VirtualClock,
    channels: Channels | None = None,
    hidden: Hidden = NOTHING_HIDDEN,
    refresh_interval_s: float = 30.0,
) -> AsyncIterator[Household]:
    """Yield a household in which Discarr runs, and end it with the block."""
    store = await InlineStore.in_memory(clock=clock)
    household = Household(
        tuple(servers),
        store,
        channels or Channels(clock),
        clock=clock,
        hidden=hidden,
        refresh_interval_s=refresh_interval_s,
    )
    try:
        await household.start()
        yield household
        await household.end()
    finally:
        await store.close()
