import pytest
from hypothesis import given
from hypothesis import strategies as st

from discarr.clients.release_name import parse_release_name


@pytest.mark.parametrize(
    ("name", "title", "year", "seasons", "episodes"),
    [
        ("Devs.S01.1080p.AMZN.WEB-DL.DDP5.1.H.264-TEPES", "Devs", None, (1,), ()),
        ("Puffin.Rock.2015.S01-02.1080p.NF.WEB-DL.x265", "Puffin Rock", 2015, (1, 2), ()),
        ("Couples.Therapy.2019.S04.1080p.WEB.h264-EDITH", "Couples Therapy", 2019, (4,), ()),
        ("Love.Island.UK.S11E30.1080p.HULU.WEB-DL", "Love Island UK", None, (11,), ((11, 30),)),
        ("The.Hour.UK.2011.S01.1080p.BluRay", "The Hour UK", 2011, (1,), ()),
        ("Show.S01E01-E03.720p", "Show", None, (1,), ((1, 1), (1, 2), (1, 3))),
        ("Show.S01E01-03.720p", "Show", None, (1,), ((1, 1), (1, 2), (1, 3))),
        ("Show.S01E01E02.720p", "Show", None, (1,), ((1, 1), (1, 2))),
        ("Show.S01E05-1080p", "Show", None, (1,), ((1, 5),)),
        ("Show.S01-S03.1080p", "Show", None, (1, 2, 3), ()),
        ("Show.S03-S01.1080p", "Show", None, (3,), ()),
        ("Show Season 1-3 Complete", "Show", None, (1, 2, 3), ()),
        ("Show 3x07 HDTV", "Show", None, (3,), ((3, 7),)),
        ("24.S01E01", "24", None, (1,), ((1, 1),)),
        ("Show.2160p.S03E10", "Show", None, (3,), ((3, 10),)),
        ("SOUTH.PARK.THE.END.OF.OBESITY.2024.2160p.WEB", "SOUTH PARK THE END OF OBESITY", 2024, (), ()),
        ("1917.2019.1080p.BluRay", "1917", 2019, (), ()),
        ("2012.1080p.BluRay", "2012", None, (), ()),
        ("Blade Runner 2049 (2017) [1080p]", "Blade Runner 2049", 2017, (), ()),
        ("Charlottes.Web.2006.DVDRip", "Charlottes Web", 2006, (), ()),
        ("tm-cats-1080p", "tm-cats", None, (), ()),
        ("[Group] Anime - 12 [1080p].mkv", "Anime - 12", None, (), ()),
        ("www.site.org - Movie.2020.1080p", "Movie", 2020, (), ()),
        ("/data/media/The.Martian.2015.720p.BluRay.H264.AAC.mp4", "The Martian", 2015, (), ()),
        ("C:\\media\\The.Martian.2015.mkv", "The Martian", 2015, (), ()),
        ("/data/media/The.Martian.2015/", "The Martian", 2015, (), ()),
        ("S01E02.mkv", "S01E02", None, (1,), ((1, 2),)),
        ("1080p", "1080p", None, (), ()),
        ("", "Unknown title", None, (), ()),
        (" ... ", "Unknown title", None, (), ()),
    ],
)
def test_names_are_read_as_people_mean_them(
    name: str, title: str, year: int | None, seasons: tuple[int, ...], episodes: tuple[tuple[int, int], ...]
) -> None:
    found = parse_release_name(name)
    assert (found.title, found.year, found.seasons) == (title, year, seasons)
    assert [(item.season, item.episode) for item in found.episodes] == list(episodes)


@given(
    st.text() | st.from_regex(r"\A[A-Za-z.]{0,9}[. ]?(S\d{1,4}(E\d{1,4}|-S?\d{1,4}){0,3})?[. ]?\d{0,4}p?\Z")
)
def test_a_title_is_never_empty_and_lists_stay_short(name: str) -> None:
    found = parse_release_name(name)
    assert found.title.strip()
    assert len(found.seasons) <= 100
    assert len(found.episodes) <= 1000


def test_a_huge_name_is_read_quickly() -> None:
    assert len(parse_release_name("S01E" * 3_000_000).title) <= 300
