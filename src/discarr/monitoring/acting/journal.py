"""What is written down about operations: each step, with its line in the audit trail, in one transaction.

What cannot be written down does not happen: every method raises `StoreError` then, and nothing has changed.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from discarr.core.clock import Clock
from discarr.core.models import DownloadKey
from discarr.core.store import Connection, Store, audit, operations, recovery
from discarr.core.store.audit import AuditEntry, AuditLine
from discarr.monitoring.acting.entries import (
    armed_entry,
    asked_by,
    begun_entry,
    confirmed_entry,
    refused_confirmation_entry,
    refused_entry,
    result_entry,
)
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.operation import (
    Operation,
    OperationState,
    Person,
    Trail,
    from_stored,
    to_stored,
)
from discarr.monitoring.acting.refusals import ActionRefused, Refusal
from discarr.monitoring.acting.results import ItemResult, Outcome

_DAY: Final = timedelta(days=1)
_LOOK_BACK: Final = timedelta(minutes=10)
"""How much older than the question a deed may be that explains why something is gone."""


class Journal:
    """Writes down what is asked, confirmed, begun and ended."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    @property
    def is_lasting(self) -> bool:
        """Whether what is written down outlives the process."""
        return self._store.is_persistent

    async def add(self, operation: Operation) -> None:
        """Write down what somebody asks for."""
        stored = to_stored(operation)
        await self._store.run(lambda connection: operations.add(connection, stored))

    async def find(self, operation_id: str) -> Operation | None:
        """Return an operation; None when there is none of that id (any more)."""
        stored = await self._store.run(lambda connection: operations.find(connection, operation_id))
        return None if stored is None else from_stored(stored)

    async def refuse(self, entry: AuditEntry) -> None:
        """Write down that a person asked in vain; the same within a minute is written down once."""
        await self._store.run(lambda connection: audit.append_once(connection, entry))

    async def confirm(
        self, operation_id: str, person: Person, *, typed_count: int | None, per_day: int, is_allowed: bool
    ) -> Operation | ActionRefused:
        """Confirm an operation, if that is possible; either way it is written down.

        `per_day` bounds the downloads that are cleaned up. `is_allowed` is whether the person may.
        """
        now = self._clock.now()

        def work(connection: Connection) -> Operation | ActionRefused:
            found = operations.find(connection, operation_id)
            if found is None:
                refused = ActionRefused(Refusal.NO_OPERATION)
                asked = asked_by("confirm")
                entry = refused_entry(person, "confirm", refused, now, request=asked, operation=operation_id)
                audit.append_once(connection, entry)
                return refused
            refusal = _refusal_before(connection, from_stored(found), per_day, now, is_allowed=is_allowed)
            is_confirmed = refusal is None and operations.confirm(
                connection,
                operation_id,
                user_id=person.user_id,
                level=int(person.level),
                roles=tuple(sorted(person.role_ids)),
                typed_count=typed_count,
                now=now,
            )
            operation = from_stored(operations.find(connection, operation_id) or found)
            if is_confirmed:
                audit.append(connection, confirmed_entry(operation, now))
                return operation
            refused = ActionRefused(refusal or _refusal_of(operation, person, now))
            entry = refused_confirmation_entry(person, operation, typed_count, refused, now)
            audit.append_once(connection, entry)
            return refused

        return await self._store.run(work)

    async def withdraw(self, operation_id: str, user_id: int) -> bool:
        """Take back one's own operation; False when it was confirmed, is over or another's."""
        now = self._clock.now()
        return await self._store.run(
            lambda connection: operations.withdraw(connection, operation_id, user_id=user_id, now=now)
        )

    async def claim(self) -> Operation | None:
        """Start the operation that was confirmed first; None when none waits."""
        now = self._clock.now()
        stored = await self._store.run(lambda connection: operations.claim(connection, now))
        return None if stored is None else from_stored(stored)

    async def begin(self, operation: Operation, place: int) -> bool:
        """Write down that an app is about to be asked; False when it must not be, not a second time."""
        now = self._clock.now()
        entry = begun_entry(operation, place, now)

        def work(connection: Connection) -> bool:
            is_first = operations.begin_item(connection, operation.id, place, now=now)
            if is_first:
                audit.append(connection, entry)
            return is_first

        return await self._store.run(work)

    async def follow(self, operation_id: str, place: int, trail: Trail) -> None:
        """Write down how to find out what came of an item."""
        encoded = msgspec.json.encode(trail)
        await self._store.run(
            lambda connection: operations.put_trail(connection, operation_id, place, encoded)
        )

    async def note(self, operation: Operation, results: Mapping[int, ItemResult]) -> None:
        """Write down what came of items, by their places."""
        now = self._clock.now()
        await self._store.run(lambda connection: _put_results(connection, operation, results, now))

    async def end(
        self, operation: Operation, state: OperationState, results: Mapping[int, ItemResult]
    ) -> None:
        """Write down that an operation is over, with the results of items that were not written down yet."""
        now = self._clock.now()

        def work(connection: Connection) -> None:
            _put_results(connection, operation, results, now)
            operations.end(connection, operation.id, state=state.value, now=now)

        await self._store.run(work)

    async def interrupted(self) -> list[Operation]:
        """Return what was under way when the process ended; it is unknown from now on."""
        return [from_stored(stored) for stored in await self._store.run(operations.interrupt)]

    async def unverified(self, since: datetime) -> list[Operation]:
        """Return what ended after an instant and was not confirmed by a later reading."""
        found = await self._store.run(lambda connection: operations.unverified(connection, since))
        return [from_stored(stored) for stored in found]

    async def verify(self, operation_id: str, place: int) -> None:
        """Write down that a later reading confirmed that an item is gone."""
        await self._store.run(
            lambda connection: operations.verify_item(connection, operation_id, place, is_verified=True)
        )

    async def under_way(self, key: DownloadKey) -> Operation | None:
        """Return what is confirmed, and not over, for a download."""
        stored = await self._store.run(
            lambda connection: operations.under_way(connection, key.instance, key.text)
        )
        return None if stored is None else from_stored(stored)

    async def done_before(self, operation: Operation, place: int) -> AuditEntry | None:
        """Return what somebody lately did to a download so that it is gone; None when nobody did."""
        key = operation.items[place].target.key
        lines = await self._store.run(
            lambda connection: audit.read(
                connection,
                instance=key.instance,
                download=key.text,
                result=Outcome.DONE.value,
                since=operation.created_at - _LOOK_BACK,
            )
        )
        entries = (line.entry for line in lines)
        return next((entry for entry in entries if entry.action != ActionKind.SEARCH), None)

    async def note_message(self, operation_id: str, *, channel_id: int, message_id: int) -> None:
        """Write down where the message of an operation stands."""
        await self._store.run(
            lambda connection: operations.put_message(
                connection, operation_id, channel_id=channel_id, message_id=message_id
            )
        )

    async def note_told(self, operation_id: str) -> datetime:
        """Write down that the end of an operation was told, and return when."""
        now = self._clock.now()
        await self._store.run(lambda connection: operations.note_told(connection, operation_id, now=now))
        return now

    async def untold(self) -> list[Operation]:
        """Return what is over and was not told."""
        return [from_stored(stored) for stored in await self._store.run(operations.untold)]

    async def audit(self, **filters: Any) -> list[AuditLine]:
        """Return lines of the audit trail, the latest first; as `discarr.core.store.audit.read`."""
        return await self._store.run(lambda connection: audit.read(connection, **filters))

    async def audit_after(self, sequence: int, *, limit: int) -> list[AuditLine]:
        """Return the lines of the audit trail that came after one, the earliest first."""
        return await self._store.run(lambda connection: audit.read_after(connection, sequence, limit=limit))

    async def cleaned_up_today(self) -> int:
        """Return how many downloads were confirmed to be cleaned up within 24 hours."""
        now = self._clock.now()
        return await self._store.run(
            lambda connection: operations.count_cleaned_up(connection, since=now - _DAY, now=now)
        )

    async def keep_house(self) -> None:
        """End what was not confirmed in time."""
        now = self._clock.now()
        await self._store.run(lambda connection: operations.expire(connection, now))

    async def disarmed_since(self) -> datetime | None:
        """Return since when nothing may be done to several downloads; None: it may."""
        return await self._store.cleanup_disarmed_since()

    async def arm(self, person: Person) -> None:
        """Let things be done to several downloads again, and write down who allowed it."""
        entry = armed_entry(person, self._clock.now())

        def work(connection: Connection) -> None:
            recovery.arm(connection)
            audit.append(connection, entry)

        await self._store.run(work)


