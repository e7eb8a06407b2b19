"""`/queue`, `/health`, `/check` and the buttons, as people use them."""

import re
from dataclasses import replace
from typing import Any

import pytest
import simcord

from discarr.core.errors import Unreachable
from discarr.core.models import DownloadKey, HealthIssue, QueueStatus, TrackedState, TrackedStatus
from discarr.discord_bot.ui import texts
from tests.factories import make_download
from tests.fakes.media_client import FakeMediaClient
from tests.fakes.world import World, embed_text, open_world, until

_KEY = "0123456789abcdef0123456789abcdef"
TWO_RADARRS = {
    "RADARR_NAME": "Movies",
    "RADARR__4K__URL": "http://radarr-4k:7878",
    "RADARR__4K__API_KEY": _KEY,
}


def instance(count: int = 1) -> FakeMediaClient:
    client = FakeMediaClient(name="Movies")
    client.downloads = tuple(
        make_download(key=DownloadKey("radarr", "d", f"H{number}"), title=f"Film {number:02}", year=None)
        for number in range(count)
    )
    return client


def in_4k(**overrides: Any) -> FakeMediaClient:
    client = FakeMediaClient("radarr_4k", name="4K")
    client.downloads = (
        make_download(key=DownloadKey("radarr_4k", "d", "U"), title="Secret gift", **overrides),
    )
    return client


def answer(result: simcord.InteractionResult) -> str:
    """What the person reads; every answer must be private and in time."""
    assert result.acknowledged
    assert result.response is None or result.response.ephemeral
    assert result.response is not None
    embeds = result.response.embeds
    return result.response.content + "\n".join(embed_text(embed) for embed in embeds)


async def choose(
    world: World, shown: simcord.InteractionResult, verb: str, value: str
) -> simcord.InteractionResult:
    """Choose an option of one of the selects below an answer."""
    assert shown.response is not None
    custom_id = next(
        item["custom_id"]
        for row in shown.response.components
        for item in row["components"]
        if re.match(rf"discarr:v1:{verb}\d*:", item["custom_id"])
    )
    return await world.member.select(shown.response.message, custom_id=custom_id, values=[value])


async def loaded(world: World) -> None:
    await world.shows("Checked")


async def test_the_queue_is_paged_and_filtered() -> None:
    async with open_world([instance(count=23)]) as world:
        await loaded(world)

        first = await world.member.slash(world.channel, "queue")
        filtered = await world.member.slash(world.channel, "queue", text="film 07")

        assert "Queue · 23 downloads" in answer(first)
        assert "Page 1 of 3" in answer(first)
        assert "Queue · 1 of 23 downloads" in answer(filtered)
        assert "Film 07" in answer(filtered)


async def test_pages_turn_in_place_and_lead_to_cards_and_back() -> None:
    async with open_world([instance(count=12)]) as world:
        await loaded(world)
        opened = await world.member.click(world.message, label="Browse")
        assert opened.response is not None
        private = opened.response.message

        turned = await world.member.click(private, label="Next")
        assert "Page 2 of 2" in answer(turned)
        assert turned.response is not None
        assert turned.response.id == private.id

        picks = next(row for row in turned.response.components if "pick" in row["components"][0]["custom_id"])
        card = await choose(world, turned, "pick", picks["components"][0]["options"][0]["value"])
        assert "What next:" in answer(card)
        assert card.response is not None

        back = await world.member.click(card.response.message, label="Back to the list")
        assert "Page 2 of 2" in answer(back)


async def test_a_card_leads_into_the_app_where_browsers_can_reach_it() -> None:
    client = instance()
    client.config = replace(client.config, public_url="https://films.example.org")
    async with open_world([client]) as world:
        await loaded(world)
        opened = await world.member.slash(world.channel, "queue")
        assert opened.response is not None
        select = opened.response.components[0]["components"][0]

        card = await world.member.select(
            opened.response.message, custom_id=select["custom_id"], values=[select["options"][0]["value"]]
        )

        assert card.response is not None
        buttons = [item for row in card.response.components for item in row["components"]]
        link = next(item for item in buttons if "url" in item)
        assert link["label"] == "Open in Movies"
        assert link["url"] == "https://films.example.org/activity/queue"


async def test_controls_work_after_a_restart() -> None:
    async with open_world([instance(count=12)]) as world:
        await loaded(world)
        opened = await world.member.click(world.message, label="Browse")
        assert opened.response is not None
        private_id = opened.response.id
        await world.end()
        world.start()
        await world.shows("Checked")

        again = await world.member.click(world.message, label="Browse")

        assert "Queue · 12 downloads" in answer(again)
        assert again.response is not None
        assert again.response.id != private_id


