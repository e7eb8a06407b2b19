import gc
import weakref
from collections.abc import Iterator

import pytest

from discarr.core.clock import SystemClock
from discarr.core.memory import settle_memory


class Node:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _thaw() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_is_there_is_no_longer_looked_at() -> None:
    standing = Node()

    settle_memory()

    assert gc.get_freeze_count() > 1000
    assert all(item is not standing for item in gc.get_objects())


def test_garbage_of_the_start_and_of_later_is_collected() -> None:
    before = weakref.ref(Node())
    settle_memory()
    later = weakref.ref(Node())
    gc.collect()

    assert before() is None
    assert later() is None


async def test_what_a_piece_leaves_behind_goes_before_the_next() -> None:
    gc.disable()
    try:
        left = weakref.ref(Node())

        await SystemClock().give_way()

        assert left() is None
    finally:
        gc.enable()
