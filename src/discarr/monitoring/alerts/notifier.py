"""Decides what is told; every decision is stored together with the messages it makes necessary.

::

    snapshots ─> Watch ─> AlertBook ──────┐
                                          ├─ one transaction ─> outbox ─> Dispatcher ─> Discord
    histories ─> steps, digests, follows ─┘
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from discarr.core.clock import Clock
from discarr.core.errors import StoreError
from discarr.core.events import EventKind, Severity
from discarr.core.models import QueueSnapshot
from discarr.core.slices import run_in_slices
from discarr.core.store import Store
from discarr.core.store.activity import HistoryCursor, StoredStep, get_cursor
from discarr.core.store.alerts import NOTHING_STORED, load_book
from discarr.core.store.follows import Follow, all_follows
from discarr.core.store.outbox import Outgoing
from discarr.core.store.records import get_meta_of
from discarr.core.supervision import supervise
from discarr.monitoring.alerts.alert import Condition, Observation
from discarr.monitoring.alerts.book import AlertBook
from discarr.monitoring.alerts.commit import News, commit
from discarr.monitoring.alerts.content import Facts, NoticeContent
from discarr.monitoring.alerts.digests import Digest, digests_in_slices
from discarr.monitoring.alerts.following import Told, tell_followers
from discarr.monitoring.alerts.quiet_hours import decode_quiet_hours
from discarr.monitoring.alerts.routes import Route, RouteKind
from discarr.monitoring.alerts.steps import Batch, Step
from discarr.monitoring.alerts.telling import Telling
from discarr.monitoring.alerts.watch import Watch
from discarr.monitoring.cache_manager import CacheManager, Subscription
from discarr.monitoring.waiting import wait_for_any

_log = logging.getLogger(__name__)

QUIET_HOURS: Final = "quiet_hours"
"""Under what name the quiet hours are stored."""
_VERSION = "version:"
"""Before an instance's id: under what name its last known version is stored."""
_TICK_S = 15.0
"""How often is looked at what becomes due by itself: delays, reminders, ends of silences."""


