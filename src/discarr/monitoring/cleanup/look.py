"""One look at the queue of an instance: what it measures, judges and strikes."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from itertools import batched
from typing import Final

from discarr.core.cleanup_config import CleanupRule
from discarr.core.models import Download, InstanceSnapshot
from discarr.core.store.strikes import StoredStrikes
from discarr.monitoring.cleanup.protection import protection_of
from discarr.monitoring.cleanup.rules import Seen, Verdict, expects_data, is_understood, judge
from discarr.monitoring.cleanup.sight import Judged, Mark, Sight
from discarr.monitoring.cleanup.strike_book import (
    StrikePlan,
    Strikes,
    is_about,
    key_of,
    next_strikes,
)
from discarr.monitoring.cleanup.terms import Terms
from discarr.monitoring.progress_tracker import ProgressTracker

_SLICE: Final = 50
"""Downloads judged between two pauses: about 1 ms of work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A look at an instance that nothing speaks against."""

    instance: InstanceSnapshot
    sight: Sight
    is_due: bool
    """Whether it is an observation: one that strikes."""
    watch_s: float

    def take_in_slices(
        self, known: Mapping[str, Strikes], terms: Terms, tracker: ProgressTracker, plan: StrikePlan
    ) -> Generator[None]:
        """Judge every download that is in trouble, or may be, and plan its strikes; pauses at `yield`."""
        for part in batched(self.instance.downloads, _SLICE):
            for download in part:
                if download.is_pending:
                    continue
                self._measure(download, terms.spacing_s)
                strikes = known.get(download.key.id, ())
                if self.is_due or strikes:
                    self._strike(download, strikes, terms, tracker, plan)
            yield
        if self.is_due:
            self._forget_gone(known, plan)

    def _measure(self, download: Download, spacing_s: float) -> None:
        """Measure the rate from one observation to the next, where data is expected all the while."""
        marks, rates = self.sight.marks, self.sight.rates
        mark = marks.get(download.key)
        if not expects_data(download):
            if mark is not None:
                del marks[download.key]
                rates.pop(download.key, None)
            return
        if mark is not None and not mark.precedes(download):
            mark = None
        if self.is_due:
            rates.pop(download.key, None)
            if mark is not None:
                loaded = mark.left_bytes - download.size_left_bytes
                window_s = self.watch_s - mark.watch_s
                if window_s >= spacing_s:
                    rates[download.key] = loaded / window_s
                if loaded:
                    self.sight.alive_s[download.download_client] = self.watch_s
        if self.is_due or mark is None:
            marks[download.key] = Mark(self.watch_s, download.size_bytes, download.size_left_bytes)

    def _strike(
        self, download: Download, known: Strikes, terms: Terms, tracker: ProgressTracker, plan: StrikePlan
    ) -> None:
        """Let every rule judge a download; what cannot be judged keeps the strikes it has.

        What is kept by tag or indexer is struck no more, but can recover.
        """
        mine = {item.rule: item for item in known if item.rule in terms.needed and is_about(item, download)}
        plan.gone += [key_of(item) for item in known if mine.get(item.rule) is not item]
        may_strike = self.is_due and terms.keep.named(download) is None
        if not (mine or may_strike):
            return
        seen = self._seen(download, mine.get(CleanupRule.STALLED), tracker)
        bad: list[CleanupRule] = []
        for rule in terms.actions if is_understood(download) else ():
            struck = mine.get(rule)
            if struck is None and not may_strike:
                continue
            verdict = judge(rule, download, seen, terms.limits)
            if verdict is Verdict.BAD:
                bad.append(rule)
            after = next_strikes(
                struck,
                download,
                rule,
                verdict,
                is_due=may_strike,
                needed=terms.needed[rule],
                watch_s=self.watch_s,
            )
            plan.change(struck, after)
        if mine:
            protection = protection_of(download, terms.keep)
            self.sight.judged[download.key] = Judged(download, protection, tuple(bad), seen)

    def _seen(self, download: Download, stalls: StoredStrikes | None, tracker: ProgressTracker) -> Seen:
        idle_for = tracker.estimate(download.key).idle_for if expects_data(download) else None
        return Seen(
            idle_s=None if idle_for is None else idle_for.total_seconds(),
            rate_bytes_s=self.sight.rates.get(download.key),
            is_monitored=self.sight.monitored.get(download.key),
            stalled_at_bytes=None if stalls is None else stalls.left_bytes,
        )

    def _forget_gone(self, known: Mapping[str, Strikes], plan: StrikePlan) -> None:
        """Forget the strikes of what is no longer there, and all else that is remembered of it."""
        present = {download.key for download in self.instance.downloads}
        ids = known.keys() - {key.id for key in present}
        plan.gone += [key_of(item) for download_id in ids for item in known[download_id]]
        self.sight.keep_only(present)
