"""Digests: what happened to downloads, told together: a message for a stretch of hours, edited as it goes on.

A night in which 300 downloads arrive is three messages at most: each stretch has one, and its edits are as
far apart as the rule's delay.
"""

from collections.abc import Generator, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from discarr.core.events import EventKind
from discarr.core.store.activity import StoredDigest, StoredStep
from discarr.monitoring.alerts.content import MAX_ITEMS, DigestContent, Item
from discarr.monitoring.alerts.routes import Route, RouteKind
from discarr.monitoring.alerts.rules import RuleBook
from discarr.monitoring.alerts.steps import Step

STRETCH: Final = timedelta(hours=6)
_SLICE = 100
"""Steps between two pauses: about 2 ms of work."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_IN_PRIVATE = frozenset({RouteKind.OWNER, RouteKind.USER})


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    """Which digest something belongs to: a route and a stretch of hours."""

    route: Route
    since: datetime
    is_hidden: bool

    @property
    def key(self) -> str:
        """Its name in the store and the outbox."""
        hidden = ":hidden" if self.is_hidden else ""
        return f"digest:{self.route}:{self.since:%Y%m%dT%H}{hidden}"


def digests_in_slices(
    steps: Iterable[Step], rules: RuleBook, names: Mapping[str, str], now: datetime
) -> Generator[None, None, tuple[list[StoredStep], dict[Digest, float]]]:
    """Return what is to be stored of the steps, and how many seconds each digest concerned may wait.

    What is hidden from members goes into digests of its own, by private routes only. There is a pause at each
    `yield`.
    """
    stored: list[StoredStep] = []
    waits: dict[Digest, float] = {}
    since = now - (now - _EPOCH) % STRETCH
    for count, step in enumerate(steps, start=1):
        if count % _SLICE == 0:
            yield
        rule = rules[step.kind]
        if not rule.is_on:
            continue
        for route in rule.routes:
            if step.is_hidden and route.kind not in _IN_PRIVATE:
                continue
            digest = Digest(route=route, since=since, is_hidden=step.is_hidden)
            waits[digest] = min(rule.delay_s, waits.get(digest, rule.delay_s))
            stored.append(_stored(step, digest, names))
    return stored, waits


def digest_content(
    digest: Digest, stored: StoredDigest, *, mention_role_id: int | None, missed_from: datetime | None
) -> DigestContent:
    """Return what a digest says, from what the store holds of it."""
    return DigestContent(
        since=digest.since,
        items=tuple(msgspec.json.decode(item, type=Item) for item in stored.newest[:MAX_ITEMS]),
        counts={EventKind(kind): count for kind, count in stored.counts.items()},
        mention_role_id=mention_role_id,
        missed_from=missed_from,
    )


def _stored(step: Step, digest: Digest, names: Mapping[str, str]) -> StoredStep:
    item = Item(
        kind=step.kind,
        at=step.at,
        instance_name=names.get(step.instance, step.instance),
        work=step.work,
    )
    return StoredStep(
        digest=digest.key,
        instance=step.instance,
        download=step.name,
        kind=step.kind.value,
        at=step.at,
        item=msgspec.json.encode(item),
    )
