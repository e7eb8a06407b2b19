"""Whatever an instance answers, acting on it ends in a sane value or in a `MediaClientError`."""

import json
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from discarr.clients.actions import QueueActions
from discarr.core.actions import ImportCandidate, LibraryTitle, Removal
from discarr.core.errors import MediaClientError
from discarr.core.models import DownloadKey, EpisodeNumber, InstanceKind
from tests.clients.fake_app import make_client
from tests.clients.import_app import ImportApp, episode_file, find_files, movie_file
from tests.effort import examples
from tests.factories import make_download

type Action = Callable[[QueueActions, InstanceKind], Coroutine[Any, Any, object]]

REMOVAL = Removal(remove_from_client=True, blocklist=True, skip_redownload=False, change_category=False)
DOWNLOAD = make_download(media_id=5, seasons=(1,), episodes=(EpisodeNumber(1, 1),), episode_count=1)
TITLE = LibraryTitle(id=5, title="Show", year=None)
ACTIONS: dict[str, Action] = {
    "remove": lambda actions, _: actions.remove(1, removal=REMOVAL),
    "grab": lambda actions, _: actions.grab(1),
    "find": lambda actions, _: actions.find(DownloadKey("radarr", "d", "A"), 1),
    "search": lambda actions, _: actions.search(DOWNLOAD),
    "command": lambda actions, _: actions.command(1),
    "candidates": lambda actions, kind: round_trip(actions, kind),
    "lookup": lambda actions, _: actions.lookup("x"),
    "episodes": lambda actions, _: actions.episodes(5, 1),
}


async def round_trip(actions: QueueActions, kind: InstanceKind) -> None:
    """Send back what was received, whatever that was."""
    candidates = [
        candidate.assign_title(TITLE)
        if kind is InstanceKind.RADARR
        else candidate.assign_episodes(TITLE, 1, await actions.episodes(5, 1))
        for candidate in await actions.import_candidates("A")
    ]
    judged = await actions.evaluate_import(candidates)
    await actions.import_files([candidate for candidate in judged if candidate.is_ready])


WORDS = [
    "id",
    "path",
    "quality",
    "languages",
    "name",
    "episodes",
    "series",
    "movie",
    "title",
    "records",
    "page",
    "totalRecords",
    "seasonNumber",
    "size",
    "episodeNumber",
    "rejections",
    "reason",
    "type",
    "downloadId",
    "status",
    "duration",
    "seriesId",
    "movieId",
    "indexerFlags",
    "year",
    "seasons",
]
words = st.sampled_from(WORDS)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([0, 1, 5, 2**31, -(2**70), 10**400])
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(["A", "queued", "\ud800", "permanent", "/a/b.mkv"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words | st.text(), inner, max_size=5),
    max_leaves=12,
)
bodies = values.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60)


@settings(max_examples=examples(200))
@given(
    name=st.sampled_from(sorted(ACTIONS)),
    kind=st.sampled_from(InstanceKind),
    body=bodies,
    status=st.sampled_from([200, 200, 200, 201, 204, 400, 404, 409, 500]),
)
async def test_any_answer_is_survived(name: str, kind: InstanceKind, body: bytes, status: int) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, content=body, headers={"content-type": "application/json"})

    with suppress(MediaClientError):
        await ACTIONS[name](make_client(answer, kind).actions, kind)


@settings(max_examples=examples(50))
@given(kind=st.sampled_from(InstanceKind), data=st.data())
async def test_a_strange_field_of_a_file_spoils_nothing(kind: InstanceKind, data: st.DataObject) -> None:
    """A file with one field replaced by anything is understood or left out, and never harms its neighbour."""
    make = movie_file if kind is InstanceKind.RADARR else episode_file
    good, strange = make(path="/good.mkv"), make()
    strange[data.draw(st.sampled_from(sorted(strange)))] = data.draw(values)
    app = ImportApp()
    app.files = httpx.Response(
        200, content=json.dumps([good, strange]), headers={"content-type": "application/json"}
    )

    found: tuple[ImportCandidate, ...] = await find_files(app, kind)

    assert found[0].file_name == "good.mkv"
    assert found[0].is_ready
    ready = [candidate for candidate in found if candidate.is_ready]
    await make_client(app, kind).actions.import_files(ready)
    (command,) = app.bodies
    assert [file["path"] for file in command["files"]] == [candidate.path for candidate in ready]
