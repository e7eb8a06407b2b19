"""What is sent, what is not, and what is said of it, with the app at the wire."""

import asyncio
from typing import Any

import httpx
import pytest

from discarr.core.models import InstanceKind
from discarr.monitoring.acting.desk import CONFIRM_WITHIN
from discarr.monitoring.acting.hand import LATEST_BEGIN, Hand
from discarr.monitoring.acting.kinds import REMOVALS, ActionKind
from discarr.monitoring.acting.operation import Operation, OperationState
from discarr.monitoring.acting.results import Cause, ItemResult, Outcome
from tests.clients.fake_app import json_response
from tests.monitoring.acting.hostile_app import STATES
from tests.monitoring.acting.pressing import make_app
from tests.monitoring.acting.queue_app import Deletes, HeldApp, QueueApp, crash, drop, refuse_connections
from tests.monitoring.acting.stage import ADA, OLIVIA, OSCAR, Stage, open_stage, result, results

REMOVE = ActionKind.REMOVE


@pytest.mark.parametrize("kind", REMOVALS)
async def test_every_flag_is_sent_as_it_was_confirmed(kind: ActionKind) -> None:
    async with open_stage(app := make_app()) as stage:
        assert (await stage.do(kind, "A")).state is OperationState.DONE

    (deletion,) = app.deletions
    removal = REMOVALS[kind]
    flags = {
        "removeFromClient": removal.remove_from_client,
        "blocklist": removal.blocklist,
        "skipRedownload": removal.skip_redownload,
        "changeCategory": removal.change_category,
    }
    assert deletion.flags == {name: str(flag).lower() for name, flag in flags.items()}


@pytest.mark.parametrize("trouble", [drop, crash])
async def test_a_lost_answer_is_looked_up_and_nothing_is_repeated(trouble: Any) -> None:
    async with open_stage(app := make_app()) as stage:
        app.after = deletes = Deletes(trouble)
        operation = await stage.do(REMOVE, "A")
    assert (result(operation).cause, operation.state) == (Cause.SEEN, OperationState.DONE)
    assert deletes.count == 1


@pytest.mark.parametrize("trouble", [drop, crash])
async def test_a_request_that_got_lost_is_not_sent_again(trouble: Any) -> None:
    async with open_stage(app := make_app()) as stage:
        app.before = deletes = Deletes(trouble)
        operation = await stage.do(REMOVE, "A")
        await stage.clock.advance(300)
    assert (result(operation).cause, operation.state) == (Cause.STILL_THERE, OperationState.FAILED)
    assert deletes.count == 1
    assert list(app.grabs) == ["A"]


async def test_where_nothing_can_be_looked_up_nobody_knows() -> None:
    async with open_stage(app := make_app()) as stage:

        def go_away(request: httpx.Request) -> httpx.Response | None:
            app.before = refuse_connections
            return drop(request)

        app.after = Deletes(go_away)
        operation = await stage.do(REMOVE, "A")
    assert (result(operation).cause, operation.state) == (Cause.NO_ANSWER, OperationState.UNKNOWN)


async def test_what_is_not_found_is_as_good_as_done() -> None:
    async with open_stage(app := make_app()) as stage:

        def vanish(request: httpx.Request) -> httpx.Response | None:
            app.grabs.clear()
            return None

        app.before = deletes = Deletes(vanish)
        operation = await stage.do(REMOVE, "A")
    assert (result(operation).cause, operation.state) == (Cause.NOT_SHOWN, OperationState.DONE)
    assert deletes.count == 1


async def test_what_is_not_found_and_still_listed_has_another_number() -> None:
    async with open_stage(app := make_app()) as stage:
        app.before = deletes = Deletes(lambda request: json_response(404, {"message": "NotFound"}))
        operation = await stage.do(REMOVE, "A")
    assert (result(operation).cause, operation.state) == (Cause.OTHER_ROWS, OperationState.FAILED)
    assert deletes.count == 1


async def test_what_is_not_found_while_the_same_release_is_grabbed_anew_is_as_good_as_done() -> None:
    async with open_stage(app := make_app()) as stage:

        def regrab(request: httpx.Request) -> httpx.Response | None:
            app.add("A", added="2026-01-02T20:48:00Z")
            return json_response(404, {"message": "NotFound"})

        app.before = Deletes(regrab)
        operation = await stage.do(REMOVE, "A")
    assert (result(operation).cause, operation.state) == (Cause.NOT_SHOWN, OperationState.DONE)
    assert list(app.grabs) == ["A"]


