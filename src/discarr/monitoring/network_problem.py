"""Instances that become unreachable together have one reason: the network, DNS, or the host they share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from discarr.monitoring.health_thresholds import HealthThresholds
from discarr.monitoring.instance_health import HealthState, InstanceHealth


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkProblem:
    """Half of the instances or more, and at least two, became unreachable within a minute."""

    since: datetime
    """When the first of them did, by the wall clock."""
    began_at: float
    """The same by the monotonic clock."""
    held_s: float
    """Observed time that it had lasted at the last observation of those that it affects."""
    instances: tuple[str, ...]
    """Ids of those that are unreachable because of it now, in the order of the settings."""
    is_confirmed: bool
    """Whether one of them is or was DOWN: before that, there is nothing to tell."""
    waned_at: float | None = None
    """Monotonic time since which they are fewer than half; None while they are not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Away:
    """An instance that cannot be reached."""

    instance: str
    since: datetime
    began_at: float
    held_s: float
    is_down: bool


def judge_network(
    before: NetworkProblem | None,
    healths: Mapping[str, InstanceHealth],
    now: float,
    limits: HealthThresholds,
) -> NetworkProblem | None:
    """Say whether the health of all instances amounts to a network problem, given what was said before.

    It is over when all are back, or when fewer than half have been unreachable for a minute: those that are
    asked last must not look, for that minute, as if they were down for a reason of their own.
    """
    away = [
        _Away(
            instance=instance,
            since=health.since,
            began_at=health.began_at,
            held_s=health.held_s,
            is_down=health.state is HealthState.DOWN,
        )
        for instance, health in healths.items()
        if health.is_unreachable and health.since is not None and health.began_at is not None
    ]
    if before is None:
        return _begin(away, len(healths), limits)
    members = [item for item in away if item.began_at >= before.began_at]
    waned_at = None
    if not _is_half(members, len(healths)):
        waned_at = now if before.waned_at is None else before.waned_at
    has_waned = waned_at is not None and now - waned_at >= limits.network_window_s
    if has_waned or not members:
        return None
    return replace(
        before,
        held_s=max(before.held_s, _held_s(members)),
        instances=tuple(item.instance for item in members),
        is_confirmed=before.is_confirmed or _is_any_down(members),
        waned_at=waned_at,
    )


def _begin(away: Sequence[_Away], instance_count: int, limits: HealthThresholds) -> NetworkProblem | None:
    for first in sorted(away, key=lambda item: item.began_at):
        members = [item for item in away if 0 <= item.began_at - first.began_at <= limits.network_window_s]
        if _is_half(members, instance_count):
            return NetworkProblem(
                since=first.since,
                began_at=first.began_at,
                held_s=_held_s(members),
                instances=tuple(item.instance for item in members),
                is_confirmed=_is_any_down(members),
            )
    return None


def _is_half(members: Sequence[_Away], instance_count: int) -> bool:
    return len(members) >= 2 and 2 * len(members) >= instance_count


def _held_s(members: Sequence[_Away]) -> float:
    return max(item.held_s for item in members)


def _is_any_down(members: Sequence[_Away]) -> bool:
    return any(item.is_down for item in members)
