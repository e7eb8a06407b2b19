"""Lines of the audit trail."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypedDict

import msgspec

from discarr.core.models import DownloadKey
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
    person: Person,
    action: str,
    refused: ActionRefused,
    now: datetime,
    *,
    request: str,
    operation: str | None = None,
    targets: Sequence[Target] = (),
    wanted: Sequence[DownloadKey] = (),
) -> AuditEntry:
    """Return the line for what a person asked for in vain.

    `wanted` says what it was asked for where that is, or can be, nothing of `targets`.
    """
    return AuditEntry(
        at=now,
        actor=person.user_id,
        level=int(person.level),
        action=action,
        operation=operation,
        request=request,
        result=refused.refusal.value,
        detail=refused.summary,
        **_subject(targets, wanted),
    )


def refused_confirmation_entry(
    person: Person, operation: Operation, typed_count: int | None, refused: ActionRefused, now: datetime
) -> AuditEntry:
    """Return the line for what a person confirmed in vain."""
    return refused_entry(
        person,
        operation.kind.value,
        refused,
        now,
        request=request_of(
            operation.kind, len(operation.items), file_count=len(operation.files), typed_count=typed_count
        ),
        operation=operation.id,
        targets=[item.target for item in operation.items],
    )


def armed_entry(person: Person, now: datetime) -> AuditEntry:
    """Return the line for somebody who lets several downloads be acted on again."""
    return AuditEntry(
        at=now,
        actor=person.user_id,
        level=int(person.level),
        action="arm",
        request=asked_by("arm"),
        result="done",
        detail="Clean-up may act again",
    )


def request_of(
    action: ActionKind, download_count: int, *, file_count: int = 0, typed_count: int | None = None
) -> str:
    """Return what is to be done, with every flag; `typed_count` is what somebody counted."""
    return _encoded(
        downloads=download_count or None,
        removal=removal_of(action),
        files=file_count or None,
        typed=typed_count,
    )


def asked_by(way: str) -> str:
    """Return what was asked for by a command, or a kind of control, that is no action."""
    return _encoded(asked=way)


def _entry(
    operation: Operation, targets: Sequence[Target], now: datetime, *, result: str, detail: str
) -> AuditEntry:
    return AuditEntry(
        at=now,
        actor=operation.requested_by,
        level=int(operation.level),
        action=operation.kind.value,
        operation=operation.id,
        request=request_of(operation.kind, len(operation.items), file_count=len(operation.files)),
        result=result,
        detail=detail,
        **_subject(targets),
    )


class _Subject(TypedDict):
    instance: str | None
    download: str | None
    title: str | None
    evidence: str


def _subject(targets: Sequence[Target], wanted: Sequence[DownloadKey] = ()) -> _Subject:
    """Return what an entry is about; several downloads have lines of their own, as far as it gets."""
    keys = [target.key for target in targets] or wanted
    instances = {key.instance for key in keys}
    target = targets[0] if len(targets) == 1 else None
    return {
        "instance": instances.pop() if len(instances) == 1 else None,
        "download": keys[0].text if len(keys) == 1 else None,
        "title": target.release_title if target else None,
        "evidence": msgspec.json.encode(target).decode() if target else "",
    }


def _encoded(**request: Any) -> str:
    known = {name: value for name, value in request.items() if value is not None}
    return msgspec.json.encode(known).decode()
