import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from discarr.clients.fold import MAX_MESSAGES, MAX_TEXT, QueueFold
from discarr.clients.titles import MediaTitle, TitleCache
from discarr.clients.wire import QueueRow
from discarr.core.models import (
    Download,
    DownloadKey,
    EpisodeNumber,
    Protocol,
    QueueStatus,
    StatusMessage,
    TrackedState,
    TrackedStatus,
)
from tests.clients.fake_app import make_episode_row, make_row
from tests.fakes.clock import START, FakeClock


class Fold:
    """A fold with its titles, fed with records as the apps send them."""

    def __init__(self, *, has_episodes: bool = False) -> None:
        self.clock = FakeClock()
        self.titles = TitleCache(self.clock)
        self.fold = QueueFold("radarr", self.titles, self.clock, has_episodes=has_episodes)
        self.data_as_of: datetime | None = None
        self.left_out = 0

    async def __call__(self, *records: dict[str, Any]) -> tuple[Download, ...]:
        rows = [msgspec.convert(record, QueueRow) for record in records]
        downloads, self.data_as_of, self.left_out = await self.fold.fold(rows)
        return downloads

    async def one(self, *records: dict[str, Any]) -> Download:
        (download,) = await self(*records)
        return download


async def test_a_row_becomes_a_download_with_every_field() -> None:
    fold = Fold()
    poster = "https://image.tmdb.org/t/p/original/dune.jpg"
    title = MediaTitle(
        title="Dune: Part Two", year=2024, tag_ids=(), poster_url=poster, root_folder="/data/films"
    )
    fold.titles.media.put(3, title)
    messages = [{"title": "file.mkv", "messages": ["Sample", "Sample"]}, {"title": "header", "messages": []}]
    download = await fold.one(make_row(3, statusMessages=messages, errorMessage="stalled"))
    assert download == Download(
        key=DownloadKey("radarr", "d", "HASH3"),
        row_ids=(3,),
        title="Dune: Part Two",
        year=2024,
        release_title="Movie.00003.2015.1080p.BluRay-GRP",
        media_id=3,
        seasons=(),
        episodes=(),
        episode_count=0,
        quality="Bluray-1080p",
        resolution=1080,
        size_bytes=4000,
        size_left_bytes=1000,
        time_left=timedelta(minutes=10),
        estimated_completion=datetime(2026, 1, 2, 20, 56, tzinfo=UTC),
        added=datetime(2026, 1, 2, 20, 0, tzinfo=UTC),
        status=QueueStatus.DOWNLOADING,
        tracked_status=TrackedStatus.OK,
        tracked_state=TrackedState.DOWNLOADING,
        messages=(
            StatusMessage(title="file.mkv", messages=("Sample",)),
            StatusMessage(title="header", messages=()),
        ),
        error_message="stalled",
        protocol=Protocol.TORRENT,
        download_client="qBittorrent",
        indexer="Indexer",
        tags=(),
        has_post_import_category=True,
        poster_url=poster,
        root_folder="/data/films",
    )


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"languages": [{"id": 1, "name": "English"}, {"id": 2}, None]}, (("English",), (), None)),
        ({"customFormats": [{"name": "x" * 2000}], "customFormatScore": -5}, ((), ("x" * 999 + "…",), -5)),
        ({"customFormatScore": 1.5}, ((), (), None)),
        ({"customFormatScore": 2**40}, ((), (), None)),
    ],
)
async def test_languages_and_formats_are_kept_as_far_as_they_make_sense(
    sent: dict[str, Any], kept: tuple[Any, ...]
) -> None:
    download = await Fold().one(make_row(1, **sent))
    assert (download.languages, download.custom_formats, download.custom_format_score) == kept


async def test_the_rows_of_a_pack_are_one_download_counted_once() -> None:
    fold = Fold(has_episodes=True)
    fold.titles.media.put(5, MediaTitle(title="Show", year=2020, tag_ids=()))
    numbers = (EpisodeNumber(1, 1), EpisodeNumber(1, 2))
    for number in numbers:
        fold.titles.episodes.put(100 + number.episode, number)
    messages = [{"title": "file", "messages": ["No video"]}]
    rows = [make_episode_row(key, size=9000, statusMessages=messages) for key in (3, 1, 2)]
    download = await fold.one(*rows)
    assert (download.size_bytes, download.row_ids) == (9000, (1, 2, 3))
    assert (download.seasons, download.episodes, download.episode_count) == ((1,), numbers, 3)
    assert download.messages == (StatusMessage(title="file", messages=("No video",)),)


