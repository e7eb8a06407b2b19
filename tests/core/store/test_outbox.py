from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from discarr.core.store import Connection, Store, outbox
from discarr.core.store.outbox import OutboxRow, Outgoing, PostedMessage
from tests.fakes.clock import START, FakeClock

LATER = START + timedelta(hours=1)


def message(story: str = "story:1", route: str = "alerts", **overrides: Any) -> Outgoing:
    values: dict[str, Any] = {"story": story, "route": route, "content": b"first", "not_before": START}
    return Outgoing(**(values | overrides))


class Box:
    """An outbox in memory."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def run[T](self, work: Callable[[Connection], T]) -> T:
        return await self._store.run(work)

    async def put(self, *messages: Outgoing, now: datetime = START) -> None:
        await self.run(lambda connection: outbox.enqueue(connection, messages, now=now))

    async def due(self, now: datetime = START) -> list[OutboxRow]:
        return await self.run(lambda connection: outbox.due(connection, now, limit=100))

    async def claim(self, row_id: int, now: datetime = START) -> OutboxRow:
        row = await self.run(lambda connection: outbox.claim(connection, row_id, now=now))
        assert row is not None
        return row

    async def send(self, message_id: int = 1000, now: datetime = START) -> OutboxRow:
        """Send the first message that is due."""
        row = await self.claim((await self.due(now))[0].id, now)
        posted = PostedMessage(channel_id=5, message_id=message_id)
        await self.run(lambda connection: outbox.mark_sent(connection, row, posted, now=now))
        return row

    async def posted(self, story: str = "story:1", route: str = "alerts") -> PostedMessage | None:
        return await self.run(lambda connection: outbox.find_posted(connection, story, route))


@pytest.fixture
async def box() -> AsyncIterator[Box]:
    store = await Store.in_memory(clock=FakeClock())
    yield Box(store)
    await store.close()


async def test_messages_are_due_in_the_order_they_were_put_in(box: Box) -> None:
    await box.put(message("a"), message("b", not_before=LATER), message("c"))

    assert [row.story for row in await box.due()] == ["a", "c"]
    assert [row.story for row in await box.due(LATER)] == ["a", "b", "c"]


async def test_a_story_that_still_waits_is_said_as_it_is_now_in_its_old_place(box: Box) -> None:
    await box.put(message("a"), message("b"))
    await box.put(message("a", content=b"second"))

    assert [(row.story, row.content) for row in await box.due()] == [("a", b"second"), ("b", b"first")]


async def test_the_earliest_time_counts(box: Box) -> None:
    await box.put(message(not_before=LATER))
    await box.put(message(not_before=START))
    await box.put(message(not_before=LATER))

    assert len(await box.due()) == 1


async def test_each_route_has_its_own(box: Box) -> None:
    await box.put(message(route="alerts"), message(route="owner"))
    await box.put(message(route="owner", content=b"second"))

    assert {(row.route, row.content) for row in await box.due()} == {
        ("alerts", b"first"),
        ("owner", b"second"),
    }


async def test_what_is_new_in_any_case_replaces_nothing(box: Box) -> None:
    await box.put(message(), message(is_new=True), message(is_new=True))

    assert len(await box.due()) == 3


async def test_sequels_that_wait_become_the_last_of_them(box: Box) -> None:
    await box.put(message("ready", is_new=True))
    await box.put(message())
    for _ in range(2):
        await box.send()
    sequel = message(is_new=True, is_sequel=True)
    await box.put(sequel, message("ready", is_new=True))
    await box.put(replace(sequel, content=b"second"), message("ready", is_new=True))
    await box.put(replace(sequel, content=b"last"))

    assert [(row.story, row.content) for row in await box.due()] == [
        ("story:1", b"last"),
        ("ready", b"first"),
        ("ready", b"first"),
    ]


async def test_nobody_is_reminded_of_what_is_settled(box: Box) -> None:
    await box.put(message(), message("story:2"))
    for _ in range(2):
        await box.send()
    reminder = message(content=b"reminder", is_new=True, is_sequel=True)
    await box.put(reminder, replace(reminder, story="story:2"), replace(reminder, route="owner"))

    over = message(content=b"over", is_settled=True)
    await box.put(over, replace(over, content=b"over at last", is_new=True, is_sequel=True))

    assert [(row.story, row.content) for row in await box.due()] == [
        ("story:2", b"reminder"),
        ("story:1", b"over"),
        ("story:1", b"over at last"),
    ]


async def test_a_settled_story_takes_back_its_reminders_by_whatever_route(box: Box) -> None:
    reminder = await sending_a_reminder(box)
    await box.run(lambda connection: outbox.reroute(connection, reminder, "owner", error="no thread"))

    await box.put(message(content=b"over", is_settled=True))

    assert [(row.route, row.content) for row in await box.due()] == [("alerts", b"over")]


async def sending_a_reminder(box: Box) -> OutboxRow:
    """Return a reminder of a story that was told, while it is on its way."""
    await box.put(message())
    await box.send()
    await box.put(message(content=b"reminder", is_new=True, is_sequel=True))
    return await box.claim(2)


def put_back(row: OutboxRow, *, is_certain: bool) -> Callable[[Connection], None]:
    return lambda connection: outbox.put_back(
        connection, row.id, error="away", was_certainly_not_sent=is_certain
    )


@pytest.mark.parametrize(
    "fail",
    [
        lambda row: put_back(row, is_certain=False),
        lambda row: put_back(row, is_certain=True),
        lambda row: lambda connection: outbox.reroute(connection, row, "owner", error="no thread"),
        lambda row: lambda connection: outbox.mark_dead(connection, row.id, error="closed", now=START),
    ],
    ids=["in doubt", "not sent", "rerouted", "refused"],
)
@pytest.mark.parametrize("is_early", [True, False], ids=["failed before", "failed after"])
async def test_a_reminder_that_failed_is_not_tried_again_once_its_story_is_settled(
    box: Box, fail: Callable[[OutboxRow], Callable[[Connection], object]], is_early: bool
) -> None:
    reminder = await sending_a_reminder(box)
    over = message(content=b"over", is_settled=True)
    end = replace(over, content=b"over at last", is_new=True, is_sequel=True, is_settled=False)

    for step in (fail(reminder), None) if is_early else (None, fail(reminder)):
        if step is None:
            await box.put(over, end)
        else:
            await box.run(step)

    assert [(row.route, row.content) for row in await box.due(LATER)] == [
        ("alerts", b"over"),
        ("alerts", b"over at last"),
    ]


async def test_a_reminder_that_arrives_while_its_story_ends_is_sent(box: Box) -> None:
    reminder = await sending_a_reminder(box)
    await box.put(message(content=b"over", is_settled=True))
    doubtful = await box.run(lambda connection: outbox.sent_since(connection, START - timedelta(hours=1)))

    await box.run(lambda connection: outbox.mark_sent(connection, reminder, None, now=LATER))

    sent = await box.run(lambda connection: outbox.sent_since(connection, START - timedelta(hours=1)))
    assert doubtful == {"alerts": [START, START]}
    assert sent == {"alerts": [START, LATER]}


async def test_a_sequel_that_is_being_sent_is_not_changed_under_way(box: Box) -> None:
    await box.put(message())
    await box.send()
    sequel = message(is_new=True, is_sequel=True)
    await box.put(sequel)
    await box.claim(2)
    await box.put(replace(sequel, content=b"last"))

    assert [row.content for row in await box.due()] == [b"first", b"last"]


async def test_what_is_being_sent_is_not_changed_under_way(box: Box) -> None:
    await box.put(message())
    claimed = await box.claim(1)
    await box.put(message(content=b"second"))

    assert claimed.content == b"first"
    assert [(row.state, row.content) for row in await box.due()] == [
        ("sending", b"first"),
        ("pending", b"second"),
    ]


async def test_a_sent_message_is_known_by_its_story(box: Box) -> None:
    await box.put(message())
    assert await box.posted() is None

    await box.send(message_id=77)

    assert await box.posted() == PostedMessage(channel_id=5, message_id=77)
    assert await box.posted(route="owner") is None
    assert await box.due(LATER) == []


async def test_a_message_of_its_own_does_not_become_the_storys(box: Box) -> None:
    await box.put(message())
    await box.send(message_id=77)
    await box.put(message(is_new=True))
    await box.send(message_id=78)

    assert await box.posted() == PostedMessage(channel_id=5, message_id=77)


async def test_a_sequel_is_only_for_those_who_read_the_story(box: Box) -> None:
    await box.put(message(), message(is_new=True, is_sequel=True))
    assert len(await box.due()) == 1

    await box.send()
    await box.put(message(is_new=True, is_sequel=True), message(route="owner", is_new=True, is_sequel=True))
    assert [row.route for row in await box.due()] == ["alerts"]


async def test_what_nobody_heard_of_can_be_withdrawn(box: Box) -> None:
    await box.put(message("a"), message("a", route="owner"), message("b"))
    await box.claim(1)
    await box.run(
        lambda connection: outbox.put_back(connection, 1, error="away", was_certainly_not_sent=True)
    )

    await box.run(lambda connection: outbox.withdraw(connection, ["a"]))

    # what was tried once may have been read by somebody
    assert [(row.story, row.route) for row in await box.due()] == [("a", "alerts"), ("b", "alerts")]


async def test_a_withdrawn_message_cannot_be_claimed(box: Box) -> None:
    await box.put(message())
    await box.run(lambda connection: outbox.withdraw(connection, ["story:1"]))

    assert await box.run(lambda connection: outbox.claim(connection, 1, now=START)) is None


async def test_attempts_are_counted_and_the_first_is_remembered(box: Box) -> None:
    await box.put(message())
    first = await box.claim(1)
    await box.run(lambda connection: outbox.put_back(connection, 1, error="?", was_certainly_not_sent=False))
    second = await box.claim(1, LATER)

    assert (first.attempts, second.attempts) == (1, 2)
    assert second.first_attempt_at == START
    assert second.error == "?"


async def test_what_was_certainly_not_sent_begins_anew(box: Box) -> None:
    await box.put(message())
    await box.claim(1)
    await box.run(
        lambda connection: outbox.put_back(connection, 1, error="away", was_certainly_not_sent=True)
    )

    (row,) = await box.due()
    assert (row.state, row.first_attempt_at, row.attempts) == ("pending", None, 1)


async def test_another_route_is_remembered_with_those_that_refused(box: Box) -> None:
    await box.put(message())
    row = await box.claim(1)
    await box.run(lambda connection: outbox.reroute(connection, row, "owner", error="no thread"))

    (row,) = await box.due()
    assert (row.route, row.tried, row.state) == ("owner", ("alerts",), "pending")


async def test_the_dead_are_listed_and_can_be_tried_again_by_their_first_route(box: Box) -> None:
    await box.put(message(), message("b"))
    row = await box.claim(1)
    await box.run(lambda connection: outbox.reroute(connection, row, "owner", error="no thread"))
    await box.run(lambda connection: outbox.mark_dead(connection, 1, error="closed", now=START))
    dead = await box.run(lambda connection: outbox.dead(connection, limit=10))
    assert [(row.id, row.error) for row in dead] == [(1, "closed")]
    assert [row.id for row in await box.due()] == [2]

    revived = await box.run(lambda connection: outbox.revive(connection, [1, 2, 99], now=LATER))

    assert revived == 1
    assert [(row.id, row.route, row.tried) for row in await box.due(LATER)] == [
        (1, "alerts", ()),
        (2, "alerts", ()),
    ]


async def test_one_message_can_stand_for_many(box: Box) -> None:
    await box.put(*(message(f"story:{number}") for number in range(5)))
    rows = await box.due()
    told = PostedMessage(channel_id=0, message_id=0)
    await box.run(
        lambda connection: outbox.merge(connection, rows[:4], message("overflow"), told=told, now=START)
    )

    assert [row.story for row in await box.due()] == ["story:4", "overflow"]
    assert await box.posted("story:0") == told
    assert await box.posted("story:4") is None


async def test_counts_tell_how_it_is_doing(box: Box) -> None:
    await box.put(message("a"), message("b", not_before=LATER), message("c"), message("d"))
    await box.send()
    await box.run(lambda connection: outbox.mark_dead(connection, 3, error="x", now=START))
    counts = await box.run(lambda connection: outbox.count(connection, START))

    assert (counts.waiting, counts.scheduled, counts.dead, counts.oldest_due) == (1, 1, 1, START)
    assert await box.run(outbox.next_due) == START


async def test_an_empty_outbox_is_due_never(box: Box) -> None:
    counts = await box.run(lambda connection: outbox.count(connection, START))
    assert (counts.waiting, counts.scheduled, counts.dead, counts.oldest_due) == (0, 0, 0, None)
    assert await box.run(outbox.next_due) is None


async def test_old_messages_are_forgotten_and_waiting_ones_never(box: Box) -> None:
    await box.put(message("sent"), message("dead"), message("waiting"))
    await box.send()
    await box.run(lambda connection: outbox.mark_dead(connection, 2, error="x", now=START))

    async def left(days: int) -> tuple[int, int, bool]:
        now = START + timedelta(days=days)
        await box.run(lambda connection: outbox.prune(connection, now))
        rows = await box.run(lambda connection: connection.execute("SELECT count(*) FROM outbox").fetchone())
        counts = await box.run(lambda connection: outbox.count(connection, now))
        return rows[0], counts.dead, await box.posted("sent") is not None

    assert await left(6) == (3, 1, True)
    assert await left(8) == (2, 1, True)
    assert await left(31) == (1, 0, False)
    assert await left(1000) == (1, 0, False)