class Notifier:
    """Decides what is told; from then on the outbox has it."""

    def __init__(
        self,
        cache: CacheManager,
        watch: Watch,
        store: Store,
        *,
        clock: Clock,
        filled: asyncio.Event,
        undelivered: Callable[[], int],
        standing: Sequence[Observation] = (),
    ) -> None:
        """Take what to watch, and whom to tell.

        `filled` is set whenever there may be something new to send; `undelivered` counts what could not be
        told; `standing` was found at the start and stays so.
        """
        self.outbox_filled = filled
        self.book = AlertBook(NOTHING_STORED)
        """Empty until `load`."""
        self.follows: tuple[Follow, ...] = ()
        self._cache = cache
        self._watch = watch
        self._store = store
        self._clock = clock
        self._undelivered = undelivered
        self._standing = tuple(standing)
        self.lock = asyncio.Lock()
        """To be held from deciding something until the book has taken it over."""
        self._is_trouble_told = False

    async def load(self) -> None:
        """Learn what earlier runs knew.

        Raises:
            StoreError: the store does not answer.
        """
        now = self._clock.now()
        self.book = AlertBook(await self._store.run(lambda connection: load_book(connection, now)))
        self.book.quiet_hours = decode_quiet_hours(await self._store.get_meta(QUIET_HOURS))
        self.follows = tuple(await self._store.run(all_follows))
        self._watch.versions = await self._store.run(lambda connection: get_meta_of(connection, _VERSION))
        for kind in self.book.refused_rules:
            _log.warning("A stored change of the rule for %s makes no sense; its default is used", kind)

    async def run(self) -> None:
        """Look until cancelled, from the end of the initial load on."""
        await self._cache.initial_load_event.wait()
        with self._cache.subscribe() as subscription:
            subscription.changed.set()
            await supervise(
                "notifier", partial(self._look_and_wait, subscription), clock=self._clock, log=_log
            )

    async def look(self, snapshot: QueueSnapshot) -> None:
        """Decide about one snapshot. Trouble with the store is told once, and the same is decided again."""
        async with self.lock:
            now = self._clock.now()
            names = self.names
            seen = await run_in_slices(self._watch.look_in_slices(snapshot, self.book), self._clock)
            plan = await run_in_slices(
                self.book.plan_in_slices(
                    [*seen.observations, *self._standing, self._observe_undelivered()],
                    names=names,
                    now=now,
                    monotonic=self._clock.monotonic(),
                ),
                self._clock,
            )
            telling = self.telling(now)
            steps, waits = await self._digests(seen.removed, names, now)
            news = News(
                now=now,
                plan=plan,
                steps=steps,
                digests=waits,
                meta={f"{_VERSION}{instance}": version for instance, version in seen.versions.items()},
            )
            for instance, version in seen.versions.items():
                if instance in self._watch.versions:
                    news.outgoing += telling.once(
                        f"version:{instance}",
                        _updated(names.get(instance, instance), self._watch.versions[instance], version, now),
                        EventKind.VERSION,
                        is_hidden=self._watch.hides(instance),
                    )
            if not await self._commit(news, telling):
                return
            self.book.apply(plan)
            self._watch.versions |= seen.versions

    @property
    def names(self) -> dict[str, str]:
        """Display names of the configured instances, by id."""
        return {item.id: item.name for item in self._cache.snapshot.instances}

    def telling(self, now: datetime) -> Telling:
        """Return what makes messages by the present rules."""
        return Telling(self.book.rules, self.book.quiet_hours, self.names, now)

    async def cursor(self, instance_id: str) -> HistoryCursor | None:
        """Return how far the history of an instance was read.

        Raises:
            StoreError: the store does not answer.
        """
        return await self._store.run(lambda connection: get_cursor(connection, instance_id))

    async def take_history(self, batch: Batch) -> bool:
        """Tell of what a history says, and note how far it was read; False: it has to be read again."""
        async with self.lock:
            now = self._clock.now()
            names = self.names
            telling = self.telling(now)
            steps, waits = await self._digests(batch.steps, names, now)
            told = tell_followers(self.follows, batch.steps, names.get(batch.instance, batch.instance))
            news = News(
                now=now,
                steps=steps,
                digests=waits,
                missed_from=batch.missed_from,
                cursor=batch.cursor,
                followers=told,
                outgoing=list(_to_followers(told, telling)),
            )
            if not await self._commit(news, telling):
                return False
            changed = {follow.id: follow for follow in told.changed}
            self.follows = tuple(
                changed.get(follow.id, follow) for follow in self.follows if follow.id not in told.ended
            )
            self._watch.note_history(batch.instance, batch.steps)
            return True

    async def _digests(
        self, steps: Iterable[Step], names: Mapping[str, str], now: datetime
    ) -> tuple[list[StoredStep], dict[Digest, float]]:
        return await run_in_slices(digests_in_slices(steps, self.book.rules, names, now), self._clock)

    async def _look_and_wait(self, subscription: Subscription) -> None:
        await wait_for_any(self._clock, _TICK_S, subscription.changed)
        await self.look(subscription.take())

    async def store_news(self, news: News, telling: Telling) -> None:
        """Store news and their messages in one transaction.

        Raises:
            StoreError: nothing of it was stored.
        """
        if not news.is_empty:
            await self._store.run(lambda connection: commit(connection, news, telling))
            if news.has_messages:
                self.outbox_filled.set()

    async def _commit(self, news: News, telling: Telling) -> bool:
        """Do the same; False when that is not possible now, which is told once."""
        try:
            await self.store_news(news, telling)
        except StoreError as error:
            if not self._is_trouble_told:
                self._is_trouble_told = True
                _log.error("Nothing can be told for the moment: %s. %s", error, error.remedy)
            return False
        self._is_trouble_told = False
        return True

    def _observe_undelivered(self) -> Observation:
        count = self._undelivered()
        condition = Condition(kind=EventKind.UNDELIVERED, instance=None, subject="", facts=Facts(count=count))
        return Observation(
            kind=EventKind.UNDELIVERED, instance=None, conditions=(condition,) if count else ()
        )


def _updated(name: str, before: str, after: str, now: datetime) -> NoticeContent:
    return NoticeContent(
        kind=EventKind.VERSION,
        severity=Severity.INFO,
        title=f"{name} was updated",
        lines=(f"From {before} to {after}",),
        at=now,
    )


def _to_followers(told: Told, telling: Telling) -> Iterable[Outgoing]:
    for content in told.ready:
        yield from telling.once("ready", content, EventKind.READY)
    for user_id, content in told.in_private:
        route = Route(RouteKind.USER, user_id)
        yield from telling.once("ready", content, EventKind.READY, is_hidden=True, routes=(route,))