async def test_where_rows_disagree_the_lowest_id_speaks_in_whatever_order_they_come() -> None:
    one = make_row(1, downloadId="X", title="One.2001.1080p", movieId=None, size=10, sizeleft=1)
    two = make_row(2, downloadId="X", title="Two.2002.1080p", movieId=None, size=20, sizeleft=2)
    assert await Fold().one(one, two) == await Fold().one(two, one)
    download = await Fold().one(two, one)
    assert (download.title, download.size_bytes, download.size_left_bytes) == ("One", 10, 1)


async def test_rows_of_one_id_that_differ_are_united_the_same_way_each_time() -> None:
    """As in the recorded movie queue."""
    one = make_row(1, title="B", statusMessages=[{"title": "B", "messages": ["x"]}])
    two = make_row(1, title="A", downloadId="HASH1", statusMessages=[{"title": "A", "messages": ["y"]}])
    assert await Fold().one(one, two) == await Fold().one(two, one)
    download = await Fold().one(one, two)
    assert (download.release_title, download.row_ids) == ("A", (1,))
    assert {message.title for message in download.messages} == {"A", "B"}


async def test_episodes_of_another_series_under_the_same_download_id_do_not_count() -> None:
    """As in the recorded series queue."""
    download = await Fold(has_episodes=True).one(
        make_episode_row(1, seriesId=327, seasonNumber=4, title="Couples.Therapy.2019.S04.1080p"),
        make_episode_row(2, seriesId=325, seasonNumber=11, title="Love.Island.UK.S11E30.1080p"),
    )
    assert (download.title, download.seasons, download.episode_count) == ("Couples Therapy", (4,), 1)
    assert download.row_ids == (1, 2)


async def test_a_pending_release_is_known_by_its_row() -> None:
    download = await Fold().one(
        make_row(8, downloadId=None, status="delay", trackedDownloadStatus=None, trackedDownloadState=None)
    )
    assert download.key == DownloadKey("radarr", "p", "8")
    assert (download.tracked_status, download.tracked_state) == (None, None)
    assert download.status is QueueStatus.DELAY


async def test_an_empty_download_id_is_none_and_a_numeric_one_is_not_a_row() -> None:
    keys = [
        download.key for download in await Fold()(make_row(8, downloadId=""), make_row(9, downloadId="8"))
    ]
    assert keys == [DownloadKey("radarr", "p", "8"), DownloadKey("radarr", "d", "8")]


async def test_a_row_without_its_id_is_kept_and_one_without_any_identity_is_left_out() -> None:
    fold = Fold()
    downloads = await fold(make_row(1, id=None), make_row(2, id=None, downloadId=None))
    assert [(download.key.id, download.row_ids) for download in downloads] == [("HASH1", ())]
    assert fold.left_out == 1


@pytest.mark.parametrize(
    ("wire", "size", "left"),
    [
        ({"size": 10, "sizeleft": 4}, 10, 4),
        ({"size": 10.0, "sizeleft": 3.6}, 10, 4),
        ({"size": 10, "sizeleft": 11}, 10, 10),
        ({"size": 10, "sizeleft": -1}, 10, 0),
        ({"size": -10, "sizeleft": 5}, 0, 0),
        ({"size": None, "sizeleft": 5}, 0, 0),
        ({"size": 10, "sizeleft": None}, 10, 10),
        ({"size": 10, "sizeleft": None, "sizeLeft": 4}, 10, 4),
        ({"size": float("nan"), "sizeleft": 1}, 0, 0),
        ({"size": 10, "sizeleft": float("nan")}, 10, 10),
        ({"size": float("inf"), "sizeleft": float("inf")}, 1 << 60, 1 << 60),
    ],
)
async def test_sizes_are_sane(wire: dict[str, Any], size: int, left: int) -> None:
    download = await Fold().one(make_row(1, **wire))
    assert (download.size_bytes, download.size_left_bytes) == (size, left)


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        ({"timeleft": "00:10:00"}, timedelta(minutes=10)),
        ({"timeleft": None, "timeLeft": "00:10:00"}, timedelta(minutes=10)),
        ({"timeleft": None}, None),
        ({"timeleft": "00:00:00"}, None),
        ({"timeleft": "00:00:00", "sizeleft": 0}, timedelta(0)),
        ({"timeleft": "-00:10:00"}, None),
        ({"timeleft": "10675199.02:48:05.4775807"}, None),
        ({"timeleft": "soon"}, None),
    ],
)
async def test_time_left_is_an_estimate_or_none(wire: dict[str, Any], expected: timedelta | None) -> None:
    assert (await Fold().one(make_row(1, **wire))).time_left == expected


