import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discarr.core.models import EpisodeNumber, QueueStatus, StatusMessage, TrackedState, TrackedStatus
from discarr.discord_bot.ui.detail_card import Surroundings, render_detail
from discarr.monitoring import reasons
from discarr.monitoring.download_rows import DownloadRow, Phase
from discarr.monitoring.progress_tracker import NO_ESTIMATE, Estimate
from tests.discord_bot.ui.builders import (
    EPISODES,
    FOREIGN_TEXT,
    MOMENTS,
    NOW,
    ROWS,
    SPANS,
    at,
    explain,
    faults_of,
    make_pack,
    make_row,
    message_with,
    stamp,
)
from tests.discord_bot.ui.operations import make_operation
from tests.effort import examples
from tests.factories import make_download, make_instance_snapshot
from tests.fakes.contract import assert_valid_for_discord

SECRETS = make_download(
    release_title="Dune.2024.2160p-GROUP",
    download_client="qBit Home",
    indexer="Private Tracker",
    error_message="No space on /data/downloads/Dune (qbittorrent:8080)",
    messages=(
        StatusMessage(title="/data/my films/Dune.mkv", messages=("Sample at http://10.0.0.5/x", "*Odd*")),
        StatusMessage(title="", messages=()),
    ),
    added=at(12),
    status=QueueStatus.WARNING,
    tracked_state=TrackedState.IMPORT_PENDING,
)
HAND = make_row(phase=Phase.NEEDS_HAND, explanation=explain("The disk is full", "Free some space."))
PACKS = st.builds(
    lambda seasons, step: [
        EpisodeNumber(season, number) for season in range(seasons) for number in range(1, 60, step)
    ],
    st.integers(1, 60),
    st.integers(1, 3),
)
"""Of many seasons, with and without gaps."""
DOWNLOADS = st.builds(
    lambda text, episodes, moment, messages: make_download(
        release_title=text,
        quality=text,
        download_client=text,
        indexer=text,
        error_message=text,
        added=moment,
        episodes=tuple(sorted(set(episodes))),
        messages=tuple(messages),
    ),
    FOREIGN_TEXT,
    st.lists(EPISODES, max_size=20) | PACKS,
    MOMENTS,
    st.lists(
        st.builds(StatusMessage, title=FOREIGN_TEXT, messages=st.lists(FOREIGN_TEXT, max_size=9).map(tuple)),
        max_size=9,
    ),
)
ESTIMATES = st.builds(
    Estimate,
    rate_bytes_s=st.none() | st.floats(0, 1e15),
    eta=st.none() | MOMENTS,
    is_sure=st.booleans(),
    idle_for=st.none() | SPANS,
    samples=st.integers(0, 10),
)


def plain(row: DownloadRow, **overrides: Any) -> str:
    embed = render_detail(row, make_download(**overrides), NO_ESTIMATE, is_operator=False, now=NOW)
    return str(embed.description)


def test_a_card_with_everything_leaves_room_for_an_alert() -> None:
    texts = (
        "Sample",
        "Unknown Movie",
        "No audio tracks detected",
        "Unable to parse file",
        "Not enough free space",
        "Title does not have a title",
        "Found archive file",
        "Locked file, try again later",
    )
    messages = tuple(StatusMessage(title="ä" * 900, messages=(f"{text} " + "x" * 900,)) for text in texts)
    download = make_download(
        release_title="*" * 900,
        quality="q" * 900,
        languages=("l" * 900,) * 9,
        custom_formats=("f" * 900,) * 9,
        messages=messages,
        error_message="disk full " + "y" * 900,
        episodes=tuple(EpisodeNumber(season, 2 * number) for season in range(90) for number in range(90)),
        added=at(12),
        status=QueueStatus.WARNING,
    )
    row = make_pack("T" * 900, 1, 8, phase=Phase.NEEDS_HAND, explanation=explain("s" * 900, "r" * 900))
    around = Surroundings(checked_at=at(20), data_as_of=at(20), under_way=make_operation())

    embed = render_detail(row, download, NO_ESTIMATE, is_operator=True, around=around, now=NOW)
    for name in ("Alert", "About the alert"):
        embed.add_field(name=name, value="x" * 1024)

    assert faults_of(embed) == []
    assert "**What next:**" in str(embed.description)
    assert "-# Grabbed" in str(embed.description)


@settings(max_examples=examples(100))
@given(ROWS, DOWNLOADS, ESTIMATES, st.booleans())
def test_any_card_is_legal(row: DownloadRow, download: Any, estimate: Estimate, is_operator: bool) -> None:
    assert faults_of(render_detail(row, download, estimate, is_operator=is_operator, now=NOW)) == []


def test_members_see_the_reason_and_what_to_do_and_nothing_technical() -> None:
    embed = render_detail(HAND, SECRETS, NO_ESTIMATE, is_operator=False, now=NOW)

    assert embed.description == "\n".join(
        [
            "✋ **Dune: Part Two** (2024) · 2160p",
            "The disk is full",
            "25 % of 18 GB loaded",
            "",
            "**What next:** Free some space.",
            "**By itself:** The download client goes on trying.",
            "",
            f"-# Grabbed {stamp(at(12), 'R')}",
        ]
    )
    assert not embed.fields


