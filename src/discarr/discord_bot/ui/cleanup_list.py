"""What clean-up proposes, what is picked of it, and what would be done. Pure, legal for any input."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import discord

from discarr.core.events import work_of
from discarr.discord_bot.cleanup_drafts import CleanupDraft
from discarr.discord_bot.ui.action_text import WORDS, effect_lines, scope
from discarr.discord_bot.ui.layout import AMBER, GREEN, GREY, MAX_DESCRIPTION, MAX_FIELD_VALUE, fit
from discarr.discord_bot.ui.notice_text import work_heading
from discarr.discord_bot.ui.paging import Page
from discarr.discord_bot.ui.row_text import name, sentence
from discarr.monitoring.acting.kinds import ActionKind, effect_of
from discarr.monitoring.acting.targets import Target
from discarr.monitoring.cleanup.candidates import Candidate, Collection
from discarr.monitoring.cleanup.guards import Guard, GuardKind
from discarr.monitoring.cleanup.wording import (
    ACTION_WORDS,
    PROTECTION_WORDS,
    RULE_WORDS,
    evidence_text,
    guard_text,
)
from discarr.utils.text_utils import count_of
from discarr.utils.time_utils import clock_time

_MAX_EVIDENCE: Final = 120
_MAX_INSTANCE: Final = 30
_MAX_GUARD: Final = 200
_MAX_GUARDS: Final = 4
_MAX_FORESEEN: Final = 8
"""Downloads that a dry run names for each kind of action."""
_FOR_REST: Final = 300
_EVERYWHERE: Final = frozenset({GuardKind.DISARMED, GuardKind.NO_MEMORY, GuardKind.NETWORK})

GONE: Final = "That list is too old. Ask for a new one with `/cleanup`."
NOTHING_PICKED: Final = "Nothing is picked. Choose in the list what is to be cleaned up."
ARM_QUESTION: Final = (
    "Discarr's database was replaced, so what it decided and counted before may be forgotten. Do you let"
    " clean-up propose again? It still asks before it does anything."
)
STILL_DISARMED: Final = "Clean-up stays switched off. Ask again with `/cleanup`."
_UP_TO_DATE: Final = "Nothing has been in trouble for long enough."
_NO_RULES: Final = "No rule of clean-up is switched on in Discarr's settings."


def render_cleanup(
    draft: CleanupDraft, page: Page[Candidate], *, has_rules: bool, now: datetime
) -> discord.Embed:
    """Draw a page of what is proposed, with what speaks for each, and why the rest is not."""
    collection = draft.collection
    blocks = [_block(draft, number, item) for number, item in enumerate(page.items, page.first_number)]
    footer = "\n".join(_footer(draft, page, now))
    if not blocks:
        blocks = ["Nothing here."] if collection.candidates else [_nothing(collection, has_rules=has_rules)]
    shown = fit(blocks, MAX_DESCRIPTION - len(footer) - _FOR_REST)
    if len(shown) < len(blocks):
        shown.append("… and more, in the list of choices")
    embed = discord.Embed(
        title=_title(draft),
        description="\n".join([*shown, "", footer]),
        colour=AMBER if collection.candidates else GREY if collection.guards else GREEN,
    )
    if collection.guards:
        lines = list(_guard_lines(collection.guards))
        embed.add_field(name="Not proposed", value="\n".join(fit(lines, MAX_FIELD_VALUE)), inline=False)
    if collection.protected:
        left = [f"{count} {PROTECTION_WORDS[kind]}" for kind, count in collection.protected.items()]
        embed.add_field(name="Left alone", value=" · ".join(left)[:MAX_FIELD_VALUE], inline=False)
    return embed


def render_dry_run(
    draft: CleanupDraft,
    foreseen: Sequence[tuple[ActionKind, Sequence[Target]]],
    *,
    left_out: int,
) -> discord.Embed:
    """Draw exactly what would be done to what is picked; `left_out` cannot be acted on now."""
    blocks: list[str] = []
    for kind, targets in foreseen:
        effect = effect_of(kind, targets)
        blocks += [f"{WORDS[kind].emoji} **{WORDS[kind].label}** · {scope(effect)}", *effect_lines(effect)]
        for target in targets[:_MAX_FORESEEN]:
            blocks.append(f"{work_heading(target.work)}\n-# {sentence(target.evidence, _MAX_EVIDENCE)}")
        if len(targets) > _MAX_FORESEEN:
            blocks.append(f"and {len(targets) - _MAX_FORESEEN} more")
        blocks.append("")
    rest = list(left_out_lines(draft, left_out)) or ["Go on from the list to be asked for each kind."]
    shown = fit(blocks, MAX_DESCRIPTION - _FOR_REST)
    if len(shown) < len(blocks):
        shown.append("… and more")
    return discord.Embed(
        title="🧪 A dry run: nothing was done", description="\n".join([*shown, *rest]), colour=GREY
    )


def left_out_lines(draft: CleanupDraft, gone: int = 0) -> Iterator[str]:
    """Yield what is picked and not asked for, and why; `gone` were left out when they were looked at."""
    if draft.lost:
        yield (
            f"⚠ {count_of(draft.lost, 'picked download')} left out: not proposed any more. They got better,"
            " are gone, or are protected now."
        )
    if impossible := draft.impossible:
        yield f"⚠ {count_of(len(impossible), 'picked download')} left out: that cannot be done to them."
    if gone:
        yield f"⚠ {count_of(gone, 'picked download')} left out: gone, or it cannot be done now."


def no_room(room: int) -> str:
    """Return why so many cannot be cleaned up together; `room` is how many can."""
    if not room:
        return "As many downloads as the settings allow in a day were cleaned up already. Go on tomorrow."
    return f"That is more than may be cleaned up now: pick at most {room}."


def _title(draft: CleanupDraft) -> str:
    total = len(draft.collection.candidates)
    if total:
        focus = f" · {RULE_WORDS[draft.focus]}" if draft.focus is not None else ""
        return f"🧹 Clean-up · {count_of(total, 'download')} proposed{focus}"
    return "🧹 Clean-up proposes nothing now" if draft.collection.guards else "✓ Nothing to clean up"


def _nothing(collection: Collection, *, has_rules: bool) -> str:
    if collection.guards:
        return "Why, stands below."
    return _UP_TO_DATE if has_rules else _NO_RULES


def _block(draft: CleanupDraft, number: int, candidate: Candidate) -> str:
    mark = "☑" if draft.is_picked(candidate) else "☐"
    instance = name(candidate.instance_name, _MAX_INSTANCE)
    evidence = sentence(evidence_text(candidate), _MAX_EVIDENCE)
    action = draft.action_of(candidate)
    what = (
        f"→ {ACTION_WORDS[action]}" if action is not None else "⚠ Not possible with it: choose another action"
    )
    return (
        f"`{number}` {mark} {work_heading(work_of(candidate.download))} · {instance}\n"
        f"{RULE_WORDS[candidate.rule]} · {evidence}\n-# {what}"
    )


def _footer(draft: CleanupDraft, page: Page[Candidate], now: datetime) -> Iterator[str]:
    if draft.collection.candidates:
        room = draft.collection.room
        yield f"**{len(draft.chosen)} picked** of at most {room} now" if room else no_room(room)
    yield " · ".join(filter(None, (page.words, f"Looked at {clock_time(now, now)}")))


def _guard_lines(guards: Sequence[Guard]) -> Iterator[str]:
    for guard in guards[:_MAX_GUARDS]:
        words = sentence(guard_text(guard), _MAX_GUARD)
        if guard.kind in _EVERYWHERE or guard.instance_name is None:
            yield f"Nothing is proposed: {words}"
        elif guard.kind is GuardKind.MANY_AT_ONCE:
            yield f"None of these is proposed: {words}"
        else:
            yield f"Nothing is proposed for {name(guard.instance_name, _MAX_INSTANCE)}: {words}"
    if len(guards) > _MAX_GUARDS:
        yield f"and {count_of(len(guards) - _MAX_GUARDS, 'more reason')}"
