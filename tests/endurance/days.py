"""Days, nights and disasters, and what was told of them."""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from typing import Final

from discarr.core.errors import MediaClientError, StartingUp, TimedOut, Unreachable
from discarr.core.events import CONDITIONS, EventKind, Severity
from discarr.core.models import DiskSpace, HealthIssue, InstanceKind
from discarr.monitoring.alerts.content import (
    Content,
    DigestContent,
    OverflowContent,
    ReadyContent,
    StoryContent,
)
from discarr.monitoring.alerts.dispatcher import MESSAGES_WINDOW_S, NotNow, SinkError
from discarr.monitoring.alerts.routes import ALERTS, LOG, OWNER, Route, RouteKind
from discarr.sandbox.arr_server.import_night import night_of_imports
from tests.endurance.busy_server import BusyServer, Life, lives_of, usual_lives
from tests.endurance.household import HOUR_S, MINUTE_S, Channels, Household, Server, open_household
from tests.fakes.clock import START, VirtualClock

DAY_S: Final = 24 * HOUR_S
GB: Final = 1_000_000_000
_MEMBER = 7_000_000


def stories_in(contents: Sequence[Content]) -> list[StoryContent]:
    """Return what is about alerts."""
    return [content for content in contents if isinstance(content, StoryContent)]


async def lose_requests(*, hours: float, server_count: int, share: float, seed: int) -> list[Content]:
    """Let a share of all requests fail at random, each by itself; return what was told."""
    clock = VirtualClock()
    chance = random.Random(seed)  # noqa: S311

    def fault() -> MediaClientError | None:
        if chance.random() >= share:
            return None
        return chance.choice((Unreachable, TimedOut))("a server")

    servers = [Server(f"server_{number}", fault) for number in range(server_count)]
    async with open_household(servers, clock=clock) as house:
        await house.pass_time(hours * HOUR_S)
        return house.channels.contents


async def flap(*, period_s: float) -> int:
    """Let one server of three come and go for an hour; return how many messages the fullest channel got."""
    clock = VirtualClock()

    def fault() -> MediaClientError | None:
        is_hour = HOUR_S <= clock.monotonic() < 2 * HOUR_S
        return Unreachable("a server") if is_hour and clock.monotonic() % period_s < period_s / 2 else None

    servers = [Server("shaky", fault), Server("steady"), Server("calm")]
    async with open_household(servers, clock=clock) as house:
        await house.pass_time(4 * HOUR_S)
        return house.channels.most_within(4 * HOUR_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What became of a night of imports."""

    message_count: int
    imported: int
    told: int


async def import_night(*, imports: int, over_h: float, starts_h: float = 1.0) -> Night:
    """Let as many downloads be imported in a night, movies and series mixed."""
    clock = VirtualClock()
    servers = [
        BusyServer(
            kind.value,
            clock,
            lives_of(
                night_of_imports(
                    kind, count=imports // 2, over_s=over_h * HOUR_S, starts_at_s=starts_h * HOUR_S
                )
            ),
        )
        for kind in InstanceKind
    ]
    async with open_household(servers, clock=clock) as house:
        await house.pass_time((starts_h + over_h + 1) * HOUR_S)
        digests = [content for content in house.channels.contents if isinstance(content, DigestContent)]
        return Night(
            message_count=len(house.channels.messages),
            imported=sum(server.ended for server in servers),
            told=sum(digest.total for digest in digests),
        )
