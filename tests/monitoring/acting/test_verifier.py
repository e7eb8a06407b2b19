"""Whether what was removed stays away."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from discarr.core.errors import Unreachable
from discarr.core.models import DownloadKey, InstanceKind
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.operation import OperationState
from discarr.monitoring.acting.results import Cause
from discarr.monitoring.acting.verifier import GIVEN_UP_AFTER, SETTLED_AFTER, SURE_AFTER, Removed, Verifier
from discarr.monitoring.cache_manager import CacheManager
from tests.clients.fake_app import json_response
from tests.fakes.clock import FakeClock
from tests.fakes.media_client import FakeMediaClient
from tests.monitoring.acting.pressing import make_app
from tests.monitoring.acting.queue_app import Deletes, QueueApp, refuse_connections
from tests.monitoring.acting.scenes import make_grab, make_target
from tests.monitoring.acting.stage import ADA, open_stage, result

REMOVE = ActionKind.REMOVE


async def test_what_stays_away_is_verified_also_in_the_store() -> None:
    async with open_stage(make_app()) as stage:
        operation = await stage.do(REMOVE, "A")
        assert operation.items[0].is_verified is None
        await stage.clock.advance(SURE_AFTER.total_seconds() + 60)

        shown = await stage.desk.find(operation.id)
        assert shown is not None
        assert shown.items[0].is_verified is True
        assert (await stage.stored(operation)).items[0].is_verified is True


async def test_what_comes_back_is_told_again_as_it_is() -> None:
    async with open_stage(app := make_app()) as stage:
        app.only_pretends = True
        operation = await stage.do(REMOVE, "A")
        assert operation.state is OperationState.DONE
        await stage.desk.note_told(operation.id)
        app.look()
        await stage.clock.advance(SURE_AFTER.total_seconds())

        (untold,) = await stage.desk.untold()
        shown = await stage.desk.find(operation.id)
        entry = (await stage.desk.audit(limit=1))[0].entry
    assert (untold.state, result(untold).cause) == (OperationState.FAILED, Cause.CAME_BACK)
    assert shown is not None
    assert (shown.state, result(shown).cause, shown.told_at) == (OperationState.FAILED, Cause.CAME_BACK, None)
    assert entry.result == "failed"
    assert len(app.writes) == 1


async def test_what_comes_back_after_a_restart_is_noticed_too() -> None:
    async with open_stage(app := make_app()) as stage:
        app.only_pretends = True
        operation = await stage.do(REMOVE, "A")
        await stage.restart()
        app.look()
        await stage.clock.advance(SURE_AFTER.total_seconds())
        assert result(await stage.stored(operation)).cause is Cause.CAME_BACK


async def test_what_was_verified_is_not_watched_again_after_a_restart() -> None:
    films, series = make_app(timeleft=None), QueueApp(InstanceKind.SONARR)
    series.add("B", timeleft=None)
    async with open_stage(films, series) as stage:
        films.only_pretends = True
        operation = await stage.do(REMOVE, "A", "B", person=ADA)
        series.before = refuse_connections
        await stage.clock.advance(SURE_AFTER.total_seconds() + 60)
        before = await stage.stored(operation)
        await stage.stop()
        films.look()
        await stage.start()
        await stage.clock.advance(SURE_AFTER.total_seconds())
        after = await stage.stored(operation)
    assert [item.is_verified for item in before.items] == [True, None]
    assert after == before


async def test_the_same_release_that_is_grabbed_anew_did_not_come_back() -> None:
    async with open_stage(app := make_app()) as stage:
        operation = await stage.do(REMOVE, "A")
        app.add("A", added="2026-01-02T20:48:00Z")
        await stage.clock.advance(SURE_AFTER.total_seconds())
        stored = await stage.stored(operation)
    assert (result(stored).cause, stored.items[0].is_verified) == (Cause.ANSWERED, True)


async def test_what_was_not_done_is_not_said_to_have_come_back() -> None:
    async with open_stage(app := make_app()) as stage:
        app.before = Deletes(lambda request: json_response(409, {"message": "No"}))
        operation = await stage.do(REMOVE, "A")
        await stage.desk.note_told(operation.id)
        await stage.clock.advance(SURE_AFTER.total_seconds() + 60)
        stored = await stage.stored(operation)
        assert await stage.desk.untold() == []
    assert (result(stored).cause, stored.items[0].is_verified) == (Cause.REQUEST, None)


async def test_nothing_is_verified_while_the_app_cannot_be_read_and_it_is_given_up_in_the_end() -> None:
    async with open_stage(app := make_app()) as stage:
        operation = await stage.do(REMOVE, "A")
        app.before = refuse_connections
        await stage.clock.advance(GIVEN_UP_AFTER.total_seconds() + 120)
        app.before = lambda request: None
        await stage.clock.advance(300)
        assert (await stage.stored(operation)).items[0].is_verified is None


async def test_a_disk_that_is_full_then_does_not_stop_the_verifier() -> None:
    async with open_stage(app := make_app("A", "B", timeleft=None)) as stage:
        gone = await stage.do(REMOVE, "A")
        app.only_pretends = True
        back = await stage.do(REMOVE, "B")
        stage.store.is_full = True
        app.look()
        await stage.clock.advance(SURE_AFTER.total_seconds() + 60)
        stage.store.is_full = False
        await stage.clock.advance(90)

        shown = await stage.desk.find(gone.id)
        assert shown is not None
        assert shown.items[0].is_verified is True
        assert result(await stage.stored(back)).cause is Cause.CAME_BACK


async def test_what_nobody_knows_any_more_is_only_logged(caplog: pytest.LogCaptureFixture) -> None:
    async with open_stage(app := make_app()) as stage:
        app.only_pretends = True
        operation = await stage.do(REMOVE, "A")
        await stage.restart()
        await stage.store.run(lambda connection: connection.execute("DELETE FROM operation").close())
        app.look()
        await stage.clock.advance(SURE_AFTER.total_seconds())
    assert f"Something came back that operation {operation.id} had removed" in caplog.text


async def test_with_a_full_disk_what_is_not_on_the_board_is_only_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with open_stage(app := make_app("A", "B", timeleft=None)) as stage:
        app.only_pretends = True
        await stage.do(REMOVE, "A")
        app.only_pretends = False
        await stage.do(REMOVE, "B")
        await stage.restart()
        stage.store.is_full = True
        app.look()
        await stage.clock.advance(SURE_AFTER.total_seconds() + 60)
    assert "Something came back" in caplog.text
    assert "That something is gone cannot be stored" in caplog.text


async def test_a_search_has_nothing_to_stay_away() -> None:
    async with open_stage(make_app()) as stage:
        operation = await stage.do(ActionKind.SEARCH, "A")
        await stage.clock.advance(SURE_AFTER.total_seconds() + 60)
        assert (await stage.stored(operation)).items[0].is_verified is None


class Watching:
    """A verifier over a cache whose instance a test fills."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.client = FakeMediaClient()
        self.cache = CacheManager([self.client], clock=self.clock)
        self.gone: list[Removed] = []
        self.back: list[Removed] = []
        self.verifier = Verifier(
            self.cache, clock=self.clock, on_gone=self._note_gone, on_return=self._note_back
        )

    async def _note_gone(self, removed: Removed) -> None:
        self.gone.append(removed)

    async def _note_back(self, removed: Removed) -> None:
        self.back.append(removed)

    def watch(self, **overrides: Any) -> Removed:
        removed = Removed(operation_id="x", place=0, target=make_target(**overrides), at=self.clock.now())
        self.verifier.watch(removed)
        return removed


