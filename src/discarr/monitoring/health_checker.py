"""Judges the health of all instances from the snapshots; what is told of it is decided elsewhere."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from discarr.core.clock import Clock
from discarr.core.models import InstanceSnapshot, InstanceState, QueueSnapshot
from discarr.monitoring.health_thresholds import HealthThresholds
from discarr.monitoring.instance_health import (
    UNKNOWN_HEALTH,
    HealthState,
    HealthTrack,
    InstanceHealth,
    Observation,
    Outcome,
    observe,
)
from discarr.monitoring.network_problem import NetworkProblem, judge_network

__all__ = ["HealthChange", "HealthChecker", "HealthState", "InstanceHealth", "NetworkProblem"]

_log = logging.getLogger(__name__)

_OUTCOMES = {
    InstanceState.UP: Outcome.DOUBTFUL,
    InstanceState.STARTING: Outcome.STARTING,
    InstanceState.UNREACHABLE: Outcome.UNREACHABLE,
    InstanceState.UNAUTHORIZED: Outcome.WRONG_KEY,
    InstanceState.MISCONFIGURED: Outcome.MISCONFIGURED,
    InstanceState.DEGRADED: Outcome.DISTURBED,
}
"""What a failed attempt leaves in a snapshot: still UP is the refresher's first doubt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthChange:
    """An instance went from one state of health to another."""

    id: str
    before: InstanceHealth
    after: InstanceHealth


@dataclass(frozen=True, slots=True)
class _Watch:
    """One instance under observation, and by which times its last attempt is known."""

    track: HealthTrack = field(default_factory=HealthTrack)
    attempted_at: datetime | None = None
    fetched_at: datetime | None = None


class HealthChecker:
    """Follows the snapshots and knows how each instance is.

    It has no task of its own: whoever is told of snapshots calls `observe`, and then looks at `healths` and
    `network_problem`. `interval_s` is how often instances are refreshed.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        interval_s: float = 30.0,
        timeout_s: float = 15.0,
        thresholds: HealthThresholds | None = None,
    ) -> None:
        self._clock = clock
        self._limits = (thresholds or HealthThresholds()).for_interval(interval_s, timeout_s)
        self._watches: dict[str, _Watch] = {}
        self._network_problem: NetworkProblem | None = None

    @property
    def healths(self) -> Mapping[str, InstanceHealth]:
        """The health of every instance that was in a snapshot, by id, in the order of the settings."""
        return {instance: watch.track.health for instance, watch in self._watches.items()}

    @property
    def network_problem(self) -> NetworkProblem | None:
        """What stands for the trouble of many instances at once; None while there is none."""
        return self._network_problem

    def health(self, instance_id: str) -> InstanceHealth:
        """Return the health of one instance; `UNKNOWN_HEALTH` for one that was never seen."""
        watch = self._watches.get(instance_id)
        return UNKNOWN_HEALTH if watch is None else watch.track.health

    def observe(self, snapshot: QueueSnapshot) -> tuple[HealthChange, ...]:
        """Take in a snapshot and return which instances changed their state; the same again changes nothing.

        To be called with every snapshot, soon after it was made: an attempt that is skipped is not counted.
        """
        now = self._clock.monotonic()
        changes = []
        for instance in snapshot.instances:
            before = self._watches.get(instance.id, _Watch())
            after = self._watches[instance.id] = _look(before, instance, now, self._limits)
            if after.track.health.state is not before.track.health.state:
                change = HealthChange(id=instance.id, before=before.track.health, after=after.track.health)
                _log_change(change)
                changes.append(change)
        self._judge_network(now)
        return tuple(changes)

    def _judge_network(self, now: float) -> None:
        before = self._network_problem
        after = self._network_problem = judge_network(before, self.healths, now, self._limits)
        if after is not None and after.is_confirmed and not (before is not None and before.is_confirmed):
            _log.warning("One network problem: %s became unreachable together", ", ".join(after.instances))
        if before is not None and before.is_confirmed and after is None:
            _log.info("The network problem is over")


def _look(before: _Watch, instance: InstanceSnapshot, now: float, limits: HealthThresholds) -> _Watch:
    if instance.attempted_at is None or instance.attempted_at == before.attempted_at:
        return before
    # Not by comparing the two times with each other: a wall clock that is set back between them, or since,
    # would turn successes into failures and failures into successes.
    is_success = instance.state is InstanceState.UP and instance.fetched_at != before.fetched_at
    seen = Observation(
        outcome=Outcome.OK if is_success else _OUTCOMES[instance.state],
        at=instance.attempted_at,
        problem=instance.problem,
        remedy=instance.remedy,
    )
    return _Watch(observe(before.track, seen, now, limits), instance.attempted_at, instance.fetched_at)


def _log_change(change: HealthChange) -> None:
    before, after = change.before, change.after
    if _is_blip(before, after):
        level, words = logging.DEBUG, after.problem
    elif after.state is HealthState.UP:
        level, words = logging.INFO, f"after {after.lasted}"
    else:
        level, words = logging.WARNING, after.problem
    _log.log(level, "%s: %s → %s (%s)", change.id, before.state, after.state, words)


def _is_blip(before: InstanceHealth, after: InstanceHealth) -> bool:
    """Whether a bad connection makes this change hundreds of times a day."""
    if after.state is HealthState.UP:
        return before.state in (HealthState.UNKNOWN, HealthState.PENDING)
    if before.state is HealthState.RECOVERING and after.state is not HealthState.FLAPPING:
        return before.cause is after.cause
    return after.state in (HealthState.PENDING, HealthState.RECOVERING)
