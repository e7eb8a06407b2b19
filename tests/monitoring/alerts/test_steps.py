from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discarr.core.events import EventKind
from discarr.core.models import EpisodeNumber, HistoryEvent, HistoryRecord
from discarr.core.slices import drain
from discarr.core.store.activity import HistoryCursor
from discarr.monitoring.alerts.steps import (
    OVERLAP,
    Step,
    first_cursor,
    is_restored,
    read_in_slices,
    reads_since,
)
from discarr.monitoring.download_rows import NOTHING_HIDDEN, Hidden
from tests.fakes.clock import START

type Steps = tuple[tuple[Step, ...], HistoryCursor]

CURSOR = HistoryCursor(instance="sonarr", last_id=100, last_at=START)


def read_steps(records: Iterable[HistoryRecord], cursor: HistoryCursor, *, hidden: Hidden) -> Steps:
    return drain(read_in_slices(records, cursor, hidden=hidden))


def record(record_id: int, event: HistoryEvent = HistoryEvent.IMPORTED, **overrides: Any) -> HistoryRecord:
    values: dict[str, Any] = {
        "id": record_id,
        "instance": "sonarr",
        "event": event,
        "date": START + timedelta(minutes=record_id - 100),
        "download_id": "HASH",
        "title": "Devs",
        "year": 2020,
        "media_id": 1,
        "episode": None,
        "release_title": "Devs.S01",
        "quality": "WEBDL-1080p",
        "tags": (),
        "episode_id": None,
        "poster_url": None,
        "is_upgrade_deletion": False,
    }
    return HistoryRecord(**(values | overrides))


def test_a_pack_is_one_step_whatever_the_number_of_its_records() -> None:
    records = [record(100 + number, episode=EpisodeNumber(1, number)) for number in range(1, 9)]

    (step,), cursor = read_steps(records, CURSOR, hidden=NOTHING_HIDDEN)

    assert step.kind is EventKind.IMPORTED
    assert len(step.episodes) == step.work.episode_count == 8
    assert step.work.seasons == (1,)
    assert step.at == START + timedelta(minutes=8)
    assert (cursor.last_id, cursor.last_at) == (108, START + timedelta(minutes=8))


def test_each_event_of_a_download_is_a_step_of_its_own() -> None:
    records = [
        record(101, HistoryEvent.GRABBED),
        record(102, HistoryEvent.FAILED),
        record(103, HistoryEvent.GRABBED, download_id="OTHER"),
        record(104, HistoryEvent.IMPORTED, download_id="OTHER"),
        record(105, HistoryEvent.IGNORED, download_id="THIRD"),
    ]

    steps, _ = read_steps(reversed(records), CURSOR, hidden=NOTHING_HIDDEN)

    assert [(step.kind, step.name) for step in steps] == [
        (EventKind.GRABBED, "HASH"),
        (EventKind.FAILED, "HASH"),
        (EventKind.GRABBED, "OTHER"),
        (EventKind.IMPORTED, "OTHER"),
        (EventKind.REMOVED, "THIRD"),
    ]


def test_what_replaces_a_worse_file_is_an_upgrade() -> None:
    deleted = record(101, HistoryEvent.FILE_DELETED, download_id=None, is_upgrade_deletion=True)
    (step,), _ = read_steps([deleted, record(102)], CURSOR, hidden=NOTHING_HIDDEN)
    assert step.kind is EventKind.UPGRADED


@pytest.mark.parametrize(
    "deleted",
    [
        {"is_upgrade_deletion": False},
        {"media_id": 2},
        {"date": START - timedelta(hours=1)},
        {"episode": EpisodeNumber(1, 9)},
    ],
)
def test_what_merely_follows_a_deletion_is_none(deleted: dict[str, Any]) -> None:
    removal = record(
        101, HistoryEvent.FILE_DELETED, **({"download_id": None, "is_upgrade_deletion": True} | deleted)
    )
    (step,), _ = read_steps([removal, record(102)], CURSOR, hidden=NOTHING_HIDDEN)
    assert step.kind is EventKind.IMPORTED


