import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest

from discarr.core.events import EventKind, Work
from discarr.core.store import outbox
from discarr.core.store.outbox import Outgoing
from discarr.monitoring.alerts.content import (
    OverflowContent,
    ReadyContent,
    encode,
)
from discarr.monitoring.alerts.dispatcher import (
    OVERFLOW_AT,
    ContentRefused,
    NotNow,
    OutcomeUnknown,
    RouteRefused,
    SinkError,
)
from discarr.monitoring.alerts.routes import ALERTS
from tests.fakes.clock import START
from tests.monitoring.alerts.post import Post, notice, story

LONG_S = 45.0
"""As long as a request can hang, and a route waits at most."""


async def test_what_is_due_is_sent_once_and_in_order(post: Post) -> None:
    for number in range(5):
        await post.put(f"n{number}", notice(str(number)), is_new=True)

    await post.dispatcher.deliver()
    await post.dispatcher.deliver()

    assert post.texts == ["0", "1", "2", "3", "4"]
    assert await post.waiting() == 0


async def test_what_is_not_due_waits(post: Post) -> None:
    await post.put("n", notice(), not_before=START + timedelta(hours=1))

    await post.dispatcher.deliver()
    assert post.texts == []
    await post.clock.advance(3600)
    await post.dispatcher.deliver()
    assert len(post.texts) == 1


async def test_a_story_goes_on_in_its_message(post: Post) -> None:
    await post.put("story:1", notice("began"))
    await post.dispatcher.deliver()
    await post.put("story:1", notice("over"))
    await post.dispatcher.deliver()

    (message,) = post.sink.messages.values()
    assert message.contents == [notice("began"), notice("over")]


async def test_a_story_has_a_message_on_each_of_its_routes(post: Post) -> None:
    await post.put("story:1", notice("began"))
    await post.put("story:1", notice("began"), route="owner")
    await post.dispatcher.deliver()
    await post.put("story:1", notice("over"), route="owner")
    await post.dispatcher.deliver()

    said = {str(message.route): len(message.contents) for message in post.sink.messages.values()}
    assert said == {"alerts": 1, "owner": 2}


async def test_a_failing_route_holds_up_its_own_messages_only_and_keeps_their_order(post: Post) -> None:
    await post.put("a", notice("first"), is_new=True)
    await post.put("b", notice("second"), is_new=True)
    await post.put("c", notice("elsewhere"), route="owner", is_new=True)
    post.sink.refusals["alerts"] = NotNow("Discord is away.")

    await post.dispatcher.deliver()
    assert post.texts == ["elsewhere"]
    assert post.dispatcher.is_held_up

    post.sink.refusals.clear()
    await post.clock.advance(2)
    await post.dispatcher.deliver()
    assert post.texts == ["elsewhere", "first", "second"]
    assert not post.dispatcher.is_held_up


async def test_pauses_grow_but_never_long(post: Post) -> None:
    await post.put("a", notice())
    post.sink.refusals["alerts"] = NotNow("Discord is away.")
    tried_at: list[float] = []
    for _ in range(3600):
        asked = post.sink.calls.count("channel alerts")
        await post.dispatcher.deliver()
        if post.sink.calls.count("channel alerts") > asked:
            tried_at.append(post.clock.monotonic())
        await post.clock.advance(1)

    pauses = [after - before for before, after in pairwise(tried_at)]
    assert pauses[0] <= 2
    assert max(pauses) <= 46
    assert min(pauses[8:]) >= 22
    assert await post.waiting() == 1


async def test_discord_says_how_long_to_wait(post: Post) -> None:
    await post.put("a", notice())
    post.sink.faults = [NotNow("Too many.", retry_after_s=120)]
    await post.dispatcher.deliver()

    await post.clock.advance(119)
    await post.dispatcher.deliver()
    assert post.texts == []
    await post.clock.advance(1)
    await post.dispatcher.deliver()
    assert len(post.texts) == 1


