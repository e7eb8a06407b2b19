"""Messages on their way into Discord, over real sockets."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from discarr.core.events import Ending
from discarr.core.store.outbox import PostedMessage
from discarr.monitoring.alerts.content import Content
from discarr.monitoring.alerts.dispatcher import (
    NotNow,
    OutcomeUnknown,
    RouteRefused,
    SinkError,
)
from discarr.monitoring.alerts.routes import ALERTS, LOG, OWNER, Route, RouteKind
from tests.discord_bot.post import MESSAGES, Post, open_post
from tests.discord_bot.ui.notices import (
    FOLLOWER,
    ROLE,
    make_entry,
    make_notice,
    make_outage,
    make_ready,
    make_story,
)
from tests.fakes.clock import START
from tests.fakes.contract import assert_valid_for_discord
from tests.fakes.discord_server.faults import (
    Fault,
    Hang,
    Reset,
    cloudflare_block,
    error,
    rate_limited,
    status,
)

MESSAGE = rf"{MESSAGES}/\d+"
HISTORY = MESSAGES


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    async with open_post() as opened:
        yield opened


async def send(
    post: Post, content: Content | None = None, *, route: Route = ALERTS, row_id: int = 7
) -> PostedMessage:
    return await post.sink.send(route, content or make_notice(), row_id=row_id, nonce=f"e1-{row_id}")


async def test_an_alert_becomes_a_message_in_a_thread_under_the_live_message(post: Post) -> None:
    (live_message_id,) = post.server.world.messages
    await post.tell(make_story(), story="story:12")

    await post.deliver()

    thread_id = post.thread_named("Alerts")
    assert thread_id == live_message_id
    (message,) = post.said_in(thread_id)
    assert message["embeds"][0]["title"] == "✋ Needs a hand"
    (sent,) = post.server.ledger.matching("POST", MESSAGES)
    assert sent.body["enforce_nonce"] is True
    assert sent.body["nonce"].endswith("-1")
    assert sent.body["allowed_mentions"]["parse"] == []
    assert await post.open_rows() == []
    assert_valid_for_discord(post.server.ledger.requests)


async def test_a_story_is_one_message_edited_as_it_goes_on(post: Post) -> None:
    await post.tell(make_story(mention_role_id=ROLE), story="story:12")
    await post.deliver()
    over = make_story(make_entry(ended_at=START, ending=Ending.IMPORTED), mention_role_id=ROLE)
    await post.tell(over, story="story:12")

    await post.deliver()

    (message,) = post.said_in(post.thread_named("Alerts"))
    assert message["embeds"][0]["title"] == "✓ Added to the library"
    (edited,) = post.server.ledger.matching("PATCH", MESSAGE)
    assert edited.body["allowed_mentions"] == {"parse": []}
    assert_valid_for_discord(post.server.ledger.requests)


async def test_who_follows_is_pinged_and_nobody_else(post: Post) -> None:
    await send(post, make_ready())

    (sent,) = post.server.ledger.matching("POST", MESSAGES)
    assert sent.body["allowed_mentions"] == {"parse": [], "users": [FOLLOWER], "roles": []}
    assert sent.body["content"].startswith(f"<@{FOLLOWER}>")
    assert_valid_for_discord(post.server.ledger.requests)


async def test_what_follows_a_story_answers_its_message(post: Post) -> None:
    await post.tell(make_outage(), story="story:13")
    await post.deliver()
    await post.tell(make_outage(is_reminder=True), story="story:13", is_new=True, is_sequel=True)
    await post.deliver()
    over = make_outage(ended_after=timedelta(minutes=14))
    await post.tell(over, story="story:13")
    await post.tell(over, story="story:13", is_new=True, is_sequel=True)

    await post.deliver()

    first, reminder, recovery = post.said_in(post.thread_named("Alerts"))
    assert first["embeds"][0]["title"] == "✓ TV is back"
    assert reminder["embeds"][0]["description"].startswith("⏰ Still so")
    assert recovery["embeds"][0]["description"] == "**✓ TV is back** · after 14 min"
    for answer in (reminder, recovery):
        assert str(answer["message_reference"]["message_id"]) == first["id"]
        assert answer["message_reference"]["fail_if_not_exists"] is False
    assert_valid_for_discord(post.server.ledger.requests)


async def test_what_follows_a_story_says_all_where_its_message_is_not(post: Post) -> None:
    await post.tell(make_outage(), story="story:13")
    await post.deliver()
    (old_thread_id,) = post.server.world.threads
    post.server.threads.archive(old_thread_id, is_locked=True)
    await post.tell_titles("something else")
    await post.deliver()
    over = make_outage(ended_after=timedelta(minutes=14))
    await post.tell(over, story="story:13", is_new=True, is_sequel=True)

    await post.deliver()

    (new_thread_id,) = set(post.server.world.threads) - {old_thread_id}
    recovery = post.said_in(new_thread_id)[-1]
    assert recovery["embeds"][0]["title"] == "✓ TV is back"
    assert "message_reference" not in recovery


async def test_content_that_is_refused_is_said_in_plain_words(post: Post) -> None:
    post.server.faults.add("POST", MESSAGES, error(400, 50035))

    await send(post, make_notice(title="A forbidden word"))

    refused, plain = post.server.ledger.matching("POST", MESSAGES)
    assert refused.body != plain.body
    assert plain.body["content"].startswith("ℹ Server updated")
    assert plain.body["nonce"] == refused.body["nonce"]
    assert "forbidden" not in str(plain.body)
    assert_valid_for_discord(post.server.ledger.requests)


@pytest.mark.parametrize("code", [50035, 200000, 240000])
async def test_content_that_is_refused_in_plain_words_too_is_given_up(post: Post, code: int) -> None:
    post.server.faults.add("POST", MESSAGES, error(400, code), times=2)
    await post.tell(make_notice())

    await post.deliver(times=3, every=timedelta(minutes=10))

    assert len(post.server.ledger.matching("POST", MESSAGES)) == 2
    (dead,) = await post.dead_rows()
    assert dead.error == f"Discord refuses its content (code {code})."


async def test_an_edit_that_is_refused_goes_on_in_plain_words(post: Post) -> None:
    posted = await send(post, make_story())
    post.server.faults.add("PATCH", MESSAGE, error(400, 50035))

    await post.sink.edit(posted, make_story(acknowledged_by=FOLLOWER))

    (message,) = post.said_in(posted.channel_id)
    assert message["content"].startswith("✋ Needs a hand")
    assert message["embeds"] == []
    assert_valid_for_discord(post.server.ledger.requests)


async def test_a_message_that_somebody_deleted_is_left_alone(post: Post) -> None:
    posted = await send(post, make_story())
    del post.server.world.messages[posted.message_id]

    await post.sink.edit(posted, make_story(acknowledged_by=FOLLOWER))

    assert post.said_in(posted.channel_id) == []


async def test_a_message_that_went_with_its_thread_is_left_alone(post: Post) -> None:
    posted = await send(post, make_story())
    post.server.world.threads.clear()

    await post.sink.edit(posted, make_story(acknowledged_by=FOLLOWER))

    assert post.server.ledger.matching("PATCH", MESSAGE)[0].status == 404


async def test_a_message_in_an_archived_thread_is_edited_after_opening_it(post: Post) -> None:
    posted = await send(post, make_story())
    post.server.threads.archive(posted.channel_id)

    await post.sink.edit(posted, make_story(acknowledged_by=FOLLOWER))

    (message,) = post.said_in(posted.channel_id)
    assert f"<@{FOLLOWER}>" in message["embeds"][0]["description"]
    assert_valid_for_discord(post.server.ledger.requests)


async def test_a_message_in_a_locked_thread_cannot_be_edited(post: Post) -> None:
    posted = await send(post, make_story())
    post.server.threads.archive(posted.channel_id, is_locked=True)

    with pytest.raises(RouteRefused, match="locked"):
        await post.sink.edit(posted, make_story())


FAULTS: list[tuple[Fault, type[SinkError]]] = [
    (rate_limited(60), NotNow),
    (rate_limited(60, code=30046), NotNow),
    (error(429, 20016), NotNow),
    (error(400, 40003), NotNow),
    (cloudflare_block(), NotNow),
    (cloudflare_block(403), NotNow),
    (error(403, 40333), NotNow),
    (status(401), NotNow),
    (status(503), OutcomeUnknown),
    (Reset(), OutcomeUnknown),
    (Hang(), OutcomeUnknown),
    (error(403, 50001), RouteRefused),
    (error(403, 50013), RouteRefused),
    (error(403, 50007), RouteRefused),
    (error(403, 99999), RouteRefused),
    (error(404, 10013), RouteRefused),
    (error(404, 0), NotNow),
]


@pytest.mark.parametrize(
    ("fault", "expected"), FAULTS, ids=lambda value: getattr(value, "__name__", repr(value))[:60]
)
async def test_a_send_that_fails_says_what_it_means(
    post: Post, fault: Fault, expected: type[SinkError]
) -> None:
    await send(post)
    post.start(timeout_s=1.0 if isinstance(fault, Hang) else 20.0)
    post.server.faults.add("POST", MESSAGES, fault)

    with pytest.raises(SinkError) as failure:
        await send(post)

    assert type(failure.value) is expected
    assert "HTTP 0" not in failure.value.reason
    assert failure.value.reason.endswith(".")


@pytest.mark.parametrize("fault", [status(503), Reset(), Hang(), rate_limited(60)], ids=repr)
async def test_an_edit_can_always_be_repeated(post: Post, fault: Fault) -> None:
    posted = await send(post, make_story())
    post.start(timeout_s=1.0 if isinstance(fault, Hang) else 20.0)
    post.server.faults.add("PATCH", MESSAGE, fault)

    with pytest.raises(NotNow):
        await post.sink.edit(posted, make_story())
    await post.sink.edit(posted, make_story())


async def test_a_limit_says_how_long(post: Post) -> None:
    await send(post)
    post.server.faults.add("POST", MESSAGES, rate_limited(77))

    with pytest.raises(NotNow) as failure:
        await send(post)

    assert failure.value.retry_after_s == 77


async def test_a_connection_that_is_refused_sent_nothing(post: Post) -> None:
    await send(post)
    post.server.faults.add("POST", MESSAGES, Reset())
    await post.server.refuse()
    with pytest.raises(OutcomeUnknown):
        await send(post)

    with pytest.raises(NotNow):
        await send(post)


async def test_without_a_bot_nothing_is_sent(post: Post) -> None:
    posted = await send(post)
    post.sink.detach(post.client)

    assert not post.sink.ready.is_set()
    with pytest.raises(NotNow):
        await send(post)
    with pytest.raises(NotNow):
        await post.sink.edit(posted, make_notice())


async def test_a_bot_that_was_replaced_takes_nothing_away(post: Post) -> None:
    async with open_post() as other:
        post.sink.detach(other.client)

    assert post.sink.ready.is_set()
    await send(post)


async def test_a_bot_that_closes_meanwhile_leaves_the_outcome_open(post: Post) -> None:
    await send(post)
    await post.client.close()

    with pytest.raises(OutcomeUnknown):
        await send(post)


async def test_a_database_that_does_not_answer_means_later(post: Post) -> None:
    await send(post)
    await post.store.close()

    with pytest.raises(NotNow, match="database"):
        await send(post, make_story())


async def test_a_message_is_found_by_its_row(post: Post) -> None:
    posted = await send(post, make_story(), row_id=7)
    await send(post, make_story(), row_id=70)

    assert await post.sink.find(ALERTS, 7) == posted
    assert await post.sink.find(ALERTS, 8) is None
    post.start()
    assert await post.sink.find(ALERTS, 7) == posted


async def test_messages_of_others_and_of_a_lost_database_are_not_taken_for_it(post: Post) -> None:
    posted = await send(post, make_story(), row_id=7)
    post.server.world.messages[posted.message_id]["author"] = post.server.world.user(5, "somebody")
    assert await post.sink.find(ALERTS, 7) is None

    await send(post, make_story(), row_id=8)
    await post.store.put_meta("notice_mark", "zzzzzz")
    post.start()
    assert await post.sink.find(ALERTS, 8) is None


async def test_in_a_thread_that_is_gone_nothing_is_found(post: Post) -> None:
    await send(post, make_story())
    post.server.world.threads.clear()

    assert await post.sink.find(ALERTS, 7) is None


async def test_a_direct_message_is_found_too(post: Post) -> None:
    route = Route(RouteKind.USER, FOLLOWER)
    posted = await send(post, make_ready(), route=route)

    assert posted.channel_id == post.server.world.conversations[FOLLOWER]
    assert await post.sink.find(route, 7) == posted
    assert_valid_for_discord(post.server.ledger.requests)


@pytest.mark.parametrize("route", [OWNER, LOG])
async def test_the_other_places(post: Post, route: Route) -> None:
    posted = await send(post, route=route)

    assert posted.channel_id == await post.sink.channel_of(route)
    assert post.titles_in(posted.channel_id) == ["Movies was updated"]
    assert_valid_for_discord(post.server.ledger.requests)
