"""Commands for every member of the guild: looking, and asking to be told."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from discarr.discord_bot.alert_views import AlertViews
from discarr.discord_bot.follow_views import FollowViews
from discarr.discord_bot.private_views import PrivateViews
from discarr.discord_bot.ui.queue_browser import STATE_FILTERS, QueueFilter
from discarr.utils.interaction_utils import safe_defer_interaction
from discarr.utils.text_utils import label

_MAX_CHOICES = 25
_MAX_CHOICE = 100


class UserCommands(commands.Cog):
    """What everybody may ask; all answers are private and come from memory where they can."""

    def __init__(self, views: PrivateViews, alerts: AlertViews, follows: FollowViews) -> None:
        self._views = views
        self._alerts = alerts
        self._follows = follows

    @app_commands.command(description="What is downloading, page by page")
    @app_commands.describe(
        instance="Only this server",
        state="Only downloads in this state",
        text="Only titles that contain this",
    )
    @app_commands.choices(
        state=[app_commands.Choice(name=label, value=key) for key, label in STATE_FILTERS.items()]
    )
    async def queue(
        self,
        interaction: discord.Interaction[Any],
        instance: str | None = None,
        state: str | None = None,
        text: str | None = None,
    ) -> None:
        if await safe_defer_interaction(interaction):
            await self._views.show_queue(interaction, QueueFilter(instance=instance, state=state, text=text))

    @queue.autocomplete("instance")
    async def _suggest_instances(
        self, interaction: discord.Interaction[Any], current: str
    ) -> list[app_commands.Choice[str]]:
        choices = self._views.instance_choices(interaction, current, limit=_MAX_CHOICES)
        return [app_commands.Choice(name=label(name, _MAX_CHOICE), value=key) for name, key in choices]

    @queue.autocomplete("text")
    async def _suggest_titles(
        self, interaction: discord.Interaction[Any], current: str
    ) -> list[app_commands.Choice[str]]:
        titles = self._views.title_choices(interaction, current, limit=_MAX_CHOICES)
        return [
            app_commands.Choice(name=text, value=text)
            for title in titles
            if (text := label(title, _MAX_CHOICE))
        ]

    @app_commands.command(description="How the servers and Discarr itself are doing")
    async def health(self, interaction: discord.Interaction[Any]) -> None:
        if await safe_defer_interaction(interaction):
            await self._views.show_health(interaction)

    @app_commands.command(description="Look again now, and say what changed")
    async def check(self, interaction: discord.Interaction[Any]) -> None:
        if await safe_defer_interaction(interaction):
            await self._views.check_now(interaction)

    @app_commands.command(description="What is not as it should be, and who looks after it")
    async def alerts(self, interaction: discord.Interaction[Any]) -> None:
        if await safe_defer_interaction(interaction):
            await self._alerts.show_open(interaction)

    @app_commands.command(description="Be told when something can be watched")
    @app_commands.describe(title="What you wait for")
    async def follow(
        self, interaction: discord.Interaction[Any], title: app_commands.Range[str, 1, 100]
    ) -> None:
        if await safe_defer_interaction(interaction):
            await self._follows.follow_typed(interaction, title)

    @follow.autocomplete("title")
    async def _suggest_followable(
        self, interaction: discord.Interaction[Any], current: str
    ) -> list[app_commands.Choice[str]]:
        choices = self._follows.choices(interaction, current)
        return [app_commands.Choice(name=name, value=token) for name, token in choices]

    @app_commands.command(description="What you wait for")
    async def following(self, interaction: discord.Interaction[Any]) -> None:
        if await safe_defer_interaction(interaction):
            await self._follows.show(interaction)
