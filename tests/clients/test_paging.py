from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from discarr.clients.decode import Page
from discarr.clients.paging import MAX_PAGES, MAX_WALKS, walk_queue
from discarr.clients.wire import QueueRow

type Queue = list[int]


def rows(*ids: int | None) -> tuple[QueueRow, ...]:
    return tuple(QueueRow(id=key, title=str(key)) for key in ids)


class Pages:
    """A list that may change between two requests, paged as the apps page it."""

    def __init__(self, *states: Queue, size: int = 2, total: int | None = -1) -> None:
        self.states = states
        self.size = size
        self.total = total
        self.asked: list[int] = []

    async def __call__(self, number: int) -> Page[QueueRow]:
        state = self.states[min(len(self.asked), len(self.states) - 1)]
        self.asked.append(number)
        if (number - 1) * self.size >= len(state):
            number = max(len(state) // self.size, 1)
        part = state[(number - 1) * self.size : number * self.size]
        return Page(
            rows=rows(*part), number=number, total=len(state) if self.total == -1 else self.total, skipped=0
        )

    async def walk(self) -> list[int | None]:
        return [row.id for row in (await walk_queue(self, page_size=self.size)).rows]


async def test_all_pages_are_read_and_no_more() -> None:
    pages = Pages([1, 2, 3, 4, 5])
    assert await pages.walk() == [1, 2, 3, 4, 5]
    assert pages.asked == [1, 2, 3]


async def test_a_total_on_a_page_border_does_not_cost_a_request() -> None:
    pages = Pages([1, 2, 3, 4])
    assert await pages.walk() == [1, 2, 3, 4]
    assert pages.asked == [1, 2]


async def test_an_empty_queue_is_one_request() -> None:
    pages = Pages([])
    assert await pages.walk() == []
    assert pages.asked == [1]


async def test_a_row_removed_on_the_way_causes_a_second_walk() -> None:
    pages = Pages([1, 2, 3, 4, 5], [2, 3, 4, 5])
    assert await pages.walk() == [2, 3, 4, 5]


async def test_a_row_added_on_the_way_causes_a_second_walk() -> None:
    pages = Pages([1, 2, 3], [9, 1, 2, 3])
    assert await pages.walk() == [9, 1, 2, 3]


async def test_rows_that_shift_under_an_equal_total_are_noticed() -> None:
    pages = Pages([1, 2, 3, 4, 5], [9, 1, 2, 3, 4])
    assert sorted(key for key in await pages.walk() if key) == [1, 2, 3, 4, 9]


async def test_a_page_past_the_end_is_recognised_by_its_number() -> None:
    pages = Pages([1, 2, 3, 4, 5, 6], [1, 2], [1, 2])
    assert await pages.walk() == [1, 2]
    assert pages.asked == [1, 2, 1]


async def test_a_queue_that_never_rests_ends_after_a_few_walks_without_losing_rows() -> None:
    pages = Pages([1, 2, 3, 4], [1, 2, 3], [5, 1, 2, 3], [1, 2, 3], [6, 1, 2, 3], [1, 2, 3])
    assert {1, 2, 3} <= set(await pages.walk())
    assert len(pages.asked) == 2 * MAX_WALKS


async def test_a_total_that_is_too_large_ends_at_the_repeated_page() -> None:
    pages = Pages([1, 2, 3], total=10)
    assert await pages.walk() == [1, 2, 3]
    assert pages.asked == [1, 2, 3]


async def test_a_total_that_is_too_small_loses_no_rows() -> None:
    """The recorded movie queue says 1 for 3 rows."""
    assert await Pages([1, 2, 3], size=1000, total=1).walk() == [1, 2, 3]
    assert await Pages([1, 2, 3, 4, 5], total=1).walk() == [1, 2, 3, 4, 5]


async def test_without_a_total_the_short_page_is_the_last() -> None:
    assert await Pages([1, 2, 3], total=None).walk() == [1, 2, 3]


async def test_a_server_that_knows_no_pages_is_read_once_over() -> None:
    async def everything(number: int) -> Page[QueueRow]:
        return Page(rows=rows(1, 2, 3), number=None, total=9)

    assert [row.id for row in (await walk_queue(everything, page_size=2)).rows] == [1, 2, 3]


async def test_an_endless_queue_ends() -> None:
    asked = 0

    async def endless(number: int) -> Page[QueueRow]:
        nonlocal asked
        asked += 1
        return Page(rows=rows(2 * number, 2 * number + 1), number=number, total=10**9)

    assert len((await walk_queue(endless, page_size=2)).rows) == 2 * MAX_PAGES
    assert asked == MAX_PAGES


async def test_rows_of_one_id_that_differ_are_kept_wherever_they_stand() -> None:
    """The recorded movie queue has such a pair."""
    one, other = QueueRow(id=7, title="a"), QueueRow(id=7, title="b")

    async def pages(number: int) -> Page[QueueRow]:
        return Page(rows=(one,) if number == 1 else (other,), number=number, total=2)

    assert (await walk_queue(pages, page_size=1)).rows == (one, other)

    async def single(_: int) -> Page[QueueRow]:
        return Page(rows=(one, other), number=1, total=2)

    assert (await walk_queue(single, page_size=10)).rows == (one, other)


async def test_skipped_rows_count_towards_the_total_and_are_reported() -> None:
    async def pages(number: int) -> Page[QueueRow]:
        return Page(rows=rows(number), number=number, total=4, skipped=1)

    walk = await walk_queue(pages, page_size=2)
    assert ([row.id for row in walk.rows], walk.skipped) == ([1, 2], 2)


async def test_a_page_of_bad_rows_does_not_end_the_walk() -> None:
    async def pages(number: int) -> Page[QueueRow]:
        if number == 1:
            return Page(rows=(), number=1, total=3, skipped=2)
        return Page(rows=rows(3), number=2, total=3)

    assert [row.id for row in (await walk_queue(pages, page_size=2)).rows] == [3]


async def test_rows_without_an_id_are_never_taken_for_each_other() -> None:
    async def pages(number: int) -> Page[QueueRow]:
        return Page(rows=rows(None, number), number=number, total=4)

    assert len((await walk_queue(pages, page_size=2)).rows) == 4


@given(queue=st.lists(st.integers(1, 60), unique=True), size=st.integers(1, 7), lie=st.integers(0, 3))
async def test_a_queue_at_rest_is_read_completely_even_if_its_total_is_too_large(
    queue: Queue, size: int, lie: int
) -> None:
    pages = Pages(queue, size=size, total=len(queue) + lie)
    assert await pages.walk() == queue


def changes() -> st.SearchStrategy[list[Callable[[Queue], Queue]]]:
    drop = st.integers(0, 20).map(lambda at: lambda queue: [*queue[:at], *queue[at + 1 :]])
    insert = st.integers(0, 20).map(lambda at: lambda queue: [*queue[:at], 1000 + len(queue), *queue[at:]])
    return st.lists(drop | insert, max_size=2)


@given(start=st.lists(st.integers(1, 60), unique=True, max_size=20), steps=changes(), size=st.integers(1, 6))
async def test_a_queue_that_comes_to_rest_is_read_exactly_as_it_was_at_some_moment(
    start: Queue, steps: list[Callable[[Queue], Queue]], size: int
) -> None:
    states = [start]
    for step in steps:
        states.append(step(states[-1]))
    assert await Pages(*states, size=size).walk() in states
