"""What is still wanted, asked with few requests."""

from typing import Any

import httpx
import pytest

from discarr.core.errors import Unauthorized
from discarr.core.models import Download, DownloadKey, EpisodeNumber, InstanceKind
from tests.clients.fake_app import make_client
from tests.factories import make_download
from tests.fakes.clock import FakeClock


class Library:
    """An app that answers from its attributes, and remembers what it was asked."""

    def __init__(self, kind: InstanceKind = InstanceKind.RADARR) -> None:
        self.movies: dict[int, Any] = {}
        self.queue: list[dict[str, Any]] = []
        self.episodes: dict[int, Any] = {}
        self.asked: list[str] = []
        self.status = 200
        self.clock = FakeClock()
        self.answers_after_s = 0.0
        self.client = make_client(self.answer, kind, clock=self.clock)

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v3")
        self.asked.append(path)
        self.clock._elapsed += self.answers_after_s
        if self.status != 200:
            return httpx.Response(self.status, json={})
        if path == "/queue/details":
            return httpx.Response(200, json=self.queue)
        if path == "/episode":
            ids = map(int, request.url.params.get_list("episodeIds"))
            known = [{"id": key, "monitored": self.episodes[key]} for key in ids if key in self.episodes]
            return httpx.Response(200, json=known)
        movie_id = int(path.rpartition("/")[2])
        if movie_id not in self.movies:
            return httpx.Response(404, json={"message": "NotFound"})
        return httpx.Response(200, json=self.movies[movie_id])

    def holds(self, download_id: str, *episode_ids: int | None) -> None:
        self.queue += [
            {"id": len(self.queue) + number, "downloadId": download_id, "episodeId": key}
            for number, key in enumerate(episode_ids, 1)
        ]


def movie(download_id: str, media_id: int | None) -> Download:
    return make_download(key=DownloadKey("radarr", "d", download_id), media_id=media_id)


def pack(download_id: str, episode_count: int, *, series_id: int = 5) -> Download:
    return make_download(
        key=DownloadKey("sonarr", "d", download_id),
        media_id=series_id,
        seasons=(1,),
        episodes=tuple(EpisodeNumber(1, number + 1) for number in range(episode_count)),
        episode_count=episode_count,
    )


async def answers(library: Library, *downloads: Download) -> dict[str, bool]:
    found = await library.client.library.monitored(downloads)
    return {key.id: is_monitored for key, is_monitored in found.items()}


async def test_a_movie_is_asked_for_once_whatever_the_number_of_its_downloads() -> None:
    library = Library()
    library.movies = {1: {"monitored": False, "title": "Dune"}, 2: {"monitored": True}}

    assert await answers(library, movie("A", 1), movie("B", 2), movie("C", 1)) == {
        "A": False,
        "B": True,
        "C": False,
    }
    assert library.asked == ["/movie/1", "/movie/2"]


async def test_what_is_not_known_is_left_out() -> None:
    library = Library()
    library.movies = {1: {"title": "Dune"}, 2: {"monitored": False}}

    assert await answers(library, movie("A", 1), movie("gone", 9), movie("orphan", None), movie("B", 2)) == {
        "B": False
    }


async def test_a_pack_is_wanted_as_long_as_one_of_its_episodes_is() -> None:
    library = Library(InstanceKind.SONARR)
    library.holds("A", 10, 11)
    library.holds("B", 12, 13)
    library.holds("another", 14)
    library.episodes = {10: False, 11: False, 12: False, 13: True, 14: True}

    assert await answers(library, pack("A", 2), pack("B", 2)) == {"A": False, "B": True}
    assert library.asked == ["/queue/details", "/episode"]


@pytest.mark.parametrize(
    ("held", "count"),
    [((10, 11), 3), ((10, 11, None), 3), ((10, 11, None), 2), ((), 0), ((10, 15), 2), ((10, -1), 2)],
)
async def test_nothing_is_said_of_a_pack_that_is_not_known_completely(
    held: tuple[int | None, ...], count: int
) -> None:
    library = Library(InstanceKind.SONARR)
    library.holds("A", *held)
    library.episodes = {10: False, 11: False}

    assert await answers(library, pack("A", count)) == {}


async def test_one_monitored_episode_settles_it_also_when_another_is_gone() -> None:
    library = Library(InstanceKind.SONARR)
    library.holds("A", 10, 11)
    library.episodes = {10: True}

    assert await answers(library, pack("A", 2)) == {"A": True}


async def test_an_episode_of_which_the_app_does_not_say_it_leaves_a_pack_open() -> None:
    library = Library(InstanceKind.SONARR)
    library.holds("A", 10, 11)
    library.episodes = {10: False, 11: None}

    assert await answers(library, pack("A", 2)) == {}


async def test_a_hundred_episodes_are_asked_for_at_a_time() -> None:
    library = Library(InstanceKind.SONARR)
    ids = range(1, 251)
    library.holds("A", *ids)
    library.episodes = dict.fromkeys(ids, False)

    assert await answers(library, pack("A", 250)) == {"A": False}
    assert library.asked == ["/queue/details", *["/episode"] * 3]


async def test_a_slow_app_is_not_asked_for_ever() -> None:
    library = Library()
    library.movies = {number: {"monitored": False} for number in range(1, 10)}
    library.answers_after_s = 10.0

    found = await answers(library, *(movie(str(number), number) for number in range(1, 10)))

    assert found == {"1": False, "2": False, "3": False}


async def test_an_app_that_refuses_is_an_error() -> None:
    library = Library()
    library.status = 401

    with pytest.raises(Unauthorized):
        await answers(library, movie("A", 1))
