"""How the demo tells what happens: in the one channel that its page shows, and within a short visit."""

from typing import Final

from discarr.core.events import EventKind
from discarr.monitoring.alerts.desk import Desk
from discarr.monitoring.alerts.routes import ALERTS, Route, RouteKind

_DELAYS_S: Final = {
    EventKind.NEEDS_HAND: 10.0,
    EventKind.INSTANCE_DOWN: 15.0,
    EventKind.DISK_LOW: 15.0,
    EventKind.IMPORTED: 45.0,
    EventKind.FAILED: 20.0,
}
"""Instead of the minutes that are right at home; a visitor changes them with /notifications like anybody."""


async def tell_in_channel(desk: Desk, channel_id: int) -> None:
    """Lead the alerts to a channel and shorten their delays, as an admin would; before anything is told.

    The page shows of a thread no more than its name.
    """
    channel = Route(RouteKind.CHANNEL, channel_id)
    for kind, rule in desk.rules.rules.items():
        if ALERTS in rule.routes:
            routes = tuple(channel if route == ALERTS else route for route in rule.routes)
            await desk.change_rule(kind, routes=routes, delay_s=_DELAYS_S.get(kind, rule.delay_s))
