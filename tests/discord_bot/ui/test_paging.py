from hypothesis import given
from hypothesis import strategies as st

from discarr.discord_bot.ui.paging import PAGE_SIZE, Page, page_of


@given(st.integers(0, 60), st.integers(-3, 50))
def test_a_page_always_exists_and_counts_on(count: int, number: int) -> None:
    page = page_of(range(count), number)

    assert page.count == max(1, -(-count // PAGE_SIZE))
    assert 0 <= page.number < page.count
    assert page.items == tuple(range(count))[page.first_number - 1 :][:PAGE_SIZE]
    assert page.has_next == (page.first_number + len(page.items) <= count)


def test_the_words_below_a_list() -> None:
    assert page_of(range(5), 0).words == ""
    assert page_of(range(25), 1).words == "Page 2 of 3"
    assert Page(items=(1,), number=1, count=None).words == "Page 2"


def test_a_page_of_something_else_stays_where_it_is() -> None:
    assert page_of(range(25), 1).map(str) == Page(
        items=tuple(map(str, range(10, 20))), number=1, count=3, has_next=True
    )
