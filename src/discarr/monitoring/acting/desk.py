"""Where people ask for something to be done, confirm it, and see what comes of it."""

import logging
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from discarr.core.actions import ImportCandidate
from discarr.core.clock import Clock
from discarr.core.errors import StoreError
from discarr.core.models import DownloadKey
from discarr.core.store.audit import MAX_LISTED, AuditEntry, AuditLine
from discarr.monitoring.acting.board import Board, Feed
from discarr.monitoring.acting.entries import asked_by, refused_entry, request_of
from discarr.monitoring.acting.journal import Journal
from discarr.monitoring.acting.kinds import ActionKind, capability_of
from discarr.monitoring.acting.offers import possible_actions
from discarr.monitoring.acting.operation import Item, Operation, OperationState, Person, is_cleanup
from discarr.monitoring.acting.refusals import ActionRefused, Refusal
from discarr.monitoring.acting.targets import Target, target_of
from discarr.monitoring.cache_manager import CacheManager
from discarr.monitoring.cleanup.grounds import Grounds
from discarr.monitoring.reasons import ReasonKind
from discarr.utils.permissions import DESTRUCTIVE, Capability, Grants, Level

_log = logging.getLogger(__name__)

CONFIRM_WITHIN: Final = timedelta(minutes=10)
"""How long a question stands; an interaction of Discord's lives for 15 minutes."""
COUNT_ABOVE: Final = 10
"""More downloads than this have to be counted by whoever confirms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many downloads may be acted on together."""

    per_run: int
    per_day: int
    """Downloads of all operations about several, or about what clean-up proposed, within 24 hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for, and waits for its confirmation."""

    operation: Operation
    left_out: tuple[DownloadKey, ...]
    """Downloads that are gone, or that it cannot be done to now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What would be asked for."""

    targets: tuple[Target, ...]
    left_out: tuple[DownloadKey, ...]
    """As in `Asked`."""