def test_a_pack_that_replaces_only_some_files_adds_something() -> None:
    episodes = [EpisodeNumber(1, 1), EpisodeNumber(1, 2)]
    deleted = record(101, HistoryEvent.FILE_DELETED, is_upgrade_deletion=True, episode=episodes[0])
    imported = [record(102 + place, episode=episode) for place, episode in enumerate(episodes)]

    (step,), _ = read_steps([deleted, *imported], CURSOR, hidden=NOTHING_HIDDEN)

    assert step.kind is EventKind.IMPORTED


def test_what_was_read_before_is_not_read_again() -> None:
    assert read_steps([record(99), record(100)], CURSOR, hidden=NOTHING_HIDDEN) == ((), CURSOR)


def test_records_that_mean_nothing_to_people_move_the_cursor_only() -> None:
    records = [record(101, HistoryEvent.RENAMED), record(102, HistoryEvent.UNKNOWN)]
    steps, cursor = read_steps(records, CURSOR, hidden=NOTHING_HIDDEN)
    assert (steps, cursor.last_id) == ((), 102)


def test_an_import_by_hand_stands_for_itself() -> None:
    steps, _ = read_steps(
        [record(101, download_id=None), record(102, download_id=None)], CURSOR, hidden=NOTHING_HIDDEN
    )
    assert [(step.name, step.key) for step in steps] == [("#101", None), ("#102", None)]


def test_hidden_titles_and_instances_make_hidden_steps() -> None:
    def is_hidden(hidden: Hidden, tags: tuple[str, ...] | None) -> bool:
        (step,), _ = read_steps([record(101, tags=tags)], CURSOR, hidden=hidden)
        return step.is_hidden

    assert is_hidden(Hidden(tags=frozenset({"gifts"})), ("gifts",))
    assert is_hidden(Hidden(tags=frozenset({"gifts"})), None)
    assert is_hidden(Hidden(instances=frozenset({"sonarr"})), ())
    assert not is_hidden(Hidden(tags=frozenset({"gifts"})), ())


def test_years_of_old_history_are_no_news() -> None:
    assert first_cursor("sonarr", record(4711), START).last_id == 4711
    assert first_cursor("sonarr", None, START) == HistoryCursor(instance="sonarr", last_id=0, last_at=START)


def test_an_older_database_is_noticed_by_its_ids() -> None:
    assert is_restored([record(20), record(50)], CURSOR)
    assert not is_restored([record(100)], CURSOR)
    assert not is_restored([], CURSOR)


def test_a_clock_that_once_ran_ahead_hides_no_record() -> None:
    ahead = HistoryCursor(instance="sonarr", last_id=1, last_at=START + timedelta(days=400))
    assert reads_since(ahead, START) == START - OVERLAP
    assert reads_since(CURSOR, START + timedelta(days=3)) == START - OVERLAP


@given(st.lists(st.tuples(st.integers(1, 200), st.sampled_from(HistoryEvent), st.sampled_from("ABC"))))
def test_reading_in_any_pieces_tells_every_record_once(
    entries: list[tuple[int, HistoryEvent, str]],
) -> None:
    records = [
        record(number, event, download_id=name)
        for number, (event, name) in {number: (event, name) for number, event, name in entries}.items()
    ]
    cursor = HistoryCursor(instance="sonarr", last_id=0, last_at=START)
    whole, end = read_steps(records, cursor, hidden=NOTHING_HIDDEN)
    pieces = []
    for upto in (50, 100, 100, 150, 200):
        steps, cursor = read_steps(
            [item for item in records if item.id <= upto], cursor, hidden=NOTHING_HIDDEN
        )
        pieces += [(step.kind, step.name) for step in steps]

    assert {(step.kind, step.name) for step in whole} == set(pieces)
    assert cursor.last_id == end.last_id


def test_a_long_history_is_read_in_pieces() -> None:
    records = [record(number, download_id=f"D{number}") for number in range(101, 1101)]

    pauses = sum(1 for _ in read_in_slices(records, CURSOR, hidden=NOTHING_HIDDEN))

    assert pauses >= 10
    assert len(read_steps(records, CURSOR, hidden=NOTHING_HIDDEN)[0]) == 1000