@pytest.mark.parametrize("status", ["COMPLETED", "completed", "Completed"])
async def test_enums_are_read_in_any_case(status: str) -> None:
    assert (await Fold().one(make_row(1, status=status))).status is QueueStatus.COMPLETED


async def test_client_unavailable_is_read_in_any_case() -> None:
    for status in ("downloadClientUnavailable", "DownloadClientUnavailable", "downloadclientunavailable"):
        download = await Fold().one(make_row(1, downloadId=None, status=status))
        assert download.status is QueueStatus.CLIENT_UNAVAILABLE


async def test_unknown_words_are_unknown_and_absent_ones_absent() -> None:
    words = {"status": "x", "trackedDownloadStatus": "x", "trackedDownloadState": "x", "protocol": "x"}
    download = await Fold().one(make_row(1, **words))
    assert download.status is QueueStatus.UNKNOWN
    assert download.tracked_status is TrackedStatus.UNKNOWN
    assert download.tracked_state is TrackedState.UNKNOWN
    assert download.protocol is Protocol.UNKNOWN
    download = await Fold().one(make_row(1, **dict.fromkeys(words)))
    assert (download.status, download.protocol) == (QueueStatus.UNKNOWN, Protocol.UNKNOWN)
    assert (download.tracked_status, download.tracked_state) == (None, None)


async def test_a_row_of_nothing_but_an_id_is_a_download() -> None:
    download = await Fold(has_episodes=True).one({"id": 5})
    assert (download.title, download.quality, download.resolution) == ("Unknown title", None, None)
    assert (download.added, download.tags, download.media_id) == (None, None, None)
    assert (download.poster_url, download.root_folder) == (None, None)


async def test_an_unknown_quality_is_none() -> None:
    quality = {"quality": {"id": 0, "name": "Unknown", "resolution": 0}}
    download = await Fold().one(make_row(1, quality=quality))
    assert (download.quality, download.resolution) == (None, None)


async def test_never_set_dates_are_none() -> None:
    never = "0001-01-01T00:00:00Z"
    download = await Fold().one(make_row(1, added=never, estimatedCompletionTime=never))
    assert (download.added, download.estimated_completion) == (None, None)


async def test_an_unmatched_episode_is_read_from_its_name() -> None:
    download = await Fold(has_episodes=True).one(
        make_row(1, movieId=None, title="Love.Island.UK.S11E27.1080p.HULU")
    )
    assert (download.title, download.seasons) == ("Love Island UK", (11,))
    assert download.episodes == (EpisodeNumber(11, 27),)
    assert (download.media_id, download.episode_count) == (None, 0)


async def test_a_known_series_keeps_its_title_while_numbers_come_from_the_name() -> None:
    fold = Fold(has_episodes=True)
    fold.titles.media.put(5, MediaTitle(title="Love Island", year=2015, tag_ids=()))
    download = await fold.one(make_episode_row(1, seasonNumber=11, title="Love.Island.UK.S11E27.1080p"))
    assert (download.title, download.year, download.episodes) == (
        "Love Island",
        2015,
        (EpisodeNumber(11, 27),),
    )


async def test_texts_without_end_are_cut() -> None:
    flood = "x" * 10_000_000
    messages = [{"title": f"{flood}{number}", "messages": [flood]} for number in range(3)]
    messages += [{"title": str(number), "messages": []} for number in range(2 * MAX_MESSAGES)]
    download = await Fold().one(
        make_row(1, title=flood, errorMessage=flood, indexer=flood, movieId=None, statusMessages=messages)
    )
    assert max(map(len, (download.title, download.release_title, download.indexer or ""))) <= MAX_TEXT
    assert len(download.messages) == MAX_MESSAGES
    assert all(len(line) <= MAX_TEXT for message in download.messages for line in message.messages)


