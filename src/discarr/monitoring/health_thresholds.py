"""From when on something counts as down, up or flapping."""

from dataclasses import dataclass, replace
from typing import Final, Self

_ATTEMPT_TIMEOUTS: Final = 8
"""An attempt identifies the app and walks its queue, which may take six of them."""
_LONGEST_PAUSE_S: Final = 60.0
"""Longer than any pause between two attempts that fail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthThresholds:
    """The defaults of facts 2, for refreshes every 30 s; spans are observed time (`instance_health`)."""

    down_after_failures: int = 3
    """In a row, 1 or more; and `down_after_s` must have passed since the first of them."""
    down_after_s: float = 90.0
    up_after_successes: int = 2
    """In a row, 1 or more."""
    starting_grace_s: float = 300.0
    """How long an app may take to start before that counts as failing."""
    flap_window: int = 20
    """How many confirmed observations the share of changes is taken of; 3 or more."""
    flap_high: float = 0.30
    """Share of changes, 0 … 1, above which an instance is flapping; below `flap_low` it no longer is."""
    flap_low: float = 0.15
    flap_turns: int = 3
    """So many turns between up and down within `flap_turns_s` are flapping, too; 1 or more."""
    flap_turns_s: float = 1800.0
    flap_calm_s: float = 900.0
    """How long nothing may change before flapping is over."""
    longest_step_s: float = 60.0
    """What lies between two observations counts at most so much: beyond it, nobody was looking."""
    gap_s: float = 600.0
    """After more than this between two observations, failures in a row are counted anew."""
    network_window_s: float = 60.0
    """Instances that become unreachable within this time of each other have one reason."""

    def for_interval(self, interval_s: float, timeout_s: float) -> Self:
        """Return the thresholds for instances that are refreshed every `interval_s` seconds.

        `timeout_s` is the longest time-out of a request to any of them: an attempt of many requests takes
        several times as long, and that is no gap.
        """
        return replace(
            self,
            longest_step_s=max(self.longest_step_s, 2 * interval_s),
            gap_s=max(self.gap_s, 3 * interval_s, _ATTEMPT_TIMEOUTS * timeout_s + _LONGEST_PAUSE_S),
            network_window_s=max(self.network_window_s, 2 * interval_s),
        )
