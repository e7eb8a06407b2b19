"""From routes to channels, threads and conversations, over real sockets."""

from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest

from discarr.core.errors import StoreError
from discarr.core.store import Store
from discarr.core.store.outbox import PostedMessage
from discarr.monitoring.alerts.dispatcher import NotNow, RouteRefused
from discarr.monitoring.alerts.routes import ALERTS, LOG, OWNER, Route, RouteKind
from tests.discord_bot.post import CONVERSATIONS, MESSAGES, THREADS, Post, open_post
from tests.discord_bot.ui.notices import make_notice
from tests.fakes.contract import assert_valid_for_discord
from tests.fakes.discord_server.faults import Reply, error
from tests.fakes.discord_server.world import EVERYTHING_NEEDED, next_snowflake

FROM_MESSAGE = r"/channels/\d+/messages/\d+/threads"


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    async with open_post() as opened:
        yield opened


async def send(post: Post, route: Route = ALERTS) -> PostedMessage:
    return await post.sink.send(route, make_notice(), row_id=7, nonce=f"n{next_snowflake()}"[:25])


async def let_everyone(post: Post, permissions: discord.Permissions) -> None:
    """Change what the bot may do, and let it hear of that."""
    world = post.server.world
    world.everyone_permissions = permissions
    role = {"guild_id": str(world.guild_id), "role": world.roles()[0]}
    heard = post.client.wait_for("guild_role_update", timeout=5)
    await post.server.gateway.push("GUILD_ROLE_UPDATE", role)
    await heard


def without(**permissions: bool) -> discord.Permissions:
    return discord.Permissions(EVERYTHING_NEEDED.value & ~discord.Permissions(**permissions).value)


async def test_each_thread_is_made_once(post: Post) -> None:
    for _ in range(2):
        await send(post, ALERTS)
        await send(post, LOG)

    assert len(post.server.ledger.matching("POST", THREADS)) == 2
    assert sorted(thread["name"] for thread in post.server.world.threads.values()) == ["Alerts", "Event log"]
    (from_message,) = post.server.ledger.matching("POST", FROM_MESSAGE)
    assert from_message.body == {
        "name": "Alerts",
        "auto_archive_duration": 10080,
        "rate_limit_per_user": None,
    }
    assert_valid_for_discord(post.server.ledger.requests)


async def test_a_new_process_goes_on_in_the_same_threads(post: Post) -> None:
    before = [await send(post, ALERTS), await send(post, LOG)]
    post.start()

    after = [await send(post, ALERTS), await send(post, LOG)]

    assert [posted.channel_id for posted in after] == [posted.channel_id for posted in before]
    assert len(post.server.ledger.matching("POST", THREADS)) == 2


async def test_a_renewed_live_message_leaves_the_thread_in_use(post: Post) -> None:
    before = await send(post)
    await post.publish_live_message()
    post.start()

    assert (await send(post)).channel_id == before.channel_id


async def test_a_thread_that_the_database_forgot_is_adopted(post: Post) -> None:
    before = await send(post)
    await post.store.forget_message("alerts-thread")
    post.start()

    after = await send(post)

    assert after.channel_id == before.channel_id
    assert len(post.server.world.threads) == 1
    stored = await post.store.get_message("alerts-thread")
    assert stored is not None
    assert stored.message_id == before.channel_id


async def test_an_event_log_that_the_database_forgot_is_found_by_its_name(post: Post) -> None:
    before = await send(post, LOG)
    await post.store.forget_message("log-thread")
    post.start()
    other = post.server.world.thread("Films", thread_id=5, archive_after_min=60)
    for thread in (other, post.server.world.threads[before.channel_id]):
        heard = post.client.wait_for("thread_join", timeout=5)
        await post.server.gateway.push("THREAD_CREATE", thread)
        await heard

    assert (await send(post, LOG)).channel_id == before.channel_id


async def test_an_archived_thread_is_opened_by_a_message(post: Post) -> None:
    before = await send(post)
    post.server.threads.archive(before.channel_id)

    assert (await send(post)).channel_id == before.channel_id


@pytest.mark.parametrize("route", [ALERTS, LOG])
async def test_a_locked_thread_is_replaced(post: Post, route: Route) -> None:
    before = await send(post, route)
    post.server.threads.archive(before.channel_id, is_locked=True)

    after = await send(post, route)

    assert after.channel_id != before.channel_id
    post.start()
    assert (await send(post, route)).channel_id == after.channel_id
    assert_valid_for_discord(post.server.ledger.requests)


