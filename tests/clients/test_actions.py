"""What is sent for each action, and what is made of the answers."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from discarr.clients.actions import QueueActions
from discarr.core.actions import CommandResult, CommandState, LibraryEpisode, LibraryTitle, Removal
from discarr.core.errors import BadAnswer, Busy, NotFound, Rejected
from discarr.core.models import EpisodeNumber, InstanceKind
from tests.clients.fake_app import FakeApp, json_response, make_client
from tests.factories import make_download
from tests.shared_folder import RECORDED, needs_shared

SONARR = InstanceKind.SONARR

COMMAND = {"id": 7, "name": "MoviesSearch", "status": "queued", "result": "unknown"}


def acting(app: FakeApp, kind: InstanceKind = InstanceKind.RADARR) -> QueueActions:
    return make_client(app, kind).actions


def answering(**answers: Any) -> FakeApp:
    """Return an app that answers POST /command, and more by path (with "__" for "/")."""
    app = FakeApp()
    app.answers = {"/command": json_response(201, COMMAND)}
    app.answers |= {"/" + path.replace("__", "/"): answer for path, answer in answers.items()}
    return app


def sent(app: FakeApp) -> list[Any]:
    """Return the bodies of the commands that were posted."""
    return [json.loads(request.content) for request in app.requests if request.method == "POST"]


def episode(key: int, season: int = 1, **more: Any) -> dict[str, Any]:
    return {"id": 100 * season + key, "seasonNumber": season, "episodeNumber": key} | more


@pytest.mark.parametrize(
    ("removal", "flags"),
    [
        (
            Removal(remove_from_client=True, blocklist=False, skip_redownload=False, change_category=False),
            ("true", "false", "false", "false"),
        ),
        (
            Removal(remove_from_client=True, blocklist=True, skip_redownload=True, change_category=False),
            ("true", "true", "true", "false"),
        ),
        (
            Removal(remove_from_client=False, blocklist=False, skip_redownload=False, change_category=True),
            ("false", "false", "false", "true"),
        ),
    ],
)
async def test_every_flag_of_a_removal_is_sent(removal: Removal, flags: tuple[str, ...]) -> None:
    app = answering(queue__5=httpx.Response(200))

    await acting(app).remove(5, removal=removal)

    (request,) = app.requests
    assert (request.method, request.url.path) == ("DELETE", "/api/v3/queue/5")
    names = ("removeFromClient", "blocklist", "skipRedownload", "changeCategory")
    assert request.url.params.multi_items() == list(zip(names, flags, strict=True))


async def test_what_is_gone_already_is_not_found() -> None:
    removal = Removal(remove_from_client=True, blocklist=False, skip_redownload=False, change_category=False)

    with pytest.raises(NotFound) as caught:
        await acting(FakeApp()).remove(5, removal=removal)

    assert not caught.value.is_outcome_unknown


async def test_a_pending_release_is_grabbed() -> None:
    app = answering(queue__grab__5={})

    await acting(app).grab(5)

    assert [(request.method, request.content) for request in app.requests] == [("POST", b"")]


async def test_a_command_is_read_as_far_as_it_has_got() -> None:
    running = COMMAND | {"status": "started", "message": "Searching"}
    ended = COMMAND | {"status": "Completed", "result": "successful", "duration": "00:00:06.3107720"}
    failed = COMMAND | {"status": "failed", "result": "unsuccessful", "exception": "at /app/bin"}
    app = answering(command__7=running, command__8=ended, command__9=failed)

    statuses = [await acting(app).command(key) for key in (7, 8, 9)]

    assert [status.state for status in statuses] == [
        CommandState.STARTED,
        CommandState.COMPLETED,
        CommandState.FAILED,
    ]
    assert [status.is_over for status in statuses] == [False, True, True]
    assert [status.result for status in statuses] == [
        CommandResult.UNKNOWN,
        CommandResult.SUCCESSFUL,
        CommandResult.UNSUCCESSFUL,
    ]
    assert (statuses[0].message, statuses[0].duration) == ("Searching", None)
    assert statuses[1].duration == timedelta(seconds=6, microseconds=310772)
    assert statuses[2].exception == "at /app/bin"
    assert "/app/bin" not in repr(statuses[2])


async def test_words_that_nobody_knows_become_unknown() -> None:
    app = answering(command__7={"id": 7, "status": "pondering", "result": "perhaps"})

    status = await acting(app).command(7)

    assert (status.state, status.result, status.name) == (CommandState.UNKNOWN, CommandResult.UNKNOWN, "")
    assert not status.is_over


@pytest.mark.parametrize("answer", [{}, [], {"id": 0}, {"id": "seven"}, httpx.Response(201)])
async def test_a_command_without_an_id_may_be_under_way_all_the_same(answer: Any) -> None:
    app = answering(command=answer, command__7=answer)

    with pytest.raises(BadAnswer) as posted:
        await acting(app).search(make_download())
    with pytest.raises(BadAnswer) as asked:
        await acting(app).command(7)

    assert posted.value.is_outcome_unknown
    assert not asked.value.is_outcome_unknown


async def test_a_movie_is_searched_for_by_its_id() -> None:
    app = answering()

    (status,) = await acting(app).search(make_download(media_id=12))

    assert sent(app) == [{"name": "MoviesSearch", "movieIds": [12]}]
    assert (status.id, status.state) == (7, CommandState.QUEUED)


async def test_a_season_that_the_download_covers_is_one_search() -> None:
    app = answering(episode=[episode(1), episode(2)])
    download = make_download(
        media_id=5,
        seasons=(1,),
        episodes=(EpisodeNumber(1, 1), EpisodeNumber(1, 2)),
        episode_count=2,
    )

    await acting(app, SONARR).search(download)

    assert sent(app) == [{"name": "SeasonSearch", "seriesId": 5, "seasonNumber": 1}]
    assert app.requests[0].url.params.multi_items() == [("seriesId", "5"), ("seasonNumber", "1")]


async def test_other_episodes_are_searched_for_by_their_ids() -> None:
    app = answering(episode=[episode(1), episode(2), episode(3)])
    episodes = (EpisodeNumber(1, 1), EpisodeNumber(1, 3))
    download = make_download(media_id=5, seasons=(1,), episodes=episodes, episode_count=2)

    await acting(app, SONARR).search(download)

    assert sent(app) == [{"name": "EpisodeSearch", "episodeIds": [101, 103]}]


async def test_several_seasons_are_asked_for_at_once_and_searched_one_by_one() -> None:
    app = answering(episode=[episode(1), episode(1, 2), episode(2, 2), episode(1, 3)])
    episodes = (EpisodeNumber(1, 1), EpisodeNumber(2, 2))
    download = make_download(media_id=5, seasons=(1, 2), episodes=episodes, episode_count=2)

    statuses = await acting(app, SONARR).search(download)

    assert sent(app) == [
        {"name": "SeasonSearch", "seriesId": 5, "seasonNumber": 1},
        {"name": "EpisodeSearch", "episodeIds": [202]},
    ]
    assert len(statuses) == 2
    assert app.requests[0].url.params.multi_items() == [("seriesId", "5")]


@pytest.mark.parametrize(
    ("kind", "overrides"),
    [
        (InstanceKind.RADARR, {"media_id": None}),
        (InstanceKind.RADARR, {"media_id": 10**30}),
        (SONARR, {"media_id": None, "seasons": (1,)}),
        (SONARR, {"media_id": 5, "seasons": ()}),
        (SONARR, {"media_id": 5, "seasons": (4,)}),
    ],
)
async def test_nothing_is_searched_for_where_it_is_not_known_what(
    kind: InstanceKind, overrides: dict[str, Any]
) -> None:
    app = answering(episode=[episode(1), episode(2)])

    with pytest.raises(Rejected):
        await acting(app, kind).search(make_download(**overrides))

    assert sent(app) == []


async def test_only_titles_of_the_library_are_found() -> None:
    found = [
        {"title": "Alien", "year": 1979},
        {"id": 0, "title": "Alien", "year": 1986},
        {"id": 197, "title": "Alien 3 (1992)", "year": 1992},
        {"id": 198, "title": " "},
    ]
    app = answering(movie__lookup=found)

    titles = await acting(app).lookup("  alien \n 3 ")

    assert titles == (LibraryTitle(id=197, title="Alien 3", year=1992),)
    assert app.requests[0].url.params.multi_items() == [("term", "alien 3")]


async def test_a_series_is_found_with_its_seasons() -> None:
    seasons = [{"seasonNumber": 2}, {"seasonNumber": 0}, {}, {"seasonNumber": 1}]
    app = answering(series__lookup=[{"id": 5, "title": "Show", "year": 0, "seasons": seasons}])

    titles = await acting(app, SONARR).lookup("show")

    assert titles == (LibraryTitle(id=5, title="Show", year=None, seasons=(0, 1, 2)),)


async def test_nothing_is_looked_up_for_no_words_and_long_ones_are_cut() -> None:
    app = answering(movie__lookup=[])

    assert await acting(app).lookup(" \t ") == ()
    assert app.requests == []
    await acting(app).lookup("x" * 5000)
    assert len(app.requests[0].url.params["term"]) == 200


async def test_a_look_up_that_the_app_cannot_make_is_no_start_up() -> None:
    app = answering(movie__lookup=json_response(503, {"message": "Search for 'x' failed."}))
    client = make_client(app, timeout_s=1)

    task = asyncio.create_task(client.actions.lookup("x"))
    while not task.done():
        await client._clock.advance(1)  # type: ignore[attr-defined]  # a FakeClock

    assert type(task.exception()) is Busy
    assert len(app.requests) == 3


async def test_episodes_come_in_order_and_only_of_the_season() -> None:
    aired = "2024-03-01T21:00:00Z"
    app = answering(
        episode=[
            episode(2, title="Two", hasFile=True, airDateUtc=aired),
            episode(1),
            episode(1, season=2),
            {"seasonNumber": 1, "episodeNumber": 9},
            {"id": 5, "seasonNumber": 1},
        ]
    )

    one = await acting(app, SONARR).episodes(5, 1)
    everything = await acting(app, SONARR).episodes(5)

    first, second = one
    assert first == LibraryEpisode(id=101, number=EpisodeNumber(1, 1), title=None, has_file=None, aired=None)
    assert (second.id, second.title, second.has_file) == (102, "Two", True)
    assert second.aired is not None
    assert second.aired.isoformat() == "2024-03-01T21:00:00+00:00"
    assert [item.id for item in everything] == [101, 102, 201]


@needs_shared
async def test_the_recorded_look_up_has_one_title_of_the_library() -> None:
    app = answering(movie__lookup=json.loads((RECORDED / "movie-lookup.json").read_text()))

    (title,) = await acting(app).lookup("alien")

    assert title.id == 197
