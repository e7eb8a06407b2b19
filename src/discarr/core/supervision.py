"""Loops that must not die quietly: failures are logged at their edges, and too many end the process."""

import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from discarr.core.clock import Clock
from discarr.core.errors import DiscarrError


class LoopDied(DiscarrError):
    """A loop failed too often in a row; it ends its TaskGroup, and with it the process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Growing pauses between attempts, each spread by a fifth so that loops do not march in step."""

    first_s: float = 1.0
    longest_s: float = 60.0

    def delay_s(self, failures: int) -> float:
        """Return the pause after that many failures in a row (1 or more)."""
        # The exponent is bounded: 2.0 ** 1024 overflows.
        pause = min(self.longest_s, self.first_s * 2.0 ** min(failures - 1, 32))
        return pause * random.uniform(0.8, 1.2)  # noqa: S311 - no secret depends on it  # nosec B311


DEFAULT_BACKOFF = Backoff()


async def contain(name: str, work: Callable[[], Awaitable[None]], *, log: logging.Logger) -> None:
    """Run `work` once. It handles the errors it expects; a surprise is logged and goes no further."""
    try:
        await work()
    except Exception:
        log.exception("%s failed", name)


async def supervise(
    name: str,
    step: Callable[[], Awaitable[None]],
    *,
    clock: Clock,
    log: logging.Logger,
    backoff: Backoff = DEFAULT_BACKOFF,
    max_failures: int = 10,
) -> None:
    """Run `step` again and again until cancelled.

    `step` does its own waiting, and handles the errors it expects (`MediaClientError`, Discord's):
    whatever reaches this place is a surprise. The first of a row is logged with its traceback, the
    recovery once.

    Raises:
        LoopDied: after `max_failures` failures in a row.
    """
    failures = 0
    while True:
        try:
            await step()
        except Exception as error:
            failures += 1
            if failures == 1:
                log.exception("%s failed and will be tried again", name)
            if failures >= max_failures:
                raise LoopDied(f"{name} failed {failures} times in a row") from error
            await clock.sleep(backoff.delay_s(failures))
        else:
            if failures:
                log.info("%s works again after %d failures", name, failures)
            failures = 0
