"""Takes messages from the outbox to Discord: in order for each route, with back-off, never twice, never lost.

What can happen to a message, and the answer:

=====================================  =====================================================================
Discord away, a limit, a time-out      its route waits (2 s, doubling to 45 s, or as long as Discord says)
nobody knows whether it was sent       sent again under the same nonce, which makes Discord return the first;
                                       after two minutes it is looked for in the channel before
the place is gone or forbidden         another way (`discarr.monitoring.alerts.routes.fallback`), else dead
its content is refused                 dead: the sink has tried a plainer one already
a dead one                             counted, which is an alert of its own, and kept for a month
too many at once                       one message stands for them; people who wait for a title excepted
=====================================  =====================================================================
"""

import asyncio
import logging
import random
import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final, Protocol

from discarr.core.clock import Clock
from discarr.core.errors import DiscarrError, StoreError
from discarr.core.events import EventKind
from discarr.core.store import Store, outbox, records
from discarr.core.store.outbox import OutboxRow, Outgoing, PostedMessage
from discarr.core.supervision import supervise
from discarr.monitoring.alerts.brake import MESSAGES_WINDOW_S, Brake
from discarr.monitoring.alerts.content import (
    Content,
    DigestContent,
    NoticeContent,
    OverflowContent,
    ReadyContent,
    StoryContent,
    decode,
    encode,
)
from discarr.monitoring.alerts.routes import ALERTS, Route, fallback
from discarr.monitoring.waiting import wait_for_any

_log = logging.getLogger(__name__)

NONCE_WINDOW: Final = timedelta(minutes=2)
"""How long Discord is trusted to know a nonce: "the past few minutes"."""
OVERFLOW_AT: Final = 10
"""More new messages than this waiting for one route become one."""
TOLD_ELSEWHERE: Final = PostedMessage(channel_id=0, message_id=0)
"""Stands for the message of a story that was only counted in an overflow: there is nothing to edit."""
_MAX_AGE: Final = timedelta(days=7)
_FIRST_PAUSE_S = 2.0
_SHORTEST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 45.0
"""Between the beginnings of two attempts. Whatever Discord was like before: a minute after its return
everything is told."""
_BATCH = 200
_IDLE_S = 30.0
_SHORTEST_WAIT_S = 0.25


