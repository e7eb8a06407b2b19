"""Following as members use it: asking, being told, letting go."""

from dataclasses import replace
from datetime import timedelta

import discord
import pytest

from discarr.core.events import EventKind
from discarr.core.models import DownloadKey, EpisodeNumber
from discarr.core.store import follows
from discarr.discord_bot.ui import follow_text, texts
from discarr.discord_bot.ui.queue_browser import key_token
from tests.discord_bot.stage import (
    alert_in,
    buttons,
    forge,
    movie,
    open_quiet,
    passes,
    pick,
    press,
    restart,
    said,
    select_in,
    told,
)
from tests.fakes.world import World
from tests.monitoring.alerts.test_steps import record

GIFTS = {"DISCARR_HIDDEN_TAGS": "gift"}
EPISODES = tuple(EpisodeNumber(1, number) for number in (1, 2, 3))


def token_of(number: int) -> str:
    return key_token(DownloadKey("radarr", "d", f"H{number}"))


async def follow(world: World, title: str) -> str:
    return said(await world.member.slash(world.channel, "follow", title=title))


async def test_from_asking_to_the_mention_that_it_is_ready() -> None:
    async with open_quiet(movie("Arrival", 1)) as (world, client):
        choices = await world.member.autocomplete(world.channel, "follow", "title", "arr")
        assert choices == [{"name": "Arrival", "value": token_of(1)}]

        assert "🔔 Lean back: you are told when **Arrival** can be watched." in await follow(
            world, choices[0]["value"]
        )
        await restart(world)
        client.downloads = ()
        client.history = (record(1, instance="radarr", download_id="H1", media_id=1, date=world.clock.now()),)

        await passes(world, lambda: told(world) is not None, step_s=15)

        message = alert_in(world)
        assert [user.id for user in message.mentions] == [world.member.id]
        assert "can be watched now" in message.content
        assert buttons(message) == ["What I follow"]
        assert "You follow nothing yet" in said(await press(world.member, message, "What I follow"))


async def test_the_card_of_a_download_follows_and_lets_go() -> None:
    async with open_quiet(movie("Arrival", 1), movie("Dune", 2)) as (world, _):
        listed = await world.member.slash(world.channel, "queue", text="dune")
        card = await pick(world.member, listed, "pick")
        assert buttons(card) == ["Back to the list", "Follow"]

        following = await press(world.member, card, "Follow")
        assert "you are told when **Dune** can be watched" in said(following)
        assert "**What next:**" in said(following)
        assert buttons(following) == ["Back to the list", "Following"]
        await restart(world)

        let_go = await press(world.member, following, "Following")
        assert "You no longer follow **Dune**" in said(let_go)
        assert buttons(let_go) == ["Back to the list", "Follow"]
        back = await press(world.member, let_go, "Back to the list")
        assert "Queue · 1 of 2 downloads" in said(back)


async def test_a_card_of_a_download_that_is_gone_says_so() -> None:
    async with open_quiet(movie("Arrival", 1)) as (world, client):
        card = await pick(world.member, await world.member.slash(world.channel, "queue"), "pick")
        client.downloads = ()
        await passes(world, lambda: not world.app.cache.snapshot.instances[0].downloads)

        gone = await press(world.member, card, "Follow")

        assert texts.DOWNLOAD_GONE in said(gone)
        assert buttons(gone) == ["Back to the list"]


async def test_letting_go_on_an_old_card_of_what_is_not_followed_is_harmless() -> None:
    async with open_quiet() as (world, _):
        made_up = await forge(world, f"discarr:v1:card:0.{token_of(1)}")

        answer = said(await press(world.member, made_up, "x"), is_on_public=True)

        assert answer.startswith(follow_text.LET_GO_ALREADY)


