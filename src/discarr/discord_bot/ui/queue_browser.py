"""The private queue, page by page: what matches a filter, and the filter as part of a control's id."""

import hashlib
import math
import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime

import discord

from discarr.core.models import DownloadKey, InstanceState
from discarr.discord_bot.ui import row_text
from discarr.discord_bot.ui.layout import AMBER, GREEN, GREY, MAX_DESCRIPTION, fit
from discarr.discord_bot.ui.server_lines import server_line
from discarr.monitoring.cleanup.signs import Sign
from discarr.monitoring.download_rows import DownloadRow, Phase, PhaseGroup, filter_rows
from discarr.monitoring.status_view import InstanceRow, StatusView
from discarr.utils.text_utils import clean, count_of, human_size, length, percent

PAGE_SIZE = 10
"""Rows on a page; at most 25, the options of a select."""

SIGN_FILTERS = {
    "stalled": Sign.STALLED,
    "slow": Sign.SLOW,
    "not_in_library": Sign.NOT_IN_LIBRARY,
}
"""States that do not show in a row: what gets on badly. That a person is needed does show."""
STATE_FILTERS = {group.name.lower(): group.value.capitalize() for group in PhaseGroup} | {
    key: sign.value.capitalize() for key, sign in SIGN_FILTERS.items()
}
"""Key and label of each state one can filter by; the keys are part of control ids."""

