"""A judge of one instance, and short names for what it sees."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from discarr.monitoring.health_thresholds import HealthThresholds
from discarr.monitoring.instance_health import (
    HealthState,
    HealthTrack,
    InstanceHealth,
    Observation,
    Outcome,
    observe,
)
from tests.fakes.clock import START

OK, GONE, DOUBT, STARTS = Outcome.OK, Outcome.UNREACHABLE, Outcome.DOUBTFUL, Outcome.STARTING
KEY, WRONG, ILL = Outcome.WRONG_KEY, Outcome.MISCONFIGURED, Outcome.DISTURBED


@dataclass
class Judge:
    """Feeds the state machine, by default every 30 s."""

    limits: HealthThresholds = field(default_factory=HealthThresholds)
    track: HealthTrack = field(default_factory=HealthTrack)
    now: float = 1000.0

    def see(self, *outcomes: Outcome, after_s: float = 30.0) -> list[HealthState]:
        """Observe these outcomes one after the other and return the states they led to."""
        states = []
        for outcome in outcomes:
            self.now += after_s
            words = (None, None) if outcome in (OK, DOUBT) else (f"is {outcome}", f"mend {outcome}")
            seen = Observation(outcome=outcome, at=self.wall(self.now), problem=words[0], remedy=words[1])
            self.track = observe(self.track, seen, self.now, self.limits)
            states.append(self.track.health.state)
        return states

    @staticmethod
    def wall(now: float) -> datetime:
        return START + timedelta(seconds=now)

    @property
    def health(self) -> InstanceHealth:
        return self.track.health
