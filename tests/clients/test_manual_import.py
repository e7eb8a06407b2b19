"""Files to import: what the app found, and what is made of it."""

import json
from typing import Any

import httpx
import pytest

from discarr.clients.manual_import import read_candidates
from discarr.clients.wire_actions import ImportRow
from discarr.core.actions import ImportCandidate, ImportRejection, LibraryTitle
from discarr.core.errors import BadAnswer, Busy, NotComplete, NotFound, Rejected, Unauthorized
from discarr.core.models import InstanceKind
from tests.clients.fake_app import json_response, make_client
from tests.clients.import_app import (
    LANGUAGES,
    NULL_REFERENCE,
    QUALITY,
    ImportApp,
    episode,
    episode_file,
    find_files,
    library_episode,
    movie_file,
)
from tests.shared_folder import RECORDED, needs_shared

RADARR, SONARR = InstanceKind.RADARR, InstanceKind.SONARR


async def test_files_of_a_download_are_asked_for_with_those_that_are_there_already() -> None:
    app = ImportApp()

    assert await find_files(app) == ()

    (request,) = app.requests
    assert request.url.params.multi_items() == [("downloadId", "NZO"), ("filterExistingFiles", "false")]


async def test_a_file_shows_what_it_was_taken_for() -> None:
    (candidate,) = await find_files(ImportApp(movie_file()))

    assert candidate == ImportCandidate(
        kind=RADARR,
        id=77,
        file_name="Cats.2019.mkv",
        size_bytes=3_648_815_687,
        media=LibraryTitle(id=722, title="Cats", year=2019),
        season=None,
        episodes=(),
        quality="WEBDL-720p",
        languages=("English", "French"),
        release_group="EVO",
        release_type=None,
        indexer_flags=4,
        custom_formats=("Repack",),
        custom_format_score=-10,
        rejections=(ImportRejection(reason="Not an upgrade", is_permanent=True),),
        download_id="NZO",
        path="/downloads/Cats.2019/Cats.2019.mkv",
        folder="Cats.2019",
        wire_quality=candidate.wire_quality,
        wire_languages=candidate.wire_languages,
    )
    assert json.loads(candidate.wire_quality) == QUALITY
    assert json.loads(candidate.wire_languages) == LANGUAGES
    assert candidate.is_ready


async def test_a_file_of_a_series_shows_its_episodes_in_order() -> None:
    (candidate,) = await find_files(ImportApp(episode_file(episodes=[episode(2), episode(1)])), SONARR)

    assert candidate.media == LibraryTitle(id=5, title="Show", year=2020, seasons=(1,))
    assert (candidate.season, candidate.release_type) == (1, "seasonPack")
    assert candidate.episodes == (library_episode(1), library_episode(2))
    assert candidate.is_ready


async def test_the_season_is_read_from_the_episodes_where_it_is_missing() -> None:
    (candidate,) = await find_files(
        ImportApp(episode_file(seasonNumber=None, episodes=[episode(1, 2)])), SONARR
    )

    assert candidate.season == 2


async def test_no_path_is_shown() -> None:
    windows = "C:\\secret\\Cats.mkv"
    for candidate in await find_files(
        ImportApp(movie_file(path="/secret/Cats.mkv"), movie_file(path=windows))
    ):
        assert candidate.file_name == "Cats.mkv"
        assert "secret" not in repr(candidate)


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        (RADARR, movie_file(movie=None)),
        (RADARR, movie_file(movie={"title": "Cats"})),
        (RADARR, movie_file(quality=None)),
        (RADARR, movie_file(quality={})),
        (RADARR, movie_file(languages=None)),
        (RADARR, movie_file(languages=[])),
        (SONARR, episode_file(series=None)),
        (SONARR, episode_file(episodes=None)),
        (SONARR, episode_file(episodes=[{"id": 1}])),
        (SONARR, movie_file()),
    ],
)
async def test_a_file_of_which_something_is_not_known_cannot_be_imported(
    kind: InstanceKind, row: dict[str, Any]
) -> None:
    app = ImportApp(row)
    (candidate,) = await find_files(app, kind)

    assert not candidate.is_ready
    for candidates in ((candidate,), ()):
        with pytest.raises(Rejected):
            await make_client(app, kind).actions.import_files(candidates)
    assert app.bodies == []


