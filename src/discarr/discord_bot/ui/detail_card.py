"""One download in full: plain words for everybody, the technical side for operators."""

from collections.abc import Iterator
from datetime import datetime

import discord

from discarr.core.models import Download
from discarr.discord_bot.ui import row_text
from discarr.discord_bot.ui.layout import AMBER, GREEN, GREY, MAX_FIELD_VALUE, fit
from discarr.monitoring.download_rows import DownloadRow, Phase
from discarr.monitoring.progress_tracker import Estimate
from discarr.utils.text_utils import human_size, join_and_more, percent, without_addresses
from discarr.utils.time_utils import round_up, timestamp

_MAX_EPISODES = 8
_MAX_RELEASE = 150
_MAX_MESSAGE = 200

_NEXT = {
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


def render_detail(
    row: DownloadRow, download: Download, estimate: Estimate, *, is_operator: bool, now: datetime
) -> discord.Embed:
    """Draw the detail card. Members get no client, indexer, release, file name or message of an app."""
    heading = row_text.heading(row, has_count=True, has_quality=True)
    embed = discord.Embed(
        description="\n".join(
            [f"{row_text.SYMBOLS[row.phase]} {heading}", *_plain_lines(row, download, now)]
        ),
        colour={Phase.NEEDS_HAND: AMBER, Phase.DOWNLOADING: GREEN}.get(row.phase, GREY),
    )
    if is_operator:
        facts = fit(list(_facts(download, estimate, now)), MAX_FIELD_VALUE)
        embed.add_field(name="Technical", value="\n".join(facts), inline=False)
        messages = fit(list(_messages(download)), MAX_FIELD_VALUE)
        if messages:
            embed.add_field(name="Messages", value="\n".join(messages), inline=False)
    return embed


def _plain_lines(row: DownloadRow, download: Download, now: datetime) -> Iterator[str]:
    if len(download.episodes) > row_text.MAX_LISTED_EPISODES:
        yield join_and_more([row_text.episode_code(episode) for episode in download.episodes], _MAX_EPISODES)
    if row.phase is Phase.DOWNLOADING:
        yield row_text.progress(row, now)
        if row.eta is not None and row.eta > now:
            yield f"Ready {timestamp(round_up(row.eta), 'R')}"
    elif row.phase is Phase.NEEDS_HAND:
        yield row_text.reason(row, now)
        yield from _loaded(row)
    else:
        yield _capitalised(row_text.state(row, now))
        yield from _loaded(row)
    remedy = row_text.sentence(row.explanation.remedy, 200) if row.explanation is not None else ""
    yield f"\n**What next:** {remedy or _NEXT[row.phase]}"


def _loaded(row: DownloadRow) -> Iterator[str]:
    if row.fraction_done is not None:
        yield f"{percent(row.fraction_done)} of {human_size(row.size_bytes)} loaded"


def _facts(download: Download, estimate: Estimate, now: datetime) -> Iterator[str]:
    yield f"State: {_state(download)}"
    yield f"Release: {row_text.name(without_addresses(download.release_title), _MAX_RELEASE)}"
    if download.quality:
        yield f"Quality: {row_text.name(download.quality, 40)}"
    client = row_text.name(download.download_client, 40) if download.download_client else "not known"
    yield f"Client: {client} · {download.protocol.value}"
    if download.indexer:
        yield f"Indexer: {row_text.name(download.indexer, 40)}"
    if download.added is not None:
        yield f"Grabbed: {timestamp(download.added, 'f')}, {timestamp(download.added, 'R')}"
    if estimate.rate_bytes_s is not None:
        yield f"Speed: {human_size(int(estimate.rate_bytes_s))}/s in the last minutes"
    if estimate.eta is not None:
        basis = f"{'measured' if estimate.is_sure else 'a guess'}, {estimate.samples} samples"
        yield f"Complete: {row_text.finish(estimate.eta, now, is_sure=estimate.is_sure)} ({basis})"
    if estimate.idle_for is not None:
        yield _capitalised(row_text.idle(estimate.idle_for))


def _state(download: Download) -> str:
    words = (download.status, download.tracked_state, download.tracked_status)
    return " · ".join(word.value for word in words if word is not None)


def _messages(download: Download) -> Iterator[str]:
    if download.error_message:
        yield f"Client: {_technical(download.error_message)}"
    for message in download.messages:
        yield f"**{_technical(message.title) or '–'}**"
        for text in message.messages:
            yield f"• {_technical(text)}"


def _capitalised(words: str) -> str:
    return words[:1].upper() + words[1:]


def _technical(text: str) -> str:
    return row_text.sentence(without_addresses(text), _MAX_MESSAGE)
