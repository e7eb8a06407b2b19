"""An operation goes its way once, whoever pushes it, and from wherever."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from discarr.core.store import Connection, Store, operations
from discarr.core.store.operations import StoredItem, StoredOperation
from tests.fakes.clock import START, FakeClock
from tests.fakes.inline_store import InlineStore

LATER = START + timedelta(minutes=1)
EXPIRES = START + timedelta(minutes=10)


def item(download: str = "d:A", instance: str = "radarr") -> StoredItem:
    return StoredItem(instance=instance, download=download, target=b"{}")


def operation(name: str = "one", *items: StoredItem, **overrides: Any) -> StoredOperation:
    values: dict[str, Any] = {
        "id": name,
        "kind": "remove",
        "state": "pending",
        "requested_by": 7,
        "level": 2,
        "roles": (10, 11),
        "required_count": None,
        "files": None,
        "created_at": START,
        "expires_at": EXPIRES,
        "confirmed_at": None,
        "started_at": None,
        "ended_at": None,
        "channel_id": None,
        "message_id": None,
        "told_at": None,
        "items": items or (item(),),
    }
    return StoredOperation(**(values | overrides))


class Table:
    """The table with the words of the tests."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def run[T](self, function: Callable[..., T], *arguments: Any, **named: Any) -> T:
        def work(connection: Connection) -> T:
            return function(connection, *arguments, **named)

        return await self.store.run(work)

    async def add(self, *added: StoredOperation) -> None:
        for each in added:
            await self.run(operations.add, each)

    async def get(self, name: str = "one") -> StoredOperation:
        found = await self.run(operations.find, name)
        assert found is not None
        return found

    async def confirm(self, name: str = "one", **overrides: Any) -> bool:
        values: dict[str, Any] = {
            "user_id": 7,
            "level": 3,
            "roles": (12,),
            "typed_count": None,
            "now": LATER,
        }
        return await self.run(operations.confirm, name, **(values | overrides))

    async def start(self, *names: str) -> None:
        for name in names or ("one",):
            await self.add(operation(name))
            assert await self.confirm(name)
            assert await self.run(operations.claim, LATER) is not None

    async def end(self, name: str = "one", state: str = "done", now: datetime = LATER) -> None:
        await self.run(operations.end, name, state=state, now=now)

    async def end_item(self, name: str = "one", place: int = 0, outcome: str = "done") -> None:
        await self.run(operations.end_item, name, place, outcome=outcome, result=b"{}", now=LATER)


@pytest.fixture
async def table() -> AsyncIterator[Table]:
    store = await InlineStore.in_memory(clock=FakeClock())
    yield Table(store)
    await store.close()


async def test_what_was_stored_comes_back_as_it_was(table: Table) -> None:
    asked = operation("one", item("d:A"), item("p:3", "sonarr"), required_count=2, files=b"[]", roles=())
    await table.add(asked)

    assert await table.get() == asked
    assert await table.run(operations.find, "two") is None


async def test_a_confirmation_notes_who_the_person_is_by_then(table: Table) -> None:
    await table.add(operation())

    assert await table.confirm()

    expected = replace(operation(), state="confirmed", confirmed_at=LATER, level=3, roles=(12,))
    assert await table.get() == expected


async def test_of_fifty_confirmations_one_succeeds(table: Table) -> None:
    await table.add(operation())
    assert [await table.confirm() for _ in range(50)] == [True] + [False] * 49


@pytest.mark.parametrize(
    "overrides",
    [
        {"user_id": 8},
        {"now": EXPIRES},
        {"now": EXPIRES + timedelta(days=1)},
        {"name": "two"},
    ],
)
async def test_nothing_else_confirms(table: Table, overrides: dict[str, Any]) -> None:
    await table.add(operation())
    assert not await table.confirm(**overrides)
    assert await table.get() == operation()


@pytest.mark.parametrize(("typed", "is_right"), [(None, False), (11, False), (12, True), (13, False)])
async def test_a_count_has_to_be_the_right_one(table: Table, typed: int | None, is_right: bool) -> None:
    await table.add(operation(required_count=12))
    assert await table.confirm(typed_count=typed) is is_right


async def test_a_count_that_nobody_wants_does_not_matter(table: Table) -> None:
    await table.add(operation())
    assert await table.confirm(typed_count=5)


@pytest.mark.parametrize("name", ["pending", "confirmed"])
async def test_people_withdraw_only_their_own_and_only_before_it_is_confirmed(
    table: Table, name: str
) -> None:
    await table.add(operation(name))
    if name == "confirmed":
        assert await table.confirm(name)

    assert not await table.run(operations.withdraw, name, user_id=8, now=LATER)
    assert await table.run(operations.withdraw, name, user_id=7, now=LATER) is (name == "pending")
    assert (await table.get(name)).state == ("withdrawn" if name == "pending" else "confirmed")
    assert not await table.confirm(name)


async def test_operations_are_claimed_once_in_the_order_of_their_confirmation(table: Table) -> None:
    await table.add(operation("one"), operation("two"), operation("three"))
    await table.confirm("two")
    await table.confirm("one")

    claimed = [await table.run(operations.claim, LATER) for _ in range(3)]

    assert [found and found.id for found in claimed] == ["two", "one", None]
    assert claimed[0] is not None
    assert (claimed[0].state, claimed[0].started_at) == ("running", LATER)


