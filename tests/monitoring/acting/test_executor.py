"""Who may is asked again, and everything ends in the store and on the board, whatever fails in between."""

import asyncio
import logging

import pytest

from discarr.core.errors import StoreError
from discarr.core.models import InstanceKind
from discarr.monitoring.acting.executor import LEVEL_TIMEOUT_S
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.operation import OperationState
from discarr.monitoring.acting.results import Cause, Outcome
from discarr.utils.permissions import Level
from tests.monitoring.acting.pressing import make_app
from tests.monitoring.acting.queue_app import Deletes, HeldApp
from tests.monitoring.acting.stage import ADA, OLIVIA, open_stage, result, results

REMOVE = ActionKind.REMOVE


@pytest.mark.parametrize(
    ("level", "cause"),
    [
        (Level.VIEWER, Cause.LEVEL),
        (Level.STRANGER, Cause.LEVEL),
        (None, Cause.LEVEL_UNKNOWN),
    ],
)
async def test_who_may_not_any_more_when_it_runs_does_nothing(level: Level | None, cause: Cause) -> None:
    async with open_stage(app := make_app()) as stage:
        operation = await stage.ask(REMOVE, "A")
        stage.levels[OLIVIA.user_id] = level
        await stage.confirm(operation)
        ended = await stage.end_of(operation)
        entry = (await stage.desk.audit(limit=1))[0].entry
    assert stage.asked_levels == [OLIVIA.user_id]
    assert (result(ended).cause, ended.state) == (cause, OperationState.REFUSED)
    assert (entry.result, entry.operation) == ("refused", operation.id)
    assert app.writes == []


async def test_an_operator_by_now_may_not_clean_up_any_more() -> None:
    async with open_stage(app := make_app("A", "B")) as stage:
        operation = await stage.ask(REMOVE, "A", "B", person=ADA)
        stage.levels[ADA.user_id] = Level.OPERATOR
        await stage.confirm(operation, ADA)
        ended = await stage.end_of(operation)
    assert results(ended.items) == [Cause.LEVEL, Cause.LEVEL]
    assert app.writes == []