class ActionDesk:
    """Takes what people ask for. Every method raises `StoreError` when it could not be stored."""

    def __init__(
        self,
        cache: CacheManager,
        journal: Journal,
        board: Board,
        *,
        clock: Clock,
        grants: Grants,
        limits: Limits,
        wake: Callable[[], None],
    ) -> None:
        """`wake` makes the executor look for what was confirmed."""
        self._cache = cache
        self._journal = journal
        self._board = board
        self._clock = clock
        self._grants = grants
        self._limits = limits
        self._wake = wake

    async def ask(
        self,
        person: Person,
        kind: ActionKind,
        keys: Iterable[DownloadKey],
        *,
        files: Sequence[ImportCandidate] = (),
        reasons: Mapping[DownloadKey, ReasonKind] | None = None,
        evidence: Mapping[DownloadKey, str] | None = None,
        grounds: Mapping[DownloadKey, Grounds] | None = None,
    ) -> Asked:
        """Prepare an operation for its confirmation; nothing is done yet.

        `files` is what an import imports. `reasons` are what was observed where the downloads themselves say
        nothing: that no data comes in. `evidence` is what clean-up says for what it proposed, in plain words:
        with it, a single download is cleaned up as well. `grounds` are what it went by: without them
        nothing that has evidence is removed, as it cannot be judged again.

        Raises:
            ActionRefused: it may not or cannot be done; that is in the audit trail, as far as it is stored.
        """
        wanted = tuple(dict.fromkeys(keys))
        targets, left_out = self._targets(kind, wanted, reasons or {}, evidence or {}, grounds or {})
        is_tidying = len(wanted) > 1 or any(map((evidence or {}).get, wanted))
        refusal = self._refusal(person, kind, wanted, targets, files, is_tidying=is_tidying)
        if refusal is None and is_cleanup(targets) and await self.disarmed_since() is not None:
            refusal = Refusal.DISARMED
        if refusal is not None:
            refused = ActionRefused(refusal)
            request = request_of(kind, len(wanted), file_count=len(files))
            now = self._clock.now()
            await self._note(
                refused_entry(person, kind, refused, now, request=request, targets=targets, wanted=wanted)
            )
            raise refused
        now = self._clock.now()
        operation = Operation(
            id=secrets.token_hex(8),
            kind=kind,
            state=OperationState.PENDING,
            requested_by=person.user_id,
            level=person.level,
            role_ids=tuple(sorted(person.role_ids)),
            required_count=len(targets) if len(targets) > COUNT_ABOVE else None,
            files=tuple(files),
            created_at=now,
            expires_at=now + CONFIRM_WITHIN,
            items=tuple(Item(target=target) for target in targets),
        )
        await self._journal.add(operation)
        return Asked(operation=operation, left_out=left_out)

    def foresee(
        self, kind: ActionKind, keys: Iterable[DownloadKey], *, evidence: Mapping[DownloadKey, str]
    ) -> Foreseen:
        """Say what `ask` would ask for now; nothing is written down."""
        targets, left_out = self._targets(kind, tuple(dict.fromkeys(keys)), {}, evidence, {})
        return Foreseen(targets=targets, left_out=left_out)

    async def cleaned_up_today(self) -> int:
        """Return how many downloads were confirmed to be cleaned up within 24 hours."""
        return await self._journal.cleaned_up_today()

    async def confirm(
        self, operation_id: str, person: Person, *, typed_count: int | None = None
    ) -> Operation:
        """Confirm one's own operation and have it carried out; once, however often this is called.

        Raises:
            ActionRefused: this confirmed nothing, as is in the audit trail; with `USED` it was before.
        """
        known = await self.find(operation_id)
        is_allowed = known is None or self._may(person.level, known.kind, is_tidying=known.is_cleanup)
        confirmed = await self._journal.confirm(
            operation_id,
            person,
            typed_count=typed_count,
            per_day=self._limits.per_day,
            is_allowed=is_allowed,
        )
        if isinstance(confirmed, ActionRefused):
            raise confirmed
        if self._board.get(operation_id) is None:  # the executor may have been faster
            self._board.put(confirmed)
        self._wake()
        return confirmed

    async def withdraw(self, operation_id: str, user_id: int) -> bool:
        """Take back one's own operation; False when it was confirmed, is over or another's."""
        return await self._journal.withdraw(operation_id, user_id)

    async def find(self, operation_id: str) -> Operation | None:
        """Return how an operation is now; None when there is none of that id (any more)."""
        return self._board.get(operation_id) or await self._journal.find(operation_id)

    async def under_way(self, key: DownloadKey) -> Operation | None:
        """Return what is being done to a download, or waits for its turn; None when nothing is."""
        return await self._journal.under_way(key)

    async def follow(self, operation_id: str) -> AsyncIterator[Operation]:
        """Yield how an operation is now, and then each change, until it is over."""
        with self._board.subscribe() as feed:
            operation = await self.find(operation_id)
            if operation is None:
                return
            yield operation
            while not operation.is_over:
                changed = await anext(feed)
                if changed.id == operation_id:
                    operation = changed
                    yield operation

    def subscribe(self) -> Feed:
        """Return every change of every operation from now on, also when something came back later."""
        return self._board.subscribe()

    async def note_message(self, operation_id: str, *, channel_id: int, message_id: int) -> None:
        """Note where the message of an operation stands, so that its end can be told there."""
        await self._journal.note_message(operation_id, channel_id=channel_id, message_id=message_id)
        self._board.change(operation_id, channel_id=channel_id, message_id=message_id)

    async def note_told(self, operation_id: str) -> None:
        """Note that the end of an operation was told."""
        now = await self._journal.note_told(operation_id)
        self._board.change(operation_id, told_at=now)

    async def untold(self) -> list[Operation]:
        """Return what is over and was not told: after a restart, and when something came back."""
        return await self._journal.untold()

    async def disarmed_since(self) -> datetime | None:
        """Return since when nothing may be done to several downloads together; None: it may.

        That is so once the database was replaced, until an admin allows it again with `arm`.
        """
        return await self._journal.disarmed_since()

    async def arm(self, person: Person) -> None:
        """Let things be done to several downloads together again.

        Raises:
            ActionRefused: the person may not say so.
        """
        if not self._grants.allows(person.level, Capability.CLEAN_UP):
            refused = ActionRefused(Refusal.NOT_ALLOWED if self._grants.has_admin else Refusal.NO_ADMIN)
            now = self._clock.now()
            await self._note(refused_entry(person, "arm", refused, now, request=asked_by("arm")))
            raise refused
        await self._journal.arm(person)

    async def note_refusal(
        self,
        person: Person,
        action: str,
        refused: ActionRefused,
        *,
        way: str,
        operation_id: str | None = None,
    ) -> None:
        """Put in the audit trail what was refused before this desk heard of it.

        `action` is a kind of action or a capability, `way` the command or kind of control.
        """
        now = self._clock.now()
        await self._note(
            refused_entry(person, action, refused, now, request=asked_by(way), operation=operation_id)
        )

    async def audit(
        self,
        *,
        before: int | None = None,
        limit: int = MAX_LISTED,
        actor: int | None = None,
        instance: str | None = None,
        action: str | None = None,
        result: str | None = None,
        since: datetime | None = None,
    ) -> list[AuditLine]:
        """Return lines of the audit trail that match all that is given, the latest first."""
        return await self._journal.audit(
            before=before,
            limit=limit,
            actor=actor,
            instance=instance,
            action=action,
            result=result,
            since=since,
        )

    async def audit_after(self, sequence: int, *, limit: int) -> list[AuditLine]:
        """Return the lines of the audit trail that came after one, the earliest first."""
        return await self._journal.audit_after(sequence, limit=limit)

    async def _note(self, refusal: AuditEntry) -> None:
        """Write down a refusal, which stands also where that fails: no deed is missing from the trail."""
        try:
            await self._journal.refuse(refusal)
        except StoreError as error:
            _log.warning("A refusal is not in the audit trail: %s. %s", error, error.remedy)

    def _targets(
        self,
        kind: ActionKind,
        keys: Sequence[DownloadKey],
        reasons: Mapping[DownloadKey, ReasonKind],
        evidence: Mapping[DownloadKey, str],
        grounds: Mapping[DownloadKey, Grounds],
    ) -> tuple[tuple[Target, ...], tuple[DownloadKey, ...]]:
        """Return what it can be done to, and what is left out."""
        snapshot = self._cache.snapshot
        targets: list[Target] = []
        left_out: list[DownloadKey] = []
        for key in keys:
            instance, download = snapshot.instance(key.instance), snapshot.download(key)
            if (
                instance is None
                or download is None
                or kind not in possible_actions(download, instance.kind, instance.version)
            ):
                left_out.append(key)
            else:
                targets.append(
                    target_of(
                        download,
                        reason=reasons.get(key),
                        evidence=evidence.get(key, ""),
                        grounds=grounds.get(key),
                        instance_name=instance.name,
                    )
                )
        return tuple(targets), tuple(left_out)

    def _refusal(
        self,
        person: Person,
        kind: ActionKind,
        wanted: Sequence[DownloadKey],
        targets: Sequence[Target],
        files: Sequence[ImportCandidate],
        *,
        is_tidying: bool,
    ) -> Refusal | None:
        if not self._may(person.level, kind, is_tidying=is_tidying):
            return self._why_not(kind, is_tidying=is_tidying)
        if not self._journal.is_lasting:
            return Refusal.NO_MEMORY
        if not targets:
            is_there = any(self._cache.snapshot.download(key) is not None for key in wanted)
            return Refusal.NOT_POSSIBLE if is_there else Refusal.NOT_THERE
        if len(targets) > max(self._limits.per_run, 1):
            return Refusal.TOO_MANY
        if kind is ActionKind.IMPORT:
            return None if _are_importable(targets, files) else Refusal.NO_FILES
        return None

    def _may(self, level: Level, kind: ActionKind, *, is_tidying: bool) -> bool:
        return self._grants.allows(level, capability_of(kind, is_cleanup=is_tidying))

    def _why_not(self, kind: ActionKind, *, is_tidying: bool) -> Refusal:
        is_destructive = capability_of(kind, is_cleanup=is_tidying) in DESTRUCTIVE
        return Refusal.NO_ADMIN if is_destructive and not self._grants.has_admin else Refusal.NOT_ALLOWED


def _are_importable(targets: Sequence[Target], files: Sequence[ImportCandidate]) -> bool:
    """Whether these are files of the one download, and all is known that an import needs."""
    return (
        len(targets) == 1
        and bool(files)
        and all(file.is_ready and file.download_id == targets[0].key.id for file in files)
    )