async def test_an_item_is_begun_once(table: Table) -> None:
    await table.start()

    begun = [await table.run(operations.begin_item, "one", 0, now=LATER) for _ in range(2)]

    assert begun == [True, False]
    assert (await table.get()).items[0].sent_at == LATER


async def test_nothing_is_begun_that_does_not_run_or_has_ended(table: Table) -> None:
    await table.add(operation("two"))
    assert not await table.run(operations.begin_item, "two", 0, now=LATER)
    await table.confirm("two")
    assert not await table.run(operations.begin_item, "two", 0, now=LATER)
    await table.run(operations.claim, LATER)
    await table.end_item("two", outcome="failed")
    assert not await table.run(operations.begin_item, "two", 0, now=LATER)
    assert not await table.run(operations.begin_item, "two", 1, now=LATER)


async def test_what_comes_of_an_item_is_kept(table: Table) -> None:
    await table.start()
    await table.run(operations.put_trail, "one", 0, b"trail")
    await table.end_item()

    kept = (await table.get()).items[0]
    assert (kept.trail, kept.outcome, kept.result, kept.ended_at) == (b"trail", "done", b"{}", LATER)
    assert kept.is_verified is None
    await table.run(operations.verify_item, "one", 0, is_verified=True)
    assert (await table.get()).items[0].is_verified is True


async def test_what_is_not_confirmed_in_time_expires(table: Table) -> None:
    await table.add(operation("one"), operation("two"))
    await table.confirm("two")

    await table.run(operations.expire, EXPIRES - timedelta(seconds=1))
    assert (await table.get("one")).state == "pending"
    await table.run(operations.expire, EXPIRES)

    assert ((await table.get("one")).state, (await table.get("one")).ended_at) == ("expired", EXPIRES)
    assert (await table.get("two")).state == "confirmed"


async def test_what_was_under_way_when_the_process_ended_is_unknown_and_never_claimed(table: Table) -> None:
    await table.start("one", "two")
    await table.end("one")

    assert [found.id for found in await table.run(operations.interrupt)] == ["two"]
    assert [found.state for found in await table.run(operations.interrupt)] == ["unknown"]
    assert await table.run(operations.claim, LATER) is None
    assert not await table.run(operations.begin_item, "two", 0, now=LATER)
    await table.end("two", "unknown")
    assert await table.run(operations.interrupt) == []


async def test_what_nobody_saw_gone_is_looked_for_lately(table: Table) -> None:
    await table.start("one", "two", "three")
    for name, outcome in (("one", "done"), ("two", "failed"), ("three", "done")):
        await table.end_item(name, outcome=outcome)
        await table.end(name)
    await table.run(operations.verify_item, "three", 0, is_verified=True)

    assert [found.id for found in await table.run(operations.unverified, START)] == ["one"]
    assert await table.run(operations.unverified, LATER) == []


async def test_what_is_under_way_for_a_download_is_known(table: Table) -> None:
    async def under_way(download: str = "d:A", instance: str = "radarr") -> str | None:
        found = await table.run(operations.under_way, instance, download)
        return None if found is None else found.id

    await table.add(operation("one"), operation("two"))
    assert await under_way() is None
    await table.confirm("two")
    await table.confirm("one")
    assert await under_way() == "two"
    assert await under_way("d:B") is None
    assert await under_way(instance="sonarr") is None
    await table.end_item("two")
    assert await under_way() == "one"
    await table.end("one")
    assert await under_way() is None


async def test_downloads_of_operations_about_several_are_counted(table: Table) -> None:
    for name, state, size in (("a", "done", 2), ("b", "done", 1), ("c", "refused", 3), ("d", "done", 4)):
        await table.add(operation(name, *[item(f"d:{number}") for number in range(size)]))
        if name != "d":
            await table.confirm(name)
            await table.end(name, state)

    async def count(since: datetime, now: datetime) -> int:
        return await table.run(operations.count_items_of_many, since=since, now=now)

    assert await count(START, LATER) == 2
    assert await count(LATER, LATER) == 0
    assert await count(START - timedelta(days=1), START) == 0


async def test_an_end_is_to_be_told_until_it_was_and_again_when_it_changes(table: Table) -> None:
    async def untold() -> list[str]:
        return [found.id for found in await table.run(operations.untold)]

    await table.start("one", "two")
    assert await untold() == []
    await table.end("two")
    await table.end("one")
    assert await untold() == ["one", "two"]
    await table.run(operations.put_message, "one", channel_id=1, message_id=2)
    await table.run(operations.note_told, "one", now=LATER)
    assert await untold() == ["two"]
    told = await table.get("one")
    assert (told.channel_id, told.message_id, told.told_at) == (1, 2, LATER)
    await table.end("one", "failed")
    assert await untold() == ["one", "two"]


async def test_what_was_never_confirmed_is_nothing_to_tell(table: Table) -> None:
    await table.add(operation())
    await table.run(operations.expire, EXPIRES)
    assert await table.run(operations.untold) == []


async def test_what_ended_long_ago_is_forgotten_with_its_items(table: Table) -> None:
    await table.start("old", "open")
    await table.end("old")

    await table.run(operations.prune, LATER + timedelta(days=90))
    assert (await table.get("old")).items
    await table.run(operations.prune, LATER + timedelta(days=90, seconds=1))

    assert await table.run(operations.find, "old") is None
    assert (await table.get("open")).items
    left = await table.run(
        lambda connection: connection.execute("SELECT operation FROM operation_item").fetchall()
    )
    assert left == [("open",)]
