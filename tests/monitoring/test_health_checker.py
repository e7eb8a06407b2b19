"""What snapshots say about the health of instances."""

import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from discarr.core.models import InstanceSnapshot, InstanceState, QueueSnapshot
from discarr.monitoring.health_checker import HealthChange, HealthChecker
from discarr.monitoring.health_thresholds import HealthThresholds
from discarr.monitoring.instance_health import UNKNOWN_HEALTH, HealthState, Outcome
from tests.factories import make_instance_snapshot
from tests.fakes.clock import FakeClock

UP, AWAY, FIRST_DOUBT = InstanceState.UP, InstanceState.UNREACHABLE, None
NAMES = ("radarr", "sonarr", "lidarr")


class Feed:
    """Makes snapshots as `InstanceRefresher` does, and shows them to a checker."""

    def __init__(self, *, instances: int = 1) -> None:
        self.clock = FakeClock()
        self.checker = HealthChecker(clock=self.clock)
        loading = make_instance_snapshot(state=InstanceState.LOADING, fetched_at=None, attempted_at=None)
        self.instances = [replace(loading, id=name) for name in NAMES[:instances]]

    async def see(self, *states: InstanceState | None, after_s: float = 30.0) -> tuple[HealthChange, ...]:
        """Let every instance be refreshed with this result; None is the first doubt of the refresher."""
        await self.clock.advance(after_s)
        self.instances = [
            self._refreshed(item, state) for item, state in zip(self.instances, states, strict=True)
        ]
        return self.checker.observe(QueueSnapshot(instances=tuple(self.instances)))

    def _refreshed(self, before: InstanceSnapshot, state: InstanceState | None) -> InstanceSnapshot:
        now = self.clock.now()
        if state is None:
            return replace(before, attempted_at=now)
        if state is UP:
            return replace(before, state=state, attempted_at=now, fetched_at=now, problem=None, remedy=None)
        return replace(before, state=state, attempted_at=now, problem=f"is {state}", remedy="Mend it.")

    @property
    def state(self) -> HealthState:
        return self.checker.health("radarr").state


@pytest.fixture
async def feed() -> Feed:
    """One instance that is up."""
    feed = Feed()
    await feed.see(UP)
    return feed


async def test_what_was_never_seen_or_tried_is_unknown() -> None:
    feed = Feed()

    assert feed.checker.observe(QueueSnapshot(instances=tuple(feed.instances))) == ()
    assert feed.checker.healths == {"radarr": UNKNOWN_HEALTH}
    assert feed.checker.health("nobody") is UNKNOWN_HEALTH


async def test_a_first_doubt_is_a_failure_without_words(feed: Feed) -> None:
    (change,) = await feed.see(FIRST_DOUBT)

    assert (change.id, change.before.state, change.after.state) == (
        "radarr",
        HealthState.UP,
        HealthState.PENDING,
    )
    assert (change.after.cause, change.after.problem) == (None, None)
    assert change.after.since == feed.clock.now()


@pytest.mark.parametrize(
    ("state", "health", "cause"),
    [
        (InstanceState.UNREACHABLE, HealthState.PENDING, Outcome.UNREACHABLE),
        (InstanceState.DEGRADED, HealthState.PENDING, Outcome.DISTURBED),
        (InstanceState.STARTING, HealthState.STARTING, Outcome.STARTING),
        (InstanceState.UNAUTHORIZED, HealthState.WRONG_KEY, Outcome.WRONG_KEY),
        (InstanceState.MISCONFIGURED, HealthState.MISCONFIGURED, Outcome.MISCONFIGURED),
    ],
)
async def test_every_failure_has_its_outcome(
    feed: Feed, state: InstanceState, health: HealthState, cause: Outcome
) -> None:
    (change,) = await feed.see(state)

    assert (change.after.state, change.after.cause) == (health, cause)
    assert (change.after.problem, change.after.remedy) == (f"is {state}", "Mend it.")


async def test_the_same_attempt_counts_once(feed: Feed) -> None:
    await feed.see(AWAY)
    snapshot = QueueSnapshot(instances=tuple(replace(item, version="7") for item in feed.instances))
    for _ in range(10):
        await feed.clock.advance(30)
        assert feed.checker.observe(snapshot) == ()

    assert feed.state is HealthState.PENDING


