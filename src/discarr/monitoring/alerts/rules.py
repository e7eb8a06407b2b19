"""How each kind of event is told: whether, how soon, where, how often; defaults that need no configuring.

A healthy server must ping nobody for a week, and a sick one must not be silent: so by default only imports
(in a digest), failures, what needs a hand, servers that are down or not set up right, and disks that run full
are told, in a thread that never buries the live message; nobody is mentioned but those who follow a title.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import msgspec
from msgspec import UNSET, Struct, UnsetType

from discarr.core.errors import DiscarrError
from discarr.core.events import ACTIVITIES, CONDITIONS, EventKind, Severity
from discarr.monitoring.alerts.routes import ALERTS, OWNER, Route

LONGEST_DELAY_S: Final = 24 * 3600.0
SHORTEST_REPEAT_S: Final = 600.0
LONGEST_REPEAT_S: Final = 30 * 24 * 3600.0
MAX_ROUTES: Final = 5
_LARGEST_ID = 2**63 - 1


class RuleRefused(DiscarrError):
    """A rule makes no sense; `problem` says why and what would, for the person who gave it."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How one kind of event is told."""

    kind: EventKind
    is_on: bool
    severity: Severity
    delay_s: float
    """How long a condition must hold before it is told; for an activity: how long steps are collected."""
    group_s: float = 300.0
    """Alerts of one kind and instance that begin within so many seconds share one message."""
    repeat_s: float | None = None
    """How often an alert that nobody acknowledged is told again; None for never."""
    routes: tuple[Route, ...] = (ALERTS,)
    mention_role_id: int | None = None
    """A role that is mentioned with it; None, the default everywhere, for nobody."""

    def __post_init__(self) -> None:
        name = label(self.kind)
        if not 0 <= self.delay_s <= LONGEST_DELAY_S:
            raise RuleRefused(f"{name}: the delay must be between 0 and 24 hours.")
        if not 0 <= self.group_s <= LONGEST_DELAY_S:
            raise RuleRefused(f"{name}: the grouping window must be between 0 and 24 hours.")
        if self.repeat_s is not None and not SHORTEST_REPEAT_S <= self.repeat_s <= LONGEST_REPEAT_S:
            raise RuleRefused(f"{name}: repeat it after 10 minutes to 30 days, or never.")
        if self.repeat_s is not None and self.kind not in CONDITIONS:
            raise RuleRefused(f"{name}: this happens once, so there is nothing to repeat.")
        if self.repeat_s is not None and self.repeat_s < self.delay_s:
            raise RuleRefused(f"{name}: it would be repeated before it is told; make the delay shorter.")
        if self.is_on and not self.routes:
            raise RuleRefused(f"{name}: choose where it is told, or switch it off.")
        if len(self.routes) > MAX_ROUTES or len(set(self.routes)) < len(self.routes):
            raise RuleRefused(f"{name}: choose up to {MAX_ROUTES} different places.")
        if self.mention_role_id is not None and not 0 < self.mention_role_id <= _LARGEST_ID:
            raise RuleRefused(f"{name}: that is no role.")


def label(kind: EventKind) -> str:
    """Return the name of a kind as people see it."""
    return _LABELS[kind]


_LABELS: Final = {
    EventKind.NEEDS_HAND: "Needs a hand",
    EventKind.STALLED: "No data for a long time",
    EventKind.INSTANCE_DOWN: "Server down",
    EventKind.WRONG_KEY: "Server refuses the key",
    EventKind.MISCONFIGURED: "Server not set up right",
    EventKind.FLAPPING: "Server comes and goes",
    EventKind.NETWORK: "Several servers unreachable",
    EventKind.DISK_LOW: "Disk runs full",
    EventKind.APP_ERROR: "Error in an app",
    EventKind.APP_WARNING: "Warning of an app",
    EventKind.APP_NOTICE: "Notice of an app",
    EventKind.UNDELIVERED: "Could not be told",
    EventKind.SECURITY: "Security",
    EventKind.GRABBED: "Download started",
    EventKind.IMPORTED: "Added to the library",
    EventKind.UPGRADED: "Replaced by a better version",
    EventKind.FAILED: "Download failed",
    EventKind.REMOVED: "Removed from the queue",
    EventKind.READY: "A followed title is ready",
    EventKind.VERSION: "Server updated",
    EventKind.STORE_RESET: "Discarr lost its memory",
}

_MINUTE = 60.0
_HOUR = 3600.0
_DAY = 24 * _HOUR
_INFO, _WARNING, _CRITICAL = Severity.INFO, Severity.WARNING, Severity.CRITICAL
_BOTH = (ALERTS, OWNER)


