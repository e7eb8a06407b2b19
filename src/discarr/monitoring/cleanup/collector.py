"""Collects what is worth removing over all instances, from memory."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from discarr.core.cleanup_config import CleanupRule
from discarr.core.models import Download, DownloadKey, InstanceSnapshot, QueueSnapshot, QueueStatus
from discarr.core.slices import drain
from discarr.core.store.strikes import StoredStrikes
from discarr.monitoring.cleanup.candidates import (
    Candidate,
    Collection,
    Evidence,
    possible_actions,
    supported_actions,
)
from discarr.monitoring.cleanup.guards import (
    Guard,
    GuardKind,
    guard_of_network,
    turned_bad_at_once,
)
from discarr.monitoring.cleanup.protection import Protection
from discarr.monitoring.cleanup.rules import Seen
from discarr.monitoring.cleanup.strike_book import is_about
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
    wanted = (yield from _wanted(snapshot)) if CleanupRule.ORPHAN in watch.terms.actions else frozenset[str]()
    for instance in snapshot.instances:
        guard = watch.guard(instance)
        if guard is not None:
            guards.append(guard)
            continue
        look = _Look(instance, watch, wanted)
        guards += yield from _collect_from(look, instance.downloads, runs)
        protected += look.protected
    cap = max(0, min(watch.terms.per_run, watch.terms.per_day - removed_today))
    candidates: list[Candidate] = []
    for part in batched(heapq.merge(*runs), _MERGED_SLICE):
        yield
        for *_, candidate in part:
            is_beyond = len(candidates) >= cap
            candidates.append(replace(candidate, is_beyond_cap=True) if is_beyond else candidate)
    return Collection(
        candidates=tuple(candidates),
        guards=tuple(guards),
        room=cap,
        protected=MappingProxyType(dict(protected)),
    )


def _wanted(snapshot: QueueSnapshot) -> Generator[None, None, frozenset[str]]:
    """Return the download ids of all that belongs to something in a library, be it of whichever instance."""
    wanted: set[str] = set()
    for instance in snapshot.instances:
        yield
        wanted.update([item.key.id for item in instance.downloads if item.media_id is not None])
    return frozenset(wanted)


class _Look:
    """The collecting from one instance; `wanted` are the download ids of what any library knows."""

    def __init__(self, instance: InstanceSnapshot, watch: CleanupWatch, wanted: frozenset[str]) -> None:
        self.protected: Counter[Protection] = Counter()
        self._instance = instance
        self._watch = watch
        self._wanted = wanted
        self._sight = watch.sight(instance.id)
        self._app_time = self._sight.app_time(watch.clock.now(), watch.clock.monotonic())
        self._known = watch.book.of(instance.id)
        self._terms = watch.terms
        self._supported = supported_actions(instance)
        self._lots: defaultdict[_LotKey, _Lot] = defaultdict(_Lot)

    def guards(self) -> list[Guard]:
        """Return the clients whose downloads turned bad together."""
        watch = self._watch
        guards: list[Guard] = []
        for (client, is_finished), lot in self._lots.items():
            # What is finished waits for no data, so that none coming in says nothing about it.
            alive_s = watch.watch_s if is_finished else self._sight.alive_s.get(client)
            count = turned_bad_at_once(
                lot.began_s,
                total=lot.total,
                spacing_s=self._terms.spacing_s,
                watch_s=watch.watch_s,
                alive_s=alive_s,
            )
            if count is not None:
                guards.append(
                    Guard(
                        kind=GuardKind.MANY_AT_ONCE,
                        instance=self._instance.id,
                        instance_name=self._instance.name,
                        client=client,
                        count=count,
                        total=lot.total,
                    )
                )
        return guards

    def at(self, download: Download) -> Candidate | None:
        """Count a download in, and return the candidate that it is.

        One that has changed since it was judged is none, until it is judged again in a moment.
        """
        known = self._known.get(download.key.id)
        strikes = [item for item in known if self._counts(item, download)] if known else ()
        if strikes or (download.status not in _IDLE and not download.is_pending):
            lot = self._lots[download.download_client, download.status is QueueStatus.COMPLETED]
            lot.total += 1
            if strikes:
                lot.began_s.append(max([item.began_s for item in strikes]))
        complete = {item.rule: item for item in strikes if item.count >= self._terms.needed[item.rule]}
        judged = self._sight.judged.get(download.key) if complete else None
        if judged is None or judged.download is not download:
            return None
        if judged.protection is not None:
            self.protected[judged.protection] += 1
            return None
        for rule in judged.bad:
            item = complete.get(rule)
            if item is not None:
                return self._candidate(download, rule, item, judged.seen)
        return None

    def _counts(self, item: StoredStrikes, download: Download) -> bool:
        return item.rule in self._terms.needed and is_about(item, download)

    def _candidate(
        self, download: Download, rule: CleanupRule, item: StoredStrikes, seen: Seen
    ) -> Candidate | None:
        span = timedelta(seconds=self._watch.watch_s - item.began_s)
        age = None if download.added is None else self._app_time - download.added
        if self._terms.keep.is_young(span if age is None else age):
            self.protected[Protection.YOUNG] += 1
            return None
        if rule is CleanupRule.ORPHAN and download.key.id in self._wanted:
            self.protected[Protection.WANTED_ELSEWHERE] += 1
            return None
        explanation = explain(download) if download.needs_hand else None
        possible = possible_actions(download, self._supported)
        action = self._terms.actions[rule]
        return Candidate(
            download=download,
            instance_name=self._instance.name,
            rule=rule,
            evidence=Evidence(
                strikes=item.count,
                span=span,
                idle_for=None if seen.idle_s is None else timedelta(seconds=seen.idle_s),
                rate_bytes_s=seen.rate_bytes_s if rule is CleanupRule.SLOW else None,
                reason=None if explanation is None else explanation.kind,
                age=age,
            ),
            action=action if action in possible else None,
            possible=possible,
            is_beyond_cap=False,
        )


def _collect_from(
    look: _Look, downloads: Sequence[Download], runs: list[list[_Placed]]
) -> Generator[None, None, list[Guard]]:
    """Add the candidates of an instance to `runs`, each of them sorted, and return its guards."""
    found: list[list[_Placed]] = []
    for part in batched(downloads, _SLICE):
        yield
        found.append(sorted(_placed(item) for item in map(look.at, part) if item is not None))
    guards = look.guards()
    held = {guard.client for guard in guards}
    if held:
        yield
        found = [[item for item in run if item[-1].download.download_client not in held] for run in found]
    runs += filter(None, found)
    return guards


def _placed(candidate: Candidate) -> _Placed:
    download = candidate.download
    span_s = candidate.evidence.span.total_seconds()
    return _RANKS[candidate.rule], -span_s, download.title, download.key, candidate
