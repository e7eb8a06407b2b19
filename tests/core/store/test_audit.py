"""The audit trail only grows, whatever is tried."""

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from discarr.core.store import Store, audit
from discarr.core.store.audit import MAX_LISTED, AuditEntry
from tests.fakes.clock import START, FakeClock
from tests.fakes.inline_store import InlineStore


def entry(**overrides: Any) -> AuditEntry:
    values: dict[str, Any] = {"at": START, "actor": 7, "level": 2, "action": "remove", "result": "done"}
    return AuditEntry(**(values | overrides))


FULL = entry(
    operation="0123456789abcdef",
    instance="radarr",
    download="d:A",
    title="Release.A",
    evidence="{}",
    request='{"downloads":1}',
    detail="Done",
)


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    opened = await InlineStore.in_memory(clock=FakeClock())
    yield opened
    await opened.close()


async def append(store: Store, *entries: AuditEntry) -> None:
    await store.run(lambda connection: audit.append(connection, *entries))


async def read(store: Store, **filters: Any) -> list[AuditEntry]:
    return [line.entry for line in await store.run(lambda connection: audit.read(connection, **filters))]


async def test_what_was_written_comes_back_as_it_was_the_latest_first(store: Store) -> None:
    await append(store, entry(), FULL)

    lines = await store.run(audit.read)
    assert [line.sequence for line in lines] == [2, 1]
    assert [line.entry for line in lines] == [FULL, entry()]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"actor": 8}, ["b"]),
        ({"instance": "sonarr"}, ["c"]),
        ({"download": "d:D"}, ["d"]),
        ({"action": "grab"}, ["e"]),
        ({"result": "failed"}, ["f"]),
        ({"since": START + timedelta(seconds=1)}, ["g"]),
        ({"before": 3}, ["b", "a"]),
        ({"limit": 2}, ["g", "f"]),
        ({"actor": 8, "instance": "sonarr"}, []),
    ],
)
async def test_lines_are_found_by_all_that_is_asked(
    store: Store, filters: dict[str, Any], found: list[str]
) -> None:
    changes: list[dict[str, Any]] = [
        {},
        {"actor": 8},
        {"instance": "sonarr"},
        {"download": "d:D"},
        {"action": "grab"},
        {"result": "failed"},
        {"at": START + timedelta(seconds=1)},
    ]
    for detail, change in zip("abcdefg", changes, strict=True):
        await append(store, entry(detail=detail, **change))

    assert [item.detail for item in await read(store, **filters)] == found


async def test_a_list_has_an_end(store: Store) -> None:
    await append(store, *[entry()] * (MAX_LISTED + 1))
    assert len(await read(store)) == MAX_LISTED


def insert(verb: str, sequence: int) -> str:
    columns = "(sequence, at, actor, level, action, evidence, request, result, detail)"
    return " ".join((verb, "INTO audit", columns, f"VALUES ({sequence}, '2026', 8, 4, 'x', '', '', 'x', '')"))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 8",
        "UPDATE audit SET sequence = sequence + 100",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE sequence = 1",
        insert("INSERT", 1),
        insert("INSERT OR REPLACE", 1),
        insert("INSERT OR REPLACE", 2),
        insert("REPLACE", 1),
        insert("INSERT", 1) + " ON CONFLICT (sequence) DO UPDATE SET actor = 8",
        insert("INSERT OR REPLACE", 0),
        insert("INSERT OR REPLACE", -1),
    ],
)
async def test_nothing_in_it_changes_or_goes(store: Store, statement: str) -> None:
    await append(store, FULL, entry())

    with pytest.raises(sqlite3.IntegrityError, match=r"the audit trail|sequence > 0"):
        await store.run(lambda connection: connection.execute(statement).close())

    assert await read(store) == [entry(), FULL]
    await append(store, entry(detail="later"))
    assert len(await read(store)) == 3


async def test_what_is_rolled_back_was_never_there(store: Store) -> None:
    def work(connection: sqlite3.Connection) -> None:
        audit.append(connection, FULL)
        raise LookupError

    with pytest.raises(LookupError):
        await store.run(work)
    assert await read(store) == []


async def test_what_came_after_a_line_is_read_the_earliest_first(store: Store) -> None:
    await append(store, *[entry(detail=str(number)) for number in range(1, 6)])

    lines = await store.run(lambda connection: audit.read_after(connection, 2, limit=2))

    assert [(line.sequence, line.entry.detail) for line in lines] == [(3, "3"), (4, "4")]
    assert await store.run(lambda connection: audit.read_after(connection, 5, limit=2)) == []


async def append_once(store: Store, *entries: AuditEntry) -> None:
    for one in entries:
        await store.run(partial(audit.append_once, entry=one))


async def test_the_same_within_a_minute_is_one_line(store: Store) -> None:
    later = [replace(FULL, at=START + timedelta(seconds=seconds)) for seconds in (0, 1, 59, 59.9, 60, 61)]

    await append_once(store, FULL, *later)

    assert [line.at for line in await read(store)] == [START + timedelta(minutes=1), START]


@pytest.mark.parametrize(
    "other",
    [
        {"actor": 8},
        {"action": "grab"},
        {"operation": None},
        {"instance": "sonarr"},
        {"download": None},
        {"request": "{}"},
        {"result": "expired"},
    ],
)
async def test_something_else_has_a_line_of_its_own(store: Store, other: dict[str, Any]) -> None:
    await append_once(store, FULL, replace(FULL, **other), FULL)

    assert len(await read(store)) == 2


async def test_a_clock_that_was_set_back_hides_nothing(store: Store) -> None:
    await append_once(store, FULL, replace(FULL, at=START - timedelta(hours=1)))

    assert len(await read(store)) == 2


async def test_a_repetition_is_not_looked_for_in_years_of_lines(store: Store) -> None:
    await append(store, FULL, *(entry(actor=number) for number in range(1000)))

    await append_once(store, FULL)

    assert (await read(store))[0] == FULL
