"""The files of a download for somebody who says what they are. Pure, legal for any input; for operators."""

from collections.abc import Iterator
from typing import Final

import discord

from discarr.core.actions import ImportCandidate
from discarr.discord_bot.import_drafts import ImportDraft
from discarr.discord_bot.ui.layout import AMBER, GREEN, MAX_DESCRIPTION, fit
from discarr.discord_bot.ui.notice_text import work_heading
from discarr.discord_bot.ui.operation_embeds import media_of, rejections_of
from discarr.discord_bot.ui.paging import Page, page_of
from discarr.discord_bot.ui.row_text import name, sentence
from discarr.utils.text_utils import count_of, human_size, join_and_more, without_addresses

NO_FILES: Final = (
    "The app shows no file of this download that it could import: its folder is not where the app looks, or "
    "there is no video in it. This can only be solved in the app itself, or in the download client."
)
FORGOTTEN: Final = "Discarr no longer knows these files: too much time has passed, or it was restarted."
NOT_OFFERED: Final = "That was not among the choices. Choose again."
_CONFLICT: Final = "⚠ Two files would become the same: leave one out."
_NOTHING: Final = "Say first what the files are, one by one or all at once."
_MAX_FILE_NAME: Final = 100
_MAX_REJECTIONS: Final = 12
_FOR_FOOTER: Final = 400


def render_files(draft: ImportDraft, number: int) -> tuple[discord.Embed, Page[int]]:
    """Draw a page of the files; the page holds their places."""
    page = page_of(range(len(draft.files)), number)
    blocks = ["\n".join(_block(draft, place)) for place in page.items]
    footer = [f"**{len(draft.chosen)} of {count_of(len(draft.files), 'file')}** would be imported."]
    if draft.has_conflict:
        footer.append(_CONFLICT)
    elif not draft.chosen:
        footer.append(_NOTHING)
    if page.words:
        footer.append(page.words)
    shown = fit([work_heading(draft.work), "", *blocks], MAX_DESCRIPTION - _FOR_FOOTER)
    embed = discord.Embed(
        title="📥 Import by hand",
        description="\n".join([*shown, "", *footer]),
        colour=GREEN if draft.chosen and not draft.has_conflict else AMBER,
    )
    return embed, page


def render_file(draft: ImportDraft, place: int) -> discord.Embed:
    """Draw one file: what it is taken for, and what speaks against it."""
    file = draft.files[place]
    lines = [
        f"{_symbol(draft, place)} {media_of(file)}",
        f"-# {_name(file)}",
        _facts(file),
        *_rejection_lines(file),
        "",
        _standing(draft, place),
    ]
    if draft.searched:
        lines += ["", _search_words(draft)]
    return discord.Embed(
        title=f"File {place + 1} of {len(draft.files)}",
        description="\n".join(fit(lines, MAX_DESCRIPTION)),
        colour=GREEN if draft.is_chosen(place) else AMBER,
    )


def render_search(draft: ImportDraft) -> discord.Embed:
    """Draw what was found for all files at once."""
    lines = [work_heading(draft.work), "", _search_words(draft)]
    return discord.Embed(title="What are all of these?", description="\n".join(lines), colour=AMBER)


def _block(draft: ImportDraft, place: int) -> Iterator[str]:
    file = draft.files[place]
    yield f"`{place + 1}` {_symbol(draft, place)} {media_of(file)} · {human_size(file.size_bytes)}"
    yield f"-# {_name(file)}"
    if file.rejections:
        yield f"⚠ {rejections_of(file, 120)}"


def _symbol(draft: ImportDraft, place: int) -> str:
    if draft.is_chosen(place):
        return "✅"
    return "➖" if draft.files[place].is_ready else "❔"


def _standing(draft: ImportDraft, place: int) -> str:
    if draft.is_chosen(place):
        return "It would be imported, whatever speaks against it."
    if draft.files[place].is_ready:
        return "It is left out."
    return "It cannot be imported before somebody says what it is."


def _name(file: ImportCandidate) -> str:
    return name(without_addresses(file.file_name), _MAX_FILE_NAME)


def _facts(file: ImportCandidate) -> str:
    parts = [human_size(file.size_bytes), name(file.quality, 40) if file.quality else "quality not known"]
    if file.languages:
        parts.append(join_and_more([name(item) for item in file.languages], 4))
    if file.custom_formats or file.custom_format_score:
        formats = join_and_more([name(item) for item in file.custom_formats], 6) or "no formats"
        parts.append(f"{formats} (score {file.custom_format_score})")
    return " · ".join(parts)


def _rejection_lines(file: ImportCandidate) -> Iterator[str]:
    if not file.rejections:
        yield "\nNothing speaks against it."
        return
    yield "\n**What the app has against it**"
    for rejection in file.rejections[:_MAX_REJECTIONS]:
        passing = "" if rejection.is_permanent else " (may pass)"
        yield f"• {sentence(without_addresses(rejection.reason), 160)}{passing}"
    if len(file.rejections) > _MAX_REJECTIONS:
        yield f"and {len(file.rejections) - _MAX_REJECTIONS} more"


def _search_words(draft: ImportDraft) -> str:
    looked_for = sentence(draft.searched, 80)
    if draft.found:
        return f"🔎 Found for “{looked_for}”: choose below."
    return f"🔎 Nothing in the library is called “{looked_for}”. Add it in the app first, or search again."