def _put_results(
    connection: Connection, operation: Operation, results: Mapping[int, ItemResult], now: datetime
) -> None:
    entries: list[AuditEntry] = []
    for place, result in results.items():
        operations.end_item(
            connection,
            operation.id,
            place,
            outcome=result.outcome.value,
            result=msgspec.json.encode(result),
            now=now,
        )
        entries.append(result_entry(operation, place, result, now))
    audit.append(connection, *entries)


def _refusal_before(
    connection: Connection, operation: Operation, per_day: int, now: datetime, *, is_allowed: bool
) -> Refusal | None:
    """Return what the one statement that confirms does not look at."""
    if not is_allowed:
        return Refusal.NOT_ALLOWED
    if operation.is_cleanup and operation.state is OperationState.PENDING:
        if recovery.read_disarmed(connection) is not None:
            return Refusal.DISARMED
        used = operations.count_cleaned_up(connection, since=now - _DAY, now=now)
        if used + len(operation.items) > per_day:
            return Refusal.TOO_MANY_TODAY
    return None


def _refusal_of(operation: Operation, person: Person, now: datetime) -> Refusal:
    """Say why the one statement did not confirm."""
    if operation.requested_by != person.user_id:
        return Refusal.NOT_YOURS
    if operation.state is not OperationState.PENDING:
        return Refusal.EXPIRED if operation.state is OperationState.EXPIRED else Refusal.USED
    return Refusal.EXPIRED if operation.expires_at <= now else Refusal.WRONG_COUNT
