"""What may be asked for and confirmed, by whom, how often, and what everybody sees of it."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from discarr.core.errors import StoreError
from discarr.core.models import DownloadKey, InstanceKind
from discarr.core.store import records
from discarr.monitoring.acting.desk import CONFIRM_WITHIN, COUNT_ABOVE, Limits
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.operation import Operation, OperationState, Person
from discarr.monitoring.acting.refusals import ActionRefused, Refusal
from discarr.monitoring.acting.results import Cause, Outcome
from discarr.monitoring.reasons import ReasonKind
from discarr.utils.permissions import Grants, Level
from tests.monitoring.acting.hostile_app import STATES
from tests.monitoring.acting.queue_app import QueueApp
from tests.monitoring.acting.scenes import make_file
from tests.monitoring.acting.stage import ADA, GRANTS, OLIVIA, OSCAR, VIC, Stage, open_stage, result

GONE = DownloadKey("radarr", "d", "GONE")
REMOVE = ActionKind.REMOVE


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


async def test_a_question_changes_nothing_until_its_own_person_confirms_it() -> None:
    async with open_stage(app := make_app()) as stage:
        asked = await stage.desk.ask(
            OLIVIA, REMOVE, stage.keys("A"), reasons={GONE: ReasonKind.STALLED}, evidence={GONE: "x"}
        )
        operation = asked.operation

        assert (operation.state, operation.requested_by) == (OperationState.PENDING, OLIVIA.user_id)
        assert operation.expires_at - operation.created_at == CONFIRM_WITHIN
        assert operation.role_ids == (10, 11)
        assert (operation.required_count, asked.left_out) == (None, ())
        assert await stage.stored(operation) == operation
        assert await refusal_of_confirming(stage, operation, OSCAR) is Refusal.NOT_YOURS
        assert await last_audit(stage) == (OSCAR.user_id, "remove", "not yours")
        await stage.read()
        assert app.writes == []

        await stage.confirm(operation)
        ended = await stage.end_of(operation)

    assert app.writes == ["DELETE /queue/66000"]
    assert (ended.state, result(ended).cause) == (OperationState.DONE, Cause.ANSWERED)
    assert app.grabs == {}


async def test_pressed_fifty_times_at_once_it_is_done_once() -> None:
    async with open_stage(app := make_app()) as stage:
        operation = await stage.ask(REMOVE, "A")

        answers = await asyncio.gather(
            *(stage.desk.confirm(operation.id, OLIVIA) for _ in range(50)), return_exceptions=True
        )
        await stage.end_of(operation)
        await stage.read()
        again = await refusal_of_confirming(stage, operation)

    refusals = [answer.refusal for answer in answers if isinstance(answer, ActionRefused)]
    assert refusals == [Refusal.USED] * 49
    assert again is Refusal.USED
    assert len(app.writes) == len(app.deletions) == 1


async def test_a_replay_after_a_restart_does_nothing_more() -> None:
    async with open_stage(app := make_app()) as stage:
        operation = await stage.do(REMOVE, "A")
        app.add("A")
        await stage.restart()
        await stage.read()

        assert await refusal_of_confirming(stage, operation) is Refusal.USED
        await stage.read()

    assert len(app.writes) == 1
    assert list(app.grabs) == ["A"]


async def test_a_question_stands_over_a_restart_and_not_for_ever() -> None:
    async with open_stage(app := make_app("A", "B")) as stage:
        kept, late = await stage.ask(REMOVE, "A"), await stage.ask(REMOVE, "B")
        await stage.restart()
        await stage.confirm(kept)
        assert (await stage.end_of(kept)).state is OperationState.DONE

        await stage.clock.advance(CONFIRM_WITHIN.total_seconds())
        assert await refusal_of_confirming(stage, late) is Refusal.EXPIRED
        await stage.clock.advance(120)
        assert (await stage.stored(late)).state is OperationState.EXPIRED
        assert await refusal_of_confirming(stage, late) is Refusal.EXPIRED
    assert list(app.grabs) == ["B"]


async def test_what_was_withdrawn_is_never_done() -> None:
    async with open_stage(app := make_app()) as stage:
        operation = await stage.ask(REMOVE, "A")

        assert not await stage.desk.withdraw(operation.id, OSCAR.user_id)
        assert await stage.desk.withdraw(operation.id, OLIVIA.user_id)
        assert await refusal_of_confirming(stage, operation) is Refusal.USED
        await stage.read()
    assert app.writes == []


async def test_an_operation_that_there_is_not_is_refused_and_noted() -> None:
    async with open_stage(make_app()) as stage:
        assert await refusal_of_confirming(stage, "forged") is Refusal.NO_OPERATION
        assert await last_audit(stage) == (OLIVIA.user_id, "confirm", "no operation")
        assert await stage.desk.find("forged") is None


@pytest.mark.parametrize(
    ("person", "grants", "kind", "count", "refusal"),
    [
        (VIC, GRANTS, REMOVE, 1, Refusal.NOT_ALLOWED),
        (VIC, GRANTS, ActionKind.SEARCH, 1, Refusal.NOT_ALLOWED),
        (OLIVIA, GRANTS, REMOVE, 2, Refusal.NOT_ALLOWED),
        (OLIVIA, GRANTS, ActionKind.SEARCH, 2, Refusal.NOT_ALLOWED),
        (OLIVIA, Grants(), REMOVE, 1, Refusal.NO_ADMIN),
        (Person(user_id=9, level=Level.OWNER), Grants(), REMOVE, 2, Refusal.NO_ADMIN),
        (VIC, Grants(), ActionKind.SEARCH, 1, Refusal.NOT_ALLOWED),
    ],
)
async def test_who_may_not_is_refused_and_noted(
    person: Person, grants: Grants, kind: ActionKind, count: int, refusal: Refusal
) -> None:
    async with open_stage(make_app("A", "B"), grants=grants) as stage:
        keys = stage.keys("A", "B")[:count]
        assert await refusal_of_asking(stage, person, kind, keys) is refusal
        assert await last_audit(stage) == (person.user_id, kind.value, refusal.value)
        assert (
            await stage.store.run(lambda db: db.execute("SELECT count(*) FROM operation").fetchone()[0]) == 0
        )


async def test_without_an_admin_a_search_is_still_possible() -> None:
    async with open_stage(app := make_app(), grants=Grants()) as stage:
        assert (await stage.do(ActionKind.SEARCH, "A")).state is OperationState.DONE
    assert app.writes == ["POST /command"]


async def test_who_lost_the_right_meanwhile_cannot_confirm() -> None:
    async with open_stage(app := make_app()) as stage:
        operation = await stage.ask(REMOVE, "A")
        demoted = Person(user_id=OLIVIA.user_id, level=Level.VIEWER)

        assert await refusal_of_confirming(stage, operation, demoted) is Refusal.NOT_ALLOWED
        await stage.read()
        assert (await stage.stored(operation)).state is OperationState.PENDING
    assert app.writes == []


async def test_what_is_gone_or_cannot_be_done_is_left_out_or_refused() -> None:
    app = make_app("A")
    app.add("B", **STATES["importing"])
    async with open_stage(app) as stage:
        wanted = [*stage.keys("A", "B", "A"), GONE, DownloadKey("nowhere", "d", "X")]
        asked = await stage.desk.ask(ADA, REMOVE, wanted)
        assert [item.target.key for item in asked.operation.items] == stage.keys("A")
        assert asked.left_out == (*stage.keys("B"), *wanted[3:])

        assert await refusal_of_asking(stage, OLIVIA, REMOVE, stage.keys("B")) is Refusal.NOT_POSSIBLE
        assert await refusal_of_asking(stage, OLIVIA, REMOVE, [GONE]) is Refusal.NOT_THERE
        assert await refusal_of_asking(stage, OLIVIA, REMOVE, []) is Refusal.NOT_THERE


async def test_more_than_ten_have_to_be_counted() -> None:
    names = [f"N{number}" for number in range(COUNT_ABOVE + 1)]
    async with open_stage(app := make_app(*names)) as stage:
        ten = await stage.ask(REMOVE, *names[:COUNT_ABOVE], person=ADA)
        eleven = await stage.ask(REMOVE, *names, person=ADA)
        assert (ten.required_count, eleven.required_count) == (None, 11)

        for typed in (None, 10, 12):
            assert await refusal_of_confirming(stage, eleven, ADA, typed_count=typed) is Refusal.WRONG_COUNT
        await stage.read()
        assert app.writes == []
        await stage.confirm(eleven, ADA, typed_count=11)
        assert (await stage.end_of(eleven)).count(Outcome.DONE) == 11
    assert app.grabs == {}


async def test_at_most_so_many_at_a_time_and_in_a_day() -> None:
    names = "ABCDEF"
    async with open_stage(app := make_app(*names), limits=Limits(per_run=3, per_day=4)) as stage:
        assert await refusal_of_asking(stage, ADA, REMOVE, stage.keys(*"ABCD")) is Refusal.TOO_MANY
        await stage.do(REMOVE, *"ABC", person=ADA)
        more = await stage.ask(REMOVE, *"DE", person=ADA)
        assert await refusal_of_confirming(stage, more, ADA) is Refusal.TOO_MANY_TODAY
        assert await last_audit(stage) == (ADA.user_id, "remove", "too many today")
        assert (await stage.do(REMOVE, "D", person=ADA)).state is OperationState.DONE

        await stage.clock.advance(timedelta(days=1).total_seconds())
        await stage.read()
        assert (await stage.do(REMOVE, *"EF", person=ADA)).state is OperationState.DONE
    assert app.grabs == {}


async def test_a_single_download_is_possible_whatever_the_limits() -> None:
    async with open_stage(make_app(), limits=Limits(per_run=0, per_day=0)) as stage:
        assert (await stage.do(REMOVE, "A")).state is OperationState.DONE


async def test_an_import_needs_files_of_the_download_that_are_ready() -> None:
    app = make_app("A", "B", **STATES["blocked"])
    async with open_stage(app) as stage:
        a = stage.keys("A")
        for keys, files in (
            (a, ()),
            (a, (make_file(media=None),)),
            (a, (make_file(), make_file(download_id="B"))),
            (stage.keys("A", "B"), (make_file(),)),
        ):
            refusal = await refusal_of_asking(stage, ADA, ActionKind.IMPORT, keys, files=files)
            assert refusal is Refusal.NO_FILES
        operation = await stage.ask(ActionKind.IMPORT, "A", files=(make_file(),))
        assert (await stage.stored(operation)).files == (make_file(),)


async def test_nothing_is_done_that_would_not_be_remembered() -> None:
    async with open_stage(app := make_app()) as stage:
        stage.store.is_lasting = False
        assert await refusal_of_asking(stage, OLIVIA, REMOVE, stage.keys("A")) is Refusal.NO_MEMORY
    assert app.writes == []


async def test_with_a_full_disk_nothing_is_asked_nor_confirmed() -> None:
    async with open_stage(app := make_app()) as stage:
        operation = await stage.ask(REMOVE, "A")
        stage.store.is_full = True
        with pytest.raises(StoreError):
            await stage.ask(REMOVE, "A")
        with pytest.raises(StoreError):
            await stage.desk.confirm(operation.id, OLIVIA)
        await stage.read()
        stage.store.is_full = False
        assert (await stage.stored(operation)).state is OperationState.PENDING
        await stage.confirm(operation)
        assert (await stage.end_of(operation)).state is OperationState.DONE
    assert len(app.writes) == 1


async def disarm(stage: Stage) -> None:
    at = stage.clock.now().isoformat()
    await stage.store.run(lambda db: records.put_meta(db, "cleanup_disarmed_since", at))


async def test_after_a_lost_database_several_are_left_alone_until_an_admin_allows_it() -> None:
    async with open_stage(app := make_app("A", "B", "C")) as stage:
        before = await stage.ask(REMOVE, "A", "B", person=ADA)
        await disarm(stage)
        assert await stage.desk.disarmed_since() == stage.clock.now()

        assert await refusal_of_asking(stage, ADA, REMOVE, stage.keys("A", "B")) is Refusal.DISARMED
        assert await refusal_of_confirming(stage, before, ADA) is Refusal.DISARMED
        assert app.writes == []
        assert (await stage.do(REMOVE, "C")).state is OperationState.DONE

        with pytest.raises(ActionRefused):
            await stage.desk.arm(OLIVIA)
        assert await last_audit(stage) == (OLIVIA.user_id, "arm", "not allowed")
        await stage.desk.arm(ADA)
        assert await last_audit(stage) == (ADA.user_id, "arm", "done")
        assert await stage.desk.disarmed_since() is None
        await stage.confirm(before, ADA)
        assert (await stage.end_of(before)).state is OperationState.DONE


async def test_what_was_confirmed_before_the_database_was_lost_is_not_done_afterwards() -> None:
    async with open_stage(app := make_app("A", "B")) as stage:
        operation = await stage.ask(REMOVE, "A", "B", person=ADA)
        await stage.kill()
        await stage.journal.confirm(operation.id, ADA, typed_count=None, per_day=9, is_allowed=True)
        await disarm(stage)
        await stage.start()
        ended = await stage.end_of(operation)
    assert ended.state is OperationState.REFUSED
    assert result(ended).cause is Cause.DISARMED
    assert app.writes == []


async def test_without_an_admin_nobody_arms_anything() -> None:
    async with open_stage(make_app(), grants=Grants()) as stage:
        with pytest.raises(ActionRefused) as caught:
            await stage.desk.arm(Person(user_id=9, level=Level.OWNER))
    assert caught.value.refusal is Refusal.NO_ADMIN


async def test_whoever_follows_sees_how_it_goes_on_until_it_is_over() -> None:
    async with open_stage(make_app("A", "B")) as stage:
        operation = await stage.ask(REMOVE, "A")
        seen: list[OperationState] = []

        async def follow() -> None:
            async for change in stage.desk.follow(operation.id):
                seen.append(change.state)

        following = asyncio.create_task(follow())
        await stage.settle()
        await stage.do(REMOVE, "B")
        await stage.confirm(operation)
        await stage.end_of(operation)
        await following

        assert seen[0] is OperationState.PENDING
        assert seen[-1] is OperationState.DONE
        assert [change.state async for change in stage.desk.follow(operation.id)] == [OperationState.DONE]
        assert [change async for change in stage.desk.follow("forged")] == []


async def test_what_is_under_way_for_a_download_can_be_asked() -> None:
    async with open_stage(make_app()) as stage:
        (key,) = stage.keys("A")
        operation = await stage.ask(REMOVE, "A")
        assert await stage.desk.under_way(key) is None
        await stage.desk.confirm(operation.id, OLIVIA)
        under_way = await stage.desk.under_way(key)
        assert under_way is not None
        assert under_way.id == operation.id
        await stage.end_of(operation)
        assert await stage.desk.under_way(key) is None


async def test_an_end_is_to_be_told_until_it_was_also_after_a_restart() -> None:
    async with open_stage(make_app()) as stage:
        with stage.desk.subscribe() as feed:
            operation = await stage.do(REMOVE, "A")
            assert (await anext(feed)).id == operation.id
        await stage.desk.note_message(operation.id, channel_id=5, message_id=6)
        await stage.restart()

        (untold,) = await stage.desk.untold()
        assert (untold.id, untold.channel_id, untold.message_id) == (operation.id, 5, 6)
        await stage.desk.note_told(operation.id)
        assert await stage.desk.untold() == []


async def test_the_trail_of_one_removal_tells_all_of_it() -> None:
    async with open_stage(make_app()) as stage:
        operation = await stage.do(REMOVE, "A")
        lines = [line.entry for line in await stage.desk.audit()]
        found = await stage.desk.audit(
            actor=OLIVIA.user_id, instance="radarr", action="remove", result="done"
        )

    assert [entry.result for entry in lines] == ["done", "begun", "confirmed"]
    assert {entry.operation for entry in lines} == {operation.id}
    assert {entry.actor for entry in lines} == {OLIVIA.user_id}
    assert [line.entry for line in found] == lines[:1]


async def test_a_pack_is_asked_for_with_all_its_episodes() -> None:
    app = QueueApp(InstanceKind.SONARR)
    app.add("A", episodes=(1, 2, 3))
    async with open_stage(app) as stage:
        operation = await stage.do(REMOVE, "A")
    assert operation.effect.episode_count == 3
    assert len(app.writes) == 1
    assert app.grabs == {}


async def test_what_clean_up_proposed_is_cleaned_up_even_alone() -> None:
    app = make_app("A", "B")
    async with open_stage(app, limits=Limits(per_run=5, per_day=1)) as stage:
        (first,), (second,) = stage.keys("A"), stage.keys("B")
        evidence = {first: "3 strikes in 40 min", second: "4 strikes in 50 min"}
        assert await refusal_of_asking(stage, OLIVIA, REMOVE, [first], evidence=evidence) is (
            Refusal.NOT_ALLOWED
        )

        asked = await stage.desk.ask(ADA, REMOVE, [first], evidence=evidence)
        assert asked.operation.is_cleanup
        assert await stage.desk.cleaned_up_today() == 0
        await stage.confirm(asked.operation, ADA)
        await stage.end_of(asked.operation)
        assert await stage.desk.cleaned_up_today() == 1

        another = await stage.desk.ask(ADA, REMOVE, [second], evidence=evidence)
        assert await refusal_of_confirming(stage, another.operation, ADA) is Refusal.TOO_MANY_TODAY
        by_hand = await stage.desk.ask(ADA, REMOVE, [second])
        await stage.confirm(by_hand.operation, ADA)
        await stage.end_of(by_hand.operation)
        assert await stage.desk.cleaned_up_today() == 1


async def test_what_would_be_asked_for_is_foreseen_without_a_trace() -> None:
    async with open_stage(make_app()) as stage:
        (key,) = stage.keys("A")

        foreseen = stage.desk.foresee(REMOVE, [key, key, GONE], evidence={key: "slow"})

        assert [(target.key, target.evidence) for target in foreseen.targets] == [(key, "slow")]
        assert foreseen.left_out == (GONE,)
        assert await stage.desk.audit() == []
