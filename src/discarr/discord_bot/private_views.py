"""What a person sees in private: the queue browser, a download's card, health, and what changed.

Commands and buttons share this one place, so both show the same. Reads answer from memory; who asked
decides what may be seen, judged anew for every click.
"""

import logging
from dataclasses import replace
from typing import Any

import discord

from discarr import __version__
from discarr.core.errors import StoreError
from discarr.core.models import Download, DownloadKey
from discarr.core.slices import run_in_slices
from discarr.core.store.outbox import OutboxCounts
from discarr.core.watchdog import rss_bytes
from discarr.discord_bot.action_offers import ActionOffers, Doable
from discarr.discord_bot.alert_shelf import AlertShelf, waiting
from discarr.discord_bot.askers import Asker, Askers
from discarr.discord_bot.error_reports import answers_errors
from discarr.discord_bot.follow_views import FollowViews
from discarr.discord_bot.services import Services
from discarr.discord_bot.sight import (
    find_download,
    status_view,
    visible_downloads,
    visible_instances,
    with_sign,
)
from discarr.discord_bot.ui import texts
from discarr.discord_bot.ui.card_controls import FollowToggle, detail_controls, way_back
from discarr.discord_bot.ui.changes_text import render_changes
from discarr.discord_bot.ui.controls import is_status_message, page_controls
from discarr.discord_bot.ui.detail_card import Surroundings, render_detail
from discarr.discord_bot.ui.health_embed import BotStats, render_health
from discarr.discord_bot.ui.progress_embed import render_progress
from discarr.discord_bot.ui.queue_browser import SIGN_FILTERS, QueueFilter, key_token, render_queue_page
from discarr.monitoring.download_rows import PhaseGroup
from discarr.monitoring.snapshot_diff import diff_in_slices
from discarr.monitoring.status_view import StatusView
from discarr.monitoring.totals import overview_in_slices
from discarr.utils.interaction_utils import safe_defer_interaction, safe_send_response, safe_update_message
from discarr.utils.permissions import Capability

_NEEDS_HAND = QueueFilter(state=PhaseGroup.NEEDS_HAND.name.lower())

_log = logging.getLogger(__name__)

type Asking = discord.Interaction[Any]