def test_operators_see_the_technical_side_without_paths_and_addresses() -> None:
    estimate = Estimate(
        rate_bytes_s=12_500_000.0, eta=at(23, 2), is_sure=True, idle_for=timedelta(minutes=31), samples=7
    )
    embed = render_detail(HAND, SECRETS, estimate, is_operator=True, now=NOW)

    technical, messages = (str(item.value) for item in embed.fields)
    assert technical.split("\n") == [
        "State: warning · importPending · ok",
        "Release: Dune.2024.2160p-GROUP",
        "Quality: WEBDL-2160p",
        "Client: qBit Home · torrent",
        "Indexer: Private Tracker",
        f"Grabbed: {stamp(at(12), 'f')}, {stamp(at(12), 'R')}",
        "Left: 3 GB of 4 GB",
        "Speed: 12.5 MB/s in the last minutes".replace("12.5", "13"),
        f"Complete: by {stamp(at(23, 5))} (measured, 7 samples)",
        "No data for 30 min",
    ]
    assert messages.split("\n") == [
        "**In the app's words**",
        "-# No space on Dune (…)",
        "-# Sample at … · Dune.mkv",
        "-# \\*Odd\\* · Dune.mkv",
    ]
    assert_valid_for_discord([message_with(embed)])


def test_what_is_not_known_is_left_out() -> None:
    download = make_download(
        download_client=None, indexer=None, quality=None, tracked_status=None, tracked_state=None
    )
    guess = replace(NO_ESTIMATE, eta=at(23))
    embed = render_detail(make_row(), download, guess, is_operator=True, now=NOW)

    assert [item.name for item in embed.fields] == ["Technical"]
    assert str(embed.fields[0].value).split("\n") == [
        "State: downloading",
        "Release: Dune.Part.Two.2024.2160p.WEB-DL",
        "Client: not known · torrent",
        "Left: 3 GB of 4 GB",
        f"Complete: ≈ {stamp(at(23))} (a guess, 0 samples)",
    ]


def test_a_loading_download_says_how_long_it_still_takes() -> None:
    lines = plain(make_row(eta=at(23, 2))).split("\n")
    assert lines[1:3] == [
        f"▰▰▱▱▱▱▱▱▱▱ 25 % of 18 GB · ≈ {stamp(at(23, 5))}",
        f"Ready {stamp(at(23, 5), 'R')}",
    ]
    assert lines[-1] == "**What next:** It is imported by itself when it is complete."
    assert "Ready" not in plain(make_row(eta=at(3)))
    assert "Ready" not in plain(make_row())


@pytest.mark.parametrize("phase", set(Phase) - {Phase.NEEDS_HAND, Phase.DOWNLOADING})
def test_every_other_phase_is_named_and_says_what_happens_next(phase: Phase) -> None:
    lines = plain(make_row(phase=phase, fraction_done=None)).split("\n")
    assert lines[1][0].isupper()
    assert len(lines[-1]) > len("**What next:** .")


def test_a_row_of_a_server_that_is_away_keeps_its_name_as_written() -> None:
    row = make_row(phase=Phase.QUEUED, true_at=at(19), away_word="4K offline")
    assert plain(row).split("\n")[1] == f"Queued · at {stamp(at(19))} · 4K offline"


def test_episodes_of_a_pack_are_listed() -> None:
    episodes = tuple(EpisodeNumber(1, number) for number in range(1, 11))
    lines = plain(make_pack("Devs", 1, 10), episodes=episodes).split("\n")
    assert lines[1] == "S01: E01–E10"


def test_gaps_and_seasons_of_a_pack_are_shown() -> None:
    episodes = (*(EpisodeNumber(0, 2),), *(EpisodeNumber(1, number) for number in (1, 2, 3, 5, 9)))
    lines = plain(make_pack("Devs", 1, 6), episodes=episodes).split("\n")
    assert lines[1:3] == ["Specials: E02", "S01: E01–E03, E05, E09"]


def test_every_season_of_a_whole_series_is_shown() -> None:
    episodes = tuple(EpisodeNumber(season, number) for season in range(1, 31) for number in range(1, 25))
    lines = plain(make_pack("Devs", 1, 720), episodes=episodes).split("\n")
    assert lines[1:31] == [f"S{season:02d}: E01–E24" for season in range(1, 31)]
    assert "more episode" not in "\n".join(lines)


def test_every_gap_of_a_long_season_is_shown() -> None:
    episodes = tuple(EpisodeNumber(1, number) for number in range(1, 100, 2))
    lines = plain(make_pack("Devs", 1, 50), episodes=episodes).split("\n")
    assert lines[1] == "S01: " + ", ".join(f"E{number:02d}" for number in range(1, 100, 2))