async def test_down_and_up_again_are_told_with_what_is_known(feed: Feed) -> None:
    await feed.see(FIRST_DOUBT)
    began = feed.clock.now()
    states = [change.after.state for _ in range(5) for change in await feed.see(AWAY)]
    down = feed.checker.health("radarr")
    states += [change.after.state for _ in range(3) for change in await feed.see(UP)]

    assert states == [HealthState.DOWN, HealthState.RECOVERING, HealthState.UP]
    assert (down.since, down.problem, down.remedy) == (began, "is unreachable", "Mend it.")
    assert feed.checker.health("radarr").lasted == timedelta(seconds=6 * 30)


async def test_changes_that_matter_are_logged_once(feed: Feed, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await feed.see(FIRST_DOUBT)
    await feed.see(UP)
    for state in (FIRST_DOUBT, *[AWAY] * 9, UP, FIRST_DOUBT, UP, UP, UP):
        await feed.see(state)
    for state in (
        InstanceState.UNAUTHORIZED,
        UP,
        InstanceState.UNAUTHORIZED,
        UP,
        InstanceState.MISCONFIGURED,
    ):
        await feed.see(state)

    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "radarr: pending → down (is unreachable)"),
        ("INFO", "radarr: recovering → up (after 0:06:00)"),
        ("WARNING", "radarr: up → wrong key (is unauthorized)"),
        ("WARNING", "radarr: recovering → misconfigured (is misconfigured)"),
    ]


async def test_a_bad_connection_fills_no_log(feed: Feed, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(200):
        for state in (FIRST_DOUBT, AWAY, UP, UP, UP, UP):
            await feed.see(state)

    assert caplog.records == []


async def test_instances_are_judged_one_by_one() -> None:
    feed = Feed(instances=2)
    await feed.see(UP, UP)
    for _ in range(5):
        await feed.see(AWAY, UP)

    assert [health.state for health in feed.checker.healths.values()] == [HealthState.DOWN, HealthState.UP]
    assert feed.checker.network_problem is None


async def test_instances_that_vanish_together_are_one_network_problem(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="discarr.monitoring.health_checker")
    feed = Feed(instances=3)
    await feed.see(UP, UP, UP)
    await feed.see(FIRST_DOUBT, FIRST_DOUBT, UP)
    began = feed.clock.now()
    at_first = feed.checker.network_problem
    for _ in range(6):
        await feed.see(AWAY, AWAY, UP)
    later = feed.checker.network_problem
    await feed.see(UP, UP, UP)

    assert at_first is None
    assert later is not None
    assert (later.since, later.instances, later.is_confirmed) == (began, ("radarr", "sonarr"), True)
    assert feed.checker.network_problem is None
    network_lines = [record.getMessage() for record in caplog.records if "network" in record.getMessage()]
    assert network_lines == [
        "One network problem: radarr, sonarr became unreachable together",
        "The network problem is over",
    ]


async def test_a_network_problem_of_seconds_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    feed = Feed(instances=2)
    await feed.see(UP, UP)
    await feed.see(AWAY, AWAY)
    meanwhile = feed.checker.network_problem
    await feed.see(UP, UP)

    assert meanwhile is not None
    assert not meanwhile.is_confirmed
    assert feed.checker.network_problem is None
    assert caplog.records == []


async def test_a_failure_right_after_a_success_that_nobody_saw_is_a_failure(feed: Feed) -> None:
    await feed.clock.advance(30)
    gone = make_instance_snapshot(
        state=AWAY, fetched_at=feed.clock.now(), attempted_at=feed.clock.now() + timedelta(seconds=5)
    )

    feed.checker.observe(QueueSnapshot(instances=(gone,)))

    assert feed.state is HealthState.PENDING


async def test_thresholds_and_interval_are_arguments() -> None:
    feed = Feed()
    limits = HealthThresholds(down_after_failures=2)
    feed.checker = HealthChecker(clock=feed.clock, interval_s=600, thresholds=limits)
    await feed.see(UP)
    await feed.see(AWAY, after_s=600)

    (change,) = await feed.see(AWAY, after_s=100)

    assert change.after.state is HealthState.DOWN