class SinkError(DiscarrError):
    """A message could not be delivered; `reason` is plain, and safe for Discord."""

    def __init__(self, reason: str, *, retry_after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after_s = retry_after_s


class NotNow(SinkError):
    """It was certainly not sent, and may be later."""


class OutcomeUnknown(SinkError):
    """It may have been sent, or not."""


class RouteRefused(SinkError):
    """It can never be sent there: the place is gone, or forbidden."""


class ContentRefused(SinkError):
    """It can never be sent as it is."""


class Sink(Protocol):
    """Where messages go. Every call is bounded in time and raises `SinkError` kinds only."""

    ready: asyncio.Event
    """Set while messages can be sent at all."""

    async def channel_of(self, route: Route) -> int:
        """Return the id of the channel a route leads to, making it if need be."""

    async def send(self, route: Route, content: Content, *, row_id: int, nonce: str) -> PostedMessage:
        """Send a new message."""

    async def edit(self, posted: PostedMessage, content: Content) -> None:
        """Change a message; one that somebody deleted is left alone."""

    async def find(self, route: Route, row_id: int) -> PostedMessage | None:
        """Look for a message that may have been sent, among the latest of its channel."""


class Dispatcher:
    """Empties the outbox."""

    def __init__(self, store: Store, sink: Sink, *, clock: Clock, filled: asyncio.Event) -> None:
        """`filled` is set by whoever puts something into the outbox."""
        self.dead_count = 0
        """Messages that could not be told to anybody."""
        self._store = store
        self._sink = sink
        self._clock = clock
        self._filled = filled
        self._pauses: dict[str, tuple[int, float]] = {}
        """By route: failures in a row, and until when it waits (monotonic)."""
        self._brake = Brake(clock)
        self._epoch = ""
        """Tells the nonces of this database from those of another one with the same row ids."""

    @property
    def is_held_up(self) -> bool:
        """Whether a route waits after a failure."""
        now = self._clock.monotonic()
        return any(until > now for _, until in self._pauses.values())

    async def load(self) -> None:
        """Learn what earlier runs left.

        Raises:
            StoreError: the store does not answer.
        """
        await self.recount()
        now = self._clock.now()
        since = now - timedelta(seconds=MESSAGES_WINDOW_S)
        sent = await self._store.run(lambda connection: outbox.sent_since(connection, since))
        self._brake.remember(
            {route: [(now - at).total_seconds() for at in moments] for route, moments in sent.items()}
        )
        fresh = secrets.token_hex(3)
        self._epoch = await self._store.run(lambda connection: records.keep_meta(connection, "epoch", fresh))

    async def recount(self) -> None:
        """Count the dead messages anew."""
        now = self._clock.now()
        self.dead_count = (await self._store.run(lambda connection: outbox.count(connection, now))).dead

    async def run(self) -> None:
        """Deliver until cancelled."""
        await supervise("dispatcher", self._deliver_and_wait, clock=self._clock, log=_log)

    async def deliver(self) -> None:
        """Try everything that is due, once."""
        now = self._clock.now()
        paused = self._paused()
        rows = await self._store.run(
            lambda connection: outbox.due(connection, now, limit=_BATCH, except_for=paused)
        )
        by_route: dict[str, list[OutboxRow]] = {}
        for row in rows:
            by_route.setdefault(row.route, []).append(row)
        async with asyncio.TaskGroup() as group:
            for route, waiting in by_route.items():
                group.create_task(self._deliver_route(route, waiting), name=f"deliver-{route}")

    async def _deliver_and_wait(self) -> None:
        if not self._sink.ready.is_set():
            await wait_for_any(self._clock, _IDLE_S, self._sink.ready)
            return
        self._filled.clear()
        try:
            await self.deliver()
            wait_s = await self._wait_s()
        except* StoreError as trouble:
            _log.debug("The outbox cannot be used: %s", trouble.exceptions[0])
            wait_s = _IDLE_S
        await wait_for_any(self._clock, wait_s, self._filled)

    async def _wait_s(self) -> float:
        """How long nothing can be due: until the next message, or the end of a route's pause."""
        paused = self._paused()
        due_at = await self._store.run(lambda connection: outbox.next_due(connection, except_for=paused))
        until_due = (due_at - self._clock.now()).total_seconds() if due_at is not None else _IDLE_S
        return max(_SHORTEST_WAIT_S, min(until_due, _IDLE_S, *paused.values()))

    def _paused(self) -> dict[str, float]:
        """Return the routes that wait, and for how many seconds still."""
        now_s = self._clock.monotonic()
        return {route: until_s - now_s for route, (_, until_s) in self._pauses.items() if until_s > now_s}

    async def _deliver_route(self, route: str, rows: Sequence[OutboxRow]) -> None:
        rows = await self._without_overflow(route, rows)
        for row in rows:
            began_s = self._clock.monotonic()
            try:
                await self._deliver_one(row)
            except (NotNow, OutcomeUnknown) as failure:
                await self._put_back(row, failure, began_s)
                return
            except (RouteRefused, ContentRefused) as failure:
                await self._give_up(row, failure)
            else:
                self._pauses.pop(route, None)

    async def _deliver_one(self, waiting: OutboxRow) -> None:
        route = _route(waiting)
        _content(waiting)
        channel_id = await self._sink.channel_of(route)
        posted = None if waiting.is_new else await self._posted(waiting)
        if posted is None:
            await self._send_new(waiting, route, channel_id)
            return
        row = await self._claim(waiting)
        if row is not None:
            if posted != TOLD_ELSEWHERE:
                await self._sink.edit(posted, _content(row))
            await self._mark_sent(row, None)

    async def _send_new(self, waiting: OutboxRow, route: Route, channel_id: int) -> None:
        self._brake.settle(waiting.route, channel_id)
        if self._brake.wait_s(channel_id) > 0:
            await self._settle_brake()
        wait_s = self._brake.wait_s(channel_id)
        if wait_s > 0:
            raise NotNow("There were too many messages at once.", retry_after_s=wait_s)
        # Taken before anything is awaited: several routes can lead to one channel.
        taken = self._brake.take(channel_id)
        try:
            posted = await self._hand_over(waiting, route)
        except (NotNow, RouteRefused, ContentRefused):
            self._brake.give_back(channel_id, taken)
            raise
        if posted is None:
            self._brake.give_back(channel_id, taken)

    async def _settle_brake(self) -> None:
        """Learn where the routes lead that an earlier process used."""
        for route in self._brake.unsettled:
            with suppress(SinkError, ValueError):
                self._brake.settle(route, await self._sink.channel_of(Route.parse(route)))

    async def _hand_over(self, waiting: OutboxRow, route: Route) -> PostedMessage | None:
        """Send a message, or find the one that was sent; None: it was withdrawn or merged meanwhile."""
        now = self._clock.now()
        row = await self._claim(waiting)
        if row is None:
            return None
        content = _content(row)
        new: PostedMessage | None = None
        is_doubtful = row.attempts > 1 and row.first_attempt_at is not None
        if is_doubtful and now - (row.first_attempt_at or now) > NONCE_WINDOW:
            new = await self._sink.find(route, row.id)
        if new is None:
            new = await self._sink.send(route, content, row_id=row.id, nonce=f"{self._epoch}-{row.id}")
        await self._mark_sent(row, new)
        return new

    async def _claim(self, row: OutboxRow) -> OutboxRow | None:
        now = self._clock.now()
        return await self._store.run(lambda connection: outbox.claim(connection, row.id, now=now))

    async def _mark_sent(self, row: OutboxRow, posted: PostedMessage | None) -> None:
        now = self._clock.now()
        await self._store.run(lambda connection: outbox.mark_sent(connection, row, posted, now=now))

    async def _posted(self, row: OutboxRow) -> PostedMessage | None:
        return await self._store.run(lambda connection: outbox.find_posted(connection, row.story, row.route))

    async def _put_back(self, row: OutboxRow, failure: SinkError, began_s: float) -> None:
        """Let a route wait. An attempt that hung for long has waited already: `began_s` is when it began."""
        failures = self._pauses.get(row.route, (0, 0.0))[0] + 1
        pause_s = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2.0 ** min(failures - 1, 10))
        pause_s *= random.uniform(0.5, 1.0)  # noqa: S311 - no secret depends on it  # nosec B311
        now_s = self._clock.monotonic()
        until_s = max(began_s + pause_s, now_s + max(_SHORTEST_PAUSE_S, failure.retry_after_s))
        self._pauses[row.route] = failures, until_s
        if failures == 1:
            _log.warning("A message waits for Discord: %s", failure.reason)
        if self._clock.now() - row.created_at > _MAX_AGE:
            await self._bury(row, failure.reason)
            return
        # What an earlier attempt left in doubt is not settled by a later one that certainly failed.
        is_certain = isinstance(failure, NotNow) and row.state == "pending"
        await self._store.run(
            lambda connection: outbox.put_back(
                connection, row.id, error=failure.reason, was_certainly_not_sent=is_certain
            )
        )

    async def _give_up(self, row: OutboxRow, failure: SinkError) -> None:
        other = _fallback(row) if isinstance(failure, RouteRefused) else None
        if other is None or str(other) in (*row.tried, row.route):
            await self._bury(row, failure.reason)
            return
        _log.warning("A message goes another way (%s instead of %s): %s", other, row.route, failure.reason)
        await self._store.run(
            lambda connection: outbox.reroute(connection, row, str(other), error=failure.reason)
        )
        self._filled.set()

    async def _bury(self, row: OutboxRow, reason: str) -> None:
        now = self._clock.now()
        if await self._store.run(
            lambda connection: outbox.mark_dead(connection, row.id, error=reason, now=now)
        ):
            self.dead_count += 1
            _log.error("A message could not be told to anybody: %s", reason)

    async def _without_overflow(self, route: str, rows: Sequence[OutboxRow]) -> Sequence[OutboxRow]:
        """Let one message stand for new ones if there are too many of them."""
        new = [row for row in rows if await self._is_expendable(row)]
        if len(new) <= OVERFLOW_AT:
            return rows
        now = self._clock.now()
        merged = Outgoing(
            story=f"overflow:{new[0].id}",
            route=route,
            content=encode(
                OverflowContent(counts=_counts(map(_content, new)), since=min(row.created_at for row in new))
            ),
            not_before=now,
        )
        await self._store.run(
            lambda connection: outbox.merge(connection, new, merged, told=TOLD_ELSEWHERE, now=now)
        )
        self._filled.set()
        gone = {row.id for row in new}
        return [row for row in rows if row.id not in gone]

    async def _is_expendable(self, row: OutboxRow) -> bool:
        if row.state != "pending" or row.is_new:
            return False
        try:
            content = _content(row)
        except ContentRefused:
            return False
        return not isinstance(content, OverflowContent) and await self._posted(row) is None


def _route(row: OutboxRow) -> Route:
    try:
        return Route.parse(row.route)
    except ValueError:
        raise RouteRefused("Its place is unknown to this version of Discarr.") from None


def _fallback(row: OutboxRow) -> Route | None:
    try:
        return fallback(Route.parse(row.route))
    except ValueError:
        return fallback(ALERTS)


def _content(row: OutboxRow) -> Content:
    try:
        return decode(row.content)
    except ValueError:
        raise ContentRefused("It was written by another version of Discarr.") from None


def _counts(contents: Iterable[Content]) -> dict[EventKind, int]:
    counts: Counter[EventKind] = Counter()
    for content in contents:
        match content:
            case StoryContent():
                counts[content.kind] += content.total
            case DigestContent():
                counts.update(content.counts)
            case NoticeContent():
                counts[content.kind] += 1
            case ReadyContent() | OverflowContent():
                pass
    return dict(counts)
