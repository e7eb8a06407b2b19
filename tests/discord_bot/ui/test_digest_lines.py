"""What a digest says line by line."""

from typing import Any

from discarr.core.events import EventKind, Work
from discarr.core.models import EpisodeNumber
from discarr.discord_bot.ui.digest_lines import digest_lines
from tests.discord_bot.ui.builders import NOW
from tests.discord_bot.ui.notices import make_digest, make_item


def episodes(*numbers: int, season: int = 11, title: str = "Love Island", **overrides: Any) -> Work:
    values: dict[str, Any] = {
        "title": title,
        "seasons": (season,),
        "episodes": tuple(EpisodeNumber(season, number) for number in numbers),
        "episode_count": len(numbers),
    }
    return Work(**(values | overrides))


def lines(*works: Work, kinds: tuple[EventKind, ...] = (), **overrides: Any) -> list[str]:
    """The lines without their times."""
    told = kinds or (EventKind.IMPORTED,) * len(works)
    items = [make_item(kind=kind, work=work) for kind, work in zip(told, works, strict=True)]
    return [line.partition(" <t:")[0] for line in digest_lines(make_digest(*items, **overrides), NOW)]


def test_the_episodes_of_a_season_share_a_line() -> None:
    assert lines(episodes(26), episodes(25), episodes(24)) == ["✓ **Love Island** S11E24–E26 · added"]


def test_many_episodes_are_counted() -> None:
    works = [episodes(number) for number in range(1, 10)]

    assert lines(*works) == ["✓ **Love Island** S11 · 9 episodes · added"]


def test_the_line_stands_where_the_newest_of_them_does() -> None:
    assert lines(episodes(2), episodes(1, title="Devs"), episodes(1)) == [
        "✓ **Love Island** S11E01–E02 · added",
        "✓ **Devs** S11E01 · added",
    ]


def test_an_episode_that_came_twice_is_one() -> None:
    assert lines(episodes(7), episodes(7)) == ["✓ **Love Island** S11E07 · added"]


def test_what_differs_is_told_apart() -> None:
    assert lines(
        episodes(1),
        episodes(2),
        episodes(3, season=12),
        episodes(4, year=2019),
        kinds=(EventKind.IMPORTED, EventKind.FAILED, EventKind.IMPORTED, EventKind.IMPORTED),
    ) == [
        "✓ **Love Island** S11E01 · added",
        "✗ **Love Island** S11E02 · failed",
        "✓ **Love Island** S12E03 · added",
        "✓ **Love Island** S11E04 · added",
    ]


def test_episodes_without_numbers_keep_a_line_of_their_own() -> None:
    unknown = episodes(episode_count=8)

    assert lines(unknown, unknown) == ["✓ **Love Island** S11 · 8 episodes · added"] * 2


def test_what_is_left_out_is_counted_in_downloads() -> None:
    works = [episodes(number, title=f"Series {number % 20}", season=number % 20) for number in range(40)]

    told = lines(*works, counts={EventKind.IMPORTED: 300})

    assert len(told) == 16
    assert told[-1] == "and 270 more"