async def test_broken_messages_do_not_cost_the_row() -> None:
    messages = [{}, {"title": None, "messages": None}, {"title": "t", "messages": [None, "", "x"]}]
    download = await Fold().one(make_row(1, statusMessages=messages))
    assert download.messages == (
        StatusMessage(title="", messages=()),
        StatusMessage(title="t", messages=("x",)),
    )


async def test_the_age_of_the_data_is_when_the_app_last_looked() -> None:
    fold = Fold()
    await fold(
        make_row(1, estimatedCompletionTime="2026-01-02T20:56:00Z", timeleft="00:10:00"),
        make_row(2, estimatedCompletionTime="2026-01-02T20:46:30Z", timeleft="00:00:00"),
        make_row(3, estimatedCompletionTime=None),
    )
    assert fold.data_as_of == START - timedelta(seconds=30)


@pytest.mark.parametrize(
    "wire",
    [
        {"downloadId": None},
        {"timeleft": None},
        {"estimatedCompletionTime": None},
        {"estimatedCompletionTime": "2027-01-01T00:00:00Z"},
        {"estimatedCompletionTime": "0002-01-01T00:00:00Z", "timeleft": "10675199.02:48:05"},
    ],
)
async def test_rows_that_cannot_tell_the_age_are_ignored(wire: dict[str, Any]) -> None:
    fold = Fold()
    await fold(make_row(1, **wire))
    assert fold.data_as_of is None


async def test_a_little_clock_skew_is_not_the_future() -> None:
    fold = Fold()
    await fold(make_row(1, estimatedCompletionTime="2026-01-02T20:49:00Z", timeleft="00:00:00"))
    assert fold.data_as_of == START


async def test_unchanged_rows_keep_their_download_and_changed_ones_do_not() -> None:
    fold = Fold()
    before = await fold(make_row(1), make_row(2))
    after = await fold(make_row(1), make_row(2, sizeleft=1))
    assert after[0] is before[0]
    assert after[1].size_left_bytes == 1


async def test_a_new_title_reaches_downloads_whose_rows_did_not_change() -> None:
    fold = Fold()
    assert (await fold.one(make_row(1))).title == "Movie 00001"
    fold.titles.media.put(1, MediaTitle(title="The Movie", year=2015, tag_ids=None))
    assert (await fold.one(make_row(1))).title == "The Movie"


async def test_others_get_their_turn_while_a_long_queue_is_folded() -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    await Fold()(*(make_row(key) for key in range(1, 3001)))
    task.cancel()
    assert turns >= 5


@given(
    st.lists(
        st.fixed_dictionaries(
            {"id": st.integers(1, 6), "downloadId": st.sampled_from([None, "A", "B"])},
            optional={
                "seriesId": st.sampled_from([1, 2]),
                "episodeId": st.integers(1, 5),
                "seasonNumber": st.integers(0, 3),
                "title": st.text(max_size=20),
                "size": st.floats() | st.integers(),
                "sizeleft": st.floats() | st.integers(),
                "timeleft": st.sampled_from(
                    ["00:00:00", "-01:00:00", "10675199.02:48:05.4775807", "", "1.00:00:01"]
                ),
                "estimatedCompletionTime": st.sampled_from(
                    ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "x"]
                ),
                "status": st.sampled_from(["completed", "Paused", "?"]),
            },
        ),
        max_size=12,
    )
)
async def test_folding_accounts_for_every_row_in_any_order(records: list[dict[str, Any]]) -> None:
    fold = Fold(has_episodes=True)
    downloads = await fold(
        *({key: value for key, value in item.items() if value is not None} for item in records)
    )
    assert {download.key.id for download in downloads} == {
        item["downloadId"] or str(item["id"]) for item in records
    }
    assert {key for download in downloads for key in download.row_ids} == {item["id"] for item in records}
    for download in downloads:
        assert 0 <= download.size_left_bytes <= download.size_bytes
        assert download.title
        assert download.time_left is None or download.time_left >= timedelta(0)
        assert len(download.episodes) == len(set(download.episodes))
    assert fold.data_as_of is None or fold.data_as_of <= START
