"""Every way to answer an interaction, against real sockets."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any, cast

import discord
import pytest

from discarr.utils.interaction_utils import (
    REFUSED_TEXT,
    _attempt,
    safe_defer_interaction,
    safe_renew_controls,
    safe_send_modal,
    safe_send_response,
    safe_update_message,
)
from tests.fakes.contract import assert_valid_for_discord
from tests.fakes.discord_server import DiscordServer, running_discord
from tests.fakes.discord_server.faults import Hang, Reset, error, rate_limited
from tests.fakes.discord_server.interactions import OpenInteraction

CALLBACK = r"/interactions/\d+/[^/]+/callback"
ORIGINAL = r"/webhooks/\d+/[^/]+/messages/@original"
FOLLOW_UP = r"/webhooks/\d+/[^/]+"
EPHEMERAL = 64

type Interaction = discord.Interaction[discord.Client]


class Visit:
    """A member using the bot: real interactions, with the stand-in on the other end."""

    def __init__(self, server: DiscordServer, client: discord.Client) -> None:
        self.server = server
        self.client = client

    def slash(self) -> Interaction:
        return self._interaction(self.server.interactions.slash("queue"))

    def press(self) -> Interaction:
        message = self.server.world.message({"content": "the message with the button"})
        self.server.world.messages[int(message["id"])] = message
        return self._interaction(self.server.interactions.press("discarr:v1:refresh", message))

    def _interaction(self, payload: dict[str, Any]) -> Interaction:
        return discord.Interaction(data=cast("Any", payload), state=self.client._connection)

    def seen(self, interaction: Interaction) -> OpenInteraction:
        """What Discord has of an interaction."""
        return self.server.interactions[interaction.token]


@pytest.fixture
async def visit() -> AsyncIterator[Visit]:
    async with running_discord() as server, discord.Client(intents=discord.Intents(guilds=True)) as client:
        await client.login(server.world.token)
        server.ledger.requests.clear()
        yield Visit(server, client)


def embed(text: str = "2 downloads") -> discord.Embed:
    return discord.Embed(description=text)


def view() -> discord.ui.View:
    return discord.ui.View(timeout=60).add_item(discord.ui.Button(label="Next", custom_id="next"))


async def test_a_fresh_interaction_is_answered_directly_and_privately(visit: Visit) -> None:
    interaction = visit.slash()

    assert await safe_send_response(interaction, "hello @everyone", embed=embed(), view=view())

    [sent] = visit.server.ledger.requests
    assert sent.body["type"] == 4
    assert sent.body["data"]["content"] == "hello @everyone"
    assert sent.body["data"]["flags"] == EPHEMERAL
    assert sent.body["data"]["allowed_mentions"] == {"parse": []}
    assert sent.body["data"]["components"]
    assert_valid_for_discord(visit.server.ledger.requests)


async def test_a_public_answer_is_public(visit: Visit) -> None:
    assert await safe_send_response(visit.slash(), "hello", ephemeral=False)

    assert "flags" not in visit.server.ledger.requests[0].body["data"]


async def test_a_deferred_interaction_is_filled_in_and_then_followed_up(visit: Visit) -> None:
    interaction = visit.slash()

    assert await safe_defer_interaction(interaction)
    assert await safe_send_response(interaction, "first", embed=embed("a"), view=view())
    assert await safe_send_response(interaction, "second", embed=embed(), view=view())
    assert await safe_send_response(interaction, embed=embed("third"), ephemeral=False)

    assert [request.method for request in visit.server.ledger.requests] == ["POST", "PATCH", "POST", "POST"]
    deferral, filling, private, public = visit.server.ledger.requests
    assert deferral.body == {"type": 5, "data": {"flags": EPHEMERAL}}
    assert len(filling.body["embeds"]) == 1
    assert private.body["flags"] == EPHEMERAL
    assert not public.body.get("flags")
    assert all(r.body["allowed_mentions"] == {"parse": []} for r in (filling, private, public))
    assert_valid_for_discord(visit.server.ledger.requests)


async def test_a_public_deferral_is_public(visit: Visit) -> None:
    assert await safe_defer_interaction(visit.slash(), ephemeral=False)

    assert visit.server.ledger.requests[0].body == {"type": 5}


async def test_deferring_twice_is_one_acknowledgement(visit: Visit) -> None:
    interaction = visit.slash()

    assert await safe_defer_interaction(interaction)
    assert await safe_defer_interaction(interaction)

    assert len(visit.server.ledger.requests) == 1


async def test_controls_are_renewed_and_the_rest_of_the_message_stays(visit: Visit) -> None:
    interaction = visit.press()

    assert await safe_defer_interaction(interaction, thinking=False)
    assert await safe_renew_controls(interaction, view())

    renewal = visit.server.ledger.requests[-1]
    assert renewal.body["components"]
    assert not {"content", "embeds"} & set(renewal.body)
    original = visit.seen(interaction).original
    assert original is not None
    assert original["content"] == "the message with the button"


async def test_controls_that_cannot_be_renewed_are_no_error(visit: Visit) -> None:
    interaction = visit.press()
    assert await safe_defer_interaction(interaction, thinking=False)
    visit.seen(interaction).is_expired = True

    assert not await safe_renew_controls(interaction, view())


async def test_an_answer_after_an_answer_is_a_follow_up(visit: Visit) -> None:
    interaction = visit.slash()

    assert await safe_send_response(interaction, "first")
    assert await safe_send_response(interaction, "second")

    assert [message["content"] for message in visit.seen(interaction).followups] == ["second"]


async def test_a_message_for_whoever_pressed_leaves_the_buttons_message_alone(visit: Visit) -> None:
    interaction = visit.press()

    assert await safe_defer_interaction(interaction, thinking=False)
    assert await safe_send_response(interaction, "only for you")

    seen = visit.seen(interaction)
    assert seen.original is not None
    assert seen.original["content"] == "the message with the button"
    assert [message["content"] for message in seen.followups] == ["only for you"]


@pytest.mark.parametrize("is_deferred", [True, False])
async def test_a_buttons_message_is_updated_in_place(visit: Visit, is_deferred: bool) -> None:
    interaction = visit.press()
    if is_deferred:
        assert await safe_defer_interaction(interaction, thinking=False)

    assert await safe_update_message(interaction, embed=embed("page 2"), view=view())

    seen = visit.seen(interaction)
    assert seen.original is not None
    assert (seen.original["content"], seen.original["embeds"][0]["description"]) == ("", "page 2")
    assert seen.original["components"]
    assert seen.followups == []
    assert_valid_for_discord(visit.server.ledger.requests)


async def test_a_refused_update_leaves_the_message_and_tells_whoever_pressed(visit: Visit) -> None:
    interaction = visit.press()
    visit.server.faults.add("POST", CALLBACK, error(400, 50035, "Invalid Form Body"))

    assert not await safe_update_message(interaction, embed=embed("x" * 5000))

    assert visit.server.ledger.requests[-1].body["data"]["content"] == REFUSED_TEXT
    assert visit.server.ledger.requests[-1].body["type"] == 4


@pytest.mark.parametrize("is_deferred", [True, False])
async def test_a_refused_answer_is_replaced_by_a_plain_one(
    visit: Visit, caplog: pytest.LogCaptureFixture, is_deferred: bool
) -> None:
    interaction = visit.slash()
    if is_deferred:
        assert await safe_defer_interaction(interaction)
    refusal = error(400, 50035, "Invalid Form Body")
    visit.server.faults.add(*(("PATCH", ORIGINAL) if is_deferred else ("POST", CALLBACK)), refusal)

    assert not await safe_send_response(interaction, embed=embed("x" * 5000), view=view())

    seen = visit.seen(interaction)
    assert seen.original is not None
    assert (seen.original["content"], seen.original["embeds"]) == (REFUSED_TEXT, [])
    assert "50035" in caplog.text


@pytest.mark.parametrize("code", [10062, 40060])
async def test_an_acknowledgement_that_was_not_taken_forbids_the_action(
    visit: Visit, caplog: pytest.LogCaptureFixture, code: int
) -> None:
    caplog.set_level(logging.INFO)
    interaction = visit.slash()
    if code == 10062:
        visit.server.interactions.forget(interaction.token)
    else:
        visit.seen(interaction).answer_type = 4

    assert not await safe_defer_interaction(interaction)

    [line] = [line for line in caplog.records if line.name.startswith("discarr")]
    assert (line.levelname, line.exc_info) == ("INFO", None)
    assert str(code) in line.getMessage()
    assert interaction.token not in caplog.text


async def test_an_answer_after_a_quarter_of_an_hour_ends_quietly(
    visit: Visit, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    interaction = visit.slash()
    assert await safe_defer_interaction(interaction)
    visit.seen(interaction).is_expired = True

    assert not await safe_send_response(interaction, "too late")

    assert "50027" in caplog.text
    assert len(visit.server.ledger.requests) == 2


@pytest.mark.parametrize(("status_code", "code"), [(404, 10015), (404, 10008)])
async def test_an_answer_nobody_waits_for_is_not_repeated(visit: Visit, status_code: int, code: int) -> None:
    interaction = visit.slash()
    assert await safe_defer_interaction(interaction)
    visit.server.faults.add("PATCH", ORIGINAL, error(status_code, code))

    assert not await safe_send_response(interaction, "late")

    assert len(visit.server.ledger.requests) == 2


async def test_a_hanging_discord_does_not_hold_the_handler(
    visit: Visit, caplog: pytest.LogCaptureFixture
) -> None:
    visit.server.faults.add("POST", CALLBACK, Hang())

    async with asyncio.timeout(4):
        assert not await safe_defer_interaction(visit.slash())

    assert "took over" in caplog.text


async def test_the_log_names_the_command(visit: Visit, caplog: pytest.LogCaptureFixture) -> None:
    @discord.app_commands.CommandTree(visit.client).command(description="Show the queue")
    async def queue(interaction: Interaction) -> None: ...

    visit.server.faults.add("POST", CALLBACK, error(403, 50013))

    assert not await safe_send_response(visit.slash(), "hello")

    assert "an answer to /queue" in caplog.text


async def test_a_cut_connection_is_not_an_exception(visit: Visit, caplog: pytest.LogCaptureFixture) -> None:
    visit.server.faults.add("POST", CALLBACK, Reset())

    assert not await safe_send_response(visit.slash(), "hello")

    assert "did not reach Discord" in caplog.text


async def test_an_answer_after_the_end_is_not_an_exception(
    visit: Visit, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    interaction = visit.slash()
    await visit.client.close()

    assert not await safe_send_response(interaction, "hello")

    assert "did not reach Discord: Discarr was ending" in caplog.text


async def test_a_mistake_of_our_own_stays_one(visit: Visit) -> None:
    interaction = visit.slash()

    async def mistake() -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await _attempt(interaction, mistake())


async def test_a_rate_limit_is_waited_out(visit: Visit) -> None:
    visit.server.faults.add("POST", CALLBACK, rate_limited(0.02), times=2)

    assert await safe_send_response(visit.slash(), "hello")


async def test_a_refusal_that_is_not_about_the_content_is_not_repeated(visit: Visit) -> None:
    visit.server.faults.add("POST", CALLBACK, error(403, 50013, "Missing Permissions"))

    assert not await safe_send_response(visit.slash(), "hello")

    assert len(visit.server.ledger.requests) == 1


async def test_two_answers_at_once_are_one_answer(visit: Visit) -> None:
    interaction = visit.slash()

    sent = await asyncio.gather(
        safe_send_response(interaction, "one"), safe_send_response(interaction, "two")
    )

    assert sorted(sent) == [False, True]


async def test_cancellation_passes(visit: Visit) -> None:
    visit.server.faults.add("POST", CALLBACK, Hang())
    task = asyncio.create_task(safe_send_response(visit.slash(), "hello"))
    await asyncio.sleep(0.02)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


def make_modal() -> discord.ui.Modal:
    modal = discord.ui.Modal(title="Why?")
    modal.add_item(discord.ui.Label(text="Reason", component=discord.ui.TextInput(required=False)))
    return modal


async def test_a_modal_is_opened(visit: Visit) -> None:
    interaction = visit.press()

    assert await safe_send_modal(interaction, make_modal())

    assert visit.seen(interaction).answer_type == 9
    assert_valid_for_discord(visit.server.ledger.requests)


async def test_a_modal_that_comes_too_late_is_no_error(visit: Visit) -> None:
    interaction = visit.press()
    visit.server.interactions.forget(interaction.token)

    assert not await safe_send_modal(interaction, make_modal())