_MAX_TEXT = 30
_MAX_INSTANCE_ID = 32
_MAX_PAGE = 99_999
_MAX_AWAY_LINES = 5
_ENCODED = re.compile(r"(\d{1,5}):([a-z0-9_]{0,32}):([a-z_]{0,16}):(.*)", re.DOTALL)
_NOT_AN_ID = re.compile(r"[^a-z0-9_]")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFilter:
    """Which rows to show; None shows all."""

    instance: str | None = None
    """Id of an instance."""
    state: str | None = None
    """A key of `STATE_FILTERS`."""
    text: str | None = None
    """Part of the title, in any case."""

    def normalised(self) -> "QueueFilter":
        """Return the filter as `encode_place` can carry it: unknown states and empty texts are none."""
        text = clean(self.text or "")
        while length(text) > _MAX_TEXT:
            text = text[:-1]
        instance = _NOT_AN_ID.sub("", (self.instance or "").lower())[:_MAX_INSTANCE_ID]
        return QueueFilter(
            instance=instance or None,
            state=self.state if self.state in STATE_FILTERS else None,
            text=text.strip() or None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedPage:
    """One page of the queue, ready to send."""

    embed: discord.Embed
    page: int
    """Counted from 0; the page that was asked for, or the nearest one that exists."""
    page_count: int
    """At least 1."""
    filter: QueueFilter
    """Normalised."""
    rows: tuple[DownloadRow, ...]
    """The rows on this page."""
    rendered_at: datetime

    @property
    def first_number(self) -> int:
        """Number of the first row, counted from 1 over all pages."""
        return self.page * PAGE_SIZE + 1


def encode_place(queue_filter: QueueFilter, page: int) -> str:
    """Return filter and page as `<page>:<instance>:<state>:<text>`, at most 81 UTF-16 units."""
    kept = queue_filter.normalised()
    place = min(max(page, 0), _MAX_PAGE)
    return f"{place}:{kept.instance or ''}:{kept.state or ''}:{kept.text or ''}"


def decode_place(encoded: str) -> tuple[QueueFilter, int]:
    """Return what `encode_place` was given; anything else is the first page of everything."""
    match = _ENCODED.fullmatch(encoded)
    if match is None:
        return QueueFilter(), 0
    page, instance, state, text = match.groups()
    return QueueFilter(instance=instance, state=state, text=text).normalised(), int(page)


def key_token(key: DownloadKey) -> str:
    """Return a short, stable stand-in for a key, which may be too long for a control's id."""
    return hashlib.blake2b(
        "\0".join((key.instance, key.kind, key.id)).encode(errors="surrogatepass"), digest_size=10
    ).hexdigest()


def render_queue_page(
    view: StatusView,
    queue_filter: QueueFilter,
    page: int,
    *,
    signed: Container[DownloadKey] = frozenset(),
    now: datetime,
) -> RenderedPage:
    """Draw one page of the queue. Takes the whole view: an outage must not look like an empty queue.

    `signed` are the downloads that have the sign which the filter asks for, if it is one of `SIGN_FILTERS`.
    """
    kept = queue_filter.normalised()
    group = None if kept.state is None or kept.state in SIGN_FILTERS else PhaseGroup[kept.state.upper()]
    rows = filter_rows(
        (*view.needs_hand, *view.others),
        instance_id=kept.instance,
        group=group,
        text=kept.text or "",
    )
    if kept.state in SIGN_FILTERS:
        rows = tuple(row for row in rows if row.key in signed)
    page_count = max(math.ceil(len(rows) / PAGE_SIZE), 1)
    page = min(max(page, 0), page_count - 1)
    shown = rows[page * PAGE_SIZE : (page + 1) * PAGE_SIZE]
    blocks = [_block(number, row, now) for number, row in enumerate(shown, start=page * PAGE_SIZE + 1)]
    away = _away_lines(view, kept, now)
    if not blocks:
        blocks = [_nothing(view, kept)]
    footer = _footer(view, kept, page, page_count)
    body = fit([*blocks, *(["", *away] if away else [])], MAX_DESCRIPTION - length(footer) - 2)
    embed = discord.Embed(
        title=_title(view, len(rows)),
        description="\n".join([*body, "", footer]),
        colour=AMBER if view.needs_hand else GREEN if rows else GREY,
    )
    return RenderedPage(
        embed=embed,
        page=page,
        page_count=page_count,
        filter=kept,
        rows=shown,
        rendered_at=now,
    )


def _block(number: int, row: DownloadRow, now: datetime) -> str:
    """Return two or three lines about one row."""
    lines = [
        f"`{number}` {row_text.SYMBOLS[row.phase]} {row_text.heading(row, has_count=True, has_quality=True)}"
    ]
    if row.phase is Phase.NEEDS_HAND:
        lines.append(row_text.reason(row, now))
        if row.fraction_done is not None and row.fraction_done < 1:
            lines.append(f"{percent(row.fraction_done)} of {human_size(row.size_bytes)}")
    elif row.phase is Phase.DOWNLOADING:
        lines.append(row_text.progress(row, now))
    else:
        size = human_size(row.size_bytes) if row.size_bytes > 0 else ""
        lines.append(" · ".join(part for part in (row_text.state(row, now), size) if part))
    return "\n".join(lines)


def _title(view: StatusView, matching: int) -> str:
    if matching == view.total:
        return f"Queue · {count_of(view.total, 'download')}"
    return f"Queue · {matching} of {count_of(view.total, 'download')}"


def _nothing(view: StatusView, kept: QueueFilter) -> str:
    if kept != QueueFilter():
        return "Nothing here matches the filter."
    if view.is_partial or any(instance.skipped_rows for instance in view.instances):
        return "No download is known right now."
    return "Nothing is downloading."


def _away_lines(view: StatusView, kept: QueueFilter, now: datetime) -> list[str]:
    away = [
        instance
        for instance in view.instances
        if instance.state is not InstanceState.UP and kept.instance in (None, instance.id)
    ]
    lines = [server_line(instance, now) for instance in away[:_MAX_AWAY_LINES]]
    if len(away) > len(lines):
        lines.append(f"and {count_of(len(away) - len(lines), 'more server', 'more servers')} not fine")
    return lines


def _footer(view: StatusView, kept: QueueFilter, page: int, page_count: int) -> str:
    parts = [f"Page {page + 1} of {page_count}"]
    if kept.instance is not None:
        parts.append(f"only {row_text.name(_instance_name(view.instances, kept.instance))}")
    if kept.state is not None:
        parts.append(f"only: {STATE_FILTERS[kept.state].lower()}")
    if kept.text is not None:
        parts.append(f"with “{row_text.sentence(kept.text)}”")
    checked = row_text.checked(view.checked_at, None)
    return " · ".join([*parts, checked] if checked else parts)


def _instance_name(instances: Sequence[InstanceRow], instance_id: str) -> str:
    return next((instance.name for instance in instances if instance.id == instance_id), instance_id)
