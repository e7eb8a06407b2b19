"""Buttons, selects and the modal by which somebody says what the files of a download are.

The ids name a draft and the place of a file in it; `interaction.client.import_pages` answers.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

import discord

from discarr.core.actions import LibraryEpisode, LibraryTitle
from discarr.core.models import InstanceKind
from discarr.discord_bot.import_drafts import ALL, MAX_FOUND, ImportDraft
from discarr.discord_bot.ui.action_controls import question_controls
from discarr.discord_bot.ui.lasting import (
    AnyInteraction,
    AnySelect,
    LastingButton,
    LastingModal,
    LastingSelect,
    add_turning,
    id_of,
    number_in,
    template,
)
from discarr.discord_bot.ui.layout import MAX_OPTION
from discarr.discord_bot.ui.paging import Page
from discarr.discord_bot.ui.row_text import episode_code, season_code
from discarr.monitoring.acting.operation import Operation
from discarr.utils.interaction_utils import safe_send_modal
from discarr.utils.text_utils import human_size, label

_DRAFT: Final = r"[0-9a-f]{12}"
_PLACE: Final = r"\d{1,4}"
_ON_FILE: Final = rf"{_DRAFT}\.{_PLACE}"
_FIELD: Final = "title"
_MAX_OPTIONS: Final = 25
_MAX_DESCRIPTION: Final = 90
_MAX_TYPED: Final = 100


class ImportPages(Protocol):
    """What these controls ask for; the client carries it as `import_pages`.

    Each answers by itself, in place, and judges anew what the person may. Places and choices may be made up.
    """

    async def show_files(self, interaction: AnyInteraction, draft_id: str, page: int) -> None:
        """Show a page of the files."""

    async def show_file(self, interaction: AnyInteraction, draft_id: str, place: int) -> None:
        """Show one file."""

    async def set_wanted(
        self, interaction: AnyInteraction, draft_id: str, place: int, *, is_wanted: bool
    ) -> None:
        """Leave a file out, or take it in again."""

    async def search(self, interaction: AnyInteraction, draft_id: str, place: int, typed: str) -> None:
        """Search the library for what a file is, or all of them."""

    async def set_title(self, interaction: AnyInteraction, draft_id: str, place: int, media_id: int) -> None:
        """Say which movie or series a file is, or all of them."""

    async def set_season(self, interaction: AnyInteraction, draft_id: str, place: int, season: int) -> None:
        """Say which season a file is of."""

    async def set_episodes(
        self, interaction: AnyInteraction, draft_id: str, place: int, episode_ids: Sequence[int]
    ) -> None:
        """Say which episodes a file is."""

    async def turn_episodes(self, interaction: AnyInteraction, draft_id: str, place: int, page: int) -> None:
        """Show other episodes to choose from."""

    async def finish(self, interaction: AnyInteraction, draft_id: str) -> None:
        """Ask whether to import what was chosen."""

    async def change(self, interaction: AnyInteraction, draft_id: str) -> None:
        """Take that question back, and show the files again."""


class FilesButton(LastingButton, template=template("imp:(?:files|prev|next)", rf"{_DRAFT}\.\d{{1,5}}")):
    """Leads to a page of the files."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).show_files(interaction, *_on_file(self.argument))


class FileSelect(LastingSelect, template=template("imp:pick", _DRAFT)):
    """Chooses a file of the page."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).show_file(interaction, self.argument, number_in(self.choice) - 1)


class WantedButton(LastingButton, template=template("imp:want", rf"{_ON_FILE}\.[01]")):
    """Leaves a file out, or takes it in again; what is wanted stands in the id."""

    async def callback(self, interaction: AnyInteraction) -> None:
        on_file, _, wanted = self.argument.rpartition(".")
        await _pages(interaction).set_wanted(interaction, *_on_file(on_file), is_wanted=wanted == "1")


class SearchButton(LastingButton, template=template("imp:find", _ON_FILE)):
    """Asks for the title that a file has."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await safe_send_modal(interaction, SearchModal(self.argument))


class TitleSelect(LastingSelect, template=template("imp:title", _ON_FILE)):
    """Chooses among the titles that were found."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).set_title(interaction, *_on_file(self.argument), number_in(self.choice))


class SeasonSelect(LastingSelect, template=template("imp:season", _ON_FILE)):
    """Chooses a season."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).set_season(interaction, *_on_file(self.argument), number_in(self.choice))


