"""Everything about acting on the queue, put together: what takes requests, writes them down and does them."""

from discarr.core.clock import Clock
from discarr.core.store import Store
from discarr.monitoring.acting.board import Board
from discarr.monitoring.acting.desk import ActionDesk, Limits
from discarr.monitoring.acting.executor import Executor, LevelOf
from discarr.monitoring.acting.journal import Journal
from discarr.monitoring.cache_manager import CacheManager
from discarr.utils.permissions import Grants


class Acting:
    """One running engine; people's requests go to `desk`."""

    def __init__(
        self,
        cache: CacheManager,
        store: Store,
        *,
        clock: Clock,
        grants: Grants,
        limits: Limits,
        level_of: LevelOf,
    ) -> None:
        """`level_of` is asked again right before anything is done."""
        board = Board()
        journal = Journal(store, clock=clock)
        self._executor = Executor(cache, journal, board, clock=clock, grants=grants, level_of=level_of)
        self.desk = ActionDesk(
            cache, journal, board, clock=clock, grants=grants, limits=limits, wake=self._executor.wake
        )

    async def run(self) -> None:
        """Carry out what is confirmed until cancelled."""
        await self._executor.run()