async def test_the_list_says_how_far_each_is_and_lets_go() -> None:
    ended = movie("Arrival", 1)
    async with open_quiet(ended, movie("Dune", 2)) as (world, client):
        await follow(world, token_of(1))
        await follow(world, token_of(2))
        client.downloads = client.downloads[1:]
        await passes(world, lambda: len(world.app.cache.snapshot.instances[0].downloads) == 1)

        listed = await world.member.slash(world.channel, "following")

        assert "You follow 2 titles" in said(listed)
        assert "`1` 🔔 **Arrival**\nnot in the queue right now" in said(listed)
        assert "`2` 🔔 **Dune**\n⬇" in said(listed)
        assert "25 %" in said(listed)
        await restart(world)
        after = await pick(world.member, listed, "follows:end")
        assert "You no longer follow **Arrival**" in said(after)
        assert "You follow 1 title" in said(after)
        assert "You follow 1 title" in said(await press(world.member, after, "Renew"))


async def test_what_was_let_go_of_twice_or_belongs_to_others_is_left_alone() -> None:
    async with open_quiet() as (world, _):
        await follow(world, token_of(1))
        listed = await world.member.slash(world.channel, "following")
        menu = select_in(listed, "follows:end")
        select: discord.ui.Select[discord.ui.View] = discord.ui.Select(
            custom_id=menu.custom_id, options=menu.options
        )
        made_up = await forge(world, select)

        others = said(await pick(world.helper, made_up, "follows:end"), is_on_public=True)

        assert others.startswith(follow_text.LET_GO_ALREADY)
        assert "You follow nothing yet" in others
        assert len(world.app.alerting.desk.follows_of(world.member.id)) == 1


async def test_a_typed_title_is_found_and_several_are_asked_about() -> None:
    async with open_quiet(movie("Dune", 1, year=2021), movie("Dune", 2, year=1984), movie("Heat", 3)) as (
        world,
        _,
    ):
        assert "**Heat**" in await follow(world, "  HEAT ")
        assert "**Dune** (1984)" in await follow(world, "dune 1984")
        asked = await world.member.slash(world.channel, "follow", title="dune")
        assert said(asked).strip() == follow_text.SEVERAL_FOUND
        await restart(world)

        chosen = await pick(world.member, asked, "follows:pick", token_of(1))

        assert "**Dune** (2021)" in said(chosen)
        assert buttons(chosen) == ["Unfollow", "What I follow"]


@pytest.mark.parametrize("typed", ["no such film", "f" * 20, "@everyone", "**"])
async def test_what_is_not_there_is_told_kindly(typed: str) -> None:
    async with open_quiet() as (world, _):
        assert (await follow(world, typed)).strip() == follow_text.NOTHING_FOUND


async def test_a_choice_that_is_gone_is_told_kindly() -> None:
    async with open_quiet() as (world, _):
        select: discord.ui.Select[discord.ui.View] = discord.ui.Select(
            custom_id="discarr:v1:follows:pick1:", options=[discord.SelectOption(label="x", value="made up")]
        )
        made_up = await forge(world, select)

        answer = said(await pick(world.member, made_up, "follows:pick"), is_on_public=True)

        assert answer.strip() == follow_text.NOTHING_FOUND


async def test_what_the_app_does_not_know_cannot_be_followed_yet() -> None:
    async with open_quiet(movie("Unknown", 1, media_id=None)) as (world, _):
        assert await world.member.autocomplete(world.channel, "follow", "title", "") == []
        assert (await follow(world, "unknown")).strip() == follow_text.NOT_MATCHED


async def test_nothing_is_promised_while_admins_have_switched_it_off() -> None:
    async with open_quiet() as (world, _):
        await world.app.alerting.desk.change_rule(EventKind.READY, is_on=False)

        assert (await follow(world, token_of(1))).strip() == follow_text.SWITCHED_OFF
        assert world.app.alerting.desk.follows_of(world.member.id) == ()


