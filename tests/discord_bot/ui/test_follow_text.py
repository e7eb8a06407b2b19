"""What a person follows, whatever it is called."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discarr.core.events import Work
from discarr.discord_bot.ui.follow_controls import choice_controls, follows_controls
from discarr.discord_bot.ui.follow_text import (
    FollowedTitle,
    followed,
    followed_already,
    let_go,
    option_of,
    render_follows,
)
from discarr.discord_bot.ui.paging import Page
from discarr.monitoring.download_rows import Phase
from tests.discord_bot.ui.builders import (
    FOREIGN_TEXT,
    HUGE,
    NOW,
    ROWS,
    at,
    faults_of,
    faults_of_view,
    make_row,
    stamp,
    units,
)
from tests.discord_bot.ui.notices import WORKS, make_pack, make_work
from tests.effort import examples

TITLES = st.builds(
    FollowedTitle,
    id=st.integers(1, 2**63 - 1),
    work=WORKS,
    is_kept_from_reader=st.booleans(),
    total=HUGE,
    missing=HUGE,
    row=st.none() | ROWS,
)


@settings(max_examples=examples(30))
@given(st.lists(TITLES, max_size=10, unique_by=lambda title: title.id))
def test_any_list_is_legal(titles: list[FollowedTitle]) -> None:
    page = Page(items=tuple(titles), number=4, count=5)
    assert faults_of(render_follows(page, len(titles), now=NOW)) == []
    assert faults_of_view(follows_controls(page, NOW)) == []


@settings(max_examples=examples(30))
@given(WORKS, FOREIGN_TEXT)
def test_any_title_can_be_promised_offered_and_let_go_of(work: Work, instance_name: str) -> None:
    for words in (followed(work, is_hidden=True), followed_already(work), let_go(work)):
        assert 1 <= units(words) <= 2000
    assert 1 <= units(option_of(work, instance_name)) <= 100
    choices = [(option_of(work, instance_name), str(number)) for number in range(25)]
    assert faults_of_view(choice_controls(choices, NOW)) == []


def test_the_option_says_which_part_and_which_server() -> None:
    assert option_of(make_pack(), "4K") == "Devs S01 · 8 episodes · 4K"
    assert option_of(make_work()) == "Dune: Part Two (2024)"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (None, "not in the queue right now"),
        (make_row(phase=Phase.NEEDS_HAND), "✋ somebody has to look at it first"),
        (make_row(fraction_done=0.25, eta=at(23), is_eta_sure=True), f"⬇ 25 % · by {stamp(at(23))}"),
        (make_row(fraction_done=None), "⬇ downloading"),
        (make_row(phase=Phase.PAUSED, fraction_done=0.4), "⏸ paused at 40 %"),
    ],
)
def test_each_title_says_how_far_it_is(row: object, words: str) -> None:
    title = FollowedTitle(id=1, work=make_pack(), total=8, missing=3, row=row)  # type: ignore[arg-type]  # a row

    lines = str(render_follows(Page(items=(title,)), 1, now=NOW).description).split("\n")

    assert lines[1].startswith("5 of 8 are there · ")
    assert lines[1].removeprefix("5 of 8 are there · ") == words


def test_a_title_that_is_kept_from_its_follower_is_not_named() -> None:
    title = FollowedTitle(id=1, work=make_work(), is_kept_from_reader=True)
    embed = render_follows(Page(items=(title,)), 1, now=NOW)
    assert "Dune" not in str(embed.description)
    assert "Dune" not in title.option
