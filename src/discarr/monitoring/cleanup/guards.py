"""When nothing may be proposed: what looks like many problems is one, or nobody knows enough.

A guard is said instead of its candidates; nothing is struck meanwhile either, except while many turned bad at
once: there the strikes tell that they did.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from discarr.core.models import InstanceSnapshot, InstanceState, QueueSnapshot, QueueStatus
from discarr.monitoring.cleanup.sight import Sight

HOLD_S: Final = 24 * 3600.0
"""Watched seconds for which downloads that turned bad together are one problem at least."""
_AT_ONCE_S: Final = 1800.0
_AT_ONCE_SPACINGS: Final = 3
"""A stall shows after the last byte, which does not come at the same moment everywhere."""
_MANY: Final = 3
_CLIENT_TROUBLE: Final = frozenset({"DownloadClientCheck", "DownloadClientStatusCheck"})
"""Health checks that say that a download client cannot be asked."""
_INDEXER_TROUBLE: Final = frozenset({"IndexerStatusCheck", "IndexerLongTermStatusCheck"})
"""Health checks that are an error only when every indexer in use fails, and a warning when some do: for less
than six hours, and for longer (Radarr and Sonarr, HealthCheck/Checks/IndexerStatusCheck.cs).

A warning is no sign: some indexer fails somewhere all the time. So an internet that is away beside an indexer
that failed before, two warnings for six hours, is told by MANY_AT_ONCE only."""


class GuardKind(StrEnum):
    """Why nothing is proposed."""

    DISARMED = "disarmed"
    """The database was lost, and with it what was decided before: a person has to allow clean-up again."""
    NO_MEMORY = "no memory"
    """What was seen before could not be read from the database yet."""
    NETWORK = "network"
    """Several instances cannot be reached: the network is the problem."""
    AWAY = "away"
    """The instance is not up."""
    JUST_BACK = "just back"
    """The instance, or Discarr itself, was started or was away until a few minutes ago."""
    STALE = "stale"
    """The rows are older than they should be."""
    UNCHECKED = "unchecked"
    """The app's own health page has not been read yet."""
    CLIENT_AWAY = "client away"
    """The app cannot ask a download client."""
    INTERNET = "internet"
    """The app can reach none of its indexers: the internet is away, or the way to it."""
    MANY_AT_ONCE = "many at once"
    """A third of what one download client works on turned bad together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """A reason to propose nothing, of one instance or of all."""

    kind: GuardKind
    instance: str | None = None
    """Id; None: it holds for everything."""
    instance_name: str | None = None
    client: str | None = None
    """Name of the download client, for operators only: with MANY_AT_ONCE, where it is known."""
    count: int = 0
    """How many turned bad, or cannot be reached."""
    total: int = 0
    """Of how many."""


def guard_of_network(snapshot: QueueSnapshot) -> Guard | None:
    """Say whether half of the instances, and at least two, cannot be reached."""
    away = sum(1 for item in snapshot.instances if item.state is InstanceState.UNREACHABLE)
    if away < 2 or 2 * away < len(snapshot.instances):
        return None
    return Guard(kind=GuardKind.NETWORK, count=away, total=len(snapshot.instances))


def guard_of_instance(instance: InstanceSnapshot, sight: Sight, now: float) -> Guard | None:
    """Say why the rows of an instance prove nothing now; None when they do."""
    kind = _kind(instance, sight, now)
    return None if kind is None else Guard(kind=kind, instance=instance.id, instance_name=instance.name)


def turned_bad_at_once(
    began_s: Iterable[float], *, total: int, spacing_s: float, watch_s: float, alive_s: float | None
) -> int | None:
    """Return how many downloads of one client turned bad together, when that is one problem; None when not.

    `began_s` are the watch times of their first strikes, `total` is how many the client works on. It stays
    one problem for a day, and until another download there (`alive_s`) has shown that data comes in again.
    Together means a third of them and at least three, or all of at least two: one of three is no sign.
    """
    moments = sorted(began_s)
    window_s = max(_AT_ONCE_S, _AT_ONCE_SPACINGS * spacing_s)
    first = 0
    most: int | None = None
    for last, moment in enumerate(moments):
        while moment - moments[first] > window_s:
            first += 1
        count = last - first + 1
        is_many = count >= _MANY or (count > 1 and count >= total)
        is_over = watch_s - moment >= HOLD_S and alive_s is not None and alive_s > moment
        if is_many and 3 * count >= total and not is_over:
            most = max(count, most or 0)
    return most


def _kind(instance: InstanceSnapshot, sight: Sight, now: float) -> GuardKind | None:
    if instance.state is not InstanceState.UP:
        return GuardKind.AWAY
    if not sight.is_calm(now):
        return GuardKind.JUST_BACK
    if sight.is_stale(now):
        return GuardKind.STALE
    if instance.details_at is None:
        return GuardKind.UNCHECKED
    has_trouble = any(issue.source in _CLIENT_TROUBLE for issue in instance.health)
    is_waiting = any(item.status is QueueStatus.CLIENT_UNAVAILABLE for item in instance.downloads)
    if has_trouble or is_waiting:
        return GuardKind.CLIENT_AWAY
    is_offline = any(item.source in _INDEXER_TROUBLE and item.level == "error" for item in instance.health)
    return GuardKind.INTERNET if is_offline else None
