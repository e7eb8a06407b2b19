"""The discord.py client: hosts the cogs and answers, and leaves the work to the services."""

import asyncio
import logging
from typing import Any, Final

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from discarr.core.errors import StoreError
from discarr.discord_bot.action_offers import ActionOffers
from discarr.discord_bot.action_views import ActionViews
from discarr.discord_bot.alert_actions import AlertAnswers
from discarr.discord_bot.alert_views import AlertViews
from discarr.discord_bot.askers import Askers
from discarr.discord_bot.audit_views import AuditViews
from discarr.discord_bot.cleanup_views import CleanupViews
from discarr.discord_bot.command_sync import sync_commands
from discarr.discord_bot.commands.admin import AdminCommands
from discarr.discord_bot.commands.user import UserCommands
from discarr.discord_bot.delivery_views import DeliveryViews
from discarr.discord_bot.error_reports import NoHome, WrongGuild, report_failure
from discarr.discord_bot.follow_views import FollowViews
from discarr.discord_bot.home import Home, HomeProblem
from discarr.discord_bot.import_views import ImportViews
from discarr.discord_bot.private_views import PrivateViews
from discarr.discord_bot.rule_views import RuleViews
from discarr.discord_bot.services import Services
from discarr.discord_bot.ui import texts
from discarr.discord_bot.ui.action_controls import ACTION_ITEMS, CountModal
from discarr.discord_bot.ui.alert_controls import ALERT_ITEMS, SilenceReason
from discarr.discord_bot.ui.alert_pages import ALERT_PAGE_ITEMS, SilenceOneReason
from discarr.discord_bot.ui.audit_pages import AUDIT_ITEMS
from discarr.discord_bot.ui.card_controls import CARD_ITEMS
from discarr.discord_bot.ui.cleanup_controls import CLEANUP_ITEMS
from discarr.discord_bot.ui.controls import DYNAMIC_ITEMS
from discarr.discord_bot.ui.delivery_list import DELIVERY_ITEMS
from discarr.discord_bot.ui.follow_controls import FOLLOW_ITEMS
from discarr.discord_bot.ui.import_controls import IMPORT_ITEMS, SearchModal
from discarr.discord_bot.ui.lasting import LastingModal, take_answer
from discarr.discord_bot.ui.rule_pages import RULE_ITEMS, QuietModal, TimesModal

_log = logging.getLogger(__name__)

_SYNC_TIMEOUT_S = 30.0

ITEMS: Final[tuple[type[discord.ui.DynamicItem[Any]], ...]] = (
    *DYNAMIC_ITEMS,
    *CARD_ITEMS,
    *ACTION_ITEMS,
    *IMPORT_ITEMS,
    *ALERT_ITEMS,
    *ALERT_PAGE_ITEMS,
    *FOLLOW_ITEMS,
    *RULE_ITEMS,
    *DELIVERY_ITEMS,
    *CLEANUP_ITEMS,
    *AUDIT_ITEMS,
)
MODALS: Final[tuple[type[LastingModal], ...]] = (
    SilenceReason,
    SilenceOneReason,
    TimesModal,
    QuietModal,
    CountModal,
    SearchModal,
)


class GuildTree(app_commands.CommandTree["DiscordBot"]):
    """A command tree that answers in the served guild only and never leaves a question unanswered."""

    async def interaction_check(self, interaction: discord.Interaction["DiscordBot"], /) -> bool:
        home = interaction.client.home.guild_id
        if home is not None and interaction.guild_id == home:
            return True
        if interaction.type is not discord.InteractionType.autocomplete:
            await report_failure(interaction, NoHome() if home is None else WrongGuild())
        return False

    async def on_error(
        self, interaction: discord.Interaction["DiscordBot"], error: app_commands.AppCommandError, /
    ) -> None:
        await report_failure(interaction, error)


class DiscordBot(commands.Bot):
    """One connection's worth of bot: built anew for every attempt, over the same services."""

    def __init__(self, services: Services) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            tree_cls=GuildTree,
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
            allowed_contexts=app_commands.AppCommandContext(
                guild=True, dm_channel=False, private_channel=False
            ),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            help_command=None,
            heartbeat_timeout=60.0,
            max_ratelimit_timeout=30.0,
            activity=discord.CustomActivity(name=texts.ACTIVITY),
        )
        self.services = services
        self.home = Home(self, services.settings.discord_channel_id)
        askers = self._askers = Askers(services.settings, self.home)
        self.follow_pages = FollowViews(services, askers)
        offers = ActionOffers(services)
        self.import_pages = ImportViews(services, askers)
        self.action_pages = ActionViews(services, askers, offers, self.import_pages)
        self.controls = PrivateViews(services, askers, self.follow_pages, offers)
        self.alert_pages = AlertViews(services, askers, self.controls)
        self.alert_actions = AlertAnswers(
            services,
            askers,
            views=self.controls,
            alerts=self.alert_pages,
            follows=self.follow_pages,
        )
        self.rule_pages = RuleViews(services, askers)
        self.delivery_pages = DeliveryViews(services, askers)
        self.cleanup_pages = CleanupViews(services, askers)
        self.audit_pages = AuditViews(services, askers)

    async def setup_hook(self) -> None:
        self.add_dynamic_items(*ITEMS)
        await self.add_cog(UserCommands(self.controls, self.alert_pages, self.follow_pages))
        await self.add_cog(
            AdminCommands(self.services, self._askers, self.rule_pages, self.cleanup_pages, self.audit_pages)
        )
        self.services.status_message.attach(self)

    async def close(self) -> None:
        self.services.status_message.detach(self)
        self.services.sink.detach(self)
        self.services.levels.detach(self.home)
        await super().close()

    async def find_channel(self) -> discord.TextChannel | HomeProblem:
        """Return the channel of the live message, or why it cannot be used."""
        return await self.home.find()

    async def on_interaction(self, interaction: discord.Interaction["DiscordBot"]) -> None:
        await take_answer(interaction, MODALS)

    async def on_ready(self) -> None:
        await self.home.find()
        self.services.sink.attach(self, self.home)
        self.services.levels.attach(self.home)
        await self._register_commands()
        await self.home.leave_strangers()
        self.services.status_message.retry_now()

    async def on_guild_join(self, guild: discord.Guild) -> None:
        await self.on_guild_available(guild)

    async def on_guild_available(self, _guild: discord.Guild) -> None:
        await self.home.find()
        await self.home.leave_strangers()
        self.services.status_message.retry_now()

    async def on_guild_channel_update(
        self, _before: discord.abc.GuildChannel, after: discord.abc.GuildChannel
    ) -> None:
        if after.id == self.services.settings.discord_channel_id:
            self.services.status_message.retry_now()

    async def on_member_update(self, _before: discord.Member, after: discord.Member) -> None:
        if self.user is not None and after.id == self.user.id:
            self.services.status_message.retry_now()

    async def on_guild_role_update(self, _before: discord.Role, _after: discord.Role) -> None:
        self.services.status_message.retry_now()

    async def _register_commands(self) -> None:
        """Trouble here is tried again at the next connection; the live message does without commands."""
        try:
            async with asyncio.timeout(_SYNC_TIMEOUT_S):
                await sync_commands(self.tree, self.services.store)
        except StoreError as error:
            _log.warning("Whether the commands are registered is not known: %s. %s", error, error.remedy)
        except (discord.DiscordException, aiohttp.ClientError, OSError) as exc:
            _log.warning("Slash commands could not be registered yet", exc_info=exc)
