"""Days, nights and disasters, and what was told of them."""

import gc
import random
import tracemalloc
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from typing import Any, Final

from discarr.core.errors import (
    MediaClientError,
    Misconfigured,
    StartingUp,
    TimedOut,
    Unauthorized,
    Unreachable,
)
from discarr.core.events import CONDITIONS, EventKind, Severity
from discarr.core.models import DiskSpace, HealthIssue, InstanceKind
from discarr.monitoring.alerts.brake import MESSAGES_WINDOW_S
from discarr.monitoring.alerts.content import (
    Content,
    DigestContent,
    ReadyContent,
    StoryContent,
)
from discarr.monitoring.alerts.desk import CannotFollow
from discarr.monitoring.alerts.routes import ALERTS, LOG, OWNER, Route, RouteKind
from discarr.sandbox.arr_server.import_night import night_of_imports
from tests.endurance.busy_server import BusyServer, Life, lives_of, usual_lives
from tests.endurance.household import (
    HOUR_S,
    MINUTE_S,
    Absence,
    Channels,
    Household,
    Server,
    open_household,
)
from tests.fakes.clock import VirtualClock

DAY_S: Final = 24 * HOUR_S
GB: Final = 1_000_000_000
_MEMBER = 7_000_000


def stories_in(contents: Sequence[Content]) -> list[StoryContent]:
    """Return what is about alerts."""
    return [content for content in contents if isinstance(content, StoryContent)]


async def lose_requests(
    *, hours: float, server_count: int, share: float, seed: int, **household: Any
) -> list[Content]:
    """Let a share of all requests fail at random, each by itself; return what was told."""
    clock = VirtualClock()
    chance = random.Random(seed)  # noqa: S311

    def fault() -> MediaClientError | None:
        if chance.random() >= share:
            return None
        return chance.choice((Unreachable, TimedOut))("a server")

    servers = [Server(f"server_{number}", fault) for number in range(server_count)]
    async with open_household(servers, clock=clock, **household) as house:
        await house.pass_time(hours * HOUR_S)
        return house.channels.contents


