import asyncio
from dataclasses import replace

from discarr.monitoring.acting.board import MAX_KEPT, Board
from discarr.monitoring.acting.operation import OperationState
from tests.fakes.clock import START, FakeClock
from tests.monitoring.acting.scenes import make_operation, make_target

ONE = make_operation(make_target(), make_target(), id="one")


async def test_everybody_sees_each_change_and_changes_that_come_meanwhile_become_one() -> None:
    board = Board()
    with board.subscribe() as feed, board.subscribe() as other:
        board.put(ONE)
        board.change("one", state=OperationState.RUNNING)
        board.put(replace(ONE, id="two"))

        assert (await anext(feed)).state is OperationState.RUNNING
        assert (await anext(feed)).id == "two"
        assert [(await anext(other)).id for _ in range(2)] == ["one", "two"]


async def test_a_feed_waits_for_the_next_change() -> None:
    board = Board()
    board.put(ONE)
    with board.subscribe() as feed:
        waiting = asyncio.ensure_future(anext(feed))
        await FakeClock().settle()
        assert not waiting.done()
        board.change_item("one", 1, is_begun=True)
        assert [item.is_begun for item in (await waiting).items] == [False, True]


async def test_a_feed_can_be_iterated_and_ends_with_its_block() -> None:
    board = Board()
    with board.subscribe() as feed:
        board.put(ONE)
        async for operation in feed:
            assert operation is ONE
            break
    feed.close()
    board.put(ONE)
    waiting = asyncio.ensure_future(anext(feed))
    await FakeClock().settle()
    assert not waiting.done()
    waiting.cancel()


def test_what_is_not_on_the_board_is_left_alone() -> None:
    board = Board()
    board.change("nothing", channel_id=1)
    assert board.get("nothing") is None


def test_only_what_is_over_is_let_go_of() -> None:
    board = Board()
    board.put(ONE)
    for number in range(MAX_KEPT + 5):
        board.put(replace(ONE, id=str(number), ended_at=START))

    assert board.get("one") is ONE
    assert board.get("0") is None
    assert board.get(str(MAX_KEPT + 4)) is not None


def test_what_is_under_way_stays_however_much_it_is() -> None:
    board = Board()
    for number in range(MAX_KEPT + 5):
        board.put(replace(ONE, id=str(number)))
    assert all(board.get(str(number)) for number in range(MAX_KEPT + 5))
