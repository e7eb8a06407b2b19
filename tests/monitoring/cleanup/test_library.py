"""Asking what is monitored: only where it matters, few at a time, all in turn."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from discarr.core.errors import Unreachable
from discarr.core.models import Download, DownloadKey, QueueStatus, TrackedState
from discarr.core.store import Store
from discarr.monitoring.cleanup.library import MOST_QUESTIONS
from tests.monitoring.cleanup.stage import Stage, make_item, settings_of

RULES = "failed,unmonitored"


class Library:
    """Knows what is unmonitored, and remembers what it was asked."""

    def __init__(self, *unmonitored: str) -> None:
        self.unmonitored = set(unmonitored)
        self.unknown: set[str] = set()
        self.asked: list[list[str]] = []
        self.is_away = False

    async def monitored(self, downloads: Sequence[Download]) -> Mapping[DownloadKey, bool]:
        self.asked.append([item.key.id for item in downloads])
        if self.is_away:
            raise Unreachable("radarr")
        return {
            item.key: item.key.id not in self.unmonitored
            for item in downloads
            if item.key.id not in self.unknown
        }


def stage_with(store: Store, library: Library, rules: str = RULES, **overrides: Any) -> Stage:
    settings = settings_of(cleanup_rules=rules, **overrides)
    return Stage(store, settings, libraries={"radarr": library})


async def test_what_is_unmonitored_at_each_observation_is_proposed(store: Store) -> None:
    library = Library("A")
    stage = stage_with(store, library)
    stage.put(make_item(), make_item("B"))

    await stage.look_for(40)

    assert stage.proposed() == {"A": "unmonitored"}
    assert len(library.asked) == 3  # once an observation


async def test_what_is_wanted_again_recovers(store: Store) -> None:
    library = Library("A")
    stage = stage_with(store, library)
    stage.put(make_item(), make_item("B"))
    await stage.look_for(40)

    library.unmonitored.clear()
    await stage.look_for(10)

    assert stage.strikes() == {}


async def test_an_answer_that_is_missing_changes_nothing(store: Store) -> None:
    library = Library("A")
    stage = stage_with(store, library)
    stage.put(make_item(), make_item("B"))
    await stage.look_for(40)

    library.unknown = {"A"}
    await stage.look_for(10)

    assert stage.strikes() == {"A": {"unmonitored": 3}}
    assert stage.proposed() == {}


async def test_a_library_that_cannot_be_asked_strikes_nobody(store: Store) -> None:
    library = Library("A")
    library.is_away = True
    stage = stage_with(store, library)
    stage.put(make_item(), make_item("B", status=QueueStatus.FAILED))

    await stage.look_for(40)

    assert library.asked
    assert stage.strikes() == {"B": {"failed": 3}}


@pytest.mark.parametrize("rules", ["failed", "none"])
async def test_nobody_is_asked_while_the_rule_is_off(store: Store, rules: str) -> None:
    library = Library("A")
    stage = stage_with(store, library, rules)
    stage.put(make_item())

    await stage.look_for(40)

    assert library.asked == []


async def test_without_a_library_the_rule_rests(store: Store) -> None:
    stage = Stage(store, settings_of(cleanup_rules=RULES))
    stage.put(make_item())

    await stage.look_for(40)

    assert stage.strikes() == {}


async def test_only_what_could_be_proposed_is_asked_about(store: Store) -> None:
    library = Library()
    stage = stage_with(store, library, cleanup_keep_tags="keep")
    stage.put(
        make_item("loading"),
        make_item("paused", status=QueueStatus.PAUSED),
        make_item("orphan", media_id=None),
        make_item("complete", status=QueueStatus.COMPLETED),
        make_item("unpacking", size_left_bytes=0),
        make_item("importing", tracked_state=TrackedState.IMPORTING),
        make_item("unknown", status=QueueStatus.UNKNOWN),
        make_item("kept", tags=("keep",)),
    )

    await stage.look_for(20)

    assert library.asked == [["loading", "paused"]]


async def test_nothing_is_sent_when_there_is_no_question(store: Store) -> None:
    library = Library()
    stage = stage_with(store, library)
    stage.put(make_item(media_id=None))

    await stage.look_for(20)

    assert library.asked == []


async def test_a_long_queue_is_asked_about_in_turn_and_what_was_struck_each_time(store: Store) -> None:
    names = [f"A{number:02}" for number in range(3 * MOST_QUESTIONS)]
    library = Library("A25")
    stage = stage_with(store, library)
    stage.put(*(make_item(name) for name in names))

    await stage.look_for(66)

    assert all(len(round_) == MOST_QUESTIONS for round_ in library.asked)
    first, second, third, fourth = library.asked[:4]
    assert first == names[:20]
    assert second == names[20:40]
    assert third == ["A25", *names[40:59]]
    assert fourth[:2] == ["A25", "A59"]
    assert stage.strikes() == {"A25": {"unmonitored": 3}}
