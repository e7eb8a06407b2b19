"""Commands for the people who run the servers."""

from datetime import timedelta
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from discarr.discord_bot.error_reports import NotAllowed
from discarr.discord_bot.rule_views import RuleViews
from discarr.discord_bot.services import Services
from discarr.discord_bot.ui import texts
from discarr.utils.discord_utils import has_admin_permissions
from discarr.utils.interaction_utils import safe_defer_interaction, safe_send_response

_VERBOSE_FOR = timedelta(minutes=30)


class AdminCommands(commands.Cog):
    """Commands that everybody sees and admins may use: roles from the settings are unknown to Discord.

    A server's owner can hide them from others under Server Settings → Integrations; `interaction_check`
    decides in any case.
    """

    def __init__(self, services: Services, rules: RuleViews) -> None:
        self._services = services
        self._rules = rules

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        if not has_admin_permissions(interaction.user, self._services.settings.grants):
            raise NotAllowed
        return True

    @app_commands.command(description="Admins: write everything to the log for 30 minutes, or stop doing so")
    @app_commands.describe(on="Off ends it at once")
    async def verbose(self, interaction: discord.Interaction[Any], on: bool = True) -> None:
        if not await safe_defer_interaction(interaction):
            return
        if on:
            until = self._services.clock.now() + _VERBOSE_FOR
            self._services.log_level.verbose_until(until)
            await safe_send_response(interaction, texts.verbose_on(until))
        else:
            self._services.log_level.restore()
            await safe_send_response(interaction, texts.VERBOSE_OFF)

    @app_commands.command(description="Admins: what is told, where and how often; what was not delivered")
    async def notifications(self, interaction: discord.Interaction[Any]) -> None:
        if await safe_defer_interaction(interaction):
            await self._rules.show_new(interaction)
