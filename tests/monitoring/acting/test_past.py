"""What the history of an app says, and what it does not."""

from collections.abc import AsyncIterator

import pytest

from discarr.clients.base import MediaClient
from discarr.core.models import DownloadKey, HistoryEvent, InstanceKind
from discarr.monitoring.acting.past import (
    count_grabs,
    count_imports,
    last_event_of,
    newest_id,
    newest_id_of,
    was_grabbed,
)
from discarr.monitoring.acting.targets import Target
from tests.clients.fake_app import make_client
from tests.monitoring.acting.queue_app import Grab, QueueApp
from tests.monitoring.acting.scenes import make_target


@pytest.fixture
def app() -> QueueApp:
    return QueueApp()


@pytest.fixture
async def client(app: QueueApp) -> AsyncIterator[MediaClient]:
    made = make_client(app)
    yield made
    await made.aclose()


def target(name: str = "A", media_id: int = 1) -> Target:
    key = DownloadKey("radarr", "d", name)
    return make_target(key=key, release_title=f"Release.{name}", media_id=media_id)


def grab(name: str = "A", media_id: int | None = 1) -> Grab:
    return Grab(name=name, release=f"Release.{name}", number=1, media_id=media_id)


async def test_a_history_without_a_line_begins_at_zero(client: MediaClient) -> None:
    assert await newest_id(client) == 0
    assert await newest_id_of(client, target()) == 0
    assert await last_event_of(client, target()) is None


async def test_the_newest_line_is_known_of_all_and_of_one_download(
    app: QueueApp, client: MediaClient
) -> None:
    app.record("grabbed", grab("A"))
    app.record("grabbed", grab("B"))
    assert await newest_id(client) == 2
    assert await newest_id_of(client, target()) == 1


async def test_the_last_event_that_tells_where_a_download_went(app: QueueApp, client: MediaClient) -> None:
    app.record("grabbed", grab())
    app.record("downloadIgnored", grab())
    app.record("downloadFailed", grab("B"))
    assert await last_event_of(client, target()) is HistoryEvent.IGNORED
    assert await last_event_of(client, target("B")) is HistoryEvent.FAILED


async def test_a_grab_is_one_of_that_release_for_that_title(app: QueueApp, client: MediaClient) -> None:
    app.record("grabbed", grab("A", media_id=2))
    app.record("grabbed", grab("B"))
    assert not await was_grabbed(client, target())
    app.record("grabbed", grab())
    assert await was_grabbed(client, target())


async def test_releases_are_counted_and_not_the_episodes_of_a_pack() -> None:
    app = QueueApp(InstanceKind.SONARR)
    client = make_client(app, InstanceKind.SONARR)
    pack = Grab(name="P", release="Release.P", number=1, media_id=1, episodes=(1, 2, 3))
    app.record("grabbed", pack)
    since = await newest_id(client)
    app.record("grabbed", Grab(name="Q", release="Release.Q", number=2, media_id=1, episodes=(1, 2, 3)))
    app.record("grabbed", Grab(name="R", release="Release.R", number=3, media_id=2))
    app.record("grabbed", grab("S"), downloadId=None)
    assert await count_grabs(client, target(), since_id=since) == 2
    await client.aclose()


async def test_imports_of_a_download_are_counted_from_a_line_on(app: QueueApp, client: MediaClient) -> None:
    for name in "AABA":
        app.record("downloadFolderImported", grab(name))
    app.record("grabbed", grab())
    assert await count_imports(client, target(), since_id=0, expected=1) == 3
    assert await count_imports(client, target(), since_id=1, expected=1000) == 2