async def test_what_is_not_found_by_an_app_that_then_goes_away_is_as_good_as_done() -> None:
    async with open_stage(app := make_app()) as stage:

        def go_away(request: httpx.Request) -> httpx.Response | None:
            app.before = refuse_connections
            return json_response(404, {"message": "NotFound"})

        app.before = Deletes(go_away)
        operation = await stage.do(REMOVE, "A")
    assert result(operation).cause is Cause.NOT_SHOWN


async def test_a_search_that_is_refused_is_not_as_good_as_done() -> None:
    async with open_stage(app := make_app()) as stage:

        def refuse(request: httpx.Request) -> httpx.Response | None:
            is_search = request.method == "POST" and b"Search" in request.content
            return json_response(404, {"message": "NotFound"}) if is_search else None

        app.before = refuse
        operation = await stage.do(ActionKind.SEARCH, "A")
    assert (result(operation).cause, operation.state) == (Cause.REQUEST, OperationState.FAILED)


@pytest.mark.parametrize("status", [400, 401, 403, 409])
async def test_a_refusal_of_the_app_is_told_in_its_words_and_not_repeated(status: int) -> None:
    async with open_stage(app := make_app()) as stage:
        app.before = deletes = Deletes(lambda request: json_response(status, {"message": "No"}))
        operation = await stage.do(REMOVE, "A")
    assert (result(operation).cause, operation.state) == (Cause.REQUEST, OperationState.FAILED)
    assert result(operation).words.startswith("Radarr ")
    assert deletes.count == 1


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (STATES["importing"], Cause.BUSY),
        (STATES["strange"], Cause.BUSY),
        ({"trackedDownloadState": "somethingNew"}, Cause.BUSY),
        (STATES["waiting"], Cause.FINISHED),
        (STATES["bigger"], Cause.MORE),
        ({"movieId": 2}, Cause.OTHER_TITLE),
        ({"added": "2026-01-02T20:30:00Z"}, Cause.GRABBED_AGAIN),
        ({"title": "Another.Release"}, Cause.OTHER_RELEASE),
    ],
)
async def test_what_changed_between_the_question_and_the_act_is_left_alone(
    change: dict[str, Any], cause: Cause
) -> None:
    async with open_stage(app := make_app()) as stage:
        operation = await stage.ask(REMOVE, "A")
        app.change("A", **change)
        await stage.confirm(operation)
        ended = await stage.end_of(operation)
    assert (result(ended).outcome, result(ended).cause) == (Outcome.CHANGED, cause)
    assert app.writes == []


async def test_a_number_that_another_download_has_by_now_is_not_used() -> None:
    async with open_stage(app := make_app()) as stage:
        operation = await stage.ask(REMOVE, "A")
        app.numbers = lambda grab, episode: 66000
        app.grabs.clear()
        app.add("B")
        await stage.confirm(operation)
        ended = await stage.end_of(operation)
    assert result(ended).outcome is Outcome.ALREADY_GONE
    assert app.writes == []
    assert list(app.grabs) == ["B"]


async def test_a_download_that_has_another_number_by_now_is_acted_on_by_that() -> None:
    async with open_stage(app := make_app()) as stage:
        operation = await stage.ask(REMOVE, "A")
        app.numbers = lambda grab, episode: 77000
        await stage.confirm(operation)
        ended = await stage.end_of(operation)
    assert result(ended).cause is Cause.ANSWERED
    assert app.writes == ["DELETE /queue/77000"]


@pytest.mark.parametrize(
    ("event", "cause"),
    [
        ("downloadFolderImported", Cause.WAS_IMPORTED),
        ("downloadFailed", Cause.HAD_FAILED),
        ("grabbed", Cause.NOT_SHOWN),
        (None, Cause.NOT_SHOWN),
    ],
)
async def test_why_something_is_gone_is_said_as_far_as_the_history_knows(
    event: str | None, cause: Cause
) -> None:
    async with open_stage(app := make_app()) as stage:
        operation = await stage.ask(REMOVE, "A")
        grab = app.grabs.pop("A")
        if event:
            app.record(event, grab)
        await stage.confirm(operation)
        ended = await stage.end_of(operation)
    assert (result(ended).cause, ended.state) == (cause, OperationState.DONE)
    assert app.writes == []


