"""Buttons, selects and modals of `/notifications`."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

import discord

from discarr.core.events import EventKind
from discarr.discord_bot.ui.lasting import (
    AnyInteraction,
    AnySelect,
    LastingButton,
    LastingModal,
    LastingSelect,
    id_of,
    template,
)
from discarr.discord_bot.ui.rule_fields import QUIET_FIELDS, Field, fields_of, pack
from discarr.discord_bot.ui.rule_text import WITH_ROLE, summary
from discarr.monitoring.alerts.quiet_hours import QuietHours
from discarr.monitoring.alerts.routes import ALERTS, LOG, OWNER, Route, RouteKind
from discarr.monitoring.alerts.rules import MAX_ROUTES, Rule, label

_KIND: Final = r"[a-z_]{1,20}"
_CHANNEL_TYPES: Final = [
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.public_thread,
    discord.ChannelType.private_thread,
    discord.ChannelType.news_thread,
]
_FIXED: Final = {
    ALERTS: ("Thread for alerts", "Under the live message; made when it is needed"),
    LOG: ("Event log", "A second thread there, for those who read everything"),
    OWNER: ("Owner", "A direct message to the owner of the server"),
}
FIXED_ROUTES: Final = tuple(_FIXED)
"""Places that need no choosing of a channel or person."""


class RulePages(Protocol):
    """What these controls ask for; the client carries it as `rule_pages`.

    Each answers by itself, in place, and judges anew whether the person may. `kind` is whatever the id holds.
    """

    async def show(self, interaction: AnyInteraction) -> None:
        """Show all rules."""

    async def show_rule(self, interaction: AnyInteraction, kind: str) -> None:
        """Show one rule."""

    async def switch(self, interaction: AnyInteraction, kind: str, *, is_on: bool) -> None:
        """Switch a kind on or off."""

    async def reset(self, interaction: AnyInteraction, kind: str) -> None:
        """Make a rule what it is by default."""

    async def test(self, interaction: AnyInteraction, kind: str) -> None:
        """Send a message to everywhere that a kind is told."""

    async def ask_times(self, interaction: AnyInteraction, kind: str, typed: str) -> None:
        """Open the modal about when and how often; `typed` is what was typed before, packed."""

    async def set_times(self, interaction: AnyInteraction, kind: str, typed: Mapping[str, str]) -> None:
        """Take what was typed there."""

    async def set_fixed(self, interaction: AnyInteraction, kind: str, chosen: Sequence[str]) -> None:
        """Choose among the places that need no choosing; texts of routes."""

    async def set_channels(self, interaction: AnyInteraction, kind: str, chosen: Sequence[Any]) -> None:
        """Choose the channels and threads where a kind is told."""

    async def set_people(self, interaction: AnyInteraction, kind: str, chosen: Sequence[Any]) -> None:
        """Choose the people who are told in private."""

    async def set_role(self, interaction: AnyInteraction, kind: str, chosen: Sequence[Any]) -> None:
        """Choose the role that is mentioned, or none."""

    async def ask_quiet_hours(self, interaction: AnyInteraction, typed: str) -> None:
        """Open the modal about the quiet hours; `typed` is what was typed before, packed."""

    async def set_quiet_hours(self, interaction: AnyInteraction, typed: Mapping[str, str]) -> None:
        """Take what was typed there."""

    async def end_quiet_hours(self, interaction: AnyInteraction) -> None:
        """Tell everything at any time of day."""


class RulesButton(LastingButton, template=template("rules:list", "")):
    """Leads to all rules."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).show(interaction)


class RuleSelect(LastingSelect, template=template("rules:kind", "")):
    """Chooses a kind, to be shown in full."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).show_rule(interaction, self.choice)


class SwitchButton(LastingButton, template=template("rules:switch", rf"[01]\.{_KIND}")):
    """Switches a kind; to what stands in the id, so that a second click changes nothing."""

    async def callback(self, interaction: AnyInteraction) -> None:
        wanted, _, kind = self.argument.partition(".")
        await _pages(interaction).switch(interaction, kind, is_on=wanted == "1")


class ResetButton(LastingButton, template=template("rules:reset", _KIND)):
    """Makes a rule what it is by default."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).reset(interaction, self.argument)


