"""The history, at the wire: what is asked for, what becomes of the rows, and what is left behind."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest

from discarr.clients.history_walk import CATCH_UP_PAGE_SIZE
from discarr.clients.wire import HistoryRow
from discarr.core.errors import BadAnswer, Busy
from discarr.core.models import EpisodeNumber, HistoryEvent, HistoryRecord, InstanceKind
from tests.clients.fake_app import (
    Handler,
    app_with,
    history_of,
    json_response,
    make_client,
    make_history_row,
    make_row,
)
from tests.shared_folder import RECORDED, needs_shared

SONARR = InstanceKind.SONARR
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
POSTER = "https://image.tmdb.org/t/p/original/dune.jpg"


async def records_of(handler: Handler, kind: InstanceKind = InstanceKind.RADARR) -> tuple[HistoryRecord, ...]:
    return (await make_client(handler, kind).fetch_history()).records


def paged(rows: list[dict[str, Any]], asked: list[tuple[int, int]]) -> Handler:
    """Return an app that cuts the rows into pages, and notes which pages it was asked for."""

    def answer(request: httpx.Request) -> httpx.Response:
        number, size = int(request.url.params["page"]), int(request.url.params["pageSize"])
        asked.append((number, size))
        records = rows[(number - 1) * size : number * size]
        return json_response(200, {"page": number, "totalRecords": len(rows), "records": records})

    return answer


async def test_history_is_asked_for_newest_first_and_filtered() -> None:
    app = history_of()
    await make_client(app).fetch_history(page_size=5, event=HistoryEvent.IMPORTED, download_id="HASH")
    assert dict(app.requests[0].url.params) == {
        "page": "1",
        "pageSize": "5",
        "sortKey": "date",
        "sortDirection": "descending",
        "eventType": "3",
        "downloadId": "HASH",
        "includeMovie": "true",
    }
    await make_client(app, SONARR).fetch_history(event=HistoryEvent.FILE_DELETED)
    params = app.requests[1].url.params
    assert (params["eventType"], params["includeSeries"], params["includeEpisode"]) == ("5", "true", "true")
    await make_client(app).fetch_history(event=HistoryEvent.UNKNOWN)
    assert "eventType" not in app.requests[2].url.params


async def test_history_names_the_movie() -> None:
    images = [{"coverType": "poster", "url": "/MediaCover/7/poster.jpg", "remoteUrl": POSTER}]
    media = {"title": "Dune: Part Two", "year": 2024, "tags": [1], "images": images}
    app = history_of(make_history_row(1, movie=media))
    app.answers["/tag"] = [{"id": 1, "label": "Gift"}]
    (found,) = await records_of(app)
    assert (found.title, found.year, found.media_id, found.tags) == ("Dune: Part Two", 2024, 7, ("gift",))
    assert (found.event, found.quality, found.download_id) == (HistoryEvent.IMPORTED, "WEBDL-2160p", "HASH")
    assert (found.poster_url, found.episode_id, found.episode) == (POSTER, None, None)


SECRETS = {
    "downloadUrl": "http://prowlarr:9696/1/download?apikey=canary-key&link=canary-link",
    "guid": "https://indexer.example/canary-guid",
    "nzbInfoUrl": "https://indexer.example/canary-page",
    "torrentInfoHash": "canary-hash",
    "droppedPath": "/data/canary-dropped",
    "importedPath": "/data/canary-imported",
    "downloadClient": "canary-client",
    "message": "canary-message",
    "indexer": None,
}


@pytest.mark.parametrize(
    "damage", [{}, {"languages": float("nan")}, {"id": "1"}], ids=["sound", "read patiently", "converted"]
)
@pytest.mark.parametrize("event", ["grabbed", "movieFileDeleted", "downloadFailed", "canary"])
async def test_nothing_of_the_data_survives_but_an_upgrade(event: str, damage: dict[str, Any]) -> None:
    data = SECRETS | {"reason": "Upgrade"}
    row = make_history_row(1, eventType=event, data=data, movie={"title": "Dune"}) | damage
    body = json.dumps({"page": 1, "totalRecords": 1, "records": [row]}).encode()

    (found,) = await records_of(
        lambda request: httpx.Response(200, content=body, headers={"content-type": "application/json"})
    )

    fields = msgspec.structs.asdict(found)
    assert "canary" not in repr(found)
    assert "canary" not in repr(fields)
    assert "Upgrade" not in repr(fields)
    assert found.is_upgrade_deletion is (event == "movieFileDeleted")


def test_the_wire_reads_no_other_entry_of_the_data() -> None:
    row = msgspec.json.decode(json.dumps({"data": SECRETS | {"reason": "Manual"}}), type=HistoryRow)
    assert msgspec.to_builtins(row.data) == {"reason": "Manual"}
    assert "canary" not in repr(row)


@pytest.mark.parametrize(
    ("event", "data", "is_upgrade"),
    [
        ("movieFileDeleted", {"reason": "Upgrade"}, True),
        ("episodeFileDeleted", {"reason": "Upgrade"}, True),
        ("episodeFileDeleted", {"reason": "Manual"}, False),
        ("episodeFileDeleted", {"reason": "MissingFromDisk"}, False),
        ("episodeFileDeleted", {"reason": None}, False),
        ("episodeFileDeleted", {}, False),
        ("episodeFileDeleted", None, False),
        ("downloadFolderImported", {"reason": "Upgrade"}, False),
    ],
)
async def test_a_file_that_made_room_for_a_better_one_is_told_apart(
    event: str, data: dict[str, Any] | None, is_upgrade: bool
) -> None:
    (found,) = await records_of(history_of(make_history_row(1, eventType=event, data=data)))
    assert found.is_upgrade_deletion is is_upgrade


async def test_history_falls_back_to_the_name_of_the_release_and_never_shows_a_path() -> None:
    app = history_of(
        make_history_row(2, sourceTitle="/volume2/Media/Movies/The Martian (2015)/The.Martian.2015.720p.mp4"),
        make_history_row(
            1, sourceTitle="C:\\tv\\Show.S01E02.mkv", movieId=None, seriesId=3, downloadId="", movie={}
        ),
    )
    martian, show = await records_of(app, SONARR)
    assert (martian.title, martian.year, martian.release_title) == (
        "The Martian",
        2015,
        "The.Martian.2015.720p.mp4",
    )
    assert (show.title, show.episode, show.download_id) == ("Show", EpisodeNumber(1, 2), None)
    assert (show.tags, show.poster_url) == (None, None)


async def test_history_knows_the_titles_of_the_queue() -> None:
    app = history_of(make_history_row(1, movie={"title": " "}))
    app.rows = [make_row(7)]
    app.answers["/movie/7"] = {"id": 7, "title": "Dune: Part Two", "year": 2024, "tags": []}
    client = make_client(app)
    await client.fetch_queue()
    (found,) = (await client.fetch_history()).records
    assert (found.title, found.tags) == ("Dune: Part Two", ())


async def test_a_title_that_many_rows_embed_exists_once_and_titles_without_ids_are_not_mixed_up() -> None:
    app = history_of(
        make_history_row(4, 4, movie={"title": "Long Title"}),
        make_history_row(3, 3, movie={"title": "Long Title"}),
        make_history_row(2, 2, movieId=None, movie={"title": "Long Title"}),
        make_history_row(1, 1, movieId=0, movie={"title": "Other Title"}),
    )
    found = await records_of(app)
    assert [record.title for record in found] == ["Long Title"] * 3 + ["Other Title"]
    assert found[0].title is found[1].title


async def test_history_takes_episodes_from_the_episode() -> None:
    series = {"title": "Show", "year": 2020, "tags": []}
    episode = {"id": 15, "seasonNumber": 2, "episodeNumber": 3}
    app = history_of(
        make_history_row(1, movieId=None, seriesId=3, episodeId=15, series=series, episode=episode)
    )
    (found,) = await records_of(app, SONARR)
    assert (found.title, found.episode, found.tags) == ("Show", EpisodeNumber(2, 3), ())
    assert (found.media_id, found.episode_id) == (3, 15)


async def test_the_name_of_a_pack_tells_no_single_episode() -> None:
    pack = make_history_row(1, movieId=None, seriesId=3, episodeId=0, sourceTitle="Show.S01E01E02.1080p")
    (found,) = await records_of(history_of(pack), SONARR)
    assert (found.episode, found.episode_id) == (None, None)


@pytest.mark.parametrize(
    ("word", "event"),
    [
        ("grabbed", HistoryEvent.GRABBED),
        ("downloadFailed", HistoryEvent.FAILED),
        ("downloadIgnored", HistoryEvent.IGNORED),
        ("movieFileDeleted", HistoryEvent.FILE_DELETED),
        ("episodeFileRenamed", HistoryEvent.RENAMED),
        ("seriesFolderImported", HistoryEvent.IMPORTED),
        ("somethingNew", HistoryEvent.UNKNOWN),
        (None, HistoryEvent.UNKNOWN),
    ],
)
async def test_history_events_are_told_apart_and_unknown_ones_kept(
    word: str | None, event: HistoryEvent
) -> None:
    (found,) = await records_of(history_of(make_history_row(1, eventType=word)))
    assert found.event is event


async def test_rows_that_cannot_be_understood_are_left_out_counted_and_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = history_of(make_history_row(1), make_history_row(2, id=None), make_history_row(3, date=None), None)
    client = make_client(app)
    with caplog.at_level("WARNING"):
        history = await client.fetch_history()
        await client.fetch_history()
    assert [found.id for found in history.records] == [1]
    assert history.skipped_rows == 3
    assert [entry.getMessage() for entry in caplog.records] == [
        "radarr: 3 history rows could not be understood"
    ]


async def test_a_short_absence_costs_one_short_page() -> None:
    asked: list[tuple[int, int]] = []
    rows = [make_history_row(minute, minute) for minute in range(59, -1, -1)]
    since = datetime(2026, 1, 2, 20, 50, tzinfo=UTC)
    history = await make_client(paged(rows, asked)).fetch_history(since=since)
    assert [record.id for record in history.records] == list(range(59, 49, -1))
    assert history.is_complete
    assert asked == [(1, 20)]


async def test_a_long_absence_is_read_in_long_pages() -> None:
    asked: list[tuple[int, int]] = []
    rows = [make_history_row(key) for key in range(600, 0, -1)]
    history = await make_client(paged(rows, asked)).fetch_history(since=LONG_AGO)
    assert [record.id for record in history.records] == list(range(600, 0, -1))
    assert history.is_complete
    assert asked == [(1, 20), *((number, CATCH_UP_PAGE_SIZE) for number in (1, 2, 3))]


async def test_a_catch_up_can_be_bounded_and_says_that_it_was_cut_off() -> None:
    asked: list[tuple[int, int]] = []
    rows = [make_history_row(key) for key in range(600, 0, -1)]
    history = await make_client(paged(rows, asked)).fetch_history(since=LONG_AGO, max_records=300)
    assert [record.id for record in history.records] == list(range(600, 300, -1))
    assert not history.is_complete
    assert len(asked) == 3


async def test_a_failure_in_the_middle_of_a_catch_up_is_a_failure() -> None:
    rows = [make_history_row(key) for key in range(600, 0, -1)]
    answer = paged(rows, [])

    def second_fails(request: httpx.Request) -> httpx.Response:
        return httpx.Response(500) if request.url.params["page"] == "2" else answer(request)

    with pytest.raises(Busy):
        await make_client(second_fails).fetch_history(since=LONG_AGO)


async def test_the_newest_record_costs_one_row() -> None:
    asked: list[tuple[int, int]] = []
    rows = [make_history_row(key) for key in range(30, 0, -1)]
    newest = await make_client(paged(rows, asked)).fetch_newest_record()
    assert newest is not None
    assert newest.id == 30
    assert asked == [(1, 1)]


async def test_there_is_no_newest_record_of_an_empty_history() -> None:
    assert await make_client(history_of()).fetch_newest_record() is None


async def test_a_newest_record_that_cannot_be_read_does_not_make_the_history_empty() -> None:
    asked: list[tuple[int, int]] = []
    broken = make_history_row(31, date=None)
    client = make_client(paged([broken, make_history_row(30)], asked))
    newest = await client.fetch_newest_record()
    assert newest is not None
    assert newest.id == 30
    with pytest.raises(BadAnswer):
        await make_client(paged([broken], asked)).fetch_newest_record()


async def test_history_without_its_tags_is_still_history(caplog: pytest.LogCaptureFixture) -> None:
    app = history_of(make_history_row(1, movie={"title": "Dune", "tags": [1]}))
    app.answers["/tag"] = httpx.Response(500)
    client = make_client(app)
    caplog.set_level("INFO", logger="discarr")
    for _ in range(2):
        (found,) = (await client.fetch_history()).records
        assert (found.title, found.tags) == ("Dune", None)
    (said,) = [entry.getMessage() for entry in caplog.records if entry.name.startswith("discarr")]
    assert said.startswith("radarr: the tags of its history are not known: ")


@needs_shared
async def test_the_recorded_series_history_is_read_without_secrets() -> None:
    app = app_with(history=json.loads((RECORDED / "series-episode-history.json").read_text()))
    imported, grabbed = await records_of(app, SONARR)
    assert imported.title == "The Jinx The Life and Deaths of Robert Durst"
    assert (imported.event, grabbed.event) == (HistoryEvent.IMPORTED, HistoryEvent.GRABBED)
    assert imported.download_id == grabbed.download_id
    assert {(item.episode_id, item.episode) for item in (imported, grabbed)} == {(15785, EpisodeNumber(2, 4))}
    assert not any(word in repr((imported, grabbed)) for word in ("apikey", "http", "/volume"))


@needs_shared
async def test_the_recorded_movie_history_tells_an_upgrade_from_a_deletion() -> None:
    found = await records_of(history_of(*json.loads((RECORDED / "movie-history.json").read_text())))
    assert [item.event for item in found if item.is_upgrade_deletion] == [HistoryEvent.FILE_DELETED]
    assert len(found) == 5
    assert not any(word in repr(found) for word in ("apikey", "http", "/volume"))
