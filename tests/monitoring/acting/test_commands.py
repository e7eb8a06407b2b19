"""Searching, and importing by hand: long work that ends in what is true."""

import asyncio
from typing import Any

import httpx
import pytest

from discarr.core.actions import CommandState
from discarr.core.models import InstanceKind
from discarr.monitoring.acting.commands import IMPORT_LIMIT_S, SEARCH_LIMIT_S, Searching
from discarr.monitoring.acting.deeds import Job
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.operation import CommandProgress, Operation, OperationState, Trail
from discarr.monitoring.acting.results import Cause
from tests.monitoring.acting.hostile_app import STATES
from tests.monitoring.acting.pressing import make_app
from tests.monitoring.acting.queue_app import QueueApp, crash, drop, refuse_connections
from tests.monitoring.acting.scenes import make_file
from tests.monitoring.acting.stage import Stage, open_stage, result

SEARCH, IMPORT = ActionKind.SEARCH, ActionKind.IMPORT
QUEUED, STARTED = {"status": "queued"}, {"status": "started", "message": "Processing 1 of 2"}
DONE = {"status": "completed", "result": "successful"}
FAILED = {"status": "failed", "result": "unsuccessful", "exception": "at /secret/path"}


def on_command(trouble: Any) -> Any:
    def hook(request: httpx.Request) -> httpx.Response | None:
        is_ours = request.method == "POST" and b"RefreshMonitored" not in request.content
        return trouble(request) if is_ours else None

    return hook


def make_blocked(kind: InstanceKind = InstanceKind.RADARR) -> QueueApp:
    app = QueueApp(kind)
    app.add("A", **STATES["blocked"], episodes=() if kind is InstanceKind.RADARR else (1, 2))
    return app


async def import_file(stage: Stage, kind: InstanceKind = InstanceKind.RADARR) -> Operation:
    return await stage.do(IMPORT, "A", files=(make_file(kind),))


async def test_a_search_that_is_over_says_how_many_releases_it_grabbed() -> None:
    async with open_stage(app := make_app()) as stage:
        app.record("grabbed", app.grabs["A"])
        app.next_command = [QUEUED, STARTED, DONE]
        operation = await stage.ask(SEARCH, "A")
        await stage.confirm(operation)
        await stage.settle()
        other = app.add("B")
        app.record("grabbed", other)
        app.record("grabbed", app.add("C", media_id=2))
        ended = await stage.end_of(operation)
    assert (result(ended).cause, result(ended).count, ended.state) == (Cause.ANSWERED, 1, OperationState.DONE)
    assert app.bodies == [{"name": "MoviesSearch", "movieIds": [1]}]


async def test_how_far_a_command_is_can_be_seen_meanwhile() -> None:
    async with open_stage(app := make_app()) as stage:
        app.next_command = [QUEUED, STARTED, DONE]
        operation = await stage.ask(SEARCH, "A")
        seen: list[CommandProgress] = []

        async def follow() -> None:
            async for change in stage.desk.follow(operation.id):
                if (progress := change.items[0].progress) is not None:
                    seen.append(progress)

        following = asyncio.create_task(follow())
        await stage.settle()
        await stage.confirm(operation)
        ended = await stage.end_of(operation)
        await following

    states = list(dict.fromkeys(progress.state for progress in seen))
    assert states == [CommandState.QUEUED, CommandState.STARTED, CommandState.COMPLETED]
    assert "Processing 1 of 2" in [progress.technical for progress in seen]
    assert {progress.total for progress in seen} == {1}
    assert ended.items[0].progress is None


@pytest.mark.parametrize(
    ("says", "cause", "state"),
    [
        ([FAILED], Cause.COMMAND_FAILED, OperationState.FAILED),
        ([{"status": "completed", "result": "unsuccessful"}], Cause.COMMAND_FAILED, OperationState.FAILED),
        ([{"status": "aborted"}], Cause.COMMAND_FAILED, OperationState.FAILED),
        ([{"status": "orphaned"}], Cause.COMMAND_LOST, OperationState.UNKNOWN),
        ([STARTED], Cause.STILL_RUNNING, OperationState.UNKNOWN),
        ([{"status": "somethingNew"}], Cause.STILL_RUNNING, OperationState.UNKNOWN),
    ],
)
async def test_how_a_search_ended_is_told_as_it_is(
    says: list[dict[str, Any]], cause: Cause, state: OperationState
) -> None:
    async with open_stage(app := make_app()) as stage:
        app.next_command = says
        began = stage.clock.monotonic()
        operation = await stage.do(SEARCH, "A")
        took = stage.clock.monotonic() - began
    assert (result(operation).cause, operation.state) == (cause, state)
    assert took < SEARCH_LIMIT_S + 60


async def test_a_command_that_the_app_forgot_is_lost() -> None:
    async with open_stage(app := make_app()) as stage:
        app.after = on_command(lambda request: app.commands.clear())
        operation = await stage.do(SEARCH, "A")
    assert result(operation).cause is Cause.COMMAND_LOST


