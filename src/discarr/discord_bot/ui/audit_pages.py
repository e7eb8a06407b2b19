"""The audit trail, page by page: what matches a filter, one entry in full, and the controls of both."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import discord
import msgspec

from discarr.core.actions import Removal
from discarr.core.store.audit import AuditEntry, AuditLine
from discarr.discord_bot.ui.action_answers import person
from discarr.discord_bot.ui.action_text import WORDS
from discarr.discord_bot.ui.lasting import (
    AnyInteraction,
    AnySelect,
    LastingButton,
    LastingSelect,
    id_of,
    number_in,
    template,
)
from discarr.discord_bot.ui.layout import GREY, MAX_DESCRIPTION, MAX_FIELD_VALUE, MAX_OPTION, fit
from discarr.discord_bot.ui.row_text import name, sentence
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.refusals import Refusal
from discarr.monitoring.acting.results import Outcome
from discarr.monitoring.acting.targets import Target
from discarr.monitoring.reasons import explanation_of
from discarr.utils.permissions import Capability, Level
from discarr.utils.text_utils import capitalised, count_of, human_size, label, without_addresses
from discarr.utils.time_utils import timestamp

PAGE_SIZE: Final = 10
_FOR_REST: Final = 300
_PLACE: Final = r"[0-9a-z]{0,13}\.[0-9a-z]{0,13}\.[a-z0-9_]{0,32}\.\d{0,2}\.\d{0,2}\.[0-9a-z]{0,8}"
_INSTANCE: Final = re.compile(r"[a-z0-9_]{1,32}")
_LATEST: Final = 253_402_300_799
"""The last second of the year 9999, after which no `datetime` is."""

_REFUSED: Final = (
    Capability.LOOK,
    Capability.FOLLOW,
    Capability.ACKNOWLEDGE,
    Capability.SILENCE,
    Capability.CLEAN_UP,
    Capability.SEE_AUDIT,
    Capability.CHANGE_RULES,
    Capability.CHANGE_LOG,
)
"""What stands in the trail only where somebody was refused it."""
ACTIONS: Final[Mapping[str, str]] = {
    **{kind.value: WORDS[kind].label for kind in ActionKind},
    "confirm": "Confirm what is not there",
    "arm": "Allow clean-up again",
    **{capability.value: capitalised(capability.value) for capability in _REFUSED},
}
"""What can be filtered by, and what it is called."""
RESULTS: Final[Mapping[str, str]] = {
    "confirmed": "Confirmed",
    "begun": "Begun",
    **{outcome.value: f"Result: {outcome.value}" for outcome in Outcome},
    **{refusal.value: f"Refused: {refusal.value}" for refusal in Refusal},
}
_SYMBOLS: Final = {
    "confirmed": "☑",
    "begun": "⚙",
    Outcome.DONE: "✓",
    Outcome.ALREADY_GONE: "✓",
    Outcome.CHANGED: "⚠",
    Outcome.FAILED: "✗",
    Outcome.UNKNOWN: "❔",
}
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_GONE: Final = "There is no such entry."


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries to show; None shows all."""

    actor: int | None = None
    """Id of a person."""
    instance: str | None = None
    """Id of an instance, also of one that is not there any more."""
    action: str | None = None
    """A key of `ACTIONS`."""
    result: str | None = None
    """A key of `RESULTS`."""
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """Some entries, the latest first."""

    lines: tuple[AuditLine, ...]
    filter: AuditFilter
    before: int | None = None
    """All of them are older than the entry with this number; None: these are the newest."""
    has_older: bool = False


class AuditPages(Protocol):
    """What these controls ask for; the client carries it as `audit_pages`. Each answers by itself."""

    async def turn(self, interaction: AnyInteraction, chosen: AuditFilter, before: int | None) -> None:
        """Show the entries before one, or the newest, in place."""

    async def show_entry(
        self, interaction: AnyInteraction, sequence: int, chosen: AuditFilter, before: int | None
    ) -> None:
        """Show one entry in full; filter and place are for the way back."""


class AuditButton(LastingButton, template=template("audit:(?:older|newest|back|again)", _PLACE)):
    """Leads to a page."""

    async def callback(self, interaction: AnyInteraction) -> None:
        chosen, before = decode_place(self.argument)
        await _pages(interaction).turn(interaction, chosen, before)


