"""Reading back through a history that goes on changing, at the level of pages."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from discarr.clients.decode import Page
from discarr.clients.history_walk import CATCH_UP_PAGE_SIZE, MAX_WALKS, FetchPage, walk_history
from discarr.core.clock import Clock
from discarr.core.models import FetchedHistory, HistoryEvent, HistoryRecord
from tests.fakes.clock import START, FakeClock

LONG_PAGE = CATCH_UP_PAGE_SIZE


def make_record(key: int) -> HistoryRecord:
    """Return a record whose age follows from its id: one a minute."""
    return HistoryRecord(
        id=key,
        instance="radarr",
        event=HistoryEvent.IMPORTED,
        date=START + timedelta(minutes=key),
        download_id=None,
        title="Dune",
        year=2024,
        media_id=1,
        episode=None,
        release_title="Dune.2024",
        quality=None,
        tags=None,
    )


def date_of(key: int) -> datetime:
    return make_record(key).date


class History:
    """An app's history: a fresh cut of the list at each request, with something happening between two."""

    def __init__(self, count: int) -> None:
        self.clock = FakeClock()
        self.ids = list(range(count, 0, -1))
        """Newest first."""
        self.asked: list[tuple[int, int]] = []
        self.happens: Callable[[], None] = lambda: None
        """Called after each page."""
        self.total: Callable[[], int | None] = lambda: len(self.ids)
        self.skipped = 0
        """Rows at the end of each page that cannot be understood."""

    async def __call__(self, number: int, size: int) -> Page[HistoryRecord]:
        self.asked.append((number, size))
        ids = self.ids[(number - 1) * size : number * size]
        readable = ids[: len(ids) - self.skipped]
        page = Page(
            rows=tuple(make_record(key) for key in readable),
            number=number,
            total=self.total(),
            skipped=len(ids) - len(readable),
        )
        self.happens()
        return page

    async def read(self, *, since: int | None = 0, max_records: int = 20_000) -> FetchedHistory:
        """Walk back to the record of the given id."""
        return await read(self, self.clock, since=since, max_records=max_records)


async def read(
    fetch_page: FetchPage,
    clock: Clock,
    *,
    since: int | None = 0,
    max_records: int = 20_000,
    budget_s: float = 300.0,
) -> FetchedHistory:
    return await walk_history(
        fetch_page,
        page_size=20,
        since=None if since is None else date_of(since),
        max_records=max_records,
        clock=clock,
        budget_s=budget_s,
    )


def ids_of(history: FetchedHistory) -> list[int]:
    return [record.id for record in history.records]


@pytest.mark.parametrize(("count", "is_complete"), [(0, True), (19, True), (20, True), (21, False)])
async def test_without_a_moment_one_page_is_read(count: int, is_complete: bool) -> None:
    history = History(count)
    found = await history.read(since=None)
    assert ids_of(found) == list(range(count, max(0, count - 20), -1))
    assert found.is_complete is is_complete
    assert history.asked == [(1, 20)]


async def test_the_moment_itself_is_included() -> None:
    assert ids_of(await History(30).read(since=25)) == [30, 29, 28, 27, 26, 25]


