from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discarr.core.models import DownloadKey, InstanceState
from discarr.discord_bot.ui.queue_browser import (
    STATE_FILTERS,
    QueueFilter,
    decode_place,
    encode_place,
    key_token,
    render_queue_page,
)
from discarr.monitoring.download_rows import DownloadRow, Phase
from discarr.monitoring.status_view import StatusView
from tests.discord_bot.ui.builders import (
    FOREIGN_TEXT,
    KEYS,
    NOW,
    VIEWS,
    at,
    explain,
    faults_of,
    make_instance_row,
    make_row,
    make_view,
    stamp,
    units,
)
from tests.effort import examples

FILTERS = st.builds(
    QueueFilter,
    instance=st.none() | st.sampled_from(["radarr", "radarr_4k"]) | FOREIGN_TEXT,
    state=st.none() | st.sampled_from(sorted(STATE_FILTERS)) | FOREIGN_TEXT,
    text=st.none() | FOREIGN_TEXT,
)
PAGES = st.integers(-5, 10**7)


def numbered(count: int) -> tuple[DownloadRow, ...]:
    return tuple(
        make_row(key=DownloadKey("radarr", "d", str(number)), title=f"Film {number}")
        for number in range(count)
    )


def shown_titles(view: StatusView, queue_filter: QueueFilter) -> list[str]:
    return [row.title for row in render_queue_page(view, queue_filter, 0, now=NOW).rows]


@settings(max_examples=examples(80))
@given(VIEWS, FILTERS, PAGES)
def test_any_page_is_legal(view: StatusView, queue_filter: QueueFilter, page: int) -> None:
    rendered = render_queue_page(view, queue_filter, page, now=NOW)
    assert faults_of(rendered.embed) == []
    assert 0 <= rendered.page < rendered.page_count
    assert len(rendered.rows) <= 10


@given(FILTERS, PAGES)
def test_a_place_survives_its_way_through_a_control(queue_filter: QueueFilter, page: int) -> None:
    encoded = encode_place(queue_filter, page)
    assert units(encoded) <= 82
    assert decode_place(encoded) == (queue_filter.normalised(), min(max(page, 0), 99_999))


@given(st.text(st.characters(), max_size=120) | st.text("0123456789:abc_-", max_size=120))
def test_a_strange_place_is_decoded_to_something_usable(junk: str) -> None:
    queue_filter, page = decode_place(junk)
    assert queue_filter == queue_filter.normalised()
    assert 0 <= page <= 99_999


def test_junk_is_the_first_page_of_everything() -> None:
    assert decode_place("nonsense") == (QueueFilter(), 0)
    assert decode_place("3:radarr:gone_state:a:b") == (QueueFilter(instance="radarr", text="a:b"), 3)


@given(KEYS, KEYS)
def test_tokens_are_short_and_tell_keys_apart(one: DownloadKey, other: DownloadKey) -> None:
    assert len(key_token(one)) == 20
    assert (key_token(one) == key_token(other)) == (one == other)


def test_pages_hold_ten_rows_and_the_nearest_page_is_shown() -> None:
    view = make_view(others=numbered(25))

    first = render_queue_page(view, QueueFilter(), 0, now=NOW)
    last = render_queue_page(view, QueueFilter(), 99, now=NOW)

    assert [row.title for row in first.rows] == [f"Film {number}" for number in range(10)]
    assert (last.page, last.page_count, len(last.rows), last.first_number) == (2, 3, 5, 21)
    assert "`21` ⬇ **Film 20**" in str(last.embed.description)
    assert f"Page 3 of 3 · Checked {stamp(NOW)}" in str(last.embed.description)
    assert last.embed.title == "Queue · 25 downloads"