async def test_selects_narrow_the_list_and_widen_it_again() -> None:
    paused = in_4k(status=QueueStatus.PAUSED)
    async with open_world([instance(count=3), paused], environ=TWO_RADARRS) as world:
        await loaded(world)
        opened = await world.member.slash(world.channel, "queue")

        one_server = await choose(world, opened, "where", "radarr_4k")
        assert "Queue · 1 of 4 downloads" in answer(one_server)
        assert "Secret gift" in answer(one_server)
        one_state = await choose(world, one_server, "state", "downloading")
        assert "Nothing here matches the filter" in answer(one_state)
        all_servers = await choose(world, one_state, "where", "-")
        assert "Queue · 3 of 4 downloads" in answer(all_servers)
        everything = await choose(world, all_servers, "state", "-")
        assert "Queue · 4 downloads" in answer(everything)


async def test_the_refresh_button_says_what_changed() -> None:
    client = instance()
    async with open_world([client]) as world:
        await loaded(world)
        await world.clock.advance(10)
        client.downloads = ()

        result = await world.while_time_passes(world.member.click(world.message, label="Refresh"))

        assert "No longer in the queue: **Film 00**" in answer(result)


async def test_needs_a_hand_shows_only_that() -> None:
    client = instance(count=3)
    stuck = make_download(
        key=DownloadKey("radarr", "d", "STUCK"),
        title="Stuck",
        status=QueueStatus.COMPLETED,
        tracked_status=TrackedStatus.WARNING,
        tracked_state=TrackedState.IMPORT_PENDING,
    )
    client.downloads += (stuck,)
    async with open_world([client]) as world:
        await world.shows("1 needs a hand")

        result = await world.member.click(world.message, label="Needs a hand (1)")

        assert "Stuck" in answer(result)
        assert "Film" not in answer(result)


async def test_members_do_not_see_what_is_hidden_and_admins_do() -> None:
    clients = [instance(), in_4k()]
    environ = {**TWO_RADARRS, "DISCARR_HIDDEN_INSTANCES": "4K"}
    async with open_world(clients, environ=environ) as world:
        await loaded(world)

        assert "1 download" in world.text
        assert "4K" not in world.text
        for command in ("queue", "health", "check"):
            seen = answer(await world.while_time_passes(world.member.slash(world.channel, command)))
            assert "Secret" not in seen
            assert "4K" not in seen
        assert "Secret gift" in answer(await world.owner.slash(world.channel, "queue"))
        assert "4K" in answer(await world.owner.slash(world.channel, "health"))


async def test_hidden_tags_hide_titles_everywhere() -> None:
    client = instance()
    client.downloads += (
        make_download(key=DownloadKey("radarr", "d", "G"), title="Surprise", tags=("gifts",)),
    )
    async with open_world([client], environ={"DISCARR_HIDDEN_TAGS": "Gifts"}) as world:
        await loaded(world)

        assert "1 download" in world.text
        assert "Surprise" not in answer(await world.member.slash(world.channel, "queue"))
        choices = await world.member.autocomplete(world.channel, "queue", "text", "")
        assert choices is not None
        assert [choice["name"] for choice in choices] == ["Film 00"]
        assert "Surprise" in answer(await world.owner.slash(world.channel, "queue"))


async def test_a_server_may_be_typed_by_its_name() -> None:
    async with open_world([instance(count=3), in_4k()], environ=TWO_RADARRS) as world:
        await loaded(world)

        typed = await world.member.slash(world.channel, "queue", instance="4k")
        unknown = await world.member.slash(world.channel, "queue", instance="Фильмы")

        assert "Queue · 1 of 4 downloads" in answer(typed)
        assert answer(unknown) == texts.NO_SUCH_SERVER


async def test_a_suggested_title_finds_its_download() -> None:
    client = instance()
    client.downloads = (make_download(title="Family\u200dTree"),)
    async with open_world([client]) as world:
        await loaded(world)
        choices = await world.member.autocomplete(world.channel, "queue", "text", "fam")
        assert choices is not None

        found = await world.member.slash(world.channel, "queue", text=choices[0]["value"])

        assert "FamilyTree" in answer(found)


async def test_autocomplete_offers_servers_and_titles() -> None:
    async with open_world([instance(count=40), in_4k()], environ=TWO_RADARRS) as world:
        await loaded(world)

        servers = await world.member.autocomplete(world.channel, "queue", "instance", "4")
        titles = await world.member.autocomplete(world.channel, "queue", "text", "film 3")
        everything = await world.member.autocomplete(world.channel, "queue", "text", "")

        assert servers == [{"name": "4K", "value": "radarr_4k"}]
        assert [choice["name"] for choice in titles or []] == [f"Film {number}" for number in range(30, 40)]
        assert len(everything or []) == 25


