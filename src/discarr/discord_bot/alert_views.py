"""`/alerts` and what it leads to: what is not as it should be, what was, what is kept quiet."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import discord

from discarr.discord_bot.action_offers import Doable
from discarr.discord_bot.alert_shelf import AlertShelf, waiting
from discarr.discord_bot.askers import Asker, Askers
from discarr.discord_bot.error_reports import answers_errors
from discarr.discord_bot.private_views import PrivateViews
from discarr.discord_bot.services import Services
from discarr.discord_bot.ui import alert_texts
from discarr.discord_bot.ui.alert_list import (
    render_alert,
    render_alerts,
    render_history,
    render_silences,
)
from discarr.discord_bot.ui.alert_pages import (
    AlertPlace,
    Shelf,
    alert_controls,
    list_controls,
    silences_controls,
    way_to_lists,
)
from discarr.discord_bot.ui.notice_text import begun_title, subject
from discarr.discord_bot.ui.paging import page_of
from discarr.discord_bot.ui.row_text import name
from discarr.monitoring.alerts.alert import Alert
from discarr.monitoring.alerts.rules import label
from discarr.utils.interaction_utils import safe_defer_interaction, safe_send_response, safe_update_message
from discarr.utils.permissions import Capability

type _Asking = discord.Interaction[Any]


class AlertViews:
    """Answers `/alerts`, and is the `AlertPages` behind its buttons and selects."""

    def __init__(self, services: Services, askers: Askers, views: PrivateViews) -> None:
        self._services = services
        self._askers = askers
        self._views = views
        self.shelf = AlertShelf(services)

    @answers_errors
    async def show(self, interaction: _Asking, place: AlertPlace) -> None:
        """Show a page of a list, in place."""
        if await safe_defer_interaction(interaction, thinking=False):
            await self._show_list(interaction, await self._askers.identify(interaction), place)

    @answers_errors
    async def show_alert(self, interaction: _Asking, alert_id: int, place: AlertPlace) -> None:
        """Show one alert, in place of the list it was chosen from."""
        if await safe_defer_interaction(interaction, thinking=False):
            asker = await self._askers.identify(interaction)
            await self._show_alert(interaction, asker, alert_id, place)

    @answers_errors
    async def acknowledge(self, interaction: _Asking, alert_id: int, place: AlertPlace) -> None:
        """Note that the person looks after one alert, and show it as it is then."""
        if not await safe_defer_interaction(interaction, thinking=False):
            return
        asker = await self._askers.identify(interaction)
        alert = await self.shelf.find(asker, alert_id)
        said = await self.note_acknowledged(asker, [alert] if alert is not None else [])
        await self._show_alert(interaction, asker, alert_id, place, said=said)

    @answers_errors
    async def acknowledge_all(self, interaction: _Asking, place: AlertPlace) -> None:
        """Note that the person looks after everything that was told in a list, and show it again."""
        if not await safe_defer_interaction(interaction, thinking=False):
            return
        asker = await self._askers.identify(interaction)
        asker.require(Capability.ACKNOWLEDGE)
        if place.shelf is Shelf.STORY:
            alerts = await self.shelf.of_story(asker, place.story_id)
        else:
            alerts = self.shelf.open_alerts(asker)
        count = await self._services.desk.acknowledge(waiting(alerts), asker.user_id)
        said = alert_texts.acknowledged(count) if count else alert_texts.NOTHING_TO_ACKNOWLEDGE
        await self._show_list(interaction, asker, place, said=said)

    @answers_errors
    async def silence(
        self, interaction: _Asking, alert_id: int, lasts: timedelta, reason: str, place: AlertPlace
    ) -> None:
        """Keep quiet about one alert, and show it as it is then."""
        if not await safe_defer_interaction(interaction, thinking=False):
            return
        asker = await self._askers.identify(interaction)
        alert = await self.shelf.find(asker, alert_id)
        said = await self.note_silence(asker, [alert] if alert is not None else [], lasts, reason)
        await self._show_alert(interaction, asker, alert_id, place, said=said)

    @answers_errors
    async def end_silence(self, interaction: _Asking, silence_id: int, place: AlertPlace) -> None:
        """End a silence before its time, and show the list again."""
        if not await safe_defer_interaction(interaction, thinking=False):
            return
        asker = await self._askers.identify(interaction)
        asker.require(Capability.SILENCE)
        has_ended = await self._services.desk.end_silence(silence_id)
        said = alert_texts.SILENCE_ENDED if has_ended else alert_texts.SILENCE_OVER
        await self._show_list(interaction, asker, place, said=said)

    async def show_open(self, interaction: _Asking) -> None:
        """Answer a deferred interaction with everything that is not as it should be."""
        asker = await self._askers.identify(interaction)
        await self._show_list(interaction, asker, AlertPlace(), is_new=True)

    async def show_story(self, interaction: _Asking, asker: Asker, story_id: int) -> None:
        """Answer a deferred interaction with the alert, or the alerts, that a message tells of."""
        alerts = await self.shelf.of_story(asker, story_id)
        if len(alerts) == 1:
            await self._show_alert(interaction, asker, alerts[0].id, AlertPlace(), is_new=True)
        else:
            place = AlertPlace(shelf=Shelf.STORY, story_id=story_id)
            await self._show_list(interaction, asker, place, is_new=True)

    async def note_acknowledged(self, asker: Asker, alerts: Sequence[Alert]) -> str:
        """Note that a person looks after these alerts; return what to say to them."""
        asker.require(Capability.ACKNOWLEDGE)
        open_ids = [alert.id for alert in alerts if alert.is_open]
        count = await self._services.desk.acknowledge(open_ids, asker.user_id) if open_ids else 0
        if count:
            return alert_texts.acknowledged(count)
        known = (self._services.desk.find_alert(alert_id) for alert_id in open_ids)
        by = next((alert.acknowledged_by for alert in known if alert is not None and alert.is_open), None)
        return alert_texts.looked_after(by) if by is not None else alert_texts.OVER

    async def note_silence(self, asker: Asker, alerts: Sequence[Alert], lasts: timedelta, reason: str) -> str:
        """Keep quiet about one alert, or about all of the kind and server of several; return what to say."""
        asker.require(Capability.SILENCE)
        open_ones = [alert for alert in alerts if alert.is_open]
        if not open_ones:
            return alert_texts.OVER
        first = open_ones[0]
        silence = await self._services.desk.silence(
            lasts=lasts,
            reason=reason,
            user_id=asker.user_id,
            kind=first.kind,
            instance=first.instance,
            dedup=first.dedup if len(open_ones) == 1 else None,
        )
        now = self._services.clock.now()
        return alert_texts.silenced(self.scope_of(open_ones), silence.ends_at, now)

    def scope_of(self, alerts: Sequence[Alert]) -> str:
        """Return what a silence of these open alerts keeps quiet, fit for Discord."""
        shown = self.shelf.shown(alerts[0])
        kind = shown.alert.kind
        if len(alerts) == 1:
            return subject(kind, shown.alert.facts) or begun_title(shown.story)
        return alert_texts.all_of_kind(label(kind), name(shown.instance_name) if shown.instance_name else "")

    async def _show_list(
        self,
        interaction: _Asking,
        asker: Asker,
        place: AlertPlace,
        *,
        said: str = "",
        is_new: bool = False,
    ) -> None:
        asker.require(Capability.LOOK)
        match place.shelf:
            case Shelf.SILENCES:
                embed, controls = self._silences(asker, place)
            case Shelf.HISTORY:
                embed, controls = await self._history(asker, place)
            case Shelf.OPEN:
                embed, controls = self._alerts(asker, place, self.shelf.open_alerts(asker))
            case Shelf.STORY:
                alerts = await self.shelf.of_story(asker, place.story_id)
                if not alerts:
                    await _answer(interaction, alert_texts.FORGOTTEN, None, way_to_lists(), is_new=is_new)
                    return
                embed, controls = self._alerts(asker, place, alerts)
        await _answer(interaction, said, embed, controls, is_new=is_new)

    def _alerts(
        self, asker: Asker, place: AlertPlace, alerts: Sequence[Alert]
    ) -> tuple[discord.Embed, discord.ui.View]:
        page = page_of(alerts, place.page)
        shown = page.map(self.shelf.shown)
        now = self._services.clock.now()
        title = alert_texts.story_title(len(alerts)) if place.shelf is Shelf.STORY else ""
        controls = list_controls(
            replace(place, page=page.number),
            shown,
            unacknowledged=len(waiting(alerts)),
            is_operator=asker.may(Capability.ACKNOWLEDGE),
            silence_count=len(self._services.desk.silences),
            now=now,
        )
        return render_alerts(shown, len(alerts), title=title, now=now), controls

    async def _history(self, asker: Asker, place: AlertPlace) -> tuple[discord.Embed, discord.ui.View]:
        page = (await self.shelf.history(asker, place.page)).map(self.shelf.shown)
        now = self._services.clock.now()
        controls = list_controls(
            replace(place, page=page.number),
            page,
            unacknowledged=0,
            is_operator=asker.may(Capability.ACKNOWLEDGE),
            silence_count=0,
            now=now,
        )
        return render_history(page, now=now), controls

    def _silences(self, asker: Asker, place: AlertPlace) -> tuple[discord.Embed, discord.ui.View]:
        asker.require(Capability.SILENCE)
        page = page_of(self._services.desk.silences, place.page)
        shown = page.map(self.shelf.shown_silence)
        now = self._services.clock.now()
        controls = silences_controls(replace(place, page=page.number), shown, now=now)
        return render_silences(shown, now=now), controls

    async def _show_alert(
        self,
        interaction: _Asking,
        asker: Asker,
        alert_id: int,
        place: AlertPlace,
        *,
        said: str = "",
        is_new: bool = False,
    ) -> None:
        asker.require(Capability.LOOK)
        alert = await self.shelf.find(asker, alert_id)
        if alert is None:
            await _answer(interaction, alert_texts.FORGOTTEN, None, way_to_lists(), is_new=is_new)
            return
        key = alert.facts.key
        found = await self._views.card_of(asker, key) if key is not None and alert.is_open else None
        card, doable = found if found is not None else (None, Doable())
        shown = self.shelf.shown(alert)
        now = self._services.clock.now()
        is_operator = asker.may(Capability.SEE_TECHNICAL)
        technical = self.shelf.technical(alert) if is_operator else ()
        embed = render_alert(shown, card=card, technical=technical, now=now)
        instance = self._services.cache.snapshot.instance(alert.instance or "")
        controls = alert_controls(
            shown,
            place,
            offers=doable.offers,
            app_url=instance.public_url if instance is not None else None,
            is_operator=asker.may(Capability.ACKNOWLEDGE),
            now=now,
        )
        await _answer(interaction, said, embed, controls, is_new=is_new)


async def _answer(
    interaction: _Asking, said: str, embed: discord.Embed | None, controls: discord.ui.View, *, is_new: bool
) -> None:
    if is_new:
        await safe_send_response(interaction, said or None, embed=embed, view=controls)
    else:
        await safe_update_message(interaction, said or None, embed=embed, view=controls)
