"""One download in full: plain words for everybody, the technical side for operators."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import discord

from discarr.core.models import Download, EpisodeNumber, InstanceSnapshot, QueueStatus, TrackedState
from discarr.discord_bot.ui import action_answers, row_text
from discarr.discord_bot.ui.layout import AMBER, GREEN, GREY, MAX_FIELD_VALUE, fit
from discarr.monitoring.acting.operation import Operation
from discarr.monitoring.download_rows import DownloadRow, Phase
from discarr.monitoring.progress_tracker import Estimate
from discarr.monitoring.reasons import Said, explain_each
from discarr.utils.text_utils import (
    capitalised,
    count_of,
    human_size,
    join_and_more,
    length,
    percent,
    without_addresses,
)
from discarr.utils.time_utils import round_up, timestamp

_MAX_WHOLE: Final = 1850
"""Units of the description: with four full fields, two of them an alert's, it stays below Discord's 6000."""
_MOST_EPISODES: Final = 700
"""Units of the description that the episodes of a pack may take, if all else leaves as much."""
_LEAST_EPISODES: Final = 80
_FOR_MORE: Final = 30
"""Units that are kept for saying how many episodes there was no room for."""
_REASONS_SHOWN: Final = 5
_LONGEST_PACK: Final = 99_999
_HEADING: Final = 100
"""Letters of the first line: a card has room to name what a row cuts short."""
_MAX_RELEASE: Final = 150
_MAX_MESSAGE: Final = 160
_MAX_TEXTS: Final = 5
"""Files that are named below one reason."""
_MAX_NAMES: Final = 8

_NEXT: Final = {
    Phase.NEEDS_HAND: "Somebody has to look at it in the app.",
    Phase.DOWNLOADING: "It is imported by itself when it is complete.",
    Phase.STALLED: "It goes on by itself when data arrives again.",
    Phase.UNPACKING: "It is imported by itself when that is done.",
    Phase.IMPORTING: "It is being moved into the library.",
    Phase.WAITING: "The app imports it within a few minutes.",
    Phase.QUEUED: "It starts when the download client has room for it.",
    Phase.PAUSED: "It goes on when somebody resumes it in the download client.",
    Phase.DELAYED: "The app holds it back, and then hands it to the download client by itself.",
    Phase.UNKNOWN: "The app does not say more.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What belongs on a card and is not in the download itself."""

    checked_at: datetime | None = None
    """When the queue was last read."""
    data_as_of: datetime | None = None
    """When the app itself last looked at its download client; None when it does not say."""
    under_way: Operation | None = None
    """What is being done to it."""

    @classmethod
    def of(cls, instance: InstanceSnapshot | None, under_way: Operation | None) -> "Surroundings":
        """Return those of a download of an instance."""
        if instance is None:
            return cls(under_way=under_way)
        return cls(checked_at=instance.fetched_at, data_as_of=instance.data_as_of, under_way=under_way)


NO_SURROUNDINGS: Final = Surroundings()


def render_detail(
    row: DownloadRow,
    download: Download,
    estimate: Estimate,
    *,
    is_operator: bool,
    around: Surroundings = NO_SURROUNDINGS,
    now: datetime,
) -> discord.Embed:
    """Draw the detail card. Members get no client, indexer, release, file name or message of an app."""
    heading = row_text.heading(row, has_count=True, has_quality=True, width=_HEADING)
    lines = [
        f"{row_text.SYMBOLS[row.phase]} {heading}",
        *_plain_lines(row, download, now),
        *_age_lines(download, around, now),
    ]
    if len(download.episodes) > row_text.MAX_LISTED_EPISODES:
        room = _MAX_WHOLE - sum(1 + length(line) for line in lines)
        lines.insert(1, _episodes(download, min(max(room, _LEAST_EPISODES), _MOST_EPISODES)))
    embed = discord.Embed(
        description="\n".join(fit(lines, _MAX_WHOLE)),
        colour={Phase.NEEDS_HAND: AMBER, Phase.DOWNLOADING: GREEN}.get(row.phase, GREY),
    )
    if is_operator:
        facts = fit(list(_facts(download, estimate, now)), MAX_FIELD_VALUE)
        embed.add_field(name="Technical", value="\n".join(facts), inline=False)
        messages = fit(list(_messages(explain_each(download))), MAX_FIELD_VALUE)
        if messages:
            embed.add_field(name="Messages", value="\n".join(messages), inline=False)
    return embed


def _plain_lines(row: DownloadRow, download: Download, now: datetime) -> Iterator[str]:
    if row.phase is Phase.DOWNLOADING:
        yield row_text.progress(row, now)
        if row.eta is not None and row.eta > now:
            yield f"Ready {timestamp(round_up(row.eta), 'R')}"
    elif row.phase is Phase.NEEDS_HAND:
        yield row_text.reason(row, now)
        yield from _further_reasons(row, download)
        yield from _loaded(row)
    else:
        yield capitalised(row_text.state(row, now))
        yield from _loaded(row)
    remedy = row_text.sentence(row.explanation.remedy, 200) if row.explanation is not None else ""
    yield f"\n**What next:** {remedy or _NEXT[row.phase]}"
    if row.phase is Phase.NEEDS_HAND:
        yield f"**By itself:** {_by_itself(download)}"


