"""Which reports of disk space are taken for the same volume."""

import pytest

from discarr.core.models import DiskSpace
from discarr.core.volumes import is_same_volume, volume_of

GIB = 1 << 30
TIB = 1 << 40


def space(free_bytes: int, total_bytes: int | None, path: str = "/data") -> DiskSpace:
    return DiskSpace(path=path, free_bytes=free_bytes, total_bytes=total_bytes)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        pytest.param(space(TIB, 9 * TIB), space(TIB, 9 * TIB, "/movies"), True, id="mounted elsewhere"),
        pytest.param(space(TIB, 9 * TIB), space(TIB - GIB // 8, 9 * TIB), True, id="written to meanwhile"),
        pytest.param(space(TIB, None), space(TIB, None), True, id="sizes unknown"),
        pytest.param(space(TIB, 9 * TIB), space(TIB, 8 * TIB), False, id="of another size"),
        pytest.param(space(TIB, 9 * TIB), space(TIB, None), False, id="perhaps of another size"),
        pytest.param(space(TIB, 9 * TIB), space(TIB - GIB, 9 * TIB), False, id="two similar disks"),
        pytest.param(space(GIB // 10, 9 * TIB), space(GIB // 9, 9 * TIB), False, id="two full disks"),
        pytest.param(space(0, 9 * TIB), space(0, 9 * TIB), True, id="one full disk"),
    ],
)
def test_only_reports_that_agree_closely_are_one_volume(
    one: DiskSpace, other: DiskSpace, is_same: bool
) -> None:
    assert is_same_volume(one, other) is is_same
    assert is_same_volume(other, one) is is_same


FILMS = DiskSpace(path="/films", free_bytes=TIB, total_bytes=None, folders=("/films", "/more/Films/"))
SHOWS = DiskSpace(
    path="/films/shows/", free_bytes=GIB, total_bytes=None, folders=("/films/shows/", "D:\\TV\\")
)
ROOT = DiskSpace(path="/", free_bytes=GIB, total_bytes=None)


@pytest.mark.parametrize(
    ("root_folder", "expected"),
    [
        ("/films", FILMS),
        ("/films/", FILMS),
        ("/more/films", FILMS),
        ("/films/by year/2024", FILMS),
        ("/films/shows", SHOWS),
        ("/films/shows/anime", SHOWS),
        ("/films/shows2", FILMS),
        ("d:\\tv\\Anime", SHOWS),
        ("/films2", None),
        ("/more", None),
        ("/", None),
        ("", None),
        (None, None),
    ],
)
def test_a_folder_lies_on_the_volume_of_the_deepest_folder_that_holds_it(
    root_folder: str | None, expected: DiskSpace | None
) -> None:
    assert volume_of((FILMS, SHOWS), root_folder) is expected
    assert volume_of((SHOWS, FILMS), root_folder) is expected


def test_everything_lies_on_the_volume_of_the_root() -> None:
    assert volume_of((ROOT, FILMS), "/other/films") is ROOT
    assert volume_of((ROOT, FILMS), "/") is ROOT
    assert volume_of((ROOT, FILMS), "/films/a") is FILMS


def test_nothing_lies_on_no_volume() -> None:
    assert volume_of((), "/films") is None
