from dataclasses import replace
from typing import Any

import discord
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discarr.core.actions import CommandState, ImportCandidate, ImportRejection
from discarr.core.models import DownloadKey, EpisodeNumber
from discarr.discord_bot.ui.action_controls import operation_controls
from discarr.discord_bot.ui.operation_embeds import media_of, names_all, render_operation
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.operation import CommandProgress, Item, Operation, OperationState
from discarr.monitoring.acting.results import Cause, ItemResult, Outcome, done_before, result_of
from discarr.monitoring.acting.targets import target_of
from discarr.monitoring.reasons import ReasonKind
from tests.discord_bot.ui.builders import NOW, at, faults_of, message_with, stamp
from tests.discord_bot.ui.operations import (
    FILES,
    OPERATIONS,
    make_episode,
    make_episode_file,
    make_file,
    make_operation,
)
from tests.effort import examples
from tests.factories import make_download
from tests.fakes.contract import assert_valid_for_discord

EIGHT = tuple(EpisodeNumber(1, number) for number in range(1, 9))
PACK = make_download(
    title="Devs", year=None, seasons=(1,), episodes=EIGHT, episode_count=8, size_bytes=8_000_000_000
)


def described(operation: Operation, **arguments: Any) -> list[str]:
    return str(render_operation(operation, now=NOW, **arguments).description).split("\n")


def ended(*results: ItemResult, kind: ActionKind = ActionKind.REMOVE, **overrides: Any) -> discord.Embed:
    items = tuple(Item(target=target_of(make_download()), result=result) for result in results)
    operation = make_operation(kind=kind, items=items, ended_at=at(20, 50), **overrides)
    return render_operation(operation, now=NOW)


@settings(max_examples=examples(150))
@given(OPERATIONS)
def test_any_operation_is_legal_with_its_controls(operation: Operation) -> None:
    embed = render_operation(operation, left_out=3, now=NOW)

    assert faults_of(embed) == []
    view = operation_controls(operation)
    if view is not None:
        assert all(len(str(getattr(item, "custom_id", ""))) <= 100 for item in view.children)


def test_a_question_says_what_happens_to_how_much_and_until_when() -> None:
    item = Item(target=target_of(PACK, reason=ReasonKind.STALLED))

    assert described(make_operation(items=(item,), kind=ActionKind.REMOVE_SEARCH)) == [
        "**Devs** S01 · 8 episodes",
        "No data is coming in",
        "-# Dune.Part.Two.2024.2160p.WEB-DL",
        "1 download · 8 episodes · 8 GB",
        "",
        "🗑 Its data is **deleted** (8 GB)",
        "🚫 This release is never taken again",
        "🔎 Another release is searched now, unless the app is set not to",
        "",
        f"You can confirm until {stamp(at(20, 57))}.",
    ]


def test_what_clean_up_says_for_it_takes_the_place_of_the_reason_that_it_holds() -> None:
    evidence = "3 strikes in 2 h · no byte for 95 min · client says: stalled"
    item = Item(target=target_of(PACK, reason=ReasonKind.STALLED, evidence=evidence))

    assert described(make_operation(items=(item,)))[:3] == [
        "**Devs** S01 · 8 episodes",
        evidence,
        "-# Dune.Part.Two.2024.2160p.WEB-DL",
    ]


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        (ActionKind.REMOVE, ["🗑 Its data is **deleted** (4 GB)", "🔎 Nothing is searched"]),
        (
            ActionKind.REMOVE_BLOCKLIST,
            [
                "🗑 Its data is **deleted** (4 GB)",
                "🚫 This release is never taken again",
                "🔎 Nothing is searched",
            ],
        ),
        (ActionKind.KEEP, ["💾 Its data stays in the client (4 GB)", "🔎 Nothing is searched"]),
        (
            ActionKind.KEEP_SEARCH,
            [
                "💾 Its data stays in the client (4 GB)",
                "🚫 This release is never taken again",
                "🔎 Another release is searched now, unless the app is set not to",
            ],
        ),
        (
            ActionKind.CHANGE_CATEGORY,
            ["💾 Its data stays, in another category (4 GB)", "🔎 Nothing is searched"],
        ),
        (
            ActionKind.GRAB,
            [
                "💾 Nothing is deleted",
                "⚡ It is sent to the download client now",
                "🔎 Nothing is searched",
            ],
        ),
        (ActionKind.SEARCH, ["💾 Nothing is deleted", "🔎 Every indexer is asked for it now"]),
        (
            ActionKind.IMPORT,
            [
                "📥 The files come into the library",
                "⚠ They may **replace** what is there",
                "🔎 Nothing is searched",
            ],
        ),
    ],
)
def test_every_action_says_its_whole_effect(kind: ActionKind, lines: list[str]) -> None:
    assert described(make_operation(kind=kind))[4:-2] == lines


