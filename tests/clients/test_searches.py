"""Which searches fit a download: never for more than it holds."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discarr.clients.searches import plan_searches
from discarr.clients.wire_actions import EpisodeSearch, SeasonSearch
from discarr.core.actions import LibraryEpisode
from discarr.core.models import Download, EpisodeNumber
from tests.factories import make_download

SERIES = 5


def library(*numbers: tuple[int, int]) -> list[LibraryEpisode]:
    return [
        LibraryEpisode(
            id=1000 * season + key,
            number=EpisodeNumber(season, key),
            title=None,
            has_file=None,
            aired=None,
        )
        for season, key in sorted(numbers)
    ]


def pack(*numbers: tuple[int, int], **overrides: Any) -> Download:
    values: dict[str, Any] = {
        "media_id": SERIES,
        "seasons": tuple(sorted({season for season, _ in numbers})),
        "episodes": tuple(sorted(EpisodeNumber(*number) for number in numbers)),
        "episode_count": len(numbers),
    }
    return make_download(**(values | overrides))


THREE = ((1, 1), (1, 2), (1, 3))


@pytest.mark.parametrize(
    ("download", "expected"),
    [
        (pack(*THREE), (SeasonSearch(SERIES, 1),)),
        (pack(*THREE[:2]), (EpisodeSearch((1001, 1002)),)),
        (pack((1, 2), (1, 9)), (EpisodeSearch((1002,)),)),
        # the numbers of some episodes are not known (yet)
        (pack((1, 1), episode_count=3), (SeasonSearch(SERIES, 1),)),
        (pack((1, 1), episode_count=2), ()),
        (pack(seasons=(1,), episode_count=2), ()),
        # a release named "S01" of which the app knows no episode
        (pack(seasons=(1,)), (SeasonSearch(SERIES, 1),)),
        (pack(seasons=(2,)), ()),
        (pack((1, 7)), ()),
        (pack((1, 7), (1, 8), (1, 9)), ()),
    ],
)
def test_a_search_fits_the_download(download: Download, expected: tuple[object, ...]) -> None:
    assert plan_searches(download, SERIES, library(*THREE)) == expected


numbers = st.sets(st.tuples(st.integers(0, 3), st.integers(1, 4)), max_size=12)


@given(numbers, numbers)
def test_no_search_goes_beyond_what_a_download_holds(
    held: set[tuple[int, int]], known: set[tuple[int, int]]
) -> None:
    searches = plan_searches(pack(*held), SERIES, library(*known))

    searched: set[tuple[int, int]] = set()
    for search in searches:
        if isinstance(search, SeasonSearch):
            searched |= {number for number in known if number[0] == search.season_number}
        else:
            searched |= {divmod(key, 1000) for key in search.episode_ids}
    assert searched == held & known
