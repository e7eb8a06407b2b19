"""Whether what was removed is really gone, by later readings of the queue.

The apps drop a download from their list as soon as they have told the download client. Where that only
pretends, the download is back once the app has asked it again.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from discarr.core.clock import Clock
from discarr.core.models import InstanceSnapshot
from discarr.core.supervision import supervise
from discarr.monitoring.acting.targets import Target, is_same_grab
from discarr.monitoring.cache_manager import CacheManager, Subscription

_log = logging.getLogger(__name__)

SETTLED_AFTER: Final = timedelta(seconds=5)
"""A reading that began sooner may show what was."""
SURE_AFTER: Final = timedelta(minutes=2)
"""The apps ask their download clients every 60 to 90 s."""
GIVEN_UP_AFTER: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """Something that was taken off a queue."""

    operation_id: str
    place: int
    target: Target
    at: datetime


class Verifier:
    """Watches the snapshots for what was removed."""

    def __init__(
        self,
        cache: CacheManager,
        *,
        clock: Clock,
        on_gone: Callable[[Removed], Awaitable[None]],
        on_return: Callable[[Removed], Awaitable[None]],
    ) -> None:
        """Exactly one of the callbacks is called for each removal, or none where nothing could be read."""
        self._cache = cache
        self._clock = clock
        self._on_gone = on_gone
        self._on_return = on_return
        self._watched: list[Removed] = []

    def watch(self, removed: Removed) -> None:
        """Look from now on whether something stays away."""
        self._watched.append(removed)

    async def run(self) -> None:
        """Look at every snapshot until cancelled."""
        with self._cache.subscribe() as subscription:
            await supervise("verifier", partial(self._step, subscription), clock=self._clock, log=_log)

    async def _step(self, subscription: Subscription) -> None:
        snapshot = await anext(subscription)
        now = self._clock.now()
        watched, self._watched = self._watched, []
        for removed in watched:
            instance = snapshot.instance(removed.target.key.instance)
            is_back = _is_back(removed, instance)
            if is_back is None:
                if now - removed.at < GIVEN_UP_AFTER:
                    self._watched.append(removed)
            elif is_back:
                await self._on_return(removed)
            else:
                await self._on_gone(removed)


def _is_back(removed: Removed, instance: InstanceSnapshot | None) -> bool | None:
    """Whether it is back; None while that cannot be told."""
    if instance is None or instance.is_stale or instance.attempted_at is None:
        return None
    age = instance.attempted_at - removed.at
    if age < SETTLED_AFTER:
        return None
    for download in instance.downloads:
        if download.key == removed.target.key:
            return is_same_grab(removed.target, download)
    is_looked_at = instance.data_as_of is None or instance.data_as_of > removed.at
    return False if age >= SURE_AFTER and is_looked_at else None
