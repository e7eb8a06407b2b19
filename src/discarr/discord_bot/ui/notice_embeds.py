"""What people are told, drawn: pure, from any content to a message that Discord takes.

The text of a message holds who is mentioned, and the one sentence that a phone shows without opening
anything; everything else is the embed.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import discord

from discarr.core.events import Ending, EventKind, Severity, Work
from discarr.discord_bot.ui.alert_controls import notice_controls
from discarr.discord_bot.ui.digest_lines import digest_lines
from discarr.discord_bot.ui.layout import AMBER, GREEN, GREY, MAX_DESCRIPTION, RED, fit
from discarr.discord_bot.ui.notice_text import (
    WORDS,
    begun_title,
    entry_line,
    instance_name,
    lasted,
    number,
    over_title,
    reason,
    remedy,
    resolution,
    span,
    steps_words,
    subject,
    work_heading,
)
from discarr.discord_bot.ui.row_text import name, sentence
from discarr.monitoring.alerts.content import (
    MAX_ENTRIES,
    Content,
    DigestContent,
    Entry,
    NoticeContent,
    OverflowContent,
    ReadyContent,
    StoryContent,
)
from discarr.monitoring.alerts.rules import label
from discarr.utils.text_utils import count_of, human_size
from discarr.utils.time_utils import clock_time

MAX_MENTIONS: Final = 50
"""People mentioned in one message: Discord takes 100, and 2,000 characters of text."""
_MAX_TITLE = 200
_MAX_LINE = 300
_MAX_LINES = 12
_LARGEST_ID = 2**63 - 1
_POSTER = re.compile(r"https://[a-z0-9.-]+/[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]{1,400}")
_COLOURS = {Severity.INFO: GREY, Severity.WARNING: AMBER, Severity.CRITICAL: RED}


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedNotice:
    """A message, ready to send."""

    text: str | None = None
    embed: discord.Embed | None = None
    mentions: discord.AllowedMentions
    """Who is pinged, when the message is new: those that the content names, and nobody else."""
    controls: discord.ui.View


def render_notice(content: Content, *, mark: str, now: datetime, is_sequel: bool = False) -> RenderedNotice:
    """Draw a message.

    `mark` goes into the id of a button; `is_sequel` says that it answers the first message of its story, so
    that it need not say everything anew.
    """
    match content:
        case StoryContent():
            embed = _sequel(content, now) if is_sequel else _story(content, now)
            text = _role_mention(content.mention_role_id) if content.ended_at is None else None
        case DigestContent():
            embed, text = _digest(content, now), _role_mention(content.mention_role_id)
        case ReadyContent():
            embed, text = _ready(content, now), _ready_text(content, work_heading(content.work))
        case NoticeContent():
            embed, text = _notice(content, now), None
        case OverflowContent():
            embed, text = _overflow(content, now), None
    return RenderedNotice(
        text=text,
        embed=embed,
        mentions=_allowed_mentions(content),
        controls=notice_controls(content, mark),
    )


def render_plain_notice(content: Content, *, mark: str, now: datetime) -> RenderedNotice:
    """Draw a message in words of Discarr's own alone, for when Discord refused the full one."""
    match content:
        case StoryContent():
            held = f"since {clock_time(content.began_at, now)}"
            if content.ended_at is not None:
                held = f"over, after {span(content.began_at, content.ended_at, now)}"
            text = f"{WORDS[content.kind].symbol} {label(content.kind)} · {held}"
            mention = _role_mention(content.mention_role_id) if content.ended_at is None else None
            text = f"{mention} {text}" if mention else text
        case DigestContent():
            mention = _role_mention(content.mention_role_id)
            text = " ".join(part for part in (mention, _digest_title(content)) if part)
        case ReadyContent():
            text = _ready_text(content, "A title that you follow")
        case NoticeContent():
            text = f"{WORDS[content.kind].symbol} {label(content.kind)}"
        case OverflowContent():
            text = "A lot happened at once."
    return RenderedNotice(
        text=f"{text}\n-# Discord did not take the full text.",
        mentions=_allowed_mentions(content),
        controls=notice_controls(content, mark),
    )


