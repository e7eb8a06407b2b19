"""How everything gets on, in words that hold on a phone and within Discord's limits."""

from datetime import timedelta
from typing import Any

import discord
from hypothesis import given
from hypothesis import strategies as st

from discarr.core.models import InstanceState
from discarr.discord_bot.ui.progress_embed import render_progress
from discarr.monitoring.cleanup.signs import Sign
from discarr.monitoring.totals import InstanceTotals, Overview, Totals
from discarr.utils.time_utils import round_up
from tests.discord_bot.ui.builders import NOW, faults_of, stamp


def one(name: str = "Movies", **overrides: Any) -> InstanceTotals:
    values: dict[str, Any] = {
        "name": name,
        "state": InstanceState.UP,
        "true_at": NOW,
        "totals": Totals(count=2, rate_bytes_s=2e6, signs={Sign.STALLED: 1}),
    }
    return InstanceTotals(**(values | overrides))


def draw(totals: Totals, *instances: InstanceTotals) -> discord.Embed:
    embed = render_progress(Overview(totals=totals, instances=instances, checked_at=NOW), NOW)
    assert faults_of(embed) == []
    return embed


def text_of(totals: Totals, *instances: InstanceTotals) -> str:
    return draw(totals, *instances).description or ""


def test_totals_rate_end_and_what_is_stuck() -> None:
    totals = Totals(
        count=6,
        loading=4,
        left_bytes=18_000_000_000,
        rate_bytes_s=12e6,
        signs={Sign.NEEDS_PERSON: 1, Sign.STALLED: 2},
        latest_eta=NOW + timedelta(hours=2),
        without_eta=1,
    )

    lines = text_of(totals, one()).splitlines()

    assert lines[:4] == [
        "⬇ 4 loading · 12 MB/s",
        f"18 GB left · all ≈ {stamp(round_up(NOW + timedelta(hours=2)))}, but for 1",
        "✋ 1 needs a hand",
        "⌛ 2 get no data",
    ]
    assert max(map(len, lines)) <= 60
    assert "Movies" not in "".join(lines)


def test_several_servers_have_a_line_each() -> None:
    text = text_of(Totals(count=4, loading=1, left_bytes=5), one(), one("TV", totals=Totals(count=2)))

    assert "**Movies** · 2 downloads · 2 MB/s · 1 stuck" in text
    assert "**TV** · 2 downloads" in text
    assert "rate not measured yet" in text


def test_an_outage_is_no_empty_queue() -> None:
    away = one(state=InstanceState.UNREACHABLE, totals=Totals())
    never_read = one(state=InstanceState.LOADING, true_at=None, totals=Totals())

    assert text_of(Totals(), one(totals=Totals())).startswith("Nothing is downloading.")
    assert text_of(Totals(), away).startswith("No download is known right now.")
    assert f"✗ not available; so it was at {stamp(NOW)}" in text_of(Totals(), away)
    assert text_of(Totals(), never_read).count("✗ not available\n") == 1
    assert "Nothing is loading right now." in text_of(Totals(count=1), one())


@given(
    names=st.lists(st.text(max_size=300), max_size=60),
    count=st.integers(0, 10**9),
    left=st.integers(0, 10**18),
    rate=st.floats(0, 1e15),
    without=st.integers(0, 10**6),
)
def test_any_content_stays_within_the_limits(
    names: list[str], count: int, left: int, rate: float, without: int
) -> None:
    totals = Totals(
        count=count,
        loading=count,
        left_bytes=left,
        rate_bytes_s=rate,
        signs=dict.fromkeys(Sign, count),
        latest_eta=NOW,
        without_eta=without,
    )

    text = text_of(totals, *(one(name, totals=totals) for name in names))

    assert "@everyone" not in text
