"""Following: asking to be told, letting go, and the list of what a person waits for."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

import discord
import msgspec

from discarr.core.events import EventKind, work_of
from discarr.core.models import Download, EpisodeNumber, InstanceSnapshot
from discarr.core.store.follows import Follow
from discarr.discord_bot.askers import Asker, Askers
from discarr.discord_bot.error_reports import answers_errors
from discarr.discord_bot.services import Services
from discarr.discord_bot.sight import find_download, status_view, visible_downloads, visible_instances
from discarr.discord_bot.ui import follow_text
from discarr.discord_bot.ui.alert_controls import followed_controls
from discarr.discord_bot.ui.follow_controls import choice_controls, follows_controls
from discarr.discord_bot.ui.follow_text import FollowedTitle
from discarr.discord_bot.ui.paging import page_of
from discarr.discord_bot.ui.queue_browser import key_token
from discarr.monitoring.alerts.desk import CannotFollow
from discarr.monitoring.alerts.following import follow_of, work_followed
from discarr.monitoring.download_rows import DownloadRow
from discarr.utils.interaction_utils import safe_defer_interaction, safe_send_response, safe_update_message
from discarr.utils.permissions import Capability
from discarr.utils.text_utils import clean

MAX_CHOICES: Final = 25
"""What Discord takes as suggestions, and as options of a select."""
_TOKEN: Final = re.compile(r"[0-9a-f]{20}")

type _Asking = discord.Interaction[Any]


class FollowViews:
    """Answers `/follow` and `/following`, and is the `FollowPages` behind buttons and selects."""

    def __init__(self, services: Services, askers: Askers) -> None:
        self._services = services
        self._askers = askers

    @answers_errors
    async def turn(self, interaction: _Asking, page: int) -> None:
        """Show a page of what the person follows, in place."""
        if await safe_defer_interaction(interaction, thinking=False):
            await self._show(interaction, await self._identify(interaction), page)

    @answers_errors
    async def let_go(self, interaction: _Asking, follow_id: int, page: int) -> None:
        """End a follow of the person's, and show the page again."""
        if await safe_defer_interaction(interaction, thinking=False):
            asker = await self._identify(interaction)
            said = await self.end(asker, follow_id)
            await self._show(interaction, asker, page, said=said)

    @answers_errors
    async def choose(self, interaction: _Asking, token: str) -> None:
        """Follow one of several downloads that fit, in place of the question."""
        if not await safe_defer_interaction(interaction, thinking=False):
            return
        asker = await self._identify(interaction)
        download = await find_download(self._services, asker.hidden, token)
        if download is None:
            await safe_update_message(interaction, follow_text.NOTHING_FOUND)
            return
        said = await self.begin(asker, download)
        await safe_update_message(interaction, said, view=self.controls_for(asker, download))

    async def show(self, interaction: _Asking) -> None:
        """Answer a deferred interaction with what the person follows."""
        await self._show(interaction, await self._identify(interaction), 0, is_new=True)

    async def follow_typed(self, interaction: _Asking, typed: str) -> None:
        """Answer a deferred `/follow`: with a suggestion's value, or with whatever was typed instead."""
        asker = await self._identify(interaction)
        if _TOKEN.fullmatch(typed):
            download = await find_download(self._services, asker.hidden, typed)
            found = [] if download is None else [download]
        else:
            found = list(islice(self._matching(asker, typed), MAX_CHOICES))
        match found:
            case []:
                await safe_send_response(interaction, follow_text.NOTHING_FOUND)
            case [download]:
                said = await self.begin(asker, download)
                await safe_send_response(interaction, said, view=self.controls_for(asker, download))
            case several:
                controls = choice_controls(self._options(asker, several), self._services.clock.now())
                await safe_send_response(interaction, follow_text.SEVERAL_FOUND, view=controls)

    def choices(self, interaction: _Asking, typed: str) -> list[tuple[str, str]]:
        """Return names and tokens of what can be followed, for autocomplete: from memory, at once."""
        asker = self._askers.here(interaction)
        known = (download for download in self._matching(asker, typed) if download.media_id is not None)
        return self._options(asker, islice(known, MAX_CHOICES))

    async def begin(self, asker: Asker, download: Download) -> str:
        """Let a person follow a download that they may see; return what to say to them."""
        work = work_of(download)
        if self.find(asker, download) is not None:
            return follow_text.followed_already(work)
        if not self._services.desk.rules[EventKind.READY].is_on:
            return follow_text.SWITCHED_OFF
        hidden = self._askers.kept_from_members
        is_hidden = download.instance in hidden.instances or hidden.hides_tags(download.tags)
        try:
            await self._services.desk.follow(download, asker.user_id, is_hidden=is_hidden)
        except CannotFollow:
            return follow_text.NOT_MATCHED if download.media_id is None else follow_text.TOO_MANY
        return follow_text.followed(work, is_hidden=is_hidden)

    async def end(self, asker: Asker, follow_id: int) -> str:
        """End a person's own follow; return what to say to them."""
        desk = self._services.desk
        follow = next((item for item in desk.follows_of(asker.user_id) if item.id == follow_id), None)
        if follow is None or not await desk.unfollow(follow_id, asker.user_id):
            return follow_text.LET_GO_ALREADY
        if self._is_kept_from(asker, follow):
            return follow_text.LET_GO_OF_HIDDEN
        return follow_text.let_go(work_followed(follow))

    def find(self, asker: Asker, download: Download) -> Follow | None:
        """Return the person's follow of a download; None where there is none."""
        sought = follow_of(download, asker.user_id, is_hidden=False, now=self._services.clock.now())
        if sought is None:
            return None
        return next(
            (
                follow
                for follow in self._services.desk.follows_of(asker.user_id)
                if (follow.instance, follow.media_id, follow.part)
                == (sought.instance, sought.media_id, sought.part)
            ),
            None,
        )

    def controls_for(self, asker: Asker, download: Download) -> discord.ui.View:
        """Return the buttons below the answer to somebody who asked to be told."""
        follow = self.find(asker, download)
        return followed_controls(None if follow is None else follow.id)

    async def _identify(self, interaction: _Asking) -> Asker:
        asker = await self._askers.identify(interaction)
        asker.require(Capability.FOLLOW)
        return asker

    async def _show(
        self, interaction: _Asking, asker: Asker, page: int, *, said: str = "", is_new: bool = False
    ) -> None:
        follows = self._services.desk.follows_of(asker.user_id)
        shown = page_of(follows, page)
        rows = await self._rows(asker) if follows else {}
        titles = shown.map(lambda follow: self._title(asker, follow, rows))
        now = self._services.clock.now()
        embed = follow_text.render_follows(titles, len(follows), now=now)
        controls = follows_controls(titles, now)
        if is_new:
            await safe_send_response(interaction, embed=embed, view=controls)
        else:
            await safe_update_message(interaction, said or None, embed=embed, view=controls)

    async def _rows(self, asker: Asker) -> dict[tuple[str, str], DownloadRow]:
        view = await status_view(self._services, asker.hidden)
        return {(row.key.instance, row.key.id): row for row in (*view.needs_hand, *view.others)}

    def _title(
        self, asker: Asker, follow: Follow, rows: Mapping[tuple[str, str], DownloadRow]
    ) -> FollowedTitle:
        return FollowedTitle(
            id=follow.id,
            work=work_followed(follow),
            is_kept_from_reader=self._is_kept_from(asker, follow),
            total=len(follow.part.split()),
            missing=len(msgspec.json.decode(follow.missing, type=list[EpisodeNumber])),
            row=rows.get((follow.instance, follow.download)),
        )

    def _is_kept_from(self, asker: Asker, follow: Follow) -> bool:
        """Whether somebody who was trusted, or a server that was open, is so no longer."""
        if follow.instance in asker.hidden.instances:
            return True
        return follow.is_hidden and not asker.may(Capability.SEE_HIDDEN)

    def _matching(self, asker: Asker, typed: str) -> Iterator[Download]:
        words = clean(typed).casefold().split()
        for _, download in visible_downloads(self._services, asker.hidden):
            title = download.title if download.title.isascii() else clean(download.title)
            searched = f"{title} {download.year or ''}".casefold()
            if all(word in searched for word in words):
                yield download

    def _options(self, asker: Asker, downloads: Iterable[Download]) -> list[tuple[str, str]]:
        names = _names(visible_instances(self._services, asker.hidden))
        options = {
            key_token(download.key): follow_text.option_of(work_of(download), names[download.instance])
            for download in downloads
        }
        return [(name, token) for token, name in options.items()]


def _names(instances: Sequence[InstanceSnapshot]) -> dict[str, str]:
    """Return the names of instances by id; empty where there is one of a kind."""
    kinds = [item.kind for item in instances]
    return {item.id: item.name if kinds.count(item.kind) > 1 else "" for item in instances}
