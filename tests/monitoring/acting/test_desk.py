"""What may be asked for and confirmed, by whom, how often, and what everybody sees of it."""

import asyncio
from datetime import timedelta
from functools import partial
from itertools import batched, cycle

import msgspec
import pytest

from discarr.core.models import DownloadKey, InstanceKind
from discarr.monitoring.acting.desk import CONFIRM_WITHIN
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.operation import Operation, OperationState, Person
from discarr.monitoring.acting.refusals import ActionRefused, Refusal
from discarr.monitoring.acting.results import Cause
from discarr.monitoring.acting.targets import Target
from discarr.monitoring.reasons import ReasonKind
from discarr.utils.permissions import Grants, Level
from tests.monitoring.acting.hostile_app import STATES
from tests.monitoring.acting.pressing import last_audit, make_app, refusal_of_asking, refusal_of_confirming
from tests.monitoring.acting.queue_app import QueueApp
from tests.monitoring.acting.stage import ADA, GRANTS, OLIVIA, OSCAR, VIC, open_stage, result

GONE = DownloadKey("radarr", "d", "GONE")
REMOVE = ActionKind.REMOVE


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
    assert timedelta(minutes=15) > CONFIRM_WITHIN  # an interaction of Discord's lives no longer
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
        (line,) = await stage.desk.audit(limit=1)
        assert (line.entry.instance, line.entry.download) == (GONE.instance, GONE.text)
        assert '"downloads":1' in line.entry.request
        assert await refusal_of_asking(stage, OLIVIA, REMOVE, []) is Refusal.NOT_THERE


async def test_who_asks_for_several_cleans_up_even_if_only_one_of_them_is_left() -> None:
    async with open_stage(make_app()) as stage:
        wanted = [*stage.keys("A"), GONE]
        assert await refusal_of_asking(stage, OLIVIA, REMOVE, wanted) is Refusal.NOT_ALLOWED


async def test_who_may_not_clean_up_any_more_cannot_confirm_several() -> None:
    async with open_stage(app := make_app("A", "B")) as stage:
        operation = await stage.ask(REMOVE, "A", "B", person=ADA)
        demoted = Person(user_id=ADA.user_id, level=Level.OPERATOR)

        assert await refusal_of_confirming(stage, operation, demoted) is Refusal.NOT_ALLOWED
        await stage.read()
    assert app.writes == []


async def test_what_spoke_for_it_is_kept_with_the_question_and_in_the_trail() -> None:
    async with open_stage(make_app("A", "B")) as stage:
        a, b = stage.keys("A", "B")
        asked = await stage.desk.ask(
            ADA, REMOVE, [a, b], reasons={a: ReasonKind.STALLED}, evidence={a: "3 strikes", b: "2 strikes"}
        )
        known = [item.target for item in (await stage.stored(asked.operation)).items]
        await stage.confirm(asked.operation, ADA)
        await stage.end_of(asked.operation)
        lines = [line.entry for line in await stage.desk.audit(result="begun")]

    assert [(target.reason, target.evidence, target.instance_name) for target in known] == [
        (ReasonKind.STALLED, "3 strikes", "Radarr"),
        (None, "2 strikes", "Radarr"),
    ]
    told = {line.download: msgspec.json.decode(line.evidence, type=Target) for line in lines}
    assert told == {"d:A": known[0], "d:B": known[1]}


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


async def test_whoever_follows_sees_that_it_waits_for_its_turn() -> None:
    async with open_stage(make_app()) as stage:
        operation = await stage.ask(REMOVE, "A")
        await stage.kill()  # so that its turn does not come
        with stage.desk.subscribe() as feed:
            await stage.confirm(operation)
            waiting = asyncio.ensure_future(anext(feed))
            await stage.settle()
            assert waiting.done()
            assert (await waiting).state is OperationState.CONFIRMED


async def test_nobody_sees_an_operation_fall_back_however_fast_it_is_begun() -> None:
    states = list(OperationState)
    async with open_stage(make_app(*"ABCDEFGHIJKLMNOPQRST")) as stage:
        stage.store.delay = partial(next, cycle((0, 0, 0, 60, 0, 0, 0, 0)))
        for one, two in batched("ABCDEFGHIJKLMNOPQRST", 2):
            first, second = await stage.ask(REMOVE, one), await stage.ask(REMOVE, two)
            seen: list[int] = []

            async def follow(operation: Operation, seen: list[int]) -> None:
                async for change in stage.desk.follow(operation.id):
                    seen.append(states.index(change.state))

            following = asyncio.create_task(follow(second, seen))
            await stage.settle()
            await asyncio.gather(stage.confirm(first), stage.confirm(second))
            await stage.end_of(second)
            await following
            assert seen == sorted(seen)


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


async def test_what_would_be_asked_for_is_foreseen_without_a_trace() -> None:
    async with open_stage(make_app()) as stage:
        (key,) = stage.keys("A")

        foreseen = stage.desk.foresee(REMOVE, [key, key, GONE], evidence={key: "slow"})

        assert [(target.key, target.evidence) for target in foreseen.targets] == [(key, "slow")]
        assert foreseen.left_out == (GONE,)
        assert await stage.desk.audit() == []
