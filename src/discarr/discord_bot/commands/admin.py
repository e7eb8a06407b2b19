"""Commands for the people who run the servers."""

from datetime import timedelta
from typing import Any, Final

import discord
from discord import app_commands
from discord.ext import commands

from discarr.discord_bot.askers import Askers
from discarr.discord_bot.audit_views import AuditViews
from discarr.discord_bot.cleanup_views import CleanupViews
from discarr.discord_bot.rule_views import RuleViews
from discarr.discord_bot.services import Services
from discarr.discord_bot.ui import texts
from discarr.discord_bot.ui.audit_pages import ACTIONS, RESULTS
from discarr.monitoring.acting.refusals import Refusal
from discarr.utils.discord_utils import has_admin_permissions
from discarr.utils.interaction_utils import safe_defer_interaction, safe_send_response
from discarr.utils.permissions import Capability
from discarr.utils.text_utils import label

NEEDED: Final = {
    "verbose": Capability.CHANGE_LOG,
    "notifications": Capability.CHANGE_RULES,
    "cleanup": Capability.CLEAN_UP,
    "audit": Capability.SEE_AUDIT,
}
"""What each command is for."""
_VERBOSE_FOR = timedelta(minutes=30)


class AdminCommands(commands.Cog):
    """Commands that everybody sees and admins may use: roles from the settings are unknown to Discord.

    A server's owner can hide them from others under Server Settings → Integrations; `interaction_check`
    decides in any case.
    """

    def __init__(
        self,
        services: Services,
        askers: Askers,
        rules: RuleViews,
        cleanup: CleanupViews,
        audit: AuditViews,
    ) -> None:
        self._services = services
        self._askers = askers
        self._rules = rules
        self._cleanup = cleanup
        self._audit = audit

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        if not has_admin_permissions(interaction.user, self._services.settings.grants):
            name = "" if interaction.command is None else interaction.command.name
            raise self._askers.judge(interaction.user).refused(NEEDED[name], Refusal.NOT_ALLOWED)
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

    @app_commands.command(name="cleanup", description="Admins: what is worth removing, and why; asks first")
    async def cleanup_command(self, interaction: discord.Interaction[Any]) -> None:
        if await safe_defer_interaction(interaction):
            await self._cleanup.show_new(interaction)

    @app_commands.command(description="Admins: who did what, in what role, why, and what came of it")
    @app_commands.describe(
        person="Only what this person asked for",
        instance="Only on this server",
        action="Only this action",
        result="Only with this result",
        since="Only so far back, such as 2 h or 7 d",
    )
    @app_commands.choices(
        action=[app_commands.Choice(name=words, value=key) for key, words in ACTIONS.items()],
        result=[app_commands.Choice(name=words, value=key) for key, words in RESULTS.items()],
    )
    async def audit(
        self,
        interaction: discord.Interaction[Any],
        person: discord.User | None = None,
        instance: str | None = None,
        action: str | None = None,
        result: str | None = None,
        since: str | None = None,
    ) -> None:
        if await safe_defer_interaction(interaction):
            await self._audit.show_new(
                interaction,
                actor=None if person is None else person.id,
                instance=instance,
                action=action,
                result=result,
                since=since,
            )

    @audit.autocomplete("instance")
    async def _suggest_instances(
        self, interaction: discord.Interaction[Any], current: str
    ) -> list[app_commands.Choice[str]]:
        choices = self._audit.instance_choices(interaction, current, limit=25)
        return [app_commands.Choice(name=label(name, 100), value=key) for name, key in choices]
