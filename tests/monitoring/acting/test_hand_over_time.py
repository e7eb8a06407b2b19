"""Several things at once, and a process that ends in the middle."""

from discarr.core.models import InstanceKind
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.operation import OperationState
from discarr.monitoring.acting.results import Cause
from tests.monitoring.acting.queue_app import Deletes, HeldApp, QueueApp, drop
from tests.monitoring.acting.stage import ADA, open_stage, result, results

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

        app.answers.set()
        await stage.end_of(several)
    assert app.most == 2
    assert app.grabs == {}


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
        ended = await stage.end_of(operation)
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