def _story(content: StoryContent, now: datetime) -> discord.Embed:
    if content.ended_at is None:
        embed = discord.Embed(title=begun_title(content), colour=_COLOURS[content.severity])
    else:
        embed = discord.Embed(title=over_title(content), colour=_over_colour(content))
    is_single = content.total <= 1 and len(content.entries) <= 1
    lines = _single(content) if is_single else list(_several(content, now))
    embed.description = "\n".join(fit([*lines, _when(content, now)], MAX_DESCRIPTION))
    if is_single and content.entries:
        _show_poster(embed, content.entries[0].facts.work)
    return embed


def _single(content: StoryContent) -> list[str]:
    """Return what a story of one alert is about, why, and what can be done."""
    if not content.entries:
        return []
    entry = content.entries[0]
    lines = [subject(content.kind, entry.facts)]
    if content.ended_at is None:
        lines.append(reason(entry.facts))
        todo = remedy(content.kind, entry.facts)
        lines.append(f"**What to do:** {todo}" if todo else "")
    elif entry.ending is Ending.FAILED:
        lines.append("The app usually looks for another release by itself.")
    return [line for line in lines if line]


def _several(content: StoryContent, now: datetime) -> Iterator[str]:
    """Return a line for each alert, and once what all open ones have in common."""
    entries = content.entries[:MAX_ENTRIES]
    common = _common_reason(entries)
    if common:
        yield reason(common.facts)
        yield f"**What to do:** {remedy(content.kind, common.facts)}"
        yield ""
    for entry in entries:
        yield entry_line(content.kind, entry, now, has_reason=not common)
    if content.total > len(entries):
        yield f"+{number(content.total - len(entries))} more"


def _common_reason(entries: Sequence[Entry]) -> Entry | None:
    """Return an open alert whose reason is that of every other open one."""
    open_ones = [entry for entry in entries if entry.ended_at is None]
    if not open_ones or not reason(open_ones[0].facts):
        return None
    reasons = {entry.facts.reason for entry in open_ones}
    return open_ones[0] if len(reasons) == 1 else None


def _when(content: StoryContent, now: datetime) -> str:
    """Return the last line of a story: where, since when, how long it took, who looks after it."""
    parts = []
    is_about_work = bool(content.entries) and content.entries[0].facts.work is not None
    # The other titles name the server themselves.
    if content.instance_name and (is_about_work or (WORDS[content.kind].noun and content.total > 1)):
        parts.append(instance_name(content))
    if content.ended_at is None:
        parts.append(f"since {clock_time(content.began_at, now)}")
    else:
        parts.append(f"after {span(content.began_at, content.ended_at, now)}")
    words = " · ".join(parts)
    line = words[:1].upper() + words[1:]
    if content.acknowledged_by is not None and _is_id(content.acknowledged_by):
        line += f"\n👍 <@{content.acknowledged_by}> looks after it"
    return line


def _over_colour(content: StoryContent) -> int:
    if {entry.ending for entry in content.entries} <= {None, Ending.SOLVED, Ending.IMPORTED}:
        return GREEN
    return GREY


def _sequel(content: StoryContent, now: datetime) -> discord.Embed:
    """Draw what answers the first message of a story: a reminder, or the news that it is over."""
    if content.ended_at is not None:
        words = f"**{over_title(content)}** · after {lasted(content.began_at, content.ended_at)}"
        return discord.Embed(description=words, colour=_over_colour(content))
    about = subject(content.kind, content.entries[0].facts) if len(content.entries) == 1 else ""
    lines = [f"⏰ Still so: **{begun_title(content)}**", about, f"Since {clock_time(content.began_at, now)}"]
    return discord.Embed(
        description="\n".join(line for line in lines if line), colour=_COLOURS[content.severity]
    )


