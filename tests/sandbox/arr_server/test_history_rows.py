"""What goes into the history."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from discarr.core.models import Protocol
from discarr.sandbox.arr_server.history_rows import INDEXER_KEY
from discarr.sandbox.arr_server.library import WEBDL_720P, EpisodesOf
from discarr.sandbox.arr_server.scenario import (
    Ending,
    Scenario,
    ScriptedFile,
    already,
    importing,
)
from discarr.sandbox.arr_server.scenario_source import ScenarioSource
from tests.sandbox.arr_server.world import (
    DEVS,
    after,
    begun,
    movie_download,
    pack,
    radarr,
    sonarr,
)


def test_history_tells_the_grab_and_the_import_once() -> None:
    source = begun(radarr(movie_download()))

    early = source.history(after(1))
    late = source.history(after(200))

    assert [row["eventType"] for row in early] == ["grabbed"]
    assert [row["eventType"] for row in late] == ["grabbed", "downloadFolderImported"]
    assert [row["id"] for row in late] == [1, 2]
    assert late[1]["date"] == "2026-01-02T20:49:20Z"
    assert INDEXER_KEY in late[0]["data"]["downloadUrl"]


@pytest.mark.parametrize(
    ("ending", "events"),
    [(Ending.FAILED, ["grabbed", "downloadFailed"]), (Ending.VANISHED, ["grabbed"])],
)
def test_history_tells_how_it_ended(ending: Ending, events: list[str]) -> None:
    source = begun(radarr(movie_download(ending=ending)))

    assert [row["eventType"] for row in source.history(after(200))] == events


def test_history_knows_nothing_of_unknown_items() -> None:
    source = begun(radarr(movie_download(media=None)))

    assert source.history(after(200)) == []


def test_history_of_a_pack_has_a_row_per_episode() -> None:
    rows = begun(sonarr(pack())).history(after(200))

    assert len(rows) == 16
    assert {row["eventType"] for row in rows[8:]} == {"downloadFolderImported"}


def _rows_of_sort(source: ScenarioSource, event: str, seconds: float = 400) -> list[dict[str, Any]]:
    return [row for row in source.history(after(seconds)) if row["eventType"] == event]


def test_a_grab_tells_where_the_release_is_from() -> None:
    (row,) = _rows_of_sort(begun(radarr(movie_download(protocol=Protocol.TORRENT))), "grabbed")

    assert row["data"]["indexer"] == "Linux Tracker (Prowlarr)"
    assert row["data"]["torrentInfoHash"] == row["downloadId"]
    assert (row["data"]["protocol"], row["data"]["ageMinutes"]) == ("2", "42.0")
    assert all(isinstance(value, str) for value in row["data"].values() if value is not None)


@pytest.mark.parametrize(
    ("numbers", "release_type"),
    [((1,), "SingleEpisode"), ((1, 2), "MultiEpisode"), (range(1, 9), "SeasonPack")],
)
def test_sonarr_tells_what_kind_of_release_it_was(numbers: Iterable[int], release_type: str) -> None:
    media = EpisodesOf(series=DEVS, season=1, numbers=tuple(numbers))
    rows = begun(sonarr(replace(pack(), media=media))).history(after(400))

    assert {row["data"]["releaseType"] for row in rows} == {release_type}


def test_an_import_tells_from_where_to_where() -> None:
    (row,) = _rows_of_sort(begun(radarr(movie_download())), "downloadFolderImported")

    assert row["data"]["droppedPath"] == (
        "/data/usenet/complete/Metropolis.1927.1080p.WEB-DL/Metropolis.1927.1080p.WEB-DL.mkv"
    )
    assert row["data"]["importedPath"] == (
        "/data/media/movies/Metropolis (1927)/Metropolis.1927.1080p.WEB-DL.mkv"
    )


def test_an_import_of_a_scripted_file_tells_its_name() -> None:
    third = EpisodesOf(series=DEVS, season=1, numbers=(3,))
    script = pack(files=(ScriptedFile(name="three.mkv", size_bytes=7, media=third),))
    rows = _rows_of_sort(begun(sonarr(script)), "downloadFolderImported")

    names = [row["data"]["importedPath"].rpartition("/")[2] for row in rows]
    assert names[2] == "three.mkv"
    assert set(names) == {"three.mkv", f"{script.release}.mkv"}


@pytest.mark.parametrize(
    ("scenario", "event"),
    [
        (radarr(movie_download(replaces=WEBDL_720P)), "movieFileDeleted"),
        (sonarr(pack(replaces=WEBDL_720P)), "episodeFileDeleted"),
    ],
    ids=["Radarr", "Sonarr"],
)
def test_before_an_upgrade_the_old_file_goes(scenario: Scenario, event: str) -> None:
    rows = begun(scenario).history(after(400))

    deleted = [number for number, row in enumerate(rows) if row["eventType"] == event]
    assert deleted
    for number in deleted:
        assert rows[number]["data"]["reason"] == "Upgrade"
        assert "downloadId" not in rows[number]
        assert rows[number]["sourceTitle"].endswith("WEBDL-720p.mkv")
        assert rows[number + 1]["eventType"] == "downloadFolderImported"


def test_episodes_are_imported_at_different_times() -> None:
    source = begun(sonarr(pack(already(1.0), importing(80))))

    dates = [row["date"] for row in _rows_of_sort(source, "downloadFolderImported")]

    assert len(set(dates)) == 8
    assert dates == sorted(dates)


def test_a_failure_without_a_reason_of_the_client_says_that_it_was_detected() -> None:
    (row,) = _rows_of_sort(begun(radarr(movie_download(ending=Ending.FAILED))), "downloadFailed")

    assert row["data"]["message"] == "Failed download detected"


def test_the_release_group_is_known_where_the_name_tells_it() -> None:
    named, unnamed = (
        _rows_of_sort(begun(radarr(movie_download(name=name))), "grabbed")[0]["data"]["releaseGroup"]
        for name in ("Metropolis.1080p-GROUP", "Metropolis")
    )

    assert (named, unnamed) == ("GROUP", None)
