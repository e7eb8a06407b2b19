"""What clean-up proposes, drawn for any number of candidates with any content."""

from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discarr.core.cleanup_config import CleanupAction, CleanupRule
from discarr.core.models import DownloadKey
from discarr.discord_bot.cleanup_drafts import CleanupDraft
from discarr.discord_bot.ui.cleanup_controls import cleanup_controls
from discarr.discord_bot.ui.cleanup_list import (
    left_out_lines,
    no_room,
    render_cleanup,
    render_dry_run,
)
from discarr.discord_bot.ui.paging import page_of
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.targets import target_of
from discarr.monitoring.cleanup.candidates import Candidate, Collection, Evidence
from discarr.monitoring.cleanup.guards import Guard, GuardKind
from discarr.monitoring.cleanup.protection import Protection
from discarr.monitoring.cleanup.wording import evidence_text
from tests.discord_bot.ui.builders import NOW, faults_of, message_with
from tests.fakes.contract import assert_valid_for_discord
from tests.monitoring.cleanup.stage import make_item

HOSTILE = "@everyone <@&1> [x](https://evil.example) **`||\u202e" + "Ä/" * 2500


def candidate(
    name: str = "A", rule: CleanupRule = CleanupRule.STALLED, *, instance: str = "radarr", **overrides: Any
) -> Candidate:
    values: dict[str, Any] = {
        "download": make_item(name, key=DownloadKey(instance, "d", name)),
        "instance_name": instance.upper(),
        "rule": rule,
        "evidence": Evidence(
            strikes=3,
            span=timedelta(hours=2, minutes=10),
            idle_for=timedelta(minutes=95),
            rate_bytes_s=None,
            reason=None,
            age=None,
        ),
        "action": CleanupAction.SEARCH,
        "possible": tuple(CleanupAction),
        "is_beyond_cap": False,
    }
    return Candidate(**(values | overrides))


def draft_of(*candidates: Candidate, room: int = 5, **overrides: Any) -> CleanupDraft:
    values: dict[str, Any] = {"candidates": candidates, "room": room} | overrides
    return CleanupDraft(id="0" * 12, owner_id=1, collection=Collection(**values))


def draw(draft: CleanupDraft, number: int = 0, *, has_rules: bool = True) -> str:
    page = page_of(draft.shown, number)
    embed = render_cleanup(draft, page, has_rules=has_rules, now=NOW)
    assert faults_of(embed) == []
    assert_valid_for_discord([message_with(embed, cleanup_controls(draft, page, NOW))])
    fields = (f"{field.name}\n{field.value}" for field in embed.fields)
    return "\n".join([embed.title or "", embed.description or "", *fields])


async def test_evidence_and_what_would_be_done_stand_with_each() -> None:
    text = draw(draft_of(candidate()))

    assert "3 strikes in 2 h 10 min · no byte for 95 min" in text
    assert "`1` ☐ **Title A** (2024) · RADARR" in text
    assert "never take this release again and search for another" in text


async def test_what_is_not_possible_is_said_and_left_out() -> None:
    draft = draft_of(candidate(action=None), candidate("B")).with_all()

    assert "⚠ Not possible with it" in draw(draft)
    assert [item.download.key.id for item in draft.impossible] == ["A"]
    assert [kind for kind, _ in draft.kinds()] == [ActionKind.REMOVE_SEARCH]
    assert list(left_out_lines(draft)) == ["⚠ 1 picked download left out: that cannot be done to them."]


@pytest.mark.parametrize(
    ("guard", "words"),
    [
        (
            Guard(kind=GuardKind.CLIENT_AWAY, instance="sonarr", instance_name="TV"),
            "Nothing is proposed for TV: TV cannot reach a download client.",
        ),
        (
            Guard(kind=GuardKind.INTERNET, instance="sonarr", instance_name="TV"),
            "Nothing is proposed for TV: TV cannot reach any of its search sources",
        ),
        (Guard(kind=GuardKind.NETWORK, count=2, total=3), "Nothing is proposed: 2 of 3 servers"),
        (
            Guard(kind=GuardKind.MANY_AT_ONCE, instance="r", instance_name="TV", count=4, total=5),
            "None of these is proposed: 4 of 5 downloads of TV got into trouble together",
        ),
    ],
)
async def test_why_nothing_is_proposed_is_said_in_plain_words(guard: Guard, words: str) -> None:
    text = draw(draft_of(guards=(guard,)))

    assert words in text
    assert "proposes nothing now" in text


