"""The queue as a whole: requests, titles, tags and what an unchanged answer costs."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from discarr.clients.paging import PAGE_SIZE
from discarr.clients.titles import GONE_S
from discarr.core.errors import Busy, MediaClientError, TimedOut, Unauthorized
from discarr.core.models import EpisodeNumber, InstanceKind
from tests.clients.fake_app import FakeApp, json_response, make_client, make_episode_row, make_row
from tests.fakes.clock import FakeClock
from tests.shared_folder import RECORDED, needs_shared

SONARR = InstanceKind.SONARR


def movie(key: int, **more: Any) -> dict[str, Any]:
    return {"id": key, "title": f"Movie {key}", "year": 2015, "tags": []} | more


def movies(count: int) -> FakeApp:
    app = FakeApp([make_row(key) for key in range(1, count + 1)])
    app.titles = {key: movie(key) for key in range(1, count + 1)}
    return app


async def test_the_queue_is_asked_for_lean_whole_and_in_a_steady_order() -> None:
    app = FakeApp()
    await make_client(app).fetch_queue()
    assert dict(app.requests[0].url.params) == {
        "page": "1",
        "pageSize": str(PAGE_SIZE),
        "sortKey": "title",
        "sortDirection": "ascending",
        "includeUnknownMovieItems": "true",
    }
    await make_client(app, SONARR).fetch_queue()
    assert "includeUnknownSeriesItems" in app.requests[1].url.params


async def test_a_queue_without_end_is_left_in_time() -> None:
    asked: list[str] = []

    async def endless(request: httpx.Request) -> httpx.Response:
        number = request.url.params["page"]
        asked.append(number)
        await asyncio.sleep(0.02)
        page = {"page": int(number), "totalRecords": 10**6, "records": [make_row(int(number))]}
        return httpx.Response(200, json=page)

    client = make_client(endless, timeout_s=0.05)  # type: ignore[arg-type]  # MockTransport takes both
    with pytest.raises(TimedOut, match=r"no end of the queue in 0\.3 s"):
        await client.fetch_queue()
    assert 2 <= len(asked) <= 15


async def test_an_unchanged_queue_is_the_same_object() -> None:
    app = movies(1500)
    client = make_client(app)
    first = await client.fetch_queue()
    second = await client.fetch_queue()
    assert second.is_unchanged
    assert not first.is_unchanged
    assert second.downloads is first.downloads
    app.rows[1400] = make_row(1401, sizeleft=1)
    third = await client.fetch_queue()
    assert not third.is_unchanged
    assert third.downloads[0] is first.downloads[0]
    assert third.downloads[1400].size_left_bytes == 1


async def test_a_queue_that_lost_its_last_page_is_not_unchanged() -> None:
    answers = [[1], [2], [1]]
    asked: list[int] = []

    def pages(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params["page"])
        asked.append(number)
        total = 1 if len(asked) > 2 else 2
        return json_response(
            200,
            {
                "page": number,
                "totalRecords": 2 if len(asked) <= 2 else total,
                "records": [make_row(key, movieId=None) for key in answers[len(asked) - 1]],
            },
        )

    client = make_client(pages)
    assert len((await client.fetch_queue()).downloads) == 2
    again = await client.fetch_queue()
    assert (again.is_unchanged, len(again.downloads)) == (False, 1)


async def test_a_new_title_makes_an_unchanged_queue_new() -> None:
    clock = FakeClock()
    app = FakeApp([make_row(1)])
    client = make_client(app, clock=clock)
    await client.fetch_queue()
    app.answers["/movie/1"] = movie(1)
    await clock.advance(GONE_S)
    queue = await client.fetch_queue()
    assert (queue.is_unchanged, queue.downloads[0].title) == (False, "Movie 1")


async def test_bad_rows_are_counted_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    app = FakeApp([make_row(1), {"id": "x", "title": "a"}, {"title": "z"}])
    client = make_client(app)
    with caplog.at_level("WARNING"):
        queue = await client.fetch_queue()
        app.rows[0] = make_row(1, sizeleft=5)
        await client.fetch_queue()
    assert (len(queue.downloads), queue.row_count, queue.skipped_rows) == (1, 3, 2)
    assert len(caplog.records) == 1


async def test_a_failure_is_an_error_and_never_an_empty_queue() -> None:
    app = movies(3)
    client = make_client(app)
    await client.fetch_queue()
    app.answers["/queue"] = httpx.Response(401)
    with pytest.raises(Unauthorized):
        await client.fetch_queue()
    del app.answers["/queue"]
    assert len((await client.fetch_queue()).downloads) == 3


async def test_a_failure_in_the_middle_of_a_walk_is_a_failure() -> None:
    app = movies(PAGE_SIZE + 1)

    def second_fails(request: httpx.Request) -> httpx.Response:
        return httpx.Response(500) if request.url.params["page"] == "2" else app(request)

    with pytest.raises(Busy):
        await make_client(second_fails).fetch_queue()


async def test_rows_can_be_had_unfolded() -> None:
    app = FakeApp([make_episode_row(1), make_episode_row(2)])
    rows = await make_client(app, SONARR).get_all_queue_items_paginated()
    assert [row.episode_id for row in rows] == [101, 102]


def recorded(name: str) -> FakeApp:
    app = FakeApp()
    queue = app.answers["/queue"] = json.loads((RECORDED / name).read_text())
    movies = [row["movie"] for row in queue["records"] if "movie" in row]
    app.answers |= {f"/movie/{item['id']}": item for item in movies}
    return app


@needs_shared
async def test_the_recorded_series_queue_is_thirteen_downloads() -> None:
    queue = await make_client(recorded("series-queue.json"), SONARR).fetch_queue()
    assert (len(queue.downloads), queue.row_count, queue.skipped_rows) == (13, 48, 0)
    assert sum(len(download.row_ids) for download in queue.downloads) == 48
    found = {download.key.id: download for download in queue.downloads}
    devs = found["SABnzbd_nzo_727xble6"]
    assert (devs.title, devs.seasons, devs.episode_count, devs.needs_hand) == ("Devs", (1,), 8, True)
    shared_id = found["SABnzbd_nzo_i4ja0pgu"]
    assert (shared_id.title, shared_id.size_bytes) == ("Couples Therapy", 18240588717)
    unpacking = found["SABnzbd_nzo_r2z1h0s8"]
    assert (unpacking.title, unpacking.year) == ("Love Island", 2015)
    assert unpacking.episodes == (EpisodeNumber(11, 27),)
    assert found["SABnzbd_nzo_pyippncl"].title == "Puffin Rock"
    embedded = {item.title: item.poster_url for item in found.values() if item.poster_url}
    assert embedded == {
        "Undone": "https://artworks.thetvdb.com/banners/v4/series/357756/posters/6287264c13a46.jpg",
        "Love Island": "https://artworks.thetvdb.com/banners/posters/296669-3.jpg",
    }
    folders = [item.root_folder for item in found.values() if item.poster_url]
    assert folders == ["/volume2/Media/TV Series"] * 4


@needs_shared
async def test_the_recorded_movie_queue_is_two_downloads() -> None:
    queue = await make_client(recorded("movie-queue.json")).fetch_queue()
    assert (len(queue.downloads), queue.row_count) == (2, 3)
    cats = queue.downloads[1]
    assert (cats.title, cats.year, len(cats.row_ids)) == ("Cats", 2019, 1)
    assert len(cats.messages) == 2
    posters = [item.poster_url for item in queue.downloads]
    assert posters == ["https://image.tmdb.org/t/p/original/zxM1AIKBP83plf2buLR0cbGfvl2.jpg", None]
    assert [item.root_folder for item in queue.downloads] == ["/volume2/Media/Movies", None]


async def test_every_failure_is_of_the_known_kind() -> None:
    def strange(request: httpx.Request) -> httpx.Response:
        raise httpx.ProxyError("odd", request=request)

    with pytest.raises(MediaClientError):
        await make_client(strange).fetch_queue()
