import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from msgspec import structs

from discarr.core.models import DownloadKey, EpisodeNumber, InstanceState
from discarr.discord_bot.ui.status_embed import render_plain_status, render_status
from discarr.monitoring.download_rows import Phase
from discarr.monitoring.status_view import LastAdded, Scene, StatusView
from tests.discord_bot.ui.builders import (
    NOW,
    VIEWS,
    at,
    explain,
    faults_of,
    make_instance_row,
    make_pack,
    make_row,
    make_view,
    message_with,
    stamp,
)
from tests.effort import examples
from tests.fakes.contract import assert_valid_for_discord


def text_of(view: StatusView) -> str:
    return render_status(view, NOW).embed.description or ""


def servers_of(view: StatusView) -> list[str]:
    return str(render_status(view, NOW).embed.fields[0].value).split("\n")


def layout_of_the_product() -> StatusView:
    stale: dict[str, Any] = {"true_at": at(19, 12), "away_word": "4K offline"}
    return make_view(
        scene=Scene.ACTIVE,
        needs_hand=(
            make_pack(
                "Devs",
                1,
                8,
                phase=Phase.NEEDS_HAND,
                explanation=explain("Import refused: no video file found"),
            ),
            make_pack(
                "Magnus",
                1,
                10,
                phase=Phase.NEEDS_HAND,
                explanation=explain("Stalled"),
                idle_for=timedelta(hours=3, minutes=4),
            ),
        ),
        others=(
            make_pack("Couples Therapy", 4, 9, fraction_done=0.229, eta=at(23, 2)),
            make_row(fraction_done=0.61, instance_name="4K", eta=None, **stale),
            make_pack(
                "Love Island",
                11,
                1,
                episodes=(EpisodeNumber(11, 27),),
                phase=Phase.UNPACKING,
                fraction_done=1.0,
            ),
            make_row(title="Arrival", year=2016, phase=Phase.PAUSED, fraction_done=0.4),
        ),
        instances=(
            make_instance_row(),
            make_instance_row(id="sonarr", name="TV", free_bytes=812_000_000_000),
            make_instance_row(id="radarr_4k", name="4K", state=InstanceState.UNREACHABLE, since=at(19, 12)),
        ),
        last_added=LastAdded(
            title="Jury Duty", year=None, seasons=(1,), episodes=(EpisodeNumber(1, 3),), at=at(19, 58)
        ),
    )


def test_the_layout_of_the_product() -> None:
    embed = render_status(layout_of_the_product(), NOW).embed

    assert embed.title == "6 downloads · 2 need a hand"
    assert embed.description == "\n".join(
        [
            "✋ **Devs** S01 · 8 episodes",
            "Import refused: no video file found",
            "✋ **Magnus** S01 · 10 episodes",
            "No data for 3 h",
            "",
            "**Couples Therapy** S04 · 1080p",
            f"▰▰▱▱▱▱▱▱▱▱ 22 % of 18 GB · ≈ {stamp(at(23, 5))}",
            "**Dune: Part Two** (2024) · 2160p · 4K",
            f"▰▰▰▰▰▰▱▱▱▱ 61 % at {stamp(at(19, 12))} · 4K offline",
            "🔧 **Love Island** S11E27 · unpacking",
            "⏸ **Arrival** (2016) · paused at 40 %",
            "",
            f"Added {stamp(at(19, 58))}: Jury Duty S01E03",
            f"Checked {stamp(NOW)} · next by {stamp(NOW + timedelta(minutes=5))}",
        ]
    )
    assert [(item.name, item.value) for item in embed.fields] == [
        ("Servers", f"✓ Movies · 4.1 TB free\n✓ TV · 812 GB free\n✗ 4K · offline since {stamp(at(19, 12))}")
    ]


@settings(max_examples=examples(100))
@given(VIEWS)
def test_any_view_becomes_a_legal_embed(view: StatusView) -> None:
    for rendered in (render_status(view, NOW), render_plain_status(view, NOW)):
        assert faults_of(rendered.embed) == []
        assert rendered.needs_hand_count == len(view.needs_hand)


