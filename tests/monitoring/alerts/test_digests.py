from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from discarr.core.events import EventKind, Work
from discarr.core.slices import drain
from discarr.core.store.activity import StoredDigest, StoredStep
from discarr.monitoring.alerts.content import Item
from discarr.monitoring.alerts.digests import STRETCH, Digest, digest_content, digests_in_slices
from discarr.monitoring.alerts.routes import ALERTS, LOG, OWNER
from discarr.monitoring.alerts.rules import DEFAULT_BOOK, RuleBook
from discarr.monitoring.alerts.steps import Step
from tests.fakes.clock import START

NAMES = {"radarr": "Movies"}


def step(name: str = "HASH", kind: EventKind = EventKind.IMPORTED, **overrides: Any) -> Step:
    values: dict[str, Any] = {
        "kind": kind,
        "at": START,
        "instance": "radarr",
        "download_id": name,
        "media_id": 1,
        "work": Work(title="Dune"),
        "episodes": (),
        "is_hidden": False,
        "name": name,
    }
    return Step(**(values | overrides))


def digests_of(
    steps: Iterable[Step], rules: RuleBook, names: Mapping[str, str], now: datetime
) -> tuple[list[StoredStep], dict[Digest, float]]:
    return drain(digests_in_slices(steps, rules, names, now))


def test_steps_go_into_the_digest_of_their_route_and_hours() -> None:
    stored, waits = digests_of([step("A"), step("B")], DEFAULT_BOOK, NAMES, START)

    assert [item.digest for item in stored] == ["digest:alerts:20260102T18"] * 2
    assert {digest.key: wait for digest, wait in waits.items()} == {"digest:alerts:20260102T18": 900.0}
    assert msgspec.json.decode(stored[0].item, type=Item).instance_name == "Movies"


def test_what_is_switched_off_is_left_out() -> None:
    assert digests_of([step(kind=EventKind.GRABBED)], DEFAULT_BOOK, NAMES, START) == ([], {})


def test_each_kind_goes_where_its_rule_says_and_the_hasty_one_sets_the_pace() -> None:
    book = DEFAULT_BOOK.change(EventKind.FAILED, routes=(LOG, ALERTS), delay_s=60.0)
    stored, waits = digests_of([step("A"), step("B", EventKind.FAILED)], book, NAMES, START)

    found = {(item.digest.split(":")[1], item.download) for item in stored}
    assert found == {("alerts", "A"), ("alerts", "B"), ("log", "B")}
    assert {digest.route: wait for digest, wait in waits.items()} == {ALERTS: 60.0, LOG: 60.0}


def test_hidden_steps_have_digests_of_their_own_in_private_only() -> None:
    book = DEFAULT_BOOK.change(EventKind.IMPORTED, routes=(ALERTS, OWNER))
    stored, _ = digests_of([step("A"), step("B", is_hidden=True)], book, NAMES, START)

    assert {(item.digest, item.download) for item in stored} == {
        ("digest:alerts:20260102T18", "A"),
        ("digest:owner:20260102T18", "A"),
        ("digest:owner:20260102T18:hidden", "B"),
    }


def test_a_night_touches_three_stretches_at_most() -> None:
    def stretches(begin: datetime) -> int:
        keys = set()
        for minutes in range(0, 12 * 60, 5):
            stored, _ = digests_of([step()], DEFAULT_BOOK, NAMES, begin + timedelta(minutes=minutes))
            keys.add(stored[0].digest)
        return len(keys)

    assert max(stretches(START + timedelta(minutes=offset)) for offset in range(0, 360, 7)) == 3
    assert timedelta(hours=6) == STRETCH


def test_a_digest_says_what_the_store_holds_of_it() -> None:
    stored, waits = digests_of([step("A"), step("B", EventKind.FAILED)], DEFAULT_BOOK, NAMES, START)
    (digest,) = waits
    content = digest_content(
        digest,
        StoredDigest(newest=tuple(item.item for item in stored), counts={"imported": 40, "failed": 1}),
        mention_role_id=5,
        missed_from=START,
    )

    assert content.total == 41
    assert [item.kind for item in content.items] == [EventKind.IMPORTED, EventKind.FAILED]
    assert (content.mention_role_id, content.missed_from) == (5, START)
    assert content.since == START.replace(hour=18, minute=0)


def test_many_steps_are_gone_through_in_pieces() -> None:
    steps = [step(str(number)) for number in range(1000)]

    pauses = sum(1 for _ in digests_in_slices(steps, DEFAULT_BOOK, NAMES, START))

    assert pauses >= 10
    assert len(digests_of(steps, DEFAULT_BOOK, NAMES, START)[0]) == 1000
