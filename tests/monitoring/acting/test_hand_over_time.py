"""Several things at once, and a process that ends in the middle."""

import asyncio
from datetime import timedelta

from discarr.core.models import InstanceKind
from discarr.monitoring.acting.deeds import PATIENT_LOOKS_S, QUICK_LOOKS_S
from discarr.monitoring.acting.hand import Hand
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.operation import OperationState
from discarr.monitoring.acting.results import Cause, ItemResult
from tests.monitoring.acting.pressing import make_app
from tests.monitoring.acting.queue_app import Deletes, HeldApp, QueueApp, drop
from tests.monitoring.acting.stage import ADA, OLIVIA, OSCAR, open_stage, result, results

REMOVE = ActionKind.REMOVE


async def test_two_are_changed_at_once_and_no_more() -> None:
    app = HeldApp()
    for name in "ABCDE":
        app.add(name)
    async with open_stage(app) as stage:
        single = await stage.ask(REMOVE, "A")
        several = await stage.ask(REMOVE, *"BCDE", person=ADA)
        await stage.confirm(single)
        await stage.confirm(several, ADA)
        await stage.settle()
        assert (app.now, len(app.deletions)) == (2, 2)
        # The others are not even looked at: what is seen before its turn is old when its turn comes.
        begun = [
            item.is_begun
            for item in (*(await stage.stored(single)).items, *(await stage.stored(several)).items)
        ]
        assert begun == [True, True, False, False, False]

        app.answers.set()
        await stage.end_of(several)
    assert app.most == 2
    assert app.grabs == {}


async def test_what_was_done_is_soon_seen_by_everybody() -> None:
    async with open_stage(make_app()) as stage:
        await stage.read()
        (key,) = stage.keys("A")
        operation = await stage.ask(REMOVE, "A")
        await stage.confirm(operation)
        await stage.settle()
        await stage.clock.advance(5)
        assert stage.cache.snapshot.download(key) is None


async def test_nobody_else_acts_on_a_download_until_it_is_known_what_came_of_the_first() -> None:
    async with open_stage(app := make_app()) as stage:
        first = await stage.ask(REMOVE, "A")
        second = await stage.ask(ActionKind.KEEP, "A", person=OSCAR)
        app.before = deletes = Deletes(drop)
        await stage.confirm(first)
        await stage.confirm(second, OSCAR)
        await stage.settle()
        await stage.clock.advance(sum(QUICK_LOOKS_S) - 1)
        assert deletes.count == 1
        assert not (await stage.stored(second)).items[0].is_begun

        app.grabs.clear()
        ended = await stage.end_of(first), await stage.end_of(second)
    assert [result(operation).cause for operation in ended] == [Cause.SEEN, Cause.DONE_BEFORE]
    assert deletes.count == 1


async def test_nobody_else_acts_on_a_download_before_it_is_noted_what_came_of_the_first() -> None:
    async with open_stage(app := make_app()) as stage:
        operations = [await stage.ask(REMOVE, "A"), await stage.ask(REMOVE, "A")]
        for operation in operations:
            await stage.journal.confirm(operation.id, OLIVIA, typed_count=None, per_day=9, is_allowed=True)
            claimed = await stage.journal.claim()
            assert claimed is not None
            stage.board.put(claimed)
        hand = Hand(stage.cache, stage.journal, stage.board, clock=stage.clock)
        noted: list[Cause] = []
        go_on = asyncio.Event()

        async def note(place: int, came: ItemResult) -> None:
            noted.append(came.cause)
            await go_on.wait()

        async with asyncio.TaskGroup() as group:
            for operation in operations:
                group.create_task(hand.act(operation, 0, {}, note))
            await stage.settle()
            assert noted == [Cause.ANSWERED]
            assert not (await stage.stored(operations[1])).items[0].is_begun
            go_on.set()
    assert noted == [Cause.ANSWERED, Cause.NOT_SHOWN]
    assert len(app.writes) == 1


async def test_what_was_sent_when_the_process_ended_is_looked_up_and_the_rest_is_not_begun() -> None:
    app = HeldApp()
    for name in "ABC":
        app.add(name)
    async with open_stage(app) as stage:
        operation = await stage.ask(REMOVE, *"ABC", person=ADA)
        await stage.confirm(operation, ADA)
        await stage.settle()
        await stage.restart()
        assert (await stage.stored(operation)).state is OperationState.UNKNOWN
        ended = await stage.end_of(operation)

    assert results(ended.items) == [Cause.SEEN, Cause.SEEN, Cause.NOT_STARTED]
    assert len(app.writes) == 2
    assert list(app.grabs) == ["C"]


async def test_what_was_sent_and_not_done_when_the_process_ended_is_not_sent_again() -> None:
    async with open_stage(app := QueueApp()) as stage:
        app.add("A")
        await stage.read()
        operation = await stage.ask(REMOVE, "A")
        app.before = deletes = Deletes(drop)
        await stage.confirm(operation)
        await stage.settle()
        await stage.restart()
        restarted_at = stage.clock.now()
        ended = await stage.end_of(operation)
    assert ended.ended_at is not None
    assert ended.ended_at - restarted_at == timedelta(seconds=sum(PATIENT_LOOKS_S[: len(QUICK_LOOKS_S)]))
    assert deletes.count == 1
    assert result(ended).cause is Cause.STILL_THERE
    assert list(app.grabs) == ["A"]


async def test_nothing_can_be_looked_up_at_an_instance_that_is_no_longer_there() -> None:
    app, other = HeldApp(), QueueApp(InstanceKind.SONARR)
    app.add("A")
    async with open_stage(app, other) as stage:
        operation = await stage.ask(REMOVE, "A")
        await stage.confirm(operation)
        await stage.settle()
        await stage.stop()
        stage.apps = {"sonarr1": other}
        await stage.start()
        ended = await stage.end_of(operation)
    assert result(ended).cause is Cause.NO_INSTANCE
