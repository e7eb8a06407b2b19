"""Following in words: short and warm, for the people who wait."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import discord

from discarr.core.events import Work
from discarr.core.store.follows import MAX_FOLLOWS
from discarr.discord_bot.ui import row_text
from discarr.discord_bot.ui.layout import GREEN, GREY, MAX_DESCRIPTION, fit
from discarr.discord_bot.ui.notice_text import number, work_heading
from discarr.discord_bot.ui.paging import Page
from discarr.monitoring.download_rows import DownloadRow, Phase
from discarr.utils.text_utils import count_of, label, percent

_MAX_OPTION: Final = 80

HOW_TO: Final = (
    "Press **Follow** below a download in `/queue`, or use `/follow`: you are told when it is ready."
)
NOT_MATCHED: Final = (
    "The app does not know yet which title this is, so nobody could tell when it is ready. "
    "Try again when it has been sorted out."
)
TOO_MANY: Final = (
    f"You follow {MAX_FOLLOWS} titles, and that is all that fits. Let go of one with `/following` first."
)
SWITCHED_OFF: Final = (
    "Nobody is told of titles that are ready: Discarr's admins have switched that off in `/notifications`."
)
NOTHING_FOUND: Final = (
    "No such title is in the queue right now. Look into `/queue`, or choose one of the suggestions."
)
GONE: Final = "This download is no longer in the queue: it was finished or removed."
SEVERAL_FOUND: Final = "Several downloads fit. Which one do you wait for?"
LET_GO_ALREADY: Final = "You do not follow that any more."
LET_GO_OF_HIDDEN: Final = "🔕 You no longer follow it."
HIDDEN_NOW: Final = "A title that is kept from members now"


def followed(work: Work, *, is_hidden: bool) -> str:
    """Return the promise to somebody who has just asked for it."""
    words = f"🔔 Lean back: you are told when {work_heading(work)} can be watched."
    return f"{words} Members do not see it, so you are told in private." if is_hidden else words


def followed_already(work: Work) -> str:
    """Return the answer to somebody who asks again."""
    return f"🔔 You follow {work_heading(work)} already. All that is left to do is wait."


def let_go(work: Work) -> str:
    """Return the answer to somebody who no longer waits."""
    return f"🔕 You no longer follow {work_heading(work)}."


def option_of(work: Work, instance_name: str = "") -> str:
    """Return what a title is called where Discord renders no markup: "Devs S01 · 8 episodes"."""
    part = row_text.part_of_work(work, has_count=True)
    tail = " · ".join(text for text in (part, label(instance_name, 20) if instance_name else "") if text)
    return f"{label(work.title, _MAX_OPTION - len(tail) - 1)} {tail}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedTitle:
    """One title that a person waits for."""

    id: int
    work: Work
    is_kept_from_reader: bool = False
    """Whether the person may no longer see it."""
    total: int = 0
    """Episodes that are waited for; 0 for a movie, and where they are not known."""
    missing: int = 0
    """Episodes that are not there yet."""
    row: DownloadRow | None = None
    """Its download, while that is in the queue."""

    @property
    def option(self) -> str:
        """What it is called in a list to choose from."""
        return HIDDEN_NOW if self.is_kept_from_reader else option_of(self.work)


def render_follows(page: Page[FollowedTitle], total: int, *, now: datetime) -> discord.Embed:
    """Draw what a person follows."""
    if not total:
        return discord.Embed(title="You follow nothing yet", description=HOW_TO, colour=GREY)
    blocks = [
        "\n".join(_lines(count, title, now)) for count, title in enumerate(page.items, page.first_number)
    ]
    footer = "You are told once: when it can be watched, or when its download has failed."
    if page.words:
        footer = f"{page.words} · {footer}"
    return discord.Embed(
        title=f"You follow {count_of(total, 'title')}",
        description="\n".join([*fit(blocks, MAX_DESCRIPTION - 200), "", footer]),
        colour=GREEN,
    )


def _lines(count: int, title: FollowedTitle, now: datetime) -> Iterator[str]:
    if title.is_kept_from_reader:
        yield f"`{count}` 🔔 {HIDDEN_NOW}"
        return
    yield f"`{count}` 🔔 {work_heading(title.work)}"
    parts = []
    if 0 < title.missing < title.total:
        parts.append(f"{number(title.total - title.missing)} of {number(title.total)} are there")
    parts.append(_state(title.row, now) if title.row is not None else "not in the queue right now")
    yield " · ".join(parts)


def _state(row: DownloadRow, now: datetime) -> str:
    if row.phase is Phase.NEEDS_HAND:
        return f"{row_text.SYMBOLS[row.phase]} somebody has to look at it first"
    if row.phase is not Phase.DOWNLOADING:
        return f"{row_text.SYMBOLS[row.phase]} {row_text.state(row, now)}"
    loaded = percent(row.fraction_done) if row.fraction_done is not None else "downloading"
    until = f" · {row_text.finish(row.eta, now, is_sure=row.is_eta_sure)}" if row.eta is not None else ""
    return f"{row_text.SYMBOLS[row.phase]} {loaded}{until}"
