"""What memory tells of how a download gets on, for lists and their filters: the same words everywhere."""

from datetime import timedelta
from enum import StrEnum

from msgspec import Struct

from discarr.core.models import Download
from discarr.monitoring.cleanup.rules import expects_data
from discarr.monitoring.download_rows import STALLED_AFTER
from discarr.monitoring.progress_tracker import Estimate
from discarr.monitoring.reasons import ReasonKind, explain


class Sign(StrEnum):
    """What a download can be found by; several may hold at once."""

    NEEDS_PERSON = "needs a person"
    STALLED = "stalled"
    """Nothing has arrived for a quarter of an hour, or its download client says so."""
    SLOW = "slow"
    """It gets data, but less than the settings call slow, on average from one observation to the next."""
    NOT_IN_LIBRARY = "not in the library"


class Progress(Struct, frozen=True, kw_only=True, gc=False):
    """How one download gets on; a struct for the reason that `core.models` gives."""

    signs: tuple[Sign, ...]
    """In the order of `Sign`."""
    rate_bytes_s: float | None
    """Measured over the last ten minutes; None where nothing arrives, or nothing was measured."""
    idle_for: timedelta | None
    """Observed time without a new byte; None where none is expected."""


def progress_of(
    download: Download, estimate: Estimate, *, average_bytes_s: float | None, slow_bytes_s: float
) -> Progress:
    """Say how a download gets on; `average_bytes_s` was measured between observations, None: it was not."""
    idle_for = estimate.idle_for
    is_stalled = (idle_for is not None and idle_for >= STALLED_AFTER) or _says_stalled(download)
    is_slow = average_bytes_s is not None and average_bytes_s < slow_bytes_s and expects_data(download)
    holds = (
        (Sign.NEEDS_PERSON, download.needs_hand),
        (Sign.STALLED, is_stalled),
        (Sign.SLOW, is_slow and not is_stalled),
        (Sign.NOT_IN_LIBRARY, download.media_id is None),
    )
    return Progress(
        signs=tuple([sign for sign, is_so in holds if is_so]),
        rate_bytes_s=estimate.rate_bytes_s,
        idle_for=idle_for,
    )


def _says_stalled(download: Download) -> bool:
    explanation = explain(download)
    return explanation is not None and explanation.kind is ReasonKind.STALLED
