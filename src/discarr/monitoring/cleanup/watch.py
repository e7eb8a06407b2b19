"""Looks at every snapshot and strikes what is in trouble.

A strike is an observation: a refresh that the app made, a while after the last one, of an instance that
nothing speaks against (`guards`). Only changes are stored, those of one look in one transaction, and what
could not be stored has not happened.
"""

import asyncio
import logging
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Final

from discarr.core.cleanup_settings import CleanupRule, CleanupSettings
from discarr.core.clock import Clock
from discarr.core.errors import StoreError
from discarr.core.models import Download, InstanceSnapshot, QueueSnapshot
from discarr.core.slices import run_in_slices
from discarr.core.store import Connection, Store
from discarr.core.store.strikes import forget_strikes, load_strikes, put_strikes
from discarr.monitoring.cleanup.guards import Guard, guard_of_instance, guard_of_network
from discarr.monitoring.cleanup.library import MonitoredSource, ask_library
from discarr.monitoring.cleanup.protection import Keep
from discarr.monitoring.cleanup.rules import Seen, expects_data, is_understood, judge, limits_of
from discarr.monitoring.cleanup.sight import Mark, Sight, WatchTime, gap_of
from discarr.monitoring.cleanup.strike_book import (
    StrikeBook,
    StrikePlan,
    Strikes,
    is_about,
    key_of,
    next_strikes,
)
from discarr.monitoring.progress_tracker import ProgressTracker

_log = logging.getLogger(__name__)