async def test_a_search_goes_on_whether_or_not_the_app_can_be_asked() -> None:
    async with open_stage(app := make_app()) as stage:
        left = 3

        def stumble(request: httpx.Request) -> httpx.Response | None:
            nonlocal left
            if "/command/" not in request.url.path or not left:
                return None
            left -= 1
            return crash(request)

        app.before = stumble
        operation = await stage.do(SEARCH, "A")
    assert result(operation).cause is Cause.ANSWERED


async def test_without_a_history_a_search_is_done_and_its_count_unknown() -> None:
    async with open_stage(app := make_app()) as stage:
        app.before = lambda request: crash(request) if "/history" in request.url.path else None
        operation = await stage.do(SEARCH, "A")
    assert (result(operation).cause, result(operation).count) == (Cause.ANSWERED, None)


async def test_a_history_that_fails_afterwards_leaves_the_count_unknown() -> None:
    async with open_stage(app := make_app()) as stage:
        app.before = lambda request: (
            crash(request) if "/history" in request.url.path and app.commands else None
        )
        operation = await stage.do(SEARCH, "A")
    assert (result(operation).cause, result(operation).count) == (Cause.ANSWERED, None)


async def test_a_search_whose_answer_got_lost_is_not_repeated() -> None:
    async with open_stage(app := make_app()) as stage:
        app.after = on_command(drop)
        operation = await stage.do(SEARCH, "A")
    assert result(operation).cause is Cause.NO_ANSWER
    assert len(app.commands) == 1


async def test_while_a_search_runs_the_download_can_be_removed() -> None:
    async with open_stage(app := make_app()) as stage:
        app.next_command = [STARTED]
        search = await stage.ask(SEARCH, "A")
        await stage.confirm(search)
        await stage.settle()
        assert (await stage.do(ActionKind.REMOVE, "A")).state is OperationState.DONE
    assert app.grabs == {}


async def test_a_search_goes_on_over_a_restart_of_discarr() -> None:
    async with open_stage(app := make_app()) as stage:
        app.next_command = [STARTED]
        operation = await stage.ask(SEARCH, "A")
        await stage.confirm(operation)
        await stage.settle()
        await stage.restart()
        app.commands[1] = [DONE]
        ended = await stage.end_of(operation)
    assert result(ended).cause is Cause.ANSWERED
    assert len(app.commands) == 1


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

        def arrive(request: httpx.Request) -> httpx.Response | None:
            app.record("downloadFolderImported", app.grabs["A"])
            app.history.pop()
            return None

        app.after = on_command(arrive)
        app.next_command = [FAILED]
        operation = await import_file(stage, InstanceKind.SONARR)
    came = result(operation)
    assert (came.cause, came.count, came.expected_count) == (Cause.PARTLY, 1, 2)
    assert operation.state is OperationState.FAILED


async def test_a_part_of_an_import_that_still_runs_is_not_told_as_the_whole() -> None:
    async with open_stage(app := make_blocked(InstanceKind.SONARR)) as stage:

        def arrive(request: httpx.Request) -> httpx.Response | None:
            app.record("downloadFolderImported", app.grabs["A"])
            app.history.pop()
            return None

        app.after = on_command(arrive)
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


async def test_with_a_full_disk_a_search_is_followed_all_the_same() -> None:
    async with open_stage(app := make_app()) as stage:

        def fill(request: httpx.Request) -> httpx.Response | None:
            stage.store.is_full = True
            return None

        app.after = on_command(fill)
        operation = await stage.ask(SEARCH, "A")
        await stage.confirm(operation)
        await stage.clock.advance(10)
        stage.store.is_full = False
        ended = await stage.end_of(operation)
        await stage.clock.advance(120)
        assert (await stage.stored(operation)).state is OperationState.DONE
    assert result(ended).cause is Cause.ANSWERED


async def settle_search(stage: Stage, app: QueueApp, *says: list[dict[str, Any]]) -> list[CommandProgress]:
    """Wait for a search by several commands, as after a restart, and return what was told meanwhile."""
    app.commands = dict(enumerate(says, start=1))
    operation = await stage.ask(SEARCH, "A")
    told: list[CommandProgress] = []

    async def keep(trail: Trail) -> None:
        raise AssertionError(trail)

    job = Job(
        client=stage.cache.clients[0],
        clock=stage.clock,
        target=operation.items[0].target,
        files=(),
        trail=Trail(commands=tuple(app.commands)),
        keep_trail=keep,
        report=told.append,
    )
    settling = asyncio.create_task(Searching(job).settle(()))
    await stage.clock.advance(60)
    assert (await settling).cause is Cause.ANSWERED
    return told


async def test_a_search_by_several_commands_is_over_when_all_of_them_are() -> None:
    async with open_stage(app := make_app()) as stage:
        told = await settle_search(stage, app, [DONE], [STARTED, STARTED, QUEUED, DONE], [STARTED, DONE])
    steps = list(dict.fromkeys((progress.ended, progress.state) for progress in told))
    assert steps == [
        (1, CommandState.STARTED),
        (2, CommandState.STARTED),
        (2, CommandState.QUEUED),
        (3, CommandState.COMPLETED),
    ]
    assert {progress.total for progress in told} == {3}


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
