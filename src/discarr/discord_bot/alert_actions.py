"""What the buttons below alerts do: in the thread for everybody, and in a direct message."""

from datetime import timedelta
from typing import Any

import discord

from discarr.discord_bot.alert_views import AlertViews
from discarr.discord_bot.askers import Asker, Askers
from discarr.discord_bot.error_reports import OtherDatabase, answers_errors
from discarr.discord_bot.follow_views import FollowViews
from discarr.discord_bot.notifications import NOTICE_MARK
from discarr.discord_bot.private_views import PrivateViews
from discarr.discord_bot.services import Services
from discarr.discord_bot.sight import find_download
from discarr.discord_bot.ui import alert_texts, follow_text
from discarr.discord_bot.ui.alert_controls import followed_controls, is_of_database, silence_controls
from discarr.discord_bot.ui.queue_browser import QueueFilter
from discarr.utils.interaction_utils import safe_defer_interaction, safe_send_response, safe_update_message
from discarr.utils.permissions import Capability

type _Asking = discord.Interaction[Any]


class AlertAnswers:
    """The `AlertActions` behind the buttons of messages."""

    def __init__(
        self,
        services: Services,
        askers: Askers,
        *,
        views: PrivateViews,
        alerts: AlertViews,
        follows: FollowViews,
    ) -> None:
        self._services = services
        self._askers = askers
        self._views = views
        self._alerts = alerts
        self._follows = follows

    @answers_errors
    async def acknowledge(self, interaction: _Asking, story_id: int) -> None:
        """Note that the person looks after what the message of a story tells of."""
        if not await safe_defer_interaction(interaction):
            return
        asker = await self._identify(interaction, Capability.ACKNOWLEDGE)
        alerts = self._services.desk.alerts_of_story(story_id)
        await safe_send_response(interaction, await self._alerts.note_acknowledged(asker, alerts))

    @answers_errors
    async def ask_silence(self, interaction: _Asking, story_id: int) -> None:
        """Ask for how long to keep quiet about a story."""
        if not await safe_defer_interaction(interaction):
            return
        await self._identify(interaction, Capability.SILENCE)
        alerts = [alert for alert in self._services.desk.alerts_of_story(story_id) if alert.is_open]
        if not alerts:
            await safe_send_response(interaction, alert_texts.OVER)
            return
        question = alert_texts.ask_silence(self._alerts.scope_of(alerts))
        await safe_send_response(interaction, question, view=silence_controls(story_id))

    @answers_errors
    async def silence(self, interaction: _Asking, story_id: int, lasts: timedelta, reason: str) -> None:
        """Keep quiet what a story tells of, in place of the question."""
        if not await safe_defer_interaction(interaction, thinking=False):
            return
        asker = await self._identify(interaction, Capability.SILENCE)
        alerts = self._services.desk.alerts_of_story(story_id)
        said = await self._alerts.note_silence(asker, alerts, lasts, reason)
        await safe_update_message(interaction, said)

    @answers_errors
    async def story_details(self, interaction: _Asking, story_id: int) -> None:
        """Show the alerts of a story: why, and what will happen next."""
        if await safe_defer_interaction(interaction):
            asker = await self._identify(interaction, Capability.LOOK)
            await self._alerts.show_story(interaction, asker, story_id)

    @answers_errors
    async def show_open(self, interaction: _Asking) -> None:
        """Show everything that is not as it should be."""
        if await safe_defer_interaction(interaction):
            await self._alerts.show_open(interaction)

    @answers_errors
    async def browse(self, interaction: _Asking) -> None:
        """Show the queue from its first page."""
        if await safe_defer_interaction(interaction):
            await self._views.show_queue(interaction, QueueFilter())

    @answers_errors
    async def follow(self, interaction: _Asking, token: str) -> None:
        """Let the person follow a download."""
        if not await safe_defer_interaction(interaction):
            return
        asker = await self._askers.identify(interaction)
        asker.require(Capability.FOLLOW)
        download = await find_download(self._services, asker.hidden, token)
        if download is None:
            await safe_send_response(interaction, follow_text.GONE, view=followed_controls(None))
            return
        said = await self._follows.begin(asker, download)
        await safe_send_response(interaction, said, view=self._follows.controls_for(asker, download))

    @answers_errors
    async def unfollow(self, interaction: _Asking, follow_id: int) -> None:
        """End a follow of the person's, in place of the answer that it was begun with."""
        if not await safe_defer_interaction(interaction, thinking=False):
            return
        asker = await self._askers.identify(interaction)
        said = await self._follows.end(asker, follow_id)
        await safe_update_message(interaction, said, view=followed_controls(None))

    @answers_errors
    async def show_follows(self, interaction: _Asking) -> None:
        """Show what the person follows, with a way to end each."""
        if await safe_defer_interaction(interaction):
            await self._follows.show(interaction)

    async def _identify(self, interaction: _Asking, capability: Capability) -> Asker:
        """Return who asks, about a message whose ids are those of this database.

        Raises:
            OtherDatabase: they are not, and mean something else or nothing here.
        """
        asker = await self._askers.identify(interaction)
        asker.require(capability)
        mark = await self._services.store.get_meta(NOTICE_MARK)
        if not is_of_database(interaction.message, mark):
            raise OtherDatabase
        return asker