def _digest(content: DigestContent, now: datetime) -> discord.Embed:
    lines = []
    if content.missed_from is not None:
        since = clock_time(content.missed_from, now)
        lines.append(f"Some of it happened while Discarr was off, from {since} on.")
    lines += digest_lines(content, now)
    has_failures = content.counts.get(EventKind.FAILED, 0) > 0
    embed = discord.Embed(
        title=_digest_title(content),
        description="\n".join(fit(lines, MAX_DESCRIPTION)) or None,
        colour=AMBER if has_failures else GREEN,
    )
    if content.items:
        _show_poster(embed, content.items[0].work)
    return embed


def _digest_title(content: DigestContent) -> str:
    return steps_words(content.counts) or "What happened to downloads"


def _ready(content: ReadyContent, now: datetime) -> discord.Embed:
    at = clock_time(content.at, now)
    where = f"**{name(content.instance_name)}**" if content.instance_name else "The app"
    if content.has_failed:
        lines = [
            f"The download failed at {at}.",
            f"{where} usually looks for another release by itself. You are told when it can be watched.",
        ]
    else:
        size = human_size(content.work.size_bytes) if content.work.size_bytes > 0 else ""
        lines = [" · ".join(part for part in (f"Added {at}", resolution(content.work), size) if part)]
    embed = discord.Embed(
        description="\n".join(lines),
        colour=AMBER if content.has_failed else GREEN,
    )
    _show_poster(embed, content.work)
    return embed


def _ready_text(content: ReadyContent, what: str) -> str:
    """Return the sentence that the followers are mentioned with."""
    mentions = " ".join(f"<@{user_id}>" for user_id in _followers(content))
    if content.has_failed:
        words = f"✗ {what} could not be downloaded yet"
    elif content.missing_count > 0:
        missing = count_of(min(content.missing_count, 99_999), "episode")
        words = f"🍿 {what} can be watched now, but for {missing}"
    else:
        words = f"🍿 {what} can be watched now"
    return f"{mentions} {words}".strip()


def _notice(content: NoticeContent, now: datetime) -> discord.Embed:
    lines = [sentence(line, _MAX_LINE) for line in content.lines[:_MAX_LINES]]
    if content.at is not None:
        lines.append(clock_time(content.at, now))
    return discord.Embed(
        title=f"{WORDS[content.kind].symbol} {sentence(content.title, _MAX_TITLE)}".strip(),
        description="\n".join(line for line in lines if line) or None,
        colour=_COLOURS[content.severity],
    )


def _overflow(content: OverflowContent, now: datetime) -> discord.Embed:
    lines = [f"Since {clock_time(content.since, now)}, too much for a message each:"]
    lines += [
        f"{WORDS[kind].symbol} {label(kind)}: {number(content.counts[kind])}"
        for kind in EventKind
        if content.counts.get(kind, 0) > 0
    ]
    return discord.Embed(title="A lot happened at once", description="\n".join(lines), colour=AMBER)


def _show_poster(embed: discord.Embed, work: Work | None) -> None:
    """Show a poster: its address was chosen by Discarr, and is looked at once more for being one."""
    if work is not None and work.poster_url is not None and _POSTER.fullmatch(work.poster_url):
        embed.set_thumbnail(url=work.poster_url)


def _role_mention(role_id: int | None) -> str | None:
    return f"<@&{role_id}>" if role_id is not None and _is_id(role_id) else None


def _followers(content: ReadyContent) -> list[int]:
    known = dict.fromkeys(user_id for user_id in content.user_ids if _is_id(user_id))
    return list(known)[:MAX_MENTIONS]


def _allowed_mentions(content: Content) -> discord.AllowedMentions:
    """Let those be pinged whom the content names: never everyone, and nobody by a title."""
    users: list[int] = []
    roles: list[int] = []
    match content:
        case ReadyContent():
            users = _followers(content)
        case StoryContent(mention_role_id=int(role_id)) | DigestContent(mention_role_id=int(role_id)):
            roles = [role_id] if _is_id(role_id) else []
    allowed = discord.AllowedMentions.none()
    allowed.users = [discord.Object(user_id) for user_id in users]
    allowed.roles = [discord.Object(role_id) for role_id in roles]
    return allowed


def _is_id(number_of: int) -> bool:
    return 0 < number_of <= _LARGEST_ID
