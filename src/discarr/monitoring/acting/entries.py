"""Lines of the audit trail."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

import msgspec

from discarr.core.store.audit import AuditEntry
from discarr.monitoring.acting.kinds import ActionKind, removal_of
from discarr.monitoring.acting.operation import Operation, Person
from discarr.monitoring.acting.refusals import ActionRefused
from discarr.monitoring.acting.results import ItemResult
from discarr.monitoring.acting.targets import Target


def confirmed_entry(operation: Operation, now: datetime) -> AuditEntry:
    """Return the line for a confirmation."""
    targets = [item.target for item in operation.items]
    return _entry(operation, targets, now, result="confirmed", detail="Confirmed")


def begun_entry(operation: Operation, place: int, now: datetime) -> AuditEntry:
    """Return the line that stands before anything is asked of an app."""
    return _entry(operation, [operation.items[place].target], now, result="begun", detail="Its turn has come")


def result_entry(operation: Operation, place: int, result: ItemResult, now: datetime) -> AuditEntry:
    """Return the line for what came of one download."""
    target = operation.items[place].target
    return _entry(operation, [target], now, result=result.outcome.value, detail=result.words)


def refused_entry(
    person: Person, action: str, targets: Sequence[Target], refused: ActionRefused, now: datetime
) -> AuditEntry:
    """Return the line for what a person asked for in vain."""
    return AuditEntry(
        at=now,
        actor=person.user_id,
        level=int(person.level),
        action=action,
        result=refused.refusal.value,
        detail=refused.summary,
        **_subject(targets),
    )


def refused_confirmation_entry(
    person: Person, operation: Operation, refused: ActionRefused, now: datetime
) -> AuditEntry:
    """Return the line for what a person confirmed in vain."""
    return AuditEntry(
        at=now,
        actor=person.user_id,
        level=int(person.level),
        action=operation.kind.value,
        operation=operation.id,
        result=refused.refusal.value,
        detail=refused.summary,
        **_subject([item.target for item in operation.items]),
    )


def armed_entry(person: Person, now: datetime) -> AuditEntry:
    """Return the line for somebody who lets several downloads be acted on again."""
    return AuditEntry(
        at=now,
        actor=person.user_id,
        level=int(person.level),
        action="arm",
        result="done",
        detail="Clean-up may act again",
    )


def _entry(
    operation: Operation, targets: Sequence[Target], now: datetime, *, result: str, detail: str
) -> AuditEntry:
    return AuditEntry(
        at=now,
        actor=operation.requested_by,
        level=int(operation.level),
        action=operation.kind.value,
        operation=operation.id,
        request=_request(operation.kind, len(operation.items), len(operation.files)),
        result=result,
        detail=detail,
        **_subject(targets),
    )


class _Subject(TypedDict):
    instance: str | None
    download: str | None
    title: str | None
    evidence: str


def _subject(targets: Sequence[Target]) -> _Subject:
    """Return what an entry is about; several downloads have lines of their own, as far as it gets."""
    instances = {target.key.instance for target in targets}
    target = targets[0] if len(targets) == 1 else None
    return {
        "instance": instances.pop() if len(instances) == 1 else None,
        "download": target.key.text if target else None,
        "title": target.release_title if target else None,
        "evidence": msgspec.json.encode(target).decode() if target else "",
    }


def _request(action: ActionKind, download_count: int, file_count: int) -> str:
    request = {"downloads": download_count, "removal": removal_of(action), "files": file_count}
    return msgspec.json.encode({name: value for name, value in request.items() if value}).decode()
