"""Reading a history back to a moment, newest first.

Every page of the apps is cut from a fresh list. Records that arrive meanwhile push others onto the next page,
where they come again; records that go away pull others onto a page that was read before.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime

from discarr.clients.decode import Page
from discarr.core.clock import Clock
from discarr.core.models import FetchedHistory, HistoryRecord

CATCH_UP_PAGE_SIZE = 250
"""Records of a page after a long absence: with embedded titles up to 3.7 MB, and custom formats are worked
out by the app for each."""
MAX_RECORDS = 20_000
MAX_WALKS = 3
"""A history that records vanish from during each of three walks is taken as it comes."""

type FetchPage = Callable[[int, int], Awaitable[Page[HistoryRecord]]]
"""Gets the page of a number, counted from 1, and a size."""


async def walk_history(
    fetch_page: FetchPage,
    *,
    page_size: int,
    since: datetime | None,
    max_records: int,
    clock: Clock,
    budget_s: float,
) -> FetchedHistory:
    """Collect the records from `since` on; only the newest `page_size` when it is None.

    One page of `page_size` usually has them all. If not, longer pages are read from the newest record on,
    until there are `max_records` or until `budget_s` is over.
    """
    walk = _Walk(fetch_page, since, clock=clock, give_up_at=clock.monotonic() + budget_s)
    is_complete = await walk.run(page_size, max_pages=1)
    if since is not None and not is_complete:
        is_complete = await walk.run_until_steady(max_records)
    wanted = [record for record in walk.records.values() if since is None or record.date >= since]
    await clock.give_way()
    wanted.sort(key=_age, reverse=True)
    return FetchedHistory(
        records=tuple(wanted[:max_records]),
        is_complete=is_complete and len(wanted) <= max_records,
        skipped_rows=walk.skipped,
    )


class _Walk:
    """Passes from the newest record to the last one that is wanted."""

    def __init__(
        self, fetch_page: FetchPage, since: datetime | None, *, clock: Clock, give_up_at: float
    ) -> None:
        self.records: dict[int, HistoryRecord] = {}
        """What any pass saw, by id."""
        self.skipped = 0
        """Rows of the last pass that could not be understood."""
        self._fetch_page = fetch_page
        self._since = since
        self._clock = clock
        self._give_up_at = give_up_at
        self._seen: set[int] = set()
        self._has_shrunk = False

    async def run_until_steady(self, max_records: int) -> bool:
        """Pass again (bounded) while records vanish on the way; say whether nothing is missing."""
        for _ in range(MAX_WALKS):
            is_over = await self.run(CATCH_UP_PAGE_SIZE, max_pages=-(-max_records // CATCH_UP_PAGE_SIZE))
            if not self._has_shrunk:
                return is_over
        return False

    async def run(self, page_size: int, *, max_pages: int) -> bool:
        """Make one pass; say whether it got to the end."""
        self.skipped = 0
        self._seen = set()
        self._has_shrunk = False
        first: Page[HistoryRecord] | None = None
        total: int | None = None
        for number in range(1, max_pages + 1):
            page = await self._fetch_page(number, page_size)
            first = first or page
            self._has_shrunk |= total is not None and page.total is not None and page.total < total
            total = page.total
            self.skipped += page.skipped
            has_news = self._add(page)
            if self._is_last(page, page_size, first.total):
                return True
            if not has_news or self._clock.monotonic() >= self._give_up_at:
                return False
            await self._clock.give_way()
        return False

    def _add(self, page: Page[HistoryRecord]) -> bool:
        known = len(self._seen)
        self._seen.update(record.id for record in page.rows)
        self.records.update((record.id, record) for record in page.rows)
        return len(self._seen) > known or page.skipped > 0

    def _is_last(self, page: Page[HistoryRecord], page_size: int, total: int | None) -> bool:
        """Whether nothing wanted comes after the page; `total` is how many records there were at first.

        Those that came since are no part of this pass: they stand before its first page.
        """
        if self._since is not None and any(record.date < self._since for record in page.rows):
            return True
        count = len(self._seen) + self.skipped
        if total is None or count > total:
            return page.sent < page_size
        return count == total


def _age(record: HistoryRecord) -> tuple[datetime, int]:
    return record.date, record.id
