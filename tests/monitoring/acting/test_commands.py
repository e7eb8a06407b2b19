"""Searching again: long work that ends in what is true."""

import asyncio
from typing import Any

import httpx
import pytest

from discarr.core.actions import CommandState
from discarr.monitoring.acting.commands import SEARCH_LIMIT_S, Searching
from discarr.monitoring.acting.deeds import Job
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.operation import CommandProgress, OperationState, Trail
from discarr.monitoring.acting.results import Cause
from tests.monitoring.acting.command_words import DONE, FAILED, QUEUED, STARTED, on_command
from tests.monitoring.acting.pressing import make_app
from tests.monitoring.acting.queue_app import QueueApp, crash, drop
from tests.monitoring.acting.stage import Stage, open_stage, result

SEARCH, IMPORT = ActionKind.SEARCH, ActionKind.IMPORT


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