@pytest.mark.parametrize("route", [ALERTS, LOG])
async def test_a_deleted_thread_is_replaced(post: Post, route: Route) -> None:
    before = await send(post, route)
    del post.server.world.threads[before.channel_id]

    after = await send(post, route)

    assert len(post.said_in(after.channel_id)) == (2 if route is ALERTS else 1)


async def test_a_thread_that_exists_but_is_not_there_is_replaced(post: Post) -> None:
    post.server.faults.add("POST", FROM_MESSAGE, error(400, 160004))

    posted = await send(post)

    assert post.thread_named("Alerts") == posted.channel_id
    assert len(post.server.ledger.matching("POST", THREADS)) == 2


async def test_the_thread_moves_with_the_channel_of_the_live_message(post: Post) -> None:
    await send(post)
    world = post.server.world
    await post.store.put_message(
        "alerts-thread", guild_id=world.guild_id, channel_id=world.channel_id + 1, message_id=5
    )
    post.start()

    assert (await send(post)).channel_id != 5


async def test_the_live_message_is_waited_for_but_not_for_ever() -> None:
    async with open_post(has_live_message=False) as post:
        with pytest.raises(NotNow) as failure:
            await send(post)
        assert 0 < failure.value.retry_after_s <= 30
        await post.clock.advance(119)
        with pytest.raises(NotNow):
            await send(post)
        await post.clock.advance(2)

        posted = await send(post)

        assert post.server.ledger.matching("POST", FROM_MESSAGE) == []
        assert post.thread_named("Alerts") == posted.channel_id


async def test_a_live_message_that_was_deleted_is_waited_for(post: Post) -> None:
    post.server.world.messages.clear()
    with pytest.raises(NotNow):
        await send(post)
    message_id = await post.publish_live_message()

    assert (await send(post)).channel_id == message_id


async def test_a_live_message_that_stays_deleted_is_done_without(post: Post) -> None:
    post.server.world.messages.clear()
    with pytest.raises(NotNow):
        await send(post)
    await post.clock.advance(121)

    assert (await send(post)).channel_id == post.thread_named("Alerts")


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ({"create_public_threads": True}, "Create Public Threads"),
        ({"send_messages_in_threads": True}, "Send Messages in Threads"),
        (
            {"create_public_threads": True, "send_messages_in_threads": True},
            "Create Public Threads and Send Messages in Threads",
        ),
        ({"embed_links": True}, "Embed Links"),
    ],
)
async def test_missing_rights_are_named_and_nothing_is_asked(
    post: Post, missing: dict[str, bool], words: str
) -> None:
    await let_everyone(post, without(**missing))
    asked = len(post.server.ledger.requests)

    with pytest.raises(RouteRefused) as refusal:
        await send(post)

    assert refusal.value.reason == f"Give Discarr {words} in #downloads."
    assert len(post.server.ledger.requests) == asked
    await let_everyone(post, EVERYTHING_NEEDED)
    await send(post)


async def test_an_open_thread_needs_no_right_to_make_one(post: Post) -> None:
    await send(post)
    await let_everyone(post, without(create_public_threads=True))

    await send(post)


async def test_a_channel_by_its_id(post: Post) -> None:
    world = post.server.world
    posted = await send(post, Route(RouteKind.CHANNEL, world.channel_id))

    assert posted.channel_id == world.channel_id
    assert len(post.said_in(world.channel_id)) == 1


async def test_a_channel_without_rights_is_refused(post: Post) -> None:
    await let_everyone(post, without(read_message_history=True))

    with pytest.raises(RouteRefused, match="Give Discarr Read Message History in #downloads"):
        await send(post, Route(RouteKind.CHANNEL, post.server.world.channel_id))


async def test_a_thread_by_its_id(post: Post) -> None:
    world = post.server.world
    thread = world.thread("Films", thread_id=next_snowflake(), archive_after_min=1440)
    thread_id = int(thread["id"])
    world.threads[thread_id] = thread
    route = Route(RouteKind.CHANNEL, thread_id)

    assert (await send(post, route)).channel_id == thread_id

    await let_everyone(post, without(send_messages_in_threads=True))
    with pytest.raises(RouteRefused, match="Give Discarr Send Messages in Threads in #downloads"):
        await send(post, route)


async def test_a_locked_thread_by_its_id_is_refused_for_good(post: Post) -> None:
    world = post.server.world
    thread = world.thread("Films", thread_id=next_snowflake(), archive_after_min=1440)
    world.threads[int(thread["id"])] = thread
    post.server.threads.archive(int(thread["id"]), is_locked=True)

    with pytest.raises(RouteRefused, match="archived"):
        await send(post, Route(RouteKind.CHANNEL, int(thread["id"])))