async def flap(*, period_s: float, **household: Any) -> int:
    """Let one server of three come and go for an hour; return how many messages the fullest channel got."""
    clock = VirtualClock()

    def fault() -> MediaClientError | None:
        since_s = clock.monotonic() - 10 * MINUTE_S
        return (
            Unreachable("a server") if 0 <= since_s < HOUR_S and since_s % period_s < period_s / 2 else None
        )

    servers = [Server("shaky", fault), Server("steady"), Server("calm")]
    async with open_household(servers, clock=clock, **household) as house:
        await house.pass_time(2.5 * HOUR_S)
        return house.channels.most_within(2.5 * HOUR_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What became of a night of imports."""

    message_count: int
    imported: int
    told: int


async def import_night(*, imports: int, over_h: float, starts_h: float = 1.0, **household: Any) -> Night:
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
    async with open_household(servers, clock=clock, **household) as house:
        await house.pass_time((starts_h + over_h + 1) * HOUR_S)
        digests = [content for content in house.channels.contents if isinstance(content, DigestContent)]
        return Night(
            message_count=len(house.channels.messages),
            imported=sum(server.ended for server in servers),
            told=sum(digest.total for digest in digests),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """What happened after Discord had been away."""

    told_after_s: float
    """From its return until nothing was left to tell."""
    missing: frozenset[str]
    """What should have been told by then and was not."""
    rung: int
    """New messages, in all channels."""


async def miss_discord(absence: Absence, *, minutes: float, lag_s: float = 0.0) -> Return:
    """Let much happen while Discord is away, `lag_s` shifts when it comes back."""
    clock = VirtualClock()
    away = {"movies": False}
    movies = BusyServer(
        "movies",
        clock,
        [
            Life(title="Arrived", number=1, starts_s=30, lasts_s=900),
            Life(title="Stuck", number=2, starts_s=60, lasts_s=7200, hand_s=6900),
            Life(title="Settled", number=3, starts_s=90, lasts_s=1500, hand_s=1200),
            Life(title="Followed", number=4, starts_s=100, lasts_s=1000),
        ],
        lambda: Unreachable("movies") if away["movies"] else None,
    )
    series = Server("series")
    channels = Channels(clock)
    async with open_household([movies, series, Server("calm")], clock=clock, channels=channels) as house:
        await house.pass_time(180)
        followed = next(item for item in house.cache.snapshot.downloads if item.title == "Followed")
        await house.desk.follow(followed, _MEMBER, is_hidden=False)
        channels.be_away(absence)
        await house.pass_time(60)
        series.disks = (DiskSpace(path="/tv", free_bytes=GB, total_bytes=900 * GB),)
        await house.pass_time(minutes * MINUTE_S * 0.6)
        away["movies"] = True
        await house.pass_time(minutes * MINUTE_S * 0.4 - 60 + lag_s)
        channels.come_back()
        back_at = clock.monotonic()
        await house.pass_time(5 * MINUTE_S)
        said = "\n".join(map(repr, channels.contents))
        wanted = ("Arrived", "Stuck", "Settled", "Followed", "disk_low", "instance_down")
        return Return(
            told_after_s=channels.touched_at - back_at,
            missing=frozenset(word for word in wanted if word not in said),
            rung=len(channels.sent),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """What was told of days in which nothing is wrong that does not mend itself."""

    digests: int
    others: tuple[Content, ...]
    """Everything else that was told: nothing of it should have been."""
    mentions: int
    imported: int
    """Until half an hour before the end: what came later may be waiting for its digest."""
    told: int


async def pass_quietly(*, days: float, seed: int = 0, **household: Any) -> Week:
    """Let healthy servers run: imports, nightly restarts, requests that are lost, an update, a warning."""
    clock = VirtualClock()
    chance = random.Random(seed)  # noqa: S311

    def fault() -> MediaClientError | None:
        time_s = clock.monotonic() % DAY_S
        if 4 * HOUR_S <= time_s < 4 * HOUR_S + 30:
            return Unreachable("a server")
        if 4 * HOUR_S + 30 <= time_s < 4 * HOUR_S + 75:
            return StartingUp("a server")
        return TimedOut("a server") if chance.random() < 0.01 else None

    servers = [
        BusyServer(name, clock, usual_lives(every_s=every_s, seed=seed), fault)
        for name, every_s in (("movies", 3 * HOUR_S), ("series", 1.2 * HOUR_S))
    ]
    for server in servers:
        server.disks = (DiskSpace(path="/data", free_bytes=400 * GB, total_bytes=4000 * GB),)
    async with open_household(servers, clock=clock, **household) as house:
        for day in count(1):
            await house.pass_time(min(1.0, days + 1 - day) * DAY_S)
            if day >= days:
                break
            restarted_at = clock.now() - timedelta(hours=20)
            for server in servers:
                server.identity = replace(server.identity, version=f"6.0.{day}", started_at=restarted_at)
            lasting = HealthIssue(source="UpdateCheck", level="warning", message="", wiki_url=None)
            servers[0].health = (lasting,) if day % 2 else ()
        imported = sum(server.ended for server in servers)
        await house.pass_time(HOUR_S / 2)
        told = house.channels.contents
        digests = [content for content in told if isinstance(content, DigestContent)]
        return Week(
            digests=len(digests),
            others=tuple(content for content in told if not isinstance(content, DigestContent)),
            mentions=sum(_mentions(content) for content in told),
            imported=imported,
            told=sum(digest.total for digest in digests),
        )


def _mentions(content: Content) -> int:
    if isinstance(content, ReadyContent):
        return len(content.user_ids)
    if isinstance(content, StoryContent | DigestContent):
        return content.mention_role_id is not None
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """What the channels got when everything happened at once, by rules that hold nothing back."""

    most_in_five_minutes: int
    """New messages in one channel."""
    sent: int
    conditions: int
    """How many alerts there were."""


async def storm(*, minutes: float, server_count: int, restarts: int, seed: int) -> Storm:
    """Let everything begin and end all the time, told by five routes to one channel; restart now and then."""
    clock = VirtualClock()
    chance = random.Random(seed)  # noqa: S311
    here = Route(RouteKind.CHANNEL, 77)
    routes = (ALERTS, LOG, OWNER, here, Route(RouteKind.USER, _MEMBER))
    channels = Channels(clock, places={str(route): 77 for route in routes})
    servers = [
        BusyServer(f"server_{number}", clock, usual_lives(every_s=20, seed=number, troubled_share=0.5))
        for number in range(server_count)
    ]
    async with open_household(servers, clock=clock, channels=channels) as house:
        await house.pass_time(60)
        for kind in EventKind:
            repeat = {"repeat_s": 600.0} if kind in CONDITIONS else {}
            await house.desk.change_rule(
                kind,
                is_on=True,
                severity=Severity.CRITICAL,
                delay_s=0.0,
                group_s=0.0,
                routes=routes,
                **repeat,
            )
        for part in range(restarts + 1):
            for _ in range(round(minutes * 2 / (restarts + 1))):
                for server in servers:
                    _change_everything(server, chance)
                await _follow_all(house)
                await house.pass_time(30)
            if part < restarts:
                await house.end()
                await house.start()
        return Storm(
            most_in_five_minutes=channels.most_within(MESSAGES_WINDOW_S),
            sent=len(channels.sent),
            conditions=house.alerting.notifier.book.last_alert_id,
        )


def _change_everything(server: Server, chance: random.Random) -> None:
    faults: list[MediaClientError | None] = [Unauthorized("s"), Misconfigured("s"), None, None, None]
    fault = chance.choice(faults)
    server.fault = lambda: fault
    free_bytes = chance.choice((0, 500)) * GB
    server.disks = (DiskSpace(path=server.config.id, free_bytes=free_bytes, total_bytes=999 * GB),)
    checks: tuple[HealthIssue, ...] = (
        HealthIssue(source="Check0", level="error", message="", wiki_url=None),
        HealthIssue(source="Check1", level="warning", message="", wiki_url=None),
        HealthIssue(source="Check2", level="notice", message="", wiki_url=None),
    )
    server.health = tuple(check for check in checks if chance.random() < 0.5)


async def _follow_all(house: Household) -> None:
    for number, download in enumerate(house.cache.snapshot.downloads):
        with suppress(CannotFollow):
            await house.desk.follow(download, _MEMBER + number % 50, is_hidden=False)


async def grow(*, hours: float, warm_up_h: float, server_count: int, **household: Any) -> int:
    """Return by how many bytes everything that Python holds grew over some busy hours.

    What only a fake keeps is let go of before each of the two looks.
    """
    clock = VirtualClock()
    servers = [
        BusyServer(f"server_{number}", clock, usual_lives(every_s=300, seed=number, troubled_share=0.2))
        for number in range(server_count)
    ]
    tracemalloc.start()
    try:
        async with open_household(servers, clock=clock, **household) as house:
            await house.pass_time(warm_up_h * HOUR_S)
            before = _held_bytes(house)
            await house.pass_time(hours * HOUR_S)
            return _held_bytes(house) - before
    finally:
        tracemalloc.stop()


def _held_bytes(house: Household) -> int:
    house.channels.forget()
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    return held
