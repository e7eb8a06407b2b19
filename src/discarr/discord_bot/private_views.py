"""What a person sees in private: the queue browser, a download's card, health, and what changed.

Commands and buttons share this one place, so both show the same. Reads answer from memory; who asked
decides what may be seen, judged anew for every click.
"""

from dataclasses import replace
from typing import Any

import discord

from discarr import __version__
from discarr.core.models import InstanceSnapshot
from discarr.core.slices import run_in_slices
from discarr.core.watchdog import rss_bytes
from discarr.discord_bot.error_reports import NoHome, WrongGuild, answers_errors
from discarr.discord_bot.home import Home
from discarr.discord_bot.services import Services
from discarr.discord_bot.ui import texts
from discarr.discord_bot.ui.changes_text import render_changes
from discarr.discord_bot.ui.controls import detail_controls, is_status_message, page_controls
from discarr.discord_bot.ui.detail_card import render_detail
from discarr.discord_bot.ui.health_embed import BotStats, render_health
from discarr.discord_bot.ui.queue_browser import QueueFilter, find_row, render_queue_page
from discarr.monitoring.download_rows import NOTHING_HIDDEN, Hidden, PhaseGroup
from discarr.monitoring.snapshot_diff import diff_in_slices
from discarr.monitoring.status_view import StatusView, status_view_in_slices
from discarr.utils.discord_utils import may
from discarr.utils.interaction_utils import safe_defer_interaction, safe_send_response, safe_update_message
from discarr.utils.permissions import Capability

_NEEDS_HAND = QueueFilter(state=PhaseGroup.NEEDS_HAND.name.lower())

type Asking = discord.Interaction[Any]