@pytest.mark.parametrize("name", ["x", "🎬" * 100, "*" * 500, "@everyone <t:1:R> \ud800"])
def test_many_instances_and_rows_with_long_names_stay_legal(name: str) -> None:
    row = make_row(
        title=name,
        quality=name,
        resolution=None,
        instance_name=name,
        true_at=at(1),
        away_word=name,
        explanation=explain(name),
    )
    view = make_view(
        needs_hand=(structs.replace(row, phase=Phase.NEEDS_HAND),) * 500,
        others=(row,) * 500,
        instances=(make_instance_row(name=name, state=InstanceState.UNAUTHORIZED, remedy=name, problem=name),)
        * 400,
        last_added=LastAdded(title=name, year=None, seasons=(), episodes=(), at=at(1)),
    )
    assert faults_of(render_status(view, NOW).embed) == []


def test_discord_accepts_the_message() -> None:
    assert_valid_for_discord(
        [
            message_with(render_status(layout_of_the_product(), NOW).embed),
            message_with(render_plain_status(layout_of_the_product(), NOW).embed),
            message_with(
                render_status(make_view(instances=(), checked_at=None, next_check_by=None), NOW).embed
            ),
        ]
    )


def test_a_title_of_ten_megabytes_and_markup_is_one_harmless_line() -> None:
    text = text_of(make_view(others=(make_row(title="**@everyone** <t:1:R>" * 500_000, phase=Phase.QUEUED),)))

    assert "@everyone" not in text
    assert "<t:1:R>" not in text
    assert len(text.split("\n")[0]) < 90


def test_at_most_three_rows_need_a_hand_and_ten_rows_are_shown_in_all() -> None:
    hand = make_row(phase=Phase.NEEDS_HAND, explanation=explain("Import refused"))
    others = tuple(make_row(title=f"Film {number}", phase=Phase.QUEUED) for number in range(44))

    lines = text_of(make_view(needs_hand=(hand,) * 11, others=others)).split("\n")

    assert sum(line.startswith("✋") for line in lines) == 3
    assert "+8 more" in lines
    assert sum(line.startswith("⏳") for line in lines) == 7
    assert "and 37 more" in lines


def test_one_download_that_needs_a_hand() -> None:
    rendered = render_status(make_view(needs_hand=(make_row(phase=Phase.NEEDS_HAND),)), NOW)
    assert rendered.embed.title == "1 download · 1 needs a hand"


def test_idle_says_what_was_added_last() -> None:
    view = make_view(last_added=LastAdded(title="Arrival", year=2016, seasons=(), episodes=(), at=at(19, 58)))
    embed = render_status(view, NOW).embed

    assert embed.title == "Nothing is downloading"
    assert str(embed.description).split("\n")[0] == f"Added {stamp(at(19, 58))}: Arrival (2016)"


def test_loading() -> None:
    view = make_view(
        scene=Scene.LOADING,
        instances=(make_instance_row(state=InstanceState.LOADING),),
        checked_at=None,
        next_check_by=None,
    )
    embed = render_status(view, NOW).embed

    assert embed.title == "Loading …"
    assert embed.description == "Asking the servers for their queues."
    assert servers_of(view) == ["… Movies · asking"]


def test_offline_says_when_it_last_looked_and_shows_no_rows() -> None:
    for render in (render_status, render_plain_status):
        embed = render(make_view(scene=Scene.OFFLINE, others=(make_row(),)), NOW).embed
        assert embed.title == "Discarr is offline"
        assert "Dune" not in str(embed.description)
        assert stamp(NOW) in str(embed.description)
    assert render_status(make_view(scene=Scene.OFFLINE, checked_at=None), NOW).embed.description == (
        "The servers are not being watched right now."
    )


UP, AWAY, LOADING = (
    make_instance_row(),
    make_instance_row(state=InstanceState.UNREACHABLE),
    make_instance_row(state=InstanceState.LOADING),
)