async def test_a_file_may_lack_everything_but_its_path() -> None:
    (candidate,) = await find_files(ImportApp({"path": "Cats.mkv"}))

    assert (candidate.file_name, candidate.id, candidate.size_bytes) == ("Cats.mkv", 0, 0)
    assert (candidate.quality, candidate.languages, candidate.wire_quality) == (None, (), b"")
    assert (candidate.rejections, candidate.download_id, candidate.folder) == ((), None, None)


@pytest.mark.parametrize(
    "quality", [{"quality": None}, {"quality": 7}, {"quality": {"name": 7}}, {"quality": {"name": "Unknown"}}]
)
async def test_a_quality_without_a_name_is_given_back_all_the_same(quality: dict[str, Any]) -> None:
    (candidate,) = await find_files(ImportApp(movie_file(quality=quality)))

    assert candidate.quality is None
    assert json.loads(candidate.wire_quality) == quality


def test_a_quality_too_deep_to_be_given_back_counts_as_unknown() -> None:
    quality: dict[str, Any] = {}
    for _ in range(100_000):
        quality = {"quality": quality}

    (candidate,) = read_candidates([ImportRow(path="a.mkv", quality=quality)], RADARR)

    assert (candidate.quality, candidate.wire_quality, candidate.is_ready) == (None, b"", False)


async def test_rejections_of_an_unknown_kind_count_as_permanent() -> None:
    reasons = [
        {"reason": "a", "type": "temporary"},
        {"reason": "b", "type": "eternal"},
        {"reason": "c"},
        {"type": "permanent"},
    ]
    (candidate,) = await find_files(ImportApp(movie_file(rejections=reasons)))

    assert [(item.reason, item.is_permanent) for item in candidate.rejections] == [
        ("a", False),
        ("b", True),
        ("c", True),
    ]


async def test_files_that_cannot_be_understood_are_not_taken_for_none() -> None:
    (candidate,) = await find_files(ImportApp(movie_file(), {"id": 3}, movie_file(path=5)))
    assert candidate.id == 77

    with pytest.raises(BadAnswer):
        await find_files(ImportApp({"id": 3}))


async def test_a_download_that_is_not_complete_has_an_error_of_its_own() -> None:
    app = ImportApp()
    app.files = json_response(500, NULL_REFERENCE)

    with pytest.raises(NotComplete):
        await find_files(app)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (json_response(500, {"message": "Access to the path is denied."}), Busy),
        (httpx.Response(401), Unauthorized),
        (json_response(404, {"message": "NotFound"}), NotFound),
        (json_response(200, {}), BadAnswer),
    ],
)
async def test_other_failures_stay_what_they_are(answer: httpx.Response, kind: type[Exception]) -> None:
    app = ImportApp()
    app.files = answer

    with pytest.raises(kind) as caught:
        await find_files(app)

    assert type(caught.value) is kind


@needs_shared
async def test_the_recorded_file_is_refused_and_importable() -> None:
    recorded = json.loads((RECORDED / "radarr-manual-import.json").read_text())
    app = ImportApp(*recorded)

    (candidate,) = await find_files(app)
    await make_client(app).actions.import_files((candidate,))

    assert candidate.media == LibraryTitle(id=722, title="Cats", year=2019)
    assert candidate.quality == "WEBDL-720p"
    (rejection,) = candidate.rejections
    assert rejection.is_permanent
    assert rejection.reason.startswith("Not an upgrade for existing movie file")
    assert "/volume2" not in repr(candidate)
    (file,) = app.bodies[0]["files"]
    for name in ("path", "folderName", "quality", "languages", "releaseGroup", "downloadId"):
        assert file[name] == recorded[0][name]


@needs_shared
async def test_every_quality_that_was_recorded_is_given_back_as_it_came() -> None:
    profiles = json.loads((RECORDED / "quality-profiles.json").read_text())
    items = [item for profile in profiles for item in profile["items"]]
    items += [inner for item in items for inner in item.get("items", [])]
    qualities = [{"quality": item["quality"]} for item in items if "quality" in item]
    assert len(qualities) > 100
    app = ImportApp(*(movie_file(path=f"{key}.mkv", quality=value) for key, value in enumerate(qualities)))

    await make_client(app).actions.import_files(await find_files(app))

    assert [file["quality"] for file in app.bodies[0]["files"]] == qualities
