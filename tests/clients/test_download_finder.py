"""Reading a download again before acting on it: fresh, whole, and without disturbing the poll."""

import asyncio
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discarr.clients.paging import PAGE_SIZE
from discarr.core.errors import BadAnswer, NotFound, TimedOut
from discarr.core.models import DownloadKey, EpisodeNumber, InstanceKind
from tests.clients.fake_app import FakeApp, make_client, make_episode_row, make_row
from tests.effort import examples
from tests.fakes.clock import FakeClock

SONARR = InstanceKind.SONARR


class App(FakeApp):
    """A Radarr or Sonarr with `/queue/details`."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/queue/details"):
            return super().__call__(request)
        self.requests.append(request)
        ((name, wanted),) = request.url.params.multi_items()
        return httpx.Response(200, json=[row for row in self.rows if str(row.get(name)) == wanted])


def key_of(row: dict[str, Any], instance: str = "radarr") -> DownloadKey:
    if "downloadId" in row:
        return DownloadKey(instance, "d", row["downloadId"])
    return DownloadKey(instance, "p", str(row["id"]))


async def test_a_download_of_a_known_title_costs_one_small_request() -> None:
    app = App([make_row(1), make_row(2, sizeleft=7), make_row(3, movieId=2)])

    download = await make_client(app).actions.find(key_of(make_row(2)), 2)

    assert download is not None
    assert (download.row_ids, download.size_left_bytes) == ((2,), 7)
    (request,) = app.requests
    assert str(request.url).endswith("/queue/details?movieId=2")


async def test_a_pack_is_folded_as_the_poll_does_it() -> None:
    app = App([make_episode_row(key) for key in (3, 1, 2)])
    app.answers["/series/5"] = {"id": 5, "title": "Show (2020)", "year": 2020, "tags": []}
    app.answers["/episode"] = [
        {"id": 100 + key, "seasonNumber": 1, "episodeNumber": key} for key in (1, 2, 3)
    ]
    client = make_client(app, SONARR)
    (polled,) = (await client.fetch_queue()).downloads

    found = await client.actions.find(polled.key, polled.media_id)

    assert found == polled
    assert polled.episodes == tuple(EpisodeNumber(1, key) for key in (1, 2, 3))
    assert str(app.requests[-1].url).endswith("/queue/details?seriesId=5")


async def test_a_download_without_a_title_is_looked_for_in_the_whole_queue() -> None:
    unknown = make_row(7, movieId=None, title="Zzz")
    app = App([*(make_row(key) for key in range(100, 100 + PAGE_SIZE)), unknown])

    download = await make_client(app).actions.find(key_of(unknown), None)

    assert download is not None
    assert download.row_ids == (7,)
    assert app.paths() == ["/queue", "/queue"]
    assert app.requests[0].url.params["includeUnknownMovieItems"] == "true"


async def test_a_download_that_has_another_title_by_now_is_not_taken_for_gone() -> None:
    app = App([make_row(1, movieId=8)])

    download = await make_client(app).actions.find(key_of(make_row(1)), 1)

    assert download is not None
    assert download.media_id == 8


async def test_of_a_download_with_several_titles_the_rows_of_its_own_are_enough() -> None:
    """Recorded: one download id on rows of two movies; the lowest row id speaks for all."""
    rows = [make_row(1, movieId=5, downloadId="A"), make_row(2, movieId=6, downloadId="A")]
    client = make_client(App(rows))
    (polled,) = (await client.fetch_queue()).downloads

    found = await client.actions.find(polled.key, polled.media_id)

    assert found is not None
    assert (polled.row_ids, found.row_ids) == ((1, 2), (1,))
    assert (polled.media_id, polled.release_title) == (found.media_id, found.release_title)


async def test_a_download_that_is_gone_is_none() -> None:
    app = App([make_row(1)])

    assert await make_client(app).actions.find(key_of(make_row(2)), 2) is None
    assert app.paths() == ["/queue/details", "/queue"]


async def test_a_pending_release_is_known_by_its_row_and_by_no_other() -> None:
    pending = make_row(5, downloadId=None, status="delay")
    app = App([make_row(4, downloadId="5"), pending])
    actions = make_client(app).actions

    held_back = await actions.find(DownloadKey("radarr", "p", "5"), 5)
    tracked = await actions.find(DownloadKey("radarr", "d", "5"), 4)

    assert held_back is not None
    assert tracked is not None
    assert (held_back.row_ids, tracked.row_ids) == ((5,), (4,))
    assert await actions.find(DownloadKey("radarr", "p", "4"), 4) is None


async def test_a_row_that_cannot_be_understood_is_not_taken_for_gone() -> None:
    app = App([make_row(1, size="huge"), make_row(2)])
    actions = make_client(app).actions

    with pytest.raises(BadAnswer):
        await actions.find(key_of(make_row(1)), 1)
    assert await actions.find(key_of(make_row(2)), None) is not None


async def test_a_failure_is_told_and_not_taken_for_gone() -> None:
    app = App([make_row(1)])
    app.answers["/queue"] = httpx.Response(404, json={"message": "NotFound"})

    with pytest.raises(NotFound):
        await make_client(app).actions.find(key_of(make_row(2)), 2)


async def test_a_queue_without_end_is_given_up_on() -> None:
    number = 0

    async def slow_and_changing(request: httpx.Request) -> httpx.Response:
        nonlocal number
        number += 1
        await asyncio.sleep(0.01)
        row = make_row(number)
        page = {"page": int(request.url.params["page"]), "totalRecords": 10**6, "records": [row]}
        return httpx.Response(200, json=page)

    client = make_client(slow_and_changing, timeout_s=0.2)  # type: ignore[arg-type]  # httpx takes both

    with pytest.raises(TimedOut, match="no end of the queue"):
        await client.actions.find(key_of(make_row(0)), None)


async def test_an_older_request_that_is_under_way_is_not_shared() -> None:
    is_asked, may_answer = asyncio.Event(), asyncio.Event()
    left = [make_row(1)]
    asked = 0

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        rows = list(left)  # as of when it was asked
        if asked == 1:
            is_asked.set()
            await may_answer.wait()
        return httpx.Response(200, json={"page": 1, "totalRecords": len(rows), "records": rows})

    client = make_client(answer)  # type: ignore[arg-type]  # httpx takes both
    poll = asyncio.create_task(client.get_all_queue_items_paginated())
    await is_asked.wait()
    left.clear()

    found = await client.actions.find(key_of(make_row(1)), None)

    may_answer.set()
    assert found is None
    assert len(await poll) == 1
    assert asked == 2


async def test_the_poll_notices_nothing() -> None:
    app = App([make_row(key) for key in range(1, 20)])
    client = make_client(app)
    first = await client.fetch_queue()

    await client.actions.find(key_of(make_row(1)), 1)
    await client.actions.find(key_of(make_row(50)), None)
    second = await client.fetch_queue()

    assert second.is_unchanged
    assert second.downloads is first.downloads


rows = st.lists(
    st.builds(
        lambda row_id, download_id, movie_id, title: make_row(
            row_id, downloadId=download_id, movieId=movie_id, title=title
        ),
        st.integers(1, 6),
        st.sampled_from([None, "A", "B", "1"]),
        st.sampled_from([None, 1, 2]),
        st.sampled_from(["x", "y"]),
    ),
    max_size=8,
    unique_by=lambda row: row["id"],
)


@settings(max_examples=examples(30))
@given(rows)
async def test_what_is_found_by_queue_is_what_the_poll_shows(rows: list[dict[str, Any]]) -> None:
    app = App(rows)
    client = make_client(app, clock=FakeClock())
    polled = {download.key: download for download in (await client.fetch_queue()).downloads}
    keys = {DownloadKey("radarr", "d", key) for key in ("A", "B", "1")}
    keys |= {DownloadKey("radarr", "p", str(key)) for key in range(1, 7)}

    found = {key: await client.actions.find(key, None) for key in keys}

    assert {key: download for key, download in found.items() if download} == polled
