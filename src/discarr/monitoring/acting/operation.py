"""One thing that somebody asked for, as everybody who follows it sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct

from discarr.core.actions import CommandState, ImportCandidate
from discarr.core.store.operations import StoredItem, StoredOperation
from discarr.monitoring.acting.kinds import ActionKind, Effect, effect_of
from discarr.monitoring.acting.results import ItemResult, Outcome
from discarr.monitoring.acting.targets import Target
from discarr.utils.permissions import Level


class OperationState(StrEnum):
    """How far it is. The values stand in the database: a released one never changes."""

    PENDING = "pending"
    """It waits for its confirmation."""
    CONFIRMED = "confirmed"
    """It waits for its turn."""
    RUNNING = "running"
    DONE = "done"
    """All of it is done, or what it was about is gone already."""
    FAILED = "failed"
    """Not all of it was done; the results say what."""
    REFUSED = "refused"
    """Nothing was done, because nothing may be."""
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"
    """Discarr was restarted meanwhile and looks what came of it; at its end: it could not be found out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who acts, as Discord says with each interaction."""

    user_id: int
    level: Level
    role_ids: frozenset[int] = frozenset()


class Trail(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How to find out what came of an action that takes a while; stored as JSON."""

    baseline: int | None = None
    """The highest id in the app's history before it was asked; None where that does not matter."""
    commands: tuple[int, ...] = ()
    """The app's commands that do it."""


NO_TRAIL: Final = Trail()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandProgress:
    """How far the commands of an app are."""

    ended: int
    total: int
    state: CommandState
    """Of the command that is furthest behind."""
    technical: str | None
    """Its progress in the app's own words and language: for operators only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One download of an operation."""

    target: Target
    is_begun: bool = False
    """Whether its turn has come; from then on it may have been done."""
    trail: Trail = NO_TRAIL
    progress: CommandProgress | None = None
    """While the app works on it; None before, after, and where it does at once what it is asked."""
    result: ItemResult | None = None
    """None until it is known."""
    ended_at: datetime | None = None
    is_verified: bool | None = None
    """Whether a later reading of the queue confirmed that it is gone; None while none did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Something to be done to one or more downloads, from the question to the results."""

    id: str
    """16 characters; fits into the ids of buttons."""
    kind: ActionKind
    state: OperationState
    requested_by: int
    """Nobody else can confirm it."""
    level: Level
    role_ids: tuple[int, ...] = ()
    required_count: int | None = None
    """The number that has to be typed to confirm it; None for none."""
    files: tuple[ImportCandidate, ...] = ()
    """What an import imports; empty for everything else."""
    created_at: datetime
    expires_at: datetime
    """When it can no longer be confirmed."""
    confirmed_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    channel_id: int | None = None
    """Where its message stands; None while it has none that can be found again."""
    message_id: int | None = None
    told_at: datetime | None = None
    """When its end was told; None while it was not."""
    items: tuple[Item, ...]
    """In the order in which they were chosen; at least one."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to come, but for the word that something came back."""
        return self.ended_at is not None

    @property
    def is_cleanup(self) -> bool:
        """Whether it is about several downloads, or what clean-up proposed: for admins, so many a day."""
        return is_cleanup([item.target for item in self.items])

    @property
    def effect(self) -> Effect:
        """Exactly what it does; for the confirmation to say."""
        return effect_of(self.kind, tuple(item.target for item in self.items))

    def count(self, *outcomes: Outcome) -> int:
        """Count the downloads with one of these outcomes."""
        return sum(1 for item in self.items if item.result is not None and item.result.outcome in outcomes)


_AS_GOOD_AS_DONE: Final = frozenset({Outcome.DONE, Outcome.ALREADY_GONE})


def state_after(results: Sequence[ItemResult]) -> OperationState:
    """Return the state of an operation whose items ended like this."""
    outcomes = {result.outcome for result in results}
    if Outcome.UNKNOWN in outcomes:
        return OperationState.UNKNOWN
    if outcomes <= _AS_GOOD_AS_DONE:
        return OperationState.DONE
    return OperationState.REFUSED if outcomes == {Outcome.REFUSED} else OperationState.FAILED


def is_cleanup(targets: Sequence[Target]) -> bool:
    """Whether acting on these is cleaning up: several of them, or something that clean-up proposed."""
    return len(targets) > 1 or any(target.evidence for target in targets)


def to_stored(operation: Operation) -> StoredOperation:
    """Return a new operation as the store takes it."""
    return StoredOperation(
        id=operation.id,
        kind=operation.kind.value,
        state=operation.state.value,
        requested_by=operation.requested_by,
        level=int(operation.level),
        roles=operation.role_ids,
        required_count=operation.required_count,
        files=msgspec.json.encode(operation.files) if operation.files else None,
        created_at=operation.created_at,
        expires_at=operation.expires_at,
        confirmed_at=operation.confirmed_at,
        started_at=operation.started_at,
        ended_at=operation.ended_at,
        channel_id=operation.channel_id,
        message_id=operation.message_id,
        told_at=operation.told_at,
        items=tuple(
            StoredItem(
                instance=item.target.key.instance,
                download=item.target.key.text,
                target=msgspec.json.encode(item.target),
            )
            for item in operation.items
        ),
    )


def from_stored(stored: StoredOperation) -> Operation:
    """Return an operation as the store knows it."""
    files = stored.files
    return Operation(
        id=stored.id,
        kind=ActionKind(stored.kind),
        state=OperationState(stored.state),
        requested_by=stored.requested_by,
        level=Level(stored.level),
        role_ids=stored.roles,
        required_count=stored.required_count,
        files=() if files is None else msgspec.json.decode(files, type=tuple[ImportCandidate, ...]),
        created_at=stored.created_at,
        expires_at=stored.expires_at,
        confirmed_at=stored.confirmed_at,
        started_at=stored.started_at,
        ended_at=stored.ended_at,
        channel_id=stored.channel_id,
        message_id=stored.message_id,
        told_at=stored.told_at,
        items=tuple(map(_item, stored.items)),
    )


def _item(stored: StoredItem) -> Item:
    return Item(
        target=msgspec.json.decode(stored.target, type=Target),
        is_begun=stored.sent_at is not None,
        trail=NO_TRAIL if stored.trail is None else msgspec.json.decode(stored.trail, type=Trail),
        result=None if stored.result is None else msgspec.json.decode(stored.result, type=ItemResult),
        ended_at=stored.ended_at,
        is_verified=stored.is_verified,
    )
