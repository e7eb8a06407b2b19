"""Importing by hand: from the files of a download to the question whether to import them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import discord

from discarr.clients.actions import QueueActions
from discarr.core.actions import ImportCandidate, LibraryEpisode
from discarr.core.errors import NotFound
from discarr.core.events import work_of
from discarr.core.models import Download, InstanceKind
from discarr.discord_bot.askers import Asker, Askers
from discarr.discord_bot.error_reports import Refused, answers_errors
from discarr.discord_bot.import_drafts import ALL, MAX_FOUND, ImportDraft, are_as_expected
from discarr.discord_bot.services import Services
from discarr.discord_bot.ui import import_pages
from discarr.discord_bot.ui.import_controls import (
    file_controls,
    files_controls,
    import_question_controls,
    search_controls,
)
from discarr.discord_bot.ui.operation_embeds import names_all, render_operation
from discarr.discord_bot.ui.paging import Page
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.refusals import Refusal
from discarr.utils.interaction_utils import safe_defer_interaction, safe_send_response, safe_update_message
from discarr.utils.permissions import Capability

_EPISODES_SHOWN = 25

type Asking = discord.Interaction[Any]


class ImportViews:
    """The `ImportPages` behind the controls of files."""

    def __init__(self, services: Services, askers: Askers) -> None:
        self._services = services
        self._askers = askers
        self._drafts = services.drafts

    async def begin(self, interaction: Asking, asker: Asker, download: Download) -> None:
        """Answer a deferred interaction with the files of a download, as the app sees them.

        Where nothing is left to be chosen, they stand in the question whether to import them.

        Raises:
            Refused, ActionRefused: there is nothing that could be imported, or it may not be asked for.
            MediaClientError: the app did not show them.
        """
        actions = self._actions(download.instance)
        instance = self._services.cache.snapshot.instance(download.instance)
        if instance is None:
            raise asker.refused(Capability.IMPORT, Refusal.NOT_THERE)
        files = await actions.import_candidates(download.key.id)
        if not files:
            await safe_send_response(interaction, import_pages.NO_FILES)
            return
        draft = self._drafts.begin(asker.user_id, download.key, work_of(download), instance.kind, files)
        if len(draft.chosen) == len(files) and are_as_expected(files, download) and names_all(files):
            question, view = await self._ask(asker, draft)
            await safe_send_response(interaction, embed=question, view=view)
            return
        embed, page = import_pages.render_files(draft, 0)
        controls = files_controls(draft, page, now=self._services.clock.now())
        await safe_send_response(interaction, embed=embed, view=controls)

    @answers_errors
    async def show_files(self, interaction: Asking, draft_id: str, page: int) -> None:
        """Show a page of the files."""
        draft = await self._open(interaction, draft_id)
        if draft is not None:
            await self._show_files(interaction, draft, page)

    @answers_errors
    async def show_file(self, interaction: Asking, draft_id: str, place: int) -> None:
        """Show one file, and the episodes that it may be."""
        draft = await self._open(interaction, draft_id, place)
        if draft is not None:
            await self._show_file(interaction, replace(draft, found=(), searched=""), place)

    @answers_errors
    async def set_wanted(self, interaction: Asking, draft_id: str, place: int, *, is_wanted: bool) -> None:
        """Leave a file out, or take it in again."""
        draft = await self._open(interaction, draft_id, place)
        if draft is not None:
            await self._show_file(interaction, draft.with_choice(place, is_wanted=is_wanted), place)

    @answers_errors
    async def search(self, interaction: Asking, draft_id: str, place: int, typed: str) -> None:
        """Search the library for what a file is, or all of them, and show what was found."""
        draft = await self._open(interaction, draft_id, place, may_be_all=True)
        if draft is None:
            return
        found = await self._actions(draft.key.instance).lookup(typed)
        draft = replace(draft, found=found[:MAX_FOUND], searched=typed)
        if place == ALL:
            self._drafts.put(draft)
            controls = search_controls(draft, now=self._services.clock.now())
            await safe_update_message(interaction, embed=import_pages.render_search(draft), view=controls)
        else:
            await self._show_file(interaction, draft, place)

    @answers_errors
    async def set_title(self, interaction: Asking, draft_id: str, place: int, media_id: int) -> None:
        """Say which movie or series a file is, or all of them; the app says which episodes."""
        draft = await self._open(interaction, draft_id, place, may_be_all=True)
        if draft is None:
            return
        title = next((item for item in draft.found if item.id == media_id), None)
        if title is None:
            await safe_send_response(interaction, import_pages.NOT_OFFERED)
            return
        places = range(len(draft.files)) if place == ALL else (place,)
        changed = {item: draft.files[item].assign_title(title) for item in places}
        await self._assign(interaction, draft, changed)

    @answers_errors
    async def set_season(self, interaction: Asking, draft_id: str, place: int, season: int) -> None:
        """Say which season a file is of; the app says which episodes, if it can."""
        draft = await self._open(interaction, draft_id, place)
        if draft is None:
            return
        file = draft.files[place]
        if file.media is None or season not in file.media.seasons:
            await safe_send_response(interaction, import_pages.NOT_OFFERED)
            return
        await self._assign(interaction, draft, {place: file.assign_episodes(file.media, season)})

    @answers_errors
    async def set_episodes(
        self, interaction: Asking, draft_id: str, place: int, episode_ids: Sequence[int]
    ) -> None:
        """Say which episodes a file is."""
        draft = await self._open(interaction, draft_id, place)
        if draft is None:
            return
        file = draft.files[place]
        offered = await self._episodes(draft, place)
        chosen = tuple(episode for episode in offered if episode.id in episode_ids)
        if file.media is None or file.season is None or len(chosen) != len(set(episode_ids)) or not chosen:
            await safe_send_response(interaction, import_pages.NOT_OFFERED)
            return
        await self._assign(interaction, draft, {place: file.assign_episodes(file.media, file.season, chosen)})

    @answers_errors
    async def turn_episodes(self, interaction: Asking, draft_id: str, place: int, page: int) -> None:
        """Show other episodes to choose from."""
        draft = await self._open(interaction, draft_id, place)
        if draft is not None:
            await self._show_file(interaction, draft, place, episode_page=page)

    @answers_errors
    async def finish(self, interaction: Asking, draft_id: str) -> None:
        """Ask whether to import what was chosen, in place of the files."""
        draft = await self._open(interaction, draft_id)
        if draft is None:
            return
        if draft.has_conflict:
            await self._show_files(interaction, draft, 0)
            return
        asker = await self._askers.identify(interaction)
        question, view = await self._ask(asker, draft)
        await safe_update_message(interaction, embed=question, view=view)

    @answers_errors
    async def change(self, interaction: Asking, draft_id: str) -> None:
        """Take the question back, and show the files in place of it."""
        draft = await self._open(interaction, draft_id)
        if draft is None:
            return
        await self._withdraw(await self._askers.identify(interaction), draft)
        await self._show_files(interaction, replace(draft, operation_id=None), 0)

    async def _ask(self, asker: Asker, draft: ImportDraft) -> tuple[discord.Embed, discord.ui.View]:
        """Ask whether to import what is chosen, instead of what was asked with these files before.

        Raises:
            ActionRefused: it may not be asked for.
            Refused: the answer was given already.
        """
        actions = self._services.actions
        asked = await actions.ask(asker.person, ActionKind.IMPORT, [draft.key], files=draft.chosen)
        try:
            await self._withdraw(asker, draft)
        except Refused:
            await actions.withdraw(asked.operation.id, asker.user_id)
            raise
        self._drafts.put(replace(draft, operation_id=asked.operation.id))
        embed = render_operation(asked.operation, now=self._services.clock.now())
        return embed, import_question_controls(draft, asked.operation)

    async def _withdraw(self, asker: Asker, draft: ImportDraft) -> None:
        """Take back what was asked with a draft.

        Raises:
            Refused: it was confirmed.
        """
        if draft.operation_id is None:
            return
        if await self._services.actions.withdraw(draft.operation_id, draft.owner_id):
            return
        operation = await self._services.actions.find(draft.operation_id)
        if operation is not None and operation.confirmed_at is not None:
            raise asker.refused(Capability.IMPORT, Refusal.USED)

    async def _open(
        self, interaction: Asking, draft_id: str, place: int = 0, *, may_be_all: bool = False
    ) -> ImportDraft | None:
        """Return a person's own draft, acknowledged; None when they have been told that there is none.

        Raises:
            Refused: they may not import, or it is another's.
        """
        if not await safe_defer_interaction(interaction, thinking=False):
            return None
        asker = await self._askers.identify(interaction)
        asker.require(Capability.IMPORT)
        draft = asker.own(self._drafts, draft_id, Capability.IMPORT)
        if draft is None:
            await safe_send_response(interaction, import_pages.FORGOTTEN)
            return None
        if not (0 <= place < len(draft.files) or (may_be_all and place == ALL)):
            await safe_send_response(interaction, import_pages.NOT_OFFERED)
            return None
        return draft

    async def _assign(
        self, interaction: Asking, draft: ImportDraft, changed: dict[int, ImportCandidate]
    ) -> None:
        """Have the app judge files anew, as they are assigned now, and show them.

        Raises:
            MediaClientError: the app did not judge them; the draft stays as it was.
        """
        actions = self._actions(draft.key.instance)
        judged = await actions.evaluate_import(list(changed.values()))
        draft = draft.with_files(dict(zip(changed, judged, strict=True)))
        if len(changed) == 1:
            await self._show_file(interaction, draft, next(iter(changed)))
        else:
            await self._show_files(interaction, draft, 0)

    async def _show_files(self, interaction: Asking, draft: ImportDraft, number: int) -> None:
        self._drafts.put(draft)
        embed, page = import_pages.render_files(draft, number)
        controls = files_controls(draft, page, now=self._services.clock.now())
        await safe_update_message(interaction, embed=embed, view=controls)

    async def _show_file(
        self, interaction: Asking, draft: ImportDraft, place: int, *, episode_page: int | None = None
    ) -> None:
        episodes = () if draft.found else await self._episodes(draft, place)
        file = draft.files[place]
        if episodes and file.media is not None and file.season is not None:
            draft = replace(draft, episodes=episodes, episodes_of=(file.media.id, file.season))
        self._drafts.put(draft)
        page = _page(episodes, file, episode_page) if episodes else None
        controls = file_controls(draft, place, episode_page=page, now=self._services.clock.now())
        await safe_update_message(interaction, embed=import_pages.render_file(draft, place), view=controls)

    async def _episodes(self, draft: ImportDraft, place: int) -> tuple[LibraryEpisode, ...]:
        """Return the episodes that a file may be, in its season; none for movies, and while it has none."""
        file = draft.files[place]
        if draft.kind is not InstanceKind.SONARR or file.media is None or file.season is None:
            return ()
        if draft.episodes_of == (file.media.id, file.season):
            return draft.episodes
        return await self._actions(draft.key.instance).episodes(file.media.id, file.season)

    def _actions(self, instance_id: str) -> QueueActions:
        for client in self._services.cache.clients:
            if client.config.id == instance_id:
                return client.actions
        raise NotFound(instance_id, "no such instance")


def _page(
    episodes: Sequence[LibraryEpisode], file: ImportCandidate, number: int | None
) -> Page[LibraryEpisode]:
    """Return the page that was asked for, else the one with the first episode that the file is taken for."""
    ids = [episode.id for episode in episodes]
    if number is None:
        first = next((ids.index(item.id) for item in file.episodes if item.id in ids), 0)
        number = first // _EPISODES_SHOWN
    count = -(-len(episodes) // _EPISODES_SHOWN)
    number = min(max(number, 0), count - 1)
    start = number * _EPISODES_SHOWN
    return Page(
        items=tuple(episodes[start : start + _EPISODES_SHOWN]),
        number=number,
        count=count,
        has_next=number + 1 < count,
    )
