"""The buttons below what people are told: who may press them, what they do, and what outlives a restart."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import discord
import pytest
import simcord

from discarr.core.events import EventKind
from discarr.core.models import DownloadKey
from discarr.discord_bot.notifications import NOTICE_MARK
from discarr.discord_bot.ui import alert_texts, follow_text, texts
from discarr.discord_bot.ui.queue_browser import key_token
from discarr.monitoring.alerts.routes import ALERTS, OWNER, Route, RouteKind
from discarr.utils.permissions import Level
from tests.discord_bot.stage import (
    Actor,
    alert_in,
    buttons,
    fill,
    forge,
    get_stuck,
    open_quiet,
    open_told,
    passes,
    pick,
    press,
    restart,
    said,
    select_in,
    stuck,
)
from tests.fakes.world import World, embed_text

FOR_HELPERS = texts.NOT_ALLOWED[Level.OPERATOR]
UNKNOWN_STORY = "999"
TOKEN = key_token(DownloadKey("radarr", "d", "H50"))


def shown_in_thread(world: World) -> str:
    return embed_text(alert_in(world).embeds[0])


async def silence(world: World, actor: Actor, hours: str = "8", reason: str = "a new disk") -> str:
    """Press Silence, choose how long, say why; return the answer."""
    asked = await press(actor, alert_in(world), "Silence")
    modal = await pick(actor, asked, "alert:hush", hours)
    return said(await fill(actor, modal, reason=reason))


async def test_a_helper_acknowledges_and_everybody_sees_who_looks_after_it() -> None:
    async with open_told() as (world, _):
        answer = await press(world.helper, alert_in(world), "Acknowledge")

        assert said(answer) == alert_texts.acknowledged(1)
        await passes(world, lambda: f"<@{world.helper.id}> looks after it" in shown_in_thread(world))
        assert "Acknowledge" not in buttons(alert_in(world))


async def test_who_comes_second_learns_who_was_first() -> None:
    async with open_told() as (world, _):
        message = alert_in(world)
        await press(world.helper, message, "Acknowledge")

        again = await press(world.owner, await forge(world, "discarr:v1:alert:acknowledge:1:"), "x")

        assert said(again) == alert_texts.looked_after(world.helper.id)


async def test_an_acknowledgement_outlives_a_restart_and_the_buttons_do() -> None:
    async with open_told() as (world, _):
        await restart(world)
        assert said(await press(world.helper, alert_in(world), "Acknowledge")) == alert_texts.acknowledged(1)
        await restart(world)

        details = await press(world.member, alert_in(world), "Details")

        assert f"<@{world.helper.id}> looks after it" in said(details)


@pytest.mark.parametrize("verb", ["Acknowledge", "Silence"])
async def test_members_may_neither_acknowledge_nor_silence(verb: str) -> None:
    async with open_told() as (world, _):
        assert said(await press(world.member, alert_in(world), verb)) == FOR_HELPERS
        assert world.app.alerting.desk.open_alerts[0].acknowledged_by is None


async def test_a_member_who_makes_up_the_choice_and_the_reason_silences_nothing() -> None:
    async with open_told() as (world, _):
        asked = await press(world.helper, alert_in(world), "Silence")
        menu = select_in(asked, "alert:hush")
        select: discord.ui.Select[discord.ui.View] = discord.ui.Select(
            custom_id=menu.custom_id, options=menu.options
        )
        made_up = await forge(world, select)

        modal = await pick(world.member, made_up, "alert:hush", "8")
        answer = await fill(world.member, modal, reason="mine")

        assert said(answer) == FOR_HELPERS
        assert world.app.alerting.desk.silences == ()


async def test_silencing_keeps_it_quiet_for_as_long_and_says_where_to_end_it() -> None:
    async with open_told() as (world, _):
        answer = await silence(world, world.helper)

        (kept,) = world.app.alerting.desk.silences
        assert (kept.reason, kept.created_by) == ("a new disk", world.helper.id)
        assert (kept.ends_at - kept.created_at).total_seconds() == 8 * 3600
        assert "**Sunshine**" in answer
        assert "`/alerts` shows what is silenced" in answer
        assert "silent until" in said(await press(world.member, alert_in(world), "Details"))


async def test_every_step_of_silencing_works_after_a_restart() -> None:
    async with open_told() as (world, _):
        asked = await press(world.helper, alert_in(world), "Silence")
        await restart(world)
        modal = await pick(world.helper, asked, "alert:hush", "1")
        await restart(world)

        await fill(world.helper, modal, reason="")

        (kept,) = world.app.alerting.desk.silences
        assert kept.reason == ""


async def test_the_silence_of_a_message_about_several_covers_their_kind_and_server() -> None:
    async with open_told(stuck("Sunshine", 50), stuck("Solaris", 51)) as (world, _):
        await passes(world, lambda: "Solaris" in shown_in_thread(world))

        answer = await silence(world, world.helper)

        assert "everything of the kind “Needs a hand” at Movies" in answer
        (kept,) = world.app.alerting.desk.silences
        assert (kept.dedup, kept.instance) == (None, "radarr")
        assert "2 alerts of that message" in said(await press(world.helper, alert_in(world), "Details"))


async def test_what_is_over_needs_nothing_and_what_is_forgotten_says_so() -> None:
    async with open_told() as (world, _):
        made_up = await forge(
            world, *(f"discarr:v1:alert:{verb}:{UNKNOWN_STORY}:" for verb in ("acknowledge", "silence"))
        )
        for custom_id in ("acknowledge", "silence"):
            pressed = await world.helper.click(
                made_up, custom_id=f"discarr:v1:alert:{custom_id}:{UNKNOWN_STORY}:"
            )
            assert said(pressed) == alert_texts.OVER

        details = await forge(world, f"discarr:v1:alert:details:{UNKNOWN_STORY}:")
        forgotten = await press(world.helper, details, "x")
        assert alert_texts.FORGOTTEN in said(forgotten)
        assert buttons(forgotten) == ["What is open", "What is over"]


async def test_members_see_why_and_helpers_the_technical_side() -> None:
    async with open_told() as (world, _):
        member = said(await press(world.member, alert_in(world), "Details"))
        helper = said(await press(world.helper, alert_in(world), "Details"))

        for seen in (member, helper):
            assert "**Sunshine**" in seen
            assert "**What next:** It is told again every day until somebody acknowledges it." in seen
        assert "qBittorrent" not in member
        assert "Alert 1" not in member
        assert "qBittorrent" in helper
        assert "Alert 1, told in message 1" in helper


async def test_buttons_of_a_lost_database_do_nothing() -> None:
    async with open_told() as (world, _):
        await world.store.put_meta(NOTICE_MARK, "another")

        for label in ("Acknowledge", "Silence", "Details"):
            assert said(await press(world.helper, alert_in(world), label)) == alert_texts.OTHER_DATABASE
        assert world.app.alerting.desk.open_alerts[0].acknowledged_by is None


@asynccontextmanager
async def open_told_in_private(*, environ: Mapping[str, str] | None = None) -> AsyncIterator[World]:
    """A world in which alerts go to the owner and to the member, in private."""
    async with open_quiet(environ=environ) as (world, client):
        routes = (ALERTS, OWNER, Route(RouteKind.USER, world.member.id))
        await world.app.alerting.desk.change_rule(EventKind.NEEDS_HAND, routes=routes)
        await get_stuck(world, client)
        await passes(world, lambda: all(last_in_private(actor) for actor in (world.owner, world.member)))
        yield world


def last_in_private(actor: simcord.MemberActor) -> discord.Message | None:
    return actor.user.dm_channel.last_message


async def test_in_private_people_may_what_they_may_on_the_server() -> None:
    async with open_told_in_private() as world:
        to_owner, to_member = last_in_private(world.owner), last_in_private(world.member)
        assert to_owner is not None
        assert to_member is not None

        assert said(await press(world.member.user, to_member, "Acknowledge")) == FOR_HELPERS
        assert said(await press(world.owner.user, to_owner, "Acknowledge")) == alert_texts.acknowledged(1)
        assert "**Sunshine**" in said(await press(world.member.user, to_member, "Details"))
        asked = await press(world.owner.user, to_owner, "Silence")
        modal = await pick(world.owner.user, asked, "alert:hush", "1")
        assert "Nothing is said about this" in said(await fill(world.owner.user, modal, reason=""))


@pytest.mark.parametrize(
    ("status", "code", "answer"),
    [(404, 10007, texts.NOT_ALLOWED[Level.VIEWER]), (500, 0, texts.MEMBER_UNKNOWN)],
)
async def test_who_left_or_cannot_be_looked_up_learns_nothing_in_private(
    status: int, code: int, answer: str
) -> None:
    async with open_told_in_private() as world:
        message = last_in_private(world.member)
        assert message is not None
        world.env.inject_error(
            "GET", f"/guilds/{world.guild.id}/members/{world.member.id}", status=status, code=code
        )

        assert said(await press(world.member.user, message, "Details")) == answer
        lines = [line.entry for line in await world.app.acting.desk.audit()]
        found = [(line.actor, line.level, line.action, line.request) for line in lines]
        refused = (world.member.id, Level.STRANGER, "look", '{"asked":"alert:details"}')
        assert found == ([refused] if status == 404 else [])


async def test_what_is_hidden_stays_hidden_whatever_the_id_says() -> None:
    environ = {"DISCARR_HIDDEN_TAGS": "gift"}
    async with open_quiet(environ=environ) as (world, client):
        await world.app.alerting.desk.change_rule(EventKind.NEEDS_HAND, routes=(ALERTS, OWNER))
        client.downloads = (*client.downloads, stuck("Secret present", tags=("gift",)))
        await passes(world, lambda: last_in_private(world.owner) is not None)
        story_id = world.app.alerting.desk.open_alerts[0].story
        made_up = await forge(world, f"discarr:v1:alert:details:{story_id}:")

        seen_by_member = said(await press(world.member, made_up, "x"))
        seen_by_helper = said(await press(world.helper, made_up, "x"))

        assert alert_texts.FORGOTTEN in seen_by_member
        assert "Secret present" in seen_by_helper


async def test_an_alert_leads_to_following_and_out_of_it_again() -> None:
    async with open_told() as (world, client):
        first = await press(world.member, alert_in(world), "Follow")
        second = await press(world.member, alert_in(world), "Follow")
        assert "you are told when **Sunshine** can be watched" in said(first)
        assert "You follow **Sunshine** already" in said(second)
        assert buttons(second) == ["Unfollow", "What I follow"]
        assert "You follow 1 title" in said(await press(world.member, second, "What I follow"))

        assert "You no longer follow **Sunshine**" in said(await press(world.member, first, "Unfollow"))
        assert said(await press(world.member, second, "Unfollow")) == follow_text.LET_GO_ALREADY

        client.downloads = ()
        await world.while_time_passes(world.member.slash(world.channel, "check"))
        await passes(world, lambda: not world.app.cache.snapshot.downloads)
        gone = await press(world.member, await forge(world, f"discarr:v1:alert:follow:{TOKEN}:"), "x")
        assert said(gone) == follow_text.GONE


async def test_nobody_ends_what_somebody_else_follows() -> None:
    async with open_told() as (world, _):
        mine = await press(world.member, alert_in(world), "Follow")
        assert "Unfollow" in buttons(mine)
        made_up = await forge(world, "discarr:v1:alert:unfollow:1:")

        answer = said(await press(world.helper, made_up, "x"), is_on_public=True)

        assert answer == follow_text.LET_GO_ALREADY
        assert len(world.app.alerting.desk.follows_of(world.member.id)) == 1


async def test_lists_lead_to_the_queue_and_to_what_is_open() -> None:
    async with open_told() as (world, _):
        made_up = await forge(world, "discarr:v1:alert:browse::", "discarr:v1:alert:open::")

        browsed = await world.member.click(made_up, custom_id="discarr:v1:alert:browse::")
        opened = await world.member.click(made_up, custom_id="discarr:v1:alert:open::")

        assert "Queue · 2 downloads" in said(browsed)
        assert "1 thing not as it should be" in said(opened)


async def test_nothing_changes_while_the_database_cannot_be_written() -> None:
    async with open_told() as (world, _):
        message = alert_in(world)
        await world.store.close()

        answer = said(await press(world.helper, message, "Acknowledge"))

        assert answer.startswith("This could not be stored or read: the store is closed")
        assert world.app.alerting.desk.open_alerts[0].acknowledged_by is None
