"""Queue rows as the apps print them."""

from dataclasses import replace
from typing import Any

import pytest

from discarr.sandbox.arr_server.library import EpisodesOf
from discarr.sandbox.arr_server.problems import PROBLEMS
from discarr.sandbox.arr_server.scenario import (
    Step,
    already,
    downloading,
    troubled,
    waiting,
)
from discarr.sandbox.arr_server.scenario_source import ScenarioSource
from tests.fakes.clock import START
from tests.sandbox.arr_server.world import (
    DEVS,
    after,
    begun,
    movie_download,
    one_of_each,
    pack,
    radarr,
    sonarr,
)


def _row(source: ScenarioSource, seconds: float = 0) -> dict[str, Any]:
    (row,) = source.rows(after(seconds))
    return row


def test_a_row_tells_what_is_left_and_when_it_will_be_there() -> None:
    row = _row(begun(radarr(movie_download())), 60)

    assert (row["size"], row["sizeleft"]) == (1_000_000, 500_000)
    assert row["timeleft"] == "00:00:50"
    assert row["estimatedCompletionTime"] == "2026-01-02T20:48:50Z"
    assert row["added"] == "2026-01-02T20:47:00Z"
    assert row["movieId"] == 1


@pytest.mark.parametrize(
    ("name", "looks"),
    [
        ("running", ("queued", "ok", "downloading")),
        ("delayed", ("delay", None, None)),
        ("silent", ("downloading", "ok", "downloading")),
        ("paused", ("paused", "ok", "downloading")),
        ("unpacking", ("downloading", "ok", "downloading")),
        ("waiting for import", ("completed", "ok", "importPending")),
        ("importing", ("completed", "ok", "importing")),
        ("refused", ("completed", "warning", "importPending")),
        ("stalled", ("warning", "ok", "downloading")),
        ("unknown", ("completed", "warning", "downloading")),
    ],
)
def test_each_step_has_the_words_of_the_apps(name: str, looks: tuple[str | None, ...]) -> None:
    rows = {row["title"]: row for row in begun(one_of_each()).rows(START)}

    row = rows[name]

    assert (row["status"], row.get("trackedDownloadStatus"), row.get("trackedDownloadState")) == looks


def test_unpacking_is_downloading_with_nothing_left() -> None:
    row = _row(begun(radarr(movie_download())), 115)

    assert (row["status"], row["sizeleft"], row["timeleft"]) == ("downloading", 0, "00:00:00")


def test_a_pending_release_has_no_download_id_and_counts_down() -> None:
    row = _row(begun(radarr(movie_download(waiting(Step.DELAYED, 90), downloading(10)))), 30)

    assert "downloadId" not in row
    assert "statusMessages" not in row
    assert row["timeleft"] == "00:01:00"


def test_a_pack_is_a_row_per_episode_each_with_the_whole_size() -> None:
    rows = begun(sonarr(pack())).rows(START)

    assert len(rows) == 8
    assert {row["size"] for row in rows} == {8_000_000}
    assert len({row["downloadId"] for row in rows}) == 1
    assert len({row["id"] for row in rows}) == 8


def test_an_unknown_item_names_no_movie() -> None:
    row = _row(begun(radarr(movie_download(waiting(Step.QUEUED), media=None))))

    assert "movieId" not in row
    assert "added" not in row
    assert row["languages"] == [{"id": 0, "name": "Unknown"}]


@pytest.mark.parametrize("name", sorted(PROBLEMS))
def test_every_problem_can_be_shown(name: str) -> None:
    row = _row(begun(radarr(movie_download(already(1.0), troubled(name)))))

    problem = PROBLEMS[name]
    assert row["trackedDownloadState"] == problem.tracked_state
    assert row.get("errorMessage") == problem.error_message
    assert bool(row["statusMessages"]) == bool(problem.message or problem.header)
    assert not any("{" in text for entry in row["statusMessages"] for text in entry["messages"])


def test_a_rejection_of_a_pack_names_each_file() -> None:
    rows = begun(sonarr(pack(already(1.0), troubled("sample")))).rows(START)

    header, *files = rows[0]["statusMessages"]
    assert header["messages"] == []
    assert len(files) == 8
    assert {file["messages"][0] for file in files} == {"Sample"}


def test_a_row_tells_what_kind_of_release_it_is() -> None:
    script = movie_download(
        indexer="Private Tracker",
        languages=("German", "English"),
        custom_formats=("HDR10", "x265"),
        custom_format_score=-50,
    )
    row = _row(begun(radarr(script)))

    assert row["indexer"] == "Private Tracker"
    assert [language["name"] for language in row["languages"]] == ["German", "English"]
    assert [item["name"] for item in row["customFormats"]] == ["HDR10", "x265"]
    assert row["customFormatScore"] == -50


def test_an_item_of_a_known_series_without_an_episode_names_only_the_series() -> None:
    script = pack(waiting(Step.QUEUED))
    row = _row(begun(sonarr(replace(script, media=EpisodesOf(series=DEVS, season=1, numbers=())))))

    assert row["seriesId"] == DEVS.id
    assert "episodeId" not in row
