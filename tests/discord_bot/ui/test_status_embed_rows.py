"""The rows of the live message, line by line."""

from datetime import timedelta
from typing import Any

import pytest

from discarr.core.models import EpisodeNumber
from discarr.monitoring.download_rows import Phase
from tests.discord_bot.ui.builders import (
    NOW,
    at,
    make_pack,
    make_row,
    make_view,
    stamp,
)
from tests.discord_bot.ui.test_status_embed import text_of


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        (
            {"phase": Phase.STALLED, "idle_for": timedelta(minutes=28)},
            "⌛ **Dune: Part Two** (2024) · no data for 25 min",
        ),
        ({"phase": Phase.STALLED}, "⌛ **Dune: Part Two** (2024) · no data"),
        ({"phase": Phase.IMPORTING}, "📥 **Dune: Part Two** (2024) · importing"),
        (
            {"phase": Phase.WAITING, "instance_name": "4K"},
            "⏳ **Dune: Part Two** (2024) · 4K · waiting to import",
        ),
        ({"phase": Phase.QUEUED, "year": None}, "⏳ **Dune: Part Two** · queued"),
        ({"phase": Phase.PAUSED, "fraction_done": None}, "⏸ **Dune: Part Two** (2024) · paused"),
        ({"phase": Phase.DELAYED}, "⏳ **Dune: Part Two** (2024) · delayed"),
        (
            {"phase": Phase.DELAYED, "delayed_until": at(22, 1)},
            f"⏳ **Dune: Part Two** (2024) · delayed until {stamp(at(22, 5))}",
        ),
        ({"phase": Phase.UNKNOWN}, "❔ **Dune: Part Two** (2024) · state not known"),
        (
            {"phase": Phase.QUEUED, "true_at": at(19), "away_word": "Radarr starting"},
            f"⏳ **Dune: Part Two** (2024) · queued · at {stamp(at(19))} · Radarr starting",
        ),
        ({"phase": Phase.QUEUED, "title": "\u200b"}, "⏳ **?** (2024) · queued"),
    ],
)
def test_rows_of_one_line(overrides: dict[str, Any], line: str) -> None:
    assert text_of(make_view(others=(make_row(**overrides),))).split("\n")[0] == line


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        ({"eta": at(23, 2), "is_eta_sure": True}, f"▰▰▱▱▱▱▱▱▱▱ 25 % of 18 GB · by {stamp(at(23, 5))}"),
        ({"eta": at(20, 46)}, "▰▰▱▱▱▱▱▱▱▱ 25 % of 18 GB · any moment"),
        (
            {"eta": NOW + timedelta(days=3)},
            f"▰▰▱▱▱▱▱▱▱▱ 25 % of 18 GB · ≈ {stamp(NOW + timedelta(days=3, minutes=3), 'f')}",
        ),
        ({"eta": None}, "▰▰▱▱▱▱▱▱▱▱ 25 % of 18 GB"),
        ({"fraction_done": None}, "⬇ downloading · size not known yet"),
        ({"true_at": at(19)}, f"▰▰▱▱▱▱▱▱▱▱ 25 % at {stamp(at(19))}"),
        (
            {"fraction_done": None, "true_at": at(19), "away_word": "4K offline"},
            f"⬇ downloading · size not known yet · at {stamp(at(19))} · 4K offline",
        ),
    ],
)
def test_the_progress_line(overrides: dict[str, Any], line: str) -> None:
    assert text_of(make_view(others=(make_row(**overrides),))).split("\n")[1] == line


@pytest.mark.parametrize(
    ("overrides", "heading"),
    [
        ({"seasons": (1, 2), "episodes": (), "episode_count": 20}, "**Show** S01–S02 · 20 episodes"),
        ({"seasons": (1, 3), "episodes": (), "episode_count": 20}, "**Show** S01, S03 · 20 episodes"),
        ({"seasons": (1, 3, 5, 7), "episodes": (), "episode_count": 40}, "**Show** 4 seasons · 40 episodes"),
        ({"seasons": (0,), "episodes": (), "episode_count": 4}, "**Show** Specials · 4 episodes"),
        ({"seasons": (), "episodes": (), "episode_count": 4}, "**Show** (4 episodes)"),
        ({"seasons": (), "episodes": (), "episode_count": 0}, "**Show**"),
        (
            {"episodes": (EpisodeNumber(1, 1), EpisodeNumber(1, 2)), "episode_count": 2},
            "**Show** S01E01–E02",
        ),
        (
            {"episodes": (EpisodeNumber(1, 1), EpisodeNumber(1, 3)), "episode_count": 2},
            "**Show** S01 · 2 episodes",
        ),
        ({"episodes": (EpisodeNumber(1, 1),), "episode_count": 2}, "**Show** S01 · 2 episodes"),
        ({"episodes": (EpisodeNumber(1, 101),), "episode_count": 1}, "**Show** S01E101"),
        ({"instance_name": "An*me"}, "**Show** S01 · 8 episodes · An\\*me"),
        ({"title": "A" * 60}, "**AAAAAAAAAAAAAAAAAAAAAA…** S01 · 8 episodes"),
    ],
)
def test_headings(overrides: dict[str, Any], heading: str) -> None:
    row = (
        make_pack("Show", 1, 8, phase=Phase.NEEDS_HAND, **overrides)
        if "title" not in overrides
        else make_pack(overrides["title"], 1, 8, phase=Phase.NEEDS_HAND)
    )
    assert text_of(make_view(needs_hand=(row,))).split("\n")[0] == f"✋ {heading}"


@pytest.mark.parametrize(("quality", "shown"), [("DVD", "**Film** · DVD"), (None, "**Film**")])
def test_without_a_resolution_the_quality_is_named(quality: str | None, shown: str) -> None:
    row = make_row(title="Film", year=None, resolution=None, quality=quality)
    assert text_of(make_view(others=(row,))).split("\n")[0] == shown


def test_a_reason_that_is_not_known_and_one_of_a_server_that_is_away() -> None:
    row = make_row(phase=Phase.NEEDS_HAND, true_at=at(19), away_word="4K offline")
    assert text_of(make_view(needs_hand=(row,))).split("\n")[1] == (
        f"The app does not say why · at {stamp(at(19))} · 4K offline"
    )
