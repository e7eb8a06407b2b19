"""`/notifications`: what is told, where, how often; every change counts at once and is stored."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import discord

from discarr.core.events import EventKind
from discarr.discord_bot.askers import Askers
from discarr.discord_bot.error_reports import answers_errors
from discarr.discord_bot.services import Services
from discarr.discord_bot.ui import rule_answers
from discarr.discord_bot.ui.delivery_list import DeliveryButton
from discarr.discord_bot.ui.rule_fields import (
    QUIET_FIELDS,
    fields_of,
    present_values,
    quiet_values,
    read_changes,
    unpack,
)
from discarr.discord_bot.ui.rule_pages import (
    FIXED_ROUTES,
    QuietModal,
    TimesModal,
    rule_controls,
    rules_controls,
)
from discarr.discord_bot.ui.rule_text import places, render_rule, render_rules
from discarr.monitoring.alerts.dispatcher import RouteRefused, SinkError
from discarr.monitoring.alerts.quiet_hours import QuietHours
from discarr.monitoring.alerts.routes import Route, RouteKind
from discarr.monitoring.alerts.rules import DEFAULT_RULES, Rule, RuleRefused
from discarr.utils.interaction_utils import (
    safe_defer_interaction,
    safe_send_modal,
    safe_send_response,
    safe_update_message,
)
from discarr.utils.permissions import Capability

_FIELDS = ("is_on", "severity", "delay_s", "group_s", "repeat_s", "routes", "mention_role_id")
_ORDER = {kind: place for place, kind in enumerate(RouteKind)}

type _Asking = discord.Interaction[Any]


class RuleViews:
    """Answers `/notifications`, and is the `RulePages` behind its buttons, selects and modals."""

    def __init__(self, services: Services, askers: Askers) -> None:
        self._services = services
        self._askers = askers

    async def show_new(self, interaction: _Asking) -> None:
        """Answer a deferred interaction with all rules."""
        self._admit(interaction)
        await self._show_all(interaction, is_new=True)

    @answers_errors
    async def show(self, interaction: _Asking) -> None:
        """Show all rules, in place."""
        if await safe_defer_interaction(interaction, thinking=False):
            self._admit(interaction)
            await self._show_all(interaction)

    @answers_errors
    async def show_rule(self, interaction: _Asking, kind: str) -> None:
        """Show one rule, in place."""
        if (rule := await self._take_up(interaction, kind)) is not None:
            await self._show_rule(interaction, rule)

    @answers_errors
    async def switch(self, interaction: _Asking, kind: str, *, is_on: bool) -> None:
        """Switch a kind on or off."""
        if (rule := await self._take_up(interaction, kind)) is not None:
            await self._change(interaction, rule, is_on=is_on)

    @answers_errors
    async def reset(self, interaction: _Asking, kind: str) -> None:
        """Make a rule what it is by default."""
        if (rule := await self._take_up(interaction, kind)) is not None:
            usual = {field: getattr(DEFAULT_RULES[rule.kind], field) for field in _FIELDS}
            await self._change(interaction, rule, said=rule_answers.RESET, **usual)

    @answers_errors
    async def test(self, interaction: _Asking, kind: str) -> None:
        """Send a message to everywhere that a kind is told."""
        if (rule := await self._take_up(interaction, kind)) is None:
            return
        said = rule_answers.NOWHERE_TO_TEST
        if rule.routes:
            await self._services.desk.send_test(rule.routes)
            said = rule_answers.test_sent(places(rule))
        await self._show_rule(interaction, rule, said=said)

    @answers_errors
    async def ask_times(self, interaction: _Asking, kind: str, typed: str) -> None:
        """Open the modal about when and how often, with what is so now or what was typed before."""
        self._admit(interaction)
        known = _kind(kind)
        if known is None:
            await safe_send_response(interaction, rule_answers.NO_SUCH_KIND)
            return
        values = unpack(fields_of(known), typed) or present_values(self._services.desk.rules[known])
        await safe_send_modal(interaction, TimesModal(known, values))

    @answers_errors
    async def set_times(self, interaction: _Asking, kind: str, typed: Mapping[str, str]) -> None:
        """Take when and how often a kind is told; what is refused can be corrected."""
        if (rule := await self._take_up(interaction, kind)) is None:
            return
        try:
            rule = await self._services.desk.change_rule(rule.kind, **read_changes(rule.kind, typed))
        except RuleRefused as refusal:
            said = rule_answers.refused_words(refusal.problem, fields_of(rule.kind), typed)
            await self._show_rule(interaction, rule, said=said, typed=typed)
        else:
            await self._show_rule(interaction, rule, said=rule_answers.CHANGED)

    @answers_errors
    async def set_fixed(self, interaction: _Asking, kind: str, chosen: Sequence[str]) -> None:
        """Choose among the places that need no choosing."""
        if (rule := await self._take_up(interaction, kind)) is None:
            return
        routes = [route for route in FIXED_ROUTES if str(route) in chosen]
        if len(routes) < len(set(chosen)):
            await self._show_rule(interaction, rule, said=rule_answers.NO_SUCH_PLACE)
            return
        await self._set_routes(interaction, rule, {route.kind for route in FIXED_ROUTES}, routes)

    @answers_errors
    async def set_channels(self, interaction: _Asking, kind: str, chosen: Sequence[Any]) -> None:
        """Choose channels and threads; a new one is tried before it counts."""
        if (rule := await self._take_up(interaction, kind)) is None:
            return
        routes = [Route(RouteKind.CHANNEL, channel.id) for channel in chosen]
        for route in routes:
            if route not in rule.routes and (problem := await self._problem_with(route)):
                await self._show_rule(interaction, rule, said=problem)
                return
        await self._set_routes(interaction, rule, {RouteKind.CHANNEL}, routes)

    @answers_errors
    async def set_people(self, interaction: _Asking, kind: str, chosen: Sequence[Any]) -> None:
        """Choose who is told in private: members that may know what is told so."""
        if (rule := await self._take_up(interaction, kind)) is None:
            return
        for person in chosen:
            is_new = Route(RouteKind.USER, person.id) not in rule.routes
            if is_new and (problem := self._problem_with_person(person)):
                await self._show_rule(interaction, rule, said=problem)
                return
        routes = [Route(RouteKind.USER, person.id) for person in chosen]
        await self._set_routes(interaction, rule, {RouteKind.USER}, routes)

    @answers_errors
    async def set_role(self, interaction: _Asking, kind: str, chosen: Sequence[Any]) -> None:
        """Choose the role that is mentioned, or none."""
        if (rule := await self._take_up(interaction, kind)) is None:
            return
        if not chosen:
            await self._change(interaction, rule, mention_role_id=None)
            return
        role_id = chosen[0].id
        role = interaction.guild.get_role(role_id) if interaction.guild is not None else None
        if role_id == interaction.guild_id:
            await self._show_rule(interaction, rule, said=rule_answers.EVERYONE)
        elif role is None:
            await self._show_rule(interaction, rule, said=rule_answers.NO_SUCH_ROLE)
        else:
            pings = role.mentionable or interaction.app_permissions.mention_everyone
            said = rule_answers.CHANGED if pings else rule_answers.ROLE_IS_QUIET
            await self._change(interaction, rule, said=said, mention_role_id=role_id)

    @answers_errors
    async def ask_quiet_hours(self, interaction: _Asking, typed: str) -> None:
        """Open the modal about the quiet hours, with what is so now or what was typed before."""
        self._admit(interaction)
        values = unpack(QUIET_FIELDS, typed) or quiet_values(self._services.desk.quiet_hours)
        await safe_send_modal(interaction, QuietModal(values))

    @answers_errors
    async def set_quiet_hours(self, interaction: _Asking, typed: Mapping[str, str]) -> None:
        """Take the quiet hours; what is refused can be corrected."""
        if not await safe_defer_interaction(interaction, thinking=False):
            return
        self._admit(interaction)
        words = [typed.get(field.id, "") for field in QUIET_FIELDS]
        try:
            await self._services.desk.set_quiet_hours(QuietHours.parse(*words))
        except RuleRefused as refusal:
            said = rule_answers.refused_words(refusal.problem, QUIET_FIELDS, typed)
            await self._show_all(interaction, said=said, typed=typed)
        else:
            await self._show_all(interaction, said=rule_answers.QUIET_SET)

    @answers_errors
    async def end_quiet_hours(self, interaction: _Asking) -> None:
        """Tell everything at any time of day."""
        if await safe_defer_interaction(interaction, thinking=False):
            self._admit(interaction)
            await self._services.desk.set_quiet_hours(None)
            await self._show_all(interaction, said=rule_answers.QUIET_ENDED)

    def _admit(self, interaction: _Asking) -> None:
        self._askers.here(interaction).require(Capability.CHANGE_RULES)

    async def _take_up(self, interaction: _Asking, kind: str) -> Rule | None:
        """Acknowledge, check, and return the rule that is meant; None where that was answered already."""
        if not await safe_defer_interaction(interaction, thinking=False):
            return None
        self._admit(interaction)
        known = _kind(kind)
        if known is None:
            await self._show_all(interaction, said=rule_answers.NO_SUCH_KIND)
            return None
        return self._services.desk.rules[known]

    async def _change(
        self, interaction: _Asking, rule: Rule, *, said: str = rule_answers.CHANGED, **changes: Any
    ) -> None:
        try:
            rule = await self._services.desk.change_rule(rule.kind, **changes)
        except RuleRefused as refusal:
            said = rule_answers.refused(refusal.problem)
        await self._show_rule(interaction, rule, said=said)

    async def _set_routes(
        self, interaction: _Asking, rule: Rule, kinds: set[RouteKind], chosen: Iterable[Route]
    ) -> None:
        """Replace the routes of some kinds."""
        routes = [route for route in rule.routes if route.kind not in kinds]
        routes = sorted({*routes, *chosen}, key=lambda route: (_ORDER[route.kind], route.id or 0))
        await self._change(interaction, rule, routes=tuple(routes))

    async def _problem_with(self, route: Route) -> str:
        """Return why nothing can be told there; empty where it can."""
        try:
            await self._services.sink.channel_of(route)
        except RouteRefused as refusal:
            return rule_answers.refused(refusal.reason)
        except SinkError:
            return rule_answers.DISCORD_SILENT
        return ""

    def _problem_with_person(self, person: discord.Member | discord.User) -> str:
        """Return why somebody is not told in private; empty where they can be."""
        if person.bot:
            return rule_answers.NO_BOT
        if not isinstance(person, discord.Member):
            return rule_answers.NO_MEMBER
        kept = self._askers.kept_from_members
        is_anything_kept = bool(kept.instances or kept.tags)
        if is_anything_kept and not self._askers.judge(person).may(Capability.SEE_HIDDEN):
            return rule_answers.SEES_LESS
        return ""

    async def _show_rule(
        self, interaction: _Asking, rule: Rule, *, said: str = "", typed: Mapping[str, str] | None = None
    ) -> None:
        guild = interaction.guild
        ids = [route.id for route in rule.routes if route.id is not None]
        known = [found for found in ids if guild is not None and guild.get_channel_or_thread(found)]
        now = self._services.clock.now()
        controls = rule_controls(rule, known_channels=known, typed=typed, now=now)
        await safe_update_message(interaction, said or None, embed=render_rule(rule), view=controls)

    async def _show_all(
        self,
        interaction: _Asking,
        *,
        said: str = "",
        typed: Mapping[str, str] | None = None,
        is_new: bool = False,
    ) -> None:
        desk = self._services.desk
        counts = await desk.outbox_counts()
        embed = render_rules(desk.rules.rules, desk.quiet_hours, counts)
        controls = rules_controls(
            desk.rules.rules,
            desk.quiet_hours,
            typed=typed,
            undelivered=DeliveryButton.build(counts.dead),
            now=self._services.clock.now(),
        )
        if is_new:
            await safe_send_response(interaction, said or None, embed=embed, view=controls)
        else:
            await safe_update_message(interaction, said or None, embed=embed, view=controls)


def _kind(text: str) -> EventKind | None:
    """Return the kind of that name; None for one that this version does not know."""
    try:
        return EventKind(text)
    except ValueError:
        return None
