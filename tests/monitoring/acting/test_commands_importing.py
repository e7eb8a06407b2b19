"""Importing by hand: long work that is done when the history says so, whatever its command says."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from discarr.core.models import InstanceKind
from discarr.monitoring.acting.commands import IMPORT_LIMIT_S
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.operation import Operation, OperationState
from discarr.monitoring.acting.results import Cause
from tests.monitoring.acting.command_words import DONE, FAILED, QUEUED, STARTED, on_command
from tests.monitoring.acting.hostile_app import STATES
from tests.monitoring.acting.queue_app import QueueApp, crash, drop, refuse_connections
from tests.monitoring.acting.scenes import make_file
from tests.monitoring.acting.stage import Stage, open_stage, result

SEARCH, IMPORT = ActionKind.SEARCH, ActionKind.IMPORT


def make_blocked(kind: InstanceKind = InstanceKind.RADARR) -> QueueApp:
    app = QueueApp(kind)
    app.add("A", **STATES["blocked"], episodes=() if kind is InstanceKind.RADARR else (1, 2))
    return app


def partly_arriving(app: QueueApp) -> Callable[[httpx.Request], None]:
    """One of the two files arrives when the command comes."""

    def arrive(request: httpx.Request) -> None:
        app.record("downloadFolderImported", app.grabs["A"])
        app.history.pop()

    return arrive


async def import_file(stage: Stage, kind: InstanceKind = InstanceKind.RADARR) -> Operation:
    return await stage.do(IMPORT, "A", files=(make_file(kind),))


@pytest.mark.parametrize("kind", InstanceKind)
@pytest.mark.parametrize("says", [DONE, FAILED, {"status": "orphaned"}])
async def test_an_import_is_done_when_the_history_says_so_whatever_its_command_says(
    kind: InstanceKind, says: dict[str, Any]
) -> None:
    async with open_stage(app := make_blocked(kind), kind=kind) as stage:
        app.record("downloadFolderImported", app.grabs["A"])  # an earlier one, which does not count

        def arrive(request: httpx.Request) -> httpx.Response | None:
            app.record("downloadFolderImported", app.grabs["A"])
            return None

        app.after = on_command(arrive)
        app.next_command = [QUEUED, says]
        operation = await import_file(stage, kind)
    expected = 1 if kind is InstanceKind.RADARR else 2
    came = result(operation)
    assert (came.cause, came.count, came.expected_count) == (Cause.IMPORTED, expected, expected)
    assert len(app.commands) == 1


async def test_what_an_import_sends_are_the_files_that_were_confirmed() -> None:
    async with open_stage(app := make_blocked()) as stage:
        await import_file(stage)
    (body,) = app.bodies
    assert body["name"] == "ManualImport"
    (file,) = body["files"]
    assert (file["path"], file["movieId"], file["downloadId"]) == ("/downloads/A/a.mkv", 1, "A")


@pytest.mark.parametrize(
    ("says", "cause", "state"),
    [
        (DONE, Cause.NOT_IMPORTED, OperationState.FAILED),
        (FAILED, Cause.COMMAND_FAILED, OperationState.FAILED),
        ({"status": "orphaned"}, Cause.COMMAND_LOST, OperationState.UNKNOWN),
    ],
)
async def test_an_import_of_which_nothing_arrived_is_told_as_its_command_ended(
    says: dict[str, Any], cause: Cause, state: OperationState
) -> None:
    async with open_stage(app := make_blocked()) as stage:
        app.next_command = [says]
        operation = await import_file(stage)
    assert (result(operation).cause, result(operation).count, operation.state) == (cause, 0, state)


async def test_a_part_that_arrived_is_told_as_a_part() -> None:
    async with open_stage(app := make_blocked(InstanceKind.SONARR)) as stage:
        app.after = on_command(partly_arriving(app))
        app.next_command = [FAILED]
        operation = await import_file(stage, InstanceKind.SONARR)
    came = result(operation)
    assert (came.cause, came.count, came.expected_count) == (Cause.PARTLY, 1, 2)
    assert operation.state is OperationState.FAILED


async def test_a_part_of_an_import_that_still_runs_is_not_told_as_the_whole() -> None:
    async with open_stage(app := make_blocked(InstanceKind.SONARR)) as stage:
        app.after = on_command(partly_arriving(app))
        app.next_command = [STARTED]
        operation = await stage.ask(IMPORT, "A", files=(make_file(InstanceKind.SONARR),))
        await stage.confirm(operation)
        await stage.settle()
        await stage.clock.advance(IMPORT_LIMIT_S + 60)
        ended = await stage.end_of(operation)
    came = result(ended)
    assert (came.cause, came.count, came.expected_count) == (Cause.STILL_RUNNING, 1, 2)


async def test_an_import_that_arrived_while_its_command_still_runs_is_done() -> None:
    async with open_stage(app := make_blocked()) as stage:
        app.next_command = [STARTED]
        operation = await stage.ask(IMPORT, "A", files=(make_file(),))
        await stage.confirm(operation)
        await stage.clock.advance(60)
        app.record("downloadFolderImported", app.grabs["A"])
        await stage.clock.advance(IMPORT_LIMIT_S)
        assert result(await stage.end_of(operation)).cause is Cause.IMPORTED


async def test_a_history_that_comes_after_its_command_is_waited_for() -> None:
    async with open_stage(app := make_blocked()) as stage:
        operation = await stage.ask(IMPORT, "A", files=(make_file(),))
        await stage.confirm(operation)
        await stage.settle()
        await stage.clock.advance(3)
        app.record("downloadFolderImported", app.grabs["A"])
        assert result(await stage.end_of(operation)).cause is Cause.IMPORTED


async def test_an_import_that_takes_too_long_is_still_running_as_far_as_anybody_knows() -> None:
    async with open_stage(app := make_blocked()) as stage:
        app.next_command = [STARTED]
        operation = await stage.ask(IMPORT, "A", files=(make_file(),))
        await stage.confirm(operation)
        for _ in range(64):
            await stage.clock.advance(60)
        ended = await stage.end_of(operation)
    assert IMPORT_LIMIT_S < 64 * 60
    assert (result(ended).cause, ended.state) == (Cause.STILL_RUNNING, OperationState.UNKNOWN)


async def test_an_import_is_not_begun_without_a_history_to_verify_it_with() -> None:
    async with open_stage(app := make_blocked()) as stage:
        app.before = lambda request: crash(request) if "/history" in request.url.path else None
        operation = await import_file(stage)
    assert (result(operation).cause, operation.state) == (Cause.REQUEST, OperationState.FAILED)
    assert app.writes == []


async def test_an_import_whose_history_cannot_be_read_any_more_is_unknown() -> None:
    async with open_stage(app := make_blocked()) as stage:
        app.before = lambda request: (
            crash(request) if "/history" in request.url.path and app.commands else None
        )
        operation = await import_file(stage)
    came = result(operation)
    assert (came.cause, came.count, came.expected_count) == (Cause.NO_ANSWER, None, 1)


@pytest.mark.parametrize(("does_arrive", "cause"), [(True, Cause.IMPORTED), (False, Cause.NO_ANSWER)])
async def test_an_import_whose_answer_got_lost_is_looked_up_and_never_repeated(
    does_arrive: bool, cause: Cause
) -> None:
    async with open_stage(app := make_blocked()) as stage:

        def lose(request: httpx.Request) -> httpx.Response | None:
            if does_arrive:
                app.record("downloadFolderImported", app.grabs["A"])
            return drop(request)

        app.after = on_command(lose)
        operation = await import_file(stage)
    assert result(operation).cause is cause
    assert len(app.commands) == 1


async def test_an_import_whose_answer_got_lost_is_given_time_to_copy() -> None:
    async with open_stage(app := make_blocked()) as stage:
        app.after = on_command(drop)
        operation = await stage.ask(IMPORT, "A", files=(make_file(),))
        await stage.confirm(operation)
        await stage.settle()
        await stage.clock.advance(300)
        app.record("downloadFolderImported", app.grabs["A"])
        assert result(await stage.end_of(operation)).cause is Cause.IMPORTED
    assert len(app.commands) == 1


async def test_an_import_goes_on_over_a_restart_and_nobody_else_touches_the_download() -> None:
    async with open_stage(app := make_blocked()) as stage:
        app.next_command = [STARTED]
        operation = await stage.ask(IMPORT, "A", files=(make_file(),))
        removal = await stage.ask(ActionKind.REMOVE, "A")
        await stage.confirm(operation)
        await stage.settle()
        await stage.restart()
        await stage.confirm(removal)
        await stage.settle()
        assert app.writes == ["POST /command"]

        app.record("downloadFolderImported", app.grabs.pop("A"))
        app.commands[1] = [FAILED]
        ended, removed = await stage.end_of(operation), await stage.end_of(removal)
    assert result(ended).cause is Cause.IMPORTED
    assert result(removed).cause is Cause.DONE_BEFORE
    assert app.writes == ["POST /command"]


async def test_a_restart_right_after_an_import_was_sent_looks_only_into_the_history() -> None:
    async with open_stage(app := make_blocked()) as stage:

        def lose(request: httpx.Request) -> httpx.Response | None:
            app.record("downloadFolderImported", app.grabs["A"])
            return drop(request)

        app.after = on_command(lose)
        operation = await stage.ask(IMPORT, "A", files=(make_file(),))
        app.before = lambda request: refuse_connections(request) if app.commands else None
        await stage.confirm(operation)
        await stage.settle()
        await stage.restart()
        app.before = lambda request: None
        ended = await stage.end_of(operation)
    assert result(ended).cause is Cause.IMPORTED
    assert len(app.commands) == 1


async def test_an_import_of_which_nothing_was_noted_is_unknown_after_a_restart() -> None:
    async with open_stage(app := make_blocked()) as stage:
        app.next_command = [STARTED]
        operation = await stage.ask(IMPORT, "A", files=(make_file(),))
        await stage.confirm(operation)
        await stage.settle()
        await stage.stop()
        await stage.store.run(lambda db: db.execute("UPDATE operation_item SET trail = NULL").close())
        await stage.start()
        ended = await stage.end_of(operation)
    assert result(ended).cause is Cause.NO_ANSWER
    assert len(app.commands) == 1
