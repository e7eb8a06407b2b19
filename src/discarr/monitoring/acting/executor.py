"""Carries out what was confirmed, in tasks of the app: an interaction owns nothing of it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from discarr.core.clock import Clock
from discarr.core.errors import StoreError
from discarr.core.supervision import contain, supervise
from discarr.monitoring.acting.board import Board
from discarr.monitoring.acting.hand import Hand, Lost
from discarr.monitoring.acting.journal import Journal
from discarr.monitoring.acting.kinds import capability_of, removal_of
from discarr.monitoring.acting.operation import Operation, OperationState, state_after
from discarr.monitoring.acting.results import Cause, ItemResult, Outcome, result_of
from discarr.monitoring.acting.verifier import GIVEN_UP_AFTER, Removed, Verifier
from discarr.monitoring.cache_manager import CacheManager
from discarr.monitoring.waiting import wait_for_any
from discarr.utils.permissions import Grants, Level

_log = logging.getLogger(__name__)

LEVEL_TIMEOUT_S: Final = 10.0
_TICK_S: Final = 60.0
_TROUBLE_S: Final = 5.0

type LevelOf = Callable[[int], Awaitable[Level | None]]
"""Says how far a person is trusted right now, by user id; None where Discord cannot be asked."""


@dataclass(slots=True, kw_only=True)
class _Run:
    """One operation while it is carried out."""

    operation: Operation
    results: dict[int, ItemResult] = field(default_factory=dict)
    unwritten: dict[int, ItemResult] = field(default_factory=dict)
    """Results that could not be stored when they came."""
    lost: Lost = field(default_factory=dict)


class Executor:
    """Takes confirmed operations, one after the other, and carries them out side by side.

    What was under way when the process ended is never done again: it is looked what came of it.
    """

    def __init__(
        self,
        cache: CacheManager,
        journal: Journal,
        board: Board,
        *,
        clock: Clock,
        grants: Grants,
        level_of: LevelOf,
    ) -> None:
        self._cache = cache
        self._journal = journal
        self._board = board
        self._clock = clock
        self._grants = grants
        self._level_of = level_of
        self._hand = Hand(cache, journal, board, clock=clock)
        self._verifier = Verifier(cache, clock=clock, on_gone=self._note_gone, on_return=self._note_return)
        self._awake = asyncio.Event()
        self._unwritten: list[Callable[[], Awaitable[None]]] = []
        self._writing = asyncio.Lock()
        self._has_recovered = False
        self._is_trouble_told = False

    def wake(self) -> None:
        """Look for what was confirmed; returns at once."""
        self._awake.set()

    async def run(self) -> None:
        """Carry out what is confirmed until cancelled, from the end of the initial load on."""
        await self._cache.initial_load_event.wait()  # what an app can do is not known before
        async with asyncio.TaskGroup() as group:
            group.create_task(self._verifier.run(), name="acting-verifier")
            await supervise("acting", partial(self._step, group), clock=self._clock, log=_log)

    async def _step(self, group: asyncio.TaskGroup) -> None:
        self._awake.clear()
        try:
            await self._write_ends()
            if not self._has_recovered:
                await self._recover(group)
            operation = await self._journal.claim()
            if operation is None:
                await self._journal.keep_house()
        except StoreError as error:
            if not self._is_trouble_told:
                _log.error("Nothing can be carried out for the moment: %s. %s", error, error.remedy)
            self._is_trouble_told = True
            await self._clock.sleep(_TROUBLE_S)
            return
        self._is_trouble_told = False
        if operation is None:
            await wait_for_any(self._clock, _TICK_S, self._awake)
            return
        self._board.put(operation)
        # Asked here and not in the operation's own task, so that they begin in the order of confirmation.
        refusal = await self._refusal(operation)
        name = f"operation-{operation.id}"
        work = partial(self._carry_out, operation, refusal)
        group.create_task(contain(name, work, log=_log), name=name)

    async def _recover(self, group: asyncio.TaskGroup) -> None:
        """Look what came of what an earlier process left."""
        for operation in await self._journal.interrupted():
            self._board.put(operation)
            name = f"operation-{operation.id}"
            group.create_task(contain(name, partial(self._resume, operation), log=_log), name=name)
        for operation in await self._journal.unverified(self._clock.now() - GIVEN_UP_AFTER):
            self._verify(operation)
        self._has_recovered = True

    async def _refusal(self, operation: Operation) -> Cause | None:
        """Return why the person who confirmed may not do it, as things stand now."""
        level: Level | None = None

        async def ask() -> None:
            nonlocal level
            try:
                async with asyncio.timeout(LEVEL_TIMEOUT_S):
                    level = await self._level_of(operation.requested_by)
            except TimeoutError:
                _log.warning("Discord did not say in time who may do what")

        await contain("asking for a level", ask, log=_log)
        if level is None:
            return Cause.LEVEL_UNKNOWN
        is_cleanup = operation.is_cleanup
        if not self._grants.allows(level, capability_of(operation.kind, is_cleanup=is_cleanup)):
            return Cause.LEVEL
        return Cause.DISARMED if is_cleanup and await self._is_disarmed() else None

    async def _is_disarmed(self) -> bool:
        try:
            return await self._journal.disarmed_since() is not None
        except StoreError:
            return True  # nothing could be written down either

    async def _carry_out(self, operation: Operation, refusal: Cause | None) -> None:
        run = _Run(operation=operation)
        places = range(len(operation.items))
        if refusal is not None:
            run.results = run.unwritten = {place: result_of(refusal) for place in places}
        else:
            async with asyncio.TaskGroup() as group:
                for place in places:
                    name = f"operation-{operation.id}-{place}"
                    work = partial(self._hand.act, operation, place, run.lost, partial(self._note, run))
                    group.create_task(contain(name, work, log=_log), name=name)
        await self._end(run)

    async def _resume(self, operation: Operation) -> None:
        run = _Run(operation=operation)
        for place, item in enumerate(operation.items):
            if item.result is not None:
                run.results[place] = item.result
        async with asyncio.TaskGroup() as group:
            for place, item in enumerate(operation.items):
                if item.result is not None:
                    continue
                if not item.is_begun:
                    await self._note(run, place, result_of(Cause.NOT_STARTED))
                    continue
                name = f"operation-{operation.id}-{place}"
                work = partial(self._resume_item, run, place)
                group.create_task(contain(name, work, log=_log), name=name)
        await self._end(run)

    async def _resume_item(self, run: _Run, place: int) -> None:
        await self._note(run, place, await self._hand.resume(run.operation, place))

    async def _note(self, run: _Run, place: int, result: ItemResult) -> None:
        """Take what came of an item: into the store if possible, and to everybody in any case."""
        run.results[place] = result
        try:
            await self._journal.note(run.operation, {place: result})
        except StoreError:
            run.unwritten[place] = result
        self._show(run.operation.id, place, result)

    def _show(self, operation_id: str, place: int, result: ItemResult) -> None:
        self._board.change_item(operation_id, place, result=result, progress=None, ended_at=self._clock.now())

    async def _end(self, run: _Run) -> None:
        """Note that an operation is over; what cannot be stored now is stored later."""
        operation = run.operation
        for place in range(len(operation.items)):
            if place not in run.results:
                run.results[place] = run.unwritten[place] = result_of(Cause.SURPRISE)
        for place, result in run.unwritten.items():
            self._show(operation.id, place, result)
        state = state_after(list(run.results.values()))
        await self._store_end(operation, state, run.unwritten)
        self._board.change(operation.id, state=state, ended_at=self._clock.now(), told_at=None)
        self._verify(self._board.get(operation.id) or operation)

    async def _store_end(
        self, operation: Operation, state: OperationState, results: Mapping[int, ItemResult]
    ) -> None:
        self._unwritten.append(partial(self._journal.end, operation, state, results))
        try:
            await self._write_ends()
        except StoreError as error:
            _log.warning("How operation %s ended cannot be stored yet: %s", operation.id, error)

    async def _write_ends(self) -> None:
        """Write down how operations ended, as soon as that is possible; the board knows it already."""
        async with self._writing:
            while self._unwritten:
                await self._unwritten[0]()
                del self._unwritten[0]

    def _verify(self, operation: Operation) -> None:
        """Look from now on whether what was removed stays away."""
        if removal_of(operation.kind) is None:
            return
        for place, item in enumerate(operation.items):
            is_done = item.result is not None and item.result.outcome is Outcome.DONE
            if is_done and item.ended_at is not None and item.is_verified is None:
                removed = Removed(
                    operation_id=operation.id, place=place, target=item.target, at=item.ended_at
                )
                self._verifier.watch(removed)

    async def _note_gone(self, removed: Removed) -> None:
        try:
            await self._journal.verify(removed.operation_id, removed.place)
        except StoreError as error:
            _log.warning("That something is gone cannot be stored: %s", error)
        if self._board.get(removed.operation_id) is not None:
            self._board.change_item(removed.operation_id, removed.place, is_verified=True)

    async def _note_return(self, removed: Removed) -> None:
        """Take back what was told: the client only pretended to remove it."""
        result = result_of(Cause.CAME_BACK)
        name = removed.operation_id
        try:
            operation = self._board.get(name) or await self._journal.find(name)
        except StoreError:
            operation = None
        if operation is None:
            _log.warning("Something came back that operation %s had removed", name)
            return
        items = list(operation.items)
        items[removed.place] = replace(items[removed.place], result=result)
        state = state_after([item.result for item in items if item.result is not None])
        self._board.put(replace(operation, items=tuple(items), state=state, told_at=None))
        await self._store_end(operation, state, {removed.place: result})
