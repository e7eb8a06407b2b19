"""The titles of a queue: read once, kept, and never worth the queue itself."""

from typing import Any

import httpx
import pytest

from discarr.clients.title_loader import TITLE_PAGE_SIZE
from discarr.clients.titles import FRESH_S, FRESH_TAGS_S, GONE_S, TROUBLE_S
from discarr.core.models import EpisodeNumber
from tests.clients.fake_app import FakeApp, make_client, make_episode_row, make_row
from tests.clients.test_client_queue import SONARR, movie, movies
from tests.fakes.clock import FakeClock


def numbered(series_id: int, key: int) -> dict[str, Any]:
    return {"id": key, "seriesId": series_id, "seasonNumber": 1, "episodeNumber": key - 100}


async def test_titles_are_read_from_queue_pages_once_and_then_known() -> None:
    app = movies(20)
    client = make_client(app)
    first = await client.fetch_queue()
    assert [download.title for download in first.downloads] == [f"Movie {key}" for key in range(1, 21)]
    assert app.paths() == ["/queue", "/queue+"]
    app.rows[3] = make_row(4, sizeleft=1)
    await client.fetch_queue()
    assert app.paths() == ["/queue", "/queue+", "/queue"]


@pytest.mark.parametrize("count", [1, 20], ids=["by id", "from queue pages"])
async def test_posters_and_root_folders_come_with_the_titles(count: int) -> None:
    app = movies(count)
    poster = "https://image.tmdb.org/t/p/original/one.jpg"
    images = [{"coverType": "poster", "remoteUrl": poster}, {"coverType": "fanart", "remoteUrl": "x"}]
    app.titles[1] = app.answers["/movie/1"] = movie(1, images=images, path="/films/One (2015)")
    downloads = (await make_client(app).fetch_queue()).downloads
    assert [(item.poster_url, item.root_folder) for item in downloads] == [
        (poster, "/films"),
        *[(None, None)] * (count - 1),
    ]


async def test_a_poster_elsewhere_costs_nothing_but_the_poster() -> None:
    app = movies(1)
    app.answers["/movie/1"] = movie(1, images=[{"coverType": "poster", "remoteUrl": "http://10.0.0.1/x.jpg"}])
    (download,) = (await make_client(app).fetch_queue()).downloads
    assert (download.title, download.poster_url) == ("Movie 1", None)


async def test_ten_thousand_rows_cost_few_requests_and_lose_nothing() -> None:
    app = movies(10_000)
    client = make_client(app)
    queue = await client.fetch_queue()
    assert len({download.title for download in queue.downloads}) == 10_000
    assert queue.row_count == 10_000
    assert len(app.requests) <= 50
    app.rows[0] = make_row(1, sizeleft=1)
    app.requests.clear()
    await client.fetch_queue()
    assert len(app.requests) == 10


async def test_only_pages_with_unknown_titles_are_asked_for_again() -> None:
    app = movies(3 * TITLE_PAGE_SIZE)
    client = make_client(app)
    await client.fetch_queue()
    for key in range(5):
        new = 5000 + key
        app.rows.append(make_row(new, title=f"ZZZ.{key}"))
        app.titles[new] = movie(new)
    app.requests.clear()
    queue = await client.fetch_queue()
    assert [request.url.params["page"] for request in app.requests] == ["1", "4"]
    assert queue.downloads[-1].title == "Movie 5004"


async def test_a_few_unknown_titles_are_asked_for_by_id() -> None:
    app = FakeApp([make_row(1)])
    app.answers["/movie/1"] = movie(1)
    queue = await make_client(app).fetch_queue()
    assert queue.downloads[0].title == "Movie 1"
    assert app.paths() == ["/queue", "/movie/1"]


async def test_episode_numbers_come_with_the_titles() -> None:
    app = FakeApp([make_episode_row(key) for key in (1, 2)])
    app.answers["/series/5"] = {"id": 5, "title": "Show (2020)", "year": 2020, "tags": []}
    app.answers["/episode"] = [numbered(5, 101), numbered(5, 102), {}, {"id": 9}]
    (download,) = (await make_client(app, SONARR).fetch_queue()).downloads
    assert (download.title, download.year) == ("Show", 2020)
    assert download.episodes == (EpisodeNumber(1, 1), EpisodeNumber(1, 2))
    assert app.paths() == ["/queue", "/series/5", "/episode"]
    assert app.requests[2].url.params.get_list("episodeIds") == ["101", "102"]