class PrivateViews:
    """Answers commands and is the `Controls` behind buttons and selects."""

    def __init__(self, services: Services, home: Home) -> None:
        self._services = services
        self._home = home

    @answers_errors
    async def browse(self, interaction: Asking, queue_filter: QueueFilter, page: int) -> None:
        """Show a page: privately anew when asked from the live message, else in place."""
        is_new = self._is_on_live_message(interaction)
        if await safe_defer_interaction(interaction, thinking=is_new):
            self._check_guild(interaction)
            await self.show_queue(interaction, queue_filter, page, is_new=is_new)

    @answers_errors
    async def needs_hand(self, interaction: Asking) -> None:
        """Show what needs a hand."""
        if await safe_defer_interaction(interaction):
            self._check_guild(interaction)
            await self.show_queue(interaction, _NEEDS_HAND)

    @answers_errors
    async def refresh(self, interaction: Asking) -> None:
        """Ask the servers again and say what changed."""
        if await safe_defer_interaction(interaction):
            self._check_guild(interaction)
            await self.check_now(interaction)

    @answers_errors
    async def detail(self, interaction: Asking, token: str, queue_filter: QueueFilter, page: int) -> None:
        """Replace the page by one download's card."""
        if not await safe_defer_interaction(interaction, thinking=False):
            return
        self._check_guild(interaction)
        row = find_row(await self._view(interaction), token)
        snapshot = self._services.cache.snapshot
        download = snapshot.download(row.key) if row is not None else None
        instance = snapshot.instance(row.key.instance) if row is not None else None
        if row is None or download is None or instance is None:
            controls = detail_controls(queue_filter, page)
            await safe_update_message(interaction, texts.DOWNLOAD_GONE, view=controls)
            return
        controls = detail_controls(queue_filter, page, app_name=instance.name, app_url=instance.public_url)
        embed = render_detail(
            row,
            download,
            self._services.tracker.estimate(row.key),
            is_operator=self._may(interaction, Capability.SEE_TECHNICAL),
            now=self._services.clock.now(),
        )
        await safe_update_message(interaction, embed=embed, view=controls)

    async def show_queue(
        self, interaction: Asking, queue_filter: QueueFilter, page: int = 0, *, is_new: bool = True
    ) -> None:
        """Answer a deferred interaction with a page of the queue; in place unless `is_new`."""
        view = await self._view(interaction)
        if queue_filter.instance is not None:
            instance_id = _instance_id(view, queue_filter.instance)
            if instance_id is None:
                await safe_send_response(interaction, texts.NO_SUCH_SERVER)
                return
            queue_filter = replace(queue_filter, instance=instance_id)
        rendered = render_queue_page(view, queue_filter, page, now=self._services.clock.now())
        controls = page_controls(rendered, view.instances)
        if is_new:
            await safe_send_response(interaction, embed=rendered.embed, view=controls)
        else:
            await safe_update_message(interaction, embed=rendered.embed, view=controls)

    async def show_health(self, interaction: Asking) -> None:
        """Answer a deferred interaction with the state of the servers and of Discarr itself."""
        services = self._services
        instances = self._visible_instances(interaction)
        refreshes = [item.response_s for item in instances if item.response_s is not None]
        stats = BotStats(
            version=__version__,
            uptime=services.clock.now() - services.started_at,
            last_refresh_s=max(refreshes, default=None),
            rss_bytes=rss_bytes(),
            loop_delay_s=services.loop_monitor.recent_delay_s,
            discord_latency_s=interaction.client.latency,
        )
        embed = render_health(
            instances,
            stats,
            is_operator=self._may(interaction, Capability.SEE_TECHNICAL),
            now=services.clock.now(),
        )
        await safe_send_response(interaction, embed=embed)

    async def check_now(self, interaction: Asking) -> None:
        """Refresh every server and answer a deferred interaction with what changed.

        The refresh runs in the cache's own tasks and is shared by everybody who asks at the same time.
        """
        cache = self._services.cache
        before = cache.snapshot
        after = await cache.refresh_now()
        hidden = self._hidden_from(interaction)
        steps = diff_in_slices(hidden.without(before), hidden.without(after))
        changes = await run_in_slices(steps, self._services.clock)
        embed = render_changes(changes, self._visible_instances(interaction), now=self._services.clock.now())
        await safe_send_response(interaction, embed=embed)

    def title_choices(self, interaction: Asking, current: str, *, limit: int) -> list[str]:
        """Return titles in the queue that contain what was typed, for autocomplete: from memory, at once."""
        wanted = current.casefold()
        hidden = self._hidden_from(interaction)
        found: dict[str, None] = {}
        for instance in self._visible_instances(interaction):
            for download in instance.downloads:
                if wanted in download.title.casefold() and not hidden.hides_tags(download.tags):
                    found[download.title] = None
                    if len(found) == limit:
                        return list(found)
        return list(found)

    def instance_choices(self, interaction: Asking, current: str, *, limit: int) -> list[tuple[str, str]]:
        """Return name and id of the servers whose name contains what was typed."""
        wanted = current.casefold()
        found = [item for item in self._visible_instances(interaction) if wanted in item.name.casefold()]
        return [(item.name, item.id) for item in found[:limit]]

    async def _view(self, interaction: Asking) -> StatusView:
        services = self._services
        hidden = self._hidden_from(interaction)
        steps = status_view_in_slices(
            services.cache.snapshot,
            services.tracker,
            hidden=hidden,
            now=services.clock.now(),
            next_check_by=None,
        )
        return await run_in_slices(steps, services.clock)

    def _visible_instances(self, interaction: Asking) -> tuple[InstanceSnapshot, ...]:
        hidden = self._hidden_from(interaction)
        instances = self._services.cache.snapshot.instances
        return tuple(item for item in instances if not hidden.hides_instance(item))

    def _hidden_from(self, interaction: Asking) -> Hidden:
        if self._may(interaction, Capability.SEE_HIDDEN):
            return NOTHING_HIDDEN
        settings = self._services.settings
        return Hidden(instances=settings.hidden_instances, tags=settings.hidden_tags)

    def _may(self, interaction: Asking, capability: Capability) -> bool:
        return may(interaction.user, self._services.settings.grants, capability)

    def _check_guild(self, interaction: Asking) -> None:
        if self._home.guild_id is None:
            raise NoHome
        if interaction.guild_id != self._home.guild_id:
            raise WrongGuild

    @staticmethod
    def _is_on_live_message(interaction: Asking) -> bool:
        return interaction.message is not None and is_status_message(interaction.message)


def _instance_id(view: StatusView, typed: str) -> str | None:
    """Return the id of the server that was chosen, or typed by its id or name instead of chosen."""
    wanted = typed.strip().casefold()
    return next((item.id for item in view.instances if wanted in (item.id, item.name.casefold())), None)
