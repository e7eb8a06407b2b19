"""How many may be acted on together, and when nothing may be done at all."""

from datetime import timedelta

import pytest

from discarr.core.errors import StoreError
from discarr.core.store import records
from discarr.monitoring.acting.desk import COUNT_ABOVE, Limits
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.operation import OperationState, Person
from discarr.monitoring.acting.refusals import ActionRefused, Refusal
from discarr.monitoring.acting.results import Cause, Outcome
from discarr.utils.permissions import Grants, Level
from tests.monitoring.acting.hostile_app import STATES
from tests.monitoring.acting.pressing import last_audit, make_app, refusal_of_asking, refusal_of_confirming
from tests.monitoring.acting.scenes import make_file
from tests.monitoring.acting.stage import ADA, OLIVIA, Stage, open_stage, result

REMOVE = ActionKind.REMOVE


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
    names = "ABCDEFGH"
    async with open_stage(app := make_app(*names), limits=Limits(per_run=3, per_day=5)) as stage:
        assert await refusal_of_asking(stage, ADA, REMOVE, stage.keys(*"ABCD")) is Refusal.TOO_MANY
        await stage.do(REMOVE, *"ABC", person=ADA)
        assert (await stage.do(REMOVE, *"DE", person=ADA)).state is OperationState.DONE
        more = await stage.ask(REMOVE, *"GH", person=ADA)
        assert await refusal_of_confirming(stage, more, ADA) is Refusal.TOO_MANY_TODAY
        assert await last_audit(stage) == (ADA.user_id, "remove", "too many today")
        assert (await stage.do(REMOVE, "F", person=ADA)).state is OperationState.DONE

        for hours, is_possible in ((23, False), (1, True)):
            await stage.stop()
            await stage.clock.advance(timedelta(hours=hours).total_seconds())
            await stage.start()
            more = await stage.ask(REMOVE, *"GH", person=ADA)
            if not is_possible:
                assert await refusal_of_confirming(stage, more, ADA) is Refusal.TOO_MANY_TODAY
        await stage.confirm(more, ADA)
        assert (await stage.end_of(more)).state is OperationState.DONE
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


async def test_a_single_download_may_be_acted_on_although_clean_up_is_disarmed() -> None:
    # On purpose: what is disarmed is destruction in bulk. One download is one person's own decision, was seen
    # and confirmed by that person, and depends on nothing that the lost database knew.
    async with open_stage(app := make_app("A", "B", "C")) as stage:
        asked = await stage.ask(REMOVE, "A")
        confirmed = await stage.ask(REMOVE, "B")
        await stage.kill()
        await stage.journal.confirm(confirmed.id, OLIVIA, typed_count=None, per_day=0, is_allowed=True)
        await disarm(stage)
        await stage.start()

        assert (await stage.end_of(confirmed)).state is OperationState.DONE
        await stage.confirm(asked)
        assert (await stage.end_of(asked)).state is OperationState.DONE
        assert (await stage.do(REMOVE, "C")).state is OperationState.DONE
        assert await stage.desk.disarmed_since() is not None
    assert app.grabs == {}


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
