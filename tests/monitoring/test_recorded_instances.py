"""Recorded answers over real sockets and clients: every download is accounted for."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest

from discarr.clients.factory import create_client
from discarr.core.clock import SystemClock
from discarr.core.config import InstanceConfig
from discarr.core.models import InstanceKind, InstanceState
from discarr.core.secret import Secret
from discarr.monitoring.cache_manager import CacheManager
from discarr.monitoring.detail_reader import DetailReader
from discarr.monitoring.progress_tracker import ProgressTracker
from discarr.monitoring.reasons import ReasonKind
from discarr.monitoring.status_view import Phase, Scene, StatusView, build_status_view
from discarr.sandbox.arr_server.app import ArrServer
from discarr.sandbox.arr_server.replay import Replay
from tests.monitoring.conftest import running
from tests.shared_folder import RECORDED, needs_shared

pytestmark = needs_shared


@pytest.fixture
async def view() -> StatusView:
    """What the live message says of both recordings, once everything is read."""
    clock = SystemClock()
    replay = Replay.from_directory(RECORDED)
    async with (
        ArrServer(replay.source(InstanceKind.RADARR)) as radarr,
        ArrServer(replay.source(InstanceKind.SONARR)) as sonarr,
    ):
        configs = [
            InstanceConfig(
                id=kind.value, kind=kind, name=name, url=server.url, api_key=Secret(server.api_key)
            )
            for kind, name, server in (
                (InstanceKind.RADARR, "Movies", radarr),
                (InstanceKind.SONARR, "TV", sonarr),
            )
        ]
        cache = CacheManager([create_client(config, clock=clock) for config in configs], clock=clock)
        tracker = ProgressTracker(clock=clock)
        async with running(cache.run(), DetailReader(cache, clock=clock).run()), asyncio.timeout(20):
            subscription = cache.subscribe()
            while not all(item.disks and item.recent_imports for item in cache.snapshot.instances):
                await anext(subscription)
    for instance in cache.snapshot.instances:
        tracker.observe(instance)
    return build_status_view(cache.snapshot, tracker, now=clock.now(), next_check_by=None)


async def test_the_recordings_are_thirteen_series_downloads_and_two_movies(view: StatusView) -> None:
    kinds = [row.kind for row in (*view.needs_hand, *view.others)]

    assert view.scene is Scene.ACTIVE
    assert kinds.count(InstanceKind.SONARR) == 13
    assert kinds.count(InstanceKind.RADARR) == 2
    assert [row.state for row in view.instances] == [InstanceState.UP] * 2


async def test_what_needs_a_hand_says_why_in_plain_words(view: StatusView) -> None:
    reasons = {row.title: row.explanation.kind for row in view.needs_hand if row.explanation is not None}

    assert reasons == {
        "Cats": ReasonKind.NOT_AN_UPGRADE,
        "Devs": ReasonKind.NO_VIDEO,
        "Jamie Cooks Spring": ReasonKind.NOT_AN_UPGRADE,
        "Magnus": ReasonKind.TRACKER,
        "Undone": ReasonKind.SAMPLE,
    }


async def test_a_download_with_nothing_left_to_load_is_unpacking(view: StatusView) -> None:
    unpacking = {row.title for row in view.others if row.phase is Phase.UNPACKING}

    assert unpacking >= {"Puffin Rock"}


async def test_estimates_come_first_in_the_order_of_arrival(view: StatusView) -> None:
    arrivals = [row.eta for row in view.others]
    known = [eta for eta in arrivals if eta is not None]

    assert len(known) > 1
    assert all(later - earlier > -timedelta(minutes=5) for earlier, later in pairwise(known))
    assert arrivals[: len(known)] == known
    assert view.last_added is not None
