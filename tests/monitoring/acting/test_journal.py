"""Each step is written down with its line in the trail, or it does not happen."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from discarr.core.errors import StoreError
from discarr.core.models import DownloadKey
from discarr.core.store import Connection
from discarr.monitoring.acting.journal import Journal
from discarr.monitoring.acting.operation import Operation, OperationState, Person, Trail
from discarr.monitoring.acting.refusals import ActionRefused, Refusal
from discarr.monitoring.acting.results import Cause, result_of
from tests.fakes.clock import VirtualClock
from tests.monitoring.acting.scenes import make_operation, make_target
from tests.monitoring.acting.stage import OLIVIA, OSCAR, ActingStore


class Book:
    """A journal, its store and its time."""

    def __init__(self, store: ActingStore, clock: VirtualClock) -> None:
        self.store = store
        self.clock = clock
        self.journal = Journal(store, clock=clock)

    async def confirm(self, operation: Operation, person: Person = OLIVIA) -> Operation | ActionRefused:
        return await self.journal.confirm(operation.id, person, typed_count=None, per_day=10, is_allowed=True)

    async def begin(self) -> Operation:
        await self.journal.add(make_operation())
        await self.confirm(make_operation())
        operation = await self.journal.claim()
        assert operation is not None
        assert await self.journal.begin(operation, 0)
        return operation

    async def trail(self) -> list[str]:
        return [line.entry.result for line in await self.journal.audit()]


@pytest.fixture
async def book() -> AsyncIterator[Book]:
    clock = VirtualClock()
    store = await ActingStore.in_memory(clock=clock)
    yield Book(store, clock)
    await store.close()


async def test_each_step_has_its_line(book: Book) -> None:
    operation = await book.begin()
    await book.journal.end(operation, OperationState.DONE, {0: result_of(Cause.ANSWERED)})

    assert await book.trail() == ["done", "begun", "confirmed"]
    found = await book.journal.find(operation.id)
    assert found is not None
    assert (found.state, found.ended_at) == (OperationState.DONE, book.clock.now())


async def test_a_step_whose_line_cannot_be_written_does_not_happen(book: Book) -> None:
    def refuse_lines(connection: Connection) -> None:
        connection.execute(
            "CREATE TEMP TRIGGER refuse BEFORE INSERT ON main.audit BEGIN SELECT RAISE(ABORT, 'full'); END"
        )

    await book.journal.add(make_operation())
    await book.store.run(refuse_lines)
    with pytest.raises(Exception, match="full"):
        await book.confirm(make_operation())
    assert await book.journal.find("0123456789abcdef") == make_operation()

    await book.store.run(lambda connection: connection.execute("DROP TRIGGER refuse").close())
    await book.confirm(make_operation())
    operation = await book.journal.claim()
    assert operation is not None
    await book.store.run(refuse_lines)
    for step in (
        book.journal.begin(operation, 0),
        book.journal.end(operation, OperationState.DONE, {0: result_of(Cause.ANSWERED)}),
    ):
        with pytest.raises(Exception, match="full"):
            await step
    assert await book.journal.find(operation.id) == operation


async def test_with_a_full_disk_every_step_says_so(book: Book) -> None:
    book.store.is_full = True
    with pytest.raises(StoreError):
        await book.journal.add(make_operation())
    with pytest.raises(StoreError):
        await book.journal.claim()


async def test_what_is_asked_of_an_operation_that_changed_is_answered_by_what_it_is(book: Book) -> None:
    await book.journal.add(make_operation())
    other = await book.confirm(make_operation(), OSCAR)
    assert isinstance(other, ActionRefused)
    assert other.refusal is Refusal.NOT_YOURS
    book.clock.now()
    await book.clock.advance(601)
    late = await book.confirm(make_operation())
    assert isinstance(late, ActionRefused)
    assert late.refusal is Refusal.EXPIRED


async def test_how_to_follow_something_is_kept(book: Book) -> None:
    operation = await book.begin()
    await book.journal.follow(operation.id, 0, Trail(baseline=3, commands=(4,)))
    (interrupted,) = await book.journal.interrupted()
    assert interrupted.items[0].trail == Trail(baseline=3, commands=(4,))
    assert (interrupted.state, interrupted.items[0].is_begun) == (OperationState.UNKNOWN, True)


async def test_what_was_not_done_explains_no_absence(book: Book) -> None:
    operation = await book.begin()
    await book.journal.note(operation, {0: result_of(Cause.STILL_THERE)})
    assert await book.journal.done_before(operation, 0) is None


async def test_only_what_was_lately_done_explains_an_absence(book: Book) -> None:
    operation = await book.begin()
    await book.journal.note(operation, {0: result_of(Cause.ANSWERED)})
    done_at = book.clock.now()

    async def explained(created_after: timedelta) -> bool:
        later = make_operation(make_target(), created_at=done_at + created_after)
        return await book.journal.done_before(later, 0) is not None

    async def explained_by_another() -> bool:
        other = make_operation(make_target(key=DownloadKey("radarr", "d", "OTHER")))
        return await book.journal.done_before(other, 0) is not None

    assert not await explained_by_another()
    assert await explained(timedelta(minutes=10))
    assert not await explained(timedelta(minutes=10, seconds=1))