async def test_health_tells_members_less_than_admins() -> None:
    client = instance()
    client.health = (
        HealthIssue(source="IndexerCheck", level="warning", message="Indexer X is down", wiki_url=None),
    )
    async with open_world([client]) as world:
        await world.shows("1 warning")

        member = answer(await world.member.slash(world.channel, "health"))
        owner = answer(await world.owner.slash(world.channel, "health"))

        assert "Indexer X" not in member
        assert "1 warning" in member
        assert "Indexer X is down" in owner
        assert "Memory" in member
        assert "Loop delay" in member


async def test_health_tells_of_alerts_and_helpers_of_the_delivery_also_without_a_database() -> None:
    async with open_world([instance()]) as world:
        await loaded(world)

        assert "✓ Nothing needs attention" in answer(await world.member.slash(world.channel, "health"))
        assert "✉" not in answer(await world.member.slash(world.channel, "health"))
        assert "✉ Everything is delivered" in answer(await world.helper.slash(world.channel, "health"))
        await world.store.close()
        helper = answer(await world.helper.slash(world.channel, "health"))
        assert "✉ The database does not say what is delivered" in helper


async def test_check_asks_again_and_says_what_changed() -> None:
    client = instance()
    async with open_world([client]) as world:
        await loaded(world)
        await world.clock.advance(10)
        client.downloads += (make_download(key=DownloadKey("radarr", "d", "NEW"), title="Brand new"),)

        result = await world.while_time_passes(world.member.slash(world.channel, "check"))

        assert "New: **Brand new**" in answer(result)


async def test_check_says_who_is_away() -> None:
    client = instance()
    async with open_world([client]) as world:
        await loaded(world)
        await world.clock.advance(10)
        client.error = Unreachable("radarr", "connection refused at http://radarr:7878")
        await world.while_time_passes(world.member.slash(world.channel, "check"))
        await world.clock.advance(10)

        result = await world.while_time_passes(world.member.slash(world.channel, "check"))

        assert "Movies · offline" in answer(result)
        assert "7878" not in answer(result)


async def test_an_unexpected_error_gets_a_code_and_no_details(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = instance()
    async with open_world([client]) as world:
        await loaded(world)
        issue = HealthIssue(source="X", level="strange", message="secret", wiki_url=None)  # type: ignore[arg-type]  # no path makes this
        world.app.cache.update_details("radarr", health=(issue,))

        text = answer(await world.owner.slash(world.channel, "health"))

        code = text.partition("under the code ")[2].rstrip(".")
        assert len(code) == 6
        assert f"Unexpected error {code}" in caplog.text
        assert "strange" not in text


async def test_other_guilds_are_refused_and_left() -> None:
    async with open_world([instance()]) as world:
        await loaded(world)
        stranger = world.env.create_guild("Strangers")
        stranger.create_text_channel("general")
        await world.env.settle()

        await until(lambda: all(guild.id != stranger.id for guild in world.bot.guilds))

        assert any(guild.id == world.guild.id for guild in world.bot.guilds)


async def test_progress_sums_up_what_the_person_may_see() -> None:
    clients = [instance(count=3), in_4k()]
    environ = {**TWO_RADARRS, "DISCARR_HIDDEN_INSTANCES": "4K"}
    async with open_world(clients, environ=environ) as world:
        await loaded(world)

        member = answer(await world.member.slash(world.channel, "progress"))
        owner = answer(await world.owner.slash(world.channel, "progress"))

        assert "Progress · 3 downloads" in member
        assert "4K" not in member
        assert "Progress · 4 downloads" in owner
        assert "**4K** · 1 download" in owner


async def test_the_queue_finds_what_does_not_show_in_a_row() -> None:
    client = instance(count=2)
    client.downloads += (
        make_download(key=DownloadKey("radarr", "d", "ORPHAN"), title="Stray", media_id=None),
    )
    async with open_world([client]) as world:
        await loaded(world)

        strays = answer(await world.member.slash(world.channel, "queue", state="not_in_library"))
        slow = answer(await world.member.slash(world.channel, "queue", state="slow"))

        assert "Queue · 1 of 3 downloads" in strays
        assert "Stray" in strays
        assert "only: not in the library" in strays
        assert "Nothing here matches the filter" in slow
        for _ in range(20):
            await world.clock.advance(60)
        stalled = answer(await world.member.slash(world.channel, "queue", state="stalled"))
        assert "Queue · 3 downloads" in stalled