class EntrySelect(LastingSelect, template=template("audit:entry", _PLACE)):
    """Chooses an entry, to be shown in full."""

    async def callback(self, interaction: AnyInteraction) -> None:
        chosen, before = decode_place(self.argument)
        await _pages(interaction).show_entry(interaction, number_in(self.choice), chosen, before)


AUDIT_ITEMS: Final[tuple[type[discord.ui.DynamicItem[Any]], ...]] = (AuditButton, EntrySelect)
"""For `discord.Client.add_dynamic_items`."""


def encode_place(chosen: AuditFilter, before: int | None) -> str:
    """Return filter and place as part of an id, at most 74 characters."""
    instance = chosen.instance or ""
    parts = (
        _encoded(before),
        _encoded(chosen.actor),
        instance if _INSTANCE.fullmatch(instance) else "",
        _index(ACTIONS, chosen.action),
        _index(RESULTS, chosen.result),
        _encoded(None if chosen.since is None else int(chosen.since.timestamp())),
    )
    return ".".join(parts)


def decode_place(encoded: str) -> tuple[AuditFilter, int | None]:
    """Return what `encode_place` was given; anything else is the newest of everything."""
    parts = encoded.split(".")
    if len(parts) != 6:
        return AuditFilter(), None
    before, actor, instance, action, result, since = parts
    seconds = _decoded(since)
    chosen = AuditFilter(
        actor=_decoded(actor),
        instance=instance or None,
        action=_at(ACTIONS, action),
        result=_at(RESULTS, result),
        since=None if seconds is None else datetime.fromtimestamp(min(seconds, _LATEST), UTC),
    )
    return chosen, _decoded(before)


def is_instance(text: str) -> bool:
    """Whether something may be the id of an instance."""
    return _INSTANCE.fullmatch(text) is not None


def render_audit(page: AuditPage, names: Mapping[str, str]) -> discord.Embed:
    """Draw some entries; `names` are those of the instances by id."""
    blocks = [entry_block(line.entry, names) for line in page.lines] or ["Nothing matches."]
    shown = fit(blocks, MAX_DESCRIPTION - _FOR_REST)
    footer = " · ".join(_filter_words(page.filter, names))
    return discord.Embed(
        title="📜 Audit trail",
        description="\n".join([*shown, *(["", footer] if footer else [])]),
        colour=GREY,
    )


def audit_controls(page: AuditPage, now: datetime) -> discord.ui.View:
    """Return the controls below some entries."""
    view = discord.ui.View(timeout=None)
    here = encode_place(page.filter, page.before)
    if page.lines:
        select: AnySelect = discord.ui.Select(
            custom_id=id_of("audit:entry", here, now=now),
            placeholder="More about …",
            options=[_option(line) for line in page.lines],
        )
        view.add_item(EntrySelect(select, here))
        older = encode_place(page.filter, page.lines[-1].sequence)
        view.add_item(
            AuditButton(
                id_of("audit:older", older), older, "Older", emoji="▶", is_disabled=not page.has_older
            )
        )
    newest = encode_place(page.filter, None)
    view.add_item(AuditButton(id_of("audit:newest", newest), newest, "Newest", emoji="⏮"))
    return view


def render_entry(line: AuditLine | None, names: Mapping[str, str]) -> discord.Embed:
    """Draw one entry in full."""
    if line is None:
        return discord.Embed(title="📜 Audit trail", description=_GONE, colour=GREY)
    entry = line.entry
    embed = discord.Embed(
        title=f"📜 Entry {line.sequence}",
        description=entry_block(entry, names, has_title=False),
        colour=GREY,
    )
    for field, value in (
        ("Release", name(without_addresses(entry.title), 300) if entry.title else ""),
        ("Evidence", "\n".join(_evidence(entry.evidence))),
        ("Request", "\n".join(_request(entry.request))),
        ("Operation", entry.operation or ""),
    ):
        if value:
            embed.add_field(name=field, value=value[:MAX_FIELD_VALUE], inline=False)
    return embed


def entry_controls(chosen: AuditFilter, before: int | None) -> discord.ui.View:
    """Return the way back from an entry."""
    view = discord.ui.View(timeout=None)
    here = encode_place(chosen, before)
    view.add_item(AuditButton(id_of("audit:back", here), here, "Back to the list", emoji="↩"))
    return view