class TestButton(LastingButton, template=template("rules:test", _KIND)):
    """Sends a test to everywhere that a kind is told."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).test(interaction, self.argument)


class TimesButton(LastingButton, template=template("rules:times", rf"{_KIND}\|.*")):
    """Asks when and how often a kind is told."""

    async def callback(self, interaction: AnyInteraction) -> None:
        kind, _, typed = self.argument.partition("|")
        await _pages(interaction).ask_times(interaction, kind, typed)


class FixedSelect(LastingSelect, template=template("rules:fixed", _KIND)):
    """Chooses among the places that need no choosing."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).set_fixed(interaction, self.argument, self.choices)


class ChannelsSelect(LastingSelect, template=template("rules:channels", _KIND)):
    """Chooses channels."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).set_channels(interaction, self.argument, self.choices)


class PeopleSelect(LastingSelect, template=template("rules:people", _KIND)):
    """Chooses people."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).set_people(interaction, self.argument, self.choices)


class MentionSelect(LastingSelect, template=template("rules:role", _KIND)):
    """Chooses a role to mention."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).set_role(interaction, self.argument, self.choices)


class QuietButton(LastingButton, template=template("rules:quiet", r".*")):
    """Asks for the quiet hours."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).ask_quiet_hours(interaction, self.argument)


