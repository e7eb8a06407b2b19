"""One download in words: the pieces that the live message, the browser and the detail card share.

Each piece is bounded in length whatever the app sent, and safe to place in an embed.
"""

from datetime import datetime, timedelta

from discarr.core.events import Work
from discarr.core.models import Download, EpisodeNumber
from discarr.monitoring.download_rows import DownloadRow, Phase
from discarr.monitoring.status_view import LastAdded
from discarr.utils.text_utils import bar, count_of, escape, human_size, length, percent, shorten
from discarr.utils.time_utils import FIVE_MINUTES, clock_time, round_down, round_up, short_span, timestamp

_LINE = 40
"""Characters that a phone shows on one line; a goal, not a limit."""
_MIN_TITLE = 18
_MAX_NAME = 20
_MAX_SENTENCE = 120
MAX_LISTED_EPISODES = 3
"""Up to so many episodes a heading names each."""
_MAX_LISTED_SEASONS = 3
_MAX_NUMBER = 99_999
"""Season, episode and year numbers beyond this are nonsense and would only fill the line."""

SYMBOLS = {
    Phase.NEEDS_HAND: "✋",
    Phase.DOWNLOADING: "⬇",
    Phase.STALLED: "⌛",
    Phase.UNPACKING: "🔧",
    Phase.IMPORTING: "📥",
    Phase.WAITING: "⏳",
    Phase.QUEUED: "⏳",
    Phase.PAUSED: "⏸",
    Phase.DELAYED: "⏳",
    Phase.UNKNOWN: "❔",
}


def name(text: str, budget: int = _MAX_NAME) -> str:
    """Return a foreign name, escaped and cut; never empty."""
    return shorten(escape(text), budget) or "?"


def sentence(text: str, budget: int = _MAX_SENTENCE) -> str:
    """Return a foreign sentence, escaped and cut."""
    return shorten(escape(text), budget)


def heading(row: DownloadRow, *, has_count: bool, has_quality: bool, width: int = _LINE) -> str:
    """Return "**Devs** S01 · 8 episodes" or "**Dune: Part Two** (2024) · 2160p · 4K", cut to fit.

    `width` is the most letters that it may have.
    """
    parts = [part_of_work(row, has_count=has_count)]
    if has_quality:
        parts.append(quality(row))
    if row.instance_name is not None:
        parts.append(name(row.instance_name))
    tail = " · ".join(part for part in parts if part)
    if tail:
        tail = f" {tail}" if parts[0] else f" · {tail}"
    return f"**{name(row.title, max(width - length(tail), _MIN_TITLE))}**{tail}"


def quality(row: DownloadRow) -> str:
    """Return "1080p", or the quality's own name where the resolution is unknown."""
    if row.resolution is not None and 0 < row.resolution <= _MAX_NUMBER:
        return f"{row.resolution}p"
    return name(row.quality) if row.quality else ""


def episode_code(episode: EpisodeNumber) -> str:
    """Return "S11E27"."""
    return f"S{_number(episode.season)}{episode_number(episode.episode)}"


def episode_number(number: int) -> str:
    """Return "E27"."""
    return f"E{_number(number)}"


def season_code(season: int) -> str:
    """Return "S11", or "Specials" for season 0."""
    return f"S{_number(season)}" if season else "Specials"


def progress(row: DownloadRow, now: datetime) -> str:
    """Return the line below the heading of a download that is loading: bar, percent, size and end.

    An unsure time carries "≈", a sure one "by": it is rounded up to five minutes.
    """
    if row.fraction_done is None:
        return _aged([f"{SYMBOLS[Phase.DOWNLOADING]} downloading", "size not known yet"], row, now)
    loaded = f"{bar(row.fraction_done)} {percent(row.fraction_done)}"
    if row.true_at is not None:
        return f"{loaded} {away(row, now)}"
    loaded = f"{loaded} of {human_size(row.size_bytes)}"
    return f"{loaded} · {finish(row.eta, now, is_sure=row.is_eta_sure)}" if row.eta is not None else loaded


