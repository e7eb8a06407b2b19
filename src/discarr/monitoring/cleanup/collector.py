"""Collects what is worth removing over all instances, from memory."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from discarr.core.cleanup_settings import CleanupRule
from discarr.core.models import Download, DownloadKey, InstanceSnapshot, QueueSnapshot, QueueStatus
from discarr.core.slices import drain
from discarr.core.store.strikes import StoredStrikes
from discarr.monitoring.cleanup.candidates import Candidate, Collection, Evidence, possible_actions
from discarr.monitoring.cleanup.guards import (
    Guard,
    GuardKind,
    guard_of_network,
    turned_bad_at_once,
)
from discarr.monitoring.cleanup.protection import Protection, protection_of
from discarr.monitoring.cleanup.rules import Seen, Verdict, judge
from discarr.monitoring.cleanup.strike_book import Strikes, is_about
from discarr.monitoring.cleanup.watch import CleanupWatch
from discarr.monitoring.reasons import explain

_SLICE: Final = 64
"""Downloads looked at between two pauses: about 1 ms of work."""
_MERGED_SLICE: Final = 250
"""Candidates put in order between two pauses: about 1 ms of work."""
_RANKS: Final = {rule: rank for rank, rule in enumerate(CleanupRule)}
_IDLE: Final = frozenset({QueueStatus.QUEUED, QueueStatus.PAUSED})


@dataclass(slots=True)
class _Lot:
    """What one download client of an instance works on, or has finished."""

    total: int = 0
    began_s: list[float] = field(default_factory=list)
    """Watch times at which those of them that are in trouble turned bad."""

    def take(self, strikes: Strikes) -> None:
        """Count a download in."""
        self.total += 1
        if strikes:
            self.began_s.append(max(item.began_s for item in strikes))


type _LotKey = tuple[str | None, bool]
"""A download client, and whether it is about what it has finished."""
type _Placed = tuple[int, float, str, DownloadKey, Candidate]
"""What decides the place of a candidate, and it; keys differ, so that candidates are never compared."""


def collect(
    snapshot: QueueSnapshot,
    watch: CleanupWatch,
    *,
    removed_today: int = 0,
    disarmed_since: datetime | None = None,
) -> Collection:
    """Return what is worth removing, and why the rest of what is in trouble is not proposed.

    `removed_today` is how many downloads clean-up has removed today. `disarmed_since` is when the database
    was lost, as long as no person has allowed clean-up again.
    """
    return drain(
        collect_in_slices(snapshot, watch, removed_today=removed_today, disarmed_since=disarmed_since)
    )


def collect_in_slices(
    snapshot: QueueSnapshot,
    watch: CleanupWatch,
    *,
    removed_today: int = 0,
    disarmed_since: datetime | None = None,
) -> Generator[None, None, Collection]:
    """Do the same with a pause at each `yield`."""
    if disarmed_since is not None:
        return Collection(guards=(Guard(kind=GuardKind.DISARMED),))
    network = guard_of_network(snapshot)
    if network is not None:
        return Collection(guards=(network,))
    guards: list[Guard] = []
    runs: list[list[_Placed]] = []
    protected: Counter[Protection] = Counter()
    for instance in snapshot.instances:
        guard = watch.guard(instance)
        if guard is not None:
            guards.append(guard)
        else:
            guards += yield from _collect_from(instance, watch, runs, protected)
    settings = watch.settings
    cap = max(0, min(settings.cleanup_per_run, settings.cleanup_per_day - removed_today))
    candidates: list[Candidate] = []
    for part in batched(heapq.merge(*runs), _MERGED_SLICE):
        yield
        for *_, candidate in part:
            is_beyond = len(candidates) >= cap
            candidates.append(replace(candidate, is_beyond_cap=True) if is_beyond else candidate)
    return Collection(
        candidates=tuple(candidates), guards=tuple(guards), protected=MappingProxyType(dict(protected))
    )


def _collect_from(
    instance: InstanceSnapshot,
    watch: CleanupWatch,
    runs: list[list[_Placed]],
    protected: Counter[Protection],
) -> Generator[None, None, list[Guard]]:
    """Add the candidates of an instance to `runs`, each of them sorted, and return its guards."""
    known = watch.book.of(instance.id)
    lots: defaultdict[_LotKey, _Lot] = defaultdict(_Lot)
    mine: list[list[Candidate]] = []
    for part in batched(instance.downloads, _SLICE):
        yield
        found: list[Candidate] = []
        for download in part:
            strikes = _valid(known.get(download.key.id, ()), download, watch)
            if not download.is_pending and (strikes or download.status not in _IDLE):
                lots[_lot_of(download)].take(strikes)
            outcome = _outcome(download, strikes, instance, watch)
            if isinstance(outcome, Candidate):
                found.append(outcome)
            elif outcome is not None:
                protected[outcome] += 1
        mine.append(found)
    guards = [
        Guard(
            kind=GuardKind.MANY_AT_ONCE,
            instance=instance.id,
            instance_name=instance.name,
            client=client,
            count=count,
            total=lot.total,
        )
        for (client, is_finished), lot in lots.items()
        if (count := _count_at_once(lot, client, instance, watch, is_finished=is_finished)) is not None
    ]
    held = {guard.client for guard in guards}
    for found in mine:
        yield
        free = (item for item in found if item.download.download_client not in held)
        runs.append(sorted(map(_placed, free)))
    return guards


def _valid(strikes: Strikes, download: Download, watch: CleanupWatch) -> Strikes:
    return tuple(item for item in strikes if is_about(item, download) and item.rule in watch.rules)


def _lot_of(download: Download) -> _LotKey:
    return download.download_client, download.status is QueueStatus.COMPLETED


def _count_at_once(
    lot: _Lot, client: str | None, instance: InstanceSnapshot, watch: CleanupWatch, *, is_finished: bool
) -> int | None:
    # What is finished waits for no data, so that none coming in says nothing about it.
    alive_s = watch.watch_s if is_finished else watch.sight(instance.id).alive_s.get(client)
    return turned_bad_at_once(
        lot.began_s, total=lot.total, spacing_s=watch.spacing_s, watch_s=watch.watch_s, alive_s=alive_s
    )


def _outcome(
    download: Download, strikes: Strikes, instance: InstanceSnapshot, watch: CleanupWatch
) -> Candidate | Protection | None:
    """Return the candidate that a download is, or what protects it; None when it has not all its strikes."""
    complete = _complete(strikes, watch)
    if not complete:
        return None
    protection = protection_of(download, watch.keep)
    if protection is not None:
        return protection
    seen = watch.seen(download, strikes)
    for rule, item in complete:
        if judge(rule, download, seen, watch.limits) is Verdict.BAD:
            evidence = _evidence(download, rule, item, seen, watch)
            if watch.keep.is_young(evidence.age if evidence.age is not None else evidence.span):
                return Protection.YOUNG
            possible = possible_actions(download, instance)
            action = watch.rules[rule].action
            return Candidate(
                download=download,
                instance_name=instance.name,
                rule=rule,
                evidence=evidence,
                action=action if action in possible else None,
                possible=possible,
                is_beyond_cap=False,
            )
    return None


def _complete(strikes: Strikes, watch: CleanupWatch) -> list[tuple[CleanupRule, StoredStrikes]]:
    """Return the rules whose strikes are all there, in order."""
    if not strikes:
        return []
    by_rule = {item.rule: item for item in strikes}
    return [
        (rule, item)
        for rule, config in watch.rules.items()
        if (item := by_rule.get(rule)) is not None and item.count >= watch.settings.strikes_of(config)
    ]


def _evidence(
    download: Download, rule: CleanupRule, item: StoredStrikes, seen: Seen, watch: CleanupWatch
) -> Evidence:
    explanation = explain(download)
    return Evidence(
        strikes=item.count,
        span=timedelta(seconds=watch.watch_s - item.began_s),
        idle_for=None if seen.idle_s is None else timedelta(seconds=seen.idle_s),
        rate_bytes_s=seen.rate_bytes_s if rule is CleanupRule.SLOW else None,
        reason=None if explanation is None else explanation.kind,
        age=None if download.added is None else watch.app_time(download.instance) - download.added,
    )


def _placed(candidate: Candidate) -> _Placed:
    download = candidate.download
    span_s = candidate.evidence.span.total_seconds()
    return _RANKS[candidate.rule], -span_s, download.title, download.key, candidate