class EpisodeSelect(LastingSelect, template=template("imp:episodes", _ON_FILE)):
    """Chooses one or more episodes."""

    async def callback(self, interaction: AnyInteraction) -> None:
        ids = [number_in(str(choice)) for choice in self.choices]
        await _pages(interaction).set_episodes(interaction, *_on_file(self.argument), ids)


class EpisodesButton(LastingButton, template=template("imp:(?:earlier|later)", rf"{_ON_FILE}\.\d{{1,5}}")):
    """Leads to other episodes to choose from."""

    async def callback(self, interaction: AnyInteraction) -> None:
        on_file, _, page = self.argument.rpartition(".")
        await _pages(interaction).turn_episodes(interaction, *_on_file(on_file), int(page))


class FinishButton(LastingButton, template=template("imp:go", _DRAFT)):
    """Leads to the question whether to import what was chosen."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).finish(interaction, self.argument)


class ChangeButton(LastingButton, template=template("imp:change", _DRAFT)):
    """Leads from the question back to the files."""

    async def callback(self, interaction: AnyInteraction) -> None:
        await _pages(interaction).change(interaction, self.argument)


class SearchModal(LastingModal):
    """Asks for a title of the library."""

    pattern = re.compile(id_of("modal:title", rf"(?P<file>{_ON_FILE})"))

    def __init__(self, on_file: str) -> None:
        super().__init__("What is it?", id_of("modal:title", on_file))
        field: discord.ui.TextInput[discord.ui.View] = discord.ui.TextInput(
            custom_id=_FIELD, min_length=1, max_length=_MAX_TYPED, placeholder="Devs"
        )
        words = "Discarr looks for it in the library of the app."
        self.add_item(discord.ui.Label(text="Title", description=words, component=field))

    @classmethod
    async def answer(
        cls, interaction: AnyInteraction, match: re.Match[str], typed: Mapping[str, str]
    ) -> None:
        await _pages(interaction).search(interaction, *_on_file(match["file"]), typed.get(_FIELD, ""))


IMPORT_ITEMS: Final[tuple[type[discord.ui.DynamicItem[Any]], ...]] = (
    FilesButton,
    FileSelect,
    WantedButton,
    SearchButton,
    TitleSelect,
    SeasonSelect,
    EpisodeSelect,
    EpisodesButton,
    FinishButton,
    ChangeButton,
)
"""For `discord.Client.add_dynamic_items`."""


def files_controls(draft: ImportDraft, page: Page[int], *, now: datetime) -> discord.ui.View:
    """Return the controls below a page of the files."""
    view = discord.ui.View(timeout=None)
    select: AnySelect = discord.ui.Select(
        custom_id=id_of("imp:pick", draft.id, now=now),
        placeholder="Look at a file, or say what it is …",
        options=[
            discord.SelectOption(
                label=label(f"{place + 1} · {draft.files[place].file_name}", MAX_OPTION),
                value=str(place + 1),
                description=human_size(draft.files[place].size_bytes),
            )
            for place in page.items
        ],
    )
    view.add_item(FileSelect(select, draft.id))
    count = len(draft.chosen)
    view.add_item(
        FinishButton(
            id_of("imp:go", draft.id),
            draft.id,
            f"Import {count} …" if count else "Import …",
            emoji="📥",
            style=discord.ButtonStyle.primary,
            is_disabled=not count or draft.has_conflict,
        )
    )
    if len(draft.files) > 1:
        argument = f"{draft.id}.{ALL}"
        view.add_item(SearchButton(id_of("imp:find", argument), argument, "They are all …", emoji="🔎"))
    add_turning(view, FilesButton, "imp", page, lambda number: f"{draft.id}.{number}")
    return view


def import_question_controls(draft: ImportDraft, operation: Operation) -> discord.ui.View:
    """Return the controls below the question whether to import files of a draft."""
    view = question_controls(operation)
    view.add_item(ChangeButton(id_of("imp:change", draft.id), draft.id, "Choose the files …", emoji="📂"))
    return view


def file_controls(
    draft: ImportDraft, place: int, *, episode_page: Page[LibraryEpisode] | None, now: datetime
) -> discord.ui.View:
    """Return the controls below one file; `episode_page` are episodes to choose from."""
    view = discord.ui.View(timeout=None)
    file = draft.files[place]
    argument = f"{draft.id}.{place}"
    if draft.found:
        view.add_item(_title_select(draft.found, argument, draft.kind, now))
    elif draft.kind is InstanceKind.SONARR and file.media is not None and file.media.seasons:
        view.add_item(_season_select(file.media, file.season, argument, now))
        if episode_page is not None and episode_page.items:
            chosen = {episode.id for episode in file.episodes}
            view.add_item(_episode_select(episode_page, chosen, argument, now))
            _add_episode_turning(view, episode_page, argument)
    words = "Which title?" if file.media is None else "Another title …"
    style = discord.ButtonStyle.primary if file.media is None else discord.ButtonStyle.secondary
    view.add_item(SearchButton(id_of("imp:find", argument), argument, words, emoji="🔎", style=style))
    if file.is_ready:
        is_chosen = draft.is_chosen(place)
        wanted = f"{argument}.{0 if is_chosen else 1}"
        words, emoji = ("Leave it out", "➖") if is_chosen else ("Import it, too", "➕")
        view.add_item(WantedButton(id_of("imp:want", wanted), wanted, words, emoji=emoji))
    view.add_item(_back_button(draft, place))
    return view


def search_controls(draft: ImportDraft, *, now: datetime) -> discord.ui.View:
    """Return the controls below what was found for all files at once."""
    view = discord.ui.View(timeout=None)
    argument = f"{draft.id}.{ALL}"
    if draft.found:
        view.add_item(_title_select(draft.found, argument, draft.kind, now))
    view.add_item(SearchButton(id_of("imp:find", argument), argument, "Search again", emoji="🔎"))
    view.add_item(_back_button(draft, 0))
    return view


def _title_select(
    found: Sequence[LibraryTitle], argument: str, kind: InstanceKind, now: datetime
) -> TitleSelect:
    options = {
        title.id: discord.SelectOption(
            label=label(f"{title.title} ({title.year})" if title.year else title.title, MAX_OPTION),
            value=str(title.id),
        )
        for title in found[:MAX_FOUND]
    }
    select: AnySelect = discord.ui.Select(
        custom_id=id_of("imp:title", argument, now=now),
        placeholder="Which movie?" if kind is InstanceKind.RADARR else "Which series?",
        options=list(options.values()),
    )
    return TitleSelect(select, argument)


def _season_select(series: LibraryTitle, chosen: int | None, argument: str, now: datetime) -> SeasonSelect:
    # A long series shows its latest seasons: older ones can be found by searching in the app.
    latest = series.seasons[-(_MAX_OPTIONS - 1) :]
    seasons = sorted({*latest, *(season for season in series.seasons if season == chosen)})
    select: AnySelect = discord.ui.Select(
        custom_id=id_of("imp:season", argument, now=now),
        placeholder="Which season?",
        options=[
            discord.SelectOption(label=season_code(season), value=str(season), default=season == chosen)
            for season in seasons
        ],
    )
    return SeasonSelect(select, argument)


def _episode_select(
    page: Page[LibraryEpisode], chosen: set[int], argument: str, now: datetime
) -> EpisodeSelect:
    options = {
        episode.id: discord.SelectOption(
            label=label(f"{episode_code(episode.number)} {episode.title or ''}", MAX_OPTION),
            value=str(episode.id),
            description="has a file already" if episode.has_file else None,
            default=episode.id in chosen,
        )
        for episode in page.items
    }
    select: AnySelect = discord.ui.Select(
        custom_id=id_of("imp:episodes", argument, now=now),
        placeholder="Which episodes?",
        min_values=1,
        max_values=len(options),
        options=list(options.values()),
    )
    return EpisodeSelect(select, argument)


def _add_episode_turning(view: discord.ui.View, page: Page[LibraryEpisode], argument: str) -> None:
    for verb, text, emoji, number, is_there in (
        ("earlier", "Earlier", "◀", page.number - 1, page.number > 0),
        ("later", "Later", "▶", page.number + 1, page.has_next),
    ):
        if is_there:
            place = f"{argument}.{number}"
            view.add_item(EpisodesButton(id_of(f"imp:{verb}", place), place, text, emoji=emoji))


def _back_button(draft: ImportDraft, place: int) -> FilesButton:
    argument = f"{draft.id}.{place // 10}"
    return FilesButton(id_of("imp:files", argument), argument, "All files", emoji="↩")


def _on_file(argument: str) -> tuple[str, int]:
    draft_id, _, place = argument.partition(".")
    return draft_id, int(place)


def _pages(interaction: AnyInteraction) -> ImportPages:
    pages: ImportPages = interaction.client.import_pages
    return pages