@pytest.mark.parametrize("count", [0, 1, 20, 21, LONG_PAGE, LONG_PAGE + 1, 2 * LONG_PAGE])
async def test_a_whole_history_is_complete_without_asking_past_its_end(count: int) -> None:
    history = History(count)
    found = await history.read()
    assert (ids_of(found), found.is_complete) == (list(range(count, 0, -1)), True)
    assert len(history.asked) == 1 + (0 if count <= 20 else -(-count // LONG_PAGE))


async def test_records_that_push_others_onto_the_next_page_come_once() -> None:
    history = History(600)
    history.happens = lambda: history.ids.insert(0, history.ids[0] + 1)
    found = await history.read()
    assert ids_of(found)[-600:] == list(range(600, 0, -1))
    assert len(ids_of(found)) == len(set(ids_of(found)))
    assert found.is_complete


async def test_records_that_vanish_cost_none_of_the_others() -> None:
    history = History(600)

    def vanish() -> None:
        if history.asked[-1] == (1, LONG_PAGE) and 590 in history.ids:
            history.ids.remove(590)

    history.happens = vanish
    found = await history.read()
    assert set(ids_of(found)) == set(range(1, 601))
    assert found.is_complete


async def test_a_history_that_always_shrinks_is_read_a_few_times_and_not_called_complete() -> None:
    history = History(900)
    history.happens = lambda: history.ids.remove(history.ids[0])
    found = await history.read()
    assert not found.is_complete
    assert history.asked.count((1, LONG_PAGE)) == MAX_WALKS


async def test_a_page_that_only_repeats_ends_the_reading() -> None:
    history = History(LONG_PAGE)

    async def first_page(number: int, size: int) -> Page[HistoryRecord]:
        return Page(rows=(await history(1, size)).rows, number=number, total=10**9)

    found = await read(first_page, history.clock)
    assert (len(found.records), found.is_complete) == (LONG_PAGE, False)
    assert len(history.asked) == 3


@pytest.mark.parametrize("total", [None, 1])
async def test_a_total_that_is_wrong_or_absent_is_not_relied_on(total: int | None) -> None:
    """As in the recorded movie queue."""
    history = History(2 * LONG_PAGE + 1)
    history.total = lambda: total
    found = await history.read()
    assert (len(found.records), found.is_complete) == (2 * LONG_PAGE + 1, True)
    assert len(history.asked) == 4


async def test_a_total_that_promises_too_much_is_a_cut_off() -> None:
    history = History(30)
    history.total = lambda: 40
    found = await history.read()
    assert (len(found.records), found.is_complete) == (30, False)
    assert len(history.asked) == 3


async def test_the_reading_ends_with_the_wanted_number_of_records() -> None:
    history = History(10 * LONG_PAGE)
    found = await history.read(max_records=LONG_PAGE + 1)
    assert ids_of(found) == history.ids[: LONG_PAGE + 1]
    assert not found.is_complete
    assert len(history.asked) == 3


@pytest.mark.parametrize(("since", "is_complete"), [(26, True), (25, False)])
async def test_a_bound_below_the_first_page_holds_too(since: int, is_complete: bool) -> None:
    found = await History(30).read(since=since, max_records=5)
    assert (ids_of(found), found.is_complete) == ([30, 29, 28, 27, 26], is_complete)


async def test_the_reading_ends_in_time_with_what_it_has() -> None:
    history = History(10 * LONG_PAGE)

    async def slow(number: int, size: int) -> Page[HistoryRecord]:
        await history.clock.advance(60)
        return await history(number, size)

    found = await read(slow, history.clock, budget_s=200.0)
    assert (len(found.records), found.is_complete) == (3 * LONG_PAGE, False)


async def test_rows_that_cannot_be_understood_are_counted_and_end_nothing() -> None:
    history = History(2 * LONG_PAGE)
    history.skipped = 1
    found = await history.read()
    assert (len(found.records), found.skipped_rows) == (2 * LONG_PAGE - 2, 2)
    assert found.is_complete


async def test_a_whole_page_that_cannot_be_understood_is_not_the_end() -> None:
    history = History(3 * LONG_PAGE)

    async def broken_in_the_middle(number: int, size: int) -> Page[HistoryRecord]:
        page = await history(number, size)
        is_broken = (number, size) == (2, LONG_PAGE)
        return Page(rows=(), number=2, total=page.total, skipped=page.sent) if is_broken else page

    found = await read(broken_in_the_middle, history.clock)
    assert ids_of(found) == [*range(3 * LONG_PAGE, 2 * LONG_PAGE, -1), *range(LONG_PAGE, 0, -1)]
    assert (found.skipped_rows, found.is_complete) == (LONG_PAGE, True)


async def test_all_records_of_the_very_second_are_found_also_on_further_pages() -> None:
    history = History(2 * LONG_PAGE)

    async def of_one_second(number: int, size: int) -> Page[HistoryRecord]:
        page = await history(number, size)
        rows = tuple(replace(record, date=START) for record in page.rows)
        return Page(rows=rows, number=number, total=page.total)

    found = await walk_history(
        of_one_second, page_size=20, since=START, max_records=20_000, clock=history.clock, budget_s=300.0
    )
    assert (len(found.records), found.is_complete) == (2 * LONG_PAGE, True)


async def test_records_of_one_second_stand_in_the_order_of_their_ids() -> None:
    rows = [replace(make_record(key), date=START) for key in (2, 1, 3)]
    page = Page(rows=tuple(rows), number=1, total=3)

    async def fetch(number: int, size: int) -> Page[HistoryRecord]:
        return page

    assert ids_of(await read(fetch, FakeClock(), since=None)) == [3, 2, 1]


@given(
    count=st.integers(0, 1200),
    since=st.integers(-5, 1210),
    arrivals=st.lists(st.integers(0, 40), max_size=8),
)
async def test_whatever_arrives_meanwhile_all_there_was_is_found_once(
    count: int, since: int, arrivals: list[int]
) -> None:
    history = History(count)
    coming = iter(arrivals)

    def arrive() -> None:
        for _ in range(next(coming, 0)):
            history.ids.insert(0, max(history.ids, default=0) + 1)

    history.happens = arrive
    found = await history.read(since=since)
    ids = ids_of(found)
    assert ids == sorted(set(ids), reverse=True)
    assert set(ids) >= set(range(max(since, 1), count + 1))
    assert all(key >= since for key in ids)
    assert found.is_complete


@given(
    count=st.integers(21, 1200),
    since=st.integers(-5, 1210),
    changes=st.lists(st.tuples(st.integers(0, 6), st.lists(st.integers(0, 1199), max_size=6)), max_size=14),
)
async def test_whatever_vanishes_meanwhile_a_complete_reading_lacks_nothing(
    count: int, since: int, changes: list[tuple[int, list[int]]]
) -> None:
    history = History(count)
    coming = iter(changes)

    def change() -> None:
        arrivals, losses = next(coming, (0, []))
        history.ids[:0] = [max(history.ids, default=0) + 1 + place for place in range(arrivals)][::-1]
        for place in losses:
            if place < len(history.ids):
                del history.ids[place]

    history.happens = change
    found = await history.read(since=since)
    if found.is_complete:
        assert set(ids_of(found)) >= {key for key in history.ids if since <= key <= count}
