"""No channel gets more messages than it bears, whatever happens and however often Discarr is restarted."""

from discarr.monitoring.alerts.brake import MAX_MESSAGES, MESSAGES_WINDOW_S
from discarr.monitoring.alerts.dispatcher import (
    NotNow,
    OutcomeUnknown,
)
from tests.monitoring.alerts.post import Post, notice, story


async def test_a_channel_gets_no_more_than_its_share_whatever_happens(post: Post) -> None:
    for number in range(3 * MAX_MESSAGES):
        await post.put(f"n{number}", notice(str(number)), is_new=True)

    sent_after = []
    for _ in range(4):
        for _ in range(60):
            await post.dispatcher.deliver()
            await post.clock.advance(MESSAGES_WINDOW_S / 60)
        sent_after.append(len(post.sink.messages))

    assert sent_after[0] <= MAX_MESSAGES + 1
    assert sent_after[-1] == 3 * MAX_MESSAGES
    assert post.texts == [str(number) for number in range(3 * MAX_MESSAGES)]


async def test_a_restart_does_not_let_go_of_the_brake(post: Post) -> None:
    for number in range(2 * MAX_MESSAGES):
        await post.put(f"n{number}", notice(str(number)), is_new=True)
    await post.dispatcher.deliver()

    await post.restart()
    await post.dispatcher.deliver()
    sent_at_once = len(post.sink.messages)
    await post.restart()
    await post.clock.advance(MESSAGES_WINDOW_S + 1)
    await post.dispatcher.deliver()

    assert sent_at_once == MAX_MESSAGES
    assert len(post.sink.messages) == 2 * MAX_MESSAGES


async def test_after_a_restart_routes_share_the_brake_of_their_channel_as_before(post: Post) -> None:
    post.sink.places = {f"channel:{number}": 5 for number in range(1, 5)}
    for number in range(MAX_MESSAGES):
        await post.put(f"n{number}", notice(), is_new=True, route=f"channel:{1 + number % 4}")
    await post.dispatcher.deliver()

    await post.restart()
    await post.put("n", notice("here"), is_new=True, route="channel:1")
    await post.put("n", notice("elsewhere"), is_new=True, route="channel:6")
    await post.dispatcher.deliver()

    assert "here" not in post.texts
    assert "elsewhere" in post.texts


async def test_a_route_that_leads_nowhere_counts_for_every_channel_after_a_restart(post: Post) -> None:
    for number in range(MAX_MESSAGES):
        await post.put(f"n{number}", notice(), is_new=True, route="log")
    await post.dispatcher.deliver()
    post.sink.refusals["log"] = NotNow("away")

    await post.restart()
    await post.put("n", notice("here"), is_new=True)
    await post.dispatcher.deliver()
    told_at_once = "here" in post.texts
    await post.clock.advance(MESSAGES_WINDOW_S + 1)
    await post.dispatcher.deliver()

    assert not told_at_once
    assert "here" in post.texts


async def test_edits_before_a_restart_are_no_messages(post: Post) -> None:
    for _ in range(2 * MAX_MESSAGES):
        await post.put("story:1", story())
        await post.dispatcher.deliver()
        await post.clock.advance(1)

    await post.restart()
    await post.put("n", notice(), is_new=True)
    await post.dispatcher.deliver()

    assert post.texts == ["A word"]


async def test_routes_that_lead_to_one_channel_share_its_brake(post: Post) -> None:
    post.sink.places = {f"channel:{number}": 5 for number in range(1, 5)}
    for number in range(2 * MAX_MESSAGES):
        await post.put(f"n{number}", notice(), is_new=True, route=f"channel:{1 + number % 4}")

    await post.dispatcher.deliver()

    assert len(post.sink.messages) == MAX_MESSAGES


async def test_a_message_that_may_have_been_sent_counts_for_the_brake(post: Post) -> None:
    post.sink.knows_nonces = False
    post.sink.faults = [OutcomeUnknown("lost") for _ in range(2 * MAX_MESSAGES)]
    await post.put("n", notice(), is_new=True)

    for _ in range(2 * MAX_MESSAGES):
        await post.dispatcher.deliver()
        post.dispatcher._pauses.clear()

    assert len(post.sink.messages) == MAX_MESSAGES


async def test_what_was_not_sent_does_not_count_for_the_brake(post: Post) -> None:
    post.sink.faults = [NotNow("away") for _ in range(2 * MAX_MESSAGES)]
    await post.put("n", notice(), is_new=True)

    for _ in range(2 * MAX_MESSAGES + 1):
        await post.dispatcher.deliver()
        await post.clock.advance(1)
        post.dispatcher._pauses.clear()

    assert post.texts == ["A word"]
