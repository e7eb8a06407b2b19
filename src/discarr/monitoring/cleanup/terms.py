"""The settings of clean-up in the form that it works with."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

from discarr.core.cleanup_config import CleanupAction, CleanupConfig, CleanupRule
from discarr.monitoring.cleanup.protection import Keep
from discarr.monitoring.cleanup.rules import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What clean-up goes by."""

    actions: Mapping[CleanupRule, CleanupAction]
    """What is suggested, for each rule that is on, in order."""
    needed: Mapping[str, int]
    """How many strikes each of these rules takes, by its value."""
    spacing_s: float
    """Watched seconds from one strike to the next, at least."""
    limits: Limits
    keep: Keep
    per_run: int
    per_day: int

    @classmethod
    def of(cls, settings: CleanupConfig) -> Self:
        """Return what the settings say."""
        return cls(
            actions=MappingProxyType({item.rule: item.action for item in settings.cleanup_rules}),
            needed=MappingProxyType(
                {item.rule.value: settings.strikes_of(item) for item in settings.cleanup_rules}
            ),
            spacing_s=60 * settings.cleanup_spacing_minutes,
            limits=Limits(
                stalled_s=60 * settings.cleanup_stalled_minutes,
                slow_bytes_s=1000 * settings.cleanup_slow_kb_s,
            ),
            keep=Keep.of(settings),
            per_run=settings.cleanup_per_run,
            per_day=settings.cleanup_per_day,
        )