class NoQuietButton(LastingButton, template=template("rules:noquiet", "")):
    """Ends the quiet hours."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).end_quiet_hours(interaction)


class TimesModal(LastingModal):
    """Asks when and how often a kind is told."""

    pattern = re.compile(id_of("modal:times", rf"(?P<kind>{_KIND})"))

    def __init__(self, kind: EventKind, values: Mapping[str, str]) -> None:
        super().__init__(label(kind), id_of("modal:times", kind.value))
        _add_fields(self, fields_of(kind), values)

    @classmethod
    async def answer(
        cls, interaction: AnyInteraction, match: re.Match[str], typed: Mapping[str, str]
    ) -> None:
        await _pages(interaction).set_times(interaction, match["kind"], typed)


class QuietModal(LastingModal):
    """Asks for the quiet hours."""

    pattern = re.compile(id_of("modal:quiet"))

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__("Quiet hours", id_of("modal:quiet"))
        _add_fields(self, QUIET_FIELDS, values)

    @classmethod
    async def answer(
        cls, interaction: AnyInteraction, _match: re.Match[str], typed: Mapping[str, str]
    ) -> None:
        await _pages(interaction).set_quiet_hours(interaction, typed)


RULE_ITEMS: Final[tuple[type[discord.ui.DynamicItem[Any]], ...]] = (
    RulesButton,
    RuleSelect,
    SwitchButton,
    ResetButton,
    TestButton,
    TimesButton,
    FixedSelect,
    ChannelsSelect,
    PeopleSelect,
    MentionSelect,
    QuietButton,
    NoQuietButton,
)
"""For `discord.Client.add_dynamic_items`."""


def rules_controls(
    rules: Mapping[EventKind, Rule],
    quiet_hours: QuietHours | None,
    *,
    typed: Mapping[str, str] | None,
    undelivered: discord.ui.Item[Any],
    now: datetime,
) -> discord.ui.View:
    """Return the controls below all rules.

    `typed` are quiet hours that were refused; `undelivered` leads to what could not be told.
    """
    view = discord.ui.View(timeout=None)
    options = [
        discord.SelectOption(
            label=label(kind),
            value=kind.value,
            description=summary(rules[kind]),
        )
        for kind in EventKind
        if kind in rules
    ]
    select: AnySelect = discord.ui.Select(
        custom_id=id_of("rules:kind", now=now), placeholder="Look at, or change …", options=options
    )
    view.add_item(RuleSelect(select, ""))
    packed = pack(QUIET_FIELDS, typed) if typed is not None else ""
    words = "Correct the quiet hours" if typed is not None else "Quiet hours"
    view.add_item(QuietButton(id_of("rules:quiet", packed), packed, words, emoji="🌙", style=_style(typed)))
    if quiet_hours is not None:
        view.add_item(NoQuietButton(id_of("rules:noquiet"), "", "No quiet hours", emoji="☀"))
    view.add_item(undelivered)
    view.add_item(RulesButton(id_of("rules:list"), "", "Renew", emoji="🔄"))
    return view


def rule_controls(
    rule: Rule, *, known_channels: Iterable[int], typed: Mapping[str, str] | None, now: datetime
) -> discord.ui.View:
    """Return the controls below one rule; `typed` was refused, `known_channels` are there to be chosen."""
    view = discord.ui.View(timeout=None)
    kind = rule.kind.value
    known = frozenset(known_channels)
    fixed: AnySelect = discord.ui.Select(
        custom_id=id_of("rules:fixed", kind, now=now),
        placeholder="Not in the threads, and not to the owner",
        min_values=0,
        max_values=len(_FIXED),
        options=[
            discord.SelectOption(
                label=text, value=str(route), description=description, default=route in rule.routes
            )
            for route, (text, description) in _FIXED.items()
        ],
    )
    view.add_item(FixedSelect(fixed, kind))
    channels: discord.ui.ChannelSelect[discord.ui.View] = discord.ui.ChannelSelect(
        custom_id=id_of("rules:channels", kind, now=now),
        placeholder="Other channels and threads …",
        min_values=0,
        max_values=MAX_ROUTES,
        channel_types=_CHANNEL_TYPES,
        default_values=[
            default
            for default in _defaults(rule.routes, RouteKind.CHANNEL, discord.SelectDefaultValueType.channel)
            if default.id in known
        ],
    )
    view.add_item(ChannelsSelect(channels, kind))
    people: discord.ui.UserSelect[discord.ui.View] = discord.ui.UserSelect(
        custom_id=id_of("rules:people", kind, now=now),
        placeholder="Direct messages to …",
        min_values=0,
        max_values=MAX_ROUTES,
        default_values=_defaults(rule.routes, RouteKind.USER, discord.SelectDefaultValueType.user),
    )
    view.add_item(PeopleSelect(people, kind))
    if rule.kind in WITH_ROLE:
        view.add_item(MentionSelect(_role_select(rule, now), kind))
    argument = f"{0 if rule.is_on else 1}.{kind}"
    words = "Switch off" if rule.is_on else "Switch on"
    view.add_item(
        SwitchButton(id_of("rules:switch", argument), argument, words, emoji="🔕" if rule.is_on else "🔔")
    )
    packed = f"{kind}|{pack(fields_of(rule.kind), typed) if typed is not None else ''}"
    words = "Correct it" if typed is not None else "When, how often"
    view.add_item(TimesButton(id_of("rules:times", packed), packed, words, emoji="⏱", style=_style(typed)))
    view.add_item(TestButton(id_of("rules:test", kind), kind, "Test", emoji="✉"))
    view.add_item(ResetButton(id_of("rules:reset", kind), kind, "As by default", emoji="♻"))
    view.add_item(RulesButton(id_of("rules:list"), "", "Back", emoji="↩"))
    return view


def _role_select(rule: Rule, now: datetime) -> discord.ui.RoleSelect[discord.ui.View]:
    role_id = rule.mention_role_id
    chosen = (
        [discord.SelectDefaultValue(id=role_id, type=discord.SelectDefaultValueType.role)] if role_id else []
    )
    return discord.ui.RoleSelect(
        custom_id=id_of("rules:role", rule.kind.value, now=now),
        placeholder="Nobody is mentioned; choose a role …",
        min_values=0,
        max_values=1,
        default_values=chosen,
    )


def _defaults(
    routes: Iterable[Route], kind: RouteKind, as_type: discord.SelectDefaultValueType
) -> list[discord.SelectDefaultValue]:
    return [
        discord.SelectDefaultValue(id=route.id, type=as_type)
        for route in routes
        if route.kind is kind and route.id is not None
    ]


def _style(typed: Mapping[str, str] | None) -> discord.ButtonStyle:
    return discord.ButtonStyle.primary if typed is not None else discord.ButtonStyle.secondary


def _add_fields(modal: LastingModal, fields: Iterable[Field], values: Mapping[str, str]) -> None:
    for field in fields:
        modal.add_item(field.component(values.get(field.id, "")))


def _pages(interaction: AnyInteraction) -> RulePages:
    pages: RulePages = interaction.client.rule_pages
    return pages
