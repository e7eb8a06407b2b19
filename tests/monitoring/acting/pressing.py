"""Asking and confirming, for tests of what is refused."""

from typing import Any

import pytest

from discarr.monitoring.acting.operation import Operation, Person
from discarr.monitoring.acting.refusals import ActionRefused, Refusal
from tests.monitoring.acting.queue_app import QueueApp
from tests.monitoring.acting.stage import OLIVIA, Stage


def make_app(*names: str, **overrides: Any) -> QueueApp:
    app = QueueApp()
    for name in names or ("A",):
        app.add(name, **overrides)
    return app


async def refusal_of_asking(stage: Stage, *arguments: Any, **named: Any) -> Refusal:
    with pytest.raises(ActionRefused) as caught:
        await stage.desk.ask(*arguments, **named)
    return caught.value.refusal


async def refusal_of_confirming(
    stage: Stage, operation: Operation | str, person: Person = OLIVIA, **named: Any
) -> Refusal:
    name = operation if isinstance(operation, str) else operation.id
    with pytest.raises(ActionRefused) as caught:
        await stage.desk.confirm(name, person, **named)
    return caught.value.refusal


async def last_audit(stage: Stage) -> tuple[int, str, str]:
    entry = (await stage.desk.audit(limit=1))[0].entry
    return entry.actor, entry.action, entry.result