async def test_many_episodes_are_read_from_queue_pages_and_never_in_one_long_address() -> None:
    app = FakeApp([make_episode_row(key) for key in range(1, 500)])
    app.titles = {5: {"id": 5, "title": "Show", "year": 2020, "tags": []}}
    app.episodes = {100 + key: numbered(5, 100 + key) for key in range(1, 500)}
    (download,) = (await make_client(app, SONARR).fetch_queue()).downloads
    assert len(download.episodes) == 499
    assert app.paths() == ["/queue", "/queue+", "/queue+"]
    assert max(len(str(request.url)) for request in app.requests) < 4096


async def test_a_title_that_cannot_be_had_is_left_alone_for_a_while() -> None:
    clock = FakeClock()
    app = FakeApp([make_row(1)])
    client = make_client(app, clock=clock)
    for _ in range(3):
        assert (await client.fetch_queue()).downloads[0].title == "Movie 00001"
    assert app.paths().count("/movie/1") == 1
    await clock.advance(GONE_S)
    app.answers["/movie/1"] = movie(1)
    assert (await client.fetch_queue()).downloads[0].title == "Movie 1"


async def test_titles_missing_from_the_pages_are_asked_for_by_id_once() -> None:
    app = movies(30)
    for key in range(1, 21):
        del app.titles[key]
    app.answers["/movie/1"] = movie(1)
    client = make_client(app)
    queue = await client.fetch_queue()
    assert queue.downloads[0].title == "Movie 1"
    assert queue.downloads[1].title == "Movie 00002"
    assert queue.downloads[29].title == "Movie 30"
    asked = len(app.requests)
    await client.fetch_queue()
    assert len(app.requests) == asked + 1


@pytest.mark.parametrize("answer", [{"title": ""}, {}, [], "<html>"])
async def test_a_title_without_words_counts_as_missing(answer: Any) -> None:
    app = FakeApp([make_row(1)])
    app.answers["/movie/1"] = answer
    assert (await make_client(app).fetch_queue()).downloads[0].title == "Movie 00001"


async def test_trouble_with_titles_does_not_cost_the_queue() -> None:
    clock = FakeClock()
    app = FakeApp([make_row(1), make_row(2)])
    app.answers["/movie/1"] = httpx.Response(500)
    app.answers["/movie/2"] = movie(2)
    client = make_client(app, clock=clock)
    for _ in range(2):
        assert len((await client.fetch_queue()).downloads) == 2
    assert app.paths() == ["/queue", "/movie/1", "/queue"]
    app.answers["/movie/1"] = movie(1)
    await clock.advance(TROUBLE_S)
    titles = [download.title for download in (await client.fetch_queue()).downloads]
    assert titles == ["Movie 1", "Movie 2"]


async def test_titles_take_no_longer_than_their_budget_and_go_on_at_the_next_poll() -> None:
    clock = FakeClock()
    app = movies(3 * TITLE_PAGE_SIZE)

    async def slow(request: httpx.Request) -> httpx.Response:
        if "includeMovie" in request.url.params:
            await clock.advance(10)
        return app(request)

    client = make_client(slow, clock=clock, timeout_s=15)  # type: ignore[arg-type]  # MockTransport takes both
    await client.fetch_queue()
    assert app.paths() == ["/queue", "/queue+", "/queue+"]
    queue = await client.fetch_queue()
    assert {download.title.split()[0] for download in queue.downloads} == {"Movie"}
    assert app.paths()[3:] == ["/queue", "/queue+"]


async def test_single_titles_keep_to_the_budget_too() -> None:
    clock = FakeClock()
    app = FakeApp([make_episode_row(1), make_episode_row(2, seriesId=6, download_id="OTHER")])

    async def slow(request: httpx.Request) -> httpx.Response:
        if "/series/" in request.url.path:
            await clock.advance(20)
        return app(request)

    client = make_client(slow, SONARR, clock=clock)  # type: ignore[arg-type]  # MockTransport takes both
    await client.fetch_queue()
    assert app.paths() == ["/queue", "/series/5"]
    await client.fetch_queue()
    assert app.paths() == ["/queue", "/series/5", "/queue", "/series/6"]
    await client.fetch_queue()
    assert app.paths()[4:] == ["/queue", "/episode"]


async def test_titles_are_refreshed_daily_and_shown_until_then() -> None:
    clock = FakeClock()
    app = FakeApp([make_row(1)])
    app.answers["/movie/1"] = movie(1)
    client = make_client(app, clock=clock)
    before = await client.fetch_queue()
    await clock.advance(FRESH_S)
    app.answers["/movie/1"] = movie(1, title="New Name")
    after = await client.fetch_queue()
    assert [queue.downloads[0].title for queue in (before, after)] == ["Movie 1", "New Name"]
    await clock.advance(FRESH_S)
    app.answers["/movie/1"] = httpx.Response(500)
    assert (await client.fetch_queue()).downloads[0].title == "New Name"


