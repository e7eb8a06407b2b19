"""What is sent for each action fits the apps' own documents."""

import json
import re
from typing import Any

import httpx
import pytest

from discarr.core.actions import Removal
from discarr.core.models import DownloadKey, EpisodeNumber, InstanceKind
from tests.clients.fake_app import make_client
from tests.clients.import_app import ImportApp, episode, episode_file, movie_file
from tests.factories import make_download
from tests.shared_folder import SPECS, needs_shared

REMOVAL = Removal(remove_from_client=True, blocklist=True, skip_redownload=False, change_category=False)


async def act_in_every_way(app: ImportApp, kind: InstanceKind) -> None:
    actions = make_client(app, kind).actions
    await actions.remove(1, removal=REMOVAL)
    await actions.grab(1)
    await actions.find(DownloadKey(kind.value, "d", "A"), 5)
    await actions.search(
        make_download(media_id=5, seasons=(1,), episodes=(EpisodeNumber(1, 1),), episode_count=1)
    )
    await actions.command(9)
    await actions.lookup("x")
    await actions.episodes(5, 1)
    (candidate,) = await actions.import_candidates("A")
    await actions.evaluate_import((candidate,))
    await actions.import_files((candidate,))


def make_app(kind: InstanceKind) -> ImportApp:
    file = movie_file() if kind is InstanceKind.RADARR else episode_file()
    app = ImportApp(file)
    app.judge = [file]
    app.answers |= {
        "/queue/1": httpx.Response(200),
        "/queue/grab/1": {},
        "/queue/details": [],
        "/queue": {"page": 1, "totalRecords": 0, "records": []},
        "/command/9": {"id": 9},
        "/movie/lookup": [],
        "/series/lookup": [],
        "/episode": [episode(1)],
    }
    return app


@needs_shared
@pytest.mark.parametrize("kind", InstanceKind)
async def test_requests_are_known_to_the_app(kind: InstanceKind) -> None:
    document: dict[str, Any] = json.loads((SPECS / f"{kind.value}-v3-openapi.json").read_text())
    app = make_app(kind)

    await act_in_every_way(app, kind)

    requests = [request for request in app.requests if kind is InstanceKind.SONARR or not _is_own(request)]
    assert len(requests) >= 10
    for request in requests:
        path = re.sub(r"/\d+$", "/{id}", request.url.path)
        operation = document["paths"][path][request.method.lower()]
        parameters = {item["name"] for item in operation.get("parameters", ())}
        assert set(request.url.params) <= parameters, path
        if path.endswith("/manualimport") and request.content:
            (file,) = json.loads(request.content)
            known = document["components"]["schemas"]["ManualImportReprocessResource"]["properties"]
            assert file.keys() <= known.keys()


def _is_own(request: httpx.Request) -> bool:
    """Whether only Sonarr is asked such a thing."""
    return request.url.path.endswith("/episode")