class PrivateViews:
    """Answers commands and is the `Controls` behind buttons and selects."""

    def __init__(
        self, services: Services, askers: Askers, follows: FollowViews, offers: ActionOffers
    ) -> None:
        self._services = services
        self._askers = askers
        self._follows = follows
        self._offers = offers
        self._shelf = AlertShelf(services)

    @answers_errors
    async def browse(self, interaction: Asking, queue_filter: QueueFilter, page: int) -> None:
        """Show a page: privately anew when asked from the live message, else in place."""
        is_new = self._is_on_live_message(interaction)
        if await safe_defer_interaction(interaction, thinking=is_new):
            await self.show_queue(interaction, queue_filter, page, is_new=is_new)

    @answers_errors
    async def needs_hand(self, interaction: Asking) -> None:
        """Show what needs a hand."""
        if await safe_defer_interaction(interaction):
            await self.show_queue(interaction, _NEEDS_HAND)

    @answers_errors
    async def refresh(self, interaction: Asking) -> None:
        """Ask the servers again and say what changed."""
        if await safe_defer_interaction(interaction):
            await self.check_now(interaction)

    @answers_errors
    async def detail(self, interaction: Asking, token: str, queue_filter: QueueFilter, page: int) -> None:
        """Replace the page by one download's card."""
        if await safe_defer_interaction(interaction, thinking=False):
            asker = await self._askers.identify(interaction)
            download = await find_download(self._services, asker.hidden, token)
            await self._show_card(interaction, asker, download, queue_filter, page)

    @answers_errors
    async def set_follow(self, interaction: Asking, token: str, *, is_wanted: bool) -> None:
        """Let the person follow the download of the card, or let go of it; show the card as it is then."""
        if not await safe_defer_interaction(interaction, thinking=False):
            return
        asker = await self._askers.identify(interaction)
        asker.require(Capability.FOLLOW)
        queue_filter, page = way_back(interaction.message)
        download = await find_download(self._services, asker.hidden, token)
        said = ""
        if download is not None and is_wanted:
            said = await self._follows.begin(asker, download)
        elif download is not None:
            follow = self._follows.find(asker, download)
            said = await self._follows.end(asker, follow.id if follow is not None else 0)
        await self._show_card(interaction, asker, download, queue_filter, page, said=said)

    async def card_of(self, asker: Asker, key: DownloadKey) -> tuple[discord.Embed, Doable] | None:
        """Return the card of a download, and what can be done; None when it is gone, or hidden from them."""
        download = self._services.cache.snapshot.download(key)
        if download is None:
            return None
        doable = await self._offers.doable(asker, download)
        card = await self._card(asker, download, doable)
        return None if card is None else (card, doable)

    async def show_queue(
        self, interaction: Asking, queue_filter: QueueFilter, page: int = 0, *, is_new: bool = True
    ) -> None:
        """Answer a deferred interaction with a page of the queue; in place unless `is_new`."""
        asker = await self._askers.identify(interaction)
        view = await status_view(self._services, asker.hidden)
        if queue_filter.instance is not None:
            instance_id = _instance_id(view, queue_filter.instance)
            if instance_id is None:
                await safe_send_response(interaction, texts.NO_SUCH_SERVER)
                return
            queue_filter = replace(queue_filter, instance=instance_id)
        sign = SIGN_FILTERS.get(queue_filter.state or "")
        rendered = render_queue_page(
            view,
            queue_filter,
            page,
            signed=frozenset() if sign is None else await with_sign(self._services, asker.hidden, sign),
            now=self._services.clock.now(),
        )
        controls = page_controls(rendered, view.instances)
        if is_new:
            await safe_send_response(interaction, embed=rendered.embed, view=controls)
        else:
            await safe_update_message(interaction, embed=rendered.embed, view=controls)

    async def show_progress(self, interaction: Asking) -> None:
        """Answer a deferred interaction with how everything together gets on."""
        asker = await self._askers.identify(interaction)
        services = self._services
        steps = overview_in_slices(
            services.cache.snapshot, services.tracker, services.cleanup.progress, hidden=asker.hidden
        )
        overview = await run_in_slices(steps, services.clock)
        await safe_send_response(interaction, embed=render_progress(overview, services.clock.now()))

    async def show_health(self, interaction: Asking) -> None:
        """Answer a deferred interaction with the state of the servers and of Discarr itself."""
        services = self._services
        asker = await self._askers.identify(interaction)
        instances = visible_instances(services, asker.hidden)
        alerts = self._shelf.open_alerts(asker)
        refreshes = [item.response_s for item in instances if item.response_s is not None]
        stats = BotStats(
            version=__version__,
            uptime=services.clock.now() - services.started_at,
            last_refresh_s=max(refreshes, default=None),
            rss_bytes=rss_bytes(),
            loop_delay_s=services.loop_monitor.recent_delay_s,
            discord_latency_s=interaction.client.latency,
            open_alerts=len(alerts),
            unacknowledged=len(waiting(alerts)),
            outbox=await self._outbox_counts(),
        )
        embed = render_health(
            instances,
            stats,
            is_operator=asker.may(Capability.SEE_TECHNICAL),
            now=services.clock.now(),
        )
        await safe_send_response(interaction, embed=embed)

    async def _outbox_counts(self) -> OutboxCounts | None:
        """How the rest is doing must not depend on the store."""
        try:
            return await self._services.desk.outbox_counts()
        except StoreError as error:
            _log.warning("How delivery is doing cannot be read: %s. %s", error, error.remedy)
            return None

    async def check_now(self, interaction: Asking) -> None:
        """Refresh every server and answer a deferred interaction with what changed.

        The refresh runs in the cache's own tasks and is shared by everybody who asks at the same time.
        """
        asker = await self._askers.identify(interaction)
        cache = self._services.cache
        before = cache.snapshot
        after = await cache.refresh_now()
        steps = diff_in_slices(asker.hidden.without(before), asker.hidden.without(after))
        changes = await run_in_slices(steps, self._services.clock)
        instances = visible_instances(self._services, asker.hidden)
        embed = render_changes(changes, instances, now=self._services.clock.now())
        await safe_send_response(interaction, embed=embed)

    def title_choices(self, interaction: Asking, current: str, *, limit: int) -> list[str]:
        """Return titles in the queue that contain what was typed, for autocomplete: from memory, at once."""
        wanted = current.casefold()
        found: dict[str, None] = {}
        for _, download in visible_downloads(self._services, self._askers.here(interaction).hidden):
            if wanted in download.title.casefold():
                found[download.title] = None
                if len(found) == limit:
                    break
        return list(found)

    def instance_choices(self, interaction: Asking, current: str, *, limit: int) -> list[tuple[str, str]]:
        """Return name and id of the servers whose name contains what was typed."""
        wanted = current.casefold()
        instances = visible_instances(self._services, self._askers.here(interaction).hidden)
        found = [item for item in instances if wanted in item.name.casefold()]
        return [(item.name, item.id) for item in found[:limit]]

    async def _show_card(
        self,
        interaction: Asking,
        asker: Asker,
        download: Download | None,
        queue_filter: QueueFilter,
        page: int,
        *,
        said: str = "",
    ) -> None:
        doable = await self._offers.doable(asker, download) if download is not None else Doable()
        embed = await self._card(asker, download, doable) if download is not None else None
        if download is None or embed is None:
            controls = detail_controls(queue_filter, page)
            await safe_update_message(interaction, texts.DOWNLOAD_GONE, view=controls)
            return
        instance = self._services.cache.snapshot.instance(download.instance)
        is_following = self._follows.find(asker, download) is not None
        at_it = doable.under_way
        controls = detail_controls(
            queue_filter,
            page,
            token=key_token(download.key),
            offers=doable.offers,
            under_way=at_it if at_it is not None and at_it.requested_by == asker.user_id else None,
            now=self._services.clock.now(),
            toggle=FollowToggle.build(key_token(download.key), is_following=is_following),
            app_name=instance.name if instance is not None else "",
            app_url=instance.public_url if instance is not None else None,
        )
        await safe_update_message(interaction, said or None, embed=embed, view=controls)

    async def _card(self, asker: Asker, download: Download, doable: Doable) -> discord.Embed | None:
        view = await status_view(self._services, asker.hidden)
        rows = (row for row in (*view.needs_hand, *view.others) if row.key == download.key)
        row = next(rows, None)
        if row is None:
            return None
        return render_detail(
            row,
            download,
            self._services.tracker.estimate(download.key),
            is_operator=asker.may(Capability.SEE_TECHNICAL),
            around=Surroundings.of(
                self._services.cache.snapshot.instance(download.instance), doable.under_way
            ),
            now=self._services.clock.now(),
        )

    @staticmethod
    def _is_on_live_message(interaction: Asking) -> bool:
        return interaction.message is not None and is_status_message(interaction.message)


def _instance_id(view: StatusView, typed: str) -> str | None:
    """Return the id of the server that was chosen, or typed by its id or name instead of chosen."""
    wanted = typed.strip().casefold()
    return next((item.id for item in view.instances if wanted in (item.id, item.name.casefold())), None)
