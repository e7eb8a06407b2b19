"""Grabbing what is held back; removing is tried in `test_hand`."""

from typing import Any

import httpx
import pytest

from discarr.monitoring.acting.deeds import QUICK_LOOKS_S
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.operation import OperationState
from discarr.monitoring.acting.results import Cause
from tests.monitoring.acting.pressing import make_app
from tests.monitoring.acting.queue_app import Deletes, QueueApp, crash, drop
from tests.monitoring.acting.stage import open_stage, result

GRAB = ActionKind.GRAB


def grabbing(trouble: Any) -> Any:
    return lambda request: trouble(request) if "/queue/grab/" in request.url.path else None


async def test_a_release_that_is_held_back_is_grabbed_now() -> None:
    async with open_stage(app := make_app(is_pending=True)) as stage:
        operation = await stage.do(GRAB, "A")
    assert (result(operation).cause, operation.state) == (Cause.ANSWERED, OperationState.DONE)
    assert [grab.name for grab in app.grabbed] == ["A"]


@pytest.mark.parametrize("trouble", [drop, crash])
async def test_a_grab_whose_answer_got_lost_is_found_in_the_history(trouble: Any) -> None:
    async with open_stage(app := make_app(is_pending=True)) as stage:
        app.after = grabbing(trouble)
        operation = await stage.do(GRAB, "A")
    assert result(operation).cause is Cause.SEEN
    assert len(app.writes) == 1


async def test_a_grab_that_got_lost_is_not_repeated() -> None:
    async with open_stage(app := make_app(is_pending=True)) as stage:
        app.before = grabbing(drop)
        operation = await stage.do(GRAB, "A")
    assert result(operation).cause is Cause.STILL_THERE
    assert app.grabbed == []


async def test_what_left_without_a_grab_is_not_taken_for_grabbed() -> None:
    async with open_stage(app := make_app(is_pending=True)) as stage:

        def vanish(request: httpx.Request) -> httpx.Response | None:
            app.grabs.clear()
            return drop(request)

        app.before = grabbing(vanish)
        operation = await stage.do(GRAB, "A")
    assert (result(operation).cause, operation.state) == (Cause.NO_ANSWER, OperationState.UNKNOWN)


async def test_sightings_count_only_in_a_row() -> None:
    async with open_stage(app := make_app()) as stage:
        looks = 0

        def blink(request: httpx.Request) -> httpx.Response | None:
            nonlocal looks
            if request.method == "DELETE":
                return drop(request)
            looks += "/queue/details" in request.url.path
            return crash(request) if looks == len(QUICK_LOOKS_S) else None

        operation = await stage.ask(ActionKind.REMOVE, "A")
        app.before = blink
        await stage.confirm(operation)
        ended = await stage.end_of(operation)
    # Its last look saw the download, but one before failed.
    assert result(ended).cause is Cause.STILL_THERE
    assert list(app.grabs) == ["A"]


@pytest.mark.parametrize("looks", range(1, len(QUICK_LOOKS_S)))
async def test_an_app_that_takes_its_time_is_given_it(looks: int) -> None:
    async with open_stage(app := make_app()) as stage:
        app.before = Deletes(drop)
        operation = await stage.ask(ActionKind.REMOVE, "A")
        await stage.confirm(operation)
        await stage.settle()
        await stage.clock.advance(sum(QUICK_LOOKS_S[:looks]))
        app.grabs.clear()
        ended = await stage.end_of(operation)
    assert result(ended).cause is Cause.SEEN


@pytest.mark.parametrize(
    ("kind", "is_pending", "change"),
    [(ActionKind.REMOVE, False, "crash"), (GRAB, True, "crash"), (GRAB, True, "vanish")],
)
async def test_what_was_seen_before_says_nothing_where_the_last_look_says_nothing(
    kind: ActionKind, is_pending: bool, change: str
) -> None:
    async with open_stage(app := make_app(is_pending=is_pending)) as stage:
        app.before = lambda request: None if request.method == "GET" else drop(request)
        operation = await stage.ask(kind, "A")
        await stage.confirm(operation)
        await stage.settle()
        await stage.clock.advance(sum(QUICK_LOOKS_S[:-1]))
        if change == "crash":
            app.before = crash
        else:
            app.grabs.clear()
        ended = await stage.end_of(operation)
    assert (result(ended).cause, ended.state) == (Cause.NO_ANSWER, OperationState.UNKNOWN)


async def test_what_is_held_back_takes_the_others_of_its_title_along_and_is_confirmed_so() -> None:
    app = QueueApp()
    app.add("A", is_pending=True)
    app.add("B", is_pending=True)
    app.add("C", is_pending=True, media_id=2)
    async with open_stage(app) as stage:
        operation = await stage.do(ActionKind.REMOVE, "A")
    assert operation.effect.takes_all_delayed
    assert list(app.grabs) == ["C"]


async def test_the_same_release_that_is_back_is_not_taken_for_what_was_sent() -> None:
    async with open_stage(app := make_app()) as stage:

        def regrab(request: httpx.Request) -> httpx.Response | None:
            app.add("A", added="2026-01-02T20:48:00Z")
            return drop(request)

        app.after = deletes = Deletes(regrab)
        operation = await stage.do(ActionKind.REMOVE, "A")
    assert result(operation).cause is Cause.SEEN
    assert deletes.count == 1
    assert list(app.grabs) == ["A"]
