"""Keeps Discarr far away from the 1,000 IDENTIFYs in 24 h after which Discord resets a bot's token."""

from datetime import datetime, timedelta
from typing import Final, Protocol

from discarr.core.clock import Clock

HOURLY_LIMIT: Final = 20
DAILY_LIMIT: Final = 200
RECHECK_INTERVAL_S: Final = 900.0
"""How long to wait before asking again whether the budget has recovered."""


class IdentifyLog(Protocol):
    """Remembers IDENTIFYs across restarts: a container that dies every ten seconds must not forget them."""

    async def record(self, at: datetime) -> None:
        """Remember one IDENTIFY."""

    async def count_since(self, since: datetime) -> int:
        """Count the IDENTIFYs after `since`, which is at most 24 h ago."""


class IdentifyBudget:
    """Counts IDENTIFYs and says when there have been too many."""

    def __init__(self, log: IdentifyLog, *, clock: Clock) -> None:
        self._log = log
        self._clock = clock

    async def is_spent(self) -> bool:
        """Whether the last hour or the last day has seen too many."""
        now = self._clock.now()
        if await self._log.count_since(now - timedelta(hours=1)) > HOURLY_LIMIT:
            return True
        return await self._log.count_since(now - timedelta(days=1)) > DAILY_LIMIT

    async def record(self) -> None:
        """Count one IDENTIFY that is about to be sent."""
        await self._log.record(self._clock.now())
