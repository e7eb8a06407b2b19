"""How one instance is kept fresh, and how its failures show."""

import logging
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from discarr.core.errors import (
    BadAnswer,
    Busy,
    MediaClientError,
    Misconfigured,
    NotFound,
    Rejected,
    StartingUp,
    TimedOut,
    Unauthorized,
    Unreachable,
)
from discarr.core.models import DownloadKey, InstanceSnapshot, InstanceState
from discarr.core.supervision import LoopDied
from discarr.monitoring.cache_manager import CacheManager
from tests.factories import make_download
from tests.fakes.clock import START, FakeClock
from tests.fakes.media_client import FakeMediaClient
from tests.monitoring.conftest import running

DOWNLOAD = make_download()
PENDING = make_download(key=DownloadKey("radarr", "p", "1"))


def state_of(cache: CacheManager) -> InstanceState:
    return instance_of(cache).state


def instance_of(cache: CacheManager) -> InstanceSnapshot:
    (instance,) = cache.snapshot.instances
    return instance


async def test_a_success_fills_the_snapshot(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    client.downloads = (DOWNLOAD,)
    client.data_as_of = START - timedelta(seconds=40)

    async with running(cache.run()):
        await clock.settle()

    instance = instance_of(cache)
    assert instance.state is InstanceState.UP
    assert instance.downloads == (DOWNLOAD,)
    assert (instance.fetched_at, instance.attempted_at) == (START, START)
    assert (instance.version, instance.started_at) == ("6.0.3", START)
    assert instance.data_as_of == client.data_as_of
    assert client.calls == ["identify", "queue"]


async def test_the_queue_is_read_at_every_interval_and_the_app_identified_every_five_minutes(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    async with running(cache.run()):
        await clock.advance(290)
        identified_early = client.count("identify")
        await clock.advance(3410)

    assert 3700 / 33 <= client.count("queue") <= 3700 / 27 + 1
    assert identified_early == 1
    assert 3700 / 333 <= client.count("identify") <= 3700 / 300 + 1


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (Unreachable, InstanceState.UNREACHABLE),
        (TimedOut, InstanceState.UNREACHABLE),
        (StartingUp, InstanceState.STARTING),
        (Unauthorized, InstanceState.UNAUTHORIZED),
        (Misconfigured, InstanceState.MISCONFIGURED),
        (Busy, InstanceState.DEGRADED),
        (BadAnswer, InstanceState.DEGRADED),
        (Rejected, InstanceState.DEGRADED),
        (NotFound, InstanceState.DEGRADED),
    ],
)
async def test_a_first_failure_shows_at_once(
    cache: CacheManager,
    client: FakeMediaClient,
    clock: FakeClock,
    error: type[MediaClientError],
    state: InstanceState,
) -> None:
    client.error = error("radarr", "http://secret:7878")

    async with running(cache.run()):
        await clock.settle()

    instance = instance_of(cache)
    assert instance.state is state
    assert instance.problem == error.summary
    assert instance.remedy == error.default_remedy
    assert instance.away_since == START
    assert "secret" not in repr(instance)


@pytest.mark.parametrize("error", [Unreachable, TimedOut, Busy, BadAnswer, Misconfigured])
async def test_one_hiccup_does_not_flip_the_display(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock, error: type[MediaClientError]
) -> None:
    client.downloads = (DOWNLOAD,)
    async with running(cache.run()):
        await clock.advance(20)
        client.error = error("radarr")
        while client.count("queue") == 1:
            await clock.advance(1)
        after_one = instance_of(cache)
        await clock.advance(6)
        after_two = instance_of(cache)

    assert after_one.state is InstanceState.UP
    assert after_one.attempted_at != after_one.fetched_at
    assert after_two.is_stale
    assert after_two.downloads == (DOWNLOAD,)
    assert after_two.fetched_at == START
    assert after_two.away_since == after_one.attempted_at


