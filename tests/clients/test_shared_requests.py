import asyncio

import pytest

from discarr.clients.shared_requests import SharedRequests
from discarr.core.errors import TimedOut, Unreachable


class Backend:
    """Answers when the test says so."""

    def __init__(self) -> None:
        self.calls = 0
        self.cancelled = 0
        self.gate: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def request(self) -> bytes:
        self.calls += 1
        try:
            return await asyncio.shield(self.gate)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_identical_requests_share_one_and_later_ones_do_not() -> None:
    backend, shared = Backend(), SharedRequests[str]("radarr")
    tasks = [asyncio.create_task(shared.get("/queue", backend.request)) for _ in range(5)]
    await settle()
    backend.gate.set_result(b"x")
    assert await asyncio.gather(*tasks) == [b"x"] * 5
    assert backend.calls == 1
    assert await shared.get("/queue", backend.request) == b"x"
    assert backend.calls == 2
    assert not shared._pending_requests
    assert not shared._waiters


async def test_different_requests_are_not_shared() -> None:
    backend, shared = Backend(), SharedRequests[str]("radarr")
    tasks = [asyncio.create_task(shared.get(key, backend.request)) for key in ("/a", "/b")]
    await settle()
    backend.gate.set_result(b"x")
    await asyncio.gather(*tasks)
    assert backend.calls == 2


async def test_a_caller_who_leaves_does_not_take_the_answer_from_others() -> None:
    backend, shared = Backend(), SharedRequests[str]("radarr")
    first = asyncio.create_task(shared.get("/queue", backend.request))
    second = asyncio.create_task(shared.get("/queue", backend.request))
    await settle()
    first.cancel()
    await settle()
    backend.gate.set_result(b"x")
    assert await second == b"x"
    assert first.cancelled()
    assert backend.cancelled == 0


async def test_when_the_last_caller_leaves_the_request_ends_and_the_next_one_starts_anew() -> None:
    backend, shared = Backend(), SharedRequests[str]("radarr")
    only = asyncio.create_task(shared.get("/queue", backend.request))
    await settle()
    only.cancel()
    await asyncio.sleep(0)
    late = asyncio.create_task(shared.get("/queue", backend.request))
    await settle()
    assert (backend.calls, backend.cancelled) == (2, 1)
    backend.gate.set_result(b"x")
    assert await late == b"x"
    assert not shared._waiters


async def test_a_failure_reaches_every_caller() -> None:
    backend, shared = Backend(), SharedRequests[str]("radarr")
    tasks = [asyncio.create_task(shared.get("/queue", backend.request)) for _ in range(3)]
    await settle()
    backend.gate.set_exception(TimedOut("radarr"))
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [TimedOut] * 3
    assert not shared._pending_requests
    assert not shared._waiters


async def test_closing_ends_requests_with_an_error_of_the_known_kind() -> None:
    backend, shared = Backend(), SharedRequests[str]("radarr")
    task = asyncio.create_task(shared.get("/queue", backend.request))
    await settle()
    await shared.aclose()
    with pytest.raises(Unreachable):
        await task
    assert backend.cancelled == 1
    await shared.aclose()