async def test_a_discord_that_does_not_answer_or_fails_lets_nothing_happen(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    as_it_goes = loop.time
    async with open_stage(app := make_app("A", "B")) as stage:
        hanging = await stage.ask(REMOVE, "A")
        stage.hang = True
        await stage.confirm(hanging)
        await stage.settle()
        assert not (await stage.stored(hanging)).is_over
        monkeypatch.setattr(loop, "time", lambda: as_it_goes() + LEVEL_TIMEOUT_S)
        assert result(await stage.end_of(hanging)).cause is Cause.LEVEL_UNKNOWN
        assert "Discord did not say in time" in caplog.text
        stage.hang = False

        failing = await stage.ask(REMOVE, "B")
        del stage.levels[OLIVIA.user_id]
        await stage.confirm(failing)
        assert result(await stage.end_of(failing)).cause is Cause.LEVEL_UNKNOWN
    assert "asking for a level failed" in caplog.text
    assert app.writes == []


async def test_nothing_begins_before_the_instances_were_read() -> None:
    async with open_stage(app := make_app()) as stage:
        operation = await stage.ask(ActionKind.REMOVE_BLOCKLIST, "A")  # not every version can
        await stage.kill()
        await stage.journal.confirm(operation.id, OLIVIA, typed_count=None, per_day=9, is_allowed=True)
        await stage.start()
        assert result(await stage.end_of(operation)).cause is Cause.ANSWERED
    assert len(app.writes) == 1


async def test_a_disk_that_is_full_before_it_begins_prevents_it_and_the_end_is_written_later(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with open_stage(app := make_app("A", "B")) as stage:
        operation = await stage.ask(REMOVE, "A", "B", person=ADA)
        stage.on_level = lambda: setattr(stage.store, "is_full", True)
        await stage.confirm(operation, ADA)
        shown = await stage.end_of(operation)
        assert results(shown.items) == [Cause.DISARMED, Cause.DISARMED]
        await stage.clock.advance(30)
        stage.store.is_full = False
        await stage.clock.advance(70)
        stored = await stage.stored(operation)
    assert (stored.state, results(stored.items)) == (shown.state, results(shown.items))
    assert app.writes == []
    assert caplog.text.count("Nothing can be carried out") == 1


async def test_a_single_removal_does_not_begin_on_a_full_disk() -> None:
    async with open_stage(app := make_app()) as stage:
        operation = await stage.ask(REMOVE, "A")
        stage.on_level = lambda: setattr(stage.store, "is_full", True)
        await stage.confirm(operation)
        assert result(await stage.end_of(operation)).cause is Cause.NO_AUDIT
        stage.store.is_full = False
        await stage.clock.advance(70)
        assert (await stage.stored(operation)).state is OperationState.REFUSED
    assert app.writes == []


async def test_what_was_done_while_the_disk_filled_up_is_shown_at_once_and_stored_later() -> None:
    async with open_stage(app := make_app("A", "B")) as stage:
        operation = await stage.ask(REMOVE, "A", "B", person=ADA)
        app.before = Deletes(lambda request: setattr(stage.store, "is_full", True))
        await stage.confirm(operation, ADA)
        shown = await stage.end_of(operation)
        with pytest.raises(StoreError):
            await stage.stored(operation)
        stage.store.is_full = False
        await stage.clock.advance(70)
        stored = await stage.stored(operation)
    assert stored.state is shown.state
    assert results(stored.items) == results(shown.items)
    assert shown.count(Outcome.DONE) == len(app.deletions)


async def test_operations_that_end_in_the_same_moment_are_all_written_down() -> None:
    app = HeldApp()
    for name in "AB":
        app.add(name)
    async with open_stage(app) as stage:
        operations = [await stage.ask(REMOVE, name) for name in "AB"]
        for operation in operations:
            await stage.confirm(operation)
        await stage.settle()
        stage.store.is_full = True
        app.answers.set()
        for operation in operations:
            await stage.end_of(operation)
        stage.store.is_full = False
        await stage.clock.advance(70)
        stored = [await stage.stored(operation) for operation in operations]
    assert [operation.state for operation in stored] == [OperationState.DONE] * 2


async def test_ends_are_written_down_one_after_the_other(caplog: pytest.LogCaptureFixture) -> None:
    app = HeldApp()
    for name in "AB":
        app.add(name)
    async with open_stage(app) as stage:
        operations = [await stage.ask(REMOVE, name) for name in "AB"]
        for operation in operations:
            await stage.confirm(operation)
        await stage.settle()
        stage.store.delay = lambda: 5
        app.answers.set()
        for operation in operations:
            await stage.end_of(operation)
        stored = [await stage.stored(operation) for operation in operations]
    assert [operation.state for operation in stored] == [OperationState.DONE] * 2
    assert "failed" not in caplog.text


async def test_a_surprise_in_the_middle_ends_as_one_and_not_in_silence(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with open_stage(app := make_app()) as stage:
        operation = await stage.ask(REMOVE, "A")

        def surprise(request: object) -> None:
            raise LookupError

        app.before = Deletes(surprise)
        await stage.confirm(operation)
        ended = await stage.end_of(operation)
        stored = await stage.stored(operation)
    assert (result(ended).cause, stored.state) == (Cause.SURPRISE, OperationState.UNKNOWN)
    assert "LookupError" in caplog.text


async def test_operations_are_carried_out_side_by_side() -> None:
    app, other = HeldApp(), make_app("B")
    app.add("A")
    async with open_stage(app, other) as stage:
        held = await stage.ask(REMOVE, "A")
        await stage.confirm(held)
        assert (await stage.do(REMOVE, "B")).state is OperationState.DONE
        assert not (await stage.stored(held)).is_over
        app.answers.set()
        await stage.end_of(held)


async def test_a_restart_finds_out_what_was_under_way_even_if_the_disk_is_full_at_first(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.ERROR)
    app = HeldApp()
    app.add("A")
    async with open_stage(app) as stage:
        operation = await stage.ask(REMOVE, "A")
        await stage.confirm(operation)
        await stage.settle()
        await stage.stop()
        stage.store.is_full = True
        await stage.start()
        await stage.clock.advance(20)
        stage.store.is_full = False
        ended = await stage.end_of(operation)
    assert result(ended).cause is Cause.SEEN
    assert len(app.writes) == 1


async def test_results_that_were_known_before_a_restart_stay_as_they_are() -> None:
    films, series = make_app("A"), HeldApp()
    series.kind = InstanceKind.SONARR
    series.add("B")
    async with open_stage(films, series) as stage:
        operation = await stage.ask(REMOVE, "A", "B", person=ADA)
        await stage.confirm(operation, ADA)
        await stage.settle()
        before = await stage.stored(operation)
        await stage.restart()
        ended = await stage.end_of(operation)
    assert results(before.items) == [Cause.ANSWERED, ""]
    assert results(ended.items) == [Cause.ANSWERED, Cause.SEEN]
    assert ended.items[0].ended_at == before.items[0].ended_at
    assert (len(films.writes), len(series.writes)) == (1, 1)