def test_what_is_held_back_goes_together() -> None:
    pending = make_download(key=DownloadKey("radarr", "p", "7"), size_bytes=0)

    lines = described(make_operation(items=(Item(target=target_of(pending)),)))

    assert lines[2:5] == ["1 download", "", "💾 There is no data yet"]
    assert "⏳ All that is held back for it goes, too" in lines


def test_several_are_named_up_to_ten_and_counted_together() -> None:
    embed = render_operation(make_operation(12), left_out=2, now=NOW)
    lines = str(embed.description).split("\n")

    assert embed.title == "Remove: 12 downloads?"
    assert lines.count("**Dune: Part Two** (2024)") == 10
    assert lines[20:22] == ["and 2 more", "**Together:** 12 downloads · 48 GB"]
    assert "⚠ 2 others left out: gone, or it cannot be done" in lines
    assert "✍ Asks for the number: 12" in lines


def test_files_are_named_with_what_they_become_and_what_speaks_against_them() -> None:
    rejection = ImportRejection(reason="Sample in /data/x/y.mkv", is_permanent=True)
    files = (make_file(rejections=(rejection,)), *(make_file() for _ in range(11)))

    lines = described(make_operation(kind=ActionKind.IMPORT, files=files))

    assert lines[4:8] == [
        "**12 files**",
        "📥 **Dune** (2021) · 4 GB",
        "-# Dune.2021.mkv",
        "⚠ The app would refuse it: Sample in y.mkv",
    ]
    assert "and 2 more files" in lines


@settings(max_examples=examples(100))
@given(OPERATIONS, st.lists(FILES, min_size=1, max_size=12))
def test_a_question_names_every_file_where_it_has_room_for_all(
    operation: Operation, files: list[ImportCandidate]
) -> None:
    question = replace(
        operation,
        kind=ActionKind.IMPORT,
        state=OperationState.PENDING,
        required_count=None,
        items=operation.items[:1],
        files=tuple(files),
    )
    shown = str(render_operation(question, now=NOW).description)
    named = shown.split("📥 The files come")[0].count("\n📥 ")
    assert named == len(files) if names_all(files) else named <= len(files)


def test_few_ordinary_files_are_named_and_many_or_long_ones_are_not() -> None:
    assert names_all([make_file()] * 10)
    assert not names_all([make_file()] * 11)
    rejection = ImportRejection(reason="x" * 500, is_permanent=True)
    assert not names_all([make_file(file_name="y" * 500, rejections=(rejection,))] * 10)


def test_what_a_file_is_taken_for_is_said_in_full_or_in_words() -> None:
    assert media_of(make_file(media=None)) == "**not known what it is**"
    assert media_of(make_episode_file()) == "**Devs** · episode not known"
    assert media_of(make_episode_file(1, 2)) == "**Devs** S01E01, S01E02"
    assert media_of(make_episode_file(*range(1, 7))).endswith("S01E04 and 2 more")
    assert make_episode(1).number == EpisodeNumber(1, 1)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (OperationState.CONFIRMED, "⏳ Confirmed; it waits for its turn"),
        (OperationState.RUNNING, "⚙ Discarr is removing it"),
        (OperationState.UNKNOWN, "🔎 Discarr was restarted and looks what came of it"),
    ],
)
def test_what_goes_on_says_how_far_it_is(state: OperationState, words: str) -> None:
    assert words in described(make_operation(state=state, confirmed_at=at(20)))


def test_progress_is_that_of_the_app_in_its_own_words_as_well() -> None:
    progress = CommandProgress(
        ended=1, total=2, state=CommandState.STARTED, technical="Searching *x* at http://10.0.0.1:9696"
    )
    item = replace(make_operation().items[0], progress=progress)
    operation = make_operation(state=OperationState.RUNNING, items=(item,))

    lines = described(operation)

    assert "The app is at it (1 of 2)" in lines
    assert "-# Searching \\*x\\* at …" in lines


def test_several_show_a_bar_and_how_many_are_over() -> None:
    operation = make_operation(12, state=OperationState.RUNNING)
    done = tuple(replace(item, result=result_of(Cause.ANSWERED)) for item in operation.items[:6])

    lines = described(replace(operation, items=done + operation.items[6:]))

    assert "⚙ Discarr is at it" in lines
    assert "▰▰▰▰▰▱▱▱▱▱ 6 of 12" in lines
    assert "and 2 more" in lines


