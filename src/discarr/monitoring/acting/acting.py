"""Everything about acting, put together: what is asked, written down, carried out and looked after."""

from typing import Final

from discarr.core.clock import Clock
from discarr.core.store import Store
from discarr.monitoring.acting.board import Board
from discarr.monitoring.acting.desk import ActionDesk, Limits
from discarr.monitoring.acting.executor import Executor, LevelOf
from discarr.monitoring.acting.journal import Journal
from discarr.monitoring.cache_manager import CacheManager
from discarr.utils.permissions import Grants

LIMITS: Final = Limits(per_run=50, per_day=200)


class Acting:
    """One running executor; people's requests go to `desk`."""

    def __init__(
        self,
        cache: CacheManager,
        store: Store,
        *,
        clock: Clock,
        grants: Grants,
        level_of: LevelOf,
        limits: Limits = LIMITS,
    ) -> None:
        """`level_of` says how far somebody is trusted at the moment at which their wish is carried out."""
        journal, board = Journal(store, clock=clock), Board()
        self._executor = Executor(cache, journal, board, clock=clock, grants=grants, level_of=level_of)
        self.desk = ActionDesk(
            cache, journal, board, clock=clock, grants=grants, limits=limits, wake=self._executor.wake
        )

    async def run(self) -> None:
        """Carry out what is confirmed until cancelled."""
        await self._executor.run()