def _defaults() -> Iterable[Rule]:
    # What an app tries again by itself within a minute or two is nobody's business.
    yield Rule(kind=EventKind.NEEDS_HAND, is_on=True, severity=_WARNING, delay_s=2 * _MINUTE, repeat_s=_DAY)
    yield Rule(
        kind=EventKind.STALLED, is_on=True, severity=_WARNING, delay_s=2 * _HOUR, group_s=900, repeat_s=_DAY
    )
    yield Rule(
        kind=EventKind.INSTANCE_DOWN,
        is_on=True,
        severity=_CRITICAL,
        delay_s=5 * _MINUTE,
        repeat_s=4 * _HOUR,
        routes=_BOTH,
    )
    for kind in (EventKind.WRONG_KEY, EventKind.MISCONFIGURED):
        yield Rule(kind=kind, is_on=True, severity=_CRITICAL, delay_s=0, repeat_s=4 * _HOUR, routes=_BOTH)
    yield Rule(kind=EventKind.FLAPPING, is_on=True, severity=_WARNING, delay_s=0, repeat_s=_DAY)
    yield Rule(
        kind=EventKind.NETWORK,
        is_on=True,
        severity=_CRITICAL,
        delay_s=5 * _MINUTE,
        repeat_s=4 * _HOUR,
        routes=_BOTH,
    )
    yield Rule(
        kind=EventKind.DISK_LOW,
        is_on=True,
        severity=_CRITICAL,
        delay_s=10 * _MINUTE,
        repeat_s=_DAY,
        routes=_BOTH,
    )
    yield Rule(kind=EventKind.APP_ERROR, is_on=True, severity=_WARNING, delay_s=15 * _MINUTE, repeat_s=_DAY)
    yield Rule(kind=EventKind.APP_WARNING, is_on=False, severity=_WARNING, delay_s=30 * _MINUTE)
    yield Rule(kind=EventKind.APP_NOTICE, is_on=False, severity=_INFO, delay_s=30 * _MINUTE)
    yield Rule(kind=EventKind.UNDELIVERED, is_on=True, severity=_WARNING, delay_s=0, routes=_BOTH)
    yield Rule(kind=EventKind.SECURITY, is_on=True, severity=_WARNING, delay_s=0, routes=(OWNER,))
    yield Rule(kind=EventKind.GRABBED, is_on=False, severity=_INFO, delay_s=5 * _MINUTE)
    yield Rule(kind=EventKind.IMPORTED, is_on=True, severity=_INFO, delay_s=15 * _MINUTE)
    yield Rule(kind=EventKind.UPGRADED, is_on=False, severity=_INFO, delay_s=15 * _MINUTE)
    yield Rule(kind=EventKind.FAILED, is_on=True, severity=_INFO, delay_s=15 * _MINUTE)
    yield Rule(kind=EventKind.REMOVED, is_on=False, severity=_INFO, delay_s=15 * _MINUTE)
    yield Rule(kind=EventKind.READY, is_on=True, severity=_INFO, delay_s=0)
    yield Rule(kind=EventKind.VERSION, is_on=False, severity=_INFO, delay_s=0)
    yield Rule(kind=EventKind.STORE_RESET, is_on=True, severity=_WARNING, delay_s=0, routes=_BOTH)


DEFAULT_RULES: Final[Mapping[EventKind, Rule]] = {rule.kind: rule for rule in _defaults()}


class _Changes(Struct, omit_defaults=True):
    """What people changed about one rule, as it is stored."""

    is_on: bool | UnsetType = UNSET
    severity: Severity | UnsetType = UNSET
    delay_s: float | UnsetType = UNSET
    group_s: float | UnsetType = UNSET
    repeat_s: float | UnsetType | None = UNSET
    routes: tuple[str, ...] | UnsetType = UNSET
    mention_role_id: int | UnsetType | None = UNSET

    def applied_to(self, rule: Rule) -> Rule:
        values = {
            name: value for name in self.__struct_fields__ if (value := getattr(self, name)) is not UNSET
        }
        if "routes" in values:
            values["routes"] = tuple(map(Route.parse, values["routes"]))
        return replace(rule, **values)


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All rules: the defaults, and what people changed about them."""

    rules: Mapping[EventKind, Rule]

    @classmethod
    def from_changes(cls, changes: Mapping[str, bytes]) -> tuple[Self, tuple[str, ...]]:
        """Return the book with stored changes laid over the defaults, and the kinds that were left out.

        What a newer or a damaged database holds must not keep Discarr from telling anything: a change that
        makes no sense leaves its rule as it is by default.
        """
        rules = dict(DEFAULT_RULES)
        refused: list[str] = []
        for name, stored in changes.items():
            try:
                kind = EventKind(name)
                rules[kind] = msgspec.json.decode(stored, type=_Changes).applied_to(rules[kind])
            except (ValueError, RuleRefused, msgspec.DecodeError):
                refused.append(name)
        return cls(rules), tuple(refused)

    def __getitem__(self, kind: EventKind) -> Rule:
        return self.rules[kind]

    def change(self, kind: EventKind, **changes: Any) -> "RuleBook":
        """Return the book with one rule changed.

        Raises:
            RuleRefused: the rule would make no sense.
        """
        return RuleBook({**self.rules, kind: replace(self.rules[kind], **changes)})

    def changes_of(self, kind: EventKind) -> bytes | None:
        """Return what differs from the default, to be stored; None when nothing does."""
        rule, usual = self.rules[kind], DEFAULT_RULES[kind]
        changed: dict[str, Any] = {
            name: getattr(rule, name)
            for name in _Changes.__struct_fields__
            if getattr(rule, name) != getattr(usual, name)
        }
        if "routes" in changed:
            changed["routes"] = tuple(map(str, rule.routes))
        return msgspec.json.encode(_Changes(**changed)) if changed else None

    @property
    def activities(self) -> frozenset[EventKind]:
        """The activities that are told."""
        return frozenset(kind for kind in ACTIVITIES if self.rules[kind].is_on)


DEFAULT_BOOK: Final = RuleBook(DEFAULT_RULES)