def test_the_end_of_several_begins_with_what_went_wrong() -> None:
    embed = ended(
        result_of(Cause.ANSWERED),
        result_of(Cause.CAME_BACK),
        result_of(Cause.NO_ANSWER),
        state=OperationState.UNKNOWN,
    )

    assert embed.title == "❔ Not known what came of it"
    lines = str(embed.description).split("\n")
    assert lines[0] == "1 done · 1 failed · 1 not known"
    assert [line[0] for line in lines if line.endswith("(2024)")] == ["❔", "✗", "✓"]
    assert embed.fields[0].value == f"Remove, {stamp(at(20, 50), 'f')}"


def test_results_with_the_same_heading_say_which_release_of_which_server_they_are_about() -> None:
    targets = (
        target_of(make_download(release_title="Dune.2024.*x*"), instance_name="Films_4K"),
        target_of(make_download(release_title="")),
        target_of(PACK, instance_name="TV"),
    )
    items = tuple(Item(target=target, result=result_of(Cause.ANSWERED)) for target in targets)

    operation = make_operation(items=items, state=OperationState.DONE, ended_at=NOW)

    assert described(operation)[2:] == [
        "✓ **Dune: Part Two** (2024)",
        "-# Dune.2024.\\*x\\* · Films\\_4K",
        "Discarr removed it",
        "✓ **Dune: Part Two** (2024)",
        "-# ?",
        "Discarr removed it",
        "✓ **Devs** S01 · 8 episodes",
        "Discarr removed it",
    ]


def test_what_was_done_in_part_is_not_called_undone() -> None:
    embed = ended(result_of(Cause.ANSWERED), result_of(Cause.STILL_THERE), state=OperationState.FAILED)
    assert embed.title == "⚠ Done in part"
    assert ended(result_of(Cause.STILL_THERE), state=OperationState.FAILED).title == "✗ Not done"


def test_who_was_faster_is_named_with_what_they_did() -> None:
    embed = ended(done_before(99, ActionKind.KEEP, at(20, 40)), state=OperationState.DONE)
    assert f"Somebody was faster: <@99> took it off the queue, {stamp(at(20, 40))}" in str(embed.description)
    nobody = ItemResult(
        outcome=Outcome.ALREADY_GONE, cause=Cause.DONE_BEFORE, words="", by=-1, did=ActionKind.GRAB
    )
    assert "Done before: Somebody grabbed it" in str(ended(nobody, state=OperationState.DONE).description)


@pytest.mark.parametrize(
    ("kind", "result", "words"),
    [
        (ActionKind.SEARCH, result_of(Cause.ANSWERED, count=2), "The search is over: 2 releases grabbed"),
        (
            ActionKind.SEARCH,
            result_of(Cause.ANSWERED, count=0),
            "The search is over, and nothing was grabbed",
        ),
        (ActionKind.SEARCH, result_of(Cause.ANSWERED), "The search is over; what it found is not known"),
        (ActionKind.IMPORT, result_of(Cause.IMPORTED, count=8, expected_count=8), "Imported: 8 of 8"),
        (ActionKind.REMOVE, result_of(Cause.ANSWERED), "Discarr removed it"),
        (ActionKind.REMOVE, result_of(Cause.SEEN), "The answer got lost, but it is done"),
    ],
)
def test_what_came_of_it_is_said_for_each_kind(kind: ActionKind, result: ItemResult, words: str) -> None:
    lines = str(ended(result, kind=kind, state=OperationState.DONE).description).split("\n")
    assert lines[1] == words


@pytest.mark.parametrize(
    ("state", "title"),
    [
        (OperationState.EXPIRED, "Not confirmed in time"),
        (OperationState.WITHDRAWN, "Kept as it is"),
    ],
)
def test_what_was_never_confirmed_did_nothing(state: OperationState, title: str) -> None:
    embed = render_operation(make_operation(state=state), now=NOW)
    assert embed.title == title
    assert str(embed.description).endswith("Nothing was done.")


def test_more_results_than_fit_are_pointed_to() -> None:
    words = "x" * 150
    result = ItemResult(outcome=Outcome.FAILED, cause=Cause.REQUEST, words=words, remedy=words)
    embed = ended(*[result] * 50, state=OperationState.FAILED)
    assert str(embed.description).endswith("… and more, in the audit trail")
    assert faults_of(embed) == []


def test_questions_are_what_discord_takes() -> None:
    operations = [make_operation(), make_operation(12), make_operation(state=OperationState.RUNNING)]
    assert_valid_for_discord(
        [
            message_with(render_operation(operation, now=NOW), operation_controls(operation))
            for operation in operations
        ]
    )