_SLICE: Final = 50
"""Downloads judged between two pauses: about 1 ms of work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """One instance to look at."""

    instance: InstanceSnapshot
    sight: Sight
    is_due: bool


class CleanupWatch:
    """Knows how long which downloads have been in trouble.

    `observe` is to be called with every snapshot, after the tracker has seen it. `interval_s` is how often
    instances are refreshed. `libraries` tell by instance id what is monitored; without them that rule rests.
    """

    def __init__(
        self,
        settings: CleanupSettings,
        tracker: ProgressTracker,
        store: Store,
        *,
        clock: Clock,
        interval_s: float = 30.0,
        libraries: Mapping[str, MonitoredSource] | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.book = StrikeBook(())
        self.limits = limits_of(settings)
        self.keep = Keep.of(settings)
        self.rules = {config.rule: config for config in settings.cleanup_rules}
        """Those that are on, in order."""
        self._tracker = tracker
        self._store = store
        self._libraries = libraries or {}
        self._gap_s = gap_of(interval_s)
        self._time = WatchTime(0.0, self._gap_s)
        self._sights: dict[str, Sight] = {}
        self._lock = asyncio.Lock()
        self._is_trouble_told = False

    async def load(self) -> None:
        """Learn what earlier runs saw.

        Raises:
            StoreError: the store does not answer.
        """
        self.book = StrikeBook(await self._store.run(load_strikes))
        self._time = WatchTime(self.book.latest_s, self._gap_s)

    @property
    def watch_s(self) -> float:
        """Seconds spent watching, in this run and those before."""
        return self._time.seconds

    @property
    def spacing_s(self) -> float:
        """Watched seconds from one strike to the next, at least."""
        return 60 * self.settings.cleanup_spacing_minutes

    def sight(self, instance_id: str) -> Sight:
        """Return what is remembered of an instance."""
        return self._sights.setdefault(instance_id, Sight(gap_s=self._gap_s))

    def guard(self, instance: InstanceSnapshot) -> Guard | None:
        """Say why the rows of an instance prove nothing now; None when they do."""
        return guard_of_instance(instance, self.sight(instance.id), self.clock.monotonic())

    def seen(self, download: Download, strikes: Strikes) -> Seen:
        """Return what is known beside a download itself."""
        sight = self.sight(download.instance)
        idle_for = self._tracker.estimate(download.key).idle_for if expects_data(download) else None
        stalls = (item.left_bytes for item in strikes if item.rule == CleanupRule.STALLED)
        return Seen(
            idle_s=None if idle_for is None else idle_for.total_seconds(),
            rate_bytes_s=sight.rates.get(download.key),
            is_monitored=sight.monitored.get(download.key),
            struck_left_bytes=next(stalls, None),
        )

    def app_time(self, instance_id: str) -> datetime:
        """Return what time it is for an app, as far as that is known."""
        return self.sight(instance_id).app_time(self.clock.now(), self.clock.monotonic())

    async def observe(self, snapshot: QueueSnapshot) -> None:
        """Take in a snapshot; the same again changes nothing. Trouble with the store is logged once."""
        async with self._lock:
            self._time.pass_to(self.clock.monotonic())
            looks = self._note(snapshot)
            if CleanupRule.UNMONITORED in self.rules:
                for look in looks:
                    library = self._libraries.get(look.instance.id)
                    if look.is_due and library is not None:
                        struck = self.book.of(look.instance.id)
                        await ask_library(library, look.instance, look.sight, struck, self.keep, self.watch_s)
            plan = await run_in_slices(self._look_in_slices(looks, snapshot), self.clock)
            if not plan.is_empty and await self._store_plan(plan):
                self.book.apply(plan)

    def _note(self, snapshot: QueueSnapshot) -> list[_Look]:
        """Return the instances whose queue was read anew, and against which nothing speaks."""
        now = self.clock.monotonic()
        is_network_trouble = guard_of_network(snapshot) is not None
        looks: list[_Look] = []
        for instance in snapshot.instances:
            sight = self.sight(instance.id)
            if not sight.note(instance, now):
                continue
            if is_network_trouble or self.guard(instance) is not None:
                sight.restart()
                continue
            is_due = sight.is_due(self.watch_s)
            if is_due or sight.due_at_s is None:
                sight.wait(self.watch_s + self.spacing_s)
            looks.append(_Look(instance=instance, sight=sight, is_due=is_due))
        return looks

    def _look_in_slices(
        self, looks: list[_Look], snapshot: QueueSnapshot
    ) -> Generator[None, None, StrikePlan]:
        plan = StrikePlan()
        for look in looks:
            known = self.book.of(look.instance.id)
            for part in batched(look.instance.downloads, _SLICE):
                for download in part:
                    self._measure(download, look)
                    strikes = known.get(download.key.id, ())
                    if (look.is_due or strikes) and not download.is_pending:
                        self._strike(download, strikes, look, plan)
                yield
            if look.is_due:
                self._forget_gone(look, plan)
        self._forget_instances(snapshot, plan)
        return plan

    def _measure(self, download: Download, look: _Look) -> None:
        """Measure the rate from one observation to the next, where data is expected all the while."""
        marks, rates = look.sight.marks, look.sight.rates
        mark = marks.get(download.key)
        if not expects_data(download):
            if mark is not None:
                del marks[download.key]
                rates.pop(download.key, None)
            return
        if mark is not None and not mark.precedes(download):
            mark = None
        if look.is_due:
            rates.pop(download.key, None)
            if mark is not None:
                loaded = mark.left_bytes - download.size_left_bytes
                window_s = self.watch_s - mark.watch_s
                if window_s >= self.spacing_s:
                    rates[download.key] = loaded / window_s
                if loaded:
                    look.sight.alive_s[download.download_client] = self.watch_s
        if look.is_due or mark is None:
            marks[download.key] = Mark(self.watch_s, download.size_bytes, download.size_left_bytes)

    def _strike(self, download: Download, known: Strikes, look: _Look, plan: StrikePlan) -> None:
        """Let every rule judge a download; what cannot be judged keeps the strikes it has."""
        mine = tuple(item for item in known if is_about(item, download))
        plan.gone += [key_of(item) for item in known if item not in mine or item.rule not in self.rules]
        if not is_understood(download) or self.keep.named(download) is not None:
            return
        seen = self.seen(download, mine)
        for rule, config in self.rules.items():
            struck = next((item for item in mine if item.rule == rule), None)
            if struck is None and not look.is_due:
                continue
            after = next_strikes(
                struck,
                download,
                rule,
                judge(rule, download, seen, self.limits),
                is_due=look.is_due,
                needed=self.settings.strikes_of(config),
                watch_s=self.watch_s,
            )
            if after is not struck:
                if after is None:
                    plan.gone.append((download.instance, download.key.id, rule.value))
                else:
                    plan.put.append(after)

    def _forget_gone(self, look: _Look, plan: StrikePlan) -> None:
        """Forget what is no longer there, and keep nothing in mind of it."""
        present = {download.key for download in look.instance.downloads}
        known = self.book.of(look.instance.id)
        ids = known.keys() - {key.id for key in present}
        plan.gone += [key_of(item) for download_id in ids for item in known[download_id]]
        sight = look.sight
        for remembered in (sight.marks, sight.rates, sight.asked_s):
            for key in remembered.keys() - present:
                del remembered[key]

    def _forget_instances(self, snapshot: QueueSnapshot, plan: StrikePlan) -> None:
        """Forget instances that are no longer in the settings."""
        for instance in self.book.instances() - {item.id for item in snapshot.instances}:
            plan.gone += [key_of(item) for strikes in self.book.of(instance).values() for item in strikes]

    async def _store_plan(self, plan: StrikePlan) -> bool:
        def work(connection: Connection) -> None:
            forget_strikes(connection, plan.gone)
            put_strikes(connection, plan.put)

        try:
            await self._store.run(work)
        except StoreError as error:
            if not self._is_trouble_told:
                self._is_trouble_told = True
                _log.error("Clean-up cannot remember anything for the moment: %s. %s", error, error.remedy)
            return False
        self._is_trouble_told = False
        return True