async def test_what_is_protected_is_counted() -> None:
    protected = MappingProxyType({Protection.YOUNG: 2, Protection.IMPORTING: 1})

    assert "2 too young · 1 being imported" in draw(draft_of(protected=protected))


async def test_nothing_at_all_is_good_news_unless_no_rule_is_on() -> None:
    assert "✓ Nothing to clean up" in draw(draft_of())
    assert "No rule of clean-up is switched on" in draw(draft_of(), has_rules=False)


async def test_no_room_is_said() -> None:
    assert no_room(0) in draw(draft_of(candidate(), room=0))
    assert "at most 3" in no_room(3)


async def test_five_instances_with_two_thousand_each_stay_within_the_limits_of_discord() -> None:
    candidates = tuple(
        candidate(
            f"{number}",
            tuple(CleanupRule)[number % len(CleanupRule)],
            instance=f"radarr_{place}",
            instance_name=HOSTILE,
            download=make_item(
                f"{number}",
                key=DownloadKey(f"radarr_{place}", "d", f"{number}"),
                title=HOSTILE,
                release_title=HOSTILE,
            ),
        )
        for place in range(5)
        for number in range(2000)
    )
    guards = tuple(
        Guard(kind=kind, instance="x", instance_name=HOSTILE, count=9, total=9)
        for kind in GuardKind
        for _ in range(5)
    )
    protected = MappingProxyType(dict.fromkeys(Protection, 10_000))
    draft = draft_of(*candidates, room=1000, guards=guards, protected=protected)

    for number in (0, 500, 999, 5000):
        text = draw(draft.with_all(), number)
        assert "@everyone" not in text
        assert "x](" not in text
    assert "Page 1000 of 1000" in text
    assert len(draft.with_all().chosen) == 1000

    foreseen = [
        (
            kind,
            [target_of(item.download, evidence=evidence_text(item)) for item in found],
        )
        for kind, found in draft.with_all().kinds()
    ]
    embed = render_dry_run(draft, foreseen, left_out=3)
    assert faults_of(embed) == []
    assert "3 picked downloads left out" in (embed.description or "")


@given(
    wanted=st.lists(st.integers(0, 30), max_size=30),
    page=st.integers(0, 3),
    room=st.integers(0, 30),
)
def test_never_more_is_picked_than_there_is_room_for(wanted: list[int], page: int, room: int) -> None:
    candidates = [candidate(f"{number}") for number in range(25)]
    draft = draft_of(*candidates, room=room)
    shown = page_of(draft.shown, page).items
    keys = [DownloadKey("radarr", "d", f"{number}") for number in wanted]

    picked = draft.with_page(shown, keys)

    on_page = {item.download.key for item in shown}
    assert set(picked.picked) <= on_page & set(keys)
    assert len(picked.picked) <= room
    assert len(picked.with_all().picked) == min(room, 25)
    assert not picked.with_none().picked


def test_what_was_picked_for_another_reason_is_lost() -> None:
    draft = draft_of(candidate("A"), candidate("B"), candidate("C")).with_all()

    renewed = draft.renewed(Collection(candidates=(candidate("A"), candidate("B", CleanupRule.SLOW)), room=5))

    assert (len(renewed.chosen), renewed.lost) == (1, 2)
    assert renewed.without_lost().lost == 0


def test_an_action_belongs_to_the_rule_in_focus() -> None:
    draft = draft_of(candidate("A"), candidate("B", CleanupRule.SLOW))
    assert draft.with_action(CleanupAction.REMOVE) is draft
    focused = draft.with_focus(CleanupRule.SLOW).with_action(CleanupAction.REMOVE)

    assert [focused.action_of(item) for item in focused.collection.candidates] == [
        CleanupAction.SEARCH,
        CleanupAction.REMOVE,
    ]
    assert focused.with_action(None).actions == {}
    assert draft.with_focus(CleanupRule.FAILED).focus is None
    assert [item.download.key.id for item in focused.with_all().chosen] == ["B"]
    assert focused.with_all().with_none().picked == {}
