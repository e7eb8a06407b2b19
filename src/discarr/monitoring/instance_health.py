"""How an instance is judged from its refreshes: a state machine without clock, input or output.

::

    UNKNOWN, PENDING, STARTING ── ok ──> UP
    UNKNOWN, UP ── fails ──> PENDING ── 3 in a row and 90 s ──> DOWN
    UNKNOWN, UP, PENDING ── starts ──> STARTING ── 5 min ──> PENDING or DOWN
    any ── key refused, wrong address or app ──> WRONG_KEY, MISCONFIGURED
    DOWN, WRONG_KEY, MISCONFIGURED ── ok ──> RECOVERING ── 2 in a row ──> UP
    any ── changes too often while it fails ──> FLAPPING ── 15 calm minutes ──> UP, DOWN, …

DOWN, WRONG_KEY and MISCONFIGURED are *verdicts*: what is confirmed, and what people are told. A verdict is
left for another one, or by recovering; a single failure of another kind (the app restarts with its new key)
changes nothing. While RECOVERING, one failure leads back to the verdict.

Time is *observed* time, as in `progress_tracker`: a step from one observation to the next counts for at most
a minute, and after a long gap the counting in a row begins anew, so that a stopped process or a virtual
machine that stood still makes nothing down (faults H08, H09).
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from discarr.monitoring.flapping import ChangeRecord
from discarr.monitoring.health_thresholds import HealthThresholds


class HealthState(StrEnum):
    """What is thought of an instance, after more than one look."""

    UNKNOWN = "unknown"
    """Not observed yet."""
    UP = "up"
    PENDING = "pending"
    """It fails, but not for long enough to say so."""
    DOWN = "down"
    RECOVERING = "recovering"
    """It answers again, but not often enough to say so."""
    FLAPPING = "flapping"
    """It comes and goes; until it is calm, that is all that is said."""
    STARTING = "starting"
    WRONG_KEY = "wrong key"
    MISCONFIGURED = "misconfigured"


class Outcome(StrEnum):
    """How one attempt to refresh an instance ended."""

    OK = "ok"
    UNREACHABLE = "unreachable"
    """No connection, or no answer in time."""
    DISTURBED = "disturbed"
    """It answers, but with server errors or nonsense."""
    DOUBTFUL = "doubtful"
    """It failed, and the refresher keeps the reason to itself until it fails again."""
    STARTING = "starting"
    WRONG_KEY = "wrong key"
    MISCONFIGURED = "misconfigured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One attempt to refresh an instance."""

    outcome: Outcome
    at: datetime
    """When the attempt began, by the wall clock: shown, never reckoned with."""
    problem: str | None = None
    """As in `InstanceSnapshot`; None where the outcome is OK or DOUBTFUL."""
    remedy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceHealth:
    """What is known about the health of one instance.

    A *trouble* goes from the first failed attempt to the first of those that led back to UP. `problem`,
    `remedy` and `cause` belong to the present trouble, or else to the last one.
    """

    state: HealthState = HealthState.UNKNOWN
    since: datetime | None = None
    """When the present trouble began, by the wall clock; None without trouble."""
    began_at: float | None = None
    """The same by the monotonic clock, to be compared with other instances."""
    held_s: float = 0.0
    """Observed time that the present trouble had lasted at the last observation; 0 without trouble."""
    lasted: timedelta | None = None
    """How long the last trouble lasted that was more than PENDING; None before there was one."""
    problem: str | None = None
    """As in `InstanceSnapshot`; None while nothing is known."""
    remedy: str | None = None
    cause: Outcome | None = None
    """The last outcome that says why; None while nothing is known."""

    @property
    def is_unreachable(self) -> bool:
        """Whether it cannot be reached now, as far as is known."""
        is_away = self.state in (HealthState.PENDING, HealthState.DOWN)
        return is_away and self.cause is Outcome.UNREACHABLE


UNKNOWN_HEALTH = InstanceHealth()


class _Kind(StrEnum):
    ANSWERS = "answers"
    FAILS = "fails"
    WRONG = "wrong"
    """Key or address: no second look is needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """Observations of one kind in a row."""

    kind: _Kind
    count: int = 1
    began_at: float
    """Monotonic time of the first."""
    began_s: float
    """Observed second of the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthTrack:
    """All that the next judgement of one instance stands on."""

    health: InstanceHealth = UNKNOWN_HEALTH
    verdict: HealthState = HealthState.UNKNOWN
    """UNKNOWN, UP, DOWN, WRONG_KEY or MISCONFIGURED."""
    fault: HealthState | None = None
    """The last verdict that was DOWN or worse; None before there was one."""
    seen_at: float | None = None
    """Monotonic time of the last observation; None before the first."""
    observed_s: float = 0.0
    run: _Run | None = None
    """None before the first observation."""
    starting_s: float | None = None
    """Observed second at which it was first seen starting in the present trouble; None when it was not."""
    changes: ChangeRecord = field(default_factory=ChangeRecord)
    """In observed seconds."""