async def test_nobody_follows_more_than_fits() -> None:
    count = follows.MAX_FOLLOWS + 1
    async with open_quiet(*(movie(f"Film {number:02}", number) for number in range(count))) as (world, _):
        desk = world.app.alerting.desk
        for download in world.app.cache.snapshot.instances[0].downloads[:-1]:
            await desk.follow(download, world.member.id, is_hidden=False)

        assert (await follow(world, f"Film {count - 1}")).strip() == follow_text.TOO_MANY
        choices = await world.member.autocomplete(world.channel, "follow", "title", "film")
        assert len(choices) == 25
        listed = await world.member.slash(world.channel, "following")
        assert "Page 1 of 5" in said(listed)
        turned = await press(world.member, listed, "Next")
        assert "Page 2 of 5" in said(turned)
        assert "Film 10" in said(turned)


async def test_hidden_titles_are_neither_offered_nor_found() -> None:
    async with open_quiet(movie("Gift", 1, tags=("gift",)), environ=GIFTS) as (world, _):
        assert await world.member.autocomplete(world.channel, "follow", "title", "") == []
        assert (await follow(world, "gift")).strip() == follow_text.NOTHING_FOUND
        assert (await follow(world, token_of(1))).strip() == follow_text.NOTHING_FOUND
        made_up = await forge(
            world, f"discarr:v1:alert:follow:{token_of(1)}:", f"discarr:v1:card:1.{token_of(1)}"
        )
        alert = await world.member.click(made_up, custom_id=f"discarr:v1:alert:follow:{token_of(1)}:")
        card = await world.member.click(made_up, custom_id=f"discarr:v1:card:1.{token_of(1)}")
        assert said(alert) == follow_text.GONE
        assert texts.DOWNLOAD_GONE in said(card, is_on_public=True)
        assert world.app.alerting.desk.follows_of(world.member.id) == ()


async def test_a_helper_follows_what_is_hidden_and_is_told_in_private() -> None:
    async with open_quiet(movie("Gift", 1, tags=("gift",)), environ=GIFTS) as (world, client):
        answer = said(await world.helper.slash(world.channel, "follow", title="gift"))
        assert "so you are told in private" in answer
        client.downloads = ()
        client.history = (record(1, instance="radarr", download_id="H1", media_id=1, date=world.clock.now()),)

        await passes(world, lambda: world.helper.user.dm_channel.last_message is not None, step_s=15)

        message = world.helper.user.dm_channel.last_message
        assert message is not None
        assert "**Gift** can be watched now" in message.content
        assert told(world) is None


async def test_who_is_no_longer_trusted_sees_only_that_there_is_something() -> None:
    async with open_quiet(movie("Gift", 1, tags=("gift",)), environ=GIFTS) as (world, _):
        await world.helper.slash(world.channel, "follow", title="gift")
        await world.end()
        world.settings = replace(world.settings, operator_user_ids=frozenset())
        world.start()
        await world.shows("Checked")

        listed = await world.helper.slash(world.channel, "following")
        assert follow_text.HIDDEN_NOW in said(listed)
        assert "Gift" not in said(listed)
        assert follow_text.HIDDEN_NOW in str(select_in(listed, "follows:end").options[0].label)
        after = said(await pick(world.helper, listed, "follows:end"))
        assert follow_text.LET_GO_OF_HIDDEN in after
        assert "Gift" not in after


async def test_a_season_counts_what_is_there_already() -> None:
    season = movie("Devs", 1, seasons=(1,), episodes=EPISODES, episode_count=3, instance="radarr")
    async with open_quiet(season) as (world, client):
        await follow(world, token_of(1))
        client.history = (
            record(
                1,
                instance="radarr",
                download_id="H1",
                media_id=1,
                episode=EPISODES[0],
                date=world.clock.now() + timedelta(seconds=1),
            ),
        )
        (begun,) = world.app.alerting.notifier.follows
        await passes(world, lambda: world.app.alerting.notifier.follows != (begun,), step_s=30)

        assert "1 of 3 are there" in said(await world.member.slash(world.channel, "following"))
