"""Lists page by page: which part is shown, and the words below it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

PAGE_SIZE: Final = 10
"""Entries on a page; at most 25, the options of a select."""
MAX_PAGE: Final = 99_999


@dataclass(frozen=True, slots=True, kw_only=True)
class Page[T]:
    """A part of a list."""

    items: tuple[T, ...]
    number: int = 0
    """Counted from 0."""
    count: int | None = 1
    """How many pages there are, at least 1; None where nobody has counted."""
    has_next: bool = False

    @property
    def first_number(self) -> int:
        """Number of the first entry, counted from 1 over all pages."""
        return self.number * PAGE_SIZE + 1

    @property
    def words(self) -> str:
        """ "Page 2 of 3"; empty for a list that fits on one page."""
        if self.number == 0 and not self.has_next:
            return ""
        return f"Page {self.number + 1}" + (f" of {self.count}" if self.count is not None else "")

    def map[U](self, made: Callable[[T], U]) -> "Page[U]":
        """Return the same page with something else in place of each entry."""
        items = tuple(made(item) for item in self.items)
        return Page(items=items, number=self.number, count=self.count, has_next=self.has_next)


def page_of[T](items: Sequence[T], number: int) -> Page[T]:
    """Return the page that was asked for, or the nearest one that exists."""
    count = max(math.ceil(len(items) / PAGE_SIZE), 1)
    number = min(max(number, 0), count - 1)
    shown = tuple(items[number * PAGE_SIZE : (number + 1) * PAGE_SIZE])
    return Page(items=shown, number=number, count=count, has_next=number + 1 < count)