@pytest.mark.parametrize("count", [1, 10])
async def test_a_tag_that_was_added_later_is_noticed_soon_where_tags_hide(count: int) -> None:
    clock = FakeClock()
    app = movies(count)
    app.answers["/tag"] = [{"id": 1, "label": "gift"}]
    if count == 1:
        app.answers["/movie/1"] = movie(1)
    client = make_client(app, clock=clock, needs_fresh_tags=True)
    assert (await client.fetch_queue()).downloads[0].tags == ()
    app.titles[1] = app.answers["/movie/1"] = movie(1, tags=[1])
    await clock.advance(FRESH_TAGS_S)
    asked = len(app.requests)
    assert (await client.fetch_queue()).downloads[0].tags == ("gift",)
    assert len(app.requests) - asked == 3


async def test_titles_of_what_left_the_queue_are_forgotten() -> None:
    clock = FakeClock()
    app = movies(5)
    client = make_client(app, clock=clock)
    await client.fetch_queue()
    app.rows = []
    await clock.advance(FRESH_S)
    await client.fetch_queue()
    assert [client._titles.media.get(key) for key in range(1, 6)] == [None] * 5


async def test_tags_are_labels_in_lower_case_and_asked_for_only_when_used() -> None:
    app = FakeApp([make_row(1), make_row(2)])
    app.answers |= {"/movie/1": movie(1, tags=[2, 1]), "/movie/2": movie(2)}
    app.answers["/tag"] = [{"id": 1, "label": "Gift"}, {"id": 2, "label": "Anime"}, {"id": 3}]
    client = make_client(app)
    assert [download.tags for download in (await client.fetch_queue()).downloads] == [("anime", "gift"), ()]
    await client.fetch_queue()
    assert app.paths().count("/tag") == 1


async def test_tags_stay_unknown_while_their_labels_cannot_be_had() -> None:
    clock = FakeClock()
    app = FakeApp([make_row(1), make_row(2), make_row(3, movieId=None)])
    app.answers |= {"/movie/1": movie(1, tags=[1]), "/movie/2": {"title": "x"}, "/tag": httpx.Response(500)}
    client = make_client(app, clock=clock)
    assert [download.tags for download in (await client.fetch_queue()).downloads] == [None, None, None]
    app.answers["/tag"] = [{"id": 1, "label": "gift"}]
    assert (await client.fetch_queue()).downloads[0].tags is None
    await clock.advance(TROUBLE_S)
    assert (await client.fetch_queue()).downloads[0].tags == ("gift",)


async def test_a_tag_that_no_longer_exists_is_no_label() -> None:
    app = FakeApp([make_row(1)])
    app.answers |= {"/movie/1": movie(1, tags=[1, 9]), "/tag": [{"id": 1, "label": "gift"}]}
    client = make_client(app)
    assert (await client.fetch_queue()).downloads[0].tags == ("gift",)
    await client.fetch_queue()
    assert app.paths().count("/tag") == 1


async def test_a_tag_that_is_new_is_looked_up_and_unknown_until_then() -> None:
    clock = FakeClock()
    app = FakeApp([make_row(1)])
    app.answers |= {"/movie/1": movie(1, tags=[1]), "/tag": [{"id": 1, "label": "gift"}]}
    client = make_client(app, clock=clock)
    await client.fetch_queue()
    app.rows.append(make_row(2))
    app.answers["/movie/2"] = movie(2, tags=[7])
    app.answers["/tag"] = [{"id": 1, "label": "gift"}, {"id": 7, "label": "adult"}]
    assert (await client.fetch_queue()).downloads[1].tags is None
    await clock.advance(TROUBLE_S)
    assert (await client.fetch_queue()).downloads[1].tags == ("adult",)


async def test_a_renamed_label_is_noticed_within_a_day() -> None:
    clock = FakeClock()
    app = FakeApp([make_row(1)])
    app.answers |= {"/movie/1": movie(1, tags=[1]), "/tag": [{"id": 1, "label": "gift"}]}
    client = make_client(app, clock=clock)
    await client.fetch_queue()
    app.answers["/tag"] = [{"id": 1, "label": "present"}]
    await clock.advance(FRESH_S + TROUBLE_S)
    assert (await client.fetch_queue()).downloads[0].tags == ("present",)
