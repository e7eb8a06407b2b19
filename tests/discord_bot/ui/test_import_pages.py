from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from discarr.core.actions import ImportRejection
from discarr.discord_bot.import_drafts import ImportDraft
from discarr.discord_bot.ui.import_controls import file_controls, files_controls, search_controls
from discarr.discord_bot.ui.import_pages import render_file, render_files, render_search
from discarr.discord_bot.ui.paging import Page
from tests.discord_bot.ui.builders import NOW, faults_of, message_with
from tests.discord_bot.ui.operations import (
    DRAFTS,
    DUNE,
    make_draft,
    make_episode,
    make_episode_file,
    make_file,
)
from tests.effort import examples
from tests.fakes.contract import assert_valid_for_discord

REJECTED = make_file(
    rejections=(
        ImportRejection(reason="Not an upgrade for /data/x.mkv", is_permanent=True),
        ImportRejection(reason="Locked *file*", is_permanent=False),
    ),
    custom_formats=("HDR",),
    custom_format_score=-5,
)


def lines_of(draft: ImportDraft, place: int = 0) -> list[str]:
    return str(render_file(draft, place).description).split("\n")


@settings(max_examples=examples(100))
@given(DRAFTS, st.integers(0, 20))
def test_any_files_are_legal_with_their_controls(draft: ImportDraft, number: int) -> None:
    embed, page = render_files(draft, number)
    assert faults_of(embed) == []
    files_controls(draft, page, now=NOW).to_components()
    place = number % len(draft.files)
    assert faults_of(render_file(draft, place)) == []
    episodes = Page(items=draft.episodes[:25], number=1, count=3, has_next=True)
    view = file_controls(draft, place, episode_page=episodes, now=NOW)
    rows = view.to_components()
    assert len(rows) <= 5
    for row in rows:
        for item in row["components"]:
            values = [option["value"] for option in item.get("options", [])]
            assert len(values) == len(set(values)) <= 25
            assert len(item["custom_id"]) <= 100
    assert faults_of(render_search(draft)) == []
    search_controls(draft, now=NOW).to_components()


def test_a_file_is_shown_with_all_that_speaks_against_it() -> None:
    assert lines_of(make_draft(REJECTED)) == [
        "✅ **Dune** (2021)",
        "-# Dune.2021.mkv",
        "4 GB · WEBDL-2160p · English · HDR (score -5)",
        "",
        "**What the app has against it**",
        "• Not an upgrade for x.mkv",
        "• Locked \\*file\\* (may pass)",
        "",
        "It would be imported, whatever speaks against it.",
    ]


def test_long_lists_of_rejections_are_counted() -> None:
    rejections = (ImportRejection(reason="No", is_permanent=True),) * 15
    assert "and 3 more" in lines_of(make_draft(make_file(rejections=rejections)))


def test_what_is_not_known_of_a_file_is_said() -> None:
    file = make_file(media=None, quality=None, languages=(), custom_format_score=3)
    lines = lines_of(make_draft(file))
    assert lines[0] == "❔ **not known what it is**"
    assert lines[2] == "4 GB · quality not known · no formats (score 3)"
    assert lines[-1] == "It cannot be imported before somebody says what it is."


def test_a_search_says_what_was_looked_for() -> None:
    found = make_draft(searched="du*ne", found=(DUNE,))
    assert lines_of(found)[-1] == "🔎 Found for “du\\*ne”: choose below."
    assert "Nothing in the library is called “x”" in lines_of(make_draft(searched="x"))[-1]


def test_files_and_choices_are_what_discord_takes() -> None:
    many = make_draft(*(make_file(media=None) for _ in range(23)))
    embed, page = render_files(many, 1)
    assert page.words in str(embed.description)
    series = make_draft(make_episode_file(1), make_episode_file(2))
    episodes = tuple(make_episode(number, has_file=number == 1) for number in range(1, 30))
    shown = Page(items=episodes[:25], number=0, count=2, has_next=True)
    found = replace(many, found=(DUNE,), searched="dune")
    assert_valid_for_discord(
        [
            message_with(embed, files_controls(many, page, now=NOW)),
            message_with(render_file(series, 0), file_controls(series, 0, episode_page=shown, now=NOW)),
            message_with(render_file(found, 0), file_controls(found, 0, episode_page=None, now=NOW)),
            message_with(render_search(found), search_controls(found, now=NOW)),
        ]
    )
