"""Clean-up as the rest of Discarr sees it: it watches by itself, and proposes when somebody asks.

Nothing here removes anything: that is for a person to confirm, and for others to do.
"""

import logging
from functools import partial
from typing import Final

from discarr.core.cleanup_config import CleanupConfig
from discarr.core.clock import Clock
from discarr.core.errors import StoreError
from discarr.core.models import Download
from discarr.core.slices import run_in_slices
from discarr.core.store import Store
from discarr.core.supervision import supervise
from discarr.monitoring.cache_manager import CacheManager, Subscription
from discarr.monitoring.cleanup.candidates import Candidate, Collection
from discarr.monitoring.cleanup.collector import collect_in_slices
from discarr.monitoring.cleanup.grounds import Grounds
from discarr.monitoring.cleanup.guards import Guard, GuardKind
from discarr.monitoring.cleanup.signs import Progress, progress_of
from discarr.monitoring.cleanup.watch import CleanupWatch
from discarr.monitoring.progress_tracker import ProgressTracker

_log = logging.getLogger(__name__)

_RETRY_S: Final = 30.0


class CleanupDesk:
    """Knows what is worth removing, and how every download gets on."""

    def __init__(
        self,
        cache: CacheManager,
        tracker: ProgressTracker,
        store: Store,
        *,
        settings: CleanupConfig,
        clock: Clock,
        interval_s: float,
    ) -> None:
        """`interval_s` is how often instances are refreshed."""
        self.watch = CleanupWatch(
            settings,
            tracker,
            store,
            clock=clock,
            interval_s=interval_s,
            libraries={client.config.id: client.library for client in cache.clients},
        )
        self._cache = cache
        self._tracker = tracker
        self._store = store
        self._clock = clock
        self._is_loaded = False

    async def run(self) -> None:
        """Watch until cancelled."""
        await self._load()
        with self._cache.subscribe() as subscription:
            subscription.changed.set()
            look = partial(self._look_at_next, subscription)
            await supervise("cleanup", look, clock=self._clock, log=_log)

    async def collect(self, *, removed_today: int = 0) -> Collection:
        """Return what is worth removing now, from memory, and why the rest of what is in trouble is not.

        `removed_today` is how many downloads clean-up has removed today.

        Raises:
            StoreError: nobody can tell whether clean-up is allowed.
        """
        disarmed_since = await self._store.cleanup_disarmed_since()
        if not self._is_loaded:
            return Collection(guards=(Guard(kind=GuardKind.NO_MEMORY),))
        steps = collect_in_slices(
            self._cache.snapshot, self.watch, removed_today=removed_today, disarmed_since=disarmed_since
        )
        return await run_in_slices(steps, self._clock)

    def grounds(self, candidate: Candidate) -> Grounds:
        """Return what speaks for a candidate, to be judged again when something is done."""
        return Grounds.of(
            candidate.download,
            candidate.rule,
            slow_bytes_s=self.watch.terms.limits.slow_bytes_s,
            now=self._clock.now(),
        )

    def progress(self, download: Download) -> Progress:
        """Say how a download of the present snapshot gets on: from memory, about 10 µs each."""
        return progress_of(
            download,
            self._tracker.estimate(download.key),
            average_bytes_s=self.watch.sight(download.instance).rates.get(download.key),
            slow_bytes_s=self.watch.terms.limits.slow_bytes_s,
        )

    async def _load(self) -> None:
        """Learn what earlier runs saw, however long the store takes to answer."""
        is_told = False
        while not self._is_loaded:
            try:
                await self.watch.load()
            except StoreError as error:
                if not is_told:
                    is_told = True
                    _log.error("Clean-up cannot begin yet: %s. %s", error, error.remedy)
                await self._clock.sleep(_RETRY_S)
            else:
                self._is_loaded = True

    async def _look_at_next(self, subscription: Subscription) -> None:
        snapshot = await anext(subscription)
        await self._tracker.take_in(snapshot)
        await self.watch.observe(snapshot)