def finish(eta: datetime, now: datetime, *, is_sure: bool) -> str:
    """Return when a download is expected to be complete."""
    if eta <= now:
        return "any moment"
    return f"{'by' if is_sure else '≈'} {clock_time(round_up(eta), now)}"


def state(row: DownloadRow, now: datetime) -> str:
    """Return what the download is doing, in words, for every phase but DOWNLOADING and NEEDS_HAND."""
    match row.phase:
        case Phase.PAUSED if row.fraction_done is not None:
            words = f"paused at {percent(row.fraction_done)}"
        case Phase.DELAYED if row.delayed_until is not None and row.delayed_until > now:
            words = f"delayed until {clock_time(round_up(row.delayed_until), now)}"
        case Phase.STALLED:
            words = idle(row.idle_for)
        case Phase.UNKNOWN:
            words = "state not known"
        case _:
            words = row.phase.value
    return _aged([words], row, now)


def reason(row: DownloadRow, now: datetime) -> str:
    """Return why a person is needed, in one sentence."""
    if row.idle_for is not None and row.idle_for >= FIVE_MINUTES:
        words = f"No data for {short_span(round_down(row.idle_for))}"
    elif row.explanation is not None:
        words = sentence(row.explanation.sentence)
    else:
        words = ""
    return _aged([words or "The app does not say why"], row, now)


def idle(idle_for: timedelta | None) -> str:
    """Return "no data for 3 h"; minutes in steps of five, so that not every look changes the words."""
    if idle_for is None or idle_for < FIVE_MINUTES:
        return "no data"
    return f"no data for {short_span(round_down(idle_for))}"


def away(row: DownloadRow, now: datetime) -> str:
    """Return "at 19:12 · 4K offline" for a row whose instance is away, else nothing."""
    if row.true_at is None:
        return ""
    words = f"at {clock_time(row.true_at, now)}"
    return f"{words} · {name(row.away_word, _LINE)}" if row.away_word else words


def checked(at: datetime | None, next_by: datetime | None) -> str:
    """Return "Checked 20:47 · next by 20:52" as far as the times are known."""
    parts = []
    if at is not None:
        parts.append(f"Checked {timestamp(at, 't')}")
    if next_by is not None:
        parts.append(f"{'next' if parts else 'Next check'} by {timestamp(next_by, 't')}")
    return " · ".join(parts)


def _aged(parts: list[str], row: DownloadRow, now: datetime) -> str:
    return " · ".join(part for part in (*parts, away(row, now)) if part)


def part_of_work(row: DownloadRow | Download | LastAdded | Work, *, has_count: bool) -> str:
    """Return a series' seasons or episodes ("S01 · 8 episodes", "S11E27"), else the year ("(2024)")."""
    if not (row.seasons or row.episodes or row.episode_count):
        return f"({row.year})" if row.year is not None and 0 < row.year <= _MAX_NUMBER else ""
    count = max(row.episode_count, len(row.episodes))
    if row.episodes and count <= MAX_LISTED_EPISODES and len(row.episodes) == count:
        first, last = row.episodes[0], row.episodes[-1]
        if count == 1:
            return episode_code(first)
        if first.season == last.season and last.episode - first.episode == count - 1:
            return f"{episode_code(first)}–E{_number(last.episode)}"
    words = _seasons(row.seasons)
    if has_count and count:
        episodes = count_of(min(count, _MAX_NUMBER), "episode")
        return f"{words} · {episodes}" if words else f"({episodes})"
    return words


def _seasons(seasons: tuple[int, ...]) -> str:
    if not seasons:
        return ""
    if len(seasons) == 1:
        return season_code(seasons[0])
    if seasons[-1] - seasons[0] == len(seasons) - 1:
        return f"S{_number(seasons[0])}–S{_number(seasons[-1])}"
    if len(seasons) <= _MAX_LISTED_SEASONS:
        return ", ".join(f"S{_number(season)}" for season in seasons)
    return count_of(min(len(seasons), _MAX_NUMBER), "season")


def _number(value: int) -> str:
    return f"{min(max(value, 0), _MAX_NUMBER):02d}"