def test_what_there_is_no_room_for_is_counted() -> None:
    pairs = [(season, number) for season in range(1, 90) for number in range(1, 90, 3)]
    episodes = tuple(EpisodeNumber(season, number + more) for season, number in pairs for more in (0, 1))
    lines = plain(make_pack("Devs", 1, 5340), episodes=episodes).split("\n")
    end = next(place for place, line in enumerate(lines) if "more episodes" in line)
    shown = sum(line.count("E") for line in lines[1:end])
    assert 120 < shown < 160
    assert lines[end] == f"and {5340 - shown} more episodes"


@given(st.sets(st.tuples(st.integers(0, 40), st.integers(1, 400)), min_size=4, max_size=400))
def test_all_episodes_of_any_pack_are_shown_or_counted(numbers: set[tuple[int, int]]) -> None:
    episodes = tuple(EpisodeNumber(*number) for number in sorted(numbers))

    lines = plain(make_pack("Devs", 1, len(episodes)), episodes=episodes).split("\n")

    listed = [line for line in lines if re.match(r"(S\d+|Specials): E", line)]
    shown = [
        EpisodeNumber(int(season.removeprefix("S").removesuffix("pecials") or 0), number)
        for season, _, runs in (line.partition(": ") for line in listed)
        for first, _, last in (run.partition("–") for run in runs.split(", "))
        for number in range(int(first[1:]), int((last or first)[1:]) + 1)
    ]
    counted = [int(found[1]) for line in lines if (found := re.fullmatch(r"and (\d+) more episodes?", line))]
    assert shown == list(episodes[: len(shown)])
    assert len(shown) + sum(counted) == len(episodes)
    assert len("\n".join(listed)) <= 700
    assert not counted or len("\n".join(listed)) > 600


def test_each_reason_is_said_once_in_plain_words_with_the_apps_own_below() -> None:
    messages = (
        StatusMessage(title="One or more episodes expected in this release were not imported", messages=()),
        StatusMessage(title="a.mkv", messages=("Sample", "Gibberish")),
        *(StatusMessage(title=f"b{number}.mkv", messages=("Sample",)) for number in range(7)),
        StatusMessage(title="", messages=()),
    )
    download = make_download(
        status=QueueStatus.COMPLETED,
        tracked_status=TrackedStatus.WARNING,
        tracked_state=TrackedState.IMPORT_PENDING,
        messages=messages,
    )
    row = make_row(phase=Phase.NEEDS_HAND, explanation=reasons.explain(download))

    embed = render_detail(row, download, NO_ESTIMATE, is_operator=True, now=NOW)

    assert "Import refused: only a short sample\nAlso: Import refused: something expected" in str(
        embed.description
    )
    assert str(embed.fields[1].value).split("\n") == [
        "**Import refused: something expected is missing**",
        "-# One or more episodes expected in this release were not imported",
        "**Import refused: only a short sample**",
        "-# Sample · a.mkv",
        *(f"-# Sample · b{number}.mkv" for number in range(4)),
        "-# and 3 more",
        "**In the app's words**",
        "-# Gibberish · a.mkv",
    ]


def test_formats_languages_and_ages_are_on_the_card() -> None:
    download = make_download(
        languages=("English", "*French*"), custom_formats=("HDR",), custom_format_score=-10, added=at(12)
    )
    instance = make_instance_snapshot(fetched_at=at(20), data_as_of=at(19, 58))
    around = Surroundings.of(instance, None)

    embed = render_detail(make_row(), download, NO_ESTIMATE, is_operator=True, around=around, now=NOW)

    assert str(embed.description).split("\n")[-1] == (
        f"-# Grabbed {stamp(at(12), 'R')} · checked {stamp(at(20))} · as the app saw it {stamp(at(19, 58))}"
    )
    assert "Languages: English, \\*French\\*\nFormats: HDR (score -10)" in str(embed.fields[0].value)
    assert Surroundings.of(None, None) == Surroundings()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"status": QueueStatus.FAILED},
            "The app takes it off the queue, and searches again if it is set to.",
        ),
        (
            {"status": QueueStatus.COMPLETED, "tracked_state": TrackedState.FAILED_PENDING},
            "The app takes it off the queue, and searches again if it is set to.",
        ),
        (
            {"status": QueueStatus.COMPLETED, "tracked_state": TrackedState.IMPORT_BLOCKED},
            "Nothing; it stays like this.",
        ),
        (
            {"status": QueueStatus.COMPLETED, "tracked_state": TrackedState.IMPORT_PENDING},
            "The app tries again every minute or two.",
        ),
        ({"status": QueueStatus.WARNING}, "The download client goes on trying."),
    ],
)
def test_what_happens_by_itself_is_said_of_what_needs_a_hand(fields: dict[str, Any], words: str) -> None:
    assert f"**By itself:** {words}" in plain(HAND, **fields)


def test_a_card_names_in_full_what_a_row_cuts_short() -> None:
    row = make_row(title="Dr. Strangelove or: How I Learned to Stop Worrying and Love the Bomb", year=1964)

    embed = render_detail(row, SECRETS, NO_ESTIMATE, is_operator=False, now=NOW)

    assert "**Dr. Strangelove or: How I Learned to Stop Worrying and Love the Bomb**" in str(
        embed.description
    )