@pytest.fixture
async def watching() -> AsyncIterator[Watching]:
    scene = Watching()
    tasks = [asyncio.create_task(scene.cache.run()), asyncio.create_task(scene.verifier.run())]
    await scene.clock.settle()
    yield scene
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_reading_that_may_be_older_proves_nothing(watching: Watching) -> None:
    await watching.clock.advance(30)
    removed = watching.watch()
    await watching.clock.advance(SETTLED_AFTER.total_seconds() - 1)
    assert (watching.gone, watching.back) == ([], [])
    await watching.clock.advance(SURE_AFTER.total_seconds() + 60)
    assert watching.gone == [removed]


async def test_a_reading_right_after_a_removal_may_still_show_it(watching: Watching) -> None:
    watching.client.downloads = (make_grab(),)
    await watching.clock.advance(10)
    polls = watching.client.count("queue")
    removed = watching.watch()
    watching.cache.refresh_soon("radarr")
    await watching.clock.advance(SETTLED_AFTER.total_seconds() - 1)
    assert watching.client.count("queue") > polls
    assert (watching.gone, watching.back) == ([], [])
    watching.client.downloads = ()
    await watching.clock.advance(SURE_AFTER.total_seconds() + 60)
    assert (watching.gone, watching.back) == ([removed], [])


async def test_an_app_that_has_not_asked_its_client_since_proves_nothing(watching: Watching) -> None:
    watching.client.data_as_of = watching.clock.now() - timedelta(minutes=1)
    removed = watching.watch()
    await watching.clock.advance(SURE_AFTER.total_seconds() + 120)
    assert watching.gone == []
    watching.client.data_as_of = watching.clock.now()
    watching.client.downloads = ()
    await watching.clock.advance(120)
    assert watching.gone == [removed]


async def test_what_was_read_before_the_app_went_away_proves_nothing(watching: Watching) -> None:
    watching.client.error = Unreachable("radarr", "refused")
    removed = watching.watch()
    await watching.clock.advance(SURE_AFTER.total_seconds() + 120)
    assert (watching.gone, watching.back) == ([], [])
    watching.client.error = None
    await watching.clock.advance(300)
    assert watching.gone == [removed]


async def test_what_comes_back_just_before_it_is_sure_came_back(watching: Watching) -> None:
    removed = watching.watch()
    await watching.clock.advance(SURE_AFTER.total_seconds() - 40)
    assert (watching.gone, watching.back) == ([], [])
    watching.client.downloads = (make_grab(),)
    await watching.clock.advance(60)
    assert (watching.gone, watching.back) == ([], [removed])


async def test_what_belongs_to_an_instance_that_there_is_not_is_given_up(watching: Watching) -> None:
    watching.watch(key=DownloadKey("nowhere", "d", "A"))
    await watching.clock.advance(GIVEN_UP_AFTER.total_seconds() + 120)
    assert (watching.gone, watching.back) == ([], [])