def _episodes(download: Download, budget: int) -> str:
    """Return all episodes of a pack, each season on a line of its own: "S01: E01–E05, E07".

    Where they do not fit into the budget (units), it ends with how many more there are.
    """
    text, season = "", None
    left = len(download.episodes)
    for first, last in _runs(download.episodes):
        lead = ", " if first.season == season else f"\n{row_text.season_code(first.season)}: "
        piece = f"{lead}{_run(first, last)}"
        if length(text) + length(piece) > budget - _FOR_MORE:
            text += f"\nand {count_of(min(left, _LONGEST_PACK), 'more episode', 'more episodes')}"
            break
        text += piece
        season = first.season
        left -= last.episode - first.episode + 1
    return text.removeprefix("\n")


def _runs(episodes: Sequence[EpisodeNumber]) -> Iterator[tuple[EpisodeNumber, EpisodeNumber]]:
    """Yield first and last of each unbroken run of ascending episodes of a season."""
    first = last = episodes[0]
    for episode in episodes[1:]:
        if (episode.season, episode.episode) != (last.season, last.episode + 1):
            yield first, last
            first = episode
        last = episode
    yield first, last


def _run(first: EpisodeNumber, last: EpisodeNumber) -> str:
    words = row_text.episode_number(first.episode)
    return words if first == last else f"{words}–{row_text.episode_number(last.episode)}"


def _further_reasons(row: DownloadRow, download: Download) -> Iterator[str]:
    main = row.explanation.kind if row.explanation is not None else None
    explanations = (said.explanation for said in explain_each(download))
    others = [item for item in explanations if item is not None and item.kind is not main]
    for other in others[:_REASONS_SHOWN]:
        yield f"Also: {row_text.sentence(other.sentence)}"
    if len(others) > _REASONS_SHOWN:
        yield f"and {len(others) - _REASONS_SHOWN} more"


def _by_itself(download: Download) -> str:
    """Return what the app does next without anybody's help, by its states alone."""
    if download.tracked_state is TrackedState.FAILED_PENDING or download.status is QueueStatus.FAILED:
        return "The app takes it off the queue, and searches again if it is set to."
    if download.tracked_state is TrackedState.IMPORT_BLOCKED:
        return "Nothing; it stays like this."
    if download.status is QueueStatus.COMPLETED:
        return "The app tries again every minute or two."
    return "The download client goes on trying."


def _age_lines(download: Download, around: Surroundings, now: datetime) -> Iterator[str]:
    if around.under_way is not None:
        yield f"\n🛠 {action_answers.under_way(around.under_way, now)}"
    ages = []
    if download.added is not None:
        ages.append(f"grabbed {timestamp(download.added, 'R')}")
    if around.checked_at is not None:
        ages.append(f"checked {timestamp(around.checked_at, 't')}")
    if around.data_as_of is not None:
        ages.append(f"as the app saw it {timestamp(around.data_as_of, 't')}")
    if ages:
        yield f"\n-# {capitalised(' · '.join(ages))}"


def _loaded(row: DownloadRow) -> Iterator[str]:
    if row.fraction_done is not None:
        yield f"{percent(row.fraction_done)} of {human_size(row.size_bytes)} loaded"


def _facts(download: Download, estimate: Estimate, now: datetime) -> Iterator[str]:
    yield f"State: {_state(download)}"
    yield f"Release: {row_text.name(without_addresses(download.release_title), _MAX_RELEASE)}"
    if download.quality:
        yield f"Quality: {row_text.name(download.quality, 40)}"
    if download.languages:
        yield f"Languages: {_names(download.languages)}"
    if download.custom_formats or download.custom_format_score:
        score = download.custom_format_score
        points = f" (score {score})" if score is not None else ""
        yield f"Formats: {_names(download.custom_formats) or 'none'}{points}"
    client = row_text.name(download.download_client, 40) if download.download_client else "not known"
    yield f"Client: {client} · {download.protocol.value}"
    if download.indexer:
        yield f"Indexer: {row_text.name(download.indexer, 40)}"
    if download.added is not None:
        yield f"Grabbed: {timestamp(download.added, 'f')}, {timestamp(download.added, 'R')}"
    if download.size_bytes > 0:
        yield f"Left: {human_size(download.size_left_bytes)} of {human_size(download.size_bytes)}"
    if estimate.rate_bytes_s is not None:
        yield f"Speed: {human_size(int(estimate.rate_bytes_s))}/s in the last minutes"
    if estimate.eta is not None:
        basis = f"{'measured' if estimate.is_sure else 'a guess'}, {estimate.samples} samples"
        yield f"Complete: {row_text.finish(estimate.eta, now, is_sure=estimate.is_sure)} ({basis})"
    if estimate.idle_for is not None:
        yield capitalised(row_text.idle(estimate.idle_for))


def _names(names: tuple[str, ...]) -> str:
    return join_and_more([row_text.name(item) for item in names], _MAX_NAMES)


def _state(download: Download) -> str:
    words = (download.status, download.tracked_state, download.tracked_status)
    return " · ".join(word.value for word in words if word is not None)


def _messages(said: tuple[Said, ...]) -> Iterator[str]:
    """Yield each reason in plain words, and the technical messages behind it below."""
    for one in said:
        words = (
            row_text.sentence(one.explanation.sentence)
            if one.explanation is not None
            else "In the app's words"
        )
        yield f"**{words}**"
        for text, about in one.technical[:_MAX_TEXTS]:
            parts = [part for part in (_technical(text), _technical(about)) if part]
            yield f"-# {' · '.join(parts) or '–'}"
        if len(one.technical) > _MAX_TEXTS:
            yield f"-# and {len(one.technical) - _MAX_TEXTS} more"


def _technical(text: str) -> str:
    return row_text.sentence(without_addresses(text), _MAX_MESSAGE)
