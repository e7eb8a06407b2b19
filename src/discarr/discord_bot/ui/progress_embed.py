"""How everything together gets on, in a few short lines for the phone. Pure, legal for any input."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import discord

from discarr.discord_bot.ui.layout import AMBER, GREEN, GREY, MAX_DESCRIPTION, fit
from discarr.discord_bot.ui.row_text import checked, finish, name
from discarr.monitoring.cleanup.signs import Sign
from discarr.monitoring.totals import InstanceTotals, Overview, Totals
from discarr.utils.text_utils import count_of, human_size
from discarr.utils.time_utils import clock_time

_WORDS: Final = {
    Sign.NEEDS_PERSON: ("✋", "1 needs a hand", "{count} need a hand"),
    Sign.STALLED: ("⌛", "1 gets no data", "{count} get no data"),
    Sign.SLOW: ("🐌", "1 is slow", "{count} are slow"),
    Sign.NOT_IN_LIBRARY: ("❔", "1 is not in the library", "{count} are not in the library"),
}
_STUCK: Final = (Sign.NEEDS_PERSON, Sign.STALLED)
_MAX_NAME: Final = 40


def render_progress(overview: Overview, now: datetime) -> discord.Embed:
    """Draw totals, rate, what is stuck and when all of it will be there, then the same for each server."""
    totals = overview.totals
    blocks = ["\n".join(_lines(totals, now, is_partial=overview.is_partial))]
    if len(overview.instances) > 1 or overview.is_partial:
        blocks += ["", *("\n".join(_instance(item, now)) for item in overview.instances)]
    footer = checked(overview.checked_at, None)
    shown = fit(blocks, MAX_DESCRIPTION - 200)
    if len(shown) < len(blocks):
        shown.append("… and more servers")
    is_stuck = any(sign in totals.signs for sign in _STUCK)
    return discord.Embed(
        title=f"Progress · {count_of(totals.count, 'download')}",
        description="\n".join([*shown, *(["", footer] if footer else [])]),
        colour=AMBER if is_stuck else GREEN if totals.count else GREY,
    )


def rate_words(bytes_s: float) -> str:
    """Return a rate such as "12 MB/s"."""
    return f"{human_size(round(bytes_s))}/s"


def _lines(totals: Totals, now: datetime, *, is_partial: bool) -> Iterator[str]:
    if not totals.count:
        yield "No download is known right now." if is_partial else "Nothing is downloading."
        return
    if totals.loading:
        rate = rate_words(totals.rate_bytes_s) if totals.rate_bytes_s >= 1 else "rate not measured yet"
        yield f"⬇ {totals.loading} loading · {rate}"
        yield f"{human_size(totals.left_bytes)} left{_end(totals, now)}"
    else:
        yield "Nothing is loading right now."
    for sign, (symbol, one, many) in _WORDS.items():
        count = totals.signs.get(sign, 0)
        if count:
            yield f"{symbol} {one if count == 1 else many}".format(count=count)


def _end(totals: Totals, now: datetime) -> str:
    if totals.latest_eta is None:
        return ""
    rest = f", but for {totals.without_eta}" if totals.without_eta else ""
    return f" · all {finish(totals.latest_eta, now, is_sure=False)}{rest}"


def _instance(item: InstanceTotals, now: datetime) -> Iterator[str]:
    totals = item.totals
    parts = [f"**{name(item.name, _MAX_NAME)}** · {count_of(totals.count, 'download')}"]
    if totals.rate_bytes_s >= 1:
        parts.append(rate_words(totals.rate_bytes_s))
    stuck = max((totals.signs.get(sign, 0) for sign in _STUCK), default=0)
    if stuck:
        parts.append(f"{stuck} stuck")
    yield " · ".join(parts)
    if item.is_away:
        since = f"; so it was at {clock_time(item.true_at, now)}" if item.true_at is not None else ""
        yield f"✗ not available{since}"
