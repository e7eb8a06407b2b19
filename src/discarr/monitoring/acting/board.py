"""What is being done now, for everybody who wants to see how it goes on."""

import asyncio
from dataclasses import replace
from typing import Any, Final, Self

from discarr.monitoring.acting.operation import Operation

MAX_KEPT: Final = 200
"""Operations that are over and still known without asking the store."""


class Feed:
    """Yields operations after each change; changes that come meanwhile become one. Best used with `with`."""

    def __init__(self, board: "Board") -> None:
        self._board = board
        self._news: dict[str, Operation] = {}
        self._has_news = asyncio.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Operation:
        await self._has_news.wait()
        operation = self._news.pop(next(iter(self._news)))
        if not self._news:
            self._has_news.clear()
        return operation

    def close(self) -> None:
        """End the feed; harmless when repeated."""
        self._board.unsubscribe(self)

    def tell(self, operation: Operation) -> None:
        """Note how an operation is now."""
        self._news[operation.id] = operation
        self._has_news.set()


class Board:
    """The newest state of what was confirmed since the start, also of what could not be stored."""

    def __init__(self) -> None:
        self._operations: dict[str, Operation] = {}
        self._feeds: set[Feed] = set()

    def get(self, operation_id: str) -> Operation | None:
        """Return an operation; None when it was not confirmed since the start, or is over for long."""
        return self._operations.get(operation_id)

    def put(self, operation: Operation) -> None:
        """Take over an operation, or a change of it, and tell everybody."""
        self._operations[operation.id] = operation
        if len(self._operations) > MAX_KEPT:
            over = (item.id for item in self._operations.values() if item.is_over)
            self._operations.pop(next(over, ""), None)
        for feed in self._feeds:
            feed.tell(operation)

    def change(self, operation_id: str, **changes: Any) -> None:
        """Change fields of an operation that is on the board; others are left alone."""
        operation = self._operations.get(operation_id)
        if operation is not None:
            self.put(replace(operation, **changes))

    def change_item(self, operation_id: str, place: int, **changes: Any) -> None:
        """Change fields of one item of an operation that is on the board."""
        operation = self._operations[operation_id]
        items = list(operation.items)
        items[place] = replace(items[place], **changes)
        self.put(replace(operation, items=tuple(items)))

    def subscribe(self) -> Feed:
        """Return a feed; it begins with the next change."""
        feed = Feed(self)
        self._feeds.add(feed)
        return feed

    def unsubscribe(self, feed: Feed) -> None:
        """Stop telling this feed."""
        self._feeds.discard(feed)
