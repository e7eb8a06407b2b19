"""Walking over a paged list that changes underneath.

Every request of the apps sorts and cuts a fresh list, so pages can straddle a change: rows repeat or
go missing. And a page past the end answers with an *earlier* page, so "until empty" would never end.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from discarr.clients.decode import Page
from discarr.clients.transport import Params
from discarr.clients.wire import QueueRow

PAGE_SIZE = 1000
"""Rows of a lean queue page: 1.5 MB, decoded in 2 ms. The apps know no maximum."""
WALK_TIMEOUTS = 6
"""A whole walk over the queue may take as long as so many single answers: enough for a long queue on a slow
machine, or for a few pages that are read three times because they changed meanwhile."""
MAX_PAGES = 200
"""Per walk: 200,000 rows, far beyond anything sensible."""
MAX_WALKS = 3
"""A queue that changes during each of three walks is taken as it comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueWalk:
    """All rows of a queue, in the app's order."""

    rows: tuple[QueueRow, ...]
    """Rows of the same id that differ are all here, for the fold to unite (recorded movie queue)."""
    skipped: int
    """Rows that could not be understood."""


def queue_params(number: int, page_size: int, unknown_items: Params) -> Params:
    """Return what asks for a page of the queue; `unknown_items` asks for those without a title too."""
    return (
        ("page", str(number)),
        ("pageSize", str(page_size)),
        # In every version's list of allowed keys, and steady between refreshes. The default, time
        # left, reshuffles the pages, and `episode` fails on Sonarr. The default direction is descending.
        ("sortKey", "title"),
        ("sortDirection", "ascending"),
        *unknown_items,
    )


async def walk_queue(fetch_page: Callable[[int], Awaitable[Page[QueueRow]]], *, page_size: int) -> QueueWalk:
    """Collect all rows, walking again (bounded) when the list changed on the way.

    When it changes during every walk, rows that only an earlier walk saw are kept: a row that stays a
    poll too long does less harm than one that seems to have vanished.
    """
    walks: list[_Walk] = []
    while len(walks) < MAX_WALKS:
        walk = _Walk(page_size)
        await walk.run(fetch_page)
        if not walk.has_changed:
            return QueueWalk(rows=tuple(walk.rows), skipped=walk.skipped)
        walks.append(walk)
    last = walks.pop()
    for earlier in reversed(walks):
        last.add([row for row in earlier.rows if row.id is not None and row.id not in last.ids])
    return QueueWalk(rows=tuple(last.rows), skipped=last.skipped)


class _Walk:
    """One pass from the first page to the last."""

    def __init__(self, page_size: int) -> None:
        self.rows: list[QueueRow] = []
        self.ids: set[int | None] = set()
        self.skipped = 0
        self.has_changed = False
        self._page_size = page_size
        self._sent = 0

    async def run(self, fetch_page: Callable[[int], Awaitable[Page[QueueRow]]]) -> None:
        total: int | None = None
        for number in range(1, MAX_PAGES + 1):
            page = await fetch_page(number)
            if number > 1:
                self.has_changed |= page.total != total
            total = page.total
            if number > 1 and page.number is not None and page.number != number:
                return  # past the end: this is an earlier page once more
            has_news = self.add(page.rows) or page.skipped > 0
            self._sent += page.sent
            self.skipped += page.skipped
            if not has_news or self._is_complete(page, total):
                return

    def add(self, rows: Sequence[QueueRow]) -> bool:
        """Take over the rows that are new, and say whether there were any."""
        ids = {row.id for row in rows} - {None}
        if self.ids.isdisjoint(ids):
            self.rows.extend(rows)
            self.ids |= ids
            return bool(rows)
        self.has_changed = True  # rows moved across the border of two pages
        known = {row.id: row for row in self.rows}
        new = [row for row in rows if row.id is None or known.get(row.id) != row]
        self.rows.extend(new)
        self.ids |= ids
        return bool(new)

    def _is_complete(self, page: Page[QueueRow], total: int | None) -> bool:
        if total is None:
            return page.sent < self._page_size
        if self._sent <= total:
            return self._sent == total
        # The total is too small (recorded: 1 for 3 rows): go on while pages are full.
        return page.sent < self._page_size