async def test_an_unknown_outcome_is_repeated_under_the_same_nonce(post: Post) -> None:
    await post.put("a", notice())
    post.sink.faults = [OutcomeUnknown("No answer.")]
    await post.dispatcher.deliver()
    await post.clock.advance(5)
    await post.dispatcher.deliver()

    assert len(post.sink.messages) == 1
    assert [call for call in post.sink.calls if call.startswith("find")] == []
    assert await post.waiting() == 0


async def test_after_the_nonces_window_the_message_is_looked_for_before(post: Post) -> None:
    await post.put("a", notice())
    post.sink.faults = [OutcomeUnknown("No answer.", retry_after_s=200)]
    await post.dispatcher.deliver()
    post.sink.knows_nonces = False
    await post.clock.advance(200)
    await post.dispatcher.deliver()

    assert len(post.sink.messages) == 1
    assert post.sink.calls[-1] == "find 1"
    assert await post.waiting() == 0


async def test_what_was_certainly_not_sent_is_not_looked_for(post: Post) -> None:
    await post.put("a", notice())
    post.sink.faults = [NotNow("Away.", retry_after_s=500)]
    await post.dispatcher.deliver()
    await post.clock.advance(500)
    await post.dispatcher.deliver()

    assert [call for call in post.sink.calls if "channel" not in call] == ["send alerts 1"] * 2


async def test_a_process_that_died_while_sending_sends_no_second_message(post: Post) -> None:
    await post.put("a", notice())
    post.sink.hung = asyncio.Event()
    sending = asyncio.create_task(post.dispatcher.deliver())
    await post.clock.settle()
    sending.cancel()  # the message is on its way
    await asyncio.gather(sending, return_exceptions=True)
    post.sink.hung = None
    # Discord had taken it all the same.
    nonce = f"{await post.store.get_meta('epoch')}-1"
    await post.sink.send(ALERTS, notice(), row_id=1, nonce=nonce)

    await post.restart()
    await post.dispatcher.deliver()

    assert len(post.sink.messages) == 1


@pytest.mark.parametrize(
    "fault",
    [NotNow("Away."), OutcomeUnknown("No answer."), RouteRefused("No thread."), ContentRefused("No.")],
)
async def test_a_reminder_that_fails_while_its_story_ends_is_not_told_after_it(
    post: Post, fault: SinkError
) -> None:
    await post.put("story:1", notice("began"))
    await post.dispatcher.deliver()
    await post.put("story:1", notice("still"), is_new=True, is_sequel=True)
    post.sink.hung = asyncio.Event()
    post.sink.faults = [fault]
    delivering = asyncio.create_task(post.dispatcher.deliver())
    await until_called(post, "send alerts 2", 1)
    await post.put("story:1", notice("over"), is_settled=True)
    post.sink.hung.set()
    await delivering
    post.sink.hung = None

    await post.clock.advance(60)
    await post.dispatcher.deliver()

    assert [call for call in post.sink.calls if call.startswith(("send", "edit"))] == [
        "send alerts 1",
        "send alerts 2",
        "edit 1",
    ]
    assert (await post.waiting(), post.dispatcher.dead_count) == (0, 0)


async def test_what_a_place_refuses_for_good_goes_another_way(post: Post) -> None:
    await post.put("story:1", notice("began"))
    post.sink.refusals["alerts"] = RouteRefused("Discarr may not write in threads.")

    await post.dispatcher.deliver()
    await post.dispatcher.deliver()

    (message,) = post.sink.messages.values()
    assert str(message.route) == "owner"
    assert post.dispatcher.dead_count == 0


async def test_what_can_go_nowhere_is_kept_and_counted(post: Post) -> None:
    await post.put("story:1", notice())
    for route in ("alerts", "owner"):
        post.sink.refusals[route] = RouteRefused("No.")

    for _ in range(4):
        await post.dispatcher.deliver()

    assert post.dispatcher.dead_count == 1
    (dead,) = await post.store.run(lambda connection: outbox.dead(connection, limit=9))
    assert (dead.error, dead.tried) == ("No.", ("alerts",))

    await post.restart()
    assert post.dispatcher.dead_count == 1


