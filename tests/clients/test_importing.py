"""Files to import: what a person corrects, and what is sent for it."""

import json

import pytest

from discarr.core.actions import LibraryTitle
from discarr.core.errors import BadAnswer, Crashed, Rejected
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

SONARR = InstanceKind.SONARR

SHOW = LibraryTitle(id=5, title="Show", year=2020, seasons=(1, 2))


async def test_a_movie_is_imported_word_for_word() -> None:
    app = ImportApp(movie_file())

    status = await make_client(app).actions.import_files(await find_files(app))

    assert app.bodies == [
        {
            "name": "ManualImport",
            "importMode": "auto",
            "files": [
                {
                    "path": "/downloads/Cats.2019/Cats.2019.mkv",
                    "folderName": "Cats.2019",
                    "downloadId": "NZO",
                    "movieId": 722,
                    "quality": QUALITY,
                    "languages": LANGUAGES,
                    "releaseGroup": "EVO",
                    "indexerFlags": 4,
                }
            ],
        }
    ]
    assert (status.id, status.name) == (9, "ManualImport")


async def test_episodes_are_imported_by_their_ids() -> None:
    app = ImportApp(episode_file(episodes=[episode(1), episode(2)], episodeFileId=3, indexerFlags=None))

    await make_client(app, SONARR).actions.import_files(await find_files(app, SONARR))

    (file,) = app.bodies[0]["files"]
    assert (file["seriesId"], file["episodeIds"]) == (5, [101, 102])
    assert (file["releaseType"], file["episodeFileId"], file["indexerFlags"]) == ("seasonPack", 3, 0)
    assert "movieId" not in file


async def test_an_unknown_file_becomes_importable_by_a_movie() -> None:
    app = ImportApp(movie_file(movie=None))
    (candidate,) = await find_files(app)

    corrected = candidate.assign_title(LibraryTitle(id=8, title="Metropolis", year=1927))
    await make_client(app).actions.import_files((corrected,))

    assert app.bodies[0]["files"][0]["movieId"] == 8


async def test_an_unknown_file_becomes_importable_by_episodes() -> None:
    app = ImportApp(episode_file(series=None, seasonNumber=None, episodes=None))
    (candidate,) = await find_files(app, SONARR)

    corrected = candidate.assign_episodes(SHOW, 2, (library_episode(2, 2), library_episode(1, 2)))
    await make_client(app, SONARR).actions.import_files((corrected,))

    assert [item.number.episode for item in corrected.episodes] == [1, 2]
    (file,) = app.bodies[0]["files"]
    assert (file["seriesId"], file["episodeIds"]) == (5, [201, 202])


async def test_a_corrected_file_is_judged_anew() -> None:
    app = ImportApp(episode_file(series=None, seasonNumber=None, episodes=None))
    (candidate,) = await find_files(app, SONARR)
    better = QUALITY | {"better": True}
    app.judge = [
        {
            "id": 77,
            "path": candidate.path,
            "seriesId": 5,
            "seasonNumber": 2,
            "episodes": [episode(1, 2)],
            "quality": better,
            "languages": LANGUAGES[:1],
            "releaseGroup": "NEW",
            "releaseType": "singleEpisode",
            "indexerFlags": 1,
            "customFormats": [],
            "customFormatScore": 5,
            "rejections": [],
        }
    ]

    (judged,) = await make_client(app, SONARR).actions.evaluate_import((candidate.assign_episodes(SHOW, 2),))

    assert app.bodies == [
        [
            {
                "id": 77,
                "path": candidate.path,
                "seriesId": 5,
                "seasonNumber": 2,
                "episodeIds": [],
                "quality": QUALITY,
                "languages": LANGUAGES,
                "releaseGroup": "EVO",
                "releaseType": "seasonPack",
                "indexerFlags": 4,
                "downloadId": "NZO",
            }
        ]
    ]
    assert (judged.media, judged.season, judged.episodes) == (SHOW, 2, (library_episode(1, 2),))
    assert json.loads(judged.wire_quality) == better
    assert judged.languages == ("English",)
    assert (judged.release_group, judged.release_type, judged.indexer_flags) == ("NEW", "singleEpisode", 1)
    assert (judged.custom_formats, judged.custom_format_score, judged.rejections) == ((), 5, ())
    assert (judged.file_name, judged.size_bytes) == (candidate.file_name, candidate.size_bytes)
    assert judged.is_ready


async def test_what_the_answer_leaves_out_stays_as_it_was() -> None:
    app = ImportApp(episode_file())
    (candidate,) = await find_files(app, SONARR)
    app.judge = [{"path": candidate.path}]

    (judged,) = await make_client(app, SONARR).actions.evaluate_import((candidate,))

    assert judged.rejections == ()
    assert judged.episodes == candidate.episodes
    assert (judged.wire_quality, judged.languages) == (candidate.wire_quality, candidate.languages)
    assert (judged.season, judged.indexer_flags, judged.release_type) == (1, 4, "seasonPack")


async def test_a_file_that_is_not_judged_is_a_bad_answer() -> None:
    app = ImportApp(movie_file(), movie_file(path="other.mkv"))
    candidates = await find_files(app)
    app.judge = [{"path": candidates[0].path}]

    with pytest.raises(BadAnswer) as caught:
        await make_client(app).actions.evaluate_import(candidates)

    assert not caught.value.is_outcome_unknown


async def test_nothing_is_judged_without_a_title_or_without_files() -> None:
    app = ImportApp(movie_file(movie=None))
    actions = make_client(app).actions
    candidates = await find_files(app)

    with pytest.raises(Rejected):
        await actions.evaluate_import(candidates)
    assert await actions.evaluate_import(()) == ()

    assert app.bodies == []


async def test_a_failed_judgement_changes_nothing() -> None:
    app = ImportApp(movie_file())
    candidates = await find_files(app)
    app.judge = json_response(500, NULL_REFERENCE)

    with pytest.raises(Crashed) as caught:
        await make_client(app).actions.evaluate_import(candidates)

    assert not caught.value.is_outcome_unknown
