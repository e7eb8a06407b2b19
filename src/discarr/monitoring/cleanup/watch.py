"""Looks at every snapshot and strikes what is in trouble.

A strike is an observation: a refresh that the app made, a while after the last one, of an instance that
nothing speaks against (`guards`). Only changes are stored, those of one look in one transaction, and what
could not be stored has not happened.
"""

import asyncio
import logging
from collections.abc import Generator, Mapping

from discarr.core.cleanup_config import CleanupConfig, CleanupRule
from discarr.core.clock import Clock
from discarr.core.errors import StoreError
from discarr.core.models import InstanceSnapshot, QueueSnapshot
from discarr.core.slices import run_in_slices
from discarr.core.store import Connection, Store
from discarr.core.store.strikes import forget_strikes, load_strikes, put_strikes
from discarr.monitoring.cleanup.guards import Guard, guard_of_instance, guard_of_network
from discarr.monitoring.cleanup.library import MonitoredSource, ask_library
from discarr.monitoring.cleanup.look import Look
from discarr.monitoring.cleanup.sight import Sight, WatchTime, gap_of
from discarr.monitoring.cleanup.strike_book import StrikeBook, StrikePlan, key_of
from discarr.monitoring.cleanup.terms import Terms
from discarr.monitoring.progress_tracker import ProgressTracker

_log = logging.getLogger(__name__)


class CleanupWatch:
    """Knows how long which downloads have been in trouble.

    `observe` is to be called with every snapshot, after the tracker has seen it. `interval_s` is how often
    instances are refreshed. `libraries` tell by instance id what is monitored; without them that rule rests.
    """

    def __init__(
        self,
        settings: CleanupConfig,
        tracker: ProgressTracker,
        store: Store,
        *,
        clock: Clock,
        interval_s: float = 30.0,
        libraries: Mapping[str, MonitoredSource] | None = None,
    ) -> None:
        self.terms = Terms.of(settings)
        self.clock = clock
        self.book = StrikeBook(())
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

    def sight(self, instance_id: str) -> Sight:
        """Return what is remembered of an instance."""
        sight = self._sights.get(instance_id)
        if sight is None:
            sight = self._sights[instance_id] = Sight(gap_s=self._gap_s)
        return sight

    def guard(self, instance: InstanceSnapshot) -> Guard | None:
        """Say why the rows of an instance prove nothing now; None when they do."""
        return guard_of_instance(instance, self.sight(instance.id), self.clock.monotonic())

    async def observe(self, snapshot: QueueSnapshot) -> None:
        """Take in a snapshot; the same again changes nothing. Trouble with the store is logged once."""
        async with self._lock:
            self._time.pass_to(self.clock.monotonic())
            looks = self._looks(snapshot)
            for look in looks:
                await self._ask_library(look)
            plan = await run_in_slices(self._plan_in_slices(looks, snapshot), self.clock)
            if not plan.is_empty and await self._store_plan(plan):
                self.book.apply(plan)

    def _looks(self, snapshot: QueueSnapshot) -> list[Look]:
        """Return the instances whose queue was read anew, and against which nothing speaks."""
        now = self.clock.monotonic()
        is_network_trouble = guard_of_network(snapshot) is not None
        looks: list[Look] = []
        for instance in snapshot.instances:
            sight = self.sight(instance.id)
            if not sight.note(instance, now):
                continue
            if is_network_trouble or self.guard(instance) is not None:
                sight.restart()
                continue
            is_due = sight.is_due(self.watch_s)
            if is_due or sight.due_at_s is None:
                sight.wait(self.watch_s + self.terms.spacing_s)
            looks.append(Look(instance=instance, sight=sight, is_due=is_due, watch_s=self.watch_s))
        return looks

    async def _ask_library(self, look: Look) -> None:
        library = self._libraries.get(look.instance.id)
        if look.is_due and library is not None and CleanupRule.UNMONITORED in self.terms.actions:
            await ask_library(
                library,
                look.instance,
                look.sight,
                struck=self.book.of(look.instance.id),
                keep=self.terms.keep,
                watch_s=look.watch_s,
            )

    def _plan_in_slices(
        self, looks: list[Look], snapshot: QueueSnapshot
    ) -> Generator[None, None, StrikePlan]:
        plan = StrikePlan()
        for look in looks:
            known = self.book.of(look.instance.id)
            yield from look.take_in_slices(known, self.terms, self._tracker, plan)
        for instance in self.book.instances() - {item.id for item in snapshot.instances}:
            # It is no longer in the settings.
            plan.gone += [key_of(item) for strikes in self.book.of(instance).values() for item in strikes]
        return plan

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