async def test_what_is_for_one_person_goes_to_nobody_else(post: Post) -> None:
    await post.put("ready", notice(), route="user:5", is_new=True)
    post.sink.refusals["user:5"] = RouteRefused("They take no messages.")

    await post.dispatcher.deliver()

    assert post.sink.messages == {}
    assert post.dispatcher.dead_count == 1


async def test_refused_content_is_not_tried_again_and_holds_up_nothing(post: Post) -> None:
    await post.put("a", notice("bad"), is_new=True)
    await post.put("b", notice("good"), is_new=True)
    post.sink.faults = [ContentRefused("Discord refuses it.")]

    await post.dispatcher.deliver()

    assert post.texts == ["good"]
    assert post.dispatcher.dead_count == 1


@pytest.mark.parametrize(
    ("route", "content"), [("nowhere", encode(notice())), ("alerts", b"{}"), ("alerts", b"\xff")]
)
async def test_what_another_version_wrote_is_kept_for_people(post: Post, route: str, content: bytes) -> None:
    message = Outgoing(story="x", route=route, content=content, not_before=START)
    await post.store.run(lambda connection: outbox.enqueue(connection, [message], now=START))
    await post.put("b", notice("good"), is_new=True)

    for _ in range(4):
        await post.dispatcher.deliver()

    assert "good" in post.texts
    assert post.dispatcher.dead_count == (0 if route == "nowhere" else 1)


async def test_an_attempt_that_hung_is_repeated_at_once(post: Post) -> None:
    post.sink.faults = [NotNow("away")] * 8
    await post.put("n", notice(), is_new=True)
    for _ in range(7):
        await post.dispatcher.deliver()
        await post.clock.advance(LONG_S)
    post.sink.hung = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(post.dispatcher.deliver())
        await until_called(post, "send alerts 1", 8)
        await post.clock.advance(LONG_S)
        post.sink.hung.set()

    await post.clock.advance(1)
    await post.dispatcher.deliver()

    assert post.texts == ["A word"]


async def test_too_many_stories_at_once_become_one_message(post: Post) -> None:
    for number in range(OVERFLOW_AT + 5):
        await post.put(f"story:{number}", story(number))
    await post.put(
        "ready",
        ReadyContent(work=Work(title="Dune"), instance_name="Movies", user_ids=(7,), at=START),
        is_new=True,
    )

    await post.dispatcher.deliver()
    await post.dispatcher.deliver()

    contents = [message.contents[0] for message in post.sink.messages.values()]
    assert len(contents) == 2
    overflow = next(content for content in contents if isinstance(content, OverflowContent))
    assert overflow.counts == {EventKind.NEEDS_HAND: 2 * (OVERFLOW_AT + 5)}
    assert any(isinstance(content, ReadyContent) for content in contents)


async def test_a_story_that_was_only_counted_is_not_told_later_either(post: Post) -> None:
    for number in range(OVERFLOW_AT + 1):
        await post.put(f"story:{number}", story(number))
    await post.dispatcher.deliver()
    await post.dispatcher.deliver()
    for number in range(OVERFLOW_AT + 1):
        await post.put(f"story:{number}", story(number))

    await post.dispatcher.deliver()

    assert len(post.sink.messages) == 1
    assert await post.waiting() == 0


async def until_called(post: Post, call: str, count: int) -> None:
    async with asyncio.timeout(5):
        while post.sink.calls.count(call) < count:  # noqa: ASYNC110 - the sink has no event for it
            await asyncio.sleep(0)


async def test_however_much_waits_for_one_route_the_others_go_on(post: Post) -> None:
    post.sink.refusals["alerts"] = NotNow("locked out", retry_after_s=3600)
    for number in range(300):
        await post.put(f"n{number}", notice(str(number)), is_new=True)
    await post.put("other", notice("other"), is_new=True, route="log")

    await post.dispatcher.deliver()
    await post.dispatcher.deliver()

    assert post.texts == ["other"]
