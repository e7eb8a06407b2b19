"""An action on downloads from the question to the results, for the one who asked. Pure, legal for any input.

Names of downloads come first, then what happens; whatever does not fit is counted.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import discord

from discarr.core.actions import CommandState, ImportCandidate
from discarr.core.models import InstanceKind
from discarr.discord_bot.ui.action_text import WORDS, effect_lines, scope
from discarr.discord_bot.ui.layout import AMBER, GREEN, GREY, MAX_DESCRIPTION, MAX_FIELD_VALUE, RED, fit
from discarr.discord_bot.ui.notice_text import work_heading
from discarr.discord_bot.ui.row_text import episode_code, name, sentence
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.operation import CommandProgress, Item, Operation, OperationState
from discarr.monitoring.acting.results import ItemResult, Outcome
from discarr.monitoring.reasons import explanation_of
from discarr.utils.text_utils import (
    bar,
    capitalised,
    count_of,
    human_size,
    join_and_more,
    length,
    without_addresses,
)
from discarr.utils.time_utils import clock_time, timestamp

_MAX_NAMED: Final = 10
"""Downloads that a question names."""
_MAX_FILES: Final = 10
_MAX_RELEASE: Final = 150
_MAX_WORDS: Final = 160
_FOR_REST: Final = 1200
"""Units of a description that are kept free for what stands below the list of downloads."""
_FOR_FILES: Final = 2000
"""Units that the files of an import have in any case: what is above them takes less than the rest."""
_LARGEST_ID: Final = 2**63 - 1

_SYMBOLS: Final = {
    Outcome.DONE: "✓",
    Outcome.ALREADY_GONE: "✓",
    Outcome.CHANGED: "⚠",
    Outcome.REFUSED: "⛔",
    Outcome.FAILED: "✗",
    Outcome.UNKNOWN: "❔",
}
_WORST_FIRST: Final = (
    Outcome.UNKNOWN,
    Outcome.FAILED,
    Outcome.REFUSED,
    Outcome.CHANGED,
    Outcome.ALREADY_GONE,
    Outcome.DONE,
)
_COUNTED: Final = {
    Outcome.DONE: "done",
    Outcome.ALREADY_GONE: "gone already",
    Outcome.CHANGED: "changed meanwhile",
    Outcome.REFUSED: "refused",
    Outcome.FAILED: "failed",
    Outcome.UNKNOWN: "not known",
}
_ENDS: Final = {
    OperationState.DONE: ("✓ Done", GREEN),
    OperationState.FAILED: ("✗ Not done", RED),
    OperationState.REFUSED: ("⛔ Nothing was done", AMBER),
    OperationState.UNKNOWN: ("❔ Not known what came of it", AMBER),
    OperationState.EXPIRED: ("Not confirmed in time", GREY),
    OperationState.WITHDRAWN: ("Kept as it is", GREY),
}
_STATES: Final = {
    CommandState.QUEUED: "waits in the app",
    CommandState.STARTED: "the app is at it",
}


def render_operation(operation: Operation, *, left_out: int = 0, now: datetime) -> discord.Embed:
    """Draw an operation as it is now; `left_out` downloads were asked for, and it cannot be done to them."""
    if operation.state is OperationState.PENDING:
        return _question(operation, left_out, now)
    if operation.is_over or operation.state in (OperationState.EXPIRED, OperationState.WITHDRAWN):
        return _end(operation, now)
    return _progress(operation, now)


def names_all(files: Sequence[ImportCandidate]) -> bool:
    """Whether a question has room for every one of these files."""
    return len(files) <= _MAX_FILES and length("\n".join(_files(files))) <= _FOR_FILES


def outcome_title(operation: Operation) -> str:
    """Return how an operation ended, in a few plain words."""
    if operation.state is OperationState.FAILED and operation.count(Outcome.DONE, Outcome.ALREADY_GONE):
        return "⚠ Done in part"
    title, _ = _ENDS.get(operation.state, ("Over", GREY))
    return title


def result_lines(operation: Operation, now: datetime) -> Iterator[str]:
    """Yield what came of each download, the worst first, and what to do about it."""
    ended = [item for item in operation.items if item.result is not None]
    headings = Counter(work_heading(item.target.work) for item in ended)
    for outcome in _WORST_FIRST:
        for item in ended:
            if item.result is not None and item.result.outcome is outcome:
                is_one_of_several = headings[work_heading(item.target.work)] > 1
                yield from _result(item, item.result, operation, now, is_one_of_several=is_one_of_several)


def _question(operation: Operation, left_out: int, now: datetime) -> discord.Embed:
    effect = operation.effect
    lines = list(effect_lines(effect))
    if left_out:
        lines.append(f"⚠ {count_of(left_out, 'other')} left out: gone, or it cannot be done")
    if operation.required_count is not None:
        lines.append(f"✍ Asks for the number: {operation.required_count}")
    lines.append(f"\nYou can confirm until {clock_time(operation.expires_at, now)}.")
    named = [line for item in operation.items[:_MAX_NAMED] for line in _named(item, operation.kind)]
    if len(operation.items) > 1:
        named.append(f"{_more(len(operation.items) - _MAX_NAMED)}**Together:** {scope(effect)}")
    else:
        named.append(scope(effect))
    if operation.files:
        named += ["", *_files(operation.files)]
    words = WORDS[operation.kind]
    return discord.Embed(
        title=_asked(operation, words.question),
        description="\n".join([*fit(named, MAX_DESCRIPTION - _FOR_REST), "", *lines]),
        colour=AMBER,
    )


def _asked(operation: Operation, question: str) -> str:
    """Return the title: of several downloads, it says so."""
    count = len(operation.items)
    if count == 1:
        return question
    return f"{WORDS[operation.kind].label}: {count_of(count, 'download')}?"


def _more(count: int) -> str:
    return f"and {count} more\n" if count > 0 else ""


def _named(item: Item, kind: ActionKind) -> Iterator[str]:
    """Yield what an item is, why it is acted on, and the release, which is what is really acted on.

    What clean-up says for it holds the reason already.
    """
    target = item.target
    yield work_heading(target.work)
    if target.evidence:
        yield sentence(target.evidence, _MAX_WORDS)
    elif target.reason is not None and kind is not ActionKind.SEARCH:
        yield explanation_of(target.reason).sentence
    release = without_addresses(target.release_title)
    if release:
        yield f"-# {name(release, _MAX_RELEASE)}"


def _files(files: Sequence[ImportCandidate]) -> Iterator[str]:
    yield f"**{count_of(len(files), 'file')}**"
    for file in files[:_MAX_FILES]:
        yield f"📥 {media_of(file)} · {human_size(file.size_bytes)}"
        yield f"-# {name(without_addresses(file.file_name), 80)}"
        if file.rejections:
            yield f"⚠ The app would refuse it: {rejections_of(file, 120)}"
    if len(files) > _MAX_FILES:
        yield f"and {count_of(len(files) - _MAX_FILES, 'more file', 'more files')}"


def media_of(file: ImportCandidate) -> str:
    """Return what a file is taken for: "**Devs** S01E01, S01E02"; in words where nobody knows."""
    media = file.media
    if media is None:
        return "**not known what it is**"
    title = f"**{name(media.title, 60)}**"
    if file.kind is InstanceKind.RADARR:
        return f"{title} ({media.year})" if media.year and 0 < media.year < 10_000 else title
    if not file.episodes:
        return f"{title} · episode not known"
    return f"{title} {join_and_more([episode_code(episode.number) for episode in file.episodes], 4)}"


def rejections_of(file: ImportCandidate, budget: int) -> str:
    """Return why the app would not import a file by itself, in its own words."""
    return sentence(without_addresses(" · ".join(item.reason for item in file.rejections[:3])), budget)


def _progress(operation: Operation, now: datetime) -> discord.Embed:
    words = WORDS[operation.kind]
    total = len(operation.items)
    ended = sum(1 for item in operation.items if item.result is not None)
    lines = [work_heading(item.target.work) for item in operation.items[:_MAX_NAMED]]
    if total > _MAX_NAMED:
        lines.append(f"and {total - _MAX_NAMED} more")
    lines.append("")
    if operation.state is OperationState.CONFIRMED:
        lines.append("⏳ Confirmed; it waits for its turn")
    elif operation.state is OperationState.UNKNOWN:
        lines.append("🔎 Discarr was restarted and looks what came of it")
    else:
        lines.append(f"⚙ Discarr is {words.doing}" if total == 1 else "⚙ Discarr is at it")
    if total > 1:
        lines.append(f"{bar(ended / total)} {ended} of {total}")
    lines += _command_lines([item.progress for item in operation.items if item.progress is not None])
    lines.append(f"\nConfirmed {clock_time(operation.confirmed_at or operation.created_at, now)}")
    return discord.Embed(
        title=f"{words.emoji} {words.label}",
        description="\n".join(fit(lines, MAX_DESCRIPTION)),
        colour=GREY,
    )


def _command_lines(progresses: Sequence[CommandProgress]) -> Iterator[str]:
    if not progresses:
        return
    latest = progresses[-1]
    commands = f" ({latest.ended} of {latest.total})" if latest.total > 1 else ""
    yield f"{capitalised(_STATES.get(latest.state, 'the app goes on'))}{commands}"
    if latest.technical:
        yield f"-# {sentence(without_addresses(latest.technical), _MAX_WORDS)}"


def _end(operation: Operation, now: datetime) -> discord.Embed:
    title, colour = outcome_title(operation), _ENDS.get(operation.state, ("", GREY))[1]
    if operation.state in (OperationState.EXPIRED, OperationState.WITHDRAWN):
        lines = [work_heading(item.target.work) for item in operation.items[:_MAX_NAMED]]
        lines += ["", "Nothing was done."]
    else:
        lines = list(result_lines(operation, now))
    if len(operation.items) > 1:
        lines.insert(0, f"{_counts(operation)}\n")
    shown = fit(lines, MAX_DESCRIPTION - 100)
    if len(shown) < len(lines):
        shown.append("… and more, in the audit trail")
    embed = discord.Embed(title=title, description="\n".join(shown), colour=colour)
    if operation.ended_at is not None:
        value = f"{WORDS[operation.kind].label}, {timestamp(operation.ended_at, 'f')}"
        embed.add_field(name="What was asked", value=value[:MAX_FIELD_VALUE], inline=False)
    return embed


def _counts(operation: Operation) -> str:
    counts = [(outcome, operation.count(outcome)) for outcome in reversed(_WORST_FIRST)]
    return " · ".join(f"{count} {_COUNTED[outcome]}" for outcome, count in counts if count)


def _result(
    item: Item, result: ItemResult, operation: Operation, now: datetime, *, is_one_of_several: bool
) -> Iterator[str]:
    """Yield what came of an item; one of several with the same heading says which of them it is."""
    target = item.target
    yield f"{_SYMBOLS[result.outcome]} {work_heading(target.work)}"
    if is_one_of_several:
        release = name(without_addresses(target.release_title), _MAX_RELEASE)
        yield f"-# {release} · {name(target.instance_name)}" if target.instance_name else f"-# {release}"
    yield _result_words(result, operation.kind, now)
    if result.remedy:
        yield sentence(result.remedy, _MAX_WORDS)


def _result_words(result: ItemResult, kind: ActionKind, now: datetime) -> str:
    words = sentence(result.words, _MAX_WORDS) or capitalised(result.cause.value)
    if result.did is not None:
        by = f"<@{result.by}>" if result.by is not None and 0 < result.by <= _LARGEST_ID else "Somebody"
        when = f", {clock_time(result.at, now)}" if result.at is not None else ""
        return f"{words}: {by} {WORDS[result.did].done}{when}"
    if kind is ActionKind.SEARCH and result.outcome is Outcome.DONE:
        return _search_words(result.count)
    if result.expected_count is not None and result.count is not None:
        return f"{words}: {result.count} of {result.expected_count}"
    if result.outcome is Outcome.DONE and words == "Done":
        return capitalised(f"Discarr {WORDS[kind].done}")
    return words


def _search_words(count: int | None) -> str:
    if count is None:
        return "The search is over; what it found is not known"
    if not count:
        return "The search is over, and nothing was grabbed"
    return f"The search is over: {count_of(count, 'release')} grabbed"
