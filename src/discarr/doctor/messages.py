"""What Discarr has to tell: whether it arrives, as its database says."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from discarr.core.errors import StoreError
from discarr.core.store import DATABASE_NAME
from discarr.core.store.glance import Glance, glance
from discarr.doctor.off_loop import run_off_loop
from discarr.doctor.report import Check, Verdict
from discarr.utils.text_utils import count_of
from discarr.utils.time_utils import short_span

_SUBJECT: Final = "Messages"
_PATIENCE: Final = timedelta(minutes=15)
"""Messages that wait for longer are told of: Discord is rarely away for so long."""


async def check_messages(data_dir: Path, *, now: datetime, timeout_s: float) -> tuple[Check, ...]:
    """Say how the outbox and the alerts are; nothing without a database, or for one of another version."""
    try:
        found = await run_off_loop(lambda: glance(data_dir / DATABASE_NAME, now), timeout_s=timeout_s)
    except TimeoutError:
        return ()  # whoever checks the data directory says so
    except StoreError as error:
        return (
            Check(
                subject=_SUBJECT, verdict=Verdict.WARNING, text=f"Not known: {error}.", remedy=error.remedy
            ),
        )
    return tuple(_checks(found, now)) if found is not None else ()


def _checks(found: Glance, now: datetime) -> Iterator[Check]:
    counts = found.outbox
    parts = [
        f"{count_of(found.open_alerts, 'alert')} open, {found.unacknowledged} not acknowledged",
        f"{counts.waiting} on the way",
        f"{counts.scheduled} for later",
        f"{counts.dead} undeliverable",
    ]
    yield Check(subject=_SUBJECT, verdict=Verdict.OK, text=f"{'; '.join(parts)}.")
    if counts.dead:
        yield Check(
            subject=_SUBJECT,
            verdict=Verdict.WARNING,
            text=f"{count_of(counts.dead, 'message')} reached nobody.",
            remedy="In Discord, /notifications → Not delivered says why, and sends them again.",
        )
    if counts.oldest_due is not None and now - counts.oldest_due > _PATIENCE:
        yield Check(
            subject=_SUBJECT,
            verdict=Verdict.WARNING,
            text=f"Something waits to be told for {short_span(now - counts.oldest_due)} already.",
            remedy="It is sent as soon as Discarr runs and Discord answers: see what is said about Discord.",
        )
