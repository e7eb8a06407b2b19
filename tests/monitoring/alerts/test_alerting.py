"""The whole of being told, put together as the app does, with a sink in memory."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from discarr.core.events import EventKind
from discarr.core.models import QueueStatus, TrackedState, TrackedStatus
from discarr.core.store import DATABASE_NAME, Store
from discarr.core.store.alerts import silences
from discarr.monitoring.alerts.alert import Condition, Observation
from discarr.monitoring.alerts.alerting import Alerting
from discarr.monitoring.alerts.content import DigestContent, Facts, NoticeContent, StoryContent
from discarr.monitoring.alerts.desk import CannotFollow
from discarr.monitoring.alerts.dispatcher import RouteRefused
from discarr.monitoring.alerts.quiet_hours import QuietHours
from discarr.monitoring.alerts.routes import ALERTS, LOG
from discarr.monitoring.alerts.rules import DEFAULT_RULES, RuleRefused
from discarr.monitoring.cache_manager import CacheManager
from discarr.monitoring.download_rows import NOTHING_HIDDEN
from discarr.monitoring.progress_tracker import ProgressTracker
from tests.factories import make_download
from tests.fakes.clock import START, FakeClock
from tests.fakes.media_client import FakeMediaClient
from tests.fakes.sink import FakeSink
from tests.monitoring.alerts.test_steps import record

STUCK = make_download(
    media_id=1,
    status=QueueStatus.COMPLETED,
    tracked_status=TrackedStatus.WARNING,
    tracked_state=TrackedState.IMPORT_PENDING,
)


class House:
    """Instances, a store, a sink, and what is told between them."""

    def __init__(self, store: Store, clock: FakeClock) -> None:
        self.store = store
        self.clock = clock
        self.client = FakeMediaClient()
        self.sink = FakeSink()

    @asynccontextmanager
    async def running(self, *, standing: Sequence[Observation] = ()) -> AsyncIterator[Alerting]:
        cache = CacheManager([self.client], clock=self.clock, refresh_interval_s=30)
        alerting = Alerting(
            cache,
            ProgressTracker(clock=self.clock),
            self.store,
            self.sink,
            clock=self.clock,
            hidden=NOTHING_HIDDEN,
            reserve_bytes=0,
            refresh_interval_s=30,
            history_interval_s=300,
            standing=standing,
        )
        tasks = [asyncio.create_task(work) for work in (cache.run(), alerting.run())]
        await self.pass_time(2)
        try:
            yield alerting
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def pass_time(self, seconds: float) -> None:
        target = self.clock.monotonic() + seconds
        while (left := target - self.clock.monotonic()) > 0:
            await self.clock.advance(min(left, 5.0))
            for _ in range(6):
                await self.store.run(lambda _connection: None)
                await self.clock.settle()

    async def get_stuck(self) -> None:
        """Let a download begin to need a hand, and let that be told."""
        await self.pass_time(30)
        self.client.downloads = (STUCK,)
        await self.pass_time(240)

    async def let_a_reminder_wait(self, alerting: Alerting) -> None:
        """Let it be told, and let a reminder of it wait for the end of the quiet hours."""
        await self.get_stuck()
        hour = self.clock.now().hour
        await alerting.desk.set_quiet_hours(QuietHours.parse(str(hour), str(hour + 2), "UTC"))
        await alerting.desk.change_rule(EventKind.NEEDS_HAND, repeat_s=600)
        await self.pass_time(700)

    def said[T](self, sort: type[T]) -> list[T]:
        """What all messages say now."""
        latest = [message.contents[-1] for message in self.sink.messages.values()]
        return [content for content in latest if isinstance(content, sort)]


@pytest.fixture
async def house() -> AsyncIterator[House]:
    clock = FakeClock()
    store = await Store.in_memory(clock=clock)
    yield House(store, clock)
    await store.close()


async def test_from_the_queue_to_the_message_and_its_end(house: House) -> None:
    async with house.running():
        await house.get_stuck()
        assert [story.open_count for story in house.said(StoryContent)] == [1]

        house.client.downloads = ()
        house.client.history = (record(1, instance="radarr", date=house.clock.now()),)
        await house.pass_time(1200)

    assert [story.open_count for story in house.said(StoryContent)] == [0]
    assert [digest.counts for digest in house.said(DigestContent)] == [{EventKind.IMPORTED: 1}]


async def test_what_was_found_at_the_start_is_told_once_and_again_when_it_changes(house: House) -> None:
    def unsafe(*codes: str) -> Observation:
        return Observation(
            kind=EventKind.SECURITY,
            instance=None,
            conditions=tuple(
                Condition(kind=EventKind.SECURITY, instance=None, subject=code, facts=Facts(problem=code))
                for code in codes
            ),
        )

    for codes in (("DS001",), ("DS001",), ("DS001", "DS005"), ()):
        async with house.running(standing=[unsafe(*codes)]):
            await house.pass_time(400)

    first, second = house.said(StoryContent)
    assert [entry.facts.problem for entry in (*first.entries, *second.entries)] == ["DS001", "DS005"]
    assert (first.open_count, second.open_count) == (0, 0)
    assert {str(message.route) for message in house.sink.messages.values()} == {"owner"}


async def test_a_lost_database_is_told_and_nothing_old_with_it(tmp_path: Path) -> None:
    clock = FakeClock()
    store = await Store.open(tmp_path, clock=clock)
    await store.close()
    (tmp_path / DATABASE_NAME).write_bytes(b"")
    store = await Store.open(tmp_path, clock=clock)
    try:
        house = House(store, clock)
        house.client.history = (record(1, instance="radarr", date=START),)
        async with house.running():
            await house.pass_time(600)
            told = house.said(NoticeContent)
    finally:
        await store.close()

    assert {notice.kind for notice in told} == {EventKind.STORE_RESET}
    assert all(str(tmp_path) not in line for notice in told for line in notice.lines)
    assert house.said(DigestContent) == []


async def test_people_acknowledge_and_the_message_says_who(house: House) -> None:
    async with house.running() as alerting:
        await house.get_stuck()
        (alert,) = alerting.desk.open_alerts
        assert alert.story is not None
        assert alerting.desk.alerts_of_story(alert.story) == (alert,)
        assert alerting.desk.find_alert(alert.id) == alert

        assert await alerting.desk.acknowledge([alert.id, 999], user_id=42) == 1
        assert await alerting.desk.acknowledge([alert.id], user_id=43) == 0
        await house.pass_time(10)

    assert [story.acknowledged_by for story in house.said(StoryContent)] == [42]


async def test_people_silence_and_end_it(house: House) -> None:
    async with house.running() as alerting:
        silence = await alerting.desk.silence(
            lasts=timedelta(days=400), reason="x" * 500, user_id=7, kind=EventKind.NEEDS_HAND
        )
        assert silence.ends_at - house.clock.now() == timedelta(days=30)
        assert len(silence.reason) == 200
        await house.get_stuck()
        assert house.said(StoryContent) == []
        assert alerting.desk.silences == (silence,)

        assert await alerting.desk.end_silence(silence.id)
        assert not await alerting.desk.end_silence(silence.id)
        await house.pass_time(60)
        assert not alerting.desk.silences

    assert len(house.said(StoryContent)) == 1


@pytest.mark.parametrize("is_silenced", [True, False])
async def test_a_reminder_that_waits_for_the_morning_is_taken_back_by_a_silence(
    house: House, is_silenced: bool
) -> None:
    async with house.running() as alerting:
        await house.let_a_reminder_wait(alerting)
        if is_silenced:
            await alerting.desk.silence(lasts=timedelta(hours=5), reason="", user_id=7)
        await house.pass_time(4200)

    reminders = [story for story in house.said(StoryContent) if story.is_reminder]
    assert bool(reminders) is not is_silenced


async def test_a_silence_that_cannot_take_back_the_reminders_is_none(house: House) -> None:
    async with house.running() as alerting:
        await house.let_a_reminder_wait(alerting)
        await house.store.run(
            lambda connection: connection.execute(
                "CREATE TEMP TRIGGER stuck BEFORE UPDATE ON outbox BEGIN SELECT RAISE(ABORT, 'stuck'); END"
            ).close()
        )

        with pytest.raises(sqlite3.IntegrityError, match="stuck"):
            await alerting.desk.silence(lasts=timedelta(hours=5), reason="", user_id=7)

        now = house.clock.now()
        assert await house.store.run(lambda connection: silences(connection, now)) == ()
        assert alerting.desk.silences == ()


async def test_people_silence_beside_a_story_that_cannot_be_read(house: House) -> None:
    async with house.running():
        await house.get_stuck()
    await house.store.run(lambda connection: connection.execute("UPDATE alert SET facts = x'7b'").close())

    async with house.running() as alerting:
        silence = await alerting.desk.silence(lasts=timedelta(hours=5), reason="", user_id=7)

        assert alerting.desk.silences == (silence,)


async def test_rules_change_at_once_and_for_good(house: House) -> None:
    async with house.running() as alerting:
        rule = await alerting.desk.change_rule(EventKind.NEEDS_HAND, routes=(LOG,), delay_s=0.0)
        assert alerting.desk.rules[EventKind.NEEDS_HAND] == rule
        with pytest.raises(RuleRefused):
            await alerting.desk.change_rule(EventKind.NEEDS_HAND, delay_s=-1.0)
        hours = QuietHours.parse("22", "7", "Europe/Berlin")
        await alerting.desk.set_quiet_hours(hours)
    async with house.running() as alerting:
        assert alerting.desk.rules[EventKind.NEEDS_HAND] == rule
        assert alerting.desk.quiet_hours == hours
        await alerting.desk.set_quiet_hours(None)
        await alerting.desk.change_rule(
            EventKind.NEEDS_HAND, routes=DEFAULT_RULES[EventKind.NEEDS_HAND].routes, delay_s=120.0
        )
    async with house.running() as alerting:
        assert alerting.desk.rules[EventKind.NEEDS_HAND] == DEFAULT_RULES[EventKind.NEEDS_HAND]
        assert alerting.desk.quiet_hours is None


async def test_a_test_message_goes_where_it_is_sent(house: House) -> None:
    async with house.running() as alerting:
        await alerting.desk.send_test([ALERTS, LOG])
        await house.pass_time(5)

    assert {str(message.route) for message in house.sink.messages.values()} == {"alerts", "log"}


async def test_people_follow_and_stop(house: House) -> None:
    async with house.running() as alerting:
        desk = alerting.desk
        assert await desk.follow(make_download(media_id=1), 7, is_hidden=False)
        assert not await desk.follow(make_download(media_id=1), 7, is_hidden=False)
        with pytest.raises(CannotFollow):
            await desk.follow(make_download(media_id=None), 7, is_hidden=False)
        (follow,) = desk.follows_of(7)
        assert desk.follows_of(8) == ()
        assert not await desk.unfollow(follow.id, 8)
        assert await desk.unfollow(follow.id, 7)
        assert desk.follows_of(7) == ()
        for number in range(50):
            await desk.follow(make_download(media_id=number + 1), 7, is_hidden=False)
        with pytest.raises(CannotFollow):
            await desk.follow(make_download(media_id=99), 7, is_hidden=False)


async def test_the_past_can_be_looked_up(house: House) -> None:
    async with house.running() as alerting:
        await house.get_stuck()
        house.client.downloads = ()
        house.client.history = (record(1, instance="radarr", date=house.clock.now()),)
        await house.pass_time(600)

        (past,) = await alerting.desk.history()
        counts = await alerting.desk.outbox_counts()

    assert (past.kind, past.ending) == ("needs_hand", "imported")
    assert counts.dead == 0


async def test_what_reached_nobody_is_listed_told_and_sent_again(house: House) -> None:
    house.sink.refusals = {"alerts": RouteRefused("No thread."), "owner": RouteRefused("No messages.")}
    async with house.running() as alerting:
        await house.get_stuck()
        dead = await alerting.desk.undelivered()
        assert {row.error for row in dead} <= {"No thread.", "No messages."}
        assert dead
        assert EventKind.UNDELIVERED in {alert.kind for alert in alerting.desk.open_alerts}

        house.sink.refusals.clear()
        ids = [row.id for row in await alerting.desk.undelivered()]
        assert await alerting.desk.send_again(ids) == len(ids)
        await house.pass_time(60)
        assert await alerting.desk.undelivered() == []

    assert EventKind.NEEDS_HAND in {story.kind for story in house.said(StoryContent)}


async def test_a_store_that_answers_late_is_waited_for(house: House) -> None:
    at: datetime = house.clock.now()
    await house.store.close()
    cache = CacheManager([house.client], clock=house.clock)
    alerting = Alerting(
        cache,
        ProgressTracker(clock=house.clock),
        house.store,
        house.sink,
        clock=house.clock,
        hidden=NOTHING_HIDDEN,
        reserve_bytes=0,
        refresh_interval_s=30,
        history_interval_s=300,
    )
    task = asyncio.create_task(alerting.run())
    await house.clock.advance(120)

    assert not task.done()
    assert house.clock.now() > at
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