def entry_block(entry: AuditEntry, names: Mapping[str, str], *, has_title: bool = True) -> str:
    """Return two or three lines about an entry: who in what role, when, what, where, and what came of it."""
    what = [sentence(ACTIONS.get(entry.action, entry.action), 40)]
    if entry.instance is not None:
        what.append(name(names.get(entry.instance, entry.instance), 30))
    lines = [
        f"{_symbol(entry)} {timestamp(entry.at, 'f')} · {person(entry.actor)} ({_level(entry.level)})",
        " · ".join(what),
    ]
    if has_title and entry.title:
        lines.append(f"-# {name(without_addresses(entry.title), 80)}")
    lines.append(sentence(entry.detail, 120) or sentence(entry.result, 40))
    return "\n".join(lines)


def _symbol(entry: AuditEntry) -> str:
    return _SYMBOLS.get(entry.result, "⛔")


def _level(level: int) -> str:
    return Level(level).name.lower() if level in list(Level) else "unknown role"


def _option(line: AuditLine) -> discord.SelectOption:
    entry = line.entry
    words = f"{line.sequence} · {ACTIONS.get(entry.action, entry.action)} · {entry.result}"
    return discord.SelectOption(
        label=label(words, MAX_OPTION),
        value=str(line.sequence),
        description=label(without_addresses(entry.title), MAX_OPTION) if entry.title else None,
    )


def _filter_words(chosen: AuditFilter, names: Mapping[str, str]) -> Iterator[str]:
    if chosen.actor is not None:
        yield f"only {person(chosen.actor)}"
    if chosen.instance is not None:
        yield f"only {name(names.get(chosen.instance, chosen.instance), 30)}"
    if chosen.action is not None:
        yield f"only: {ACTIONS[chosen.action]}"
    if chosen.result is not None:
        yield f"only: {RESULTS[chosen.result]}"
    if chosen.since is not None:
        yield f"since {timestamp(chosen.since, 'f')}"


class _Request(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent, or was to be, as the journal writes it."""

    downloads: int = 0
    removal: Removal | None = None
    files: int = 0
    typed: int | None = None
    """What somebody counted who was to confirm."""
    asked: str = ""
    """The command, or the kind of control, of what is no action."""


def _request(text: str) -> Iterator[str]:
    try:
        request = msgspec.json.decode(text, type=_Request)
    except msgspec.DecodeError:
        return
    if request.asked:
        yield f"asked with {sentence(request.asked, 60)}"
        return
    yield count_of(request.downloads, "download") + (
        f" · {count_of(request.files, 'file')}" if request.files else ""
    )
    if request.typed is not None:
        yield f"typed: {request.typed}"
    removal = request.removal
    if removal is not None:
        yield f"delete its data: {_yes(removal.remove_from_client)}"
        yield f"blocklist the release: {_yes(removal.blocklist)}"
        yield f"search for another: {_yes(removal.blocklist and not removal.skip_redownload)}"
        yield f"change the category: {_yes(removal.change_category)}"


def _evidence(text: str) -> Iterator[str]:
    try:
        target = msgspec.json.decode(text, type=Target)
    except msgspec.DecodeError:
        return
    if target.reason is not None:
        yield sentence(explanation_of(target.reason).sentence, 150)
    if target.evidence:
        yield sentence(target.evidence, 200)
    state = target.tracked_state.value if target.tracked_state is not None else "not tracked"
    yield f"{target.status.value} · {state} · {human_size(target.size_left_bytes)} left"


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _index(keys: Mapping[str, str], key: str | None) -> str:
    return "" if key is None or key not in keys else str(list(keys).index(key))


def _at(keys: Mapping[str, str], index: str) -> str | None:
    known: Sequence[str] = list(keys)
    return known[int(index)] if index.isdecimal() and int(index) < len(known) else None


def _encoded(number: int | None) -> str:
    """Return a number above 0 in base 36; anything else is nothing."""
    digits = ""
    while number is not None and number > 0:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits


def _decoded(text: str) -> int | None:
    return min(int(text, 36), 2**63 - 1) if re.fullmatch(r"[0-9a-z]{1,13}", text) else None


def _pages(interaction: AnyInteraction) -> AuditPages:
    pages: AuditPages = interaction.client.audit_pages
    return pages