@pytest.mark.parametrize(
    ("instances", "title"),
    [
        ((AWAY,), "The server cannot be asked"),
        ((AWAY, AWAY), "No server can be asked"),
        ((UP, AWAY, UP), "1 of 3 servers cannot be asked"),
        ((LOADING, LOADING), "Loading …"),
        ((make_instance_row(skipped_rows=2),), "The queue cannot be read in full"),
        ((make_instance_row(has_client_trouble=True),), "The queue cannot be read in full"),
        ((), "Nothing to show here"),
    ],
)
def test_an_outage_is_never_an_empty_queue(instances: tuple[Any, ...], title: str) -> None:
    embed = render_status(make_view(instances=instances), NOW).embed
    assert embed.title == title
    assert (
        "Nothing is downloading" not in str(embed.description).replace("on the others", "") or UP in instances
    )


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        ({"free_bytes": None}, "✓ Movies"),
        ({"shares_disk_with": "TV", "free_bytes": None}, "✓ Movies · same disk as TV"),
        ({"warning_count": 1, "skipped_rows": 3}, "⚠ Movies · 4.1 TB free · 1 warning · 3 rows not readable"),
        ({"has_client_trouble": True}, "⚠ Movies · 4.1 TB free · a download client is away"),
        ({"state": InstanceState.STARTING}, "… Movies · starting"),
        ({"state": InstanceState.UNREACHABLE}, "✗ Movies · offline"),
        (
            {"state": InstanceState.DEGRADED, "problem": "sent nonsense", "since": at(20)},
            f"✗ Movies · sent nonsense since {stamp(at(20))}",
        ),
        ({"state": InstanceState.DEGRADED}, "✗ Movies · has trouble answering"),
        (
            {"state": InstanceState.UNAUTHORIZED, "remedy": "Copy the key."},
            "✗ Movies · refuses the API key\nCopy the key.",
        ),
        ({"state": InstanceState.MISCONFIGURED}, "✗ Movies · is not set up right in Discarr"),
    ],
)
def test_server_lines(overrides: dict[str, Any], line: str) -> None:
    assert "\n".join(servers_of(make_view(instances=(make_instance_row(**overrides),)))) == line


def test_hundreds_of_servers_are_summed_up_and_trouble_is_named() -> None:
    away = make_instance_row(name="Anime", state=InstanceState.UNREACHABLE)
    assert servers_of(make_view(instances=(*(UP,) * 20, away))) == ["✓ 20 servers fine", "✗ Anime · offline"]

    lines = servers_of(make_view(instances=(away,) * 300))
    assert lines[-1] == f"and {300 - len(lines) + 1} more not fine"


def test_the_fingerprint_ignores_the_checked_line_only() -> None:
    view = layout_of_the_product()
    first = render_status(view, NOW).fingerprint

    later = replace(view, checked_at=NOW + timedelta(minutes=1), next_check_by=NOW + timedelta(minutes=6))
    assert render_status(later, NOW + timedelta(minutes=1)).fingerprint == first

    progressed = (structs.replace(view.others[0], fraction_done=0.239), *view.others[1:])
    added = LastAdded(title="Other", year=None, seasons=(), episodes=(), at=at(20))
    fuller = (replace(view.instances[0], free_bytes=4_200_000_000_000), *view.instances[1:])
    for changed in (
        replace(view, others=progressed),
        replace(view, last_added=added),
        replace(view, instances=fuller),
        replace(view, scene=Scene.OFFLINE),
    ):
        assert render_status(changed, NOW).fingerprint != first
    assert render_plain_status(view, NOW).fingerprint != first


def test_what_nobody_can_see_does_not_change_the_fingerprint() -> None:
    view = layout_of_the_product()
    row = view.others[0]
    assert row.fraction_done is not None
    assert row.eta is not None
    eta = row.eta + timedelta(seconds=100)
    nudged = structs.replace(row, fraction_done=row.fraction_done + 0.0005, eta=eta)
    changed = replace(view, others=(nudged, *view.others[1:]))
    assert render_status(changed, NOW).fingerprint == render_status(view, NOW).fingerprint


def test_the_plain_status_has_no_foreign_text() -> None:
    embed = render_plain_status(layout_of_the_product(), NOW).embed
    assert embed.title == "6 downloads · 2 need a hand"
    assert "Dune" not in str(embed.to_dict())
    bare = render_plain_status(make_view(checked_at=None, next_check_by=None), NOW).embed
    assert bare.description == "Discord did not take the full list. Browse shows it."


def test_only_the_time_of_the_next_check_may_be_known() -> None:
    assert text_of(make_view(checked_at=None)) == f"Next check by {stamp(NOW + timedelta(minutes=5))}"


def test_ten_thousand_rows_are_drawn_within_five_milliseconds() -> None:
    rows = tuple(
        make_row(key=DownloadKey("radarr", "d", str(number)), eta=at(23)) for number in range(10_000)
    )
    view = make_view(others=rows)
    durations = []
    for _ in range(10):
        started = time.perf_counter()
        render_status(view, NOW)
        durations.append(time.perf_counter() - started)
    assert min(durations) < 0.005
