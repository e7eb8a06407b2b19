"""The small file by which `discarr healthcheck` learns, without a port, how the running process is."""

import asyncio
import hashlib
import logging
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from discarr.core.clock import Clock

WRITE_INTERVAL_S = 10.0
_STALE_AFTER = timedelta(seconds=60)
_MAX_BYTES = 65_536

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthReport:
    """What the running process says about itself."""

    written_at: datetime
    is_healthy: bool
    """False only for what a person must repair; an instance or Discord being away is `degraded`."""
    discord: str
    """State of the connection, in a word or two."""
    degraded: tuple[str, ...] = ()
    """What does not work right now, one plain sentence each."""
    loop_delay_s: float = 0.0
    rss_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthVerdict:
    """What `discarr healthcheck` says."""

    is_healthy: bool
    """Whether it is alive and nobody has to repair it, degraded or not."""
    sentence: str
    degraded: tuple[str, ...] = ()


def health_path(data_dir: Path) -> Path:
    """Return where the file lies: one per data directory, and not in it, to spare SD cards."""
    digest = hashlib.sha256(os.fsencode(data_dir.absolute())).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"discarr-health-{digest}.json"


def write_health(path: Path, report: HealthReport) -> None:
    """Replace the file in one step, so that a reader never meets half of it.

    Raises:
        OSError: the directory cannot be written.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(report))
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_health(path: Path, now: datetime) -> HealthVerdict:
    """Judge the process by its file; never raises."""
    try:
        with path.open("rb") as file:
            report = msgspec.json.decode(file.read(_MAX_BYTES), type=HealthReport, strict=True)
        age = abs(now - report.written_at)
    except OSError:
        return HealthVerdict(is_healthy=False, sentence="Discarr is not running, or has only just started.")
    except (msgspec.DecodeError, TypeError, OverflowError):
        return HealthVerdict(is_healthy=False, sentence="The health file makes no sense.")
    if age > _STALE_AFTER:
        sentence = f"Discarr has not given a sign of life for {age.total_seconds():.0f} s."
        return HealthVerdict(is_healthy=False, sentence=sentence)
    working = "degraded" if report.degraded else "healthy"
    state = working if report.is_healthy else "not healthy"
    return HealthVerdict(
        is_healthy=report.is_healthy,
        sentence=f"Discarr is {state}; Discord: {report.discord}.",
        degraded=report.degraded,
    )


async def keep_health_file(path: Path, report: Callable[[], HealthReport], *, clock: Clock) -> None:
    """Write the file every 10 s until cancelled; trouble is logged once."""
    is_failing = False
    while True:
        try:
            await asyncio.to_thread(write_health, path, report())
            is_failing = False
        except OSError as error:
            if not is_failing:
                _log.warning("The health file cannot be written: %s", error.strerror)
            is_failing = True
        await clock.sleep(WRITE_INTERVAL_S)
