"""What the database needs once a day: old rows go, a backup is made, room is given back."""

import logging
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from discarr.core.clock import Clock
from discarr.core.errors import StoreError
from discarr.core.store.database import Store
from discarr.core.supervision import supervise

_DAY = timedelta(days=1)
_FIRST_AFTER_S = 300.0
"""A machine without a clock of its own has asked for the time by then, and the start is over."""
_LOOK_EVERY_S = 3600.0

type Pruner = Callable[[sqlite3.Connection, datetime], None]
"""Deletes what is too old at an instant, in a transaction of its own; few enough rows not to take long."""

PRUNERS: tuple[Pruner, ...] = ()

_log = logging.getLogger(__name__)


async def keep_backups(store: Store, *, clock: Clock, pruners: Sequence[Pruner] = PRUNERS) -> None:
    """Look after the database once a day, until cancelled; soon after a start if the last time was long ago.

    Trouble is logged once and tried again the next day, whatever part of the work it stopped.
    """
    upkeep = _Upkeep(store, clock, pruners)
    await clock.sleep(_FIRST_AFTER_S)
    await supervise("The upkeep of the database", upkeep.step, clock=clock, log=_log)


class _Upkeep:
    def __init__(self, store: Store, clock: Clock, pruners: Sequence[Pruner]) -> None:
        self._store = store
        self._clock = clock
        self._pruners = pruners
        self._tried_at: datetime | None = None
        self._is_failing = False

    async def step(self) -> None:
        """Do what is due, and wait: not a whole day, because timers stand still in a sleeping machine."""
        if await self._is_due():
            # Whatever happens then, it is not tried again before tomorrow.
            self._tried_at = self._clock.now()
            await self._look_after()
        await self._clock.sleep(_LOOK_EVERY_S)

    async def _is_due(self) -> bool:
        try:
            last = self._tried_at or await self._store.last_backup_at()
        except StoreError:
            return True  # which says what is wrong
        # The last time may lie in the future, after a clock that was ahead.
        return last is None or not last <= self._clock.now() < last + _DAY

    async def _look_after(self) -> None:
        trouble: StoreError | None = None
        now = self._clock.now()
        work: list[Callable[[], Awaitable[None]]] = [
            partial(self._prune, item, now) for item in self._pruners
        ]
        # Pruning first: it may make the room that the backup needs.
        for do in (*work, self._store.back_up, self._store.tidy):
            try:
                await do()
            except StoreError as error:
                trouble = trouble or error
        if trouble and not self._is_failing:
            _log.warning("The daily backup of the database failed: %s. %s", trouble, trouble.remedy)
        elif self._is_failing and not trouble:
            _log.info("The daily backup of the database works again")
        self._is_failing = trouble is not None

    async def _prune(self, pruner: Pruner, now: datetime) -> None:
        await self._store.run(lambda connection: pruner(connection, now))
