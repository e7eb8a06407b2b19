import pytest

from discarr.clients.titles import MAX_FOLDER, media_title
from discarr.clients.wire import Cover, Media


def root_folder(**fields: str) -> str | None:
    return media_title(Media(title="Dune", **fields)).root_folder  # type: ignore[arg-type]  # only texts


@pytest.mark.parametrize(
    ("root", "path", "expected"),
    [
        ("/volume2/Media/Movies/", "/volume2/Media/Movies/Dune (2021)", "/volume2/Media/Movies"),
        ("/movies", "/elsewhere/Dune", "/movies"),
        ("", "/tv/Undone", "/tv"),
        ("", "/tv/Undone//", "/tv"),
        ("", "/Undone", "/"),
        ("/", "", "/"),
        ("D:\\Media\\TV\\", "", "D:\\Media\\TV"),
        ("", "D:\\Media\\TV\\Undone", "D:\\Media\\TV"),
        ("", "D:\\Undone", "D:"),
        ("", "Undone", None),
        ("", "/", None),
        ("", "", None),
        ("/" + "x" * MAX_FOLDER, "", None),
        ("", "/" + "x" * MAX_FOLDER + "/Undone", None),
    ],
)
def test_the_root_folder_is_said_or_lies_above_the_title(root: str, path: str, expected: str | None) -> None:
    assert root_folder(root_folder_path=root, path=path) == expected


def test_nothing_is_known_of_a_title_that_says_nothing() -> None:
    title = media_title(Media(title="Dune"))
    assert (title.root_folder, title.poster_url, title.tag_ids) == (None, None, None)


def test_titles_of_one_folder_share_its_text() -> None:
    said = [root_folder(root_folder_path="/data/films/"), root_folder(path="/data/films/Dune")]
    assert said[0] == "/data/films"
    assert said[0] is said[1]


def test_a_title_keeps_its_poster() -> None:
    url = "https://artworks.thetvdb.com/banners/posters/296669-3.jpg"
    title = media_title(Media(title="Dune", images=(Cover(cover_type="poster", remote_url=url),)))
    assert title.poster_url == url
