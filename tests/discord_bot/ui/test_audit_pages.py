"""The audit trail, drawn for any entry, and filters as parts of ids."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discarr.core.store.audit import AuditEntry, AuditLine
from discarr.discord_bot.ui.audit_pages import (
    ACTIONS,
    AUDIT_ITEMS,
    RESULTS,
    AuditFilter,
    AuditPage,
    audit_controls,
    decode_place,
    encode_place,
    entry_controls,
    render_audit,
    render_entry,
)
from discarr.monitoring.acting.entries import asked_by, request_of
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.refusals import Refusal
from discarr.monitoring.acting.results import Outcome
from tests.discord_bot.ui.builders import NOW, faults_of, message_with
from tests.fakes.contract import assert_valid_for_discord

HOSTILE = "@everyone <@&1> [x](https://evil.example) **`||\u202e" + "Ä/" * 2500


def line(sequence: int = 1, **overrides: Any) -> AuditLine:
    values: dict[str, Any] = {
        "at": NOW,
        "actor": 7,
        "level": 3,
        "action": "remove",
        "instance": "radarr",
        "title": "Metropolis.1927",
        "result": "done",
        "detail": "Done",
    }
    return AuditLine(sequence=sequence, entry=AuditEntry(**(values | overrides)))


FILTERS = st.builds(
    AuditFilter,
    actor=st.none() | st.integers(1, 2**63 - 1),
    instance=st.none() | st.from_regex(r"[a-z0-9_]{1,32}", fullmatch=True),
    action=st.none() | st.sampled_from(list(ACTIONS)),
    result=st.none() | st.sampled_from(list(RESULTS)),
    since=st.none() | st.integers(1, 7_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
)


@given(chosen=FILTERS, before=st.none() | st.integers(1, 2**40))
def test_a_filter_comes_back_from_the_id_of_a_control(chosen: AuditFilter, before: int | None) -> None:
    assert decode_place(encode_place(chosen, before)) == (chosen, before)
    view = audit_controls(AuditPage(lines=(line(2**40),), filter=chosen, before=before, has_older=True), NOW)
    ids = [item["custom_id"] for row in view.to_components() for item in row["components"]]
    assert max(map(len, ids)) <= 100
    for custom_id in ids:
        assert any(kind.__discord_ui_compiled_template__.fullmatch(custom_id) for kind in AUDIT_ITEMS)


@given(encoded=st.text(max_size=80) | st.from_regex(r"[0-9a-z]*(\.[0-9a-z_]{0,13}){5}", fullmatch=True))
def test_anything_else_is_some_filter(encoded: str) -> None:
    chosen, before = decode_place(encoded)

    assert decode_place(encode_place(chosen, before)) is not None


def test_everything_that_is_written_can_be_filtered_by() -> None:
    assert {kind.value for kind in ActionKind} <= set(ACTIONS)
    assert {outcome.value for outcome in Outcome} | {refusal.value for refusal in Refusal} <= set(RESULTS)
    assert len(ACTIONS) <= 25
    assert len(RESULTS) <= 25


async def test_any_content_stays_within_the_limits() -> None:
    lines = tuple(
        line(
            number,
            actor=-5 if number % 2 else 2**63 - 1,
            level=99 if number % 2 else 2,
            action=HOSTILE,
            instance=HOSTILE,
            title=HOSTILE,
            detail=HOSTILE,
            result="new word" if number % 2 else HOSTILE,
            evidence=HOSTILE,
            request=HOSTILE,
            operation="0" * 16,
        )
        for number in range(10)
    )
    page = AuditPage(lines=lines, filter=AuditFilter(instance="x", actor=1, since=NOW))

    listed = render_audit(page, {"x": HOSTILE})
    entry = render_entry(lines[0], {HOSTILE: HOSTILE})

    assert faults_of(listed) == []
    assert faults_of(entry) == []
    for embed in (listed, entry):
        assert "@everyone" not in str(embed.to_dict())
        assert "x](" not in str(embed.to_dict())
    assert_valid_for_discord(
        [
            message_with(listed, audit_controls(page, NOW)),
            message_with(entry, entry_controls(page.filter, None)),
        ]
    )


@pytest.mark.parametrize(
    ("result", "symbol"),
    [("done", "✓"), ("already gone", "✓"), ("failed", "✗"), ("confirmed", "☑"), ("not yours", "⛔")],
)
def test_what_came_of_it_has_a_symbol(result: str, symbol: str) -> None:
    embed = render_audit(AuditPage(lines=(line(result=result),), filter=AuditFilter()), {"radarr": "Movies"})

    text = embed.description or ""
    assert text.startswith(f"{symbol} ")
    assert "<@7> (admin)\nRemove · Movies\n-# Metropolis.1927\nDone" in text


def test_a_filter_is_said() -> None:
    chosen = AuditFilter(
        actor=7, instance="radarr", action="remove", result="done", since=NOW - timedelta(days=1)
    )

    text = render_audit(AuditPage(lines=(), filter=chosen), {}).description or ""

    assert text.startswith("Nothing matches.")
    assert "only <@7> · only radarr · only: Remove · only: Result: done · since <t:" in text


@pytest.mark.parametrize(
    ("request_text", "shown"),
    [
        (asked_by("/cleanup"), "asked with \\/cleanup"),
        (request_of(ActionKind.SEARCH, 3), "3 downloads"),
        (request_of(ActionKind.IMPORT, 1, file_count=2), "1 download · 2 files"),
        (request_of(ActionKind.SEARCH, 12, typed_count=0), "12 downloads\ntyped: 0"),
    ],
)
def test_what_was_asked_in_vain_is_shown(request_text: str, shown: str) -> None:
    embed = render_entry(line(request=request_text, title="", result="not allowed"), {})

    assert [(field.name, field.value) for field in embed.fields] == [("Request", shown)]


def test_evidence_and_request_that_cannot_be_read_are_left_out() -> None:
    embed = render_entry(line(evidence="{", request="[]"), {})

    assert [field.name for field in embed.fields] == ["Release"]
