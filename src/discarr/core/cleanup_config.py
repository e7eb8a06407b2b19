"""What clean-up goes by: the rules it looks by, their thresholds, and what it leaves alone."""

from dataclasses import dataclass
from enum import StrEnum


class CleanupRule(StrEnum):
    """Why a download may be proposed for removal, what is least in doubt first.

    The values stand in settings and in the database: a released one never changes.
    """

    FAILED = "failed"
    """The download client or the app gave it up."""
    MISSING_FILES = "missing-files"
    """Its files are no longer where the download client put them."""
    FAILED_IMPORT = "failed-import"
    """Complete, but the app refuses it for a reason that lies in the release."""
    ALREADY_HAVE = "already-have"
    """Complete, but no better than what is in the library."""
    NO_METADATA = "no-metadata"
    """A torrent of which nobody sends even the description."""
    STALLED = "stalled"
    SLOW = "slow"
    ORPHAN = "orphan"
    """It belongs to nothing in the library (any more)."""
    UNMONITORED = "unmonitored"
    """Nothing of what it holds is wanted any more."""


class CleanupAction(StrEnum):
    """What is done to a download that is cleaned up."""

    REMOVE = "remove"
    """Delete the download and its data."""
    BLOCKLIST = "blocklist"
    """The same, and never take this release again."""
    SEARCH = "search"
    """The same, and search for another release."""
    CATEGORY = "category"
    """Keep the data: hand it over to the download client's category for what is done with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleConfig:
    """A rule that is switched on."""

    rule: CleanupRule
    action: CleanupAction
    """What is suggested."""
    strikes: int | None = None
    """How many it takes; None: as many as for every rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanupConfig:
    """The part of the settings that clean-up goes by; `CleanupSettings` says what each of them may be."""

    cleanup_rules: tuple[RuleConfig, ...]
    """In the order of `CleanupRule`, each at most once."""
    cleanup_strikes: int
    cleanup_spacing_minutes: float
    cleanup_stalled_minutes: float
    cleanup_slow_kb_s: float
    cleanup_young_hours: float
    cleanup_keep_indexers: frozenset[str]
    """Lower case."""
    cleanup_keep_tags: frozenset[str]
    """Lower case."""
    cleanup_per_run: int
    cleanup_per_day: int

    def strikes_of(self, config: RuleConfig) -> int:
        """Return how many strikes a rule takes."""
        return self.cleanup_strikes if config.strikes is None else config.strikes