def test_the_lines_of_a_page() -> None:
    view = make_view(
        needs_hand=(
            make_row(phase=Phase.NEEDS_HAND, explanation=explain("Import refused"), fraction_done=1.0),
            make_row(phase=Phase.NEEDS_HAND, explanation=explain("The disk is full"), fraction_done=0.5),
        ),
        others=(
            make_row(eta=at(23)),
            make_row(phase=Phase.PAUSED, fraction_done=0.4),
            make_row(phase=Phase.QUEUED, size_bytes=0),
        ),
        checked_at=None,
    )
    heading = "**Dune: Part Two** (2024) · 2160p"
    assert render_queue_page(view, QueueFilter(), 0, now=NOW).embed.description == "\n".join(
        [
            f"`1` ✋ {heading}",
            "Import refused",
            f"`2` ✋ {heading}",
            "The disk is full",
            "50 % of 18 GB",
            f"`3` ⬇ {heading}",
            f"▰▰▱▱▱▱▱▱▱▱ 25 % of 18 GB · ≈ {stamp(at(23))}",
            f"`4` ⏸ {heading}",
            "paused at 40 % · 18 GB",
            f"`5` ⏳ {heading}",
            "queued",
            "",
            "Page 1 of 1",
        ]
    )


def test_filters() -> None:
    hand = make_row(title="Arrival", phase=Phase.NEEDS_HAND)
    loading = make_row(title="Dune", key=DownloadKey("radarr_4k", "d", "2"))
    quiet = make_row(title="Dune: Part Two", phase=Phase.STALLED)
    view = make_view(needs_hand=(hand,), others=(loading, quiet))

    assert shown_titles(view, QueueFilter(state="needs_hand")) == ["Arrival"]
    assert shown_titles(view, QueueFilter(state="downloading")) == ["Dune", "Dune: Part Two"]
    assert shown_titles(view, QueueFilter(instance="radarr_4k")) == ["Dune"]
    assert shown_titles(view, QueueFilter(text="  dUNe ")) == ["Dune", "Dune: Part Two"]
    assert shown_titles(view, QueueFilter(text="dune", instance="radarr")) == ["Dune: Part Two"]


def test_the_filter_is_named() -> None:
    view = make_view(others=numbered(3))
    rendered = render_queue_page(
        view, QueueFilter(instance="radarr", state="downloading", text="film *2"), 0, now=NOW
    )
    assert rendered.embed.title == "Queue · 0 of 3 downloads"
    assert str(rendered.embed.description).startswith("Nothing here matches the filter.")
    assert "only Movies · only: downloading · with “film \\*2”" in str(rendered.embed.description)
    gone = render_queue_page(view, QueueFilter(instance="gone"), 0, now=NOW)
    assert "only gone" in str(gone.embed.description)


@pytest.mark.parametrize(
    ("instance", "words"),
    [
        (make_instance_row(), "Nothing is downloading."),
        (make_instance_row(skipped_rows=1), "No download is known right now."),
        (make_instance_row(state=InstanceState.LOADING), "No download is known right now."),
    ],
)
def test_an_empty_queue_is_only_claimed_when_it_is_known(instance: object, words: str) -> None:
    page = render_queue_page(make_view(instances=(instance,)), QueueFilter(), 0, now=NOW)
    assert str(page.embed.description).split("\n")[0] == words


def test_servers_that_are_away_are_named_unless_filtered_out() -> None:
    away = make_instance_row(id="radarr_4k", name="4K", state=InstanceState.UNREACHABLE)
    view = make_view(instances=(make_instance_row(), away), others=numbered(1))

    assert "✗ 4K · offline" in str(render_queue_page(view, QueueFilter(), 0, now=NOW).embed.description)
    only = render_queue_page(view, QueueFilter(instance="radarr"), 0, now=NOW)
    assert "4K" not in str(only.embed.description)
    many = replace(view, instances=(away,) * 9)
    assert "and 4 more servers not fine" in str(
        render_queue_page(many, QueueFilter(), 0, now=NOW).embed.description
    )


def test_ten_thousand_rows_can_be_paged_and_searched() -> None:
    rows = numbered(10_000)
    view = make_view(others=rows, checked_at=NOW - timedelta(minutes=1))
    assert render_queue_page(view, QueueFilter(text="film 9999"), 0, now=NOW).rows == (rows[9_999],)
