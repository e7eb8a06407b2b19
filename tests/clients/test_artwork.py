from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discarr.clients.artwork import MAX_URL, poster_url
from discarr.clients.wire import Cover

HOSTS = (
    "image.tmdb.org",
    "artworks.thetvdb.com",
    "www.thetvdb.com",
    "assets.fanart.tv",
    "m.media-amazon.com",
)
POSTER = "https://image.tmdb.org/t/p/original/zxM1AIKBP83plf2buLR0cbGfvl2.jpg"


def shown(url: str | None) -> str | None:
    return poster_url([Cover(cover_type="poster", remote_url=url)])


@pytest.mark.parametrize(
    "url",
    [
        POSTER,
        "https://artworks.thetvdb.com/banners/v4/series/357756/posters/6287264c13a46.jpg",
        "https://artworks.thetvdb.com/banners/posters/296669-3.jpg",
        "https://www.thetvdb.com/banners/posters/296669-3.jpg",
        "https://assets.fanart.tv/fanart/tv/1/tvposter/a-title-5234f.jpg",
        "https://m.media-amazon.com/images/M/MV5BMTM@._V1_SX300,400_.jpg",
    ],
)
def test_posters_of_the_public_hosts_are_shown(url: str) -> None:
    assert shown(url) == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "/MediaCover/368/poster.jpg?lastWrite=638526692371747122",
        "http://image.tmdb.org/t/p/original/a.jpg",
        "HTTPS://image.tmdb.org/a.jpg",
        "//image.tmdb.org/a.jpg",
        "https://image.tmdb.org",
        "https://image.tmdb.org/",
        "https://image.tmdb.org:8443/a.jpg",
        "https://image.tmdb.org:443/a.jpg",
        "https://user@image.tmdb.org/a.jpg",
        "https://image.tmdb.org@evil.example/a.jpg",
        "https://image.tmdb.org.evil.example/a.jpg",
        "https://evil.example/image.tmdb.org/a.jpg",
        "https://evil.example/https://image.tmdb.org/a.jpg",
        "https://image-tmdb.org/a.jpg",
        "https://imageXtmdb.org/a.jpg",
        "https://sub.image.tmdb.org/a.jpg",
        "https://image.tmdb.org\\@evil.example/a.jpg",
        "https://image.tmdb.org./a.jpg",
        "https://image.tmdb.org/a.jpg?who=discord",
        "https://image.tmdb.org/a.jpg#x",
        "https://image.tmdb.org/a%2fb.jpg",
        "https://image.tmdb.org/a b.jpg",
        "https://image.tmdb.org/a.jpg\n",
        "https://image.tmdb.org/á.jpg",
        "https://image.tmdb.org/\N{RIGHT-TO-LEFT OVERRIDE}gpj.a",
        " https://image.tmdb.org/a.jpg",
        "https://192.168.1.2/a.jpg",
        "https://image.tmdb.org/" + "a" * MAX_URL,
    ],
)
def test_nothing_else_is(url: str | None) -> None:
    assert shown(url) is None


def test_an_address_may_be_as_long_as_the_limit() -> None:
    start = "https://image.tmdb.org/"
    assert shown(start + "a" * (MAX_URL - len(start))) is not None
    assert shown(start + "a" * (MAX_URL - len(start) + 1)) is None


@given(st.sampled_from(HOSTS).flatmap(lambda host: st.tuples(st.just(host), st.text(max_size=40))))
def test_no_text_after_a_host_leads_anywhere_else(found: tuple[str, str]) -> None:
    host, text = found
    url = shown(f"https://{host}{text}")
    if url is not None:
        parts = urlsplit(url)
        assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("https", host, "", "")
        assert url.isascii()


def test_the_first_poster_that_may_be_shown_is_taken() -> None:
    covers = [
        None,
        Cover(),
        Cover(cover_type="fanart", remote_url="https://image.tmdb.org/fanart.jpg"),
        Cover(cover_type="poster", remote_url="https://evil.example/a.jpg"),
        Cover(cover_type="Poster", remote_url=POSTER),
        Cover(cover_type="poster", remote_url="https://image.tmdb.org/second.jpg"),
    ]
    assert poster_url(covers) == POSTER


@pytest.mark.parametrize("covers", [None, (), (Cover(cover_type="banner", remote_url=POSTER),)])
def test_a_title_without_a_poster_has_none(covers: tuple[Cover, ...] | None) -> None:
    assert poster_url(covers) is None