async def test_a_thread_of_a_channel_that_is_not_known_is_tried(post: Post) -> None:
    world = post.server.world
    thread = world.thread("Films", thread_id=next_snowflake(), archive_after_min=1440) | {"parent_id": "1"}
    world.threads[int(thread["id"])] = thread

    assert (await send(post, Route(RouteKind.CHANNEL, int(thread["id"])))).channel_id == int(thread["id"])


async def test_a_route_without_its_id_leads_nowhere(post: Post) -> None:
    with pytest.raises(RouteRefused):
        await send(post, Route(RouteKind.USER))


FOREIGN: dict[str, dict[str, Any]] = {
    "a voice channel": {"type": 2, "bitrate": 64000, "user_limit": 0, "rtc_region": None},
    "a kind that nobody knows": {"type": 99},
    "a conversation": {"type": 1, "recipients": []},
    "another server": {"type": 0, "guild_id": "1"},
}


@pytest.mark.parametrize("changes", FOREIGN.values(), ids=FOREIGN)
async def test_what_is_no_text_channel_of_the_server_is_refused(post: Post, changes: dict[str, Any]) -> None:
    body = post.server.world.channel() | {"id": "5"} | changes
    post.server.faults.add("GET", "/channels/5", Reply(status=200, body=body))

    with pytest.raises(RouteRefused, match="no text channel or thread"):
        await send(post, Route(RouteKind.CHANNEL, 5))

    assert post.server.ledger.matching("POST", MESSAGES) == []


@pytest.mark.parametrize(("status", "code"), [(404, 10003), (403, 50001)])
async def test_a_channel_that_is_gone_or_hidden_is_refused(post: Post, status: int, code: int) -> None:
    post.server.faults.add("GET", "/channels/5", error(status, code))

    with pytest.raises(RouteRefused):
        await send(post, Route(RouteKind.CHANNEL, 5))


async def test_a_conversation_is_opened_once(post: Post) -> None:
    first, second = await send(post, OWNER), await send(post, OWNER)

    assert first.channel_id == second.channel_id == post.owner_channel_id
    assert len(post.server.ledger.matching("POST", CONVERSATIONS)) == 1
    assert_valid_for_discord(post.server.ledger.requests)


async def test_somebody_whom_discord_does_not_know_is_refused(post: Post) -> None:
    post.server.faults.add("POST", CONVERSATIONS, error(400, 50033))

    with pytest.raises(RouteRefused, match="does not know that person"):
        await send(post, Route(RouteKind.USER, 5))


async def test_as_long_as_no_server_is_known_everything_waits(post: Post) -> None:
    post.home.channel = None
    post.home._channel_id = 5
    post.server.faults.add("GET", "/channels/5", error(404, 10003), times=None)

    for route in (ALERTS, LOG, OWNER, Route(RouteKind.CHANNEL, 6)):
        with pytest.raises(NotNow):
            await send(post, route)


async def test_an_owner_who_is_not_known_yet_is_waited_for(post: Post) -> None:
    assert post.home.channel is not None
    post.home.channel.guild.owner_id = None

    with pytest.raises(NotNow, match="owns the server"):
        await send(post, OWNER)


async def test_a_channel_of_the_live_message_that_vanishes_is_refused(post: Post) -> None:
    post.server.faults.add("POST", FROM_MESSAGE, error(404, 10003))

    with pytest.raises(RouteRefused, match="gone"):
        await send(post)


class FullDisk(Store):
    """A store on a disk that was full when the thread was made."""

    async def put_message(self, purpose: str, *, guild_id: int, channel_id: int, message_id: int) -> None:
        if purpose.endswith("-thread"):
            raise StoreError("the disk is full", remedy="Free some space.")
        await super().put_message(purpose, guild_id=guild_id, channel_id=channel_id, message_id=message_id)


async def test_a_database_that_cannot_be_written_does_not_cost_the_thread() -> None:
    async with open_post(store_class=FullDisk) as post:
        first, second = await send(post), await send(post)

        assert first.channel_id == second.channel_id
        assert len(post.server.ledger.matching("POST", THREADS)) == 1


async def test_a_deleted_thread_waits_for_a_database_that_does_not_answer(post: Post) -> None:
    posted = await send(post)
    del post.server.world.threads[posted.channel_id]
    await post.store.close()

    with pytest.raises(NotNow, match="database"):
        await send(post)


async def test_a_database_that_does_not_answer_makes_no_thread(post: Post) -> None:
    await post.store.close()

    for route in (ALERTS, LOG):
        with pytest.raises(NotNow, match="database"):
            await post.sink.channel_of(route)
    assert post.server.ledger.matching("POST", THREADS) == []
