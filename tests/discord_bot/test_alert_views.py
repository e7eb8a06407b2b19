"""`/alerts`: what is open, what is over, what is kept quiet, and who may do what about it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import discord
import msgspec
import pytest

from discarr.core.errors import Unreachable
from discarr.core.events import EventKind, Work
from discarr.core.models import HealthIssue
from discarr.core.store import Connection
from discarr.discord_bot.ui import alert_texts, texts
from discarr.monitoring.alerts.content import Facts
from discarr.utils.permissions import Level
from tests.discord_bot.stage import (
    buttons,
    fill,
    forge,
    open_quiet,
    open_told,
    passes,
    pick,
    press,
    restart,
    said,
    select_in,
    settle_in,
    stuck,
    told,
)
from tests.fakes.clock import START
from tests.fakes.media_client import FakeMediaClient
from tests.fakes.world import World, open_world

FOR_HELPERS = texts.NOT_ALLOWED[Level.OPERATOR]
LIST = "open.0.0"


async def test_a_healthy_server_has_no_alerts() -> None:
    async with open_quiet() as (world, _):
        assert "✓ All is well" in said(await world.member.slash(world.channel, "alerts"))


async def test_members_see_what_is_open_and_lead_nowhere_else() -> None:
    async with open_told() as (world, _):
        shown = await world.member.slash(world.channel, "alerts")

        assert "1 thing not as it should be" in said(shown)
        assert "**Sunshine**" in said(shown)
        assert buttons(shown) == ["What is over", "Renew"]
        card = await pick(world.member, shown, "alerts:pick")
        assert "**What next:**" in said(card)
        assert buttons(card) == ["Back to the list", "Follow"]
        assert "1 thing not as it should be" in said(await press(world.member, card, "Back to the list"))


async def test_a_helper_acknowledges_one_from_its_card() -> None:
    async with open_told() as (world, _):
        card = await pick(world.helper, await world.helper.slash(world.channel, "alerts"), "alerts:pick")

        done = await press(world.helper, card, "Acknowledge")

        assert said(done).startswith(alert_texts.acknowledged(1))
        assert f"<@{world.helper.id}> looks after it" in said(done)
        assert "Acknowledge" not in buttons(done)


async def test_a_helper_acknowledges_everything_once() -> None:
    async with open_told(stuck("Sunshine", 50), stuck("Solaris", 51)) as (world, _):
        await passes(world, lambda: len(world.app.alerting.desk.open_alerts) == 2)
        shown = await world.helper.slash(world.channel, "alerts")

        done = await press(world.helper, shown, "Acknowledge all")

        assert said(done).startswith(alert_texts.acknowledged(2))
        assert "Acknowledge all" not in buttons(done)
        again = await press(world.owner, await forge(world, f"discarr:v1:alerts:all:{LIST}"), "x")
        assert said(again, is_on_public=True).startswith(alert_texts.NOTHING_TO_ACKNOWLEDGE)


@pytest.mark.parametrize(
    "custom_id", ["alerts:all:open.0.0", "alerts:one:1.open.0.0", "alerts:quiet:silences.0.0"]
)
async def test_members_who_make_up_ids_are_refused(custom_id: str) -> None:
    async with open_told() as (world, _):
        made_up = await forge(world, f"discarr:v1:{custom_id}")

        assert said(await press(world.member, made_up, "x")) == FOR_HELPERS
        assert world.app.alerting.desk.open_alerts[0].acknowledged_by is None


async def silence_it(world: World) -> str:
    card = await pick(world.helper, await world.helper.slash(world.channel, "alerts"), "alerts:pick")
    modal = await pick(world.helper, card, "alerts:hush", "24")
    return said(await fill(world.helper, modal, reason="known"))


async def test_a_silence_is_made_listed_and_ended() -> None:
    async with open_told() as (world, _):
        assert "🔕 Nothing is said about this until" in await silence_it(world)

        listed = await world.helper.slash(world.channel, "alerts")
        assert "🔕 silent until" in said(listed)
        assert select_in(listed, "alerts:pick").options[0].description == "silenced"
        silences = await press(world.helper, listed, "Silences (1)")
        assert "“known”" in said(silences)
        assert f"<@{world.helper.id}>" in said(silences)

        ended = await pick(world.helper, silences, "alerts:end")
        assert said(ended).startswith(alert_texts.SILENCE_ENDED)
        assert "Nothing is silenced." in said(ended)
        assert buttons(ended) == ["What is open"]


async def test_who_may_no_longer_silence_cannot_end_one_either() -> None:
    async with open_told() as (world, _):
        await silence_it(world)
        silences = await press(
            world.helper, await world.helper.slash(world.channel, "alerts"), "Silences (1)"
        )
        await world.end()
        world.settings = replace(world.settings, operator_user_ids=frozenset())
        world.start()
        await world.shows("Checked")

        assert said(await pick(world.helper, silences, "alerts:end")) == FOR_HELPERS
        assert len(world.app.alerting.desk.silences) == 1


async def test_a_silence_that_is_over_says_so() -> None:
    async with open_told() as (world, _):
        await silence_it(world)
        silences = await press(
            world.helper, await world.helper.slash(world.channel, "alerts"), "Silences (1)"
        )
        (kept,) = world.app.alerting.desk.silences
        await world.app.alerting.desk.end_silence(kept.id)

        assert said(await pick(world.helper, silences, "alerts:end")).startswith(alert_texts.SILENCE_OVER)


async def put_history(world: World, count: int, **overrides: Any) -> None:
    """Let alerts be over that nobody saw begin."""
    values = {"kind": EventKind.NEEDS_HAND, "is_hidden": 0, "story": None} | overrides

    def put(connection: Connection) -> None:
        connection.executemany(
            "INSERT INTO alert"
            " (dedup, kind, instance, is_hidden, began_at, fired_at, ended_at, ending, story, facts)"
            " VALUES (?, ?, 'radarr', ?, ?, ?, ?, 'solved', ?, ?)",
            (
                (
                    f"old {number}",
                    values["kind"],
                    values["is_hidden"],
                    START.isoformat(),
                    START.isoformat(),
                    (START + timedelta(minutes=number + 1)).isoformat(),
                    values["story"],
                    msgspec.json.encode(Facts(work=Work(title=f"Old film {number:03}"))),
                )
                for number in range(count)
            ),
        )

    await world.store.run(put)


async def test_what_is_over_is_listed_page_by_page_the_latest_first() -> None:
    async with open_quiet() as (world, _):
        await put_history(world, 23)

        first = await press(world.member, await world.member.slash(world.channel, "alerts"), "What is over")
        assert "Old film 022" in said(first)
        assert "Needs a hand · Movies · after 23 min" in said(first)
        second = await press(world.member, first, "Next")
        assert "Page 2" in said(second)
        third = await press(world.member, second, "Next")
        assert "Old film 000" in said(third)
        assert buttons(third) == ["Previous", "What is open", "Renew"]
        assert "Page 2" in said(await press(world.member, third, "Previous"))
        assert "All is well" in said(await press(world.member, third, "What is open"))


async def test_hidden_history_neither_shows_nor_leaves_gaps() -> None:
    async with open_quiet() as (world, _):
        await put_history(world, 240, is_hidden=1)
        await world.store.run(
            lambda connection: connection.execute("UPDATE alert SET is_hidden = 0 WHERE id % 20 = 0").rowcount
        )

        shown = await press(world.member, await world.member.slash(world.channel, "alerts"), "What is over")
        assert said(shown).count("Old film") == 10
        last = await press(world.member, shown, "Next")
        assert said(last).count("Old film") == 2
        assert "Next" not in buttons(last)
        for_helpers = await press(
            world.helper, await world.helper.slash(world.channel, "alerts"), "What is over"
        )
        assert "Old film 239" in said(for_helpers)


@pytest.mark.parametrize("place", ["history.0.99999", "history.0.7"])
async def test_a_page_that_does_not_exist_is_the_first(place: str) -> None:
    async with open_quiet() as (world, _):
        await put_history(world, 3)
        made_up = await forge(world, f"discarr:v1:alerts:next:{place}")

        assert "Old film 002" in said(await press(world.member, made_up, "x"), is_on_public=True)


async def test_a_list_that_this_version_does_not_know_is_what_is_open() -> None:
    async with open_told() as (world, _):
        made_up = await forge(world, "discarr:v1:alerts:back:dreams.0.3")

        assert "1 thing not as" in said(await press(world.member, made_up, "x"), is_on_public=True)


async def test_what_concerns_security_is_for_helpers_only() -> None:
    async with open_quiet() as (world, _):
        await put_history(world, 1, kind=EventKind.SECURITY, story=77)
        made_up = await forge(world, "discarr:v1:alert:details:77:")

        assert alert_texts.FORGOTTEN in said(await press(world.member, made_up, "x"))
        assert "It is over, and nothing more is said about it." in said(
            await press(world.helper, made_up, "x")
        )


async def test_details_of_what_is_over_come_from_the_history() -> None:
    async with open_quiet() as (world, _):
        await put_history(world, 2, story=77)

        shown = await press(world.member, await forge(world, "discarr:v1:alert:details:77:"), "x")

        assert "2 alerts of that message" in said(shown)
        assert "Acknowledge all" not in buttons(shown)
        assert "It is over" in said(await pick(world.member, shown, "alerts:pick"))


async def test_hidden_instances_and_tags_are_in_no_list_of_members() -> None:
    async with open_quiet(environ={"DISCARR_HIDDEN_TAGS": "gift"}) as (world, client):
        client.downloads = (*client.downloads, stuck("Secret present", tags=("gift",)))
        desk = world.app.alerting.desk
        await passes(world, lambda: desk.open_alerts)
        alert_id = desk.open_alerts[0].id
        made_up = await forge(world, picker(alert_id))

        assert "All is well" in said(await world.member.slash(world.channel, "alerts"))
        assert "✓ Nothing needs attention" in said(await world.member.slash(world.channel, "health"))
        assert "Secret present" in said(await world.helper.slash(world.channel, "alerts"))
        refused = await pick(world.member, made_up, "alerts:pick")
        assert said(refused, is_on_public=True).strip() == alert_texts.FORGOTTEN


def picker(value: object) -> discord.ui.Select[discord.ui.View]:
    return discord.ui.Select(
        custom_id=f"discarr:v1:alerts:pick:{LIST}",
        options=[discord.SelectOption(label="x", value=str(value))],
    )


@pytest.mark.parametrize("value", ["0", "nonsense", "9" * 18, "-1", "١"])
async def test_a_choice_that_was_made_up_is_forgotten(value: str) -> None:
    async with open_told() as (world, _):
        made_up = await forge(world, picker(value))

        answer = said(await pick(world.member, made_up, "alerts:pick"), is_on_public=True)

        assert answer.strip() == alert_texts.FORGOTTEN


async def test_controls_of_lists_and_cards_work_after_a_restart() -> None:
    async with open_told() as (world, _):
        shown = await world.helper.slash(world.channel, "alerts")
        await restart(world)
        card = await pick(world.helper, shown, "alerts:pick")
        await restart(world)

        assert said(await press(world.helper, card, "Acknowledge")).startswith(alert_texts.acknowledged(1))


async def test_what_is_about_no_download_has_a_card_of_its_own() -> None:
    async with open_quiet() as (world, client):
        client.error = Unreachable("radarr", "refused at http://radarr:7878")
        await passes(world, lambda: world.app.alerting.desk.open_alerts, step_s=15)
        shown = await world.helper.slash(world.channel, "alerts")

        card = await pick(world.helper, shown, "alerts:pick")

        assert "Movies is offline" in said(card)
        assert "7878" not in said(card)
        assert buttons(card) == ["Back to the list", "Acknowledge"]


async def test_what_was_there_before_discarr_is_listed_and_told_to_nobody() -> None:
    client = FakeMediaClient(name="Movies")
    client.downloads = (stuck("Sunshine"),)
    async with open_world([client]) as world:
        await settle_in(world)
        await passes(world, lambda: world.app.alerting.desk.open_alerts)

        shown = await world.helper.slash(world.channel, "alerts")

        assert "There before Discarr" in said(shown) or "there before Discarr" in said(shown)
        assert "Acknowledge all" not in buttons(shown)
        assert told(world) is None
        card = await pick(world.helper, shown, "alerts:pick")
        assert "Nobody is told: it was so before Discarr came." in said(card)


async def test_helpers_see_what_the_app_itself_says() -> None:
    issue = HealthIssue(source="IndexerRss", level="error", message="No indexer at http://x:1", wiki_url=None)
    async with open_quiet() as (world, client):
        client.health = (issue,)
        desk, wanted = world.app.alerting.desk, EventKind.APP_ERROR
        await passes(world, lambda: wanted in {alert.kind for alert in desk.open_alerts}, step_s=30)
        alert_id = next(alert.id for alert in desk.open_alerts if alert.kind is wanted)
        seen = {}
        for actor in (world.member, world.helper):
            listed = await actor.slash(world.channel, "alerts")
            seen[actor.name] = said(await pick(actor, listed, "alerts:pick", str(alert_id)))

        assert "Source: IndexerRss" in seen["hana"]
        assert "No indexer at …" in seen["hana"]
        assert "No indexer" not in seen["max"]


async def test_a_silence_says_in_words_what_it_is_about() -> None:
    async with open_quiet() as (world, _):
        desk = world.app.alerting.desk
        day, by = timedelta(days=1), world.owner.id
        await desk.silence(lasts=day, reason="", user_id=by, kind=EventKind.STALLED, instance="radarr")
        await desk.silence(lasts=day, reason="", user_id=by, title="Dune")
        await desk.silence(lasts=day, reason="", user_id=by)

        listed = await world.helper.slash(world.channel, "alerts")
        shown = said(await press(world.helper, listed, "Silences (3)"))

        assert "🔕 No data for a long time · Movies" in shown
        assert "🔕 Dune" in shown
        assert "🔕 everything" in shown
