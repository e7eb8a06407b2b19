from dataclasses import replace

import pytest

from discarr.core.models import DownloadKey
from discarr.core.store.operations import StoredItem
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.operation import (
    Item,
    OperationState,
    Trail,
    from_stored,
    state_after,
    to_stored,
)
from discarr.monitoring.acting.results import Cause, Outcome, result_of
from tests.fakes.clock import START
from tests.monitoring.acting.scenes import make_file, make_operation, make_target


def test_an_operation_survives_the_store() -> None:
    asked = make_operation(
        make_target(),
        make_target(episode_count=3),
        kind=ActionKind.IMPORT,
        files=(make_file(),),
        role_ids=(1, 2),
    )
    assert from_stored(to_stored(asked)) == asked
    assert from_stored(to_stored(make_operation())) == make_operation()


def test_what_came_of_an_item_survives_the_store() -> None:
    stored = to_stored(make_operation())
    item = stored.items[0]
    came = StoredItem(
        instance=item.instance,
        download=item.download,
        target=item.target,
        sent_at=START,
        trail=b'{"baseline":3,"commands":[1]}',
        outcome="failed",
        result=b'{"outcome":"failed","cause":"partly","words":"x"}',
        ended_at=START,
        is_verified=False,
    )
    read = from_stored(replace(stored, items=(came,))).items[0]
    assert (read.is_begun, read.trail, read.ended_at) == (True, Trail(baseline=3, commands=(1,)), START)
    assert read.is_verified is False
    assert read.result is not None
    assert read.result.cause is Cause.PARTLY


@pytest.mark.parametrize(
    ("causes", "state"),
    [
        ([Cause.ANSWERED, Cause.DONE_BEFORE], OperationState.DONE),
        ([Cause.ANSWERED, Cause.BUSY], OperationState.FAILED),
        ([Cause.BUSY], OperationState.FAILED),
        ([Cause.LEVEL, Cause.LEVEL], OperationState.REFUSED),
        ([Cause.LEVEL, Cause.ANSWERED], OperationState.FAILED),
        ([Cause.ANSWERED, Cause.NO_ANSWER, Cause.LEVEL], OperationState.UNKNOWN),
    ],
)
def test_the_end_of_the_whole_is_what_came_of_the_parts(causes: list[Cause], state: OperationState) -> None:
    assert state_after([result_of(cause) for cause in causes]) is state


def test_downloads_are_counted_by_what_came_of_them() -> None:
    results = [None, result_of(Cause.ANSWERED), result_of(Cause.SEEN), result_of(Cause.BUSY)]
    items = tuple(Item(target=make_target(), result=result) for result in results)
    operation = make_operation(items=items)

    assert operation.count(Outcome.DONE) == 2
    assert operation.count(Outcome.DONE, Outcome.CHANGED) == 3
    assert operation.effect.download_count == 4
    assert not operation.is_over
    assert make_operation(ended_at=START).is_over


def test_a_key_is_stored_without_its_instance() -> None:
    assert DownloadKey("radarr", "d", "HASH").text == "d:HASH"
