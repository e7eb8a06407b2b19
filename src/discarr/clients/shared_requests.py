"""One request for everybody who asks the same thing at the same time."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Hashable
from typing import Any

from discarr.core.errors import Unreachable

_CLOSE_S = 2.0


class SharedRequests[Key: Hashable]:
    """Identical reads in flight, each running once in a task of its own (design decision 5).

    A caller who is cancelled leaves the others' request alone. When the last one leaves, nobody wants
    the answer any more: the request is cancelled too. So no task outlives its callers, save for the
    moment it takes to end; `aclose` waits for that.
    """

    def __init__(self, instance: str) -> None:
        self._instance = instance
        self._pending_requests: dict[Key, asyncio.Task[bytes]] = {}
        self._waiters: Counter[asyncio.Task[bytes]] = Counter()

    async def get(self, key: Key, request: Callable[[], Coroutine[Any, Any, bytes]]) -> bytes:
        """Return the answer to `request`, or to an identical one that is already under way."""
        task = self._pending_requests.get(key)
        if task is None:
            task = asyncio.create_task(request(), name=f"{self._instance}: GET {key}")
            self._pending_requests[key] = task
            task.add_done_callback(lambda done: self._forget(key, done))
        self._waiters[task] += 1
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled() and not _is_being_cancelled():
                raise Unreachable(self._instance, "the client was closed") from None
            if self._waiters[task] == 1:
                self._forget(key, task)
                task.cancel()
            raise
        finally:
            self._waiters[task] -= 1
            if task.done():
                del self._waiters[task]

    async def aclose(self) -> None:
        """End everything in flight, in bounded time."""
        tasks = [task for task in self._waiters if not task.done()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_CLOSE_S)

    def _forget(self, key: Key, task: asyncio.Task[bytes]) -> None:
        if self._pending_requests.get(key) is task:
            del self._pending_requests[key]
        if self._waiters.get(task) == 0:
            del self._waiters[task]


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
