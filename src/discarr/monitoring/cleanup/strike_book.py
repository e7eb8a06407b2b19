"""How often each download was seen in trouble: what is known, and what one look makes of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from discarr.core.cleanup_config import CleanupRule
from discarr.core.models import Download
from discarr.core.store.strikes import StoredStrikes, StrikeKey
from discarr.monitoring.cleanup.rules import Verdict

type Strikes = tuple[StoredStrikes, ...]
"""Those of one download, one for each rule."""


@dataclass(slots=True)
class StrikePlan:
    """What looks have changed: to be stored in one transaction, and applied after that."""

    put: list[StoredStrikes] = field(default_factory=list)
    gone: list[StrikeKey] = field(default_factory=list)
    """To be forgotten before the others are put."""

    def change(self, before: StoredStrikes | None, after: StoredStrikes | None) -> None:
        """Plan what becomes of the strikes of one rule; the same object means that they stay."""
        if after is None:
            if before is not None:
                self.gone.append(key_of(before))
        elif after is not before:
            self.put.append(after)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to store."""
        return not (self.put or self.gone)


class StrikeBook:
    """The strikes of all downloads, as they are stored."""

    def __init__(self, stored: Iterable[StoredStrikes]) -> None:
        self._strikes: dict[str, dict[str, Strikes]] = {}
        for item in stored:
            self._put(item)

    @property
    def latest_s(self) -> float:
        """The latest watch time that is known of."""
        known = (item for of_instance in self._strikes.values() for s in of_instance.values() for item in s)
        return max((item.struck_s for item in known), default=0.0)

    def instances(self) -> frozenset[str]:
        """Return the ids of the instances that there are strikes of."""
        return frozenset(self._strikes)

    def of(self, instance: str) -> Mapping[str, Strikes]:
        """Return the strikes of an instance, by download id."""
        return self._strikes.get(instance, {})

    def apply(self, plan: StrikePlan) -> None:
        """Take over what was stored."""
        for instance, download, rule in plan.gone:
            of_instance = self._strikes.get(instance, {})
            rest = tuple(item for item in of_instance.get(download, ()) if item.rule != rule)
            if rest:
                of_instance[download] = rest
            else:
                of_instance.pop(download, None)
        for item in plan.put:
            self._put(item)

    def _put(self, item: StoredStrikes) -> None:
        of_instance = self._strikes.setdefault(item.instance, {})
        others = tuple(other for other in of_instance.get(item.download, ()) if other.rule != item.rule)
        of_instance[item.download] = (*others, item)


def key_of(item: StoredStrikes) -> StrikeKey:
    """Return what identifies strikes."""
    return (item.instance, item.download, item.rule)


def is_about(item: StoredStrikes, download: Download) -> bool:
    """Whether strikes are about this download, and not about one that had its id before (fault S17)."""
    return item.added == download.added and download.row_ids[:1] == (item.row_id,)


def next_strikes(
    known: StoredStrikes | None,
    download: Download,
    rule: CleanupRule,
    verdict: Verdict,
    *,
    is_due: bool,
    needed: int,
    watch_s: float,
) -> StoredStrikes | None:
    """Return what a look makes of the strikes of a rule: the same object when nothing changes, None for none.

    Only an observation (`is_due`) strikes, and none after the last that is needed: there is nothing to be
    learnt from more, and each would be written. A recovery counts at any time.
    """
    if verdict is Verdict.GOOD:
        return None
    if verdict is Verdict.OPEN or not is_due:
        return known
    if known is None:
        return StoredStrikes(
            instance=download.instance,
            download=download.key.id,
            rule=rule.value,
            added=download.added,
            row_id=download.row_ids[0],
            count=1,
            began_s=watch_s,
            struck_s=watch_s,
            left_bytes=download.size_left_bytes,
        )
    if known.count >= needed:
        return known
    return replace(known, count=known.count + 1, struck_s=watch_s, left_bytes=download.size_left_bytes)
