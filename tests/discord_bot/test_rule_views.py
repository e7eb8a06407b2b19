"""`/notifications`: who may change what is told, what counts at once, and what is refused with a reason."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import discord
import pytest
import simcord

from discarr.core.events import EventKind, Severity
from discarr.discord_bot.ui import rule_answers, texts
from discarr.monitoring.alerts.routes import ALERTS, LOG, OWNER, Route, RouteKind
from discarr.monitoring.alerts.rules import DEFAULT_BOOK, DEFAULT_RULES, Rule
from discarr.utils.permissions import Level
from tests.discord_bot.stage import (
    buttons,
    fill,
    forge,
    message_of,
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

FOR_ADMINS = texts.NOT_ALLOWED[Level.ADMIN]
HANDS = EventKind.NEEDS_HAND


@asynccontextmanager
async def open_rules(kind: EventKind = HANDS) -> AsyncIterator[tuple[World, simcord.InteractionResult]]:
    """Yield a world in which the owner looks at one rule."""
    async with open_quiet() as (world, _):
        yield world, await look_at(world, kind)


async def look_at(world: World, kind: EventKind) -> simcord.InteractionResult:
    shown = await world.owner.slash(world.channel, "notifications")
    return await pick(world.owner, shown, "rules:kind", kind.value)


def rule_of(world: World, kind: EventKind = HANDS) -> Rule:
    return world.app.alerting.desk.rules[kind]


def select_with(custom_id: str, *values: str) -> discord.ui.Select[discord.ui.View]:
    options = [discord.SelectOption(label="x", value=value) for value in values]
    return discord.ui.Select(custom_id=f"discarr:v1:{custom_id}", options=options)


MADE_UP = (
    "rules:list:",
    "rules:switch:0.needs_hand",
    "rules:reset:needs_hand",
    "rules:test:needs_hand",
    "rules:times:needs_hand|",
    "rules:quiet:",
    "rules:noquiet:",
    "mail:list:0",
    "mail:all:",
)


@pytest.mark.parametrize("custom_id", MADE_UP)
async def test_helpers_and_members_may_press_none_of_it(custom_id: str) -> None:
    async with open_quiet() as (world, _):
        made_up = await forge(world, f"discarr:v1:{custom_id}")

        for actor in (world.member, world.helper):
            assert said(await press(actor, made_up, "x")) == FOR_ADMINS
        assert world.app.alerting.desk.rules == DEFAULT_BOOK


async def test_helpers_and_members_may_choose_none_of_it_and_not_look() -> None:
    async with open_quiet() as (world, _):
        crew = world.guild.create_role("Crew")
        members = [await world.member.slash(world.channel, "notifications")]
        choices: list[tuple[discord.ui.Item[discord.ui.View], object]] = [
            (select_with("rules:kind1:", "needs_hand"), "needs_hand"),
            (select_with("rules:fixed1:needs_hand", "log"), "log"),
            (discord.ui.ChannelSelect(custom_id="discarr:v1:rules:channels1:needs_hand"), world.channel),
            (discord.ui.UserSelect(custom_id="discarr:v1:rules:people1:needs_hand"), world.member),
            (discord.ui.RoleSelect(custom_id="discarr:v1:rules:role1:needs_hand"), crew),
            (select_with("mail:one1:0", "1"), "1"),
        ]
        for select, value in choices:
            members.append(await world.helper.select(await forge(world, select), [value]))

        assert {said(result) for result in members} == {FOR_ADMINS}
        assert world.app.alerting.desk.rules == DEFAULT_BOOK


async def test_who_is_no_longer_an_admin_when_the_form_is_sent_changes_nothing() -> None:
    async with open_quiet() as (world, _):
        await name_admins(world, world.helper.id)
        shown = await world.helper.slash(world.channel, "notifications")
        quiet_hours = await press(world.helper, shown, "Quiet hours")
        rule = await pick(world.helper, shown, "rules:kind", HANDS.value)
        times = await press(world.helper, rule, "When, how often")
        await name_admins(world)

        assert said(await world.helper.submit_modal(quiet_hours, {})) == FOR_ADMINS
        assert said(await world.helper.submit_modal(times, {"severity": ["critical"]})) == FOR_ADMINS
        assert world.app.alerting.desk.quiet_hours is None
        assert world.app.alerting.desk.rules == DEFAULT_BOOK


async def name_admins(world: World, *user_ids: int) -> None:
    await world.end()
    world.settings = replace(world.settings, admin_user_ids=frozenset(user_ids))
    world.start()
    await world.shows("Checked")


async def test_an_admin_sees_everything_that_is_told_and_how_delivery_is_doing() -> None:
    async with open_quiet() as (world, _):
        shown = await world.owner.slash(world.channel, "notifications")

        assert "● **Needs a hand** · after 2 min · again every day · the thread for alerts" in said(shown)
        assert "○ Download started · off" in said(shown)
        assert "🌙 No quiet hours\n✉ Everything is delivered" in said(shown)
        assert len(select_in(shown, "rules:kind").options) == len(EventKind) <= 25
        assert buttons(shown) == ["Quiet hours", "Not delivered", "Renew"]
        assert "What is told" in said(await press(world.owner, shown, "Renew"))


async def test_switching_counts_at_once_and_outlives_a_restart() -> None:
    async with open_rules() as (world, shown):
        off = await press(world.owner, shown, "Switch off")
        assert rule_answers.CHANGED in said(off)
        assert "○ **Off**" in said(off)
        assert "✎ Not as by default: on or off" in said(off)
        await restart(world)

        assert not rule_of(world).is_on
        assert "Switch on" in buttons(off)
        default = await press(world.owner, off, "As by default")
        assert rule_answers.RESET in said(default)
        assert rule_of(world) == DEFAULT_RULES[HANDS]
        assert "What is told" in said(await press(world.owner, default, "Back"))


async def test_times_are_typed_and_stored() -> None:
    async with open_rules() as (world, shown):
        modal = await press(world.owner, shown, "When, how often")
        assert modal.modal is not None
        assert modal.modal["title"] == "Needs a hand"
        assert [field["component"].get("value") for field in modal.modal["components"][1:]] == [
            "2 min",
            "5 min",
            "1 d",
        ]
        await restart(world)

        done = await world.owner.submit_modal(
            modal, {"severity": ["critical"], "delay": "90 s", "group": "0", "repeat": "never"}
        )

        assert "critical: told in quiet hours, too" in said(done)
        rule = rule_of(world)
        assert (rule.severity, rule.delay_s, rule.group_s, rule.repeat_s) == (Severity.CRITICAL, 90, 0, None)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ({"delay": "soon"}, "“How long it has to be so” is no span of time."),
        ({"delay": "2 d"}, "the delay must be between 0 and 24 hours"),
        ({"repeat": "5 min"}, "repeat it after 10 minutes to 30 days, or never"),
        ({"delay": "3 h", "repeat": "1 h"}, "it would be repeated before it is told; make the delay shorter"),
        ({"group": "<@1>|x"}, "The time within which alerts share a message is no span"),
    ],
)
async def test_what_makes_no_sense_is_refused_where_it_was_typed_and_not_lost(
    words: dict[str, str], problem: str
) -> None:
    async with open_rules() as (world, shown):
        typed = {"delay": "2 min", "group": "5 min", "repeat": "1 d"} | words
        modal = await press(world.owner, shown, "When, how often")

        refused = await world.owner.submit_modal(modal, {"severity": ["warning"], **typed})

        assert problem in said(refused)
        assert rule_of(world) == DEFAULT_RULES[HANDS]
        again = await press(world.owner, refused, "Correct it")
        assert again.modal is not None
        kept = [field["component"].get("value") for field in again.modal["components"][1:]]
        assert kept == [value.replace("|", " ") for value in typed.values()]
        assert "<@" not in said(refused)


async def test_places_are_chosen_and_none_at_all_is_refused() -> None:
    async with open_rules() as (world, shown):
        both = await pick(world.owner, shown, "rules:fixed", "log", "owner")
        assert "**Where:** the event log, the owner" in said(both)
        assert rule_of(world).routes == (LOG, OWNER)

        menu = select_in(both, "rules:fixed")
        none = await world.owner.select(message_of(both), [], custom_id=menu.custom_id)

        assert "choose where it is told, or switch it off" in said(none)
        assert rule_of(world).routes == (LOG, OWNER)


async def test_a_channel_counts_only_if_something_can_be_told_there() -> None:
    async with open_rules() as (world, shown):
        news = world.guild.create_text_channel("news")
        closed = world.guild.create_text_channel(
            "closed", overwrites={world.guild.default_role: discord.PermissionOverwrite(send_messages=False)}
        )

        added = await pick(world.owner, shown, "rules:channels", news)
        assert f"the thread for alerts, <#{news.id}>" in said(added)
        assert [value.id for value in select_in(added, "rules:channels").default_values] == [news.id]
        refused = await pick(world.owner, added, "rules:channels", closed)
        assert "Give Discarr Send Messages" in said(refused)
        assert rule_of(world).routes == (ALERTS, Route(RouteKind.CHANNEL, news.id))


async def test_a_channel_that_is_gone_is_no_longer_offered_and_is_replaced_by_another() -> None:
    async with open_quiet() as (world, _):
        gone = Route(RouteKind.CHANNEL, 4)
        await world.app.alerting.desk.change_rule(HANDS, routes=(ALERTS, gone))
        other = world.guild.create_text_channel("other")

        shown = await look_at(world, HANDS)

        assert select_in(shown, "rules:channels").default_values == []
        await pick(world.owner, shown, "rules:channels", other)
        assert rule_of(world).routes == (ALERTS, Route(RouteKind.CHANNEL, other.id))


async def test_while_discord_does_not_answer_no_place_is_taken() -> None:
    async with open_rules() as (world, shown):
        private = world.guild.create_text_channel("private")
        await world.app.alerting.desk.change_rule(HANDS, routes=(ALERTS,))
        world.app.sink.detach(world.bot)

        answer = await pick(world.owner, shown, "rules:channels", private)

        assert rule_answers.DISCORD_SILENT in said(answer)
        assert rule_of(world).routes == (ALERTS,)


async def test_people_are_told_in_private_if_they_may_know() -> None:
    async with open_rules() as (world, shown):
        done = await pick(world.owner, shown, "rules:people", world.member)
        assert f"<@{world.member.id}>" in said(done)
        assert Route(RouteKind.USER, world.member.id) in rule_of(world).routes

        robot = world.guild.add_member(world.env.create_user("robot", bot=True))
        assert rule_answers.NO_BOT in said(await pick(world.owner, done, "rules:people", robot))


async def test_a_role_is_mentioned_only_when_it_was_chosen() -> None:
    def take_rights(env: simcord.Env) -> None:
        for role in env.backend.get_guild(env.guild.id).roles.values():
            role.permissions &= ~discord.Permissions(mention_everyone=True).value

    async with open_quiet(prepare=take_rights) as (world, _):
        shown = await look_at(world, HANDS)
        crew = world.guild.create_role("Crew")
        loud = world.guild.create_role("Loud", mentionable=True)

        quiet = await pick(world.owner, shown, "rules:role", crew)
        assert rule_answers.ROLE_IS_QUIET in said(quiet)
        pinged = await pick(world.owner, quiet, "rules:role", loud)
        assert f"**Mentioned:** <@&{loud.id}>" in said(pinged)
        everyone = await pick(world.owner, pinged, "rules:role", world.guild.default_role)
        assert rule_answers.EVERYONE in said(everyone)
        assert rule_of(world).mention_role_id == loud.id
        menu = select_in(everyone, "rules:role")
        nobody = await world.owner.select(message_of(everyone), [], custom_id=menu.custom_id)
        assert "**Mentioned:** nobody" in said(nobody)
        assert rule_of(world).mention_role_id is None


async def test_quiet_hours_are_typed_corrected_and_ended() -> None:
    async with open_quiet() as (world, _):
        shown = await world.owner.slash(world.channel, "notifications")
        modal = await press(world.owner, shown, "Quiet hours")
        await restart(world)
        refused = await fill(world.owner, modal, start="22:30", end="7", zone="Europe/Nowhere")
        assert "There is no time zone of that name." in said(refused)
        assert "Time zone: “Europe" in said(refused)
        assert world.app.alerting.desk.quiet_hours is None

        again = await press(world.owner, refused, "Correct the quiet hours")
        assert again.modal is not None
        assert [field["component"].get("value") for field in again.modal["components"]] == [
            "22:30",
            "7",
            "Europe/Nowhere",
        ]
        done = await fill(world.owner, again, start="22:30", end="7", zone="Europe/Berlin")
        assert "🌙 Quiet hours 22:30–07:00 (Europe\\/Berlin)" in said(done)
        await restart(world)
        assert world.app.alerting.desk.quiet_hours is not None
        assert rule_answers.QUIET_ENDED in said(await press(world.owner, done, "No quiet hours"))
        assert world.app.alerting.desk.quiet_hours is None


async def test_a_test_arrives_where_it_is_told() -> None:
    async with open_rules() as (world, shown):
        sent = await press(world.owner, shown, "Test")

        assert rule_answers.test_sent("the thread for alerts") in said(sent)
        await passes(world, lambda: told(world) is not None)
        message = told(world)
        assert message is not None
        assert "A test" in str(message.embeds[0].title)
        assert message.mentions == message.role_mentions == []


async def test_there_is_nothing_to_test_without_a_place() -> None:
    async with open_rules(EventKind.GRABBED) as (world, shown):
        await world.app.alerting.desk.change_rule(EventKind.GRABBED, routes=())

        assert rule_answers.NOWHERE_TO_TEST in said(await press(world.owner, shown, "Test"))


async def test_kinds_and_places_of_another_version_are_refused() -> None:
    async with open_quiet() as (world, _):
        made_up = await forge(
            world,
            "discarr:v1:rules:switch:1.dreams",
            "discarr:v1:rules:times:dreams|",
            "discarr:v1:rules:test:dreams",
        )
        for custom_id in ("rules:switch:1.dreams", "rules:test:dreams"):
            answer = await world.owner.click(made_up, custom_id=f"discarr:v1:{custom_id}")
            assert said(answer, is_on_public=True).startswith(rule_answers.NO_SUCH_KIND)
            made_up = await forge(world, "discarr:v1:rules:times:dreams|", "discarr:v1:rules:test:dreams")
        asked = await world.owner.click(made_up, custom_id="discarr:v1:rules:times:dreams|")
        assert said(asked) == rule_answers.NO_SUCH_KIND
        places = await forge(world, select_with("rules:fixed1:needs_hand", "moon"))
        refused = said(await world.owner.select(places, ["moon"]), is_on_public=True)
        assert refused.startswith(rule_answers.NO_SUCH_PLACE)
        assert world.app.alerting.desk.rules == DEFAULT_BOOK


async def test_who_sees_less_is_not_told_in_private_what_is_hidden() -> None:
    async with open_quiet(environ={"DISCARR_HIDDEN_TAGS": "gift"}) as (world, _):
        shown = await look_at(world, HANDS)

        refused = await pick(world.owner, shown, "rules:people", world.member)
        assert rule_answers.SEES_LESS in said(refused)
        assert rule_of(world).routes == (ALERTS,)
        await pick(world.owner, refused, "rules:people", world.helper)
        assert rule_of(world).routes == (ALERTS, Route(RouteKind.USER, world.helper.id))


async def test_who_is_no_member_is_not_told() -> None:
    async with open_rules() as (world, shown):
        stranger = world.env.create_user("stranger")

        assert rule_answers.NO_MEMBER in said(await pick(world.owner, shown, "rules:people", stranger))
