"""Why a download needs a person, in plain words."""

from dataclasses import dataclass
from enum import StrEnum


class ReasonKind(StrEnum):
    """What kind of trouble it is: stable, for routing and grouping."""

    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One plain sentence and what to do about it; both safe for everybody (no paths, no indexers)."""

    kind: ReasonKind
    sentence: str
    remedy: str
