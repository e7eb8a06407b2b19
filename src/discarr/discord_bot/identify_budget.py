"""Keeps Discarr far away from the 1,000 IDENTIFYs in 24 h after which Discord resets a bot's token."""

import logging
from collections import deque
from datetime import datetime, timedelta
from typing import Final, Protocol

from discarr.core.clock import Clock
from discarr.core.errors import StoreError

_log = logging.getLogger(__name__)

HOURLY_LIMIT: Final = 20
DAILY_LIMIT: Final = 200
RECHECK_INTERVAL_S: Final = 900.0
"""How long to wait before asking again whether the budget has recovered."""


class IdentifyLog(Protocol):
    """Remembers IDENTIFYs across restarts: a container that dies every ten seconds must not forget them."""

    async def record(self, at: datetime) -> None:
        """Remember one IDENTIFY."""

    async def count_since(self, since: datetime) -> int:
        """Count the IDENTIFYs between `since`, which is at most 24 h ago, and now."""


class IdentifyBudget:
    """Counts IDENTIFYs and says when there have been too many.

    A log that cannot be used (a full disk) costs the memory of earlier runs, not the connection.
    """

    def __init__(self, log: IdentifyLog, *, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._of_this_run: deque[datetime] = deque(maxlen=DAILY_LIMIT + 1)

    async def is_spent(self) -> bool:
        """Whether the last hour or the last day has seen too many."""
        now = self._clock.now()
        if await self._count(now - timedelta(hours=1), now) > HOURLY_LIMIT:
            return True
        return await self._count(now - timedelta(days=1), now) > DAILY_LIMIT

    async def record(self) -> None:
        """Count one IDENTIFY that is about to be sent."""
        now = self._clock.now()
        self._of_this_run.append(now)
        try:
            await self._log.record(now)
        except StoreError as exc:
            _log.warning("The connection to Discord could not be noted: %s. %s", exc, exc.remedy)

    async def _count(self, since: datetime, now: datetime) -> int:
        # A clock that was ahead must not make an IDENTIFY count for ever.
        in_this_run = sum(since < at <= now for at in self._of_this_run)
        try:
            return max(in_this_run, await self._log.count_since(since))
        except StoreError:
            return in_this_run
