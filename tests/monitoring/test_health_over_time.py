"""Hours of refreshes by the real `CacheManager`, and what is thought of the instances meanwhile."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from discarr.clients.base import MediaClient
from discarr.core.errors import MediaClientError, StartingUp, TimedOut, Unreachable
from discarr.core.models import AppIdentity, FetchedQueue
from discarr.monitoring.cache_manager import CacheManager
from discarr.monitoring.health_checker import HealthChecker
from discarr.monitoring.instance_health import HealthState
from tests.factories import make_download
from tests.fakes.clock import START, FakeClock
from tests.fakes.media_client import FakeMediaClient
from tests.monitoring.conftest import running

UP, DOWN, PENDING = HealthState.UP, HealthState.DOWN, HealthState.PENDING
RECOVERING, FLAPPING = HealthState.RECOVERING, HealthState.FLAPPING
HOUR_S = 3600.0
TWO_INTERVALS_S = 60.0

type Fault = Callable[[], MediaClientError | None]


class UnsteadyClock(FakeClock):
    """A clock of a machine that is set, stopped and suspended."""

    offset = timedelta()

    def now(self) -> datetime:
        return super().now() + self.offset

    def set_by(self, offset: timedelta) -> None:
        """Move the wall clock alone; that is also how Linux wakes up after a suspend."""
        self.offset += offset

    def stop_for(self, seconds: float) -> None:
        """Let time pass in which nothing runs."""
        self._elapsed += seconds


class FaultyClient(FakeMediaClient):
    """Asks `fault` before each answer; a time-out takes its time."""

    def __init__(self, instance_id: str, fault: Fault, clock: FakeClock) -> None:
        super().__init__(instance_id)
        self._fault = fault
        self._clock = clock

    async def identify(self) -> AppIdentity:
        await self._fail()
        return await super().identify()

    async def fetch_queue(self) -> FetchedQueue:
        await self._fail()
        return await super().fetch_queue()

    async def _fail(self) -> None:
        fault = self._fault()
        if isinstance(fault, TimedOut):
            await self._clock.sleep(15)
        if fault is not None:
            raise fault


@dataclass
class World:
    """Instances, and every state they were in."""

    clock: UnsteadyClock
    checker: HealthChecker
    seen: list[tuple[float, str, HealthState, HealthState]] = field(default_factory=list)
    """When which instance went from which state to which."""
    down_alone: set[str] = field(default_factory=set)
    """Instances that were DOWN without being part of a network problem."""

    def states(self, instance: str = "a") -> list[HealthState]:
        return [after for _, name, _, after in self.seen if name == instance]

    def first(self, state: HealthState, *, instance: str = "a", since_s: float = 0) -> float:
        return next(
            at for at, name, _, after in self.seen if (name, after) == (instance, state) and at >= since_s
        )

    async def follow(self, cache: CacheManager) -> None:
        with cache.subscribe() as subscription:
            while True:
                changes = self.checker.observe(await anext(subscription))
                now = self.clock.monotonic()
                self.seen += [(now, change.id, change.before.state, change.after.state) for change in changes]
                problem = self.checker.network_problem
                members = problem.instances if problem is not None else ()
                self.down_alone |= {
                    instance
                    for instance, health in self.checker.healths.items()
                    if health.state is DOWN and instance not in members
                }


@asynccontextmanager
async def watched(
    clock: UnsteadyClock, clients: Sequence[MediaClient], *, spread: int = 2026
) -> AsyncIterator[World]:
    """Yield instances that are refreshed; `spread` decides by how much sooner or later."""
    random.seed(spread)  # the only chance in here that a test does not hold itself
    world = World(clock, HealthChecker(clock=clock))
    cache = CacheManager(clients, clock=clock)
    async with running(world.follow(cache), cache.run()):
        yield world


def away_between(clock: FakeClock, start_s: float, end_s: float) -> Fault:
    return lambda: Unreachable("a") if start_s <= clock.monotonic() < end_s else None


@pytest.fixture
def clock() -> UnsteadyClock:
    return UnsteadyClock()


@pytest.mark.parametrize("seed", range(3))
async def test_a_day_of_lost_requests_makes_nothing_down(clock: UnsteadyClock, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    client = FaultyClient("a", lambda: Unreachable("a") if chance.random() < 0.05 else None, clock)

    async with watched(clock, [client]) as world:
        await clock.advance(24 * HOUR_S)

    assert world.states().count(PENDING) > 80
    assert set(world.states()) == {UP, PENDING}


@pytest.mark.parametrize("period_s", [60, 75, 100, 120, 150, 180, 240, 300, 420, 600, 900, 1200, 1500])
async def test_an_hour_of_coming_and_going_is_said_once(clock: UnsteadyClock, period_s: float) -> None:
    def fault() -> MediaClientError | None:
        now = clock.monotonic()
        return Unreachable("a") if now > HOUR_S and now % period_s < period_s / 2 else None

    async with watched(clock, [FaultyClient("a", fault, clock)]) as world:
        await clock.advance(2 * HOUR_S)

    told = [
        after for _, _, before, after in world.seen if after in (DOWN, FLAPPING) and before is not RECOVERING
    ]
    assert told in ([FLAPPING], [DOWN, FLAPPING])
    assert world.states()[-1] is FLAPPING


async def test_an_outage_is_down_within_five_minutes_and_up_soon_after_its_end(clock: UnsteadyClock) -> None:
    outages = {f"i{n}": (600.0 + 7 * n, 1100.0 + 43 * n) for n in range(12)}
    clients = [
        FaultyClient(name, away_between(clock, start, end), clock) for name, (start, end) in outages.items()
    ]

    async with watched(clock, clients) as world:
        await clock.advance(1700)

    for name, (start, end) in outages.items():
        assert world.states(name) == [UP, PENDING, DOWN, RECOVERING, UP]
        assert 90 <= world.first(DOWN, instance=name) - start <= 180
        assert world.first(UP, instance=name, since_s=end) - end <= TWO_INTERVALS_S
        assert abs(_lasted_s(world, name) - (end - start)) <= TWO_INTERVALS_S


def _lasted_s(world: World, instance: str) -> float:
    lasted = world.checker.health(instance).lasted
    assert lasted is not None
    return lasted.total_seconds()


async def test_an_instance_that_hangs_is_down_within_five_minutes(clock: UnsteadyClock) -> None:
    def fault() -> MediaClientError | None:
        return TimedOut("a") if 600 <= clock.monotonic() < 1800 else None

    async with watched(clock, [FaultyClient("a", fault, clock)]) as world:
        await clock.advance(HOUR_S)

    assert world.states() == [UP, PENDING, DOWN, RECOVERING, UP]
    assert world.first(DOWN) - 600 <= 300
    assert world.first(UP, since_s=1800) - 1800 <= TWO_INTERVALS_S + 15


async def test_a_restart_of_the_app_is_never_down(clock: UnsteadyClock) -> None:
    def fault() -> MediaClientError | None:
        now = clock.monotonic()
        if 600 <= now < 640:
            return Unreachable("a")
        return StartingUp("a") if 640 <= now < 860 else None

    client = FaultyClient("a", fault, clock)
    client.downloads = (make_download(),)

    async with watched(clock, [client]) as world:
        await clock.advance(600)
        client.identity = replace(client.identity, started_at=START + timedelta(seconds=650))
        client.downloads = ()
        await clock.advance(300)
        client.downloads = (make_download(),)
        await clock.advance(600)

    assert set(world.states()) == {UP, PENDING, HealthState.STARTING}
    assert world.states()[-1] is UP


async def test_a_start_without_end_is_down_after_the_grace(clock: UnsteadyClock) -> None:
    def fault() -> MediaClientError | None:
        return StartingUp("a") if clock.monotonic() >= 600 else None

    async with watched(clock, [FaultyClient("a", fault, clock)]) as world:
        await clock.advance(HOUR_S)

    assert world.states() == [UP, HealthState.STARTING, DOWN]
    assert 300 <= world.first(DOWN) - world.first(HealthState.STARTING) <= 360


@pytest.mark.parametrize("spread", [1, 32, 41, 62])
@pytest.mark.parametrize("stops_clock", [True, False])
async def test_a_suspended_machine_finds_nothing_down_when_it_wakes(
    clock: UnsteadyClock, stops_clock: bool, spread: int
) -> None:
    """The network is gone before the machine sleeps and comes back half a minute after it woke up."""
    network = asyncio.Event()
    network.set()
    client = FaultyClient("a", lambda: None if network.is_set() else Unreachable("a"), clock)

    async with watched(clock, [client], spread=spread) as world:
        await clock.advance(600)
        network.clear()
        await clock.advance(36)
        before = world.checker.health("a").state
        if stops_clock:
            clock.stop_for(8 * HOUR_S)
        else:
            clock.set_by(timedelta(hours=8))
        await clock.advance(30)
        network.set()
        await clock.advance(HOUR_S)

    assert before is PENDING
    assert set(world.states()) == {UP, PENDING}


JUMPS = [
    timedelta(hours=1),  # what summer time does to a machine that keeps local time
    timedelta(hours=-1),
    timedelta(days=365),
    timedelta(days=-365),
    timedelta(seconds=-20),
]


@pytest.mark.parametrize("jump", JUMPS)
async def test_a_clock_that_jumps_makes_nothing_down(clock: UnsteadyClock, jump: timedelta) -> None:
    async with watched(clock, [FaultyClient("a", lambda: None, clock)]) as world:
        for _ in range(20):
            await clock.advance(61)
            clock.set_by(jump)

    assert world.states() == [UP]


@pytest.mark.parametrize("jump", JUMPS)
async def test_a_clock_that_jumps_hides_no_outage(clock: UnsteadyClock, jump: timedelta) -> None:
    client = FaultyClient("a", away_between(clock, 600, 1500), clock)
    async with watched(clock, [client]) as world:
        await clock.advance(620)
        clock.set_by(jump)
        await clock.advance(HOUR_S)

    assert world.states() == [UP, PENDING, DOWN, RECOVERING, UP]
    assert world.first(DOWN) - 600 <= 300
    assert abs(_lasted_s(world, "a") - 900) <= TWO_INTERVALS_S


async def test_a_clock_that_is_set_back_during_a_request_is_no_failure(clock: UnsteadyClock) -> None:
    client = FaultyClient("a", lambda: None, clock)
    async with watched(clock, [client]) as world:
        await clock.advance(600)
        client.gate = asyncio.Event()
        await clock.advance(40)
        clock.set_by(timedelta(hours=-1))
        client.gate.set()
        await clock.advance(600)

    assert world.states() == [UP]


async def test_a_network_that_is_away_never_looks_like_servers_that_are_down(clock: UnsteadyClock) -> None:
    clients = [FaultyClient(name, away_between(clock, 600, 2000), clock) for name in "abcde"]
    async with watched(clock, clients) as world:
        await clock.advance(900)
        during = world.checker.network_problem
        await clock.advance(HOUR_S)

    assert during is not None
    assert during.instances == tuple("abcde")
    assert 600 <= (during.since - START).total_seconds() <= 633
    assert all(DOWN in world.states(name) for name in "abcde")
    assert world.down_alone == set()
    assert world.checker.network_problem is None
