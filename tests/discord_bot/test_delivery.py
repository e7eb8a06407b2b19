"""Dispatcher, sink and database together, against a Discord that misbehaves on real sockets."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from discarr.monitoring.alerts.routes import LOG, OWNER, Route, RouteKind
from tests.discord_bot.post import MESSAGES, THREADS, Post, open_post
from tests.discord_bot.test_places import let_everyone, without
from tests.discord_bot.ui.notices import FOLLOWER, make_outage, make_ready
from tests.fakes.contract import assert_valid_for_discord
from tests.fakes.discord_server import until
from tests.fakes.discord_server.faults import Hang, Reset, cloudflare_block, error, rate_limited, status
from tests.fakes.discord_server.world import EVERYTHING_NEEDED

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    async with open_post() as opened:
        yield opened


async def test_an_answer_that_is_lost_makes_one_message(post: Post) -> None:
    post.server.faults.add("POST", MESSAGES, Reset(is_done_first=True), times=3)
    await post.tell_titles("once")

    await post.deliver(times=5, every=timedelta(seconds=25))

    assert post.titles_in(post.thread_named("Alerts")) == ["once"]
    assert len(post.server.ledger.matching("POST", MESSAGES)) == 4
    assert await post.open_rows() == []
    assert_valid_for_discord(post.server.ledger.requests)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_many_lost_answers_lose_and_repeat_nothing_and_keep_the_order(post: Post, seed: int) -> None:
    titles = [f"number {number}" for number in range(25)]
    chance = random.Random(seed)  # noqa: S311 - it only picks faults
    await post.tell_titles(*titles)
    for _ in titles:
        fault = chance.choice([Reset(is_done_first=True), Reset(), status(503), None])
        if fault is not None:
            post.server.faults.add("POST", MESSAGES, fault)

    await post.deliver(times=60, every=timedelta(seconds=40))

    assert post.titles_in(post.thread_named("Alerts")) == titles
    assert await post.open_rows() == []


async def test_a_message_that_was_sent_long_ago_is_found_and_not_repeated(post: Post) -> None:
    post.server.faults.add("POST", MESSAGES, Reset(is_done_first=True))
    await post.tell_titles("once")
    await post.deliver()
    await post.clock.advance(3600)
    for message in post.server.world.messages.values():
        message.pop("nonce", None)  # Discord has forgotten it by now

    await post.deliver()

    assert post.titles_in(post.thread_named("Alerts")) == ["once"]
    assert len(post.server.ledger.matching("POST", MESSAGES)) == 1
    assert await post.open_rows() == []


@pytest.mark.parametrize("trouble", ["a limit", "no bot"])
async def test_what_may_have_been_sent_stays_in_doubt_whatever_comes_between(
    post: Post, trouble: str
) -> None:
    post.server.faults.add("POST", MESSAGES, Reset(is_done_first=True))
    await post.tell_titles("once")
    await post.deliver(every=MINUTE)
    if trouble == "a limit":
        post.server.faults.add("POST", MESSAGES, rate_limited(40))
        await post.deliver(every=MINUTE)
    else:
        post.sink.detach(post.client)
        await post.deliver(every=MINUTE)
        post.sink.attach(post.client, post.home)
    await post.clock.advance(3600)
    for message in post.server.world.messages.values():
        message.pop("nonce", None)  # Discord has forgotten it by now

    await post.deliver()

    assert post.titles_in(post.thread_named("Alerts")) == ["once"]
    assert await post.open_rows() == []


async def test_a_process_that_ends_in_the_middle_leaves_one_message(post: Post) -> None:
    post.server.faults.add("POST", MESSAGES, Hang())
    await post.tell_titles("once", "twice")
    delivering = asyncio.create_task(post.dispatcher.deliver())
    await until(lambda: post.server.ledger.matching("POST", MESSAGES))
    delivering.cancel()
    await asyncio.wait([delivering])
    post.start()
    await post.dispatcher.load()

    await post.deliver()

    assert post.titles_in(post.thread_named("Alerts")) == ["once", "twice"]


async def test_what_waited_while_discord_was_away_comes_in_order(post: Post) -> None:
    await post.tell_titles("before")
    await post.deliver()
    await post.server.refuse()
    post.server.faults.add("POST", MESSAGES, Reset(), times=1)
    for number in range(5):
        await post.tell_titles(f"meanwhile {number}")
        await post.deliver(every=6 * MINUTE)
    assert post.titles_in(post.thread_named("Alerts")) == ["before"]
    await post.server.listen()

    await post.deliver(times=2, every=MINUTE)

    assert post.titles_in(post.thread_named("Alerts")) == [
        "before",
        *(f"meanwhile {number}" for number in range(5)),
    ]
    assert await post.open_rows() == []


async def test_after_half_an_hour_away_everything_is_told_within_a_minute(post: Post) -> None:
    await post.tell_titles("before", route=OWNER)
    await post.deliver()
    await post.server.refuse()
    post.server.faults.add("POST", MESSAGES, Reset())
    await post.tell_titles("one", "two", route=OWNER)
    running = asyncio.create_task(post.dispatcher.run())
    await pass_time(post, 120)
    post.sink.detach(post.client)  # the gateway is gone as well, and that is noticed
    await post.tell_titles("three", route=OWNER)
    await pass_time(post, 1680)
    await post.server.listen()
    post.sink.attach(post.client, post.home)

    await pass_time(post, 60)

    # The clock stands still now: what comes yet had only to wait for the sockets.
    await until(lambda: post.titles_in(post.owner_channel_id) == ["before", "one", "two", "three"])
    running.cancel()
    await asyncio.wait([running])


async def pass_time(post: Post, seconds: int) -> None:
    """Let time pass in steps, with a moment of real time for the sockets in each."""
    for _ in range(0, seconds, 20):
        await post.clock.advance(20)
        await asyncio.sleep(0.005)


async def test_a_long_limit_is_waited_out(post: Post) -> None:
    post.server.faults.add("POST", MESSAGES, rate_limited(120))
    await post.tell_titles("patient")

    await post.deliver(times=3, every=timedelta(seconds=30))
    assert len(post.server.ledger.matching("POST", MESSAGES)) == 1
    await post.deliver(times=3, every=timedelta(seconds=30))

    assert post.titles_in(post.thread_named("Alerts")) == ["patient"]


@pytest.mark.parametrize("missing", ["create_public_threads", "send_messages_in_threads"])
async def test_what_the_thread_refuses_goes_to_the_owner(post: Post, missing: str) -> None:
    await let_everyone(post, without(**{missing: True}))
    await post.tell_titles("important")

    await post.deliver(times=2)

    assert post.titles_in(post.owner_channel_id) == ["important"]
    assert post.server.ledger.matching("POST", THREADS) == []
    await let_everyone(post, EVERYTHING_NEEDED)
    await post.tell_titles("afterwards")
    await post.deliver()
    assert post.titles_in(post.thread_named("Alerts")) == ["afterwards"]


async def test_the_story_of_an_outage_goes_on_where_it_was_told(post: Post) -> None:
    await let_everyone(post, without(create_public_threads=True))
    await post.tell(make_outage(), story="story:13")
    await post.deliver(times=2)
    (message,) = post.said_in(post.owner_channel_id)
    assert message["embeds"][0]["title"] == "✗ TV is offline"

    await post.tell(make_outage(ended_after=MINUTE), story="story:13")
    await post.deliver(times=2)

    (message,) = post.said_in(post.owner_channel_id)
    assert message["embeds"][0]["title"] == "✓ TV is back"


async def test_a_channel_that_is_gone_gives_way_to_the_thread(post: Post) -> None:
    await post.tell_titles("moved", route=Route(RouteKind.CHANNEL, 5))

    await post.deliver(times=2)

    assert post.titles_in(post.thread_named("Alerts")) == ["moved"]


async def test_an_owner_who_takes_no_messages_is_told_in_the_thread(post: Post) -> None:
    post.server.faults.add("POST", MESSAGES, error(403, 50007))
    await post.tell_titles("for the owner", route=OWNER)

    await post.deliver(times=2)

    assert post.titles_in(post.thread_named("Alerts")) == ["for the owner"]


async def test_what_is_meant_for_one_person_goes_to_nobody_else(post: Post) -> None:
    post.server.faults.add("POST", MESSAGES, error(403, 50007))
    await post.tell(make_ready(), Route(RouteKind.USER, FOLLOWER))

    await post.deliver(times=3)

    (dead,) = await post.dead_rows()
    assert dead.error == "That person takes no direct messages from Discarr."
    assert len(post.server.ledger.matching("POST", MESSAGES)) == 1


async def test_one_place_does_not_hold_up_the_others(post: Post) -> None:
    await post.tell_titles("begin", route=LOG)
    await post.deliver()
    log_id = post.thread_named("Event log")
    post.server.faults.add("POST", rf"/channels/{log_id}/messages", status(503), times=None)
    await post.tell_titles("slow", route=LOG)
    await post.tell_titles("quick", route=OWNER)

    await post.deliver()

    assert post.titles_in(post.owner_channel_id) == ["quick"]
    assert post.titles_in(log_id) == ["begin"]


async def test_an_hour_of_refusals_costs_fifty_requests_in_ten_minutes_at_most(post: Post) -> None:
    post.server.faults.add("POST", MESSAGES, error(403, 50007), times=None)
    attempts_at: list[float] = []
    for minute in range(60):
        for number in range(10):
            await post.tell_titles(f"{minute}:{number}", route=Route(RouteKind.USER, 1000 + number))
        before = len(post.server.ledger.matching("POST", MESSAGES))
        await post.deliver(every=MINUTE)
        made = len(post.server.ledger.matching("POST", MESSAGES)) - before
        attempts_at += [float(minute)] * made

    assert attempts_at
    for minute in range(60):
        assert sum(minute <= at < minute + 10 for at in attempts_at) <= 50


async def test_a_block_by_the_proxy_is_left_alone(post: Post) -> None:
    await post.tell_titles("begin")
    await post.deliver()
    post.server.faults.add("POST", MESSAGES, cloudflare_block(), times=None)
    await post.tell_titles("blocked")

    await post.deliver(times=14, every=MINUTE)
    assert len(post.server.ledger.matching("POST", MESSAGES)) == 2
    post.server.faults.clear()
    await post.deliver(times=3, every=MINUTE)

    assert post.titles_in(post.thread_named("Alerts")) == ["begin", "blocked"]
