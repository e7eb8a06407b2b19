"""Acts on one download, the careful way.

::

    its turn ─ written down ─ read again ─ still what was confirmed? ─ sent, once ─┬─ answered ─> judge
                                                                                   └─ no answer ─> settle

Nothing lies between reading again and sending. Should the release be grabbed anew in that moment, it is hit
all the same, as the apps take no condition along; another one cannot be: a row's number is made of the
download client and the download id.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from enum import Enum, auto
from typing import Final

from discarr.clients.base import MediaClient
from discarr.core.cleanup_config import CleanupRule
from discarr.core.clock import Clock
from discarr.core.errors import (
    MediaClientError,
    Misconfigured,
    NotFound,
    StartingUp,
    StoreError,
    TimedOut,
    Unauthorized,
    Unreachable,
)
from discarr.core.models import Download, HistoryEvent, InstanceState
from discarr.monitoring.acting.board import Board
from discarr.monitoring.acting.changes import change_since
from discarr.monitoring.acting.commands import Importing, Searching
from discarr.monitoring.acting.deeds import (
    PATIENT_LOOKS_S,
    QUICK_LOOKS_S,
    Deed,
    Grabbing,
    Job,
    Removing,
)
from discarr.monitoring.acting.journal import Journal
from discarr.monitoring.acting.kinds import REMOVALS, ActionKind
from discarr.monitoring.acting.lanes import Lane
from discarr.monitoring.acting.operation import Operation, Trail
from discarr.monitoring.acting.past import last_event_of, was_grabbed
from discarr.monitoring.acting.results import (
    Cause,
    ItemResult,
    done_before,
    failed_request,
    not_tried,
    result_of,
)
from discarr.monitoring.acting.targets import is_same_grab
from discarr.monitoring.cache_manager import CacheManager

_log = logging.getLogger(__name__)

LATEST_BEGIN: Final = timedelta(minutes=15)
"""What was confirmed longer ago is not begun any more: who confirmed it no longer looks."""
_AWAY: Final = (Unreachable, TimedOut, StartingUp, Unauthorized, Misconfigured)
_ENDINGS: Final = {HistoryEvent.IMPORTED: Cause.WAS_IMPORTED, HistoryEvent.FAILED: Cause.HAD_FAILED}

type Lost = dict[str, MediaClientError]
"""Instances that could not be asked during an operation, by id, and why."""


type Note = Callable[[int, ItemResult], Awaitable[None]]
"""Takes what came of the item at a place."""


class _Sent(Enum):
    """What is known right after an app was asked to change something."""

    ANSWERED = auto()
    UNANSWERED = auto()


class Hand:
    """Acts on downloads; two of each instance at once, in the order of arrival."""

    def __init__(self, cache: CacheManager, journal: Journal, board: Board, *, clock: Clock) -> None:
        self._cache = cache
        self._journal = journal
        self._board = board
        self._clock = clock
        self._clients: Mapping[str, MediaClient] = {client.config.id: client for client in cache.clients}
        self._lanes = {instance: Lane() for instance in self._clients}

    async def act(self, operation: Operation, place: int, lost: Lost, note: Note) -> None:
        """Do what was confirmed to one download of a running operation, and note what came of it.

        It is noted before anybody else may act on the download, so that they learn who was faster.
        """
        key = operation.items[place].target.key
        client = self._clients.get(key.instance)
        if client is None:
            await note(place, result_of(Cause.NO_INSTANCE))
            return
        lane = self._lanes[key.instance]
        deed = self._deed(operation, place, client)
        async with lane.holding(key):
            async with lane.turn:
                sent = await self._attempt(operation, place, client, deed, lost)
            if isinstance(sent, ItemResult):
                await note(place, sent)
                return
            self._cache.refresh_soon(key.instance)
            if deed.needs_download_to_itself:
                await note(place, await _outcome(deed, sent))
                return
        await note(place, await _outcome(deed, sent))

    async def resume(self, operation: Operation, place: int) -> ItemResult:
        """Find out what came of an item that was begun before Discarr was restarted; nothing is sent."""
        key = operation.items[place].target.key
        client = self._clients.get(key.instance)
        if client is None:
            return result_of(Cause.NO_INSTANCE)
        deed = self._deed(operation, place, client)
        if isinstance(deed, Importing):  # it may be going on
            async with self._lanes[key.instance].holding(key):
                return await deed.settle(PATIENT_LOOKS_S)
        return await deed.settle(PATIENT_LOOKS_S)

    async def _attempt(
        self, operation: Operation, place: int, client: MediaClient, deed: Deed, lost: Lost
    ) -> ItemResult | _Sent:
        """Ask the app to do it, or say why that was not, or not successfully, done."""
        name, instance = client.config.name, client.config.id
        if instance in lost:
            return not_tried(name, lost[instance])
        if self._clock.now() - (operation.confirmed_at or operation.created_at) > LATEST_BEGIN:
            return result_of(Cause.TOO_LATE)
        try:
            await deed.prepare()
            if not await self._journal.begin(operation, place):
                return result_of(Cause.SURPRISE)
            self._board.change_item(operation.id, place, is_begun=True)
            is_monitored = await self._is_monitored(operation, place, client)
            found = await self._find(operation, place, client)
        except StoreError:
            return result_of(Cause.NO_AUDIT)
        except MediaClientError as error:
            return _failed(client, error, lost)
        if found is None:
            return await self._explain_absence(operation, place, client)
        cause = self._change(operation, place, client, found, is_monitored=is_monitored)
        if cause is not None:
            return result_of(cause)
        try:
            await deed.send(found)
        except NotFound as error:
            if deed.is_gone_when_not_found:
                return await self._look_again(operation, place, client)
            return _failed(client, error, lost)
        except MediaClientError as error:
            failed = _failed(client, error, lost)
            return _Sent.UNANSWERED if error.is_outcome_unknown else failed
        return _Sent.ANSWERED

    async def _find(self, operation: Operation, place: int, client: MediaClient) -> Download | None:
        target = operation.items[place].target
        return await client.actions.find(target.key, target.media_id)

    async def _is_monitored(self, operation: Operation, place: int, client: MediaClient) -> bool | None:
        """Ask the library about what clean-up took for no longer wanted; None: not asked, or not known."""
        target = operation.items[place].target
        if target.grounds is None or target.grounds.rule is not CleanupRule.UNMONITORED:
            return None
        shown = self._cache.snapshot.download(target.key)
        return None if shown is None else (await client.library.monitored([shown])).get(target.key)

    def _change(
        self,
        operation: Operation,
        place: int,
        client: MediaClient,
        found: Download,
        *,
        is_monitored: bool | None,
    ) -> Cause | None:
        snapshot = self._cache.snapshot.instance(client.config.id)
        return change_since(
            operation.items[place].target,
            found,
            operation.kind,
            kind=client.config.kind,
            version=snapshot.version if snapshot else None,
            now=self._clock.now(),
            is_monitored=is_monitored,
        )

    async def _look_again(self, operation: Operation, place: int, client: MediaClient) -> ItemResult:
        """Say what it means that the app does not know a row which it listed a moment ago."""
        target = operation.items[place].target
        try:
            found = await self._find(operation, place, client)
        except MediaClientError:
            return result_of(Cause.NOT_SHOWN)
        if found is not None and is_same_grab(target, found):
            return result_of(Cause.OTHER_ROWS)
        return await self._explain_absence(operation, place, client)

    async def _explain_absence(self, operation: Operation, place: int, client: MediaClient) -> ItemResult:
        """Say why a download is not in the queue, as far as anybody knows."""
        target = operation.items[place].target
        try:
            before = await self._journal.done_before(operation, place)
            if before is not None:
                return done_before(before.actor, ActionKind(before.action), before.at)
            if target.is_pending:
                if await was_grabbed(client, target):
                    return result_of(Cause.WAS_GRABBED)
            else:
                event = await last_event_of(client, target)
                if event in _ENDINGS:
                    return result_of(_ENDINGS[event])
        except (StoreError, MediaClientError) as error:
            _log.debug("%s: nothing says why something is gone: %s", client.config.id, error)
        snapshot = self._cache.snapshot.instance(client.config.id)
        is_up = snapshot is not None and snapshot.state is InstanceState.UP
        return result_of(Cause.NOT_SHOWN if is_up else Cause.EMPTY)

    def _deed(self, operation: Operation, place: int, client: MediaClient) -> Deed:
        item = operation.items[place]

        async def keep_trail(trail: Trail) -> None:
            try:
                await self._journal.follow(operation.id, place, trail)
            except StoreError as error:  # only a restart would miss it
                _log.warning("How to follow %s could not be stored: %s", operation.id, error)

        job = Job(
            client=client,
            clock=self._clock,
            target=item.target,
            files=operation.files,
            trail=item.trail,
            keep_trail=keep_trail,
            report=lambda progress: self._board.change_item(operation.id, place, progress=progress),
        )
        match operation.kind:
            case ActionKind.GRAB:
                return Grabbing(job)
            case ActionKind.SEARCH:
                return Searching(job)
            case ActionKind.IMPORT:
                return Importing(job)
            case _:
                return Removing(job, REMOVALS[operation.kind])


async def _outcome(deed: Deed, sent: _Sent) -> ItemResult:
    return await (deed.judge() if sent is _Sent.ANSWERED else deed.settle(QUICK_LOOKS_S))


def _failed(client: MediaClient, error: MediaClientError, lost: Lost) -> ItemResult:
    if isinstance(error, _AWAY):
        lost[client.config.id] = error
    return failed_request(client.config.name, error)
