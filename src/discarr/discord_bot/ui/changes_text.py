"""The answer of `/check`: what is different since the last look."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import discord

from discarr.core.models import Download, InstanceSnapshot, InstanceState
from discarr.discord_bot.ui import row_text
from discarr.discord_bot.ui.layout import GREEN, GREY, MAX_DESCRIPTION, RED, fit
from discarr.discord_bot.ui.server_lines import STATE_SYMBOLS, condition
from discarr.monitoring.snapshot_diff import SnapshotChanges
from discarr.utils.text_utils import count_of, join_and_more

_MAX_TITLES = 5
_MAX_AWAY = 10


def render_changes(
    changes: SnapshotChanges, instances: Sequence[InstanceSnapshot], *, now: datetime
) -> discord.Embed:
    """Draw what changed; both arguments hold only what the reader may see.

    What vanished is never called finished: only history knows (design decision 7).
    """
    away = [item for item in instances if item.state is not InstanceState.UP]
    lines = list(_changes(changes)) or [_nothing(instances, away)]
    lines += [_away_line(item, now) for item in away[:_MAX_AWAY]]
    if len(away) > _MAX_AWAY:
        lines.append(f"and {count_of(len(away) - _MAX_AWAY, 'more server', 'more servers')} not fine")
    return discord.Embed(
        title="Looked again",
        description="\n".join(fit(lines, MAX_DESCRIPTION)),
        colour=RED if away else GREY if changes.is_empty else GREEN,
    )


def _changes(changes: SnapshotChanges) -> Iterator[str]:
    hands = {download.key for download in changes.needing_hand}
    lists = (
        ("🆕 New", [download for download in changes.new if download.key not in hands]),
        ("✋ Now needs a hand", changes.needing_hand),
        ("👍 No longer needs a hand", changes.resolved),
        ("👋 No longer in the queue", changes.vanished),
    )
    for words, downloads in lists:
        if downloads:
            yield f"{words}: {_titles(downloads)}"
    if changes.progressed:
        yield f"⬇ {count_of(len(changes.progressed), 'download')} moved on"
    back = [
        item.name
        for item in changes.instances
        if item.after is InstanceState.UP and item.before is not InstanceState.LOADING
    ]
    if back:
        yield f"✓ Answering again: {join_and_more([row_text.name(item) for item in back], _MAX_TITLES)}"


def _nothing(instances: Sequence[InstanceSnapshot], away: Sequence[InstanceSnapshot]) -> str:
    if away and len(away) == len(instances):
        return "No server could be asked."
    return "Nothing changed on the others." if away else "Nothing changed since the last look."


def _titles(downloads: Sequence[Download]) -> str:
    return join_and_more([_title(download) for download in downloads], _MAX_TITLES)


def _title(download: Download) -> str:
    part = row_text.part_of_work(download, has_count=False)
    return f"**{row_text.name(download.title, 40)}** {part}".rstrip()


def _away_line(item: InstanceSnapshot, now: datetime) -> str:
    words = condition(item.state, since=item.away_since, problem=item.problem, now=now)
    return f"{STATE_SYMBOLS[item.state]} {row_text.name(item.name)} · {words}"