@pytest.mark.parametrize(("is_grabbed", "cause"), [(True, Cause.WAS_GRABBED), (False, Cause.NOT_SHOWN)])
async def test_a_release_that_is_held_back_no_more_was_grabbed_or_not(is_grabbed: bool, cause: Cause) -> None:
    async with open_stage(app := make_app(is_pending=True)) as stage:
        operation = await stage.ask(ActionKind.GRAB, "A")
        grab = app.grabs.pop("A")
        if is_grabbed:
            app.record("grabbed", grab)
        await stage.confirm(operation)
        ended = await stage.end_of(operation)
    assert result(ended).cause is cause
    assert app.writes == []


async def test_a_history_that_cannot_be_asked_explains_nothing() -> None:
    async with open_stage(app := make_app()) as stage:
        operation = await stage.ask(REMOVE, "A")
        app.grabs.clear()
        app.before = lambda request: crash(request) if "/history" in request.url.path else None
        await stage.confirm(operation)
        assert result(await stage.end_of(operation)).cause is Cause.NOT_SHOWN


async def test_an_app_that_was_only_just_started_proves_nothing() -> None:
    async with open_stage(app := make_app()) as stage:
        operation = await stage.ask(REMOVE, "A")
        app.before = refuse_connections
        await stage.clock.advance(300)
        app.before = lambda request: None
        app.grabs.clear()
        await stage.confirm(operation)
        ended = await stage.end_of(operation)
    assert (result(ended).cause, ended.state) == (Cause.EMPTY, OperationState.FAILED)


async def test_the_second_of_two_people_sees_what_the_first_did() -> None:
    async with open_stage(app := make_app()) as stage:
        first = await stage.ask(ActionKind.KEEP, "A")
        second = await stage.ask(REMOVE, "A", person=OSCAR)
        await asyncio.gather(stage.confirm(first), stage.confirm(second, OSCAR))
        ended = [await stage.end_of(first), await stage.end_of(second)]

    faster, slower = sorted(ended, key=lambda operation: result(operation).outcome is not Outcome.DONE)
    assert result(faster).cause is Cause.ANSWERED
    seen = result(slower)
    assert (seen.cause, seen.by, seen.did) == (Cause.DONE_BEFORE, faster.requested_by, faster.kind)
    assert seen.at is not None
    assert len(app.writes) == 1


async def test_a_search_is_no_reason_that_something_is_gone() -> None:
    async with open_stage(app := make_app()) as stage:
        removal = await stage.ask(REMOVE, "A", person=OSCAR)
        assert (await stage.do(ActionKind.SEARCH, "A")).state is OperationState.DONE
        app.grabs.clear()
        await stage.confirm(removal, OSCAR)
        assert result(await stage.end_of(removal)).cause is Cause.NOT_SHOWN


async def test_an_instance_that_goes_away_in_the_middle_is_not_asked_for_the_rest() -> None:
    names = "ABCDEF"
    async with open_stage(app := make_app(*names)) as stage:
        operation = await stage.ask(REMOVE, *names, person=ADA)

        def leave(request: httpx.Request) -> httpx.Response | None:
            app.before = refuse_connections
            return None

        app.after = Deletes(leave)
        await stage.confirm(operation, ADA)
        ended = await stage.end_of(operation)

    causes = results(ended.items)
    assert ended.state is OperationState.FAILED
    assert len(app.writes) == causes.count(Cause.ANSWERED) == 1
    assert set(causes) == {Cause.ANSWERED, Cause.REQUEST, Cause.INSTANCE_LOST}
    lost = next(
        item.result for item in ended.items if item.result and item.result.cause is Cause.INSTANCE_LOST
    )
    assert lost.words == "Not tried: Radarr is offline"


async def test_what_an_app_refuses_for_one_download_does_not_stop_the_rest() -> None:
    names = "ABCDE"
    async with open_stage(app := make_app(*names)) as stage:
        operation = await stage.ask(REMOVE, *names, person=ADA)

        def refuse(request: httpx.Request) -> httpx.Response | None:
            return json_response(409, {"message": "No"}) if deletes.count == 1 else None

        app.before = deletes = Deletes(refuse)
        await stage.confirm(operation, ADA)
        ended = await stage.end_of(operation)
    assert sorted(results(ended.items)) == [Cause.ANSWERED] * 4 + [Cause.REQUEST]
    assert ended.state is OperationState.FAILED