@pytest.mark.parametrize("error", [Unauthorized, StartingUp])
async def test_an_answer_without_doubt_shows_at_once(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock, error: type[MediaClientError]
) -> None:
    async with running(cache.run()):
        await clock.settle()
        client.error = error("radarr", remedy="Do this.")
        await clock.advance(34)

    assert instance_of(cache).is_stale
    assert instance_of(cache).remedy == "Do this."


async def test_an_instance_that_is_away_is_tried_with_back_off(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    client.error = Unreachable("radarr")
    attempts = []
    async with running(cache.run()):
        for _ in range(400):
            before = len(client.calls)
            await clock.advance(1)
            if len(client.calls) > before:
                attempts.append(clock.monotonic())

    gaps = [later - earlier for earlier, later in pairwise(attempts)]
    expected = [5, 10, 20, 40, 40, 40]
    assert gaps[: len(expected)] == [pytest.approx(gap, abs=1.1 + 0.2 * gap) for gap in expected]
    assert max(gaps) <= 49


@pytest.mark.parametrize("error", [Unauthorized, Misconfigured])
async def test_what_people_must_mend_is_tried_seldom(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock, error: type[MediaClientError]
) -> None:
    client.error = error("radarr")
    async with running(cache.run()):
        await clock.advance(260)
        early = len(client.calls)
        await clock.advance(80)

    assert (early, len(client.calls)) == (1, 2)


async def test_a_proxy_that_misbehaves_in_front_of_a_known_app_is_outwaited_soon(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    async with running(cache.run()):
        await clock.settle()
        client.error = Misconfigured("radarr", remedy="Check the address.")
        await clock.advance(100)
        meanwhile = instance_of(cache)
        client.error = None
        await clock.advance(70)

    assert (meanwhile.state, meanwhile.remedy) == (InstanceState.MISCONFIGURED, "Check the address.")
    assert state_of(cache) is InstanceState.UP


async def test_recovery_clears_the_problem_and_identifies_again(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    client.error = Unreachable("radarr")
    async with running(cache.run()):
        await clock.settle()
        client.error = None
        client.identity = replace(client.identity, version="6.1.0")
        await clock.advance(6)

    instance = instance_of(cache)
    assert (instance.state, instance.version) == (InstanceState.UP, "6.1.0")
    assert (instance.away_since, instance.problem, instance.remedy) == (None, None, None)


@pytest.mark.parametrize("failures", [1, 4])
async def test_after_a_recovery_a_second_look_comes_soon(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock, failures: int
) -> None:
    async with running(cache.run()):
        await clock.advance(20)
        client.calls.clear()
        client.error = Unreachable("radarr")
        while client.count("identify") + client.count("queue") < failures:
            await clock.advance(1)
        client.error = None
        client.calls.clear()
        while client.count("queue") < 1:
            await clock.advance(1)
        await clock.advance(6)
        looks_soon = client.count("queue")
        await clock.advance(20)

    assert (looks_soon, client.count("queue")) == (2, 2)


async def test_a_second_look_is_not_later_than_the_next_refresh(
    client: FakeMediaClient, clock: FakeClock
) -> None:
    cache = CacheManager([client], clock=clock, refresh_interval_s=1)
    client.error = Unreachable("radarr")
    async with running(cache.run()):
        await clock.settle()
        client.error = None
        await clock.advance(6)
        looks = client.count("queue")
        await clock.advance(1.2)

    assert client.count("queue") > looks >= 1


async def test_a_change_of_state_is_logged_once(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    client.error = Unreachable("radarr")
    async with running(cache.run()):
        await clock.advance(300)
        client.error = None
        await clock.advance(300)

    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


async def test_an_empty_queue_right_after_a_restart_keeps_the_old_rows(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    client.downloads = (DOWNLOAD, PENDING)
    async with running(cache.run()):
        await clock.settle()
        client.identity = replace(client.identity, started_at=START + timedelta(seconds=20))
        client.downloads = (PENDING,)
        await clock.advance(34)
        held = instance_of(cache)
        client.downloads = (DOWNLOAD, PENDING)
        await clock.advance(40)

    assert held.state is InstanceState.STARTING
    assert held.downloads == (DOWNLOAD, PENDING)
    assert held.problem == StartingUp.summary
    assert held.away_since == held.attempted_at
    assert state_of(cache) is InstanceState.UP
    assert instance_of(cache).away_since is None


async def test_a_restart_that_was_noticed_by_a_failure_keeps_the_old_rows_too(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    client.downloads = (DOWNLOAD,)
    async with running(cache.run()):
        await clock.advance(20)
        client.error = Unreachable("radarr")
        await clock.advance(25)
        away_since = instance_of(cache).away_since
        client.error = None
        client.identity = replace(client.identity, started_at=START + timedelta(seconds=40))
        client.downloads = ()
        await clock.advance(40)

    held = instance_of(cache)
    assert (held.state, held.downloads) == (InstanceState.STARTING, (DOWNLOAD,))
    assert held.away_since == away_since


async def test_a_restart_that_one_failure_tells_shows_by_when_the_app_was_started(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    client.downloads = (DOWNLOAD,)
    restarted = START + timedelta(seconds=22)
    async with running(cache.run()):
        await clock.advance(20)
        client.error = Unreachable("radarr")
        while client.count("queue") == 1:
            await clock.advance(1)
        doubtful = instance_of(cache)
        client.error = None
        client.identity = replace(client.identity, started_at=restarted)
        await clock.advance(6)

    assert (doubtful.state, doubtful.started_at) == (InstanceState.UP, START)
    assert (state_of(cache), instance_of(cache).started_at) == (InstanceState.UP, restarted)


async def test_a_restart_that_nothing_else_tells_shows_within_minutes(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    client.downloads = (DOWNLOAD,)
    restarted = START + timedelta(seconds=20)
    async with running(cache.run()):
        await clock.settle()
        client.identity = replace(client.identity, started_at=restarted)
        await clock.advance(334)

    assert (state_of(cache), instance_of(cache).started_at) == (InstanceState.UP, restarted)


async def test_an_app_that_once_does_not_say_when_it_was_started_was_not_restarted(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    identity = client.identity
    seen = set()
    async with running(cache.run()):
        for started_at in (START, None, START):
            client.identity = replace(identity, started_at=started_at)
            await clock.advance(334)
            seen.add(instance_of(cache).started_at)
        client.identity = replace(identity, started_at=None)
        client.downloads = (DOWNLOAD,)
        await clock.advance(34)
        client.downloads = ()
        await clock.advance(34)

    assert seen == {START}
    assert (state_of(cache), instance_of(cache).downloads) == (InstanceState.UP, ())


async def test_three_minutes_after_a_restart_an_empty_queue_is_believed(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    client.downloads = (DOWNLOAD,)
    async with running(cache.run()):
        await clock.settle()
        client.identity = replace(client.identity, started_at=START + timedelta(seconds=20))
        client.downloads = ()
        await clock.advance(260)

    assert state_of(cache) is InstanceState.UP
    assert instance_of(cache).downloads == ()


async def test_a_queue_that_empties_without_a_restart_is_believed_at_once(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    client.downloads = (DOWNLOAD,)
    async with running(cache.run()):
        await clock.settle()
        client.downloads = ()
        await clock.advance(34)

    assert (state_of(cache), instance_of(cache).downloads) == (InstanceState.UP, ())


async def test_an_unexpected_error_is_survived_and_leaves_no_caller_waiting(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(cache.run()):
        await clock.advance(10)
        client.error = RuntimeError("a bug")
        await cache.refresh_now()
        client.error = None
        client.downloads = (DOWNLOAD,)
        await clock.advance(2)

    assert instance_of(cache).downloads == (DOWNLOAD,)
    assert "a bug" in caplog.text


async def test_unexpected_errors_without_end_end_the_cache(
    cache: CacheManager, client: FakeMediaClient, clock: FakeClock
) -> None:
    client.error = RuntimeError("a bug")

    with pytest.raises(ExceptionGroup) as caught:
        async with running(cache.run()):
            await clock.advance(900)

    assert caught.group_contains(LoopDied)
    assert client.is_closed