def observe(track: HealthTrack, seen: Observation, now: float, limits: HealthThresholds) -> HealthTrack:
    """Judge anew after one more observation; `now` is monotonic and never less than before."""
    step_s = 0.0 if track.seen_at is None else min(now - track.seen_at, limits.longest_step_s)
    time_s = track.observed_s + step_s
    is_gap = track.seen_at is not None and now - track.seen_at > limits.gap_s
    run = _continue(None if is_gap else track.run, _kind_of(seen.outcome), now, time_s)
    starting_s = None if is_gap else track.starting_s
    if starting_s is None and seen.outcome is Outcome.STARTING:
        starting_s = time_s
    is_starting = starting_s is not None and time_s - starting_s < limits.starting_grace_s
    verdict = _verdict(track.verdict, seen.outcome, run, time_s, limits, is_starting=is_starting)
    # A fault of another kind that a person must mend is no coming and going, and is told at once.
    is_new_fault = run.kind is _Kind.WRONG and verdict is not track.fault
    changes = ChangeRecord() if is_new_fault else track.changes
    if run.count % _confirming_count(run.kind, limits) == 0:
        changes = changes.with_confirmed(run.kind is _Kind.ANSWERS, time_s, limits)
    if _is_bad(verdict) is not _is_bad(track.verdict):
        changes = changes.with_turn(time_s, limits)
    if not is_new_fault and _is_flapping(track, verdict, run, changes, time_s, limits):
        state = HealthState.FLAPPING
    else:
        state = _settled(verdict, run, is_starting=is_starting)
        if track.health.state is HealthState.FLAPPING:
            changes = ChangeRecord()
    return HealthTrack(
        health=_health(track.health, state, seen, run, now, step_s),
        verdict=verdict,
        fault=verdict if _is_bad(verdict) else track.fault,
        seen_at=now,
        observed_s=time_s,
        run=run,
        starting_s=None if state is HealthState.UP else starting_s,
        changes=changes,
    )


def _kind_of(outcome: Outcome) -> _Kind:
    if outcome is Outcome.OK:
        return _Kind.ANSWERS
    return _Kind.WRONG if outcome in (Outcome.WRONG_KEY, Outcome.MISCONFIGURED) else _Kind.FAILS


def _confirming_count(kind: _Kind, limits: HealthThresholds) -> int:
    """How many of a kind in a row are needed to believe them."""
    if kind is _Kind.WRONG:
        return 1
    return limits.up_after_successes if kind is _Kind.ANSWERS else limits.down_after_failures


def _continue(run: _Run | None, kind: _Kind, now: float, time_s: float) -> _Run:
    if run is None or run.kind is not kind:
        return _Run(kind=kind, began_at=now, began_s=time_s)
    return replace(run, count=run.count + 1)


def _is_bad(verdict: HealthState) -> bool:
    return verdict not in (HealthState.UNKNOWN, HealthState.UP)


def _verdict(
    before: HealthState,
    outcome: Outcome,
    run: _Run,
    time_s: float,
    limits: HealthThresholds,
    *,
    is_starting: bool,
) -> HealthState:
    if outcome is Outcome.WRONG_KEY:
        return HealthState.WRONG_KEY
    if outcome is Outcome.MISCONFIGURED:
        return HealthState.MISCONFIGURED
    if run.kind is _Kind.ANSWERS:
        is_up = not _is_bad(before) or run.count >= limits.up_after_successes
        return HealthState.UP if is_up else before
    is_down = (
        not is_starting
        and run.count >= limits.down_after_failures
        and time_s - run.began_s >= limits.down_after_s
    )
    return HealthState.DOWN if is_down else before


def _is_flapping(
    track: HealthTrack,
    verdict: HealthState,
    run: _Run,
    changes: ChangeRecord,
    time_s: float,
    limits: HealthThresholds,
) -> bool:
    answers = run.kind is _Kind.ANSWERS
    if track.health.state is HealthState.FLAPPING:
        # Left for what is confirmed only, never for PENDING or RECOVERING.
        is_settled = answers is not _is_bad(verdict)
        return not (is_settled and changes.is_calm(time_s, limits))
    # Only news that are bad and confirmed begin it: a hiccup after two outages that are over does not.
    is_bad_news = not answers and changes is not track.changes
    return is_bad_news and changes.is_restless(time_s, limits)


def _settled(verdict: HealthState, run: _Run, *, is_starting: bool) -> HealthState:
    answers = run.kind is _Kind.ANSWERS
    if _is_bad(verdict):
        return HealthState.RECOVERING if answers else verdict
    if answers:
        return HealthState.UP
    return HealthState.STARTING if is_starting else HealthState.PENDING


def _health(
    before: InstanceHealth, state: HealthState, seen: Observation, run: _Run, now: float, step_s: float
) -> InstanceHealth:
    if state is HealthState.UP:
        lasted = before.lasted
        if before.began_at is not None and before.state is not HealthState.PENDING:
            lasted = timedelta(seconds=run.began_at - before.began_at)
        return replace(before, state=state, since=None, began_at=None, held_s=0.0, lasted=lasted)
    if before.began_at is None:
        before = InstanceHealth(since=seen.at, began_at=now, lasted=before.lasted)
    else:
        before = replace(before, held_s=before.held_s + step_s)
    if seen.outcome in (Outcome.OK, Outcome.DOUBTFUL):
        return replace(before, state=state)
    return replace(before, state=state, problem=seen.problem, remedy=seen.remedy, cause=seen.outcome)