async def test_an_instance_that_goes_away_does_not_stop_the_others() -> None:
    films, series = make_app("A"), HeldApp()
    series.kind = InstanceKind.SONARR
    for name in "BCD":
        series.add(name)
    async with open_stage(films, series) as stage:
        operation = await stage.ask(REMOVE, *"ABCD", person=ADA)
        films.before = refuse_connections
        await stage.confirm(operation, ADA)
        await stage.clock.advance(30)
        assert results((await stage.stored(operation)).items) == [Cause.REQUEST, "", "", ""]
        series.answers.set()
        ended = await stage.end_of(operation)
    assert results(ended.items) == [Cause.REQUEST, *[Cause.ANSWERED] * 3]


async def test_what_was_confirmed_long_ago_is_not_begun() -> None:
    async with open_stage(app := make_app()) as stage:
        operation = await stage.ask(REMOVE, "A")
        await stage.kill()
        await stage.journal.confirm(operation.id, OLIVIA, typed_count=None, per_day=9, is_allowed=True)
        await stage.clock.advance(LATEST_BEGIN.total_seconds() + 1)
        await stage.start()
        ended = await stage.end_of(operation)
    assert (result(ended).cause, ended.state) == (Cause.TOO_LATE, OperationState.REFUSED)
    assert app.writes == []


async def test_how_long_ago_something_was_confirmed_counts_and_not_when_it_was_asked_for() -> None:
    async with open_stage(app := make_app()) as stage:
        operation = await stage.ask(REMOVE, "A")
        await stage.clock.advance(CONFIRM_WITHIN.total_seconds() - 1)
        await stage.kill()
        await stage.journal.confirm(operation.id, OLIVIA, typed_count=None, per_day=9, is_allowed=True)
        await stage.clock.advance(LATEST_BEGIN.total_seconds() - 1)
        await stage.start()
        assert result(await stage.end_of(operation)).cause is Cause.ANSWERED
    assert len(app.writes) == 1


async def test_an_instance_that_is_no_longer_in_the_settings_cannot_be_asked() -> None:
    films, series = make_app("A"), QueueApp(InstanceKind.SONARR)
    async with open_stage(films, series) as stage:
        operation = await stage.ask(REMOVE, "A")
        await stage.kill()
        await stage.journal.confirm(operation.id, OLIVIA, typed_count=None, per_day=9, is_allowed=True)
        stage.apps = {"sonarr1": series}
        await stage.start()
        ended = await stage.end_of(operation)
    assert (result(ended).cause, ended.state) == (Cause.NO_INSTANCE, OperationState.FAILED)


async def act(stage: Stage, operation: Operation) -> ItemResult:
    noted: list[ItemResult] = []

    async def note(place: int, came: ItemResult) -> None:
        noted.append(came)

    hand = Hand(stage.cache, stage.journal, stage.board, clock=stage.clock)
    await hand.act(operation, 0, {}, note)
    return noted[0]


async def test_an_item_that_was_begun_before_is_never_sent() -> None:
    async with open_stage(app := make_app()) as stage:
        operation = await stage.ask(REMOVE, "A")
        assert (await act(stage, operation)).cause is Cause.SURPRISE
    assert app.writes == []


async def test_nothing_is_written_down_between_the_last_look_and_the_act() -> None:
    async with open_stage(app := make_app()) as stage:
        operation = await stage.ask(REMOVE, "A")
        begun: list[bool] = []

        def look(request: httpx.Request) -> httpx.Response | None:
            now = stage.board.get(operation.id)
            if now is not None and "/queue/details" in request.url.path:
                begun.append(now.items[0].is_begun)
            return None

        app.before = look
        await stage.confirm(operation)
        await stage.end_of(operation)
    assert begun == [True]


async def test_where_the_beginning_cannot_be_written_down_nothing_is_sent() -> None:
    async with open_stage(app := make_app()) as stage:
        operation = await stage.ask(REMOVE, "A")
        stage.store.is_full = True
        assert (await act(stage, operation)).cause is Cause.NO_AUDIT
        stage.store.is_full = False
    assert app.writes == []
