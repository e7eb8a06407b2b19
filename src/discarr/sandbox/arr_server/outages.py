"""Instances that go away and come back on schedule."""

from dataclasses import dataclass

from discarr.core.clock import Clock
from discarr.sandbox.arr_server.app import ArrServer
from discarr.sandbox.arr_server.timeline import Window

_SHORTEST_SLEEP_S = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """When an instance is away, counted from the beginning of `keep_outages`."""

    window: Window
    is_restart: bool = False
    """Whether the app starts anew afterwards, instead of having been out of reach only."""
    startup_s: float = 0.0
    """How long it answers 503 after a restart."""
    first_refresh_s: float = 30.0
    """How long its queue is empty after that."""


async def keep_outages(server: ArrServer, *outages: Outage, clock: Clock) -> None:
    """Let a server go away and come back on schedule, until cancelled."""
    started = clock.now()
    last: Outage | None = None
    while True:
        elapsed_s = (clock.now() - started).total_seconds()
        present = next((outage for outage in outages if outage.window.is_open(elapsed_s)), None)
        if present is not None:
            await server.go_away()
        elif last is not None and last.is_restart:
            await server.restart(startup_s=last.startup_s, first_refresh_s=last.first_refresh_s)
        else:
            await server.come_back()
        last = present
        change_s = min(outage.window.next_change_s(elapsed_s) for outage in outages)
        await clock.sleep(max(change_s, _SHORTEST_SLEEP_S))
